//! The metrics of packaging and delivering.

use jiff::{SignedDuration, Timestamp};
use vmx_contract::delivered::Delivered;
use vmx_contract::package::{Package, Transcript};
use vmx_contract::state::Outcome;
use vmx_lambda::metrics;

use crate::error::PackagingError;

/// A voicemail was delivered by every mode, for the first time.
pub(crate) fn delivered(package: &Package, delivered: &Delivered, now: Timestamp) {
    let ended = package.received_at;
    // Another service's clock may be ahead; without the end of the call there is nothing to measure.
    let passed = now.duration_since(ended).max(SignedDuration::ZERO).as_secs_f64();
    metrics::delivered((ended > Timestamp::UNIX_EPOCH).then_some(passed));
    delivered.deliveries.iter().for_each(|receipt| metrics::delivered_by(receipt.mode));
    match package.transcript {
        Transcript::Completed { .. } => metrics::transcribed(),
        Transcript::Empty => metrics::without_transcript("empty"),
        Transcript::Failed { .. } => metrics::without_transcript("failed"),
        Transcript::Late => metrics::without_transcript("late"),
    }
}

/// A voicemail without speech ended without being delivered.
pub(crate) fn dropped() {
    metrics::ended(Outcome::Dropped);
}

/// An attempt failed. There are few causes, to keep metrics few.
pub(crate) fn failed(error: &PackagingError) {
    metrics::failed(match error {
        PackagingError::Event(_) | PackagingError::Metadata(_) => "message",
        PackagingError::NoRecording { .. } => "no_recording",
        PackagingError::Gather { .. } => "gathering",
        PackagingError::Link { .. } => "link",
        PackagingError::Keep { .. } => "storage",
        PackagingError::Deliver { .. } => "delivery",
        PackagingError::Complete { .. } => "completion",
    });
}
