//! What the scheduled function checks: triggers, functions, rules, the instance, and the stream's metrics.

use std::time::Duration;

use serde_json::{Value, json};
use vmx_contract::watchdog::Watched;
use vmx_lambda::testing::{Call, Reply};

use super::{QueueName, State, stream};
use crate::chain::Part;

/// The prefix of the instance's media streams.
const MEDIA_PREFIX: &str = "vm";
/// Records that arrived within this time before now must have been read; the function queries no other time range.
const CAME_IN: [Duration; 2] = [Duration::from_mins(20), Duration::from_mins(5)];

/// The triggers and rules, with their names for the function.
const TRIGGERS: [(Part, &str); 4] = [
    (Part::StreamTrigger, "00000000-0000-4000-8000-0000000000e1"),
    (Part::RetryTrigger, "00000000-0000-4000-8000-0000000000e2"),
    (Part::RecordingsTrigger, "00000000-0000-4000-8000-0000000000e3"),
    (Part::TranscriptsTrigger, "00000000-0000-4000-8000-0000000000e4"),
];
const RULES: [(Part, &str); 4] = [
    (Part::RecordingsRule, "recordings"),
    (Part::TranscriptsRule, "transcripts"),
    (Part::JobsRule, "jobs"),
    (Part::Schedule, "schedule"),
];

/// The function's setting.
pub(crate) fn watched() -> Watched {
    let named =
        |all: &[(Part, &str)]| all.iter().map(|(part, id)| (part.to_string(), (*id).to_owned())).collect();
    let dead = QueueName::ALL.into_iter().filter(|name| name.is_dead());
    Watched {
        triggers: named(&TRIGGERS),
        functions: [("recorder".to_owned(), "recorder".to_owned())].into(),
        rules: named(&RULES),
        dead_letters: dead.map(|name| (name.resource(), name.url())).collect(),
        stream_arn: stream::ARN.to_owned(),
        media_prefix: MEDIA_PREFIX.to_owned(),
    }
}

impl State {
    /// Handles AWS Lambda calls other than invocations.
    pub(super) fn lambda(&mut self, call: &Call) -> Reply {
        let last = call.path.rsplit('/').next().unwrap_or_default().to_owned();
        match call.action.as_str() {
            "lambda:GetEventSourceMapping" => {
                let found = TRIGGERS.iter().find(|(_, id)| *id == last);
                let Some((part, _)) = found else {
                    return Reply::error(call, 404, "ResourceNotFoundException");
                };
                let state = if self.off_for(*part).is_some() { "Disabled" } else { "Enabled" };
                Reply::json(&json!({"UUID": last, "State": state, "LastProcessingResult": "OK"}))
            }
            "lambda:GetFunctionConcurrency" => Reply::json(&json!({})),
            other => panic!("{other} is not simulated"),
        }
    }

    /// Handles Amazon EventBridge calls about rules.
    pub(super) fn rule(&mut self, call: &Call) -> Reply {
        let name = call.json()["Name"].clone();
        let found = RULES.iter().find(|(_, id)| name == *id);
        let Some((part, id)) = found else { return Reply::error(call, 400, "ResourceNotFoundException") };
        let state = if self.off_for(*part).is_some() { "DISABLED" } else { "ENABLED" };
        Reply::json(&json!({"Name": id, "State": state}))
    }

    /// Where the instance writes its data.
    pub(super) fn storage(&self, call: &Call) -> Reply {
        let kind = call.query.get("resourceType").map_or("", String::as_str);
        let config: Value = if kind == "MEDIA_STREAMS" {
            json!({
                "StorageType": "KINESIS_VIDEO_STREAM",
                "KinesisVideoStreamConfig": {
                    "Prefix": format!("{MEDIA_PREFIX}-connect-alias-contact-"), "RetentionPeriodHours": 24,
                    "EncryptionConfig": {"EncryptionType": "KMS", "KeyId": "key"},
                },
            })
        } else {
            json!({"StorageType": "KINESIS_STREAM", "KinesisStreamConfig": {"StreamArn": stream::ARN}})
        };
        Reply::json(&json!({"StorageConfigs": [config]}))
    }

    /// Answers Amazon CloudWatch queries of the stream's metrics. The response is CBOR, written by hand because so
    /// little of it is needed.
    pub(super) fn counted(&self, call: &Call) -> Reply {
        let asks = |name: &str| call.body.windows(name.len()).any(|found| found == name.as_bytes());
        let [long_ago, lately] = CAME_IN;
        let came_in = |age: Duration| age >= lately && age <= long_ago;
        let count = if asks("IncomingRecords") {
            self.stream.records.iter().filter(|record| came_in(record.at.elapsed())).count()
        } else {
            self.stream.read_at.iter().filter(|read| read.elapsed() <= long_ago).count()
        };
        let mut body = vec![0xa1, 0x6a];
        body.extend(b"Datapoints");
        body.extend([0x81, 0xa1, 0x63]);
        body.extend(b"Sum");
        body.push(0xfb);
        body.extend((count as f64).to_be_bytes());
        Reply::bytes(body).header("smithy-protocol", "rpc-v2-cbor").header("content-type", "application/cbor")
    }
}
