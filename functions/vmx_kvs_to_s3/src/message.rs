//! One message: from its stream to its recording, or to another end.

use jiff::SignedDuration;
use kvs_media::{MediaError, REORDER_WINDOW, wav_header};
use tokio::time::{Instant, timeout_at};
use tracing::{info, warn};
use vmx_contract::contact_record::{AgentTime, ContactRecord, Stream};
use vmx_contract::messages::{Message, Source};
use vmx_contract::metadata;
use vmx_contract::state::Outcome;
use vmx_contract::voicemail::{Voicemail, Warning};
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::logs::Phone;
use vmx_lambda::metrics;

use crate::about::{self, About};
use crate::config::{Clients, Config};
use crate::copy::copy;
use crate::error::RecordingError;
use crate::listing::{Extent, Listing, Missing};
use crate::media_stream::{Addresses, CALL, Endpoints, MediaStream, Pace};
use crate::state_bucket::{StateBucket, exists};
use crate::upload::{Stored, Upload};

/// A stream shorter than this, by its own times, may be empty because nobody said anything.
const SHORT: SignedDuration = SignedDuration::from_secs(2);

/// Records the messages of one contact record.
#[derive(Debug)]
pub(crate) struct Messages<'a> {
    pub(crate) clients: &'a Clients,
    pub(crate) config: &'a Config,
    pub(crate) endpoints: &'a Endpoints,
    pub(crate) record: &'a ContactRecord,
    /// Whether the caller finished a message in this contact. Then the caller meant to leave one, and an empty stream
    /// is not a call that ended without a word.
    pub(crate) any_saved: bool,
    pub(crate) work_until: Instant,
    /// For all media calls of this record.
    pub(crate) pace: Pace,
}

/// Whether a message is already done, and if not, its stream's addresses.
enum Before<T> {
    Ended,
    Recorded,
    New(T),
}

impl Messages<'_> {
    /// Records one message, unless it was recorded or has ended before.
    pub(crate) async fn record(&mut self, message: Message) -> Result<(), RecordingError> {
        match &message.source {
            Source::Stream(stream) => self.record_stream(&message, stream).await,
            Source::Cancelled => self.end_unrecorded(&message.id, Outcome::Cancelled).await,
            Source::Missing(_) => {
                if is_done(self.clients, self.config, &message.id).await? {
                    return Ok(());
                }
                match message.source {
                    Source::Missing(error) => Err(error.into()),
                    Source::Stream(_) | Source::Cancelled => Ok(()),
                }
            }
        }
    }

    async fn record_stream(&mut self, message: &Message, stream: &Stream) -> Result<(), RecordingError> {
        let id = &message.id;
        let may_be_nothing = !message.is_saved() && !self.any_saved;
        let is_short = stream.stopped_at.duration_since(stream.started_at) < SHORT;
        let media = stream.media(id.contact());
        let media = media.and_then(|media| Ok((Extent::of(&media, id.contact())?, media)));
        let (extent, media) = match media {
            Ok(media) => media,
            Err(_) if may_be_nothing && is_short => {
                return self.end_unrecorded(id, Outcome::NothingSaid).await;
            }
            Err(_) if is_done(self.clients, self.config, id).await? => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let about = About { id, stream_arn: &media.stream_arn };
        let addresses = match self.in_time(id, self.look(about)).await? {
            Before::Ended => return ended_before(),
            Before::Recorded => return recorded_before(),
            Before::New(addresses) => addresses,
        };
        let stream = MediaStream {
            clients: self.clients,
            addresses,
            media: &media,
            extent: &extent,
            agent: self.record.agent_time().map(whole_seconds),
        };
        let listing = self.in_time(id, self.begin(&stream, about)).await?;
        match listing.missing() {
            Some(Missing::Everything) if !stream.can_heal() && may_be_nothing && is_short => {
                return self.end(id, Outcome::NothingSaid).await;
            }
            Some(Missing::Everything) => {
                let (id, stream_arn) = about.names();
                return Err(RecordingError::NothingListed { id, stream_arn });
            }
            Some(missing) if stream.can_heal() => {
                let (id, stream_arn) = about.names();
                let (listed, what) = (listing.len(), missing.to_string());
                return Err(RecordingError::Incomplete { id, stream_arn, listed, what });
            }
            Some(missing) => warn!(%missing, "part of the message was lost; the rest is recorded"),
            None => {}
        }
        if media.not_before.is_some_and(|time| listing.begins_before(time)) {
            return self.end(id, Outcome::Cancelled).await;
        }
        // An agent was talking in all of it, which the record's rounded times did not show.
        if listing.is_empty() && message.is_saved() {
            let (id, stream_arn) = about.names();
            return Err(RecordingError::OnlyAgent { id, stream_arn });
        }
        if listing.is_empty() {
            return self.end(id, Outcome::Cancelled).await;
        }
        let is_whole = listing.missing().is_none();
        let silence = Silence { may_be_nothing, is_short, is_whole };
        self.store(message, &stream, &listing, about, silence).await
    }

    /// Whether the voicemail has ended, whether it is recorded, and its stream's addresses: requested concurrently,
    /// because the first two answers are usually no.
    async fn look(&self, about: About<'_>) -> Result<Before<Addresses>, RecordingError> {
        let (clients, config, id) = (self.clients, self.config, about.id);
        let key = id.recording_key();
        let (has_ended, is_recorded, addresses) = tokio::join!(
            state_bucket(clients, config).has_ended(id),
            exists(&clients.s3, &config.recordings_bucket, &key),
            self.endpoints.of(&clients.kinesis_video, about.stream_arn),
        );
        if has_ended.map_err(about::state(id))? {
            return Ok(Before::Ended);
        }
        if is_recorded.map_err(about::store(id))? {
            return Ok(Before::Recorded);
        }
        Ok(Before::New(addresses.map_err(|source| about.stream(source))?))
    }

    /// The message's fragments. Meanwhile the voicemail is entered as undelivered.
    async fn begin(&self, stream: &MediaStream<'_>, about: About<'_>) -> Result<Listing, RecordingError> {
        let state = state_bucket(self.clients, self.config);
        let (begun, listing) = tokio::join!(state.begin(about.id), stream.list());
        begun.map_err(about::state(about.id))?;
        listing.map_err(|source| about.stream(source))
    }

    /// Reads the media and writes the recording.
    async fn store(
        &mut self,
        message: &Message,
        stream: &MediaStream<'_>,
        listing: &Listing,
        about: About<'_>,
        silence: Silence,
    ) -> Result<(), RecordingError> {
        let id = about.id;
        let mut voicemail = Voicemail::of(self.record, message, &self.config.defaults);
        if !silence.is_whole {
            voicemail.warnings.push(Warning::AudioGaps);
        }
        if message.is_uncertain {
            warn!("the contact record does not say which of several streams is the message");
        }
        let key = id.recording_key();
        // The service does not guarantee the order of the numbers. If it is wrong, fewer are requested at a time, so
        // that the order can be restored.
        for at_a_time in [CALL, REORDER_WINDOW] {
            let metadata = metadata::encode(&voicemail);
            let mut upload = Upload::new(&self.clients.s3, &self.config.recordings_bucket, &key, metadata);
            let transferred =
                transfer(stream, listing, at_a_time, &mut self.pace, about, silence, &mut upload);
            let transferred = timeout_at(self.work_until, transferred).await;
            match transferred.unwrap_or_else(|_| Err(about::out_of_time(id))) {
                Ok(Transferred::Recorded(recording)) => {
                    metrics::captured(recording.duration_ms);
                    info!(
                        from = %Phone(voicemail.from.as_deref()),
                        duration_ms = recording.duration_ms,
                        voiced_ms = recording.voiced_ms,
                        fragments = recording.fragments,
                        gaps = recording.gaps,
                        "recorded"
                    );
                    return Ok(());
                }
                Ok(Transferred::Before) => {
                    upload.abort().await;
                    info!("recorded at the same time by another delivery of this contact record");
                    return Ok(());
                }
                Ok(Transferred::NothingSaid) => {
                    upload.abort().await;
                    return self.end(id, Outcome::NothingSaid).await;
                }
                Err(error) => {
                    upload.abort().await;
                    if !is_disordered(&error) || at_a_time <= REORDER_WINDOW {
                        return Err(error);
                    }
                    warn!(%error, "the media arrived out of order; requesting it again in small parts");
                }
            }
        }
        Err(about::out_of_time(id))
    }

    /// Ends a message without a recording, unless one exists: then an earlier version of the contact record made it a
    /// voicemail in progress.
    async fn end_unrecorded(&self, id: &VoicemailId, outcome: Outcome) -> Result<(), RecordingError> {
        let bucket = &self.config.recordings_bucket;
        if exists(&self.clients.s3, bucket, &id.recording_key()).await.map_err(about::store(id))? {
            return recorded_before();
        }
        self.end(id, outcome).await
    }

    async fn end(&self, id: &VoicemailId, outcome: Outcome) -> Result<(), RecordingError> {
        let ended = state_bucket(self.clients, self.config).end(id, outcome);
        if ended.await.map_err(about::state(id))? {
            metrics::ended(outcome);
            info!(%outcome, "there is no voicemail");
            return Ok(());
        }
        ended_before()
    }

    async fn in_time<T>(
        &self,
        id: &VoicemailId,
        work: impl Future<Output = Result<T, RecordingError>>,
    ) -> Result<T, RecordingError> {
        timeout_at(self.work_until, work).await.unwrap_or_else(|_| Err(about::out_of_time(id)))
    }
}

/// The longest time in which an agent may have talked. The record's times are rounded down to the second, unlike those
/// of fragments.
fn whole_seconds(agent: AgentTime) -> AgentTime {
    let until = agent.until.saturating_add(SignedDuration::from_secs(1)).unwrap_or(agent.until);
    AgentTime { until, ..agent }
}

/// Whether a message has ended or is recorded.
pub(crate) async fn is_done(
    clients: &Clients,
    config: &Config,
    id: &VoicemailId,
) -> Result<bool, RecordingError> {
    let key = id.recording_key();
    let (has_ended, is_recorded) = tokio::join!(
        state_bucket(clients, config).has_ended(id),
        exists(&clients.s3, &config.recordings_bucket, &key),
    );
    Ok(has_ended.map_err(about::state(id))? || is_recorded.map_err(about::store(id))?)
}

fn state_bucket<'a>(clients: &'a Clients, config: &'a Config) -> StateBucket<'a> {
    StateBucket { client: &clients.s3, bucket: &config.state_bucket }
}

/// Whether the media came in an order that could not be restored.
fn is_disordered(error: &RecordingError) -> bool {
    matches!(error, RecordingError::Media { source, .. } if matches!(**source, MediaError::OutOfOrder { .. }))
}

fn ended_before() -> Result<(), RecordingError> {
    info!("this voicemail has already ended");
    Ok(())
}

fn recorded_before() -> Result<(), RecordingError> {
    info!("already recorded");
    Ok(())
}

/// Decides whether a message without sound is a call that ended without a word.
#[derive(Debug, Clone, Copy)]
struct Silence {
    may_be_nothing: bool,
    is_short: bool,
    /// Whether all fragments exist.
    is_whole: bool,
}

/// The result of reading the media.
enum Transferred {
    Recorded(Recording),
    /// Another delivery of the same contact record wrote the recording.
    Before,
    NothingSaid,
}

/// The details of a recording for the log.
struct Recording {
    duration_ms: u64,
    voiced_ms: u64,
    fragments: u64,
    gaps: u64,
}

/// Copies the media to the upload and finishes it, unless it is empty.
async fn transfer(
    stream: &MediaStream<'_>,
    listing: &Listing,
    at_a_time: usize,
    pace: &mut Pace,
    about: About<'_>,
    silence: Silence,
    upload: &mut Upload<'_>,
) -> Result<Transferred, RecordingError> {
    let copied = copy(stream, listing, at_a_time, pace, about, upload).await?;
    let Silence { may_be_nothing, is_short, is_whole } = silence;
    if copied.is_empty() {
        if may_be_nothing && is_short {
            return Ok(Transferred::NothingSaid);
        }
        let (id, stream_arn) = about.names();
        return Err(RecordingError::NoAudio { id, stream_arn, foreign: copied.summary.foreign });
    }
    if may_be_nothing && is_whole && copied.is_inaudible() {
        return Ok(Transferred::NothingSaid);
    }
    let (summary, voiced_ms) = (&copied.summary, copied.voiced.ms());
    match upload.finish(wav_header(summary.pcm_bytes), voiced_ms).await.map_err(about::store(about.id))? {
        Stored::Before => Ok(Transferred::Before),
        Stored::Now => Ok(Transferred::Recorded(Recording {
            duration_ms: summary.duration_ms(),
            voiced_ms,
            fragments: summary.fragments,
            gaps: summary.gap_count,
        })),
    }
}
