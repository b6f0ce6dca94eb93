//! From recordings to transcription jobs.

use aws_sdk_transcribe::operation::start_transcription_job::builders::StartTranscriptionJobFluentBuilder;
use aws_sdk_transcribe::types::{
    ContentRedaction, JobExecutionSettings, LanguageCode, LanguageIdSettings, Media, MediaFormat,
    RedactionOutput, RedactionType, Settings,
};
use jiff::Timestamp;
use tokio::time::Instant;
use tracing::{Instrument as _, error, info, warn};
use vmx_contract::at_once::TRANSCRIBED as AT_ONCE;
use vmx_contract::metadata;
use vmx_contract::objects::{ContactId, RECORDING_SUFFIX};
use vmx_contract::reminder::Reminder;
use vmx_lambda::batch::{BatchResponse, Failed, SqsEvent, handle_each};
use vmx_lambda::clock;
use vmx_lambda::event_bridge::Event;
use vmx_lambda::failure::{Failure, Kind};
use vmx_lambda::logs::voicemail_span;
use vmx_lambda::metrics;
use vmx_lambda::remind::remind;

use crate::cause;
use crate::config::{Clients, Config};
use crate::error::TranscriptionError;
use crate::job::{Job, Spoken};

/// Starts transcription jobs.
#[derive(Debug)]
pub struct Transcriber {
    clients: Clients,
    config: Config,
}

impl Transcriber {
    /// A transcriber. One serves all invocations of a process.
    #[must_use]
    pub fn new(clients: Clients, config: Config) -> Self {
        Self { clients, config }
    }

    /// Handles one invocation: messages that are S3's events about new recordings. The answer names those that are
    /// to be tried again.
    pub async fn handle(&self, event: SqsEvent, deadline: Instant) -> BatchResponse {
        let items = event.messages.into_iter().map(|message| (message.message_id, message.body));
        handle_each(items, AT_ONCE, deadline, async |body| {
            let contact_id = match self.recording_of(&body) {
                Ok(Some(contact_id)) => contact_id,
                Ok(None) => return Ok(()),
                Err(error) => {
                    error!(%error, "the message cannot be used");
                    metrics::failed(cause::of(&error));
                    return Err(Failed);
                }
            };
            let work = async {
                self.transcribe(&contact_id).await.map_err(|error| {
                    error!(%error, "the recording waits in its queue");
                    metrics::failed(cause::of(&error));
                    Failed
                })
            };
            work.instrument(voicemail_span(&contact_id)).await
        })
        .await
    }

    /// The contact whose recording is announced; `None` for anything that is no recording of ours.
    fn recording_of(&self, body: &str) -> Result<Option<ContactId>, TranscriptionError> {
        let event = Event::parse(body)?;
        let Event::ObjectCreated { bucket, key } = &event else {
            warn!(?event, "ignored: not a new object");
            return Ok(None);
        };
        let contact_id = ContactId::of_key(key);
        match contact_id {
            Ok(contact_id) if *bucket == self.config.recordings_bucket && key.ends_with(RECORDING_SUFFIX) => {
                Ok(Some(contact_id))
            }
            _ => {
                warn!(bucket, key, "ignored: not a recording of Voicemail Express");
                Ok(None)
            }
        }
    }

    async fn transcribe(&self, contact_id: &ContactId) -> Result<(), TranscriptionError> {
        let Some((language, recorded_at)) = self.recording(contact_id).await? else {
            info!("the recording was deleted before it was transcribed");
            return Ok(());
        };
        let now = clock::now();
        let due_at = recorded_at.unwrap_or(now).saturating_add(self.config.deadline).unwrap_or(now);
        let reminder = Reminder { contact_id: contact_id.clone(), due_at };
        let started = self.start_somehow(contact_id, &language).await;
        if started.is_ok() || reminder.is_due(now) {
            self.remind(&reminder, now).await?;
        }
        started
    }

    /// The recording's language and when it was written; `None` if the recording is gone.
    async fn recording(
        &self,
        contact_id: &ContactId,
    ) -> Result<Option<(String, Option<Timestamp>)>, TranscriptionError> {
        let request = self
            .clients
            .s3
            .head_object()
            .bucket(&self.config.recordings_bucket)
            .key(contact_id.recording_key());
        match request.send().await {
            Ok(head) => {
                let recorded_at = head.last_modified.and_then(|at| Timestamp::from_second(at.secs()).ok());
                let voicemail = metadata::decode(contact_id, &head.metadata.unwrap_or_default())?;
                Ok(Some((voicemail.language, recorded_at)))
            }
            Err(error) => {
                let source = Failure::of("s3:HeadObject", &error);
                if source.kind == Kind::NotFound {
                    return Ok(None);
                }
                Err(TranscriptionError::Recording { contact_id: contact_id.clone(), source })
            }
        }
    }

    /// Starts the first job that Transcribe takes: which languages there are differs between regions, and a vocabulary
    /// may have been deleted.
    async fn start_somehow(&self, contact_id: &ContactId, language: &str) -> Result<(), TranscriptionError> {
        let mut attempts = Job::attempts(&self.config.options, language, &self.config.default_language)
            .into_iter()
            .peekable();
        while let Some(job) = attempts.next() {
            match self.start(contact_id, &job).await {
                Err(failure) if failure.is("BadRequestException") && attempts.peek().is_some() => {
                    warn!(%job, %failure, "refused in this form; tried in a simpler one");
                }
                answer => {
                    return answer.map_err(|source| TranscriptionError::Job {
                        contact_id: contact_id.clone(),
                        job: job.to_string(),
                        source,
                    });
                }
            }
        }
        Ok(())
    }

    async fn start(&self, contact_id: &ContactId, job: &Job) -> Result<(), Failure> {
        let uri = format!("s3://{}/{}", self.config.recordings_bucket, contact_id.recording_key());
        let request = self
            .clients
            .transcribe
            .start_transcription_job()
            .transcription_job_name(contact_id.as_str())
            .media_format(MediaFormat::Wav)
            .media(Media::builder().media_file_uri(uri).build())
            .output_bucket_name(&self.config.transcripts_bucket)
            .output_key(contact_id.transcript_key())
            // Without it the service asks S3 for its own key, whatever the bucket's is. Source: the Amazon Transcribe
            // developer guide, "Key management".
            .set_output_encryption_kms_key_id(self.config.transcripts_key_arn.clone())
            .set_job_execution_settings(self.config.options.queueing_role.as_deref().map(queueing));
        match asking(request, job).send().await {
            Ok(_) => {
                info!(language = %job, "transcription started");
                Ok(())
            }
            Err(error) => {
                let failure = Failure::of("transcribe:StartTranscriptionJob", &error);
                if failure.is("ConflictException") {
                    info!("transcription was started before");
                    return Ok(());
                }
                Err(failure)
            }
        }
    }

    /// Lets the packager look, when the transcript is due, whether it is there.
    async fn remind(&self, reminder: &Reminder, now: Timestamp) -> Result<(), TranscriptionError> {
        let sent = remind(&self.clients.sqs, &self.config.transcripts_queue_url, reminder, now).await;
        sent.map_err(|source| TranscriptionError::Reminder {
            contact_id: reminder.contact_id.clone(),
            source,
        })
    }
}

/// A job that finds no place waits its turn, up to 10,000 of them. Source: the Amazon Transcribe developer guide, "Job
/// queueing".
fn queueing(role_arn: &str) -> JobExecutionSettings {
    JobExecutionSettings::builder().allow_deferred_execution(true).data_access_role_arn(role_arn).build()
}

/// A request with what a job asks for. Source: the Amazon Transcribe API reference, StartTranscriptionJob.
fn asking(request: StartTranscriptionJobFluentBuilder, job: &Job) -> StartTranscriptionJobFluentBuilder {
    let request = match &job.spoken {
        Spoken::In(code) => {
            let vocabulary = job.vocabularies.get(code).cloned();
            let settings = vocabulary.map(|name| Settings::builder().vocabulary_name(name).build());
            request.language_code(LanguageCode::from(code.as_str())).set_settings(settings)
        }
        Spoken::OneOf(codes) => {
            let options = codes.iter().map(|code| LanguageCode::from(code.as_str())).collect();
            let request = request.identify_language(true).set_language_options(Some(options));
            if job.vocabularies.is_empty() {
                request
            } else {
                // All candidates, since the service wants two to five languages.
                codes.iter().fold(request, |request, code| {
                    let vocabulary = job.vocabularies.get(code).cloned();
                    let settings = LanguageIdSettings::builder().set_vocabulary_name(vocabulary).build();
                    request.language_id_settings(LanguageCode::from(code.as_str()), settings)
                })
            }
        }
    };
    let redaction = ContentRedaction::builder()
        .redaction_type(RedactionType::Pii)
        .redaction_output(RedactionOutput::Redacted)
        .build();
    request.set_content_redaction(redaction.ok().filter(|_| job.redacted))
}
