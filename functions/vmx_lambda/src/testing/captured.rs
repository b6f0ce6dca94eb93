//! Captured logs.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::Value;
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Level};

use crate::logs;

/// With a single subscriber in the process, `tracing` decides for all threads by the first thread that reaches a line,
/// which may be another test's. With two it asks both.
static SECOND: OnceLock<Dispatch> = OnceLock::new();

/// The stack's name for metrics.
const STACK: &str = "stack";

/// Captures what this thread logs, as on standard output.
#[derive(Debug, Clone, Default)]
pub struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    /// Captures until the guard is dropped.
    #[must_use]
    pub fn start(level: Level) -> (Self, DefaultGuard) {
        SECOND.get_or_init(|| Dispatch::new(logs::subscriber(Level::ERROR, None, std::io::sink)));
        let captured = Self::default();
        let writer = captured.clone();
        let subscriber = logs::subscriber(level, Some(STACK), move || writer.clone());
        (captured, tracing::subscriber::set_default(subscriber))
    }

    /// The lines so far, without metrics.
    #[must_use]
    pub fn text(&self) -> String {
        self.all().split_inclusive('\n').filter(|line| !is_metric(line)).collect()
    }

    /// The metrics so far, as CloudWatch sees them.
    #[must_use]
    pub fn metrics(&self) -> Vec<Value> {
        let all = self.all();
        all.lines().filter(|line| is_metric(line)).map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The values of one metric so far, each with its additional dimension, such as `task`, or without.
    #[must_use]
    pub fn counted(&self, name: &str) -> Vec<(f64, String)> {
        let lines = self.metrics();
        let measured = lines.iter().filter_map(|line| Some((line, line.get(name)?.as_f64()?)));
        let further = |line: &Value| {
            ["Mode", "Cause"].iter().find_map(|key| line.get(*key)?.as_str().map(str::to_owned))
        };
        measured.map(|(line, value)| (value, further(line).unwrap_or_default())).collect()
    }

    fn all(&self) -> String {
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

fn is_metric(line: &str) -> bool {
    line.contains("\"_aws\"")
}
