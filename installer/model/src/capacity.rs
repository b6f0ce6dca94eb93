//! What an installation is sized for, and which AWS quota is reached first. Pure.
//!
//! Everything follows from one number, the voicemails of the busiest hour, by Little's law: a step has as many
//! concurrent voicemails as arrive during its duration. Durations are assumed ([`assumed`]), as is the use of quotas;
//! what AWS allows is its documented default ([`quota`]). The simulation in this module's tests checks that queues stay
//! short with this sizing.

pub mod assumed;
mod layout;
pub mod quota;
#[cfg(test)]
mod simulation;

use serde::{Deserialize, Serialize};
use vmx_contract::mode::Mode;

pub use layout::{Layout, Stream, layout};

use crate::params::Params;

/// The rates that a plan shows with the expected one, in voicemails an hour.
pub const RATES: [u32; 4] = [100, 2_000, 20_000, 200_000];

/// The share of a quota that counts as full: queues grow long before all of it is used.
const FULL: f64 = 0.8;

/// How much of one quota is used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Use {
    /// What it is a quota of.
    pub what: String,
    /// How much is needed in the busiest hour.
    pub needed: f64,
    /// How much there is by default.
    pub there: f64,
    /// The quota to request: enough for twice the rate.
    pub ask: f64,
    /// Where to request it.
    pub at: String,
}

impl Use {
    /// The used share of the quota.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.needed / self.there
    }

    /// Whether voicemails would wait because of it.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.share() > FULL
    }
}

/// What a rate needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Capacity {
    /// Voicemails in the busiest hour.
    pub per_hour: u32,
    /// The sizing for it.
    pub layout: Layout,
    /// Every quota, the most used first.
    pub uses: Vec<Use>,
}

impl Capacity {
    /// What a rate needs. `tasks` says whether voicemails become tasks.
    #[must_use]
    pub fn of(per_hour: u32, tasks: bool) -> Self {
        let rate = f64::from(per_hour) / 3600.0;
        let layout = layout(per_hour);
        let mut uses: Vec<Use> = quota::ALL
            .iter()
            .filter(|quota| tasks || !quota.of_tasks)
            .map(|quota| Use {
                what: quota.what.to_owned(),
                needed: rate * quota.per_voicemail,
                there: quota.there,
                ask: (rate * quota.per_voicemail * assumed::HEADROOM).ceil(),
                at: quota.at.to_owned(),
            })
            .collect();
        uses.push(Use {
            what: "concurrent records".to_owned(),
            needed: rate * assumed::RECORD_SECONDS,
            there: f64::from(layout.records_at_once()),
            ask: (rate * assumed::RECORD_SECONDS * assumed::HEADROOM).ceil(),
            at: "a stream of your own with more shards".to_owned(),
        });
        let executions = f64::from(layout.executions());
        uses.push(Use {
            what: "concurrent functions".to_owned(),
            needed: executions,
            there: quota::LAMBDA_EXECUTIONS,
            ask: (executions * assumed::HEADROOM).ceil(),
            at: "Service Quotas, AWS Lambda".to_owned(),
        });
        uses.sort_by(|one, other| other.share().total_cmp(&one.share()));
        Self { per_hour, layout, uses }
    }

    /// What an installation's expected rate needs.
    #[must_use]
    pub fn expected(params: &Params) -> Self {
        Self::of(params.expected_voicemails_per_hour.get(), has_tasks(params))
    }

    /// The full quotas, the worst first.
    pub fn in_the_way(&self) -> impl Iterator<Item = &Use> {
        self.uses.iter().filter(|one| one.is_full())
    }

    /// The highest rate within the default quotas, in voicemails an hour.
    #[must_use]
    pub fn suffices_until(&self) -> u32 {
        let worst = self.uses.first().map_or(1.0, Use::share);
        // Fractions would only look exact.
        (f64::from(self.per_hour) * FULL / worst / 100.0).floor() as u32 * 100
    }
}

/// Whether voicemails may become tasks.
#[must_use]
pub fn has_tasks(params: &Params) -> bool {
    [Mode::Task, Mode::GuidedTask].into_iter().any(|mode| params.modes.has(mode))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_default_fits_the_defaults_of_aws_and_more_is_told_by_name() {
        let in_the_way = |per_hour, tasks| {
            Capacity::of(per_hour, tasks).in_the_way().map(|one| one.what.clone()).collect::<Vec<_>>()
        };
        assert_eq!(in_the_way(100, true), [""; 0]);
        assert_eq!(in_the_way(2_000, true), [""; 0]);
        assert_eq!(in_the_way(2_000, false), [""; 0]);
        let busy = in_the_way(20_000, true);
        assert!(busy[0].contains("open tasks"), "{busy:?}");
        assert!(busy.iter().any(|what| what.contains("StartTaskContact")), "{busy:?}");
        let without = in_the_way(20_000, false);
        assert!(without.iter().all(|what| !what.contains("ask")), "{without:?}");
        assert!(in_the_way(200_000, false).iter().any(|what| what.contains("transcription jobs")));
    }

    #[test]
    fn what_suffices_is_where_the_first_quota_is_full() {
        for rate in RATES {
            let until = Capacity::of(rate, true).suffices_until();
            assert!(Capacity::of(until, true).in_the_way().next().is_none(), "{until}");
            assert!(Capacity::of(until + 200, true).in_the_way().next().is_some(), "{until}");
        }
    }

    #[test]
    fn who_asks_for_what_is_told_gets_through() {
        for rate in RATES {
            for one in &Capacity::of(rate, true).uses {
                assert!(one.needed / one.ask <= 0.5 + f64::EPSILON, "{one:?}");
            }
        }
        let worst = Capacity::of(20_000, true);
        assert!(worst.uses.is_sorted_by(|one, other| one.share() >= other.share()));
        assert!((worst.in_the_way().next().unwrap().ask - 20_000.0).abs() < 1.0);
    }
}
