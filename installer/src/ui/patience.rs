//! Says what is waited for when nothing else is shown: whatever is slow, nobody looks at a silent program for long.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::ProgramView;
use crate::error::Failure;
use crate::event::{Event, EventView};
use vmx_engine::progress::{Progress, View};
use vmx_engine::waits;

/// How long to show nothing. Five seconds are the promise, and writing takes its time.
const SILENCE: Duration = Duration::from_secs(4);
/// The longest time between two lines about one wait.
const LONGEST: Duration = Duration::from_secs(30);
/// How often to check.
const TICK: Duration = Duration::from_millis(250);

/// A view that also says what is waited for.
pub struct Patience {
    inner: Arc<Inner>,
}

struct Inner {
    view: Box<dyn ProgramView>,
    silence: Mutex<Silence>,
}

/// How long nothing was shown.
#[derive(Debug, Clone, Copy)]
struct Silence {
    since: Instant,
    /// When to say what is waited for. Never while a prompt is open.
    next: Option<Duration>,
}

impl Silence {
    fn from(now: Instant) -> Self {
        Self { since: now, next: Some(SILENCE) }
    }

    /// How long it is silent, if that is to be said now.
    fn due(&mut self, now: Instant) -> Option<Duration> {
        let (silent, next) = (now.duration_since(self.since), self.next?);
        if silent < next {
            return None;
        }
        self.next = Some(silent + silent.min(LONGEST));
        Some(silent)
    }
}

impl Patience {
    /// Wraps another view.
    #[must_use]
    pub fn around(view: Box<dyn ProgramView>) -> Self {
        let inner = Arc::new(Inner { view, silence: Mutex::new(Silence::from(Instant::now())) });
        let watched = Arc::downgrade(&inner);
        std::thread::spawn(move || {
            while let Some(inner) = watched.upgrade() {
                inner.look(Instant::now(), waits::now);
                drop(inner);
                std::thread::sleep(TICK);
            }
        });
        Self { inner }
    }
}

impl Inner {
    fn silence(&self) -> MutexGuard<'_, Silence> {
        self.silence.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what is waited for, if nothing was shown for long.
    fn look(&self, now: Instant, waited_for: impl Fn() -> Option<String>) {
        let Some(what) = waited_for() else { return };
        let due = self.silence().due(now);
        if let Some(silent) = due {
            self.view.show(&Progress::Waiting { what, seconds: silent.as_secs() });
        }
    }

    fn shown(&self) {
        *self.silence() = Silence::from(Instant::now());
    }
}

impl View for Patience {
    fn show(&self, progress: &Progress) {
        match progress {
            // People see few of the compiler's lines.
            Progress::CompilerOutput { .. } => {}
            // The view asks what to do.
            Progress::Interrupted { .. } => self.inner.silence().next = None,
            _ => self.inner.shown(),
        }
        self.inner.view.show(progress);
    }
}

impl EventView for Patience {
    fn tell(&self, event: &Event) {
        self.inner.shown();
        self.inner.view.tell(event);
    }
}

impl ProgramView for Patience {
    fn ended(&self, ended: Result<(), &Failure>) {
        self.inner.silence().next = None;
        self.inner.view.ended(ended);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vmx_engine::progress::StackOperation;
    use vmx_engine::testing::Recorder;

    struct Noted(Recorder);

    impl View for Noted {
        fn show(&self, progress: &Progress) {
            self.0.note(format!("{progress:?}"));
        }
    }

    impl EventView for Noted {
        fn tell(&self, event: &Event) {
            self.0.note(format!("{event:?}"));
        }
    }

    impl ProgramView for Noted {
        fn ended(&self, _: Result<(), &Failure>) {}
    }

    /// A view without a thread, what it showed, and when it began.
    fn patience() -> (Patience, Recorder, Instant) {
        let (recorder, now) = (Recorder::default(), Instant::now());
        let view = Box::new(Noted(recorder.clone()));
        let inner = Inner { view, silence: Mutex::new(Silence::from(now)) };
        (Patience { inner: Arc::new(inner) }, recorder, now)
    }

    fn waited_for() -> Option<String> {
        Some("Connect to answer ListQueues".to_owned())
    }

    #[test]
    fn what_is_waited_for_is_told_within_five_seconds_and_then_less_often() {
        let (view, recorder, begun) = patience();
        let mut told = Vec::new();
        for quarters in 0..4 * 100 {
            view.inner.look(begun + TICK * quarters, waited_for);
            if !recorder.taken().is_empty() {
                told.push(quarters / 4);
            }
        }
        assert_eq!(told, [4, 8, 16, 32, 62, 92]);
        view.inner.look(begun + TICK * 1000, waited_for);
        assert_eq!(recorder.taken(), ["Waiting { what: \"Connect to answer ListQueues\", seconds: 250 }"]);
    }

    #[test]
    fn only_a_silent_wait_is_told() {
        let (view, recorder, _) = patience();
        let later = || Instant::now() + SILENCE;
        view.inner.look(later(), || None);
        assert_eq!(recorder.taken(), [""; 0]);
        // A line of the compiler that people do not see is none.
        view.show(&Progress::CompilerOutput { line: "Compiling".into() });
        view.inner.look(later(), waited_for);
        assert_eq!(recorder.taken().len(), 2);
        view.tell(&Event::Discovering);
        view.inner.look(Instant::now(), waited_for);
        assert_eq!(recorder.taken(), ["Discovering"]);
        view.show(&Progress::Interrupted { stack: "vmx".into(), operation: StackOperation::Create });
        view.inner.look(later(), waited_for);
        assert_eq!(recorder.taken().len(), 1, "a question is open");
    }
}
