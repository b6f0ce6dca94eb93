//! From recordings to transcription jobs.

use aws_sdk_transcribe::types::{LanguageCode, Media, MediaFormat};
use tokio::time::Instant;
use tracing::{Instrument as _, error, info, warn};
use vmx_contract::metadata;
use vmx_contract::objects::{ContactId, RECORDING_SUFFIX};
use vmx_lambda::batch::{BatchResponse, Failed, SqsEvent, handle_each};
use vmx_lambda::event_bridge::Event;
use vmx_lambda::failure::{Failure, Kind};
use vmx_lambda::logs::voicemail_span;

use crate::config::{Clients, Config};
use crate::error::TranscriptionError;

/// Recordings handled at the same time: more would only meet Transcribe's quota of calls sooner.
const AT_ONCE: usize = 4;

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
                    return Err(Failed);
                }
            };
            let work = async {
                self.transcribe(&contact_id).await.map_err(|error| {
                    error!(%error, "the recording waits in its queue");
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
        let Some(language) = self.language(contact_id).await? else {
            info!("the recording was deleted before it was transcribed");
            return Ok(());
        };
        let default = &self.config.default_language;
        match self.start(contact_id, &language).await {
            // Which languages there are differs between regions.
            Err(failure) if failure.is("BadRequestException") && language != *default => {
                warn!(language, %failure, "refused in this language; tried once more in the default language");
                self.start(contact_id, default).await.map_err(|source| job_error(contact_id, default, source))
            }
            answer => answer.map_err(|source| job_error(contact_id, &language, source)),
        }
    }

    /// The recording's language; `None` if the recording is gone.
    async fn language(&self, contact_id: &ContactId) -> Result<Option<String>, TranscriptionError> {
        let request = self
            .clients
            .s3
            .head_object()
            .bucket(&self.config.recordings_bucket)
            .key(contact_id.recording_key());
        match request.send().await {
            Ok(head) => Ok(Some(metadata::decode(contact_id, &head.metadata.unwrap_or_default())?.language)),
            Err(error) => {
                let source = Failure::of("s3:HeadObject", &error);
                if source.kind == Kind::NotFound {
                    return Ok(None);
                }
                Err(TranscriptionError::Recording { contact_id: contact_id.clone(), source })
            }
        }
    }

    async fn start(&self, contact_id: &ContactId, language: &str) -> Result<(), Failure> {
        let uri = format!("s3://{}/{}", self.config.recordings_bucket, contact_id.recording_key());
        let request = self
            .clients
            .transcribe
            .start_transcription_job()
            .transcription_job_name(contact_id.as_str())
            .language_code(LanguageCode::from(language))
            .media_format(MediaFormat::Wav)
            .media(Media::builder().media_file_uri(uri).build())
            .output_bucket_name(&self.config.transcripts_bucket)
            .output_key(contact_id.transcript_key());
        match request.send().await {
            Ok(_) => {
                info!(language, "transcription started");
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
}

fn job_error(contact_id: &ContactId, language: &str, source: Failure) -> TranscriptionError {
    TranscriptionError::Job { contact_id: contact_id.clone(), language: language.to_owned(), source }
}
