//! Schedules of faults.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, PoisonError};

use super::Fault;

/// A function's call, as a schedule sees it.
#[derive(Debug, Clone, Copy)]
pub struct CallSeen<'a> {
    /// The IAM action, for example `s3:PutObject`.
    pub action: &'a str,
    /// The path of the request.
    pub path: &'a str,
    /// The number of this call among functions' calls of this action, from 1.
    pub number: u64,
}

/// Decides which calls of functions fail.
pub trait Schedule: Send + Sync {
    /// The fault of a call, if any. Queried once per call.
    fn fault(&self, call: &CallSeen<'_>) -> Option<Fault>;
}

/// Random faults from a seed: the same for the same call of an action, whatever other calls occur in between.
pub struct Seeded {
    seed: u64,
    /// The denominator of the fault rate.
    one_in: u64,
    kinds: Vec<Fault>,
    inflicted: Mutex<BTreeMap<(String, String), u64>>,
}

impl Seeded {
    /// One call in `one_in` fails, in one of these ways.
    #[must_use]
    pub fn new(seed: u64, one_in: u64, kinds: impl Into<Vec<Fault>>) -> Self {
        Self { seed, one_in: one_in.max(1), kinds: kinds.into(), inflicted: Mutex::default() }
    }

    /// The number of faults by action and fault.
    #[must_use]
    pub fn inflicted(&self) -> BTreeMap<(String, String), u64> {
        self.inflicted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Schedule for Seeded {
    fn fault(&self, call: &CallSeen<'_>) -> Option<Fault> {
        let mut hasher = DefaultHasher::new();
        (self.seed, call.action, call.number).hash(&mut hasher);
        let drawn = hasher.finish();
        if self.kinds.is_empty() || !drawn.is_multiple_of(self.one_in) {
            return None;
        }
        let fault = self.kinds[(drawn / self.one_in % self.kinds.len() as u64) as usize];
        let mut inflicted = self.inflicted.lock().unwrap_or_else(PoisonError::into_inner);
        *inflicted.entry((call.action.to_owned(), format!("{fault:?}"))).or_default() += 1;
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_and_all_kinds_come_about_as_often_as_asked() {
        let kinds = [Fault::Throttled, Fault::CutAfter];
        let draw = |seed| -> Vec<Option<Fault>> {
            let seeded = Seeded::new(seed, 5, kinds);
            (1..=1000).map(|number| seeded.fault(&CallSeen { action: "a:B", path: "/", number })).collect()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        for kind in kinds {
            let count = draw(7).iter().filter(|fault| **fault == Some(kind)).count();
            assert!((60..140).contains(&count), "{kind:?}: {count}");
        }
    }
}
