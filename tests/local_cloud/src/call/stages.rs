//! Moves a call between flows, queues and agents.

use std::fmt;
use std::sync::Arc;

use super::contacts::AgentMarks;
use super::conversation::Who;
use super::error::CallError;
use super::interpreter::{Interpreter, Leave, Listener};
use super::line::{Event, Stage};
use super::running::{Running, load};
use crate::connect::{AnsweringAgent, Channel, Transfer};

/// How a contact left its flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disposition {
    /// The caller hung up.
    HungUp,
    /// The flow ended the call.
    Disconnected,
    /// The flow put the contact into a queue, where it still is or where the caller hung up.
    Queued {
        /// The queue's name, or the username of the agent whose queue it is.
        queue: String,
    },
    /// An agent took the call from a queue, and no flow followed.
    Answered {
        /// The queue's name, or the username of the agent whose queue it was.
        queue: String,
        /// The agent's username.
        agent: String,
        /// Whether the agent hung up in the end.
        agent_hung_up: bool,
    },
}

impl fmt::Display for Disposition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HungUp => formatter.write_str("the caller hung up"),
            Self::Disconnected => formatter.write_str("the flow ended the call"),
            Self::Queued { queue } => write!(formatter, "the call was in the queue {queue} to the end"),
            Self::Answered { queue, agent, agent_hung_up } => {
                let who = if *agent_hung_up { "the agent" } else { "the caller" };
                write!(formatter, "{agent} took the call from the queue {queue}; {who} hung up")
            }
        }
    }
}

/// What follows a conversation with an agent.
enum After {
    /// Nothing.
    Over(Disposition),
    /// The agent has left, and a flow continues with the caller.
    Flow(Arc<Running>),
}

impl Interpreter<'_> {
    /// Runs the contact's flow and everything that follows until nothing more can happen.
    pub(super) async fn run(&mut self) -> Result<Disposition, CallError> {
        let mut leave = self.run_flow(Arc::clone(&self.flow)).await?;
        loop {
            leave = match leave {
                Leave::HungUp => {
                    return Ok(match self.waits_in() {
                        Some(queue) => Disposition::Queued { queue },
                        None => Disposition::HungUp,
                    });
                }
                // Except for queue flows and whispers, the end of a flow ends the contact, too.
                Leave::Disconnected | Leave::Ended => return Ok(Disposition::Disconnected),
                Leave::Queued if self.channel != Channel::Voice => {
                    return Ok(Disposition::Queued { queue: self.waits_in().unwrap_or_default() });
                }
                Leave::Queued => self.wait_in_queue().await?,
                Leave::Answered => match self.talk().await? {
                    After::Over(disposition) => return Ok(disposition),
                    After::Flow(flow) => self.run_flow(flow).await?,
                },
            };
        }
    }

    /// The name of the queue that the contact is in.
    fn waits_in(&self) -> Option<String> {
        let queued_at = self.marks.queued_at?;
        if self.marks.agent.as_ref().is_some_and(|agent| queued_at <= agent.answered) {
            return None;
        }
        self.target_queue.as_ref().map(|target| target.name().to_owned())
    }

    /// Keeps the caller in the queue, with the instance's flow for it or another that was set.
    async fn wait_in_queue(&mut self) -> Result<Leave, CallError> {
        self.line.enter(Stage::Queue);
        if let Some(flow) = self.hooked("CustomerQueue")? {
            self.note(format!("runs the queue's flow {:?}", flow.name));
            let leave = self.run_flow(flow).await?;
            if leave != Leave::Ended {
                return Ok(leave);
            }
        }
        // The flow has ended; the caller stays in the queue and hears nothing.
        self.line.keep_waiting(true);
        Ok(match self.line.pass_without_keys(u64::MAX) {
            Event::Answered => Leave::Answered,
            _ => Leave::HungUp,
        })
    }

    /// Connects the caller with the agent who has taken the call: first the agent hears a whisper, then the customer,
    /// as the administrator guide describes it for inbound calls.
    async fn talk(&mut self) -> Result<After, CallError> {
        let named = self.line.take_agent();
        let queue = self.waits_in().unwrap_or_default();
        let (id, username) = self.answering_agent(named.as_deref())?;
        self.line.enter(Stage::Flow);
        self.line.keep_waiting(false);
        self.line.note(Who::Agent, format!("{username} answers"));
        let answered = self.line.now();
        self.marks.agent = Some(AgentMarks { answered, talked: None, left: None, holds: Vec::new() });
        let since = self.connect.now();
        if let Some(contact) = self.connect.center().contact_mut(&self.contact_id) {
            contact.agent = Some(AnsweringAgent { id, since, served: None });
        }
        let answered =
            |agent_hung_up| After::Over(Disposition::Answered { queue, agent: username, agent_hung_up });
        if self.run_whispers().await? == Leave::HungUp {
            return Ok(answered(false));
        }
        self.listener = Listener::Customer;
        self.line.note(Who::Agent, "talks with the caller");
        let talked = self.line.now();
        let agent_left = self.line.converse() == Event::AgentLeft;
        if let Some(agent) = &mut self.marks.agent {
            agent.talked = Some(talked);
            agent.left = agent_left.then(|| self.line.now());
            agent.holds = self.line.take_holds();
        }
        if !agent_left {
            return Ok(answered(false));
        }
        let flow = match self.line.take_transfer() {
            Some(flow) => {
                let flow = self.flow_to_transfer_to(&flow)?;
                self.begin_next_contact(Transfer::ByAgent);
                self.target_queue = None;
                flow
            }
            None => match self.hooked("CustomerRemaining")? {
                Some(flow) => flow,
                None => return Ok(answered(true)),
            },
        };
        self.note(format!("goes on in the flow {:?}", flow.name));
        self.line.enter(Stage::Flow);
        self.line.keep_waiting(false);
        Ok(After::Flow(flow))
    }

    /// Runs the whispers: first the agent's, then the customer's.
    async fn run_whispers(&mut self) -> Result<Leave, CallError> {
        if !self.circumstances.whispers {
            self.note("no whisper runs");
            return Ok(Leave::Ended);
        }
        for (event, listener) in [("AgentWhisper", Listener::Agent), ("CustomerWhisper", Listener::Customer)]
        {
            if let Some(flow) = self.hooked(event)? {
                self.note(format!("runs the whisper {:?}", flow.name));
                self.listener = listener;
                if self.run_flow(flow).await? == Leave::HungUp {
                    return Ok(Leave::HungUp);
                }
            }
        }
        Ok(Leave::Ended)
    }

    /// The flow that an agent selects by name, ID or ARN.
    fn flow_to_transfer_to(&self, named: &str) -> Result<Arc<Running>, CallError> {
        let id = {
            let center = self.connect.center();
            center.flow_named(named).or_else(|| center.flow(named)).map(|flow| flow.id.clone())
        };
        load(self.connect, &id.ok_or_else(|| CallError::NoFlow(named.to_owned()))?)
    }

    /// The ID and username of the answering agent: the named one, or one who serves the queue.
    fn answering_agent(&self, named: Option<&str>) -> Result<(String, String), CallError> {
        let center = self.connect.center();
        let refused = |why: String| CallError::NoAgent { agent: named.unwrap_or("anybody").to_owned(), why };
        let Some(target) = &self.target_queue else {
            return Err(refused("the call is in no queue".to_owned()));
        };
        let Some(name) = named else {
            let anybody = center.agents_of(target).next();
            let agent = anybody.ok_or_else(|| {
                refused(format!("nobody's routing profile has the queue {}", target.name()))
            })?;
            return Ok((agent.id.clone(), agent.username.clone()));
        };
        let agent = center
            .user_named(name)
            .or_else(|| center.user(name))
            .ok_or_else(|| refused("there is no agent of that name".to_owned()))?;
        if !center.agents_of(target).any(|serving| serving.id == agent.id) {
            return Err(refused(format!(
                "the call waits in the queue {}, which is not theirs",
                target.name()
            )));
        }
        Ok((agent.id.clone(), agent.username.clone()))
    }

    /// The flow for an event: the contact's or the instance's own.
    fn hooked(&self, event: &str) -> Result<Option<Arc<Running>>, CallError> {
        let flow = {
            let center = self.connect.center();
            let set = center.hook(&self.contact_id, event).and_then(|id| center.flow(id));
            set.or_else(|| center.default_flow(event)).map(|flow| flow.id.clone())
        };
        flow.map(|id| load(self.connect, &id)).transpose()
    }
}
