//! Transcribe's four operations on jobs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::task::JoinSet;

use super::job::{Job, Object, StartRequest, State, bad_request, job_name};
use super::recognizer::RecognizerError;
use super::runner::{Runner, now};
use crate::backend::Backend;
use crate::internal_calls::InternalCalls;
use crate::service::{Account, Action, AwsError, AwsRequest, AwsResponse, Protocol, Service, json_response};

/// The prefix of targets.
const TARGET: &str = "Transcribe.";
/// The object that Transcribe leaves in an output bucket when checking for write access.
const WRITE_CHECK: &str = ".write_access_check_file.temp";

/// Amazon Transcribe: batch jobs for WAV files in S3, with transcripts in the caller's bucket.
pub struct Transcribe {
    account: Account,
    backend: Backend,
    internal_calls: InternalCalls,
    jobs: Arc<Jobs>,
    queue: UnboundedSender<String>,
    /// Dropping it ends the runner and, with it, the recognizer's process.
    _runner: JoinSet<()>,
}

/// The jobs by name.
#[derive(Debug, Default)]
pub(super) struct Jobs(Mutex<BTreeMap<String, Job>>);

impl Jobs {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Job>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets a job's state and returns the job; `None` if it has been deleted.
    pub(super) fn set_state(&self, name: &str, state: State) -> Option<Job> {
        let mut jobs = self.lock();
        let job = jobs.get_mut(name)?;
        job.state = state;
        Some(job.clone())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NameRequest {
    transcription_job_name: Option<String>,
}

/// A job's output location, as far as policies need it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OutputRequest {
    output_bucket_name: Option<String>,
    output_key: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListRequest {
    status: Option<String>,
    job_name_contains: Option<String>,
    next_token: Option<String>,
    max_results: Option<usize>,
}

impl Transcribe {
    /// Starts the service. Its recognizer runs in the environment of `python`, and ends when the service is dropped.
    ///
    /// # Errors
    /// If the recognizer's program cannot be written to `directory`.
    pub fn start(
        account: Account,
        backend: Backend,
        internal_calls: InternalCalls,
        python: &Path,
        directory: &Path,
    ) -> Result<Self, RecognizerError> {
        let jobs = Arc::new(Jobs::default());
        let runner = Runner::new(
            Arc::clone(&jobs),
            backend.clone(),
            internal_calls.clone(),
            account.clone(),
            python,
            directory,
        )?;
        let (queue, names) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        tasks.spawn(runner.run(names));
        Ok(Self { account, backend, internal_calls, jobs, queue, _runner: tasks })
    }

    async fn start_job(&self, request: &AwsRequest) -> Result<AwsResponse, AwsError> {
        let job = request.json::<StartRequest>()?.into_job(now())?;
        self.check_access(request, &job).await?;
        let answer = {
            let mut jobs = self.jobs.lock();
            if jobs.contains_key(&job.name) {
                return Err(AwsError::bad_request(
                    "ConflictException",
                    "The requested job name already exists. Use a different job name.",
                ));
            }
            let answer = json!({"TranscriptionJob": job.describe(&self.account.region)});
            jobs.insert(job.name.clone(), job.clone());
            answer
        };
        self.queue.send(job.name).map_err(|_| AwsError::internal("transcribe has stopped"))?;
        json_response(&answer)
    }

    /// Transcribe accesses S3 with the permissions of the caller.
    async fn check_access(&self, request: &AwsRequest, job: &Job) -> Result<(), AwsError> {
        let unreadable = || {
            bad_request(
                "The S3 URI that you provided can't be accessed. Make sure that you have read permission and try your \
                 request again.",
            )
        };
        let unwritable = || {
            bad_request(
                "The specified S3 bucket can't be accessed. Make sure that you have write permission and try your \
                 request again.",
            )
        };
        let permitted =
            |action: &str, object: &Object| Action::new(action, object.arn(&self.account.partition));
        let caller = &request.caller;
        self.internal_calls
            .authorize(caller, &permitted("s3:GetObject", &job.media))
            .await
            .map_err(|_| unreadable())?;
        self.internal_calls
            .authorize(caller, &permitted("s3:PutObject", &job.output))
            .await
            .map_err(|_| unwritable())?;
        if let Some(key) = &job.output_key_arn {
            let via = format!("s3.{}.amazonaws.com", self.account.region);
            let context = [("kms:ViaService", via)].into_iter().collect();
            let encrypt = Action { context, ..Action::new("kms:GenerateDataKey", key.clone()) };
            self.internal_calls.authorize(caller, &encrypt).await.map_err(|_| unwritable())?;
        }
        self.backend.head_object(&job.media.bucket, &job.media.key).await.map_err(|_| unreadable())?;
        self.backend
            .put_object(&job.output.bucket, WRITE_CHECK, "application/octet-stream", Bytes::new())
            .await
            .map_err(|_| unwritable())
    }

    fn get(&self, request: &AwsRequest) -> Result<AwsResponse, AwsError> {
        let name = job_name(request.json::<NameRequest>()?.transcription_job_name)?;
        let jobs = self.jobs.lock();
        let job = jobs.get(&name).ok_or_else(not_found)?;
        json_response(&json!({"TranscriptionJob": job.describe(&self.account.region)}))
    }

    fn delete(&self, request: &AwsRequest) -> Result<AwsResponse, AwsError> {
        let name = job_name(request.json::<NameRequest>()?.transcription_job_name)?;
        let mut jobs = self.jobs.lock();
        // Source: the API reference: a job in a non-terminal state cannot be deleted.
        if !jobs.get(&name).ok_or_else(not_found)?.state.is_final() {
            return Err(bad_request("The requested job is in a non-terminal state and can't be deleted."));
        }
        jobs.remove(&name);
        Ok(AwsResponse::default())
    }

    /// Lists the newest jobs first. The token is the position in that order.
    fn list(&self, request: &AwsRequest) -> Result<AwsResponse, AwsError> {
        let request: ListRequest = request.json()?;
        let most = request.max_results.unwrap_or(5).clamp(1, 100);
        let skipped: usize = match &request.next_token {
            Some(token) => token.parse().map_err(|_| bad_request("The token you provided is invalid."))?,
            None => 0,
        };
        let jobs = self.jobs.lock();
        let mut found: Vec<&Job> = jobs
            .values()
            .filter(|job| request.status.as_ref().is_none_or(|status| job.state.name() == status))
            .filter(|job| request.job_name_contains.as_ref().is_none_or(|part| job.name.contains(part)))
            .collect();
        found.sort_by(|a, b| b.created.total_cmp(&a.created));
        let page: Vec<Value> = found.iter().skip(skipped).take(most).map(|job| job.summarize()).collect();
        let mut answer = json!({"TranscriptionJobSummaries": page});
        if let Some(status) = request.status {
            answer["Status"] = Value::from(status);
        }
        if skipped + most < found.len() {
            answer["NextToken"] = Value::from((skipped + most).to_string());
        }
        json_response(&answer)
    }
}

impl Service for Transcribe {
    /// Starting and listing jobs is granted on `*`; an existing job has an ARN (service authorization reference).
    fn action(&self, request: &AwsRequest) -> Result<Action, AwsError> {
        let operation = request.operation(TARGET);
        let action = format!("transcribe:{operation}");
        match operation {
            "StartTranscriptionJob" => {
                let output = request.json::<OutputRequest>()?;
                let keys = [
                    ("transcribe:OutputBucketName", output.output_bucket_name),
                    ("transcribe:OutputKey", output.output_key),
                ];
                let context = keys.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
                Ok(Action { context, ..Action::on_everything(action) })
            }
            "ListTranscriptionJobs" => Ok(Action::on_everything(action)),
            "GetTranscriptionJob" | "DeleteTranscriptionJob" => {
                let name = job_name(request.json::<NameRequest>()?.transcription_job_name)?;
                Ok(Action::new(action, self.account.arn("transcribe", &format!("transcription-job/{name}"))))
            }
            _ => Err(AwsError::unknown_operation(operation)),
        }
    }

    fn handle(&self, request: AwsRequest) -> BoxFuture<'_, Result<AwsResponse, AwsError>> {
        Box::pin(async move {
            match request.operation(TARGET) {
                "StartTranscriptionJob" => self.start_job(&request).await,
                "GetTranscriptionJob" => self.get(&request),
                "ListTranscriptionJobs" => self.list(&request),
                "DeleteTranscriptionJob" => self.delete(&request),
                other => Err(AwsError::unknown_operation(other)),
            }
        })
    }

    fn protocol(&self) -> Protocol {
        Protocol::AwsJson
    }
}

/// The service returns this for a missing job, instead of its `NotFoundException`.
fn not_found() -> AwsError {
    bad_request("The requested job couldn't be found. Check the job name and try your request again.")
}
