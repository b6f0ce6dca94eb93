//! From contact records to recordings.

use std::time::Duration;

use aws_smithy_types::base64;
use tokio::time::Instant;
use tracing::{Instrument as _, Span, debug, error, warn};
use vmx_contract::at_once::RECORDED as AT_ONCE;
use vmx_contract::contact_record::ContactRecord;
use vmx_contract::messages::{Message, has_saved};
use vmx_contract::retry;
use vmx_lambda::batch::{BatchResponse, Failed, handle_each};
use vmx_lambda::logs::voicemail_span;
use vmx_lambda::metrics;

use crate::cause;
use crate::config::{Clients, Config};
use crate::event::{Event, Record};
use crate::media_stream::{Endpoints, Pace};
use crate::message::Messages;
use crate::retry_queue;
use crate::triage::{Triage, triage};

/// Reserved from an invocation's time for aborting an unfinished upload and sending the record to the retry queue.
const CLEAN_UP: Duration = Duration::from_secs(5);

/// Records voicemails.
#[derive(Debug)]
pub struct Recorder {
    clients: Clients,
    config: Config,
    endpoints: Endpoints,
}

/// Why a record must be processed again.
struct Unfinished {
    reason: String,
    /// The first failed message.
    span: Span,
}

impl Recorder {
    /// A recorder. One serves all invocations of a process.
    #[must_use]
    pub fn new(clients: Clients, config: Config) -> Self {
        Self { clients, config, endpoints: Endpoints::default() }
    }

    /// Handles one invocation: records the messages in its contact records. Records with failed messages go to the
    /// retry queue, or back to it; the response names those for which that failed too.
    pub async fn handle(&self, event: Event, deadline: Instant) -> BatchResponse {
        let items = event.records.into_iter().map(|record| match record {
            Record::Stream { kinesis } => {
                let data = base64::decode(&kinesis.data).unwrap_or_else(|_| kinesis.data.into_bytes());
                (kinesis.sequence_number, (data, true))
            }
            Record::Queue { message_id, body } => (message_id, (retry::of_body(&body).into_owned(), false)),
        });
        let work_until = deadline.checked_sub(CLEAN_UP).unwrap_or(deadline);
        handle_each(items, AT_ONCE, deadline, async |(data, from_stream)| {
            let Err(Unfinished { reason, span }) = self.process(&data, work_until).await else {
                return Ok(());
            };
            if from_stream {
                self.defer(&data, &reason).instrument(span).await
            } else {
                span.in_scope(|| error!(reason, "the voicemail could not be recorded this time either"));
                Err(Failed)
            }
        })
        .await
    }

    /// Handles one record.
    async fn process(&self, data: &[u8], work_until: Instant) -> Result<(), Unfinished> {
        match triage(data, &self.config.instance) {
            Triage::Nothing => {
                debug!("not a voicemail of this instance");
                Ok(())
            }
            Triage::Messages(record, messages) => self.record(&record, messages, work_until).await,
            Triage::Unreadable(error) => {
                metrics::failed(cause::RECORD);
                Err(Unfinished { reason: error.to_string(), span: Span::none() })
            }
        }
    }

    /// Records the messages of a contact, one after the other. A failed one does not stop the others. The record is
    /// then processed again as a whole, skipping what is done.
    async fn record(
        &self,
        record: &ContactRecord,
        messages: Vec<Message>,
        work_until: Instant,
    ) -> Result<(), Unfinished> {
        let mut work = Messages {
            clients: &self.clients,
            config: &self.config,
            endpoints: &self.endpoints,
            record,
            any_saved: has_saved(record),
            work_until,
            pace: Pace::default(),
        };
        let mut failed: Option<(Vec<String>, Span)> = None;
        for message in messages {
            let span = voicemail_span(&message.id);
            if let Err(error) = work.record(message).instrument(span.clone()).await {
                metrics::failed(cause::of(&error));
                let (reasons, _) = failed.get_or_insert_with(|| (Vec::new(), span));
                reasons.push(error.to_string());
                reasons.dedup();
            }
        }
        match failed {
            None => Ok(()),
            Some((reasons, span)) => Err(Unfinished { reason: reasons.join("; "), span }),
        }
    }

    /// Sends a failed record to the retry queue.
    async fn defer(&self, record: &[u8], reason: &str) -> Result<(), Failed> {
        match retry_queue::put(&self.clients.sqs, &self.config.retry_queue_url, record, reason).await {
            Ok(()) => {
                warn!(reason, "the contact record waits in the retry queue");
                Ok(())
            }
            Err(failure) => {
                error!(reason, %failure, "the contact record could not be sent to the retry queue and stays \
                                          in the stream");
                Err(Failed)
            }
        }
    }
}
