//! Which alarms there are, and from when on.

use minijinja::{Value, context};
use vmx_contract::reminder::LONGEST_DELAY_SECONDS;

use super::timeouts::{TIMEOUTS, visibility};
use crate::params::{Params, Topic};

/// Contact records that wait longer in the stream are late, in milliseconds.
const RECORDS_LATE_MS: u32 = 900_000;

/// One alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alarm {
    /// The resource's name.
    pub(super) name: String,
    description: String,
    namespace: &'static str,
    metric: &'static str,
    dimension: &'static str,
    /// The dimension's value, as it stands in the template.
    value: String,
    statistic: &'static str,
    /// It goes on above this.
    threshold: u32,
    /// Of how many periods of five minutes.
    periods: u8,
    /// How many have to be above.
    datapoints: u8,
}

impl From<Alarm> for Value {
    fn from(alarm: Alarm) -> Self {
        context! {
            name => alarm.name,
            description => alarm.description,
            namespace => alarm.namespace,
            metric => alarm.metric,
            dimension => alarm.dimension,
            value => alarm.value,
            statistic => alarm.statistic,
            threshold => alarm.threshold,
            periods => u32::from(alarm.periods),
            datapoints => u32::from(alarm.datapoints),
        }
    }
}

/// Stands in an alarm's description between what is wrong and what to do.
pub(crate) const TO_DO: &str = ". What to do: ";

/// What an alarm says first, and what to do then.
fn told(what: &str, command: &str) -> String {
    format!("{what}{TO_DO}{command}")
}

/// Every alarm, in the pipeline's order.
pub(super) fn all(params: &Params) -> Vec<Alarm> {
    let queues = [
        ("RetryQueue", "Voicemails whose recording could not be made", visibility(TIMEOUTS.kvs_to_s3)),
        ("RecordingsQueue", "Recordings that could not be transcribed", visibility(TIMEOUTS.transcriber)),
        ("TranscriptsQueue", "Voicemails that could not be delivered", visibility(TIMEOUTS.packager)),
    ];
    let functions = ["KvsToS3", "Transcriber", "Packager", "Playback"];
    let late = oldest(params);
    let dead = queues.iter().map(|(queue, what, _)| Alarm {
        name: format!("{queue}DeadLettersAlarm"),
        description: told(what, "vmx-install status, then vmx-install redrive"),
        namespace: "AWS/SQS",
        metric: "ApproximateNumberOfMessagesVisible",
        dimension: "QueueName",
        value: format!("!GetAtt {queue}DeadLetters.QueueName"),
        statistic: "Maximum",
        threshold: 0,
        periods: 1,
        datapoints: 1,
    });
    let records = Alarm {
        name: "ContactRecordsLateAlarm".to_owned(),
        description: told("Contact records wait for a quarter of an hour or longer", "vmx-install status"),
        namespace: "AWS/Lambda",
        metric: "IteratorAge",
        dimension: "FunctionName",
        value: "!Ref KvsToS3Function".to_owned(),
        statistic: "Maximum",
        threshold: RECORDS_LATE_MS,
        periods: 1,
        datapoints: 1,
    };
    let old = late.into_iter().map(|(queue, what, seconds)| Alarm {
        name: format!("{queue}OldAlarm"),
        description: told(what, "vmx-install status, and vmx-install trace for one of them"),
        namespace: "AWS/SQS",
        metric: "ApproximateAgeOfOldestMessage",
        dimension: "QueueName",
        value: format!("!GetAtt {queue}.QueueName"),
        statistic: "Maximum",
        threshold: seconds,
        periods: 1,
        datapoints: 1,
    });
    // What fails of a batch is answered for by itself: an error of a function is a crash, or no time left.
    let errors = functions.map(|function| Alarm {
        name: format!("{function}ErrorsAlarm"),
        description: told("The function ends without an answer, again and again", "read its log"),
        namespace: "AWS/Lambda",
        metric: "Errors",
        dimension: "FunctionName",
        value: format!("!Ref {function}Function"),
        statistic: "Sum",
        threshold: 0,
        periods: 3,
        datapoints: 2,
    });
    dead.chain([records]).chain(old).chain(errors).collect()
}

/// From which age on the oldest message of a queue is an alarm, in seconds.
///
/// A message that was received more than three times is passed over by the metric, so that no age may be above three
/// times the queue's visibility timeout. Source: the Amazon SQS developer guide, "Available CloudWatch metrics for
/// Amazon SQS".
fn oldest(params: &Params) -> [(&'static str, &'static str, u32); 3] {
    let deadline = params.transcription.deadline_minutes.get() * 60;
    let longest_delay = u32::try_from(LONGEST_DELAY_SECONDS).unwrap_or_default();
    let recordings = visibility(TIMEOUTS.transcriber);
    let transcripts = visibility(TIMEOUTS.packager);
    [
        // Both first attempts from the queue failed.
        ("RetryQueue", "A voicemail waits to be recorded", 2 * visibility(TIMEOUTS.kvs_to_s3)),
        // The same, or half the time is over after which it is delivered without a transcript.
        ("RecordingsQueue", "A recording waits to be transcribed", (2 * recordings).min(deadline / 2)),
        // A reminder waits here as long as a message can; what waits longer than one more attempt is a voicemail.
        ("TranscriptsQueue", "A voicemail waits to be delivered", longest_delay + transcripts),
    ]
}

/// Where alarms go, as it stands in the template.
pub(super) fn topic(params: &Params) -> Option<String> {
    match &params.alarms.topic {
        Topic::None => None,
        Topic::New => Some("!Ref AlarmTopic".to_owned()),
        Topic::Arn(arn) => Some(format!("\"{arn}\"")),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn params(yaml: &str) -> Params {
        Params::from_yaml("", &format!("version: 1\nregion: eu-west-2\ninstance: shop\n{yaml}")).unwrap()
    }

    /// A message is seen by the metric in its first three attempts, and a reminder is no trouble.
    #[test]
    fn ages_lie_between_what_is_usual_and_what_the_metric_sees() {
        for minutes in [5, 60, 1440] {
            let params = params(&format!("transcription: {{deadline_minutes: {minutes}}}\n"));
            let [(_, _, retry), (_, _, recordings), (_, _, transcripts)] = oldest(&params);
            let sees = |timeout| 3 * visibility(timeout);
            assert!(retry >= visibility(TIMEOUTS.kvs_to_s3) && retry < sees(TIMEOUTS.kvs_to_s3));
            assert!(recordings < sees(TIMEOUTS.transcriber) && recordings <= minutes * 30);
            assert!(transcripts > 900 && transcripts < sees(TIMEOUTS.packager));
        }
    }

    #[test]
    fn there_are_as_many_as_the_plan_counts() {
        assert_eq!(all(&params("")).len(), crate::plan::ALARMS);
    }
}
