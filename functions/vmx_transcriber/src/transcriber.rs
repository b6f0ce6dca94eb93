//! From recordings to transcription jobs.

use aws_sdk_transcribe::operation::start_transcription_job::builders::StartTranscriptionJobFluentBuilder;
use aws_sdk_transcribe::types::{
    ContentRedaction, JobExecutionSettings, LanguageCode, LanguageIdSettings, Media, MediaFormat,
    RedactionOutput, RedactionType, Settings,
};
use tokio::time::Instant;
use tracing::{Instrument as _, error, info, warn};
use vmx_contract::at_once::TRANSCRIBED as AT_ONCE;
use vmx_contract::metadata;
use vmx_contract::objects::RECORDING_SUFFIX;
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::batch::{BatchResponse, Failed, SqsEvent, handle_each};
use vmx_lambda::event_bridge::Event;
use vmx_lambda::failure::{Failure, Kind};
use vmx_lambda::logs::voicemail_span;
use vmx_lambda::metrics;

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

    /// Handles one invocation: S3's events about new recordings. The response names those to retry.
    pub async fn handle(&self, event: SqsEvent, deadline: Instant) -> BatchResponse {
        let items = event.messages.into_iter().map(|message| (message.message_id, message.body));
        handle_each(items, AT_ONCE, deadline, async |body| {
            let id = match self.recording_of(&body) {
                Ok(Some(id)) => id,
                Ok(None) => return Ok(()),
                Err(error) => {
                    error!(%error, "invalid message");
                    metrics::failed(cause::of(&error));
                    return Err(Failed);
                }
            };
            let work = async {
                self.transcribe(&id).await.map_err(|error| {
                    error!(%error, "the recording waits in its queue");
                    metrics::failed(cause::of(&error));
                    Failed
                })
            };
            work.instrument(voicemail_span(&id)).await
        })
        .await
    }

    /// The voicemail of an announced recording; `None` for anything else.
    fn recording_of(&self, body: &str) -> Result<Option<VoicemailId>, TranscriptionError> {
        let event = Event::parse(body)?;
        let Event::ObjectCreated { bucket, key } = &event else {
            warn!(?event, "ignored: not a new object");
            return Ok(None);
        };
        match VoicemailId::of_key(key) {
            Ok(id) if *bucket == self.config.recordings_bucket && key.ends_with(RECORDING_SUFFIX) => {
                Ok(Some(id))
            }
            _ => {
                warn!(bucket, key, "ignored: not a recording of Voicemail Express");
                Ok(None)
            }
        }
    }

    async fn transcribe(&self, id: &VoicemailId) -> Result<(), TranscriptionError> {
        let failed = |source| TranscriptionError::Recording { id: id.clone(), source };
        let Some(language) = self.language(id).await? else {
            if !self.has_ended(id).await.map_err(failed)? {
                return Err(TranscriptionError::NoRecording { id: id.clone() });
            }
            info!("the voicemail has ended and its recording is deleted: no transcript needed");
            return Ok(());
        };
        self.start_somehow(id, &language).await
    }

    /// The recording's language; `None` if the recording is deleted.
    async fn language(&self, id: &VoicemailId) -> Result<Option<String>, TranscriptionError> {
        let bucket = &self.config.recordings_bucket;
        let request = self.clients.s3.head_object().bucket(bucket).key(id.recording_key());
        match request.send().await.map_err(|error| Failure::of("s3:HeadObject", &error)) {
            Ok(head) => Ok(Some(metadata::decode(id, &head.metadata.unwrap_or_default())?.language)),
            Err(failure) if failure.kind == Kind::NotFound => Ok(None),
            Err(source) => Err(TranscriptionError::Recording { id: id.clone(), source }),
        }
    }

    /// Whether a witness says that a voicemail has ended. The earlier version's are with the transcripts.
    async fn has_ended(&self, id: &VoicemailId) -> Result<bool, Failure> {
        let (new, old) = tokio::join!(
            self.is_there(&self.config.state_bucket, id.ended_key()),
            self.is_there(&self.config.transcripts_bucket, id.old_delivered_key()),
        );
        Ok(new? || old?)
    }

    async fn is_there(&self, bucket: &str, key: String) -> Result<bool, Failure> {
        let request = self.clients.s3.head_object().bucket(bucket).key(key);
        match request.send().await.map_err(|error| Failure::of("s3:HeadObject", &error)) {
            Ok(_) => Ok(true),
            Err(failure) if failure.kind == Kind::NotFound => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Starts the first job that Transcribe accepts: languages differ between regions, and a vocabulary may have been
    /// deleted.
    async fn start_somehow(&self, id: &VoicemailId, language: &str) -> Result<(), TranscriptionError> {
        let mut attempts = Job::attempts(&self.config.options, language, &self.config.default_language)
            .into_iter()
            .peekable();
        while let Some(job) = attempts.next() {
            match self.start(id, &job).await {
                Err(failure) if failure.is("BadRequestException") && attempts.peek().is_some() => {
                    warn!(%job, %failure, "refused in this form; trying a simpler one");
                }
                answer => {
                    return answer.map_err(|source| TranscriptionError::Job {
                        id: id.clone(),
                        job: job.to_string().into(),
                        source,
                    });
                }
            }
        }
        Ok(())
    }

    async fn start(&self, id: &VoicemailId, job: &Job) -> Result<(), Failure> {
        let uri = format!("s3://{}/{}", self.config.recordings_bucket, id.recording_key());
        let request = self
            .clients
            .transcribe
            .start_transcription_job()
            .transcription_job_name(id.job_name(&self.config.stack))
            .media_format(MediaFormat::Wav)
            .media(Media::builder().media_file_uri(uri).build())
            .output_bucket_name(&self.config.transcripts_bucket)
            .output_key(id.transcript_key())
            // Without it Transcribe requests S3's own key, whatever the bucket's is. Source: the Amazon Transcribe
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
                    info!("transcription already started");
                    return Ok(());
                }
                Err(failure)
            }
        }
    }
}

/// A job over the limit waits, up to 10,000 of them. Source: the Amazon Transcribe developer guide, "Job queueing".
fn queueing(role_arn: &str) -> JobExecutionSettings {
    JobExecutionSettings::builder().allow_deferred_execution(true).data_access_role_arn(role_arn).build()
}

/// A request for a job. Source: the Amazon Transcribe API reference, StartTranscriptionJob.
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
                // All candidates, because the service requires two to five languages.
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
