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

/// The most actions that one contact runs. A caller would be gone long before.
const MOST_ACTIONS: usize = 10_000;

/// What came of a block.
pub(super) enum Outcome {
    /// It went well: on to `NextAction`.
    Done,
    /// It has a result that conditions may name.
    Result(String),
    /// It failed: on to the branch of that error.
    Failed(&'static str, String),
    /// It named the branch itself.
    Branch(String),
    /// The contact goes on in another flow.
    Flow(Arc<Running>),
    /// A module is run, and then the flow goes on here.
    Module(Arc<Running>, Value),
    /// A module is over, with a result and its data.
    Return(Option<String>, Value),
    /// The flow is over.
    Left(Leave),
}

/// How a flow was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    /// The caller hung up.
    HungUp,
    /// The flow ended the contact.
    Disconnected,
    /// The flow ended without ending the contact.
    Ended,
    /// The flow put the contact into a queue.
    Queued,
    /// An agent took the contact out of its queue.
    Answered,
}

/// A block's failure without a name of its own.
pub(super) fn failed(why: impl Into<String>) -> Outcome {
    Outcome::Failed("NoMatchingError", why.into())
}

/// What only one flow or one run of a module sees.
#[derive(Debug, Default)]
pub(super) struct Local {
    /// What the last function answered.
    pub(super) external: Value,
    pub(super) flow_attributes: BTreeMap<String, String>,
    /// What the caller entered last.
    pub(super) stored_input: String,
    /// What a module was given.
    pub(super) input: Value,
    /// The result of the last module, and its data.
    pub(super) result: Value,
    pub(super) result_data: Value,
}

impl Local {
    /// Nothing yet, but what a module was given: for a flow that is null.
    fn new(input: Value) -> Self {
        Self { external: json!({}), input, ..Self::default() }
    }
}

/// A flow that waits for the end of a module.
struct Waiting {
    flow: Arc<Running>,
    /// The block that runs the module.
    action: String,
    local: Local,
}

/// Who hears what a flow says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listener {
    Customer,
    Agent,
}

pub(super) struct Interpreter<'a> {
    pub(super) connect: &'a Connect,
    /// The contact that the call is now.
    pub(super) contact_id: String,
    pub(super) channel: Channel,
    pub(super) circumstances: Circumstances,
    pub(super) line: Line,
    pub(super) flow: Arc<Running>,
    pub(super) local: Local,
    /// The flows that wait for the module that runs now, the outermost first.
    waiting: Vec<Waiting>,
    actions: usize,
    /// How often each loop has gone round, by flow and action. The service counts for the whole call: a flow that is run
    /// again finds its loops as it left them.
    pub(super) loops: HashMap<(String, String), u32>,
    pub(super) listener: Listener,
    pub(super) target_queue: Option<QueueTarget>,
    /// What has happened to the contact.
    pub(super) marks: Marks,
    /// The contacts that the call was before.
    pub(super) ended: Vec<Ended>,
    /// The block of a queue's flow that was interrupted, and goes on when the flow ends.
    pub(super) interrupted: Option<String>,
    pub(super) streaming: Option<Streaming>,
    pub(super) guide: Guide,
}

impl<'a> Interpreter<'a> {
    /// Begins a contact that will run a flow.
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

    /// Runs a flow from its beginning until the contact leaves it.
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
                    // What the flow noted for itself is gone; what functions answered and the caller entered stays.
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
                // A branch that is not there: the service drops the call.
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

    /// Goes back to the flow that ran the module which has ended, to the block that follows.
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

    /// The error for what the local cloud cannot do, in an action of the flow that is being run.
    pub(super) fn unsupported(&self, action: &Action, what: impl Into<String>) -> CallError {
        self.unsupported_in(&action.identifier, what)
    }

    pub(super) fn unsupported_in(&self, action: &str, what: impl Into<String>) -> CallError {
        CallError::Unsupported { flow: self.flow.name.clone(), action: action.to_owned(), what: what.into() }
    }
}
