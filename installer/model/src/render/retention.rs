//! How long the buckets' objects are kept.

use minijinja::{Value, context};
use vmx_contract::objects;
use vmx_contract::retention::{Retention, TAG};

use crate::params::Params;

/// The minimum number of days that a voicemail stays listed as undelivered, recorded or not.
const UNDELIVERED_DAYS: u32 = 400;
/// The minimum number of days that a witness is kept.
const ENDED_DAYS: u32 = 800;
/// How many days delivery receipts are kept.
const RECEIPT_DAYS: u32 = 400;
/// How many days claims are kept. They are valid for minutes.
const CLAIM_DAYS: u32 = 2;
/// How many days unreadable contact records are kept: as long as dead letters.
const LETTER_DAYS: u32 = 14;
/// How many days longer undelivered entries are kept than recordings, and witnesses than both.
const MARGIN_DAYS: u32 = 35;

/// The buckets' lifecycle rules.
pub(super) fn rules(params: &Params) -> Value {
    let recordings = recordings(params);
    let recordings = recordings.iter().map(|(state, days)| context! { tag => state.as_str(), days });
    let state = state(params)
        .into_iter()
        .map(|(id, prefix, days)| context! { id, prefix, days => params.days_seen(days) });
    let hold = Retention::Hold.as_str();
    context! { tag => TAG, hold, recordings => recordings.collect::<Vec<_>>(), state => state.collect::<Vec<_>>() }
}

/// How many days recordings are kept, by tag. Empty if they are kept forever. Those without a rule stay. With versions the
/// old version stays a day longer, so that a recording is visible for as long as promised.
fn recordings(params: &Params) -> Vec<(Retention, u32)> {
    match params.retention.recordings_days.get() {
        0 => Vec::new(),
        days => Retention::ALL.into_iter().filter_map(|tag| Some((tag, tag.expires_after(days)?))).collect(),
    }
}

/// How many days objects of the state bucket are kept, by rule name and key prefix. The record of a recording's end
/// always outlives the recording.
fn state(params: &Params) -> Vec<(&'static str, &'static str, u32)> {
    let transcripts = params.retention.transcripts_days.get();
    let mut rules = vec![
        ("receipts", objects::DELIVERED_PREFIX, RECEIPT_DAYS.max(transcripts)),
        ("claims", objects::CLAIMS_PREFIX, CLAIM_DAYS),
        ("revocations", objects::REVOKED_PREFIX, transcripts),
        ("unread-contact-records", objects::LETTERS_PREFIX, LETTER_DAYS),
    ];
    if let Some(longest) = recordings(params).into_iter().map(|(_, days)| days).max() {
        let undelivered = UNDELIVERED_DAYS.max(longest + MARGIN_DAYS);
        rules.push(("undelivered", objects::UNDELIVERED_PREFIX, undelivered));
        rules.push(("ended", objects::ENDED_PREFIX, ENDED_DAYS.max(undelivered + MARGIN_DAYS)));
    }
    rules
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn days(yaml: &str) -> (Vec<u32>, Vec<(&'static str, u32)>) {
        let params =
            Params::from_yaml("", &format!("version: 1\nregion: eu-west-2\ninstance: shop\n{yaml}")).unwrap();
        let recordings = recordings(&params).into_iter().map(|(_, days)| days).collect();
        (recordings, state(&params).into_iter().map(|(id, _, days)| (id, days)).collect())
    }

    #[test]
    fn what_is_open_stays_more_than_a_year_and_witnesses_outlive_everything() {
        let (recordings, state) = days("");
        assert_eq!(recordings, [480, 91, 151, 211, 331, 571, 121]);
        let expected = [
            ("receipts", 400),
            ("claims", 2),
            ("revocations", 90),
            ("unread-contact-records", 14),
            ("undelivered", 606),
            ("ended", 800),
        ];
        assert_eq!(state, expected);
        let (recordings, state) = days("retention: {recordings_days: 3653}\n");
        assert_eq!(recordings, [3653, 3654, 3714, 3774, 3894, 4134, 3684]);
        assert_eq!(state[4..], [("undelivered", 4169), ("ended", 4204)]);
    }

    #[test]
    fn where_recordings_are_kept_for_ever_so_is_what_became_of_them() {
        let (recordings, state) = days("retention: {recordings_days: 0}\n");
        assert_eq!((recordings, state.len()), (vec![], 4));
        assert_eq!(days("retention: {recordings_days: 1}\n").0, [480, 2, 62, 122, 242, 482, 32]);
    }
}
