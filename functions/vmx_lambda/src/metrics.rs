//! Metrics: lines in the logs, from which CloudWatch Logs makes metrics.
//!
//! ```json
//! {"_aws":{"Timestamp":1795428000000,"CloudWatchMetrics":[{"Namespace":"VoicemailExpress","Dimensions":[["Stack","Mode"]],"Metrics":[{"Name":"Delivered","Unit":"Count"}]}]},"level":"INFO","timestamp":"2026-11-23T10:00:00Z","Stack":"voicemail-express","Mode":"task","Delivered":1.0}
//! ```
//!
//! This is the embedded metric format: it needs no call and no permission. AWS Lambda passes on a line that is already
//! JSON, and treats one without a level as INFO, which none of our levels suppresses. Sources: the Amazon CloudWatch
//! user guide, "Specification: Embedded metric format"; the AWS Lambda developer guide, "Configuring JSON and plain
//! text log formats" and "Log-level filtering".
//!
//! # Once
//! A voicemail's metric is written by whoever created the object that records the same: the recording, or
//! `ended/<voicemail>`. Repeated work finds the object and counts nothing. Small errors remain: a process that dies
//! between the object and the line counts too little, as does a lost response of S3; and CloudWatch Logs may, rarely,
//! accept a line twice.

use std::io::Write as _;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber, info};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use vmx_contract::metrics::{Metric, NAMESPACE, STACK};
use vmx_contract::mode::Mode;
use vmx_contract::state::Outcome;

/// The tracing target of metrics.
pub(crate) const TARGET: &str = "vmx_metrics";

/// A recording was written.
pub fn captured(audio_ms: u64) {
    info!(target: TARGET, Captured = 1.0, AudioSeconds = audio_ms as f64 / 1000.0);
}

/// A voicemail was delivered by all its modes. `seconds` have passed since the end of the call, if known.
pub fn delivered(seconds: Option<f64>) {
    match seconds {
        Some(seconds) => info!(target: TARGET, Delivered = 1.0, SecondsToDelivery = seconds),
        None => info!(target: TARGET, Delivered = 1.0),
    }
}

/// By this mode, perhaps among others.
pub fn delivered_by(mode: Mode) {
    info!(target: TARGET, Delivered = 1.0, Mode = mode.as_str());
}

/// It had a transcript.
pub fn transcribed() {
    info!(target: TARGET, Transcribed = 1.0);
}

/// It had none.
pub fn without_transcript(cause: &'static str) {
    info!(target: TARGET, WithoutTranscript = 1.0, Cause = cause);
}

/// A voicemail ended without being delivered. [`delivered`] counts delivered ones; those given up, and those
/// of an earlier system, are not counted.
pub fn ended(outcome: Outcome) {
    match outcome {
        Outcome::Cancelled => info!(target: TARGET, Cancelled = 1.0),
        Outcome::NothingSaid => info!(target: TARGET, NothingSaid = 1.0),
        Outcome::Dropped => info!(target: TARGET, Dropped = 1.0),
        Outcome::Delivered | Outcome::GivenUp | Outcome::Earlier => {}
    }
}

/// What one round of the watchdog saw.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Round {
    /// Voicemails in progress.
    pub undelivered: u64,
    /// The age of the oldest one, in seconds.
    pub oldest_seconds: f64,
    /// Stuck voicemails.
    pub stuck: u64,
    /// Parts that do not work, or could not be checked.
    pub broken: u64,
    /// Dead letters that expire soon.
    pub letters_expiring: u64,
}

/// A round of the watchdog is over.
pub fn round(round: &Round) {
    info!(
        target: TARGET,
        Rounds = 1.0,
        Undelivered = round.undelivered as f64,
        OldestUndelivered = round.oldest_seconds,
        Stuck = round.stuck as f64,
        Broken = round.broken as f64,
        LettersExpiring = round.letters_expiring as f64,
    );
}

/// A voicemail is stuck.
pub fn stuck() {
    info!(target: TARGET, NewStuck = 1.0);
}

/// So many dead letters have arrived since the previous round.
pub fn new_letters(count: u64) {
    info!(target: TARGET, NewLetters = count as f64);
}

/// An attempt at a step failed.
pub fn failed(cause: &'static str) {
    info!(target: TARGET, FailedAttempts = 1.0, Cause = cause);
}

/// The values of one event.
#[derive(Debug, Default)]
struct Measured {
    values: Vec<(Metric, f64)>,
    /// The additional dimension: its name and its value.
    dimension: Option<(&'static str, String)>,
}

impl Visit for Measured {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.values.extend(Metric::parse(field.name()).map(|metric| (metric, value)));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.dimension = Some((field.name(), value.to_owned()));
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

impl Measured {
    /// The line, with its end.
    fn line(&self, stack: &str, at: Timestamp) -> String {
        let further = self.dimension.iter().map(|(name, _)| *name);
        let dimensions: Vec<&str> = [STACK].into_iter().chain(further).collect();
        let metrics =
            self.values.iter().map(|(metric, _)| json!({"Name": metric.as_str(), "Unit": metric.unit()}));
        let directive = json!({
            "Namespace": NAMESPACE,
            "Dimensions": [dimensions],
            "Metrics": metrics.collect::<Vec<_>>(),
        });
        let mut line = Map::new();
        let metadata = json!({"Timestamp": at.as_millisecond(), "CloudWatchMetrics": [directive]});
        line.insert("_aws".to_owned(), metadata);
        line.insert("level".to_owned(), "INFO".into());
        line.insert("timestamp".to_owned(), at.to_string().into());
        line.insert(STACK.to_owned(), stack.into());
        let further = self.dimension.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into()));
        line.extend(further);
        line.extend(self.values.iter().map(|(metric, value)| (metric.as_str().to_owned(), (*value).into())));
        format!("{}\n", Value::Object(line))
    }
}

/// Writes metric events as lines.
pub(crate) struct MetricLines<W> {
    stack: String,
    writer: W,
}

impl<W> MetricLines<W> {
    pub(crate) fn new(stack: &str, writer: W) -> Self {
        Self { stack: stack.to_owned(), writer }
    }
}

impl<S, W> Layer<S> for MetricLines<W>
where
    S: Subscriber,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut measured = Measured::default();
        event.record(&mut measured);
        let line = measured.line(&self.stack, Timestamp::now());
        // In one write, so that no other line comes in between. A logging error is not worth failing for.
        let _ = self.writer.make_writer().write_all(line.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::logs::subscriber;
    use std::io;
    use std::sync::{Arc, Mutex};
    use strum::IntoEnumIterator as _;
    use tracing::Level;
    use vmx_contract::metrics::{CAUSE, MODE};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is written meanwhile by an installation with this stack, which logs errors only.
    fn written(stack: Option<&str>, during: impl FnOnce()) -> Vec<Value> {
        let lines = Lines::default();
        let writer = lines.clone();
        tracing::subscriber::with_default(subscriber(Level::ERROR, stack, move || writer.clone()), during);
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_line_is_in_the_embedded_metric_format() {
        let measured =
            Measured { values: vec![(Metric::Delivered, 1.0)], dimension: Some((MODE, "task".into())) };
        let line = measured.line("stack", "2026-11-23T10:00:00Z".parse().unwrap());
        assert!(line.ends_with("}\n") && line.trim_end().lines().count() == 1);
        assert_eq!(
            serde_json::from_str::<Value>(&line).unwrap(),
            json!({
                "_aws": {
                    "Timestamp": 1_795_428_000_000_i64,
                    "CloudWatchMetrics": [{
                        "Namespace": "VoicemailExpress",
                        "Dimensions": [["Stack", "Mode"]],
                        "Metrics": [{"Name": "Delivered", "Unit": "Count"}],
                    }],
                },
                "level": "INFO",
                "timestamp": "2026-11-23T10:00:00Z",
                "Stack": "stack",
                "Mode": "task",
                "Delivered": 1.0,
            })
        );
    }

    /// Source: the specification of the format. Every target of a directive is a member of the root, metrics are
    /// numbers, and dimensions are texts.
    #[test]
    fn every_event_holds_what_it_announces_and_only_known_metrics() {
        let lines = written(Some("stack"), || {
            captured(2500);
            delivered(Some(61.5));
            delivered(None);
            Mode::ALL.into_iter().for_each(delivered_by);
            transcribed();
            without_transcript("late");
            failed("delivery");
            Outcome::iter().for_each(ended);
            round(&Round::default());
            stuck();
            new_letters(1);
        });
        let mut seen = Vec::new();
        for line in &lines {
            let directive = &line["_aws"]["CloudWatchMetrics"][0];
            for metric in directive["Metrics"].as_array().unwrap() {
                let known = Metric::parse(metric["Name"].as_str().unwrap()).unwrap();
                assert!(line[known.as_str()].is_number() && metric["Unit"] == known.unit(), "{line}");
                seen.push(known);
            }
            for dimension in directive["Dimensions"][0].as_array().unwrap() {
                let name = dimension.as_str().unwrap();
                assert!([STACK, MODE, CAUSE].contains(&name) && line[name].is_string(), "{line}");
            }
        }
        assert_eq!(lines.len(), 12 + Mode::ALL.len());
        assert!(Metric::iter().all(|metric| seen.contains(&metric)), "{seen:?}");
        assert_eq!((&lines[0]["AudioSeconds"], &lines[1]["SecondsToDelivery"]), (&2.5.into(), &61.5.into()));
    }

    #[test]
    fn without_a_stack_nothing_is_counted_and_no_line_of_a_metric_is_a_log_line() {
        assert_eq!(written(None, transcribed), [Value::Null; 0]);
        let lines =
            written(Some("stack"), || tracing::error!(target: "vmx_test", Captured = 1.0, "a log line"));
        assert!(lines.len() == 1 && lines[0].get("_aws").is_none(), "{lines:?}");
    }
}
