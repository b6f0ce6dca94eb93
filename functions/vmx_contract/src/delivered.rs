//! The content of delivery markers, as JSON.
//!
//! Each mode has its own marker, so that only a failed mode is repeated. The final marker is written once every mode
//! has one.

use serde::{Deserialize, Serialize};

use crate::mode::Mode;
use crate::voicemail::Warning;

/// One mode's delivery: the content of its marker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// The mode.
    pub mode: Mode,
    /// The receiving service's ID: of a task's contact or of an email.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The warnings of this delivery.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

impl Receipt {
    /// A delivery without a reference and without warnings.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        Self { mode, reference: None, warnings: Vec::new() }
    }

    /// The same, with the receiving service's ID.
    #[must_use]
    pub fn with_reference(mut self, reference: impl Into<String>) -> Self {
        self.reference = Some(reference.into()).filter(|reference| !reference.is_empty());
        self
    }
}

/// Every mode's delivery: the content of the final marker.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivered {
    /// In the order of the modes.
    pub deliveries: Vec<Receipt>,
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use serde_json::json;

    #[test]
    fn the_json_form_is_short_and_read_again() {
        let task = Receipt::new(Mode::Task).with_reference("task-1");
        let email = Receipt { warnings: vec![Warning::AudioGaps], ..Receipt::new(Mode::Email) };
        let delivered = Delivered { deliveries: vec![task, email.with_reference("")] };
        let json = json!({"deliveries": [
            {"mode": "task", "reference": "task-1"}, {"mode": "email", "warnings": ["audio_gaps"]},
        ]});
        assert_eq!(serde_json::to_value(&delivered).unwrap(), json);
        assert_eq!(serde_json::from_value::<Delivered>(json).unwrap(), delivered);
    }
}
