//! Which fragments to read.

use crate::number::FragmentNumber;

/// The names of the track with the caller's voice, the preferred one first. The second is what Connect wrote before it
/// recorded both directions.
pub const CALLER_TRACKS: [&str; 2] = ["AUDIO_FROM_CUSTOMER", "Track_audio/L16"];

/// Which fragments to read: Connect reuses a stream for one contact after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    pub(crate) contact_id: String,
    pub(crate) range: Option<(FragmentNumber, FragmentNumber)>,
}

impl Selection {
    /// Selects all fragments whose tag `ContactId` has this value, and those without the tag that follow one.
    pub fn contact(contact_id: impl Into<String>) -> Self {
        Self { contact_id: contact_id.into(), range: None }
    }

    /// Limits the selection to the fragments from `first` to `last`, inclusive: the contact record's
    /// `FragmentStartNumber` and `FragmentStopNumber`.
    ///
    /// With a range, a first fragment without `ContactId` belongs to the contact, as the contact record states.
    /// Without a range, it belongs to no contact.
    #[must_use]
    pub fn within(self, first: FragmentNumber, last: FragmentNumber) -> Self {
        Self { range: Some((first, last)), ..self }
    }

    pub(crate) fn includes(&self, number: &FragmentNumber) -> bool {
        self.range.as_ref().is_none_or(|(first, last)| (first..=last).contains(&number))
    }
}
