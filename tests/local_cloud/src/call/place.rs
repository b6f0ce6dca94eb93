//! Places calls and runs tasks' flows.

use std::fmt;

use flow_language::FlowType;
use futures_util::future::{BoxFuture, FutureExt as _};
use uuid::Uuid;

use super::caller::{Call, Dialed};
use super::circumstances::Circumstances;
use super::contacts::{EarlierContact, Streams};
use super::conversation::Conversation;
use super::error::CallError;
use super::interpreter::Interpreter;
use super::line::{Line, Utterance};
use super::running::load;
use super::stages::Disposition;
use crate::connect::{Attributes, Channel, Connect, Contact, Endpoint, SentRecord};

/// The result of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallOutcome {
    /// The call's last contact.
    pub contact_id: String,
    /// Its contacts before transfers, in order.
    pub earlier: Vec<EarlierContact>,
    /// What the caller heard.
    pub heard: Vec<Utterance>,
    /// The contact's attributes at the end of the call.
    pub attributes: Attributes,
    /// What the caller's phone sent while this contact's flows were streaming media, including silence: signed 16-bit
    /// little-endian samples, 8 kHz, mono.
    pub caller_pcm: Vec<u8>,
    /// How the call ended.
    pub disposition: Disposition,
    /// The contact record that was sent, if a stream is configured.
    pub contact_record: Option<SentRecord>,
    /// The log of events.
    pub conversation: Conversation,
}

impl fmt::Display for CallOutcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for earlier in &self.earlier {
            write!(formatter, "contact {}, transferred to ", earlier.contact_id)?;
        }
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

/// Places a call and runs it to its end. On return, its media are stored and its contact record is on the stream in
/// the instance's storage configuration.
///
/// The call ends at the present moment. It takes no time, except for functions that the flow calls.
///
/// # Errors
/// If nothing answers, the flow needs unsupported features, or the contact record cannot be sent. Only in the last
/// case, the call has taken place.
pub async fn place_call(connect: &Connect, call: Call) -> Result<CallOutcome, CallError> {
    let (flow_id, dialed) = answering_flow(connect, &call.to)?;
    let flow = load(connect, &flow_id)?;
    let contact_id = Uuid::new_v4().to_string();
    let mut contact = Contact::new(contact_id.clone(), Channel::Voice, "INBOUND", connect.now());
    contact.customer = Some(Endpoint { address: call.from });
    contact.system = dialed.map(|address| Endpoint { address });
    connect.center().add_contact(contact);

    let mut steps = call.steps;
    let circumstances = Circumstances::take_from(&mut steps);
    let mut interpreter = Interpreter::new(connect, &contact_id, Channel::Voice, Line::new(steps), flow);
    interpreter.circumstances = circumstances;
    let disposition = match interpreter.run().await {
        Ok(disposition) => disposition,
        Err(error) => {
            interpreter.forget_contacts();
            return Err(error);
        }
    };
    interpreter.line.note_disappointments();
    let (last, earlier_streams) = interpreter.finish(disconnect_reason(&disposition));
    let mut earlier = Vec::new();
    for streams in earlier_streams {
        earlier.push(report(connect, streams).await?);
    }
    let last = report(connect, last).await?;
    Ok(CallOutcome {
        contact_id: last.contact_id,
        earlier,
        heard: interpreter.line.heard().to_vec(),
        attributes: last.attributes,
        caller_pcm: last.caller_pcm,
        disposition,
        contact_record: last.contact_record,
        conversation: interpreter.line.conversation,
    })
}

/// Runs a new task's flow to its end. Boxed, because a flow can itself create tasks.
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

/// The ID of the flow that answers, and the number dialed.
fn answering_flow(connect: &Connect, to: &Dialed) -> Result<(String, Option<String>), CallError> {
    let center = connect.center();
    let (flow, number) = match to {
        Dialed::Number(number) => {
            let flow = center.flow_of_number(number);
            (flow.ok_or_else(|| CallError::NoAnswer(number.clone()))?, Some(number.clone()))
        }
        Dialed::Flow(name) => {
            let flow = center.flow_named(name).or_else(|| center.flow(name));
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

/// Sends the record of a finished contact.
async fn report(connect: &Connect, streams: Streams) -> Result<EarlierContact, CallError> {
    let Streams { contact_id, caller_pcm } = streams;
    let contact_record = connect.publish_contact_record(&contact_id).await?;
    let attributes = connect.center().attributes_of(&contact_id);
    Ok(EarlierContact { contact_id, attributes, caller_pcm, contact_record })
}

/// The reason for the end of a call's last contact, as in contact records.
fn disconnect_reason(disposition: &Disposition) -> &'static str {
    match disposition {
        Disposition::Disconnected => "CONTACT_FLOW_DISCONNECT",
        Disposition::Answered { agent_hung_up: true, .. } => "AGENT_DISCONNECT",
        Disposition::HungUp | Disposition::Queued { .. } | Disposition::Answered { .. } => {
            "CUSTOMER_DISCONNECT"
        }
    }
}
