//! Voicemails: found by time, recipient, caller and state; kept longer and released.

mod describe;
mod find;
mod hold;

pub(crate) use describe::{Candidate, Describer, distinct};
pub use describe::{FoundVoicemail, State};
pub use find::{Filter, Found, find};
pub use hold::{HoldError, hold, release};
