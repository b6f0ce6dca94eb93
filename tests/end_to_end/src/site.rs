//! A contact centre on a local cloud of its own, with an installer beside it.

mod changes;
mod counted;
mod receivers;

use std::path::{Path, PathBuf};
use std::time::Duration;

use local_cloud::backend::{Backend, percent_encode};
use local_cloud::call::{Call, CallOutcome, Dialled, Step, place_call, read_wav};
use local_cloud::connect::Task;
use local_cloud::demo::task_of;
use local_cloud::download::download;
use local_cloud::installer::{Installer, Run};
use local_cloud::{LocalCloud, Options};
use serde_json::{Value, json};

use crate::program;
use crate::terminal::Terminal;

/// Any failure of a test's surroundings.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// How long the pipeline may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// The stack's name, the installer's default.
const STACK: &str = "voicemail-express";

/// A contact centre on a local cloud, and an installer.
pub struct Site {
    /// The cloud.
    pub cloud: LocalCloud,
    installer: Installer,
    params: PathBuf,
}

/// A message to leave.
pub enum Voice {
    /// A person who reads a sentence; see `tests/local_cloud/voices/README.md`.
    AmiableWoman,
    /// Some seconds of a sweeping tone: no words.
    Tone(Duration),
}

/// A queue of the pipeline, by what ends its name.
pub enum Mailbox {
    /// Contact records that wait for another attempt.
    Retry,
    /// New recordings, for the transcriber.
    Recordings,
    /// Finished transcripts, for the packager.
    Transcripts,
}

impl Site {
    /// A site where nothing is installed yet.
    ///
    /// # Errors
    /// When the local cloud does not start or the installer is not there.
    pub async fn new() -> Result<Self, Error> {
        Self::with("").await
    }

    /// The same with further lines of parameters.
    ///
    /// # Errors
    /// As [`Site::new`].
    pub async fn with(lines: &str) -> Result<Self, Error> {
        let cloud = LocalCloud::start(Options::default()).await?;
        let installer = Installer::new([program::installer()?], &program::workspace())?;
        let params = installer.write_params(&format!(
            "version: 1\nregion: {}\ninstance: {}\n{lines}",
            cloud.account().region,
            cloud.connect().instance_alias()
        ))?;
        Ok(Self { cloud, installer, params })
    }

    /// From now on another program is the installer: a later version, or the one before.
    pub fn replace_installer(&mut self, program: &Path) {
        self.installer.replace(program);
    }

    /// A site where Voicemail Express is installed.
    ///
    /// # Errors
    /// When the installation fails: with all that the installer said.
    pub async fn installed() -> Result<Self, Error> {
        let site = Self::new().await?;
        let run = site.install().await?;
        if run.code == Some(0) { Ok(site) } else { Err(format!("{run:#?}").into()) }
    }

    /// Runs `vmx-install --non-interactive`. It builds the functions, unless `VMX_TEST_ARTIFACTS` names a folder with
    /// their packages.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub async fn install(&self) -> Result<Run, Error> {
        self.install_with(&[]).await
    }

    /// The same with further arguments.
    ///
    /// # Errors
    /// As [`Site::install`].
    pub async fn install_with(&self, more: &[&str]) -> Result<Run, Error> {
        let params = self.params.to_string_lossy();
        let built = std::env::var("VMX_TEST_ARTIFACTS").ok();
        let mut arguments = vec!["--non-interactive", &params];
        arguments.extend(built.iter().flat_map(|folder| ["--artifacts", folder]));
        arguments.extend(more);
        Ok(self.installer.run(&self.cloud, &arguments).await?)
    }

    /// The file of parameters beside the installer; for a new site it says the least.
    #[must_use]
    pub fn params(&self) -> &Path {
        &self.params
    }

    /// Starts `vmx-install` on a terminal of 80 columns and 24 lines, with further variables of the environment. The
    /// functions are built, unless `VMX_TEST_ARTIFACTS` names a folder with their packages.
    ///
    /// # Errors
    /// When there is no terminal to be had, or the program cannot be started.
    pub fn wizard(&self, params: &Path, environment: &[(&str, &str)]) -> Result<Terminal, Error> {
        let params = params.to_string_lossy();
        let built = std::env::var("VMX_TEST_ARTIFACTS").ok();
        let mut arguments = vec!["wizard", "--params", &params];
        arguments.extend(built.iter().flat_map(|folder| ["--artifacts", folder]));
        self.terminal(&arguments, environment)
    }

    /// The same with any arguments.
    ///
    /// # Errors
    /// As [`Site::wizard`].
    pub fn terminal(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Result<Terminal, Error> {
        let mut command = self.installer.command(&self.cloud, arguments);
        // The surroundings decide nothing: what a test is about is set by it.
        command.env_remove("CI").env_remove("NO_COLOR").env("TERM", "xterm-256color");
        command.env("AWS_REGION", self.cloud.account().region.as_str());
        Terminal::start(command.envs(environment.iter().copied()).as_std())
    }

    /// Runs `vmx-install teardown` with further arguments.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub async fn tear_down(&self, more: &[&str]) -> Result<Run, Error> {
        let params = self.params.to_string_lossy();
        let mut arguments = vec!["teardown", "--params", &params];
        arguments.extend(more);
        Ok(self.installer.run(&self.cloud, &arguments).await?)
    }

    /// Runs `vmx-install plan` with further arguments.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub async fn plan(&self, more: &[&str]) -> Result<Run, Error> {
        let params = self.params.to_string_lossy();
        let built = std::env::var("VMX_TEST_ARTIFACTS").ok();
        let mut arguments = vec!["plan", &params];
        arguments.extend(built.iter().flat_map(|folder| ["--artifacts", folder]));
        arguments.extend(more);
        self.run(&arguments).await
    }

    /// Runs `vmx-install doctor` with further arguments.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub async fn doctor(&self, more: &[&str]) -> Result<Run, Error> {
        let params = self.params.to_string_lossy();
        let mut arguments = vec!["doctor", "--params", &params];
        arguments.extend(more);
        self.run(&arguments).await
    }

    /// Runs another command of `vmx-install` on this installation.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub async fn operate(&self, arguments: &[&str]) -> Result<Run, Error> {
        let params = self.params.to_string_lossy();
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--params", &*params]).collect();
        Ok(self.installer.run(&self.cloud, &arguments).await?)
    }

    /// Leaves a message: waits for the beep, speaks, hangs up.
    ///
    /// # Errors
    /// When the call cannot be placed.
    pub async fn leave(&self, voice: Voice) -> Result<CallOutcome, Error> {
        self.call(vec![Step::HearBeep, Step::Speak(voice.pcm()?), Step::HangUp]).await
    }

    /// Leaves a message as [`Site::leave`] does, and ends it by a key: the caller hears that it is saved.
    ///
    /// # Errors
    /// When the call cannot be placed.
    pub async fn save(&self, voice: Voice) -> Result<CallOutcome, Error> {
        self.call(vec![Step::HearBeep, Step::Speak(voice.pcm()?), Step::parse("press:#")?]).await
    }

    /// Calls the voicemail flow.
    ///
    /// # Errors
    /// When the call cannot be placed.
    pub async fn call(&self, steps: Vec<Step>) -> Result<CallOutcome, Error> {
        self.call_flow(&format!("{STACK} voicemail"), steps).await
    }

    /// Calls any flow.
    ///
    /// # Errors
    /// When there is none of that name.
    pub async fn call_flow(&self, flow: &str, steps: Vec<Step>) -> Result<CallOutcome, Error> {
        let to = Dialled::Flow(flow.to_owned());
        Ok(place_call(self.cloud.connect(), Call { from: "+15555550123".to_owned(), to, steps }).await?)
    }

    /// The task that a voicemail became.
    ///
    /// # Errors
    /// When none comes: with the end of the functions' log.
    pub async fn task(&self, contact_id: &str) -> Result<Task, Error> {
        match task_of(&self.cloud, contact_id, PATIENCE).await {
            Some(task) => Ok(task),
            None => Err(format!("no task for {contact_id}:\n{}", self.log_tail()).into()),
        }
    }

    /// All tasks that a voicemail became: one, when everything is right.
    #[must_use]
    pub fn tasks_of(&self, contact_id: &str) -> Vec<Task> {
        let tasks = self.cloud.connect().tasks().into_iter();
        tasks.filter(|task| task.related_contact_id.as_deref() == Some(contact_id)).collect()
    }

    /// What the link of a task leads to, as PCM.
    ///
    /// # Errors
    /// When there is no link, it is refused, or what it leads to is no recording.
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
    /// When it does not hold in time: with what was waited for and the end of the functions' log.
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

    /// An output of the stack.
    ///
    /// # Errors
    /// When the stack has no such output.
    pub async fn output(&self, name: &str) -> Result<String, Error> {
        let body = format!("Action=DescribeStacks&Version=2010-05-15&StackName={STACK}");
        let answer = self.form_call("cloudformation", body).await?;
        let after_key = answer.split(&format!("<OutputKey>{name}</OutputKey>")).nth(1);
        let value =
            after_key.and_then(|rest| rest.split("<OutputValue>").nth(1)?.split("</OutputValue>").next());
        Ok(value.ok_or_else(|| format!("the stack has no output {name}: {answer}"))?.to_owned())
    }

    /// The names of all stacks that are not deleted.
    ///
    /// # Errors
    /// When CloudFormation does not answer.
    pub async fn stacks(&self) -> Result<Vec<String>, Error> {
        let body = "Action=DescribeStacks&Version=2010-05-15".to_owned();
        Ok(texts(&self.form_call("cloudformation", body).await?, "StackName"))
    }

    /// The names of all buckets.
    ///
    /// # Errors
    /// When S3 does not answer.
    pub async fn buckets(&self) -> Result<Vec<String>, Error> {
        Ok(texts(&self.get("s3", "/").await?, "Name"))
    }

    /// The keys in a bucket.
    ///
    /// # Errors
    /// When S3 does not answer.
    pub async fn keys(&self, bucket: &str) -> Result<Vec<String>, Error> {
        Ok(texts(&self.get("s3", &format!("/{bucket}?list-type=2")).await?, "Key"))
    }

    /// Puts an event on one of the pipeline's queues, as EventBridge would.
    ///
    /// # Errors
    /// When the queue is not there.
    pub async fn redeliver(&self, mailbox: Mailbox, event: &Value) -> Result<(), Error> {
        let queue = self.output(mailbox.output()).await?;
        let body = json!({"QueueUrl": queue, "MessageBody": event.to_string()});
        self.cloud.backend().json_call("sqs", "AmazonSQS.SendMessage", &body).await?;
        Ok(())
    }

    /// The name of a resource of the stack.
    async fn resource(&self, logical_id: &str) -> Result<String, Error> {
        let asked = format!(
            "Action=DescribeStackResource&Version=2010-05-15&StackName={STACK}&LogicalResourceId={logical_id}"
        );
        let found = texts(&self.form_call("cloudformation", asked).await?, "PhysicalResourceId");
        found.into_iter().next().ok_or_else(|| format!("the stack has no {logical_id}").into())
    }

    /// Makes a transcript's event a dead letter, as SQS does after the last attempt.
    ///
    /// # Errors
    /// When a queue is not there.
    pub async fn give_up(&self, event: &Value) -> Result<(), Error> {
        let backend = self.cloud.backend();
        let queue = json!({"QueueUrl": self.output("TranscriptsQueueUrl").await?});
        backend.json_call("sqs", "AmazonSQS.PurgeQueue", &queue).await?;
        let letters = self.output("TranscriptsQueueDeadLettersUrl").await?;
        let body = json!({"QueueUrl": letters, "MessageBody": event.to_string()});
        backend.json_call("sqs", "AmazonSQS.SendMessage", &body).await?;
        Ok(())
    }

    /// How many messages are in a queue, seen or not.
    ///
    /// # Errors
    /// When the queue is not there.
    pub async fn depth(&self, output: &str) -> Result<u64, Error> {
        let queue = self.output(output).await?;
        let body = json!({"QueueUrl": queue, "AttributeNames": ["All"]});
        let answer = self.cloud.backend().json_call("sqs", "AmazonSQS.GetQueueAttributes", &body).await?;
        let count =
            |name: &str| answer["Attributes"][name].as_str().and_then(|text| text.parse::<u64>().ok());
        let counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"].map(count);
        Ok(counts.into_iter().flatten().sum())
    }

    /// The event that S3 sends when an object was written.
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

    /// When an object was last written.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn last_modified(&self, bucket: &str, key: &str) -> Result<String, Error> {
        let headers = self.cloud.backend().head_object(bucket, key).await?;
        Ok(headers.get("last-modified").ok_or("no last-modified")?.to_str()?.to_owned())
    }

    /// The attributes of a contact.
    ///
    /// # Errors
    /// When Connect does not know it.
    pub async fn attributes(&self, contact_id: &str) -> Result<Value, Error> {
        let path = format!("/contact/attributes/{}/{contact_id}", self.cloud.connect().instance_id());
        Ok(self.connect(&path).await?["Attributes"].clone())
    }

    /// The names of the flows and modules that the installer made, sorted.
    ///
    /// # Errors
    /// When Connect does not answer.
    pub async fn flows_of_ours(&self) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for (path, list) in [
            ("contact-flows-summary", "ContactFlowSummaryList"),
            ("contact-flow-modules-summary", "ContactFlowModulesSummaryList"),
        ] {
            let path = format!("/{path}/{}?maxResults=1000", self.cloud.connect().instance_id());
            let flows = self.connect(&path).await?;
            let flows = flows[list].as_array().ok_or("no list of flows")?;
            let all = flows.iter().filter_map(|flow| flow["Name"].as_str().map(str::to_owned));
            names.extend(all.filter(|name| name.starts_with(STACK)));
        }
        names.sort();
        Ok(names)
    }

    /// The kinds of storage that are configured for contact records and media.
    ///
    /// # Errors
    /// When Connect does not answer.
    pub async fn storage_configs(&self) -> Result<Vec<String>, Error> {
        let mut found = Vec::new();
        for kind in ["CONTACT_TRACE_RECORDS", "MEDIA_STREAMS"] {
            let instance = self.cloud.connect().instance_id();
            let answer =
                self.connect(&format!("/instance/{instance}/storage-configs?resourceType={kind}")).await?;
            let configs = answer["StorageConfigs"].as_array().ok_or("no list of storage configs")?;
            found.extend(configs.iter().map(|_| kind.to_owned()));
        }
        Ok(found)
    }

    /// Whether Transcribe still has a job for a contact.
    ///
    /// # Errors
    /// When Transcribe does not answer.
    pub async fn has_transcription_job(&self, contact_id: &str) -> Result<bool, Error> {
        let body = json!({"JobNameContains": contact_id});
        let jobs = self.endpoint().json_call("transcribe", "Transcribe.ListTranscriptionJobs", &body).await?;
        Ok(jobs["TranscriptionJobSummaries"].as_array().is_some_and(|jobs| !jobs.is_empty()))
    }

    /// Puts the contact record of a voicemail on its stream once more, as it was when the call was over.
    ///
    /// # Errors
    /// When none was sent, or the stream is gone.
    pub async fn repeat_contact_record(&self, call: &CallOutcome) -> Result<(), Error> {
        let sent = call.contact_record.as_ref().ok_or("no contact record was sent")?;
        self.cloud.backend().put_kinesis_record(&sent.stream, &call.contact_id, sent.json.as_bytes()).await?;
        Ok(())
    }

    /// An installed function's configuration, as Lambda tells it.
    ///
    /// # Errors
    /// When there is no such function.
    pub async fn function(&self, arn: &str) -> Result<Value, Error> {
        let path = format!("/2015-03-31/functions/{}/configuration", percent_encode(arn, ""));
        Ok(serde_json::from_str(&self.get("lambda", &path).await?)?)
    }

    /// Puts a record on the stream that a call's contact record was sent to, as Connect would.
    ///
    /// # Errors
    /// When there is no such stream.
    pub async fn put_contact_record(&self, call: &CallOutcome, record: &Value) -> Result<(), Error> {
        let sent = call.contact_record.as_ref().ok_or("no contact record was sent")?;
        let record = record.to_string();
        self.cloud.backend().put_kinesis_record(&sent.stream, "anybody", record.as_bytes()).await?;
        Ok(())
    }

    async fn connect(&self, path: &str) -> Result<Value, Error> {
        let endpoint = self.endpoint();
        let request = endpoint.request("connect", http::Method::GET, path)?;
        Ok(serde_json::from_slice(endpoint.send("connect", request, Vec::new().into()).await?.body())?)
    }

    /// A client of the endpoint: what a person with the account's credentials sees.
    fn endpoint(&self) -> Backend {
        let cloud = &self.cloud;
        Backend::new(cloud.endpoint(), cloud.credentials().clone(), cloud.account().region.as_str())
    }

    /// A call of a service that takes forms.
    ///
    /// # Errors
    /// When it refuses.
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

    /// The end of the log in which the functions' lines are.
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
    /// When the file cannot be read.
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

impl Mailbox {
    fn output(&self) -> &'static str {
        match self {
            Self::Retry => "RetryQueueUrl",
            Self::Recordings => "RecordingsQueueUrl",
            Self::Transcripts => "TranscriptsQueueUrl",
        }
    }
}

/// The texts of all elements of a name in an XML answer.
fn texts(xml: &str, element: &str) -> Vec<String> {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    xml.split(&open).skip(1).filter_map(|rest| Some(rest.split(&close).next()?.to_owned())).collect()
}
