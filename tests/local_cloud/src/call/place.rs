//! Places calls, and gives tasks to their flows.

use std::fmt;

use flow_language::FlowType;
use futures_util::future::{BoxFuture, FutureExt as _};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::caller::{Call, Dialled};
use super::conversation::Conversation;
use super::error::CallError;
use super::interpreter::Interpreter;
use super::line::{Line, Utterance, milliseconds};
use super::running::load;
use super::stages::Disposition;
use crate::connect::{Attributes, Channel, Connect, Contact, Endpoint, SentRecord, StreamedMedia};
use crate::kinesis_video::{Run, StreamSettings};

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallOutcome {
    /// The contact that the call was.
    pub contact_id: String,
    /// What the caller heard.
    pub heard: Vec<Utterance>,
    /// The contact's attributes when the call was over.
    pub attributes: Attributes,
    /// What the caller's telephone sent while the flow was streaming media, silence included: signed 16-bit
    /// little-endian samples, 8 kHz, mono.
    pub caller_pcm: Vec<u8>,
    /// How the call ended.
    pub disposition: Disposition,
    /// The contact record that was sent, if there is a stream for them.
    pub contact_record: Option<SentRecord>,
    /// Everything that happened.
    pub conversation: Conversation,
}

impl fmt::Display for CallOutcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "contact {}", self.contact_id)?;
        write!(formatter, "{}", self.conversation)?;
        writeln!(formatter, "{}", self.disposition)?;
        for (name, value) in &self.attributes {
            writeln!(formatter, "attribute {name} = {value}")?;
        }
        match &self.contact_record {
            Some(sent) => writeln!(formatter, "contact record sent to {}", sent.stream),
            None => writeln!(formatter, "contact record sent nowhere: the instance has no stream for them"),
        }
    }
}

/// Places a call and carries it through to its end. When this returns, its media are stored and its contact record is
/// on the stream that the instance's storage configuration names.
///
/// The call ends at the present moment. However long it was, this takes no time, except for functions that the flow calls.
///
/// # Errors
/// When nothing answers, when the flow needs what the local cloud does not have, or when the contact record cannot be
/// sent. In the last case alone the call has taken place.
pub async fn place_call(connect: &Connect, call: Call) -> Result<CallOutcome, CallError> {
    let (flow_id, dialled) = answering_flow(connect, &call.to)?;
    let flow = load(connect, &flow_id)?;
    let contact_id = Uuid::new_v4().to_string();
    let mut contact = Contact::new(contact_id.clone(), Channel::Voice, "INBOUND", connect.now());
    contact.customer = Some(Endpoint { address: call.from });
    contact.system = dialled.map(|address| Endpoint { address });
    connect.centre().add_contact(contact);

    let line = Line::new(call.steps);
    let mut interpreter = Interpreter::new(connect, &contact_id, Channel::Voice, line, flow);
    let disposition = match interpreter.run().await {
        Ok(disposition) => disposition,
        Err(error) => {
            connect.centre().forget_contact(&contact_id);
            return Err(error);
        }
    };
    interpreter.stop_streaming();
    interpreter.line.note_disappointments();
    let caller_pcm = hang_up(connect, &contact_id, &interpreter, &disposition);
    let contact_record = connect.publish_contact_record(&contact_id).await?;
    let attributes = connect.centre().attributes_of(&contact_id);
    Ok(CallOutcome {
        contact_id,
        heard: interpreter.line.heard().to_vec(),
        attributes,
        caller_pcm,
        disposition,
        contact_record,
        conversation: interpreter.line.conversation,
    })
}

/// Runs the flow of a new task to its end. Boxed, since a flow can make tasks itself.
pub(crate) fn run_task_flow<'a>(
    connect: &'a Connect,
    contact_id: &'a str,
    flow: &'a str,
) -> BoxFuture<'a, Result<(), CallError>> {
    async move {
        let flow = load(connect, flow)?;
        let mut interpreter = Interpreter::new(connect, contact_id, Channel::Task, Line::default(), flow);
        if interpreter.run().await? == Disposition::Disconnected {
            let ended = connect.end_contact(contact_id, "CONTACT_FLOW_DISCONNECT").await;
            if let Err(error) = ended {
                tracing::warn!(contact_id, %error, "the contact record was not sent");
            }
        }
        Ok(())
    }
    .boxed()
}

/// The id of the flow that answers, and the number dialled.
fn answering_flow(connect: &Connect, to: &Dialled) -> Result<(String, Option<String>), CallError> {
    let centre = connect.centre();
    let (flow, number) = match to {
        Dialled::Number(number) => {
            let flow = centre.flow_of_number(number);
            (flow.ok_or_else(|| CallError::NoAnswer(number.clone()))?, Some(number.clone()))
        }
        Dialled::Flow(name) => {
            let flow = centre.flow_named(name).or_else(|| centre.flow(name));
            (flow.ok_or_else(|| CallError::NoFlow(name.clone()))?, None)
        }
    };
    if flow.flow_type != FlowType::ContactFlow {
        return Err(CallError::NotCallable {
            flow: flow.document.name.clone(),
            reason: format!("it is of type {}, not {}", flow.flow_type, FlowType::ContactFlow),
        });
    }
    Ok((flow.id.clone(), number))
}

/// Ends a call at the present moment: its media are stored and its contact gets its times. Gives what was streamed.
fn hang_up(
    connect: &Connect,
    contact_id: &str,
    interpreter: &Interpreter<'_>,
    disposition: &Disposition,
) -> Vec<u8> {
    let line = &interpreter.line;
    let end = connect.now();
    let at = |samples: u64| moment(end, line.now_ms(), milliseconds(samples));
    let media = {
        let centre = connect.centre();
        let settings = centre.media_streams().cloned();
        settings.map(|settings| (settings, centre.instance_id().to_owned()))
    };
    let mut caller_pcm = Vec::new();
    let mut recordings = Vec::new();
    // Streaming does not start without a configuration; without one there is nothing to store.
    if let Some((settings, instance_id)) = media {
        for streamed in &interpreter.streamed {
            let from_customer = line.sent(streamed.from, streamed.until);
            let to_customer = streamed.both.then(|| line.received(streamed.from, streamed.until));
            let stored = connect.kinesis_video().store(
                StreamSettings {
                    name_prefix: &settings.prefix,
                    retention_hours: settings.retention_period_hours,
                    key_id: &settings.encryption_config.key_id,
                },
                Run {
                    contact_id,
                    instance_id: &instance_id,
                    start_ms: at(streamed.from).as_millisecond(),
                    from_customer,
                    to_customer: to_customer.as_deref(),
                },
            );
            caller_pcm.extend_from_slice(from_customer);
            recordings.push(StreamedMedia {
                stream_arn: stored.stream_arn,
                fragments: stored.fragments,
                start: at(streamed.from),
                stop: at(streamed.until),
            });
        }
    }
    let reason = match disposition {
        Disposition::Disconnected => "CONTACT_FLOW_DISCONNECT",
        Disposition::Answered { agent_hung_up: true, .. } => "AGENT_DISCONNECT",
        Disposition::HungUp | Disposition::Queued { .. } | Disposition::Answered { .. } => {
            "CUSTOMER_DISCONNECT"
        }
    };
    if let Some(contact) = connect.centre().contact_mut(contact_id) {
        contact.initiated = at(0);
        contact.disconnected = Some((end, reason));
        contact.updated = end;
        contact.recordings = recordings;
        if let (Some(queued), Some(since)) = (&mut contact.queued, interpreter.queued_at) {
            queued.since = at(since);
        }
        if let (Some(agent), Some(since)) = (&mut contact.agent, interpreter.answered_at) {
            agent.since = at(since);
        }
    }
    caller_pcm
}

/// The time of a moment in a call that ends at `end`, `length_ms` after it began.
fn moment(end: Timestamp, length_ms: u64, at_ms: u64) -> Timestamp {
    let before_end = length_ms.saturating_sub(at_ms);
    let before_end = SignedDuration::from_millis(i64::try_from(before_end).unwrap_or(i64::MAX));
    end.checked_sub(before_end).unwrap_or(Timestamp::UNIX_EPOCH)
}
