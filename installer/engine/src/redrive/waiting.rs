//! Work that can be redriven.

use serde::Serialize;

use vmx_model::parts::Step;

/// The dead letters of one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// The step that gave them up.
    pub step: Step,
    /// Name of the dead-letter queue.
    pub queue: String,
    /// How many can be moved now.
    pub count: u64,
    /// How many another consumer holds.
    pub in_flight: u64,
}

/// What can be redriven in addition to the dead letters of the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Contact records that Lambda gave up on and left in the state bucket.
    StreamLetters,
    /// Voicemails that have not ended.
    Undelivered,
    /// Voicemails that were dropped.
    Dropped,
}

impl Source {
    /// The source's name for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StreamLetters => "given up by Lambda",
            Self::Undelivered => "stuck",
            Self::Dropped => "dropped",
        }
    }
}
