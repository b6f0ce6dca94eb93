//! Voicemails: found by time, recipient, caller and state; copied; kept longer and released.

mod describe;
mod export;
mod find;
mod hold;

pub(crate) use describe::{Candidate, Describer, distinct};
pub use describe::{FoundVoicemail, State};
pub use export::{Copied, ExportError, Exported, export};
pub use find::{Filter, Found, find};
pub use hold::{HoldError, hold, release};
