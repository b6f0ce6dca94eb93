//! From contact records to recordings.

use std::ops::RangeInclusive;
use std::time::Duration;

use aws_smithy_types::base64;
use kvs_media::{Extractor, FragmentNumber, MediaError, REORDER_WINDOW, Selection, Summary, wav_header};
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument as _, debug, error, info, warn};
use vmx_contract::at_once::RECORDED as AT_ONCE;
use vmx_contract::contact_record::{ContactRecord, ContactRecordError, Media};
use vmx_contract::metadata;
use vmx_contract::objects::ContactId;
use vmx_contract::voicemail::{Voicemail, Warning};
use vmx_lambda::batch::{BatchResponse, Failed, handle_each};
use vmx_lambda::failure::{Failure, Kind};
use vmx_lambda::logs::{Phone, voicemail_span};
use vmx_lambda::metrics;

use crate::cause;
use crate::config::{Clients, Config};
use crate::error::RecordingError;
use crate::event::{Event, Record};
use crate::listing::Listing;
use crate::media_stream::{CALL, Endpoints, MediaStream, Pace};
use crate::retry_queue;
use crate::triage::{Triage, triage};
use crate::upload::{Stored, Upload};

/// Kept back of an invocation's time to take back an unfinished upload and to put the record on the retry queue.
const CLEAN_UP: Duration = Duration::from_secs(5);

/// Records voicemails.
#[derive(Debug)]
pub struct Recorder {
    clients: Clients,
    config: Config,
    endpoints: Endpoints,
}

impl Recorder {
    /// A recorder. One serves all invocations of a process.
    #[must_use]
    pub fn new(clients: Clients, config: Config) -> Self {
        Self { clients, config, endpoints: Endpoints::default() }
    }

    /// Handles one invocation: records the voicemails among its contact records. Those that cannot be recorded go to
    /// the retry queue, or back to it; the answer names what neither was done with.
    pub async fn handle(&self, event: Event, deadline: Instant) -> BatchResponse {
        let items = event.records.into_iter().map(|record| match record {
            Record::Stream { kinesis } => {
                let data = base64::decode(&kinesis.data).unwrap_or_else(|_| kinesis.data.into_bytes());
                (kinesis.sequence_number, (data, true))
            }
            Record::Queue { message_id, body } => (message_id, (body.into_bytes(), false)),
        });
        let work_until = deadline.checked_sub(CLEAN_UP).unwrap_or(deadline);
        handle_each(items, AT_ONCE, deadline, async |(data, from_stream)| {
            let (reason, span, cause) = match triage(&data, &self.config.instance, &self.config.defaults) {
                Triage::Nothing => {
                    debug!("not a voicemail of this instance");
                    return Ok(());
                }
                Triage::Unreadable(error) => (error.to_string(), tracing::Span::none(), cause::RECORD),
                Triage::Voicemail(record, voicemail) => {
                    let span = voicemail_span(&record.contact_id);
                    match self.record(&record, *voicemail, work_until).instrument(span.clone()).await {
                        Ok(()) => return Ok(()),
                        Err(error) => (error.to_string(), span, cause::of(&error)),
                    }
                }
            };
            metrics::failed(cause);
            if from_stream {
                self.defer(&data, &reason).instrument(span).await
            } else {
                span.in_scope(|| error!(reason, "the voicemail could not be recorded this time either"));
                Err(Failed)
            }
        })
        .await
    }

    /// Puts a record that failed on the retry queue.
    async fn defer(&self, record: &[u8], reason: &str) -> Result<(), Failed> {
        match retry_queue::put(&self.clients.sqs, &self.config.retry_queue_url, record, reason).await {
            Ok(()) => {
                warn!(reason, "the contact record waits in the retry queue");
                Ok(())
            }
            Err(failure) => {
                error!(reason, %failure, "the contact record could not be put on the retry queue and stays in the stream");
                Err(Failed)
            }
        }
    }

    /// Records one voicemail, unless it was recorded before.
    async fn record(
        &self,
        record: &ContactRecord,
        mut voicemail: Voicemail,
        work_until: Instant,
    ) -> Result<(), RecordingError> {
        let contact_id = &record.contact_id;
        if self.is_recorded(contact_id).await? {
            info!("recorded before");
            return Ok(());
        }
        let media = record.media()?;
        let range = fragments(&media, contact_id)?;
        let stream =
            MediaStream { clients: &self.clients, endpoints: &self.endpoints, media: &media, range: &range };
        let out_of_time = || RecordingError::OutOfTime { contact_id: contact_id.clone() };
        let listing = timeout_at(work_until, stream.list())
            .await
            .map_err(|_| out_of_time())?
            .map_err(|source| Context { contact_id, media: &media }.stream(source))?;
        if !listing.is_complete(&range) {
            return Err(RecordingError::StopFragmentMissing {
                contact_id: contact_id.clone(),
                stream_arn: media.stream_arn.clone(),
                listed: listing.len(),
            });
        }
        if listing.has_gaps() {
            voicemail.warnings.push(Warning::AudioGaps);
        }
        // The service does not promise to keep the order of the numbers. If it does not, it is asked for so few at a
        // time that the order can be restored.
        for at_a_time in [CALL, REORDER_WINDOW] {
            let key = contact_id.recording_key();
            let bucket = &self.config.recordings_bucket;
            let mut upload = Upload::new(&self.clients.s3, bucket, &key, metadata::encode(&voicemail));
            let copied =
                timeout_at(work_until, copy(&stream, &listing, at_a_time, contact_id, &mut upload)).await;
            match copied.unwrap_or_else(|_| Err(out_of_time())) {
                Ok((Stored::Now, summary)) => {
                    metrics::captured(summary.duration_ms());
                    info!(
                        from = %Phone(voicemail.from.as_deref()),
                        duration_ms = summary.duration_ms(),
                        fragments = summary.fragments,
                        gaps = summary.gap_count,
                        "recorded"
                    );
                    return Ok(());
                }
                Ok((Stored::Before, _)) => {
                    upload.abort().await;
                    info!("recorded at the same time by another delivery of this contact record");
                    return Ok(());
                }
                Err(error) => {
                    upload.abort().await;
                    let disordered =
                        matches!(&error, RecordingError::Media { source: MediaError::OutOfOrder { .. }, .. });
                    if !disordered || at_a_time <= REORDER_WINDOW {
                        return Err(error);
                    }
                    warn!(%error, "the media came out of order; it is asked for again in small pieces");
                }
            }
        }
        Err(out_of_time())
    }

    async fn is_recorded(&self, contact_id: &ContactId) -> Result<bool, RecordingError> {
        let request = self
            .clients
            .s3
            .head_object()
            .bucket(&self.config.recordings_bucket)
            .key(contact_id.recording_key());
        let Err(error) = request.send().await else {
            return Ok(true);
        };
        let source = Failure::of("s3:HeadObject", &error);
        if source.kind == Kind::NotFound {
            return Ok(false);
        }
        Err(RecordingError::Store { contact_id: contact_id.clone(), source })
    }
}

/// From the contact's first fragment to its last.
fn fragments(
    media: &Media,
    contact_id: &ContactId,
) -> Result<RangeInclusive<FragmentNumber>, ContactRecordError> {
    let number = |text: &str, field| {
        text.parse()
            .map_err(|_| ContactRecordError::IncompleteMedia { contact_id: contact_id.clone(), field })
    };
    Ok(number(&media.first_fragment, "FragmentStartNumber")?
        ..=number(&media.last_fragment, "FragmentStopNumber")?)
}

/// Copies the caller's audio from the stream into the upload, and finishes it.
async fn copy(
    stream: &MediaStream<'_>,
    listing: &Listing,
    at_a_time: usize,
    contact_id: &ContactId,
    upload: &mut Upload<'_>,
) -> Result<(Stored, Summary), RecordingError> {
    let context = Context { contact_id, media: stream.media };
    let (first, last) = stream.range.clone().into_inner();
    let mut extractor = Extractor::new(Selection::contact(contact_id.as_str()).within(first, last));
    let mut pcm = Vec::new();
    let mut pace = Pace::default();
    for numbers in listing.calls(at_a_time) {
        pace.wait(numbers.len()).await;
        let mut body = stream.open(numbers).await.map_err(|source| context.stream(source))?;
        while let Some(chunk) = body.try_next().await.map_err(|error| context.broken_off(&error))? {
            extractor.push(&chunk, &mut pcm).map_err(|source| context.media(source))?;
            upload.write(&mut pcm).await.map_err(|source| context.store(source))?;
        }
        extractor.end_of_response(&mut pcm).map_err(|source| context.media(source))?;
    }
    let summary = extractor.finish(&mut pcm).map_err(|source| context.media(source))?;
    upload.write(&mut pcm).await.map_err(|source| context.store(source))?;
    context.check(&summary, listing.len() as u64)?;
    let stored =
        upload.finish(wav_header(summary.pcm_bytes)).await.map_err(|source| context.store(source))?;
    Ok((stored, summary))
}

/// What every error is about.
#[derive(Clone, Copy)]
struct Context<'a> {
    contact_id: &'a ContactId,
    media: &'a Media,
}

impl Context<'_> {
    /// Refuses what is not all of the message, and what is none.
    fn check(self, summary: &Summary, asked: u64) -> Result<(), RecordingError> {
        let received = summary.fragments + summary.foreign;
        let (contact_id, stream_arn) = (self.contact_id.clone(), self.media.stream_arn.clone());
        if received < asked {
            return Err(RecordingError::FragmentsMissing { contact_id, stream_arn, asked, received });
        }
        if summary.pcm_bytes == summary.silence_bytes {
            return Err(RecordingError::NoAudio { contact_id, stream_arn, foreign: summary.foreign });
        }
        Ok(())
    }

    fn stream(self, source: Failure) -> RecordingError {
        RecordingError::Stream {
            contact_id: self.contact_id.clone(),
            stream_arn: self.media.stream_arn.clone(),
            source,
        }
    }

    fn broken_off(self, error: &dyn std::error::Error) -> RecordingError {
        RecordingError::BrokenOff {
            contact_id: self.contact_id.clone(),
            stream_arn: self.media.stream_arn.clone(),
            reason: error.source().map_or_else(|| error.to_string(), ToString::to_string),
        }
    }

    fn media(self, source: MediaError) -> RecordingError {
        RecordingError::Media {
            contact_id: self.contact_id.clone(),
            stream_arn: self.media.stream_arn.clone(),
            source,
        }
    }

    fn store(self, source: Failure) -> RecordingError {
        RecordingError::Store { contact_id: self.contact_id.clone(), source }
    }
}
