//! Guides: the views that an agent is shown beside a contact.

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

/// What an agent does with the view that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentStep {
    /// Chooses one of its actions.
    Choose {
        /// The action's name.
        action: String,
        /// What the view gives with it, for example the values of a form.
        data: Value,
    },
    /// Does nothing until the view's time is up.
    Idle,
}

/// A view as the agent saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownView {
    /// The view's name.
    pub view: String,
    /// The data that the flow gave it, with all references replaced.
    pub data: Value,
}

/// What came of a guide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuideOutcome {
    /// The contact that the guide was: one of its own, related to the one that it belongs to.
    pub contact_id: String,
    /// What the agent saw, in order.
    pub views: Vec<ShownView>,
    /// Everything that happened.
    pub conversation: Conversation,
}

/// The guide that a flow shows.
#[derive(Debug, Default)]
pub(super) struct Guide {
    steps: VecDeque<AgentStep>,
    shown: Vec<ShownView>,
    /// What the agent did with the last view, as references see it.
    pub(super) result: Value,
}

/// Opens a contact as an agent does who has accepted it: the flow that was set for its `DefaultAgentUI` event runs as a
/// chat contact of its own, with the attributes of the contact that it belongs to, and shows its views. After the last
/// step the agent closes the contact.
///
/// # Errors
/// When there is no such contact, it has no guide, or the guide's flow needs what the local cloud does not have.
pub async fn open_guide(
    connect: &Connect,
    contact_id: &str,
    steps: Vec<AgentStep>,
) -> Result<GuideOutcome, CallError> {
    let no_guide = |why: &str| CallError::NoGuide { contact: contact_id.to_owned(), why: why.to_owned() };
    let id = Uuid::new_v4().to_string();
    let flow = {
        let mut centre = connect.centre();
        if centre.contact(contact_id).is_none() {
            return Err(no_guide("there is no such contact"));
        }
        let hook = centre.hook(contact_id, "DefaultAgentUI").map(str::to_owned);
        let hook = hook.ok_or_else(|| no_guide("no flow has set one for its DefaultAgentUI event"))?;
        let mut guide = Contact::new(id.clone(), Channel::Chat, "API", connect.now());
        guide.related_id = Some(contact_id.to_owned());
        let attributes = centre.attributes_of(contact_id);
        centre.add_contact(guide);
        // They fitted before.
        let _ = centre.set_attributes(&id, &attributes);
        hook
    };
    let outcome = run_guide(connect, &id, &flow, steps).await;
    if outcome.is_err() {
        connect.centre().forget_contact(&id);
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
        let found = self.connect.centre().view(member("Id"), member("Version")).map(|view| view.name.clone());
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
