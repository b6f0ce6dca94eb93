//! From transcripts to delivered voicemails.

use std::time::SystemTime;

use tokio::time::Instant;
use tracing::{Instrument as _, debug, error, info, warn};
use vmx_contract::at_once::PACKAGED as AT_ONCE;
use vmx_contract::attributes::Attributes;
use vmx_contract::objects::{REDACTED_PREFIX, TRANSCRIPT_SUFFIX};
use vmx_contract::package::{Package, Transcript};
use vmx_contract::state::{Ended, Outcome, Silent, Undelivered};
use vmx_contract::transcription::Heard;
use vmx_contract::voicemail::Warning;
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::batch::{BatchResponse, Failed, SqsEvent, SqsMessage, handle_each};
use vmx_lambda::clock;
use vmx_lambda::event_bridge::Event;
use vmx_lambda::failure::Failure;
use vmx_lambda::logs::{Phone, Words, voicemail_span};

use crate::config::{Clients, Config};
use crate::delivery::{self, Delivery};
use crate::ending::{Rest, witness};
use crate::error::PackagingError;
use crate::gather::Gathering;
use crate::known::{self, End, Known, Recording, Unknown};
use crate::transcript::{self, JOB_FAILED};
use crate::{contact, counted, package_store, silence};

/// From which attempt a voicemail is delivered without a link that cannot be created: the queue delivers a message ten
/// times before it becomes a dead letter.
const WITHOUT_LINK_FROM: u32 = 8;

/// Packages voicemails and delivers them.
#[derive(Debug)]
pub struct Packager {
    clients: Clients,
    config: Config,
    started: SystemTime,
}

/// A message's news about a voicemail's transcription.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Transcribed {
    /// The transcript exists.
    Written {
        /// Whether personal data is redacted in it.
        redacted: bool,
    },
    /// The job of this name failed. It may not be ours.
    Failed {
        /// The job's name.
        job: String,
    },
    /// It is due, whatever its state. The voicemail may not exist.
    Due,
}

/// One attempt at a voicemail.
#[derive(Debug, Clone)]
struct Attempt {
    id: VoicemailId,
    transcribed: Transcribed,
    /// The number of the attempt, as far as the queue knows.
    number: u32,
}

impl Packager {
    /// A packager. One serves all invocations of a process. `started` is the process's start.
    #[must_use]
    pub fn new(clients: Clients, config: Config, started: SystemTime) -> Self {
        Self { clients, config, started }
    }

    /// Handles one invocation: S3's events about new transcripts, Transcribe's about failed jobs, or reminders of due
    /// transcripts. The response names those to retry.
    pub async fn handle(&self, event: SqsEvent, deadline: Instant) -> BatchResponse {
        let items = event.messages.into_iter().map(|message| (message.message_id.clone(), message));
        handle_each(items, AT_ONCE, deadline, async |message| {
            let attempt = match self.attempt(&message) {
                Ok(Some(found)) => found,
                Ok(None) => return Ok(()),
                Err(error) => {
                    error!(%error, "invalid message");
                    counted::failed(&error);
                    return Err(Failed);
                }
            };
            let work = async {
                // On the heap: this future is too large for several stack frames.
                Box::pin(self.process(&attempt)).await.map_err(|error| {
                    error!(%error, "the voicemail waits in its queue");
                    counted::failed(&error);
                    Failed
                })
            };
            work.instrument(voicemail_span(&attempt.id)).await
        })
        .await
    }

    /// The attempt for a message; `None` if it is not about a voicemail, or not due yet.
    fn attempt(&self, message: &SqsMessage) -> Result<Option<Attempt>, PackagingError> {
        let event = Event::parse(&message.body)?;
        let found = match &event {
            Event::ObjectCreated { bucket, key }
                if *bucket == self.config.transcripts_bucket && key.ends_with(TRANSCRIPT_SUFFIX) =>
            {
                let redacted = key.starts_with(REDACTED_PREFIX);
                VoicemailId::of_key(key).ok().map(|id| (id, Transcribed::Written { redacted }))
            }
            Event::TranscriptionEnded { job, status } if status == JOB_FAILED => {
                let id = VoicemailId::of_job(job, &self.config.stack);
                id.map(|id| (id, Transcribed::Failed { job: job.clone() }))
            }
            // It will be announced again when it is due.
            Event::TranscriptDue(reminder) if reminder.is_due(clock::now()) => {
                Some((reminder.id.clone(), Transcribed::Due))
            }
            _ => None,
        };
        if found.is_none() {
            // Other jobs fail too, so this is no warning.
            debug!(?event, "ignored: not about a voicemail, or not due yet");
        }
        Ok(found.map(|(id, transcribed)| Attempt { id, transcribed, number: message.receives() }))
    }

    async fn process(&self, attempt: &Attempt) -> Result<(), PackagingError> {
        let Attempt { id, transcribed, .. } = attempt;
        let (clients, config) = (&self.clients, &self.config);
        let gather = |source| PackagingError::Gather { id: id.clone(), source };
        let unknown = |unknown| match unknown {
            Unknown::Failure(source) => gather(source),
            Unknown::Metadata(error) => error.into(),
        };
        // Our transcripts belong to our voicemails. Other messages may name anything, so check first whether the
        // voicemail exists.
        let (known, told) = if let Transcribed::Written { .. } = transcribed {
            let (known, told) = tokio::join!(
                Box::pin(known::look(clients, config, id)),
                Box::pin(self.told(id, transcribed))
            );
            (known.map_err(unknown)?, Some(told))
        } else {
            (Box::pin(known::look(clients, config, id)).await.map_err(unknown)?, None)
        };
        let recording = match known {
            Known::Open(recording) => recording,
            Known::Ended(end) => {
                info!("already ended");
                let attributes = told.and_then(Result::ok).map(|(_, attributes)| attributes);
                return Box::pin(self.finish_again(id, end, attributes.as_ref())).await;
            }
            Known::Missing => return self.without_recording(id, transcribed).await,
        };
        let told = match told {
            Some(told) => told,
            None => Box::pin(self.told(id, transcribed)).await,
        };
        let (heard, attributes) = told.map_err(gather)?;
        let choice = silence::choose(recording.voiced_ms, &heard.transcript, config.silent);
        if choice == Some(Silent::Drop) && !self.is_wanted(id).await.map_err(gather)? {
            return Box::pin(self.drop_silent(id, &recording, &attributes)).await;
        }
        let silent = matches!(choice, Some(Silent::Mark | Silent::Drop));
        Box::pin(self.deliver(attempt, &recording, heard, attributes, silent)).await
    }

    /// The result of the transcription, and the contact's attributes.
    async fn told(
        &self,
        id: &VoicemailId,
        transcribed: &Transcribed,
    ) -> Result<(Heard, Attributes), Failure> {
        let clients = &self.clients;
        let heard = async {
            match transcribed {
                Transcribed::Written { redacted } => {
                    transcript::fetch(&clients.s3, &self.config.transcripts_bucket, id, *redacted).await
                }
                Transcribed::Failed { job } => {
                    Ok(transcript::failure_reason(&clients.transcribe, job).await.into())
                }
                Transcribed::Due => {
                    let heard = transcript::outcome(clients, &self.config, id).await?;
                    Ok(heard.unwrap_or_else(|| {
                        warn!("the transcript is late: delivered without it");
                        Transcript::Late.into()
                    }))
                }
            }
        };
        let (heard, attributes) =
            tokio::join!(heard, contact::attributes(clients, &self.config, id.contact()));
        Ok((heard?, attributes?))
    }

    async fn deliver(
        &self,
        attempt: &Attempt,
        recording: &Recording,
        heard: Heard,
        attributes: Attributes,
        silent: bool,
    ) -> Result<(), PackagingError> {
        let (clients, config, id) = (&self.clients, &self.config, &attempt.id);
        let complete = |source| PackagingError::Complete { id: id.clone(), source };
        let keep = |source| PackagingError::Keep { id: id.clone(), source };
        let gathering = Gathering { clients, config, started: self.started };
        let mut gathered = Box::pin(gathering.gather(recording, heard, &attributes)).await?;
        let package = &mut gathered.package;
        match gathered.playback {
            Ok(playback) => package.playback = playback,
            Err(reason) if attempt.number >= WITHOUT_LINK_FROM => {
                warn!(reason, "delivered without a link, because none could be created");
                package.warnings.push(Warning::LinkMissing);
            }
            Err(reason) => return Err(PackagingError::Link { id: id.clone(), reason }),
        }
        package.warnings.extend(silent.then_some(Warning::Silent));
        package.warnings.sort_unstable();
        package.warnings.dedup();
        let package: &Package = package;
        package_store::keep(&clients.s3, &config.transcripts_bucket, package).await.map_err(keep)?;
        let delivery = Delivery { clients, config, voicemail: &recording.voicemail, package };
        let delivered = Box::pin(delivery::deliver(&delivery, gathered.before)).await;
        let delivered =
            delivered.map_err(|failures| PackagingError::deliver(id, &package.modes, &failures))?;
        info!(
            modes = ?package.modes,
            from = %Phone(package.from.as_deref()),
            transcript = %Words(config.words.transcript_of(package)),
            warnings = ?package.warnings,
            "delivered"
        );
        let now = clock::now();
        let ended = Ended::new(Outcome::Delivered, now);
        if witness(clients, config, id, &ended).await.map_err(complete)? {
            counted::delivered(package, &delivered, now);
        }
        Box::pin(self.rest(id, &ended, recording, &attributes).finish()).await.map_err(complete)
    }

    /// Whether somebody requested a dropped voicemail.
    async fn is_wanted(&self, id: &VoicemailId) -> Result<bool, Failure> {
        let found = self.config.state(&self.clients).get(&id.undelivered_key()).await?;
        let undelivered = found.and_then(|found| serde_json::from_slice::<Undelivered>(&found.body).ok());
        Ok(undelivered.is_some_and(|undelivered| undelivered.wanted))
    }

    /// Ends a voicemail without speech, as configured. Its recording is kept like any other.
    async fn drop_silent(
        &self,
        id: &VoicemailId,
        recording: &Recording,
        attributes: &Attributes,
    ) -> Result<(), PackagingError> {
        let complete = |source| PackagingError::Complete { id: id.clone(), source };
        let ended = Ended::new(Outcome::Dropped, clock::now());
        if witness(&self.clients, &self.config, id, &ended).await.map_err(complete)? {
            info!(duration_ms = recording.duration_ms, "not delivered: it contains no speech");
            counted::dropped();
        }
        Box::pin(self.rest(id, &ended, recording, attributes).finish()).await.map_err(complete)
    }

    fn rest<'a>(
        &'a self,
        id: &'a VoicemailId,
        ended: &Ended,
        recording: &Recording,
        attributes: &'a Attributes,
    ) -> Rest<'a> {
        Rest {
            clients: &self.clients,
            config: &self.config,
            id,
            ended_at: ended.at,
            recorded_at: Some(recording.recorded_at.unwrap_or(ended.at)),
            prefix: Some(recording.voicemail.prefix),
            attributes: Some(attributes),
        }
    }

    /// Repeats the steps after an end, which may have been interrupted.
    async fn finish_again(
        &self,
        id: &VoicemailId,
        end: End,
        attributes: Option<&Attributes>,
    ) -> Result<(), PackagingError> {
        let complete = |source| PackagingError::Complete { id: id.clone(), source };
        let (clients, config) = (&self.clients, &self.config);
        let ended_at = end.at.unwrap_or_else(clock::now);
        if !end.is_entered {
            // By the earlier version. It is not counted again.
            let ended = Ended::new(Outcome::Delivered, ended_at);
            witness(clients, config, id, &ended).await.map_err(complete)?;
        }
        let recorded_at = end.recording.as_ref().map(|head| head.recorded_at.unwrap_or(ended_at));
        let prefix = end.recording.and_then(|head| head.read(id).ok()).map(|read| read.voicemail.prefix);
        let rest = Rest { clients, config, id, ended_at, recorded_at, prefix, attributes };
        Box::pin(rest.finish()).await.map_err(complete)
    }

    /// A missing recording is an error, unless no such voicemail ever existed.
    async fn without_recording(
        &self,
        id: &VoicemailId,
        transcribed: &Transcribed,
    ) -> Result<(), PackagingError> {
        if !matches!(transcribed, Transcribed::Written { .. }) {
            let state = self.config.state(&self.clients);
            let is_ours = state.has(&id.undelivered_key()).await;
            if !is_ours.map_err(|source| PackagingError::Gather { id: id.clone(), source })? {
                debug!("ignored: a job or message of this name that is not a voicemail");
                return Ok(());
            }
        }
        Err(PackagingError::NoRecording { id: id.clone() })
    }
}
