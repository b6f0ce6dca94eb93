//! A contact center on its own local cloud, with an installer.

mod changes;
mod connect;
mod counted;
mod installer;
mod objects;
mod queues;
mod receivers;
mod stack;

pub use queues::Mailbox;

use std::path::PathBuf;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::Builder;
use local_cloud::call::{Call, CallOutcome, Dialed, Step, place_call, read_wav};
use local_cloud::connect::Task;
use local_cloud::demo::task_of;
use local_cloud::download::download;
use local_cloud::installer::Installer;
use local_cloud::{LocalCloud, Options};
use serde_json::{Value, json};

use crate::program;

/// Any failure of the test environment.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// The time limit for the pipeline on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// The stack's name, the installer's default.
const STACK: &str = "voicemail-express";

/// A contact center on a local cloud, and an installer.
pub struct Site {
    /// The cloud.
    pub cloud: LocalCloud,
    installer: Installer,
    params: PathBuf,
    /// For clients of MiniStack's services. Planned faults do not affect them.
    pub config: SdkConfig,
}

/// A message to leave.
pub enum Voice {
    /// A person reading a sentence; see `tests/local_cloud/voices/README.md`.
    AmiableWoman,
    /// A sweeping tone of this length, without words.
    Tone(Duration),
}

impl Site {
    /// Starts a site without an installation.
    ///
    /// # Errors
    /// If the local cloud does not start or the installer is missing.
    pub async fn new() -> Result<Self, Error> {
        Self::with("").await
    }

    /// The same with more lines of parameters.
    ///
    /// # Errors
    /// As [`Site::new`].
    pub async fn with(lines: &str) -> Result<Self, Error> {
        Self::on(Options::default(), lines).await
    }

    /// The same on a local cloud with options.
    ///
    /// # Errors
    /// As [`Site::new`].
    pub async fn on(options: Options, lines: &str) -> Result<Self, Error> {
        let cloud = LocalCloud::start(options).await?;
        let installer = Installer::new([program::installer()?], &program::workspace())?;
        let params = installer.write_params(&format!(
            "version: 1\nregion: {}\ninstance: {}\n{lines}",
            cloud.account().region,
            cloud.connect().instance_alias()
        ))?;
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new(cloud.account().region.clone()))
            .credentials_provider(cloud.credentials().clone())
            .endpoint_url(cloud.backend().url())
            .http_client(Builder::new().build_http())
            .load()
            .await;
        Ok(Self { cloud, installer, params, config })
    }

    /// Starts a site and installs Voicemail Express.
    ///
    /// # Errors
    /// If the installation fails, with all of the installer's output.
    pub async fn installed() -> Result<Self, Error> {
        let site = Self::new().await?;
        let run = site.install().await?;
        if run.code == Some(0) { Ok(site) } else { Err(format!("{run:#?}").into()) }
    }

    /// Leaves a message: waits for the beep, speaks, hangs up.
    ///
    /// # Errors
    /// If the call cannot be placed.
    pub async fn leave(&self, voice: Voice) -> Result<CallOutcome, Error> {
        self.call(vec![Step::HearBeep, Step::Speak(voice.pcm()?), Step::HangUp]).await
    }

    /// Leaves a message as [`Site::leave`] does, and ends it with a key: the caller is told that it is saved.
    ///
    /// # Errors
    /// If the call cannot be placed.
    pub async fn save(&self, voice: Voice) -> Result<CallOutcome, Error> {
        self.call(vec![Step::HearBeep, Step::Speak(voice.pcm()?), Step::parse("press:#")?]).await
    }

    /// Calls the voicemail flow.
    ///
    /// # Errors
    /// If the call cannot be placed.
    pub async fn call(&self, steps: Vec<Step>) -> Result<CallOutcome, Error> {
        self.call_flow(&format!("{STACK} voicemail"), steps).await
    }

    /// Calls any flow.
    ///
    /// # Errors
    /// If there is no flow with this name.
    pub async fn call_flow(&self, flow: &str, steps: Vec<Step>) -> Result<CallOutcome, Error> {
        let to = Dialed::Flow(flow.to_owned());
        Ok(place_call(self.cloud.connect(), Call { from: "+15555550123".to_owned(), to, steps }).await?)
    }

    /// Waits for a voicemail's task.
    ///
    /// # Errors
    /// If there is none in time, with the end of the functions' log.
    pub async fn task(&self, contact_id: &str) -> Result<Task, Error> {
        match task_of(&self.cloud, contact_id, PATIENCE).await {
            Some(task) => Ok(task),
            None => Err(format!("no task for {contact_id}:\n{}", self.log_tail()).into()),
        }
    }

    /// All tasks of a voicemail: one, if all is well.
    #[must_use]
    pub fn tasks_of(&self, contact_id: &str) -> Vec<Task> {
        let tasks = self.cloud.connect().tasks().into_iter();
        tasks.filter(|task| task.related_contact_id.as_deref() == Some(contact_id)).collect()
    }

    /// Downloads the recording from a task's link, as PCM.
    ///
    /// # Errors
    /// If there is no link, it is refused, or it does not lead to a recording.
    pub async fn listen(&self, task: &Task) -> Result<Vec<u8>, Error> {
        let link = task
            .references
            .values()
            .find(|reference| reference.kind == "URL")
            .ok_or("the task has no link")?;
        Ok(read_wav(&download(self.cloud.endpoint(), &link.value).await?)?)
    }

    /// Waits until a condition holds.
    ///
    /// # Errors
    /// If it does not hold in time, with its description and the end of the functions' log.
    pub async fn until(
        &self,
        what: &str,
        mut holds: impl AsyncFnMut() -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let wait = async {
            while !holds().await? {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Ok(())
        };
        let waited = tokio::time::timeout(PATIENCE, wait).await;
        waited.unwrap_or_else(|_| Err(format!("waited in vain until {what}:\n{}", self.log_tail()).into()))
    }

    /// S3's event for a new object.
    #[must_use]
    pub fn object_created(&self, bucket: &str, key: &str) -> Value {
        let account = self.cloud.account();
        json!({
            "version": "0", "id": "00000000-0000-4000-8000-000000000001",
            "detail-type": "Object Created", "source": "aws.s3",
            "account": account.id, "time": "2026-11-23T10:00:00Z", "region": account.region,
            "resources": [format!("arn:aws:s3:::{bucket}")],
            "detail": {
                "version": "0", "bucket": {"name": bucket},
                "object": {"key": key, "size": 1, "etag": "e", "sequencer": "1"},
                "request-id": "r", "requester": account.id, "reason": "PutObject",
            },
        })
    }

    /// Whether Transcribe still has a job for a contact.
    ///
    /// # Errors
    /// If Transcribe does not respond.
    pub async fn has_transcription_job(&self, contact_id: &str) -> Result<bool, Error> {
        let body = json!({"JobNameContains": contact_id});
        let jobs = self.endpoint().json_call("transcribe", "Transcribe.ListTranscriptionJobs", &body).await?;
        Ok(jobs["TranscriptionJobSummaries"].as_array().is_some_and(|jobs| !jobs.is_empty()))
    }

    /// Puts the contact record of a voicemail on its stream again, as it was at the end of the call.
    ///
    /// # Errors
    /// If none was sent, or the stream is gone.
    pub async fn repeat_contact_record(&self, call: &CallOutcome) -> Result<(), Error> {
        let sent = call.contact_record.as_ref().ok_or("no contact record was sent")?;
        self.cloud.backend().put_kinesis_record(&sent.stream, &call.contact_id, sent.json.as_bytes()).await?;
        Ok(())
    }

    /// Puts a record on the stream to which a call's contact record was sent, as Connect would.
    ///
    /// # Errors
    /// If there is no such stream.
    pub async fn put_contact_record(&self, call: &CallOutcome, record: &Value) -> Result<(), Error> {
        let sent = call.contact_record.as_ref().ok_or("no contact record was sent")?;
        let record = record.to_string();
        self.cloud.backend().put_kinesis_record(&sent.stream, "anybody", record.as_bytes()).await?;
        Ok(())
    }

    /// Calls a service with the query protocol.
    ///
    /// # Errors
    /// If it refuses.
    pub async fn form_call(&self, service: &str, body: String) -> Result<String, Error> {
        let backend = self.cloud.backend();
        let request = backend
            .request(service, http::Method::POST, "/")?
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8");
        Ok(String::from_utf8(backend.send(service, request, body.into()).await?.into_body().to_vec())?)
    }

    async fn get(&self, service: &str, path: &str) -> Result<String, Error> {
        let backend = self.cloud.backend();
        let request = backend.request(service, http::Method::GET, path)?;
        Ok(String::from_utf8(backend.send(service, request, Vec::new().into()).await?.into_body().to_vec())?)
    }

    /// The end of the functions' log.
    #[must_use]
    pub fn log_tail(&self) -> String {
        let log = std::fs::read(self.cloud.log()).unwrap_or_default();
        let lines: Vec<_> = String::from_utf8_lossy(&log).lines().map(str::to_owned).collect();
        lines[lines.len().saturating_sub(60)..].join("\n")
    }
}

impl Voice {
    /// The samples, 8 kHz, mono, 16 bit.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn pcm(&self) -> Result<Vec<u8>, Error> {
        match self {
            Self::AmiableWoman => {
                let file = program::workspace().join("tests/local_cloud/voices/amiable_woman.wav");
                Ok(read_wav(&std::fs::read(file)?)?)
            }
            Self::Tone(length) => {
                let samples = 0..(length.as_millis() * 8) as u64;
                Ok(samples.flat_map(|n| ((n * n / 97 % 8000) as i16 - 4000).to_le_bytes()).collect())
            }
        }
    }
}
