//! Calls: a scripted caller dials a number, and the assigned flow runs.
//!
//! Time is virtual: nothing waits. A call of twenty minutes is over at once and ends at the present moment, so that
//! all of its times are in the past. The caller's phone sends a line of samples, including silence; while the flow
//! streams media, exactly these samples become fragments.
//!
//! A call can wait in a queue, where the queue's flow runs, until an agent takes it; then the whispers run, and the
//! two talk until one of them hangs up. An agent who leaves first leaves the caller to the flow set for that, or
//! transfers them to another flow, which makes a new contact. The same interpreter runs the flows of tasks and guides,
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

pub use caller::{Call, Dialed, Step, StepError};
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
