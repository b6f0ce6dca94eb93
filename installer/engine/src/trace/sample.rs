//! Clues about a voicemail, for tests.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

pub const CONTACT: &str = "00000000-0000-4000-8000-00000000c0de";

pub fn at(time: &str) -> Timestamp {
    format!("2026-11-23T{time}Z").parse().unwrap()
}

pub fn line(time: &str, step: Step, bad: bool, text: &str) -> LogLine {
    LogLine { at: at(time), step, bad, text: text.into() }
}

pub fn task_made(at: Option<Timestamp>) -> ModeDelivery {
    let reference = Some("00000000-0000-4000-8000-0000000070a5".into());
    ModeDelivery { mode: Mode::Task, at, reference, warnings: Vec::new() }
}

pub fn delivered() -> Clues {
    Clues {
        now: at("12:00:00"),
        call: Seen::Found(Call {
            channel: "VOICE".into(),
            began: Some(at("10:00:00")),
            ended: Some(at("10:00:31")),
        }),
        recording: Seen::Found(Recording {
            at: at("10:00:34"),
            duration_ms: 12_400,
            received: Some(at("10:00:31")),
            language: Some("en-US".into()),
            warnings: vec!["Part of the audio was lost and is replaced by silence."],
        }),
        job: Seen::Missing,
        transcript: Seen::Found(at("10:00:58")),
        open: Seen::Missing,
        ended: Seen::Missing,
        delivery: Seen::Found(Delivery { at: at("10:01:02"), modes: vec![task_made(None)] }),
        partly: Vec::new(),
        dead_letters: Vec::new(),
        stream_letters: Vec::new(),
        broken: Vec::new(),
        queues: Vec::new(),
        log: vec![
            line("10:00:34", Step::Record, false, "recorded"),
            line("10:00:36", Step::Transcribe, false, "transcription started"),
            line("10:01:01", Step::Deliver, false, "delivered"),
        ],
        unseen: Vec::new(),
    }
}

/// Without any clues.
pub fn nothing() -> Clues {
    Clues {
        call: Seen::Missing,
        recording: Seen::Missing,
        job: Seen::Missing,
        transcript: Seen::Missing,
        delivery: Seen::Missing,
        log: Vec::new(),
        ..delivered()
    }
}

/// A voicemail that became a dead letter because Connect refused its delivery.
pub fn refused() -> Clues {
    let why = "the voicemail waits in its queue: contact 00000000-0000-4000-8000-00000000c0de could not be delivered: connect:StartTaskContact failed: AccessDeniedException: not allowed";
    Clues {
        delivery: Seen::Missing,
        dead_letters: vec![in_step(Step::Deliver, "10:00:59")],
        log: vec![
            line("10:00:34", Step::Record, false, "recorded"),
            line("10:00:36", Step::Transcribe, false, "transcription started"),
            line("10:01:01", Step::Deliver, true, why),
        ],
        unseen: vec![
            "could not get the transcription job: not allowed (AccessDeniedException); give the \
                      caller that permission"
                .into(),
        ],
        job: Seen::Unseen,
        ..delivered()
    }
}

pub fn in_step(step: Step, sent: &str) -> DeadLetter {
    DeadLetter { step, sent: Some(at(sent)), reason: None }
}
