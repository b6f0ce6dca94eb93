//! Calls: a scripted caller dials a number, and the flow that answers is run.
//!
//! Time is virtual: nothing waits. A call that lasts twenty minutes is over at once, and ends at the present moment, so
//! that all of its times lie in the past. What the caller's telephone sends is a line of samples, silence included;
//! while the flow streams media, exactly these samples become fragments.
//!
//! A call can wait in a queue, where the queue's flow runs, until an agent takes it; then the whispers run, and the two
//! talk until one of them hangs up. An agent who leaves first leaves the caller to the flow that was set for that, or
//! transfers them to another flow, which makes a new contact. The same interpreter runs the flows of tasks and of the guides that agents are shown,
//! which have no line.

mod actions;
mod caller;
mod circumstances;
mod contacts;
mod conversation;
mod detail;
mod error;
mod guide;
mod interpreter;
mod line;
mod parameters;
mod place;
mod prompt;
mod reference;
mod running;
mod script;
mod stages;
mod wav;

pub use caller::{Call, Dialled, Step, StepError};
pub use circumstances::Circumstance;
pub use contacts::EarlierContact;
pub use conversation::{Conversation, Entry, Who};
pub use detail::detail_page;
pub use error::CallError;
pub use guide::{AgentStep, GuideOutcome, ShownView, open_guide};
pub use line::Utterance;
pub use place::{CallOutcome, place_call};
pub use script::{Script, ScriptError};
pub use stages::Disposition;
pub use wav::{WavError, read_wav};

pub(crate) use place::run_task_flow;
