//! Amazon Transcribe.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use vmx_lambda::testing::{Call, Object, Reply};

use super::{QueueName, TRANSCRIPTS, World};

/// The jobs by name.
#[derive(Debug)]
pub(crate) struct Jobs {
    jobs: BTreeMap<String, Job>,
    /// Most jobs that run at the same time.
    pub(crate) most: usize,
    /// How often a job was refused because too many ran.
    pub(crate) refused: u64,
    /// Jobs that failed, and jobs that took hours.
    pub(crate) failed: u64,
    pub(crate) late: u64,
    /// One job in so many fails, and one takes hours; 0: none.
    pub(crate) fails_one_in: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Job {
    Running,
    Completed,
    Failed,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { jobs: BTreeMap::new(), most: usize::MAX, refused: 0, failed: 0, late: 0, fails_one_in: 20 }
    }
}

impl Jobs {
    /// Names of the jobs that there are.
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
        state.jobs.jobs.insert(name.clone(), Job::Running);
        let one_in = state.jobs.fails_one_in;
        let mut is_drawn = || one_in > 0 && state.draws.u32(0..one_in) == 0;
        let (fails, is_late) = (is_drawn(), is_drawn());
        state.jobs.failed += u64::from(fails);
        state.jobs.late += u64::from(is_late);
        let seconds = if is_late { state.draws.u64(3600..10_000) } else { state.draws.u64(5..60) };
        drop(state);
        let key = asked["OutputKey"].as_str().unwrap().to_owned();
        let job = name.clone();
        self.later(Duration::from_secs(seconds), move |world| world.end_job(&job, &key, fails));
        Reply::json(&json!({"TranscriptionJob": {
            "TranscriptionJobName": name, "TranscriptionJobStatus": "IN_PROGRESS",
        }}))
    }

    fn end_job(&self, name: &str, key: &str, fails: bool) {
        let ended = if fails { Job::Failed } else { Job::Completed };
        self.state().jobs.jobs.insert(name.to_owned(), ended);
        if fails {
            let event = json!({
                "detail-type": "Transcribe Job State Change",
                "source": "aws.transcribe",
                "detail": {"TranscriptionJobName": name, "TranscriptionJobStatus": "FAILED"},
            });
            self.event(QueueName::Transcripts, &event);
            return;
        }
        let transcript =
            json!({"jobName": name, "results": {"transcripts": [{"transcript": "Seven of clubs."}]}});
        let object = Object { body: transcript.to_string().into_bytes(), ..Object::default() };
        let mut state = self.state();
        state.buckets.objects.insert(format!("{TRANSCRIPTS}/{key}"), object);
        state.written(TRANSCRIPTS, key);
        drop(state);
        self.object_created(TRANSCRIPTS, key);
    }
}
