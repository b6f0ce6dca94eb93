//! One message in the recording of the automated interaction, in S3.
//!
//! Only two parts of the file are read: its header, and the seconds around the beep with the message behind them. A
//! recording that is not there yet comes later: the message waits in the retry queue, as for late media. Without
//! `s3:ListBucket`, S3 answers that a missing object is forbidden, so that waits too.

use std::time::Duration;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use jiff::Timestamp;
use recorded_audio::{Begin, Excerpt, HeaderReader, Next, Wav};
use tracing::info;
use vmx_contract::call_recording::Passage;
use vmx_contract::contact_record::AgentTime;
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::failure::Failure;

use crate::about;
use crate::config::Clients;
use crate::copy::Copied;
use crate::error::RecordingError;
use crate::upload::Upload;

/// How much of a file is read for its header. Most have 44 bytes.
const HEADER_BYTES: u64 = 4096;

/// One message in a recording.
#[derive(Debug)]
pub(crate) struct RecordedCall<'a> {
    pub(crate) clients: &'a Clients,
    pub(crate) id: &'a VoicemailId,
    pub(crate) passage: &'a Passage,
    /// When an agent was talking to the caller.
    pub(crate) agent: Option<AgentTime>,
}

/// A recording whose header was read.
#[derive(Debug)]
pub(crate) struct OpenedCall<'a> {
    call: RecordedCall<'a>,
    wav: Wav,
    /// The version that the header was read from.
    tag: Option<String>,
    /// What to read; `None` if an agent was talking all the time.
    span: Option<Span>,
}

/// The part of a recording that is a message, in times from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    begin: Begin,
    until: Duration,
    not_before: Duration,
    omits_agent: bool,
}

impl<'a> RecordedCall<'a> {
    /// Reads the header.
    pub(crate) async fn open(self) -> Result<OpenedCall<'a>, RecordingError> {
        let mut tag = None;
        let mut reader = None;
        let mut from = 0;
        loop {
            let answer = self.get(from, from + HEADER_BYTES, tag).await?;
            let total = total(&answer);
            tag = answer.e_tag;
            let bytes = answer.body.collect().await.map_err(|error| self.broken_off(&error))?;
            let next = reader.get_or_insert_with(|| HeaderReader::new(total)).take(&bytes.into_bytes());
            match next.map_err(|source| self.unusable(source))? {
                Next::Read { offset } => from = offset,
                Next::Found(wav) => {
                    let span = span(self.passage, self.agent);
                    return Ok(OpenedCall { call: self, wav, tag, span });
                }
            }
        }
    }

    /// Requests the bytes from one to before another, of the version with a tag.
    async fn get(&self, from: u64, to: u64, tag: Option<String>) -> Result<GetObjectOutput, RecordingError> {
        let object = &self.passage.object;
        let request = self.clients.s3.get_object().bucket(&object.bucket).key(&object.key);
        let request = request.range(format!("bytes={from}-{}", to.saturating_sub(1))).set_if_match(tag);
        request.send().await.map_err(|error| RecordingError::Recording {
            id: self.id.clone(),
            object: object.clone(),
            source: Box::new(Failure::of("s3:GetObject", &error)),
        })
    }

    fn broken_off(&self, error: &dyn std::error::Error) -> RecordingError {
        about::broken_off(self.id, self.place(), error)
    }

    fn unusable(&self, source: recorded_audio::AudioError) -> RecordingError {
        let (id, object) = (self.id.clone(), self.passage.object.clone());
        RecordingError::Audio { id, object, source: Box::new(source) }
    }

    /// The recording's name, for errors.
    pub(crate) fn place(&self) -> String {
        let object = &self.passage.object;
        format!("the recording s3://{}/{}", object.bucket, object.key)
    }
}

impl OpenedCall<'_> {
    pub(crate) fn call(&self) -> &RecordedCall<'_> {
        &self.call
    }

    /// Whether there is nothing to read, because an agent was talking all the time.
    pub(crate) fn is_empty(&self) -> bool {
        self.span.is_none()
    }

    /// Whether audio in which an agent was talking is left out.
    pub(crate) fn omits_agent(&self) -> bool {
        self.span.is_none_or(|span| span.omits_agent)
    }

    /// Whether the message begins before a time.
    pub(crate) fn begins_before(&self, time: Timestamp) -> bool {
        self.call.passage.mark.is_none_or(|mark| mark < time)
    }

    /// Copies the message.
    pub(crate) async fn copy(
        &self,
        copied: &mut Copied,
        upload: &mut Upload<'_>,
    ) -> Result<(), RecordingError> {
        let Some(span) = self.span else { return Ok(()) };
        let mut excerpt = Excerpt::new(self.wav.clone(), span.begin, span.until, span.not_before);
        let range = excerpt.bytes();
        // Nothing can be requested of what is not there.
        if range.is_empty() {
            return Ok(());
        }
        let mut body = self.call.get(range.start, range.end, self.tag.clone()).await?.body;
        let (mut pcm, mut received) = (Vec::new(), 0);
        while let Some(chunk) = body.try_next().await.map_err(|error| self.call.broken_off(&error))? {
            received += chunk.len() as u64;
            excerpt.push(&chunk, &mut pcm).map_err(|source| self.call.unusable(source))?;
            copied.write(&mut pcm, upload).await.map_err(about::store(self.call.id))?;
        }
        if received < range.end - range.start {
            let cut_short = std::io::Error::other(format!("only {received} bytes of {range:?} arrived"));
            return Err(self.call.broken_off(&cut_short));
        }
        let cut = excerpt.finish(&mut pcm).map_err(|source| self.call.unusable(source))?;
        copied.write(&mut pcm, upload).await.map_err(about::store(self.call.id))?;
        info!(begins_ms = cut.begins.as_millis() as u64, is_after_beep = cut.is_after_beep, side = ?cut.side, "cut out of the call's recording");
        Ok(())
    }
}

/// The length of the whole file.
fn total(answer: &GetObjectOutput) -> u64 {
    let of_range = answer.content_range().and_then(|range| range.rsplit_once('/')?.1.parse().ok());
    of_range.unwrap_or_else(|| answer.content_length().and_then(|n| n.try_into().ok()).unwrap_or_default())
}

/// What to read of a recording. Of an agent's time, nothing is: what lies before it ends there, what would begin in it
/// begins after it.
fn span(passage: &Passage, agent: Option<AgentTime>) -> Option<Span> {
    // A time before the start is the start.
    let offset =
        |time: Timestamp| Duration::try_from(time.duration_since(passage.started_at)).unwrap_or_default();
    let mut span = Span {
        begin: passage.mark.map_or(Begin::Time(Duration::ZERO), |mark| Begin::Mark(offset(mark))),
        until: passage.until.map_or(Duration::MAX, offset),
        not_before: Duration::ZERO,
        omits_agent: false,
    };
    let Some(agent) = agent else { return Some(span) };
    let (from, until) = (offset(agent.from), offset(agent.until));
    let (Begin::Mark(begins) | Begin::Time(begins)) = span.begin;
    if begins < from {
        span.omits_agent = span.until > from;
        span.until = span.until.min(from);
    } else if begins < until {
        span.omits_agent = true;
        span.begin = Begin::Time(until);
    } else {
        span.not_before = until;
    }
    let (Begin::Mark(begins) | Begin::Time(begins)) = span.begin;
    (begins < span.until).then_some(span)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use vmx_contract::call_recording::Object;

    use super::*;

    fn time(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_706_238_460_000 + ms).unwrap()
    }

    fn passage(mark: Option<i64>, until: Option<i64>) -> Passage {
        Passage {
            object: Object { bucket: "b".into(), key: "k".into() },
            started_at: time(0),
            stopped_at: time(60_000),
            mark: mark.map(time),
            until: until.map(time),
            not_before: None,
        }
    }

    #[test]
    fn nothing_of_an_agents_time_is_read() {
        let agent = |from, until| Some(AgentTime { from: time(from), until: time(until) });
        for (mark, until, agent, expected) in [
            (Some(5000), Some(9000), None, Some(("mark", 5000, 9000, 0, false))),
            (None, None, None, Some(("time", 0, u64::MAX, 0, false))),
            // The agent comes later, during the message, before it.
            (Some(5000), Some(9000), agent(9000, 20_000), Some(("mark", 5000, 9000, 0, false))),
            (Some(5000), Some(9000), agent(8000, 20_000), Some(("mark", 5000, 8000, 0, true))),
            (Some(5000), None, agent(8000, 20_000), Some(("mark", 5000, 8000, 0, true))),
            (Some(5000), Some(9000), agent(4000, 6000), Some(("time", 6000, 9000, 0, true))),
            (Some(5000), Some(9000), agent(1000, 4500), Some(("mark", 5000, 9000, 4500, false))),
            (None, None, agent(-5000, 3000), Some(("time", 3000, u64::MAX, 0, true))),
            (Some(5000), Some(9000), agent(4000, 9000), None),
            (None, Some(9000), agent(-9000, 9500), None),
        ] {
            let found = span(&passage(mark, until), agent).map(|span| {
                let (kind, begins) = match span.begin {
                    Begin::Mark(at) => ("mark", at),
                    Begin::Time(at) => ("time", at),
                };
                let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                let until = if span.until == Duration::MAX { u64::MAX } else { ms(span.until) };
                (kind, ms(begins), until, ms(span.not_before), span.omits_agent)
            });
            assert_eq!(found, expected, "{mark:?} {until:?} {agent:?}");
        }
    }
}
