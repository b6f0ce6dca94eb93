//! The current time.

use std::sync::Arc;

use jiff::Timestamp;

/// Returns the current time. Tests provide their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The machine's clock.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(Timestamp::now)
}
