//! A time of a test's own.

use std::time::SystemTime;

use aws_smithy_async::time::TimeSource;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

tokio::task_local! {
    /// What the work that is done within [`Clock::within`] goes by.
    static CURRENT: Clock;
}

/// A clock that goes as tokio's does: with that paused, no time passes but what is slept.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    at: Timestamp,
    when: Instant,
}

impl Clock {
    /// A clock that shows this time now.
    #[must_use]
    pub fn at(at: Timestamp) -> Self {
        Self { at, when: Instant::now() }
    }

    /// The same clock, set wrong by so much.
    #[must_use]
    pub fn ahead(self, by: SignedDuration) -> Self {
        Self { at: self.at.saturating_add(by).unwrap_or(self.at), ..self }
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.when.elapsed()).unwrap_or(SignedDuration::MAX);
        self.at.saturating_add(passed).unwrap_or(Timestamp::MAX)
    }

    /// The same, as the standard library says it.
    #[must_use]
    pub fn system_now(&self) -> SystemTime {
        // Every time between the years 1 and 9999 is one of the system's.
        self.now().try_into().unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// Does work to which it is as late as this clock shows.
    pub async fn within<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }

    /// The clock of the work that asks.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(|clock| *clock).ok()
    }
}

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        self.system_now()
    }
}

/// A time as headers say it. Source: RFC 9110, section 5.6.7.
pub(crate) fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
