//! The current time. Functions ask only here, so that a test can set another time.

use std::time::SystemTime;

use jiff::Timestamp;

/// Now: the system's time, or that of a test's own clock.
#[must_use]
pub fn now() -> Timestamp {
    // Only after the year 9999.
    Timestamp::try_from(system_now()).unwrap_or(Timestamp::MAX)
}

/// Now, as the standard library's type.
#[must_use]
pub fn system_now() -> SystemTime {
    #[cfg(feature = "testing")]
    if let Some(clock) = crate::testing::Clock::current() {
        return clock.system_now();
    }
    SystemTime::now()
}
