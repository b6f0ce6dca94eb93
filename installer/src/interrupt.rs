//! Ctrl-C and requests to end, heard in one place and answered by whoever is at work.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::watch;

/// What asks the program to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C, by a person: SIGINT.
    Interrupt,
    /// Another program: SIGTERM.
    Terminate,
}

/// Everything that has asked the program to stop so far. The innermost [`Listener`] is told.
#[derive(Debug)]
pub struct Interrupts {
    heard: watch::Sender<Option<Signal>>,
    listeners: AtomicUsize,
}

impl Default for Interrupts {
    fn default() -> Self {
        Self { heard: watch::Sender::new(None), listeners: AtomicUsize::new(0) }
    }
}

impl Interrupts {
    /// Tells of a signal.
    pub fn raise(&self, signal: Signal) {
        self.heard.send_replace(Some(signal));
    }

    /// Raises the process's signals as they come. Never ends.
    ///
    /// # Errors
    /// What the system says when signals cannot be listened to.
    pub async fn listen_to_signals(&self) -> std::io::Result<()> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let (mut interrupt, mut terminate) =
                (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
            loop {
                tokio::select! {
                    _ = interrupt.recv() => self.raise(Signal::Interrupt),
                    _ = terminate.recv() => self.raise(Signal::Terminate),
                }
            }
        }
        #[cfg(not(unix))]
        loop {
            tokio::signal::ctrl_c().await?;
            self.raise(Signal::Interrupt);
        }
    }

    /// From now on, until it is dropped, signals are for this listener alone.
    #[must_use]
    pub fn listener(&self) -> Listener<'_> {
        let depth = self.listeners.fetch_add(1, Ordering::SeqCst) + 1;
        Listener { interrupts: self, heard: self.heard.subscribe(), depth }
    }
}

/// Whoever answers signals.
#[derive(Debug)]
pub struct Listener<'a> {
    interrupts: &'a Interrupts,
    heard: watch::Receiver<Option<Signal>>,
    depth: usize,
}

impl Listener<'_> {
    /// Waits for the next signal that no listener further in answers.
    pub async fn next(&mut self) -> Signal {
        loop {
            if self.heard.changed().await.is_err() {
                // Nothing can be raised any more.
                std::future::pending::<()>().await;
            }
            let heard = *self.heard.borrow_and_update();
            if let Some(signal) = heard.filter(|_| self.is_innermost()) {
                return signal;
            }
        }
    }

    fn is_innermost(&self) -> bool {
        self.interrupts.listeners.load(Ordering::SeqCst) == self.depth
    }
}

impl Drop for Listener<'_> {
    fn drop(&mut self) {
        self.interrupts.listeners.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// What a listener has heard by now.
    async fn heard(listener: &mut Listener<'_>) -> Option<Signal> {
        tokio::time::timeout(Duration::ZERO, listener.next()).await.ok()
    }

    #[tokio::test]
    async fn the_innermost_listener_is_told_and_the_outer_one_after_it() {
        let interrupts = Interrupts::default();
        let mut outer = interrupts.listener();
        {
            let mut inner = interrupts.listener();
            interrupts.raise(Signal::Interrupt);
            assert_eq!(heard(&mut outer).await, None);
            assert_eq!(inner.next().await, Signal::Interrupt);
        }
        assert_eq!(heard(&mut outer).await, None, "what was answered is not heard again");
        interrupts.raise(Signal::Terminate);
        assert_eq!(outer.next().await, Signal::Terminate);
    }
}
