//! What is known about a voicemail before any work on it.

use std::collections::HashMap;

use jiff::Timestamp;
use vmx_contract::metadata::{self, MetadataError};
use vmx_contract::objects::recording_duration_ms;
use vmx_contract::voicemail::Voicemail;
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::date::timestamp;
use vmx_lambda::failure::{Failure, Kind};

use crate::config::{Clients, Config};

/// How far a voicemail has come.
#[derive(Debug)]
pub(crate) enum Known {
    /// It has ended. Steps after the end may remain.
    Ended(End),
    /// It has not ended, and this is its recording.
    Open(Box<Recording>),
    /// It has no recording, and nothing records that it has ended.
    Missing,
}

/// A recorded end.
#[derive(Debug)]
pub(crate) struct End {
    /// Whether the witness is in the state bucket. The earlier version's is not.
    pub(crate) is_entered: bool,
    /// When it was written, by S3's clock.
    pub(crate) at: Option<Timestamp>,
    /// The recording, if it still exists.
    pub(crate) recording: Option<Head>,
}

/// A recording, by its headers.
#[derive(Debug)]
pub(crate) struct Head {
    metadata: HashMap<String, String>,
    bytes: u64,
    /// When it was written, by S3's clock.
    pub(crate) recorded_at: Option<Timestamp>,
}

/// A recording, and its metadata about the voicemail.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(crate) voicemail: Voicemail,
    pub(crate) duration_ms: u64,
    /// How much of it is more than silence, if measured.
    pub(crate) voiced_ms: Option<u64>,
    pub(crate) recorded_at: Option<Timestamp>,
}

/// Why nothing is known.
#[derive(Debug)]
pub(crate) enum Unknown {
    /// S3 is unreachable, or refuses.
    Failure(Failure),
    /// The recording lacks its metadata.
    Metadata(MetadataError),
}

/// Reads a voicemail's recording and its witness, concurrently.
pub(crate) async fn look(clients: &Clients, config: &Config, id: &VoicemailId) -> Result<Known, Unknown> {
    let (state, transcripts) = (config.state(clients), config.transcripts(clients));
    let (ended_key, old_key) = (id.ended_key(), id.old_delivered_key());
    let (recording, ended, old) = tokio::join!(
        head(clients, config, id),
        state.written_at(&ended_key),
        transcripts.written_at(&old_key),
    );
    let (recording, ended, old) = (
        recording.map_err(Unknown::Failure)?,
        ended.map_err(Unknown::Failure)?,
        old.map_err(Unknown::Failure)?,
    );
    if let Some(at) = ended.or(old) {
        return Ok(Known::Ended(End { is_entered: ended.is_some(), at, recording }));
    }
    match recording {
        Some(head) => Ok(Known::Open(Box::new(head.read(id).map_err(Unknown::Metadata)?))),
        None => Ok(Known::Missing),
    }
}

async fn head(clients: &Clients, config: &Config, id: &VoicemailId) -> Result<Option<Head>, Failure> {
    let request = clients.s3.head_object().bucket(&config.recordings_bucket).key(id.recording_key());
    match request.send().await.map_err(|error| Failure::of("s3:HeadObject", &error)) {
        Ok(head) => Ok(Some(Head {
            recorded_at: head.last_modified.as_ref().and_then(timestamp),
            bytes: head.content_length.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or_default(),
            metadata: head.metadata.unwrap_or_default(),
        })),
        Err(failure) if failure.kind == Kind::NotFound => Ok(None),
        Err(failure) => Err(failure),
    }
}

impl Head {
    /// Reads the recording's metadata about its voicemail.
    pub(crate) fn read(self, id: &VoicemailId) -> Result<Recording, MetadataError> {
        Ok(Recording {
            voicemail: metadata::decode(id, &self.metadata)?,
            duration_ms: recording_duration_ms(self.bytes),
            voiced_ms: metadata::voiced_ms(&self.metadata),
            recorded_at: self.recorded_at,
        })
    }
}
