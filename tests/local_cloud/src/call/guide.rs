//! Guides: views that an agent sees with a contact.

use std::collections::VecDeque;

use flow_language::Action;
use serde_json::{Value, json};
use uuid::Uuid;

use super::conversation::{Conversation, Who};
use super::detail;
use super::error::CallError;
use super::interpreter::{Interpreter, Leave, Outcome, failed};
use super::line::Line;
use super::running::load;
use crate::connect::{Channel, Connect, Contact};

/// An agent's response to a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentStep {
    /// Chooses one of its actions.
    Choose {
        /// The action's name.
        action: String,
        /// The data that the view returns, for example the values of a form.
        data: Value,
    },
    /// Does nothing until the view times out.
    Idle,
}

/// A view as the agent saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownView {
    /// The view's name.
    pub view: String,
    /// The data from the flow, with all references resolved.
    pub data: Value,
}

/// The result of a guide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuideOutcome {
    /// The guide's own contact, related to the original contact.
    pub contact_id: String,
    /// The views that the agent saw, in order.
    pub views: Vec<ShownView>,
    /// The log of events.
    pub conversation: Conversation,
}

/// A flow's guide.
#[derive(Debug, Default)]
pub(super) struct Guide {
    steps: VecDeque<AgentStep>,
    shown: Vec<ShownView>,
    /// The agent's response to the last view, as references see it.
    pub(super) result: Value,
}

/// Opens a contact like an agent who has accepted it. The flow set for its `DefaultAgentUI` event runs as a separate
/// chat contact with the original contact's attributes, and shows its views. After the last step the agent closes the
/// contact.
///
/// # Errors
/// If there is no such contact, it has no guide, or the guide's flow needs unsupported features.
pub async fn open_guide(
    connect: &Connect,
    contact_id: &str,
    steps: Vec<AgentStep>,
) -> Result<GuideOutcome, CallError> {
    let no_guide = |why: &str| CallError::NoGuide { contact: contact_id.to_owned(), why: why.to_owned() };
    let id = Uuid::new_v4().to_string();
    let flow = {
        let mut center = connect.center();
        if center.contact(contact_id).is_none() {
            return Err(no_guide("there is no such contact"));
        }
        let hook = center.hook(contact_id, "DefaultAgentUI").map(str::to_owned);
        let hook = hook.ok_or_else(|| no_guide("no flow has set one for its DefaultAgentUI event"))?;
        let mut guide = Contact::new(id.clone(), Channel::Chat, "API", connect.now());
        guide.related_id = Some(contact_id.to_owned());
        let attributes = center.attributes_of(contact_id);
        center.add_contact(guide);
        // They were valid before.
        let _ = center.set_attributes(&id, &attributes);
        hook
    };
    let outcome = run_guide(connect, &id, &flow, steps).await;
    if outcome.is_err() {
        connect.center().forget_contact(&id);
        return outcome;
    }
    connect.end_contact(&id, "AGENT_DISCONNECT").await?;
    outcome
}

async fn run_guide(
    connect: &Connect,
    contact_id: &str,
    flow: &str,
    steps: Vec<AgentStep>,
) -> Result<GuideOutcome, CallError> {
    let flow = load(connect, flow)?;
    let mut interpreter = Interpreter::new(connect, contact_id, Channel::Chat, Line::default(), flow);
    interpreter.guide.steps = steps.into();
    interpreter.run().await?;
    Ok(GuideOutcome {
        contact_id: contact_id.to_owned(),
        views: interpreter.guide.shown,
        conversation: interpreter.line.conversation,
    })
}

impl Interpreter<'_> {
    pub(super) fn show_view(&mut self, action: &Action) -> Result<Outcome, CallError> {
        if self.channel != Channel::Chat {
            return Ok(failed("views are shown in guides alone, which are chats"));
        }
        let resource = self.document(action, "ViewResource")?;
        let member = |name: &str| resource.get(name).and_then(Value::as_str).unwrap_or_default();
        let found = self.connect.center().view(member("Id"), member("Version")).map(|view| view.name.clone());
        let Some(view) = found else {
            return Ok(failed(format!("there is no published view {:?}", member("Id"))));
        };
        let Some(seconds) = self.number(action, "InvocationTimeLimitSeconds")? else {
            return Ok(failed("the time limit is no number"));
        };
        let data = self.document(action, "ViewData")?;
        if let Some(missing) = (view == "Detail").then(|| detail::missing(&data)).flatten() {
            return Ok(failed(format!("the view {view:?} needs {missing}")));
        }
        self.note(format!("shows the view {view:?}"));
        self.guide.shown.push(ShownView { view, data });
        Ok(match self.guide.steps.pop_front() {
            Some(AgentStep::Choose { action, data }) => {
                self.line.note(Who::Agent, format!("chooses {action}"));
                self.guide.result = json!({"Action": action, "ViewResultData": data});
                Outcome::Result(action)
            }
            Some(AgentStep::Idle) => {
                Outcome::Failed("TimeLimitExceeded", format!("the agent did nothing for {seconds} s"))
            }
            None => {
                self.line.note(Who::Agent, "closes the contact");
                Outcome::Left(Leave::Ended)
            }
        })
    }
}
