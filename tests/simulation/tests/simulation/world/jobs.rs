//! Amazon Transcribe.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use vmx_contract::objects::RECORDING_HEADER_BYTES;
use vmx_lambda::testing::{Call, Reply};

use super::{QueueName, State, TRANSCRIPTS, World};
use crate::chain::Part;

/// The jobs by name.
#[derive(Debug)]
pub(crate) struct Jobs {
    jobs: BTreeMap<String, Job>,
    /// The limit of concurrent jobs.
    pub(crate) most: usize,
    /// The number of jobs refused because of the limit.
    pub(crate) refused: u64,
    /// Jobs that failed, and jobs that took hours.
    pub(crate) failed: u64,
    pub(crate) late: u64,
    /// One job in this many fails, and one takes hours; 0: none.
    pub(crate) fails_one_in: u32,
    /// Every job fails.
    pub(crate) fails: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Job {
    Running,
    Completed,
    Failed,
}

impl Default for Jobs {
    fn default() -> Self {
        Self {
            jobs: BTreeMap::new(),
            most: usize::MAX,
            refused: 0,
            failed: 0,
            late: 0,
            fails_one_in: 20,
            fails: false,
        }
    }
}

impl Jobs {
    /// The names of existing jobs.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.jobs.keys().map(String::as_str)
    }
}

impl World {
    pub(super) fn transcribe(&self, call: &Call) -> Reply {
        let asked = call.json();
        let name = asked["TranscriptionJobName"].as_str().unwrap().to_owned();
        let found = self.state().jobs.jobs.get(&name).copied();
        match (call.action.as_str(), found) {
            ("transcribe:StartTranscriptionJob", Some(_)) => Reply::error(call, 400, "ConflictException"),
            ("transcribe:StartTranscriptionJob", None) => self.start_job(call, name, &asked),
            ("transcribe:DeleteTranscriptionJob", Some(Job::Completed | Job::Failed)) => {
                self.state().jobs.jobs.remove(&name);
                Reply::json(&json!({}))
            }
            ("transcribe:GetTranscriptionJob", Some(job)) => {
                let status = match job {
                    Job::Running => "IN_PROGRESS",
                    Job::Completed => "COMPLETED",
                    Job::Failed => "FAILED",
                };
                Reply::json(&json!({"TranscriptionJob": {
                    "TranscriptionJobName": name, "TranscriptionJobStatus": status, "FailureReason": "No speech.",
                }}))
            }
            _ => Reply::error(call, 400, "BadRequestException"),
        }
    }

    fn start_job(&self, call: &Call, name: String, asked: &Value) -> Reply {
        let mut state = self.state();
        let running = state.jobs.jobs.values().filter(|job| **job == Job::Running).count();
        if running >= state.jobs.most {
            state.jobs.refused += 1;
            return Reply::error(call, 400, "LimitExceededException");
        }
        drop(state);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let media = text(&asked["Media"]["MediaFileUri"]).trim_start_matches("s3://").to_owned();
        self.run_job(&name, &text(&asked["OutputKey"]), &media, true);
        Reply::json(&json!({"TranscriptionJob": {
            "TranscriptionJobName": name, "TranscriptionJobStatus": "IN_PROGRESS",
        }}))
    }

    /// Starts a job, which may fail or take hours.
    pub(crate) fn run_job(&self, name: &str, key: &str, media: &str, may_fail: bool) {
        let mut state = self.state();
        state.jobs.jobs.insert(name.to_owned(), Job::Running);
        let one_in = if may_fail { state.jobs.fails_one_in } else { 0 };
        let mut is_drawn = || one_in > 0 && state.draws.u32(0..one_in) == 0;
        let (fails, is_late) = (is_drawn(), is_drawn());
        let fails = fails || state.jobs.fails;
        state.jobs.failed += u64::from(fails);
        state.jobs.late += u64::from(is_late);
        let seconds = if is_late { state.draws.u64(3600..10_000) } else { state.draws.u64(5..60) };
        drop(state);
        let (name, key, media) = (name.to_owned(), key.to_owned(), media.to_owned());
        let after = Duration::from_secs(seconds);
        self.later(after, move |world| world.end_job(&name, &key, &media, fails));
    }

    fn end_job(&self, name: &str, key: &str, media: &str, fails: bool) {
        let ended = if fails { Job::Failed } else { Job::Completed };
        self.state().jobs.jobs.insert(name.to_owned(), ended);
        if fails {
            let event = json!({
                "detail-type": "Transcribe Job State Change",
                "source": "aws.transcribe",
                "detail": {"TranscriptionJobName": name, "TranscriptionJobStatus": "FAILED"},
            });
            self.event(Part::JobsRule, QueueName::Transcripts, &event);
            return;
        }
        let text = if self.state().is_silent(media) { "" } else { "Seven of clubs." };
        let transcript = json!({"jobName": name, "results": {"transcripts": [{"transcript": text}]}});
        self.write_object(TRANSCRIPTS, key, transcript.to_string().into_bytes());
    }
}

impl State {
    /// Whether a recording has no speech.
    fn is_silent(&self, name: &str) -> bool {
        let samples = self.buckets.objects.get(name).map(|object| object.body.iter());
        samples.is_some_and(|samples| samples.skip(RECORDING_HEADER_BYTES as usize).all(|byte| *byte == 0))
    }
}
