//! How a package reaches people. Each delivery mode is one module with one [`Deliver`].
//!
//! # Each mode once
//! Every mode has a marker of its own (see [`markers`]): what is marked is not delivered again, so that a mode that
//! failed is repeated alone. Where the receiving service knows a repetition by itself, there is nothing more to do.
//! Where it does not, a *claim* keeps two invocations at the same time from delivering twice. A claim ends by itself:
//! should its process die, the voicemail is delivered by the next attempt, in the worst case for the second time. It
//! is never lost.

use std::time::Duration;

use tokio::time::timeout;
use tracing::{info, warn};
use vmx_contract::delivered::{Delivered, Receipt};
use vmx_contract::package::Package;
use vmx_contract::voicemail::{Mode, Voicemail};
use vmx_lambda::clock;
use vmx_lambda::failure::{Failure, Kind};

use crate::config::{Clients, Config};

mod email;
mod guided_task;
mod markers;
mod other;
mod salesforce;
mod task;
mod words;

use markers::Markers;

/// The longest time that one mode may take. What comes after it has to have its turn within the same invocation.
const LONGEST: Duration = Duration::from_secs(40);

/// What is delivered, and with what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delivery<'a> {
    pub(crate) clients: &'a Clients,
    pub(crate) config: &'a Config,
    /// What the contact asked for.
    pub(crate) voicemail: &'a Voicemail,
    pub(crate) package: &'a Package,
}

/// One way to deliver a package.
pub(crate) trait Deliver {
    /// Whether the receiving service takes a repetition for what it is, by the voicemail's contact.
    const KNOWS_REPETITIONS: bool;

    /// Delivers, and says what became of it.
    ///
    /// # Errors
    /// What the service said. [`Kind::Transient`] when nobody knows whether it arrived.
    async fn deliver(&self, delivery: &Delivery<'_>) -> Result<Receipt, Failure>;
}

/// A mode that failed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModeFailure {
    pub(crate) mode: Mode,
    pub(crate) failure: Failure,
}

/// By which modes a voicemail is delivered, and whether one that it asks for had to be replaced.
pub(crate) fn choose(asked: &[Mode], config: &Config) -> (Vec<Mode>, bool) {
    let is_enabled = |mode: &Mode| config.modes.contains(mode);
    let chosen: Vec<Mode> = asked.iter().copied().filter(is_enabled).collect();
    let replaced = chosen.len() < asked.len();
    if chosen.is_empty() { (vec![config.default_mode], replaced) } else { (chosen, replaced) }
}

/// Delivers a package by each of its modes by which it has not been delivered before. A mode that fails stops no other.
///
/// # Errors
/// Every mode that failed. The others are marked and are not delivered again.
pub(crate) async fn deliver(delivery: &Delivery<'_>) -> Result<Delivered, Vec<ModeFailure>> {
    let mut delivered = Delivered::default();
    let mut failures = Vec::new();
    for mode in &delivery.package.modes {
        match by_mode(*mode, delivery).await {
            Ok(receipt) => delivered.deliveries.push(receipt),
            Err(failure) => {
                warn!(%mode, %failure, "not delivered by this mode");
                failures.push(ModeFailure { mode: *mode, failure });
            }
        }
    }
    if failures.is_empty() { Ok(delivered) } else { Err(failures) }
}

/// Delivers by one mode. Every mode of [`Mode`] has its line here.
async fn by_mode(mode: Mode, delivery: &Delivery<'_>) -> Result<Receipt, Failure> {
    match mode {
        Mode::Task => once(mode, &task::Task, delivery).await,
        Mode::GuidedTask => once(mode, &guided_task::GuidedTask, delivery).await,
        Mode::Email => once(mode, &email::Email, delivery).await,
        Mode::Other => once(mode, &other::Other, delivery).await,
        Mode::Sfcase => once(mode, &salesforce::Case, delivery).await,
        Mode::Sfother => once(mode, &salesforce::CustomObject, delivery).await,
    }
}

/// Delivers by one mode, unless that has been done.
async fn once(mode: Mode, by: &impl Deliver, delivery: &Delivery<'_>) -> Result<Receipt, Failure> {
    let markers = Markers::of(delivery, mode);
    if let Some(receipt) = markers.receipt().await? {
        info!(%mode, "delivered before by this mode");
        return Ok(receipt);
    }
    let has_claim = !knows_repetitions(by);
    if has_claim {
        markers.claim(clock::now()).await?;
    }
    let late = || {
        let why = format!("no answer within {} seconds", LONGEST.as_secs());
        Err(Failure::new("deliver", Kind::Transient, why))
    };
    match timeout(LONGEST, by.deliver(delivery)).await.unwrap_or_else(|_| late()) {
        Ok(receipt) => {
            info!(%mode, reference = receipt.reference, warnings = ?receipt.warnings, "delivered by this mode");
            markers.mark(&receipt).await?;
            Ok(receipt)
        }
        Err(failure) => {
            if has_claim && let Err(why) = markers.give_back().await {
                warn!(%mode, %why, "the claim on this delivery ends by itself");
            }
            Err(failure)
        }
    }
}

fn knows_repetitions<T: Deliver>(_: &T) -> bool {
    T::KNOWS_REPETITIONS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_that_is_not_enabled_is_replaced() {
        let mut config = crate::config::tests::config();
        let (task, email) = (Mode::Task, Mode::Email);
        for (enabled, asked, chosen, replaced) in [
            (&[task][..], &[task][..], &[task][..], false),
            (&[task], &[email], &[task], true),
            (&[task], &[task, email], &[task], true),
            (&[task, email], &[email], &[email], false),
            (&[task, email], &[task, email], &[task, email], false),
            (&[task, email], &[Mode::Sfcase], &[task], true),
        ] {
            config.modes = enabled.to_vec();
            assert_eq!(choose(asked, &config), (chosen.to_vec(), replaced), "{enabled:?} {asked:?}");
        }
    }
}
