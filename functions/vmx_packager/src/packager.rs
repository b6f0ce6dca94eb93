//! From transcripts to delivered voicemails.

use std::collections::BTreeMap;
use std::time::SystemTime;

use tokio::time::Instant;
use tracing::{Instrument as _, debug, error, info, warn};
use vmx_contract::at_once::PACKAGED as AT_ONCE;
use vmx_contract::metadata;
use vmx_contract::objects::{ContactId, REDACTED_PREFIX, TRANSCRIPT_SUFFIX, recording_duration_ms};
use vmx_contract::package::{Package, Transcript, VERSION};
use vmx_contract::reminder::Reminder;
use vmx_contract::transcription::Heard;
use vmx_contract::voicemail::{Voicemail, Warning};
use vmx_lambda::batch::{BatchResponse, Failed, SqsEvent, handle_each};
use vmx_lambda::clock;
use vmx_lambda::event_bridge::Event;
use vmx_lambda::failure::{Failure, Kind};
use vmx_lambda::logs::{Phone, Words, voicemail_span};
use vmx_lambda::remind::remind;

use crate::completion::{clean_up, is_delivered, mark_delivered};
use crate::config::{Clients, Config};
use crate::counted;
use crate::delivery::{self, Delivery};
use crate::error::PackagingError;
use crate::package_store;
use crate::playback_link::Links;
use crate::recipient::Directory;
use crate::summary;
use crate::transcript::{self, JOB_FAILED};

/// Packages voicemails and delivers them.
#[derive(Debug)]
pub struct Packager {
    clients: Clients,
    config: Config,
    started: SystemTime,
}

/// How a voicemail's transcription ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Transcribed {
    /// The transcript is there.
    Written {
        /// Whether personal data is redacted in it.
        redacted: bool,
    },
    /// The job of this name failed. It need not be one of ours.
    Failed,
    /// Perhaps it did not end: this reminds of it.
    Perhaps(Reminder),
}

impl Packager {
    /// A packager. One serves all invocations of a process. `started` is when the process did.
    #[must_use]
    pub fn new(clients: Clients, config: Config, started: SystemTime) -> Self {
        Self { clients, config, started }
    }

    /// Handles one invocation: messages that are S3's events about new transcripts, Transcribe's about failed jobs, or
    /// reminders of transcripts. The answer names those that are to be tried again.
    pub async fn handle(&self, event: SqsEvent, deadline: Instant) -> BatchResponse {
        let items = event.messages.into_iter().map(|message| (message.message_id, message.body));
        handle_each(items, AT_ONCE, deadline, async |body| {
            let (contact_id, transcribed) = match self.voicemail_of(&body) {
                Ok(Some(found)) => found,
                Ok(None) => return Ok(()),
                Err(error) => {
                    error!(%error, "the message cannot be used");
                    counted::failed(&error);
                    return Err(Failed);
                }
            };
            let work = async {
                self.process(&contact_id, &transcribed).await.map_err(|error| {
                    error!(%error, "the voicemail waits in its queue");
                    counted::failed(&error);
                    Failed
                })
            };
            work.instrument(voicemail_span(&contact_id)).await
        })
        .await
    }

    /// The voicemail that an event is about; `None` for anything else.
    fn voicemail_of(&self, body: &str) -> Result<Option<(ContactId, Transcribed)>, PackagingError> {
        let event = Event::parse(body)?;
        let found = match &event {
            Event::ObjectCreated { bucket, key }
                if *bucket == self.config.transcripts_bucket && key.ends_with(TRANSCRIPT_SUFFIX) =>
            {
                let redacted = key.starts_with(REDACTED_PREFIX);
                ContactId::of_key(key).ok().map(|id| (id, Transcribed::Written { redacted }))
            }
            Event::TranscriptionEnded { job, status } if status == JOB_FAILED => {
                ContactId::parse(job).ok().map(|id| (id, Transcribed::Failed))
            }
            Event::TranscriptDue(reminder) => {
                Some((reminder.contact_id.clone(), Transcribed::Perhaps(reminder.clone())))
            }
            _ => None,
        };
        if found.is_none() {
            // Other people's jobs fail as well, so that this is nothing to warn of.
            debug!(?event, "ignored: not about a voicemail");
        }
        Ok(found)
    }

    async fn process(&self, contact_id: &ContactId, transcribed: &Transcribed) -> Result<(), PackagingError> {
        let gather = |source| PackagingError::Gather { contact_id: contact_id.clone(), source };
        let complete = |source| PackagingError::Complete { contact_id: contact_id.clone(), source };
        let Some((voicemail, duration_ms)) = self.recording(contact_id).await? else {
            if !matches!(transcribed, Transcribed::Written { .. }) {
                debug!("ignored: a failed job or a reminder of this name, but no recording");
                return Ok(());
            }
            return Err(PackagingError::NoRecording { contact_id: contact_id.clone() });
        };
        if is_delivered(&self.clients.s3, &self.config, contact_id).await.map_err(gather)? {
            // A reminder that is not due comes back for every voicemail. One that is may have delivered it itself.
            if matches!(transcribed, Transcribed::Perhaps(reminder) if !reminder.is_due(clock::now())) {
                debug!("delivered meanwhile: no need to wait");
                return Ok(());
            }
            info!("delivered before");
            return clean_up(&self.clients, &self.config, &voicemail).await.map_err(complete);
        }
        let bucket = &self.config.transcripts_bucket;
        let heard = match transcribed {
            Transcribed::Written { redacted } => {
                transcript::fetch(&self.clients.s3, bucket, contact_id, *redacted).await.map_err(gather)?
            }
            Transcribed::Failed => {
                transcript::failure_reason(&self.clients.transcribe, contact_id).await.into()
            }
            Transcribed::Perhaps(reminder) => {
                match transcript::outcome(&self.clients, bucket, contact_id).await.map_err(gather)? {
                    Some(heard) => heard,
                    None if reminder.is_due(clock::now()) => {
                        warn!("the transcript is late: delivered without it");
                        Transcript::Late.into()
                    }
                    None => return self.wait(reminder).await,
                }
            }
        };
        let package = self.package(&voicemail, duration_ms, heard).await?;
        let keep = |source| PackagingError::Keep { contact_id: contact_id.clone(), source };
        package_store::keep(&self.clients.s3, bucket, &package).await.map_err(keep)?;
        let (clients, config) = (&self.clients, &self.config);
        let delivery = Delivery { clients, config, voicemail: &voicemail, package: &package };
        let delivered = delivery::deliver(&delivery).await;
        let delivered =
            delivered.map_err(|failures| PackagingError::deliver(contact_id, &package.modes, &failures))?;
        info!(
            modes = ?package.modes,
            from = %Phone(package.from.as_deref()),
            transcript = %Words(package.transcript.text()),
            warnings = ?package.warnings,
            "delivered"
        );
        let is_first = mark_delivered(&self.clients.s3, &self.config, contact_id, &delivered).await;
        if is_first.map_err(complete)? {
            counted::delivered(&package, &delivered, clock::now());
        }
        clean_up(&self.clients, &self.config, &voicemail).await.map_err(complete)
    }

    /// Reminds of a transcript again: the message that is sent takes the place of the one that is answered.
    async fn wait(&self, reminder: &Reminder) -> Result<(), PackagingError> {
        debug!(due_at = %reminder.due_at, "the transcript is not due yet");
        let queue = &self.config.transcripts_queue_url;
        let sent = remind(&self.clients.sqs, queue, reminder, clock::now()).await;
        sent.map_err(|source| PackagingError::Wait { contact_id: reminder.contact_id.clone(), source })
    }

    /// What the recording says of its voicemail, and its length in ms; `None` if there is none.
    async fn recording(&self, contact_id: &ContactId) -> Result<Option<(Voicemail, u64)>, PackagingError> {
        let request = self
            .clients
            .s3
            .head_object()
            .bucket(&self.config.recordings_bucket)
            .key(contact_id.recording_key());
        match request.send().await.map_err(|error| Failure::of("s3:HeadObject", &error)) {
            Ok(head) => {
                let voicemail = metadata::decode(contact_id, &head.metadata.unwrap_or_default())?;
                let bytes = head.content_length.and_then(|bytes| u64::try_from(bytes).ok());
                Ok(Some((voicemail, recording_duration_ms(bytes.unwrap_or_default()))))
            }
            Err(failure) if failure.kind == Kind::NotFound => Ok(None),
            Err(source) => Err(PackagingError::Gather { contact_id: contact_id.clone(), source }),
        }
    }

    async fn package(
        &self,
        voicemail: &Voicemail,
        duration_ms: u64,
        heard: Heard,
    ) -> Result<Package, PackagingError> {
        let contact_id = &voicemail.contact_id;
        let gather = |source| PackagingError::Gather { contact_id: contact_id.clone(), source };
        let directory = Directory {
            connect: &self.clients.connect,
            instance: &self.config.instance,
            default_queue_arn: &self.config.default_queue_arn,
        };
        let links = Links {
            kind: &self.config.links,
            kms: &self.clients.kms,
            s3: &self.clients.s3,
            credentials: self.clients.credentials.as_ref(),
            bucket: &self.config.recordings_bucket,
            lifetime: self.config.link_lifetime,
            started: self.started,
        };
        let attributes = self.attributes(contact_id).await.map_err(gather)?;
        let found = directory.find(voicemail).await.map_err(gather)?;
        let playback = links.make(contact_id, clock::system_now()).await;
        let (modes, replaced) = delivery::choose(&voicemail.modes, &self.config);
        let mut warnings = voicemail.warnings.clone();
        warnings.extend(found.warnings);
        warnings.extend(replaced.then_some(Warning::ModeNotEnabled));
        let has_words = matches!(heard.transcript, Transcript::Completed { .. });
        let exposed = self.config.redact && has_words && !heard.redacted;
        warnings.extend(exposed.then_some(Warning::NotRedacted));
        warnings.sort_unstable();
        warnings.dedup();
        let language = heard.language.unwrap_or_else(|| voicemail.language.clone());
        let summaries = self.config.summaries.as_ref();
        let (s3, bucket) = (&self.clients.s3, &self.config.transcripts_bucket);
        let kept = package_store::kept_summary(s3, bucket, contact_id, &heard.transcript, &language);
        let summary = summary::of(
            &self.clients.config,
            summaries,
            voicemail.summary,
            &heard.transcript,
            &language,
            kept,
        )
        .await;
        Ok(Package {
            version: VERSION,
            contact_id: contact_id.clone(),
            instance_arn: self.config.instance.to_string(),
            from: voicemail.from.clone(),
            recipient: found.recipient,
            received_at: voicemail.received_at,
            time_zone: self.config.time_zone.clone(),
            duration_ms,
            language,
            modes,
            transcript: heard.transcript,
            summary,
            playback: playback
                .map_err(|reason| PackagingError::Link { contact_id: contact_id.clone(), reason })?,
            attributes,
            warnings,
        })
    }

    /// The contact's attributes; none when Connect does not know the contact any more or does not tell, since a
    /// voicemail can be delivered without them.
    async fn attributes(&self, contact_id: &ContactId) -> Result<BTreeMap<String, String>, Failure> {
        let request = self
            .clients
            .connect
            .get_contact_attributes()
            .instance_id(self.config.instance.id())
            .initial_contact_id(contact_id.as_str());
        match request.send().await.map_err(|error| Failure::of("connect:GetContactAttributes", &error)) {
            Ok(found) => Ok(found.attributes.unwrap_or_default().into_iter().collect()),
            Err(failure) if failure.kind == Kind::Transient => Err(failure),
            Err(failure) => {
                warn!(%failure, "packaged without the contact's attributes");
                Ok(BTreeMap::new())
            }
        }
    }
}
