//! Turns one message into a recording, or ends it otherwise.

use futures_util::future::try_join_all;
use jiff::SignedDuration;
use kvs_media::{MediaError, REORDER_WINDOW, wav_header};
use tokio::time::{Instant, timeout_at};
use tracing::{info, warn};
use vmx_contract::contact_record::{AgentTime, ContactRecord, ContactRecordError, Stream};
use vmx_contract::messages::{Message, Source};
use vmx_contract::metadata;
use vmx_contract::state::Outcome;
use vmx_contract::voicemail::{Voicemail, Warning};
use vmx_contract::voicemail_id::{MessageNumber, VoicemailId};
use vmx_lambda::clock;
use vmx_lambda::logs::Phone;
use vmx_lambda::metrics;

use crate::about;
use crate::config::{Clients, Config};
use crate::copy::Copied;
use crate::error::RecordingError;
use crate::listing::Missing;
use crate::media_stream::{CALL, Endpoints, Pace};
use crate::state_bucket::{StateBucket, exists};
use crate::upload::{Stored, Upload};
use crate::voice::{self, Located, Part};

/// A stream shorter than this, by its own times, may be empty because nobody said anything.
const SHORT: SignedDuration = SignedDuration::from_secs(2);

/// How long after the end of a contact Connect may still update its record.
const SETTLED: SignedDuration = SignedDuration::from_hours(1);

/// Records the messages of one contact record.
#[derive(Debug)]
pub(crate) struct Messages<'a> {
    pub(crate) clients: &'a Clients,
    pub(crate) config: &'a Config,
    pub(crate) endpoints: &'a Endpoints,
    pub(crate) record: &'a ContactRecord,
    /// Whether the caller finished a message in this contact. Then an empty stream is not a call that ended without a
    /// word.
    pub(crate) any_saved: bool,
    pub(crate) work_until: Instant,
    /// For all media calls of this record.
    pub(crate) pace: Pace,
}

/// The result of the check before recording: done already, or the streams' addresses.
enum Before<T> {
    Ended,
    Recorded,
    New(T),
}

impl<'a> Messages<'a> {
    /// Records one message, unless it was recorded or has ended before. A saved one that cannot be recorded now is
    /// entered as undelivered, because its contact record may expire in a queue.
    pub(crate) async fn record(&mut self, message: Message) -> Result<(), RecordingError> {
        let saved = message.is_saved.then(|| message.id.clone());
        let recorded = self.record_or_end(message).await;
        if let (Err(_), Some(id)) = (&recorded, saved) {
            let entered =
                async { state_bucket(self.clients, self.config).begin(&id).await.map_err(about::state(&id)) };
            if let Err(error) = self.in_time(&id, entered).await {
                warn!(%error, "the voicemail is not listed as undelivered yet");
            }
        }
        recorded
    }

    async fn record_or_end(&mut self, message: Message) -> Result<(), RecordingError> {
        match message.source {
            Source::Streams(ref streams) => self.record_streams(&message, streams).await,
            Source::Cancelled => self.end_unrecorded(&message.id, Outcome::Cancelled).await,
            Source::Missing(_) if is_done(self.clients, self.config, &message.id).await? => {
                info!("an updated contact record contains this voicemail");
                Ok(())
            }
            Source::Missing(ContactRecordError::NoCustomerAudio(_))
                if message.is_only_flagged && self.has_flag_of_another().await? =>
            {
                self.end_unrecorded(&message.id, Outcome::NothingSaid).await
            }
            // The updated record decides. None comes if there is nothing to add.
            Source::Missing(ContactRecordError::RecordingsPending(_))
                if message.is_only_flagged && self.has_flag_of_another().await? =>
            {
                Ok(())
            }
            Source::Missing(error) => Err(error.into()),
        }
    }

    /// Whether a contact without streams has its flag from an earlier contact of the call, of which the end or the
    /// recording is known. Only said when Connect no longer adds streams to its record.
    async fn has_flag_of_another(&self) -> Result<bool, RecordingError> {
        let is_settled = |at| clock::now().duration_since(at) > SETTLED;
        if !self.record.disconnected_at.is_some_and(is_settled) {
            return Ok(false);
        }
        for contact in &self.record.earlier {
            let id = VoicemailId::new(contact.clone(), MessageNumber::FIRST);
            if is_done(self.clients, self.config, &id).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn record_streams(&mut self, message: &Message, streams: &[Stream]) -> Result<(), RecordingError> {
        let id = &message.id;
        let silence = Silence {
            is_saved: message.is_saved,
            is_short: streams.iter().all(|stream| stream.length() < SHORT),
            any_saved: self.any_saved,
            is_uncertain: message.is_uncertain,
        };
        let (mut located, mut unusable) = (Vec::new(), None);
        for stream in streams {
            match Located::of(stream, id) {
                Ok(found) => located.push(found),
                Err(error) => unusable = unusable.or(Some(error)),
            }
        }
        // One of several streams that has no fragments holds nothing.
        if let Some(error) = unusable.filter(|_| located.is_empty()) {
            if silence.may_be_empty() {
                return self.end_unrecorded(id, Outcome::NothingSaid).await;
            }
            return if is_done(self.clients, self.config, id).await? { Ok(()) } else { Err(error.into()) };
        }
        let mut parts = match self.in_time(id, self.look(id, &located)).await? {
            Before::Ended => return ended_before(),
            Before::Recorded => return recorded_before(),
            Before::New(streams) => self.in_time(id, self.begin(id, streams)).await?,
        };
        let is_everything = |part: &Part<'_>| part.missing() == Some(&Missing::Everything);
        let is_whole = match parts.iter().find_map(|part| Some((part, part.missing()?))) {
            None => true,
            Some((part, _)) if parts.iter().all(is_everything) => {
                if part.incomplete().is_none() && silence.may_be_empty() {
                    return self.end(id, Outcome::NothingSaid).await;
                }
                return Err(part.nothing_listed(id));
            }
            Some((part, missing)) => match part.incomplete() {
                Some(error) => return Err(error),
                None => {
                    warn!(%missing, "part of the message was lost; the rest is recorded");
                    false
                }
            },
        };
        if parts.iter().any(Part::begins_too_early) {
            return self.end(id, Outcome::Cancelled).await;
        }
        let place = parts.first().map(Part::place);
        parts.retain(|part| !part.is_empty());
        // An agent was talking in all of it, which the record's rounded times did not show.
        match place.filter(|_| parts.is_empty()) {
            Some(place) if message.is_saved => Err(RecordingError::OnlyAgent { id: id.clone(), place }),
            Some(_) => self.end(id, Outcome::Cancelled).await,
            None => self.store(message, &parts, silence, is_whole).await,
        }
    }

    /// Whether the voicemail has ended, whether it is recorded, and its streams' addresses: requested concurrently,
    /// because the first two answers are usually no.
    async fn look<'m>(
        &self,
        id: &'m VoicemailId,
        located: &'m [Located],
    ) -> Result<Before<Vec<voice::Source<'m>>>, RecordingError>
    where
        'a: 'm,
    {
        let (clients, config, endpoints) = (self.clients, self.config, self.endpoints);
        let key = id.recording_key();
        let agent = self.record.agent_time().map(whole_seconds);
        let source = |located: &'m Located| located.source(id, clients, endpoints, agent);
        let (has_ended, is_recorded, streams) = tokio::join!(
            state_bucket(clients, config).has_ended(id),
            exists(&clients.s3, &config.recordings_bucket, &key),
            try_join_all(located.iter().map(source)),
        );
        if has_ended.map_err(about::state(id))? {
            return Ok(Before::Ended);
        }
        if is_recorded.map_err(about::store(id))? {
            return Ok(Before::Recorded);
        }
        Ok(Before::New(streams?))
    }

    /// What to read. Meanwhile the voicemail is entered as undelivered.
    async fn begin<'m>(
        &self,
        id: &VoicemailId,
        sources: Vec<voice::Source<'m>>,
    ) -> Result<Vec<Part<'m>>, RecordingError> {
        let state = state_bucket(self.clients, self.config);
        let open = sources.into_iter().map(voice::Source::open);
        let (begun, parts) = tokio::join!(state.begin(id), try_join_all(open));
        begun.map_err(about::state(id))?;
        parts
    }

    /// Reads the media and writes the recording.
    async fn store(
        &mut self,
        message: &Message,
        parts: &[Part<'_>],
        silence: Silence,
        is_whole: bool,
    ) -> Result<(), RecordingError> {
        let id = &message.id;
        let mut voicemail = Voicemail::of(self.record, message, &self.config.defaults);
        if !is_whole {
            voicemail.warnings.push(Warning::AudioGaps);
        }
        if message.is_saved && parts.iter().any(Part::omits_agent) {
            voicemail.warnings.push(Warning::AgentOmitted);
        }
        if parts.iter().any(Part::is_unmarked) {
            voicemail.warnings.push(Warning::BeginUnknown);
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
            let transferred = transfer(parts, id, at_a_time, &mut self.pace, silence, is_whole, &mut upload);
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

/// The longest time in which an agent may have talked. The record's times are rounded down to the second, but fragment
/// times are not.
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
    is_saved: bool,
    is_short: bool,
    any_saved: bool,
    is_uncertain: bool,
}

impl Silence {
    /// Whether an empty stream means that nothing was said. Never true if it could hold a saved message.
    fn may_be_empty(self) -> bool {
        !self.is_saved && self.is_short && !(self.any_saved && self.is_uncertain)
    }

    /// Whether inaudible audio means that nothing was said. A caller who saved a message meant to leave one.
    fn may_be_inaudible(self) -> bool {
        !self.is_saved && !self.any_saved
    }
}

/// The result of reading the media.
enum Transferred {
    Recorded(Recording),
    /// Another delivery of the same contact record has already written the recording.
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
    parts: &[Part<'_>],
    id: &VoicemailId,
    at_a_time: usize,
    pace: &mut Pace,
    silence: Silence,
    is_whole: bool,
    upload: &mut Upload<'_>,
) -> Result<Transferred, RecordingError> {
    let mut copied = Copied::default();
    for part in parts {
        part.copy(&mut copied, at_a_time, pace, upload).await?;
    }
    if copied.is_empty() {
        return match parts.first() {
            Some(part) if !silence.may_be_empty() => Err(part.no_audio(id, copied.foreign)),
            _ => Ok(Transferred::NothingSaid),
        };
    }
    if silence.may_be_inaudible() && is_whole && copied.is_inaudible() {
        return Ok(Transferred::NothingSaid);
    }
    let (pcm_bytes, voiced_ms) = (copied.pcm_bytes, copied.voiced.ms());
    match upload.finish(wav_header(pcm_bytes), voiced_ms).await.map_err(about::store(id))? {
        Stored::Before => Ok(Transferred::Before),
        Stored::Now => Ok(Transferred::Recorded(Recording {
            duration_ms: copied.duration_ms(),
            voiced_ms,
            fragments: copied.fragments,
            gaps: copied.gaps,
        })),
    }
}
