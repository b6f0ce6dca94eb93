//! What was logged.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Level};

use crate::logs;

/// With a single subscriber in the process, `tracing` decides for all threads whether a line is of interest by the
/// thread that comes upon it first, which may be another test's. With two it asks both.
static SECOND: OnceLock<Dispatch> = OnceLock::new();

/// Keeps what this thread logs, as it would be on standard output.
#[derive(Debug, Clone, Default)]
pub struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    /// Starts, until the guard is dropped.
    #[must_use]
    pub fn start(level: Level) -> (Self, DefaultGuard) {
        SECOND.get_or_init(|| Dispatch::new(logs::subscriber(Level::ERROR, std::io::sink)));
        let captured = Self::default();
        let writer = captured.clone();
        let subscriber = logs::subscriber(level, move || writer.clone());
        (captured, tracing::subscriber::set_default(subscriber))
    }

    /// The lines so far.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
