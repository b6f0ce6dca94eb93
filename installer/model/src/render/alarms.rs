//! The alarms, and their thresholds.
//!
//! The watchdog's metrics come every five minutes. Without them it has failed, which has its own alarm and says nothing
//! about the voicemails: alarms on these metrics then keep their state.

use std::fmt;

use minijinja::{Value, context};
use serde_json::json;
use vmx_contract::metrics::{Metric, NAMESPACE, STACK};

use crate::params::{Params, Topic};
use crate::timeouts::{TIMEOUTS, visibility};

/// Contact records that wait longer in the stream are late, in milliseconds.
const RECORDS_LATE_MS: u32 = 900_000;
/// How long a voicemail may be undelivered beyond its transcript's deadline, in seconds.
const UNDELIVERED_SECONDS: u32 = 3600;

/// The meaning of a missing datapoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    /// Healthy.
    NotBreaching,
    /// A problem.
    Breaching,
    /// Nothing: the alarm keeps its state.
    Ignore,
}

/// A value in the template, as text or by reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cfn {
    Text(String),
    /// `!Ref`: a resource's ID.
    Ref(String),
    /// `!GetAtt`: an attribute of a resource.
    Attribute(String, &'static str),
}

impl fmt::Display for Cfn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{}", json!(text)),
            Self::Ref(resource) => write!(f, "!Ref {resource}"),
            Self::Attribute(resource, attribute) => write!(f, "!GetAtt {resource}.{attribute}"),
        }
    }
}

/// One alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alarm {
    /// Its logical ID.
    pub(super) name: String,
    description: String,
    namespace: &'static str,
    metric: &'static str,
    dimension: &'static str,
    /// The dimension's value.
    value: Cfn,
    statistic: &'static str,
    comparison: &'static str,
    threshold: u32,
    /// The number of periods of five minutes.
    periods: u8,
    /// How many of them must breach the threshold.
    datapoints: u8,
    missing: Missing,
    /// Whether to notify when it ends. Not if it also ends when something is lost: when a dead letter expires, or a
    /// message is given up.
    tells_ok: bool,
}

impl From<Alarm> for Value {
    fn from(alarm: Alarm) -> Self {
        context! {
            name => alarm.name,
            description => alarm.description,
            namespace => alarm.namespace,
            metric => alarm.metric,
            dimension => alarm.dimension,
            value => alarm.value.to_string(),
            statistic => alarm.statistic,
            comparison => alarm.comparison,
            threshold => alarm.threshold,
            periods => u32::from(alarm.periods),
            datapoints => u32::from(alarm.datapoints),
            missing => match alarm.missing {
                Missing::NotBreaching => "notBreaching",
                Missing::Breaching => "breaching",
                Missing::Ignore => "ignore",
            },
            tells_ok => alarm.tells_ok,
        }
    }
}

/// Separates the problem from the fix in an alarm's description.
pub const TO_DO: &str = ". What to do: ";

/// The problem, and the fix.
fn told(what: &str, command: &str) -> String {
    format!("{what}{TO_DO}{command}")
}

/// Every alarm, in the pipeline's order.
pub(super) fn all(params: &Params) -> Vec<Alarm> {
    let queues = [
        ("RetryQueue", "Voicemails could not be recorded"),
        ("RecordingsQueue", "Recordings could not be transcribed"),
        ("TranscriptsQueue", "Voicemails could not be delivered"),
    ];
    let functions = ["KvsToS3", "Transcriber", "Packager", "Playback", "Watchdog"];
    let dead = queues.map(|(queue, what)| Alarm {
        name: format!("{queue}DeadLettersAlarm"),
        description: told(what, "vmx-install status, then vmx-install redrive"),
        ..of_queue("ApproximateNumberOfMessagesVisible", &format!("{queue}DeadLetters"), 0)
    });
    let records = Alarm {
        name: "ContactRecordsLateAlarm".to_owned(),
        description: told("Contact records have been waiting for 15 minutes or longer", "vmx-install status"),
        statistic: "Maximum",
        threshold: RECORDS_LATE_MS,
        tells_ok: false,
        ..of_function("IteratorAge", "KvsToS3")
    };
    let old = oldest(params).map(|(queue, what, seconds)| Alarm {
        name: format!("{queue}OldAlarm"),
        description: told(what, "vmx-install status, and vmx-install trace for one of them"),
        ..of_queue("ApproximateAgeOfOldestMessage", queue, seconds)
    });
    // Failed items of a batch are reported separately: a function's error is a crash or a timeout.
    let errors = functions.map(|function| Alarm {
        name: format!("{function}ErrorsAlarm"),
        description: told("The function keeps failing without a response", "read its log"),
        periods: 3,
        datapoints: 2,
        ..of_function("Errors", function)
    });
    let watched = watched(params.transcription.deadline_minutes.get() * 60);
    dead.into_iter().chain([records]).chain(old).chain(errors).chain(watched).collect()
}

/// An alarm on a queue's metric, without a notification of its end: an expired message ends it too.
fn of_queue(metric: &'static str, queue: &str, threshold: u32) -> Alarm {
    Alarm {
        name: String::new(),
        description: String::new(),
        namespace: "AWS/SQS",
        metric,
        dimension: "QueueName",
        value: Cfn::Attribute(queue.to_owned(), "QueueName"),
        statistic: "Maximum",
        comparison: "GreaterThanThreshold",
        threshold,
        periods: 1,
        datapoints: 1,
        missing: Missing::NotBreaching,
        tells_ok: false,
    }
}

/// An alarm on any occurrence of a function's metric.
fn of_function(metric: &'static str, function: &str) -> Alarm {
    Alarm {
        namespace: "AWS/Lambda",
        dimension: "FunctionName",
        value: Cfn::Ref(format!("{function}Function")),
        statistic: "Sum",
        tells_ok: true,
        ..of_queue(metric, "", 0)
    }
}

/// An alarm on any occurrence of a watchdog metric.
fn of_watchdog(name: &str, metric: Metric, what: &str, command: &str) -> Alarm {
    Alarm {
        name: name.to_owned(),
        description: told(what, command),
        namespace: NAMESPACE,
        dimension: STACK,
        value: Cfn::Ref("AWS::StackName".to_owned()),
        missing: Missing::Ignore,
        tells_ok: true,
        ..of_queue(metric.as_str(), "", 0)
    }
}

/// The alarms on the watchdog's findings, and on its failure.
fn watched(deadline: u32) -> [Alarm; 7] {
    let status = "vmx-install status";
    [
        of_watchdog(
            "StuckAlarm",
            Metric::Stuck,
            "Voicemails are stuck",
            "vmx-install status, then vmx-install redrive",
        ),
        // It rings again for each new one, while the alarm before stays on as long as one is stuck.
        Alarm {
            statistic: "Sum",
            missing: Missing::NotBreaching,
            tells_ok: false,
            ..of_watchdog(
                "NewStuckAlarm",
                Metric::NewStuck,
                "More voicemails are stuck",
                "vmx-install status, then vmx-install redrive",
            )
        },
        Alarm {
            threshold: deadline + UNDELIVERED_SECONDS,
            ..of_watchdog(
                "UndeliveredAlarm",
                Metric::OldestUndelivered,
                "A voicemail has been undelivered for too long",
                "vmx-install status, and vmx-install trace for that voicemail",
            )
        },
        // It alarms again for each new loss, while the alarms on dead letters last as long as there is one.
        Alarm {
            statistic: "Sum",
            missing: Missing::NotBreaching,
            tells_ok: false,
            ..of_watchdog(
                "NewLettersAlarm",
                Metric::NewLetters,
                "There are new dead letters",
                "vmx-install status, then vmx-install redrive",
            )
        },
        Alarm {
            tells_ok: false,
            ..of_watchdog(
                "LettersExpiringAlarm",
                Metric::LettersExpiring,
                "Dead letters expire within four days and are lost then",
                "vmx-install redrive",
            )
        },
        // A single failed call is no alarm: calls fail now and then.
        Alarm {
            periods: 3,
            datapoints: 2,
            ..of_watchdog(
                "BrokenAlarm",
                Metric::Broken,
                "A trigger, rule, function or the instance is not set up to process voicemails",
                status,
            )
        },
        Alarm {
            statistic: "Sum",
            comparison: "LessThanThreshold",
            threshold: 1,
            missing: Missing::Breaching,
            ..of_watchdog(
                "WatchdogSilentAlarm",
                Metric::Rounds,
                "Nothing retries stalled voicemails",
                "vmx-install status, and read the log of vmx_watchdog",
            )
        },
    ]
}

/// The age of a queue's oldest message that triggers an alarm, in seconds.
///
/// The metric ignores messages that were received more than three times, so the threshold must stay below three times
/// the queue's visibility timeout. Source: the Amazon SQS developer guide, "Available CloudWatch metrics for Amazon
/// SQS".
fn oldest(params: &Params) -> [(&'static str, &'static str, u32); 3] {
    let deadline = params.transcription.deadline_minutes.get() * 60;
    let recordings = visibility(TIMEOUTS.transcriber);
    // Both first attempts from the queue failed.
    let twice = |timeout| 2 * visibility(timeout);
    [
        ("RetryQueue", "A voicemail is waiting to be recorded", twice(TIMEOUTS.kvs_to_s3)),
        // The same, or half of the transcript's deadline has passed.
        ("RecordingsQueue", "A recording is waiting to be transcribed", (2 * recordings).min(deadline / 2)),
        ("TranscriptsQueue", "A voicemail is waiting to be delivered", twice(TIMEOUTS.packager)),
    ]
}

/// The alarms' target.
pub(super) fn topic(params: &Params) -> Option<Cfn> {
    match &params.alarms.topic {
        Topic::None => None,
        Topic::New => Some(Cfn::Ref("AlarmTopic".to_owned())),
        Topic::Arn(arn) => Some(Cfn::Text(arn.to_string())),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn params(yaml: &str) -> Params {
        Params::from_yaml("", &format!("version: 1\nregion: eu-west-2\ninstance: shop\n{yaml}")).unwrap()
    }

    /// A message is seen by the metric in its first three attempts.
    #[test]
    fn ages_lie_between_what_is_usual_and_what_the_metric_sees() {
        for minutes in [5, 60, 1440] {
            let params = params(&format!("transcription: {{deadline_minutes: {minutes}}}\n"));
            let [(_, _, retry), (_, _, recordings), (_, _, transcripts)] = oldest(&params);
            let sees = |timeout| 3 * visibility(timeout);
            assert!(retry >= visibility(TIMEOUTS.kvs_to_s3) && retry < sees(TIMEOUTS.kvs_to_s3));
            assert!(recordings < sees(TIMEOUTS.transcriber) && recordings <= minutes * 30);
            assert!(transcripts >= visibility(TIMEOUTS.packager) && transcripts < sees(TIMEOUTS.packager));
        }
    }

    #[test]
    fn there_are_as_many_as_the_plan_counts() {
        assert_eq!(all(&params("")).len(), crate::plan::ALARMS);
    }
}
