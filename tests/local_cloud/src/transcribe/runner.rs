//! Runs jobs, one after the other.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;

use super::job::{Job, State};
use super::recognizer::{Recognizer, RecognizerError};
use super::service::Jobs;
use super::{transcript, wav};
use crate::backend::{Backend, BackendError};
use crate::internal_calls::InternalCalls;
use crate::service::Account;

/// The time limit for one recording. Recognition takes about half of the recording's length.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

pub(super) struct Runner {
    jobs: Arc<Jobs>,
    recognizer: Recognizer,
    backend: Backend,
    internal_calls: InternalCalls,
    account: Account,
}

/// Why a job failed. The texts are those of the job's `FailureReason`.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("The local cloud's recognizer has a model of English only; it cannot transcribe {0}.")]
    Language(String),
    #[error("The local cloud's recognizer has a model of English only; none of the candidates is English.")]
    Candidates,
    #[error(transparent)]
    Media(#[from] wav::WavError),
    #[error("The media file can't be read: {0}")]
    Read(#[source] BackendError),
    #[error("The transcript can't be written: {0}")]
    Write(#[source] BackendError),
    #[error("Internal error: {0}")]
    Recognizer(#[from] RecognizerError),
    #[error("Internal error: the recognizer needed too long")]
    TooLong,
    #[error("The media format provided does not match the detected media format.")]
    Format,
    #[error("The sample rate provided does not match the detected sample rate.")]
    SampleRate,
}

impl Runner {
    /// A runner whose recognizer runs in the environment of `python`.
    pub(super) fn new(
        jobs: Arc<Jobs>,
        backend: Backend,
        internal_calls: InternalCalls,
        account: Account,
        python: &Path,
        directory: &Path,
    ) -> Result<Self, RecognizerError> {
        Ok(Self { jobs, recognizer: Recognizer::new(python, directory)?, backend, internal_calls, account })
    }

    /// Runs the jobs with these names until the channel is closed.
    pub(super) async fn run(mut self, mut names: UnboundedReceiver<String>) {
        while let Some(name) = names.recv().await {
            self.run_job(&name).await;
        }
    }

    async fn run_job(&mut self, name: &str) {
        let started = now();
        // A job can be deleted before its turn.
        let Some(job) = self.jobs.set_state(name, State::InProgress { started }) else {
            return;
        };
        let state = match self.transcribe(&job).await {
            Ok(()) => State::Completed { started, completed: now() },
            Err(failure) => {
                tracing::warn!(job = name, %failure, "transcription failed");
                State::Failed { started, completed: now(), reason: failure.to_string() }
            }
        };
        let status = state.name();
        if self.jobs.set_state(name, state).is_none() {
            return;
        }
        let detail = json!({"TranscriptionJobName": name, "TranscriptionJobStatus": status});
        // Transcribe sends its events on a best-effort basis, too.
        let sent = self
            .internal_calls
            .publish_event(&self.account, "aws.transcribe", "Transcribe Job State Change", &detail)
            .await;
        if let Err(error) = sent {
            tracing::warn!(job = name, %error, "the event of a job's end was not sent");
        }
    }

    async fn transcribe(&mut self, job: &Job) -> Result<(), Failure> {
        let language = job.options.spoken().ok_or(Failure::Candidates)?;
        if !language.starts_with("en-") {
            return Err(Failure::Language(language.to_owned()));
        }
        if job.media_format.as_ref().is_some_and(|format| format != "wav") {
            return Err(Failure::Format);
        }
        let file = self.backend.get_object(&job.media.bucket, &job.media.key).await.map_err(Failure::Read)?;
        let recording = wav::parse(&file)?;
        drop(file);
        if job.sample_rate.is_some_and(|rate| rate != recording.rate) {
            return Err(Failure::SampleRate);
        }
        let pcm = recording.to_recognizer_pcm();
        let mut words =
            timeout(PATIENCE, self.recognizer.recognize(&pcm)).await.map_err(|_| Failure::TooLong)??;
        if job.options.redacted {
            transcript::redact(&mut words);
        }
        let identified = job.options.candidates.is_some().then_some(language);
        let document = transcript::document(&job.name, &self.account.id, &words, identified).to_string();
        self.backend
            .put_object(&job.output.bucket, &job.output.key, "application/json", Bytes::from(document))
            .await
            .map_err(Failure::Write)
    }
}

/// Seconds since 1970, to the millisecond, the service's format for times.
pub(super) fn now() -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 have 41 bits")]
    let milliseconds = Timestamp::now().as_millisecond() as f64;
    milliseconds / 1000.0
}
