//! Ctrl-C and termination requests, received in one place and handled by the current listener.

use tokio::sync::watch;

/// A request to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C: SIGINT.
    Interrupt,
    /// Another program: SIGTERM.
    Terminate,
}

/// Passes requests to stop to the innermost [`Listener`]. A signal that arrives without one waits for the next.
#[derive(Debug)]
pub struct Interrupts {
    state: watch::Sender<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    /// The unhandled signal.
    unanswered: Option<Signal>,
    /// How many nested listeners there are.
    listeners: usize,
}

impl Default for Interrupts {
    fn default() -> Self {
        Self { state: watch::Sender::new(State { unanswered: None, listeners: 0 }) }
    }
}

impl Interrupts {
    /// Adds a signal.
    pub fn raise(&self, signal: Signal) {
        self.state.send_modify(|state| state.unanswered = Some(signal));
    }

    /// Passes on the process's signals. Never ends.
    ///
    /// # Errors
    /// The system's error if signals cannot be received.
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

    /// Directs signals to this listener until it is dropped, including an unhandled one.
    #[must_use]
    pub fn listener(&self) -> Listener<'_> {
        self.state.send_modify(|state| state.listeners += 1);
        let depth = self.state.borrow().listeners;
        Listener { interrupts: self, state: self.state.subscribe(), depth }
    }
}

/// Handles signals.
#[derive(Debug)]
pub struct Listener<'a> {
    interrupts: &'a Interrupts,
    state: watch::Receiver<State>,
    depth: usize,
}

impl Listener<'_> {
    /// Waits for an unhandled signal while no inner listener exists.
    pub async fn next(&mut self) -> Signal {
        loop {
            let is_mine = |state: &State| state.unanswered.is_some() && state.listeners == self.depth;
            if self.state.wait_for(is_mine).await.is_err() {
                // No signal can come any more.
                std::future::pending::<()>().await;
            }
            let mut taken = None;
            self.interrupts.state.send_modify(|state| taken = state.unanswered.take());
            if let Some(signal) = taken {
                return signal;
            }
        }
    }
}

impl Drop for Listener<'_> {
    fn drop(&mut self) {
        self.interrupts.state.send_modify(|state| state.listeners -= 1);
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

    #[tokio::test]
    async fn a_signal_that_nobody_answered_is_heard_by_whoever_waits_next() {
        let interrupts = Interrupts::default();
        interrupts.raise(Signal::Interrupt);
        let mut outer = interrupts.listener();
        {
            // It came before this listener began, and is for it as well.
            let mut inner = interrupts.listener();
            assert_eq!(heard(&mut outer).await, None);
            assert_eq!(inner.next().await, Signal::Interrupt);
            interrupts.raise(Signal::Terminate);
        }
        // The inner one is gone and did not answer.
        assert_eq!(outer.next().await, Signal::Terminate);
        assert_eq!(heard(&mut outer).await, None);
    }
}
