//! The rates that services publish, over which they throttle.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

/// How many requests a service takes.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rate {
    per_second: f64,
    at_once: f64,
}

impl Rate {
    const fn of(per_second: f64, at_once: f64) -> Self {
        Self { per_second, at_once }
    }
}

/// What counts together, and its rate. None for calls whose rate no installation comes near. `resource` is what the call
/// is for.
///
/// Sources: the Amazon Connect administrator guide, "Amazon Connect API throttling quotas": 2 a second, 5 at once, for
/// each operation that is not listed; the Kinesis Video Streams developer guide, "Quotas": 5 GetDataEndpoint a second
/// for each stream; the AWS Lambda developer guide, "Lambda quotas": 15 a second for the rest of the control plane
/// together.
fn rate(action: &str, resource: &str) -> Option<(String, Rate)> {
    let (service, operation) = action.split_once(':').unwrap_or((action, ""));
    match (service, operation) {
        ("connect", "GetContactAttributes" | "UpdateContactAttributes") => {
            Some((action.to_owned(), Rate::of(10.0, 15.0)))
        }
        ("connect", _) => Some((action.to_owned(), Rate::of(2.0, 5.0))),
        ("kinesisvideo", "GetDataEndpoint") => Some((format!("{action} {resource}"), Rate::of(5.0, 5.0))),
        ("lambda", "InvokeFunction") => None,
        ("lambda", _) => Some((service.to_owned(), Rate::of(15.0, 15.0))),
        _ => None,
    }
}

/// The calls of an action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    /// Those that were carried out.
    pub taken: u64,
    /// Those that were throttled.
    pub throttled: u64,
}

/// Buckets of tokens, full at first.
#[derive(Debug, Default)]
pub(super) struct Quotas {
    buckets: HashMap<String, (f64, Instant)>,
    calls: BTreeMap<String, Calls>,
}

impl Quotas {
    /// Whether this call comes too early. Counts it.
    pub(super) fn exceeds(&mut self, action: &str, resource: &str, now: Instant) -> bool {
        let Some((together, rate)) = rate(action, resource) else { return false };
        let (tokens, filled) = self.buckets.entry(together).or_insert((rate.at_once, now));
        let since = now.saturating_duration_since(*filled).as_secs_f64();
        (*tokens, *filled) = ((*tokens + since * rate.per_second).min(rate.at_once), now);
        let calls = self.calls.entry(action.to_owned()).or_default();
        if *tokens < 1.0 {
            calls.throttled += 1;
            return true;
        }
        *tokens -= 1.0;
        calls.taken += 1;
        false
    }

    pub(super) fn calls(&self) -> BTreeMap<String, Calls> {
        self.calls.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn five_calls_at_once_then_two_a_second_for_each_operation() {
        let (mut quotas, begun) = (Quotas::default(), Instant::now());
        let mut taken = |action: &str, resource: &str, at: u64, calls: u32| {
            let now = begun + Duration::from_millis(at);
            (0..calls).filter(|_| !quotas.exceeds(action, resource, now)).count()
        };
        assert_eq!(taken("connect:ListUsers", "i", 0, 9), 5);
        assert_eq!(taken("connect:ListUsers", "i", 1000, 9), 2);
        assert_eq!(taken("connect:ListQueues", "i", 1000, 9), 5, "each operation has its own");
        assert_eq!(taken("connect:ListUsers", "i", 60_000, 9), 5, "no more than at once add up");
        assert_eq!(taken("kinesisvideo:GetDataEndpoint", "a", 0, 9), 5);
        assert_eq!(taken("kinesisvideo:GetDataEndpoint", "b", 0, 9), 5, "each stream has its own");
        assert_eq!(taken("lambda:GetPolicy", "f", 0, 20) + taken("lambda:ListFunctions", "f", 0, 20), 15);
        assert_eq!(taken("lambda:InvokeFunction", "f", 0, 100), 100);
        let calls = quotas.calls()["connect:ListUsers"];
        assert_eq!(calls, Calls { taken: 12, throttled: 15 });
    }
}
