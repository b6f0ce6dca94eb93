//! What the watchdog monitors, by logical ID.

use std::collections::BTreeMap;

use minijinja::{Value, context};
use vmx_contract::watchdog::Watched;

/// The queues, in the order of the pipeline.
pub(super) const QUEUES: [&str; 3] = ["RetryQueue", "RecordingsQueue", "TranscriptsQueue"];
const TRIGGERS: [&str; 4] =
    ["ContactRecordTrigger", "RetryQueueTrigger", "RecordingsQueueTrigger", "TranscriptsQueueTrigger"];
const RULES: [&str; 3] = ["RecordingCreatedRule", "TranscriptCreatedRule", "TranscriptionFailedRule"];
/// It cannot monitor itself: an alarm does.
const FUNCTIONS: [&str; 4] =
    ["KvsToS3Function", "TranscriberFunction", "PackagerFunction", "PlaybackFunction"];

/// The function's settings, as JSON with CloudFormation references. Contact records that are not to be read yet have a
/// trigger that is disabled on purpose.
pub(super) fn settings(stream_arn: Option<&str>, media_prefix: &str, reads: bool) -> String {
    // `Ref` returns a trigger's ID, a function's name, a rule's name and a queue's URL.
    let named = |names: &[&str], suffix: &str| -> BTreeMap<String, String> {
        let one = |name: &&str| {
            let name = format!("{name}{suffix}");
            let reference = format!("${{{name}}}");
            (name, reference)
        };
        names.iter().map(one).collect()
    };
    let watched = Watched {
        triggers: named(if reads { &TRIGGERS } else { &TRIGGERS[1..] }, ""),
        functions: named(&FUNCTIONS, ""),
        rules: named(&RULES, ""),
        dead_letters: named(&QUEUES, "DeadLetters"),
        stream_arn: stream_arn.unwrap_or("${ContactRecordStream.Arn}").to_owned(),
        media_prefix: media_prefix.to_owned(),
    };
    serde_json::to_string(&watched).unwrap_or_else(|error| unreachable!("{error}"))
}

/// What the function is allowed to read.
pub(super) fn names() -> Value {
    context! { triggers => TRIGGERS.to_vec(), rules => RULES.to_vec(), watched_functions => FUNCTIONS.to_vec() }
}
