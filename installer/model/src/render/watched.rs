//! What the scheduled function looks after, by the names that the template gives it.

use std::collections::BTreeMap;

use minijinja::{Value, context};
use vmx_contract::watchdog::Watched;

/// The queues, in the order of the pipeline.
pub(super) const QUEUES: [&str; 3] = ["RetryQueue", "RecordingsQueue", "TranscriptsQueue"];
const TRIGGERS: [&str; 4] =
    ["ContactRecordTrigger", "RetryQueueTrigger", "RecordingsQueueTrigger", "TranscriptsQueueTrigger"];
const RULES: [&str; 3] = ["RecordingCreatedRule", "TranscriptCreatedRule", "TranscriptionFailedRule"];
/// Itself it cannot look after: its silence is an alarm.
const FUNCTIONS: [&str; 4] =
    ["KvsToS3Function", "TranscriberFunction", "PackagerFunction", "PlaybackFunction"];

/// What the function is told, as JSON in which CloudFormation puts the names of things.
pub(super) fn settings(stream_arn: Option<&str>, media_prefix: &str) -> String {
    // Of a trigger, a function, a rule and a queue `Ref` is the id, the name and the URL.
    let named = |names: &[&str], suffix: &str| -> BTreeMap<String, String> {
        let one = |name: &&str| {
            let name = format!("{name}{suffix}");
            let reference = format!("${{{name}}}");
            (name, reference)
        };
        names.iter().map(one).collect()
    };
    let watched = Watched {
        triggers: named(&TRIGGERS, ""),
        functions: named(&FUNCTIONS, ""),
        rules: named(&RULES, ""),
        dead_letters: named(&QUEUES, "DeadLetters"),
        stream_arn: stream_arn.unwrap_or("${ContactRecordStream.Arn}").to_owned(),
        media_prefix: media_prefix.to_owned(),
    };
    serde_json::to_string(&watched).unwrap_or_else(|error| unreachable!("{error}"))
}

/// What the function may look at.
pub(super) fn names() -> Value {
    context! { triggers => TRIGGERS.to_vec(), rules => RULES.to_vec(), watched_functions => FUNCTIONS.to_vec() }
}
