//! The state of an installation, for tests.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

pub const NOW: &str = "2026-11-23T12:00:00Z";

pub fn open(id: &str, since: &str, stuck_since: Option<&str>) -> OpenVoicemail {
    let at = |text: &str| text.parse().unwrap();
    OpenVoicemail { id: id.into(), since: at(since), stuck_since: stuck_since.map(at) }
}

pub fn well() -> Status {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let function = FunctionState {
        state: "Active".into(),
        reason: None,
        last_update: "Successful".into(),
        code_sha256: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".into(),
        modified: Some(at("2026-11-20T08:31:00Z")),
        memory: 256,
        reserved: None,
    };
    let bucket =
        |what: &str| BucketStatus { what: what.into(), name: format!("vmx-{what}"), state: Seen::Found(()) };
    let trigger = |name: &str| TriggerStatus {
        name: name.into(),
        uuid: "00000000-0000-4000-8000-0000000000ee".into(),
        state: Seen::Found(TriggerState { state: "Enabled".into(), last_result: Some("OK".into()) }),
    };
    let rule = |name: &str| RuleStatus {
        name: name.into(),
        rule: format!("vmx-{name}"),
        enabled: Seen::Found(true),
    };
    let flow = |key: &str| FlowStatus {
        key: key.into(),
        state: Seen::Found(FlowState { name: format!("vmx {key}"), published: true, edited: false }),
    };
    let association = |what: &str, target: &str| AssociationStatus {
        what: what.into(),
        target: target.into(),
        set: Seen::Found(true),
    };
    Status {
        at: at(NOW),
        stack: StackStatus {
            name: "vmx".into(),
            status: "UPDATE_COMPLETE".into(),
            reason: None,
            since: Some(at("2026-11-20T08:30:00Z")),
            installed: Some("0.1.0".into()),
            program: "0.1.0".into(),
        },
        functions: Step::ALL
            .map(|step| FunctionStatus {
                step,
                name: format!("vmx-{step}"),
                state: Seen::Found(function.clone()),
            })
            .to_vec(),
        triggers: ["ContactRecordTrigger", "RetryQueueTrigger"].map(trigger).to_vec(),
        alarms: Seen::Found(Vec::new()),
        rules: ["RecordingCreatedRule", "TranscriptCreatedRule", "WatchdogSchedule"].map(rule).to_vec(),
        queues: Step::ALL
            .map(|step| QueueStatus {
                step,
                queue: Seen::Found(Depth { waiting: 1, in_flight: 2, delayed: 0 }),
                dead_letters: Seen::Found(DeadLetters::default()),
            })
            .to_vec(),
        buckets: ["recordings", "transcripts", "state"].map(bucket).to_vec(),
        undelivered: Some(Seen::Found(Backlog {
            count: 2,
            oldest: Some(open("00000000-0000-4000-8000-00000000c0de", "2026-11-23T11:58:00Z", None)),
            read: vec![
                open("00000000-0000-4000-8000-00000000c0de", "2026-11-23T11:58:00Z", None),
                open("00000000-0000-4000-8000-00000000beef", "2026-11-23T11:59:00Z", None),
            ],
            ..Backlog::default()
        })),
        stream_letters: Some(Seen::Found(StreamLetters::default())),
        watchdog: Some(WatchdogStatus {
            name: "vmx-watchdog".into(),
            state: Seen::Found(function),
            last: Seen::Found(Round { at: at("2026-11-23T11:57:00Z"), broken: Vec::new() }),
        }),
        flows: ["task", "voicemail"].map(flow).to_vec(),
        associations: vec![
            association("contact records", "the stream vmx-ContactRecordStream-1"),
            association("callers' media", "video streams vmx-…"),
        ],
        unseen: Vec::new(),
        troubles: Vec::new(),
    }
}
