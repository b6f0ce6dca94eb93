//! What time it is. A function asks here and nowhere else, so that a test can give it another time.

use std::time::SystemTime;

use jiff::Timestamp;

/// Now: the system's time, or that of a test's own clock.
#[must_use]
pub fn now() -> Timestamp {
    // The system's clock would have to show a year after 9999.
    Timestamp::try_from(system_now()).unwrap_or(Timestamp::MAX)
}

/// Now, as the standard library says it.
#[must_use]
pub fn system_now() -> SystemTime {
    #[cfg(feature = "testing")]
    if let Some(clock) = crate::testing::Clock::current() {
        return clock.system_now();
    }
    SystemTime::now()
}
