//! Where the voice of a message is. One contract, and a source for each place: what comes after the recording does not
//! know which it was. A new source is a variant here and a module beside [`media_stream`](crate::media_stream) and
//! [`recorded_call`](crate::recorded_call).

use vmx_contract::call_recording::Passage;
use vmx_contract::contact_record::{AgentTime, ContactRecordError, Media, Stream, Voice};
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::failure::Failure;

use crate::about::About;
use crate::config::Clients;
use crate::copy::Copied;
use crate::error::RecordingError;
use crate::listing::{Extent, Listing, Missing};
use crate::media_stream::{Endpoints, MediaStream, Pace};
use crate::recorded_call::{OpenedCall, RecordedCall};
use crate::upload::Upload;

/// A message's voice as the contact record describes it.
pub(crate) enum Located {
    Stream(Media, Extent),
    Recording(Passage),
}

impl Located {
    pub(crate) fn of(stream: &Stream, id: &VoicemailId) -> Result<Self, ContactRecordError> {
        match stream.voice(id.contact())? {
            Voice::Media(media) => Extent::of(&media, id.contact()).map(|extent| Self::Stream(media, extent)),
            Voice::Passage(passage) => Ok(Self::Recording(passage)),
        }
    }

    /// Finds out where to read it.
    pub(crate) async fn source<'m>(
        &'m self,
        id: &'m VoicemailId,
        clients: &'m Clients,
        endpoints: &Endpoints,
        agent: Option<AgentTime>,
    ) -> Result<Source<'m>, RecordingError> {
        match self {
            Self::Stream(media, extent) => {
                let about = About { id, stream_arn: &media.stream_arn };
                let addresses = endpoints.of(&clients.kinesis_video, &media.stream_arn).await;
                let agent = agent.filter(|agent| !agent.is_after(media.stopped_at));
                let addresses = addresses.map_err(|source: Failure| about.stream(source))?;
                Ok(Source::Stream(MediaStream { clients, about, addresses, media, extent, agent }))
            }
            Self::Recording(passage) => {
                let agent = agent.filter(|agent| !agent.is_after(passage.stopped_at));
                Ok(Source::Recording(RecordedCall { clients, id, passage, agent }))
            }
        }
    }
}

/// Where to read a message's voice.
pub(crate) enum Source<'a> {
    Stream(MediaStream<'a>),
    Recording(RecordedCall<'a>),
}

impl<'a> Source<'a> {
    /// Finds out what to read.
    pub(crate) async fn open(self) -> Result<Part<'a>, RecordingError> {
        match self {
            Self::Stream(stream) => match stream.list().await {
                Ok((listing, can_heal)) => Ok(Part::Stream { stream, listing, can_heal }),
                Err(source) => Err(stream.about.stream(source)),
            },
            Self::Recording(call) => call.open().await.map(Part::Recording),
        }
    }
}

/// A message's voice, or a part of it, and what to read of it.
pub(crate) enum Part<'a> {
    Stream {
        stream: MediaStream<'a>,
        listing: Listing,
        /// Whether what is missing may still come.
        can_heal: bool,
    },
    Recording(OpenedCall<'a>),
}

impl Part<'_> {
    /// What is not listed. A recording is there as a whole or not at all.
    pub(crate) fn missing(&self) -> Option<&Missing> {
        match self {
            Self::Stream { listing, .. } => listing.missing(),
            Self::Recording(_) => None,
        }
    }

    /// The error for missing fragments; `None` if they do not come any more.
    pub(crate) fn incomplete(&self) -> Option<RecordingError> {
        let Self::Stream { stream, listing, can_heal } = self else { return None };
        let what = listing.missing().filter(|_| *can_heal)?.to_string();
        let (id, stream_arn) = stream.about.names();
        Some(RecordingError::Incomplete { id, stream_arn, listed: listing.len(), what })
    }

    /// The error for a stream that lists nothing.
    pub(crate) fn nothing_listed(&self, id: &VoicemailId) -> RecordingError {
        match self {
            Self::Stream { stream, .. } => {
                let (id, stream_arn) = stream.about.names();
                RecordingError::NothingListed { id, stream_arn }
            }
            Self::Recording(_) => self.no_audio(id, 0),
        }
    }

    /// Whether there is nothing to read: nothing is listed, or an agent was talking all the time.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Stream { listing, .. } => listing.is_empty(),
            Self::Recording(call) => call.is_empty(),
        }
    }

    /// Whether audio in which an agent was talking is left out.
    pub(crate) fn omits_agent(&self) -> bool {
        match self {
            Self::Stream { listing, .. } => listing.omits_agent(),
            Self::Recording(call) => call.omits_agent(),
        }
    }

    /// Whether the message was begun before the time from which on it counts: see [`Stream::not_before`].
    pub(crate) fn begins_too_early(&self) -> bool {
        match self {
            Self::Stream { stream, listing, .. } => {
                stream.media.not_before.is_some_and(|time| listing.begins_before(time))
            }
            Self::Recording(call) => {
                call.call().passage.not_before.is_some_and(|time| call.begins_before(time))
            }
        }
    }

    /// Whether the flow did not say where in a recording the message begins.
    pub(crate) fn is_unmarked(&self) -> bool {
        matches!(self, Self::Recording(call) if call.call().passage.mark.is_none())
    }

    /// Its name, for errors.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::Stream { stream, .. } => stream.about.place(),
            Self::Recording(call) => call.call().place(),
        }
    }

    /// The error for a message that has no audio.
    pub(crate) fn no_audio(&self, id: &VoicemailId, foreign: u64) -> RecordingError {
        let id = id.clone();
        match self {
            Self::Stream { stream, .. } => {
                RecordingError::NoAudio { id, stream_arn: stream.about.stream_arn.to_owned(), foreign }
            }
            Self::Recording(call) => {
                RecordingError::EndsBefore { id, object: call.call().passage.object.clone() }
            }
        }
    }

    /// Copies the audio, requesting this many fragments at a time.
    pub(crate) async fn copy(
        &self,
        copied: &mut Copied,
        at_a_time: usize,
        pace: &mut Pace,
        upload: &mut Upload<'_>,
    ) -> Result<(), RecordingError> {
        match self {
            Self::Stream { stream, listing, .. } => {
                copied.add(stream, listing, at_a_time, pace, upload).await
            }
            Self::Recording(call) => call.copy(copied, upload).await,
        }
    }
}
