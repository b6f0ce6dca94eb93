//! A test's own time.

use std::time::SystemTime;

use aws_smithy_async::time::TimeSource;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

tokio::task_local! {
    /// The clock within [`Clock::within`].
    static CURRENT: Clock;
}

/// A clock that follows tokio's: if that is paused, only sleeping takes time.
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

    /// The same clock, off by this much.
    #[must_use]
    pub fn ahead(self, by: SignedDuration) -> Self {
        Self { at: self.at.saturating_add(by).unwrap_or(self.at), ..self }
    }

    /// The time it shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.when.elapsed()).unwrap_or(SignedDuration::MAX);
        self.at.saturating_add(passed).unwrap_or(Timestamp::MAX)
    }

    /// The same, as the standard library's type.
    #[must_use]
    pub fn system_now(&self) -> SystemTime {
        // Every time between the years 1 and 9999 is a valid system time.
        self.now().try_into().unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// Runs work at this clock's time.
    pub async fn within<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }

    /// The clock of the current work.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(|clock| *clock).ok()
    }
}

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        self.system_now()
    }
}

/// A time in a header. Source: RFC 9110, section 5.6.7.
pub(crate) fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
