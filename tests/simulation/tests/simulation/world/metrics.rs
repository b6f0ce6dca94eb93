//! Amazon CloudWatch: the metrics of functions and services.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Level};
use vmx_contract::metrics::STACK;
use vmx_lambda::logs;

use super::{QueueName, World};

pub(crate) const STACK_NAME: &str = "stack";
/// The values of every metric, each with its time since the start of the run. A metric is identified by namespace,
/// name and dimension values.
#[derive(Debug, Default)]
pub(crate) struct Metrics(pub(crate) BTreeMap<String, Vec<(Duration, f64)>>);

/// A metric's key. Omits a stack's name and an attribute's suffix from dimension values, so that keys from the
/// template and from measurements match.
pub(crate) fn metric(namespace: &str, name: &str, dimensions: &[(String, String)]) -> String {
    let mut dimensions: Vec<String> =
        dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
    dimensions.sort();
    format!("{namespace} {name} {}", dimensions.join(","))
}

impl Metrics {
    /// Records a value of a service's own metric.
    pub(crate) fn measure(
        &mut self,
        at: Duration,
        namespace: &str,
        name: &str,
        of: (&str, &str),
        value: f64,
    ) {
        let key = metric(namespace, name, &[(of.0.to_owned(), of.1.to_owned())]);
        self.0.entry(key).or_default().push((at, value));
    }

    /// Parses a line in the embedded metric format.
    fn line(&mut self, at: Duration, line: &Value) {
        for directive in line["_aws"]["CloudWatchMetrics"].as_array().into_iter().flatten() {
            let namespace = directive["Namespace"].as_str().unwrap_or_default();
            for set in directive["Dimensions"].as_array().into_iter().flatten() {
                let names = set.as_array().into_iter().flatten().filter_map(Value::as_str);
                let dimensions: Vec<(String, String)> =
                    names.map(|name| (name.to_owned(), text(&line[name]))).collect();
                for metric_name in directive["Metrics"].as_array().into_iter().flatten() {
                    let name = metric_name["Name"].as_str().unwrap_or_default();
                    let Some(value) = line[name].as_f64() else { continue };
                    self.0.entry(metric(namespace, name, &dimensions)).or_default().push((at, value));
                }
            }
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

thread_local! {
    /// The world whose functions log on this thread.
    static CURRENT: RefCell<Option<World>> = const { RefCell::new(None) };
}

/// With a single subscriber in the process, `tracing` caches for all threads whether a line is enabled, as decided by
/// the first thread to reach it, which may be another test's. With two subscribers, it asks both.
static SECOND: OnceLock<Dispatch> = OnceLock::new();

/// The destination of the functions' log lines.
struct Lines;

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.windows(6).any(|found| found == b"\"_aws\"")
            && let Ok(line) = serde_json::from_slice::<Value>(bytes)
        {
            CURRENT.with_borrow(|world| {
                if let Some(world) = world {
                    let mut state = world.state();
                    let at = state.after();
                    state.metrics.line(at, &line);
                }
            });
        } else if std::env::var_os("FAULTS_LOGS").is_some() {
            // A closed pipe is not an error.
            let _ = io::Write::write_all(&mut io::stdout(), bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl World {
    /// Counts metrics from functions on this thread in this world until the guard is dropped.
    pub(crate) fn count_here(&self) -> DefaultGuard {
        SECOND.get_or_init(|| Dispatch::new(logs::subscriber(Level::ERROR, None, io::sink)));
        CURRENT.set(Some(self.clone()));
        let level = if std::env::var_os("FAULTS_LOGS").is_some() { Level::DEBUG } else { Level::ERROR };
        tracing::subscriber::set_default(logs::subscriber(level, Some(STACK_NAME), || Lines))
    }

    /// Records the services' metrics at this interval.
    pub(crate) async fn keep_measuring(self, every: Duration) {
        loop {
            tokio::time::sleep(every).await;
            let mut state = self.state();
            let at = state.after();
            let depths: Vec<(QueueName, usize, Duration)> = state
                .queues
                .iter_mut()
                .map(|(name, queue)| (*name, queue.waiting(), queue.oldest()))
                .collect();
            for (name, waiting, oldest) in depths {
                let of = ("QueueName", &*name.resource());
                let metrics = &mut state.metrics;
                metrics.measure(at, "AWS/SQS", "ApproximateNumberOfMessagesVisible", of, waiting as f64);
                metrics.measure(at, "AWS/SQS", "ApproximateAgeOfOldestMessage", of, oldest.as_secs_f64());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_of_a_function_is_a_value_of_its_metric() {
        let mut metrics = Metrics::default();
        let line = json!({
            "_aws": {"CloudWatchMetrics": [{
                "Namespace": "N", "Dimensions": [[STACK]], "Metrics": [{"Name": "Stuck", "Unit": "Count"}],
            }]},
            (STACK): STACK_NAME, "Stuck": 3.0,
        });
        metrics.line(Duration::ZERO, &line);
        let key = metric("N", "Stuck", &[(STACK.to_owned(), STACK_NAME.to_owned())]);
        assert_eq!(metrics.0.get(&key), Some(&vec![(Duration::ZERO, 3.0)]));
    }
}
