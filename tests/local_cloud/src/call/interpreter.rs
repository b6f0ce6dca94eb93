//! Runs a flow, block by block.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use flow_language::Action;
use serde_json::{Value, json};

use super::actions::streaming::Streaming;
use super::circumstances::Circumstances;
use super::contacts::{Ended, Marks};
use super::conversation::Who;
use super::error::CallError;
use super::guide::Guide;
use super::line::Line;
use super::running::Running;
use crate::connect::{Channel, Connect, QueueTarget};

/// The maximum number of actions per contact. A caller would have hung up long before.
const MOST_ACTIONS: usize = 10_000;

/// The result of a block.
pub(super) enum Outcome {
    /// Success: continue at `NextAction`.
    Done,
    /// Success with a result for the conditions.
    Result(String),
    /// Failure: continue at the branch of this error.
    Failed(&'static str, String),
    /// Continue at this branch.
    Branch(String),
    /// Continue in another flow.
    Flow(Arc<Running>),
    /// Run a module, then continue here.
    Module(Arc<Running>, Value),
    /// Return from a module, with a result and its data.
    Return(Option<String>, Value),
    /// Leave the flow.
    Left(Leave),
}

/// How a contact left its flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    /// The caller hung up.
    HungUp,
    /// The flow ended the contact.
    Disconnected,
    /// The flow ended, but not the contact.
    Ended,
    /// The flow transferred the contact to a queue.
    Queued,
    /// An agent took the contact from its queue.
    Answered,
}

/// A failure without a specific error name.
pub(super) fn failed(why: impl Into<String>) -> Outcome {
    Outcome::Failed("NoMatchingError", why.into())
}

/// State that is visible only to one flow or one run of a module.
#[derive(Debug, Default)]
pub(super) struct Local {
    /// The last function's response.
    pub(super) external: Value,
    pub(super) flow_attributes: BTreeMap<String, String>,
    /// The caller's last input.
    pub(super) stored_input: String,
    /// The module's input.
    pub(super) input: Value,
    /// The last module's result and data.
    pub(super) result: Value,
    pub(super) result_data: Value,
}

impl Local {
    /// Empty except for a module's input, which is null for a flow.
    fn new(input: Value) -> Self {
        Self { external: json!({}), input, ..Self::default() }
    }
}

/// A flow that waits for a module to end.
struct Waiting {
    flow: Arc<Running>,
    /// The block that runs the module.
    action: String,
    local: Local,
}

/// Who hears the flow's prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listener {
    Customer,
    Agent,
}

pub(super) struct Interpreter<'a> {
    pub(super) connect: &'a Connect,
    /// The call's current contact.
    pub(super) contact_id: String,
    pub(super) channel: Channel,
    pub(super) circumstances: Circumstances,
    pub(super) line: Line,
    pub(super) flow: Arc<Running>,
    pub(super) local: Local,
    /// The flows that wait for the current module, outermost first.
    waiting: Vec<Waiting>,
    actions: usize,
    /// The count of each loop, by flow and action. The service counts for the whole call: a flow that runs again
    /// continues its loops.
    pub(super) loops: HashMap<(String, String), u32>,
    pub(super) listener: Listener,
    pub(super) target_queue: Option<QueueTarget>,
    /// The times of the contact's events.
    pub(super) marks: Marks,
    /// The call's earlier contacts.
    pub(super) ended: Vec<Ended>,
    /// The interrupted block of a queue's flow, which continues when the flow ends.
    pub(super) interrupted: Option<String>,
    pub(super) streaming: Option<Streaming>,
    pub(super) guide: Guide,
}

impl<'a> Interpreter<'a> {
    /// Starts a contact to run a flow.
    pub(super) fn new(
        connect: &'a Connect,
        contact_id: &str,
        channel: Channel,
        line: Line,
        flow: Arc<Running>,
    ) -> Self {
        Self {
            connect,
            contact_id: contact_id.to_owned(),
            channel,
            circumstances: Circumstances::default(),
            line,
            flow,
            local: Local::new(Value::Null),
            waiting: Vec::new(),
            actions: 0,
            loops: HashMap::new(),
            listener: Listener::Customer,
            target_queue: None,
            marks: Marks::default(),
            ended: Vec::new(),
            interrupted: None,
            streaming: None,
            guide: Guide::default(),
        }
    }

    /// Runs a flow from its start until the contact leaves it.
    pub(super) async fn run_flow(&mut self, flow: Arc<Running>) -> Result<Leave, CallError> {
        let mut at = self.begin(flow, Local::new(Value::Null));
        self.waiting.clear();
        self.interrupted = None;
        loop {
            self.count_action()?;
            let flow = Arc::clone(&self.flow);
            let action =
                flow.flow.action(&at).ok_or_else(|| self.unsupported_in(&at, "an action of that name"))?;
            let outcome = self.perform(action).await?;
            if self.line.has_hung_up() {
                return Ok(Leave::HungUp);
            }
            if self.line.is_answered() {
                return Ok(Leave::Answered);
            }
            let next = match outcome {
                Outcome::Left(leave) => return Ok(leave),
                Outcome::Flow(flow) => {
                    self.note(format!("goes on in the flow {:?}", flow.name));
                    // The flow's own attributes are lost; function results and input remain.
                    let Local { external, stored_input, .. } = std::mem::take(&mut self.local);
                    self.waiting.clear();
                    Some(self.begin(flow, Local { external, stored_input, ..Local::default() }))
                }
                Outcome::Module(module, input) => {
                    self.note(format!("runs the module {:?}", module.name));
                    let waiting = Waiting {
                        flow: Arc::clone(&flow),
                        action: at.clone(),
                        local: std::mem::take(&mut self.local),
                    };
                    self.waiting.push(waiting);
                    Some(self.begin(module, Local::new(input)))
                }
                Outcome::Return(result, data) => self.end_module(result, data),
                outcome => self.next(action, outcome),
            };
            let Some(next) = next else {
                // A missing branch: the service drops the call.
                self.note(format!("{at} has no branch for this: the contact is disconnected"));
                return Ok(Leave::Disconnected);
            };
            at = next;
        }
    }

    fn begin(&mut self, flow: Arc<Running>, local: Local) -> String {
        self.local = local;
        self.flow = flow;
        self.flow.flow.start_action.clone()
    }

    /// Returns from a module to the next block of the flow that ran it.
    fn end_module(&mut self, result: Option<String>, data: Value) -> Option<String> {
        let Waiting { flow, action, local } = self.waiting.pop()?;
        self.flow = Arc::clone(&flow);
        self.local = Local { result: json!(result), result_data: data, ..local };
        let outcome = result.map_or(Outcome::Done, Outcome::Result);
        self.next(flow.flow.action(&action)?, outcome)
    }

    fn count_action(&mut self) -> Result<(), CallError> {
        self.actions += 1;
        if self.actions > MOST_ACTIONS {
            return Err(CallError::Endless { flow: self.flow.name.clone(), actions: MOST_ACTIONS });
        }
        Ok(())
    }

    fn next(&mut self, action: &Action, outcome: Outcome) -> Option<String> {
        let transitions = &action.transitions;
        match outcome {
            Outcome::Branch(next) => Some(next),
            Outcome::Result(result) => {
                let branch = transitions.conditions.iter().find(|branch| {
                    branch.condition.operator == "Equals" && branch.condition.operands.contains(&result)
                });
                match branch {
                    Some(branch) => Some(branch.next_action.clone()),
                    None => transitions
                        .error("NoMatchingCondition")
                        .map(str::to_owned)
                        .or_else(|| transitions.next_action.clone()),
                }
            }
            Outcome::Failed(error, why) => {
                self.note(format!("{} fails ({error}): {why}", action.kind));
                let branch = transitions.error(error).or_else(|| transitions.error("NoMatchingError"));
                branch.map(str::to_owned)
            }
            _ => transitions.next_action.clone(),
        }
    }

    pub(super) fn note(&mut self, what: impl Into<String>) {
        self.line.note(Who::Flow, what);
    }

    /// The error for an unsupported feature in an action of the current flow.
    pub(super) fn unsupported(&self, action: &Action, what: impl Into<String>) -> CallError {
        self.unsupported_in(&action.identifier, what)
    }

    pub(super) fn unsupported_in(&self, action: &str, what: impl Into<String>) -> CallError {
        CallError::Unsupported { flow: self.flow.name.clone(), action: action.to_owned(), what: what.into() }
    }
}
