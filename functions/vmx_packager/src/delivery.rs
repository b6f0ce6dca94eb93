//! How a package reaches people. Each delivery mode is one module with one [`Deliver`].
//!
//! # Each mode once
//! Every mode has its own receipt (see [`receipts`]): with one, it does not deliver again, so that only a failed mode
//! is repeated. Many receiving services recognize a repetition. For those that do not, a [`claim`] keeps two concurrent
//! invocations from delivering twice. A claim expires after everyone who held it has ended: if its process dies, the
//! next attempt delivers the voicemail, in the worst case for the second time. It is never lost. The receipt is read
//! again under the claim, so that no delivery fits between a look at the receipts and the claim.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, timeout};
use tracing::{info, warn};
use vmx_contract::delivered::{Delivered, Receipt};
use vmx_contract::mode::Mode;
use vmx_contract::package::Package;
use vmx_contract::voicemail::Voicemail;
use vmx_lambda::failure::{Failure, Kind};

use crate::config::{Clients, Config};

mod attachment;
mod claim;
mod email;
mod guided_task;
mod other;
mod receipts;
mod salesforce;
pub(crate) mod task;
mod words;

use claim::{BEGIN_WITHIN, Claim, busy};
use receipts::Receipts;

/// The timeout of one mode. What follows must fit into the same invocation.
const LONGEST: Duration = Duration::from_secs(40);

/// What to deliver, and with what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delivery<'a> {
    pub(crate) clients: &'a Clients,
    pub(crate) config: &'a Config,
    /// The contact's settings.
    pub(crate) voicemail: &'a Voicemail,
    pub(crate) package: &'a Package,
}

/// One way to deliver a package.
pub(crate) trait Deliver {
    /// Whether the receiving service recognizes a repetition, by the voicemail's name.
    const KNOWS_REPETITIONS: bool;

    /// Delivers, and returns the result.
    ///
    /// # Errors
    /// The service's error. [`Kind::Transient`] if it is unknown whether it arrived.
    async fn deliver(&self, delivery: &Delivery<'_>) -> Result<Receipt, Failure>;
}

/// A mode that failed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModeFailure {
    pub(crate) mode: Mode,
    pub(crate) failure: Failure,
}

/// The delivery modes of a voicemail, and whether a requested one had to be replaced.
pub(crate) fn choose(asked: &[Mode], config: &Config) -> (Vec<Mode>, bool) {
    let is_enabled = |mode: &Mode| config.modes.contains(mode);
    let chosen: Vec<Mode> = asked.iter().copied().filter(is_enabled).collect();
    let replaced = chosen.len() < asked.len();
    if chosen.is_empty() { (vec![config.default_mode], replaced) } else { (chosen, replaced) }
}

/// Whether a mode includes a link. A guided task does not: its guide creates one when it is opened.
pub(crate) fn carries_link(mode: Mode, config: &Config) -> bool {
    match mode {
        Mode::Task | Mode::Email | Mode::Other => true,
        Mode::GuidedTask => false,
        Mode::Sfcase | Mode::Sfother => {
            config.salesforce.as_ref().is_some_and(|salesforce| salesforce.settings.link_field.is_some())
        }
    }
}

/// Earlier deliveries, by each of these modes in their order.
///
/// # Errors
/// If S3 is unreachable.
pub(crate) async fn before(
    clients: &Clients,
    config: &Config,
    voicemail: &Voicemail,
    modes: &[Mode],
) -> Result<Vec<Option<Receipt>>, Failure> {
    let reads = modes.iter().map(|mode| Receipts::new(clients, config, &voicemail.id, *mode).read());
    join_all(reads).await.into_iter().collect()
}

/// Delivers a package by each of its modes that has not delivered it yet, concurrently. A failed mode does not stop the
/// others. `before` has the earlier deliveries, in the order of the modes.
///
/// # Errors
/// Every failed mode. The others have their receipt and do not deliver again.
pub(crate) async fn deliver(
    delivery: &Delivery<'_>,
    before: Vec<Option<Receipt>>,
) -> Result<Delivered, Vec<ModeFailure>> {
    let modes = delivery.package.modes.iter().zip(before);
    let deliveries = modes.map(|(mode, before)| async move {
        let Some(receipt) = before else {
            return by_mode(*mode, delivery).await.map_err(|failure| ModeFailure { mode: *mode, failure });
        };
        info!(%mode, "already delivered by this mode");
        Ok(receipt)
    });
    let mut delivered = Delivered::default();
    let mut failures = Vec::new();
    for outcome in join_all(deliveries).await {
        match outcome {
            Ok(receipt) => delivered.deliveries.push(receipt),
            Err(failed) => {
                warn!(mode = %failed.mode, failure = %failed.failure, "not delivered by this mode");
                failures.push(failed);
            }
        }
    }
    if failures.is_empty() { Ok(delivered) } else { Err(failures) }
}

/// Delivers by one mode. Every [`Mode`] has its line here.
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

/// Delivers by one mode and writes its receipt.
async fn once<T: Deliver>(mode: Mode, by: &T, delivery: &Delivery<'_>) -> Result<Receipt, Failure> {
    let Delivery { clients, config, voicemail, .. } = *delivery;
    let id = &voicemail.id;
    let receipts = Receipts::new(clients, config, id, mode);
    let started = Instant::now();
    let claim = if T::KNOWS_REPETITIONS { None } else { Some(Claim::make(clients, config, id, mode).await?) };
    if let Some(claim) = &claim {
        // The receipts were read long before. Another invocation may have delivered since then, and its claim may have
        // expired: whoever had a claim before this one has written its receipt by now, or never will.
        if let Some(found) = receipts.read().await.transpose() {
            claim.give_back().await;
            return found;
        }
        if started.elapsed() > BEGIN_WITHIN {
            claim.give_back().await;
            return Err(busy());
        }
    }
    let late = || {
        let why = format!("no response within {} seconds", LONGEST.as_secs());
        Err(Failure::new("deliver", Kind::Transient, why))
    };
    // On the heap: this future is large, and would be in several stack frames otherwise.
    match timeout(LONGEST, Box::pin(by.deliver(delivery))).await.unwrap_or_else(|_| late()) {
        Ok(receipt) => {
            info!(%mode, reference = receipt.reference, warnings = ?receipt.warnings, "delivered by this mode");
            receipts.write(&receipt).await?;
            Ok(receipt)
        }
        Err(failure) => {
            if let Some(claim) = claim {
                claim.give_back().await;
            }
            Err(failure)
        }
    }
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
