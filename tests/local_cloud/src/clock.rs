//! What time it is.

use std::sync::Arc;

use jiff::Timestamp;

/// Tells the time. Tests hand in their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The machine's clock.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(Timestamp::now)
}
