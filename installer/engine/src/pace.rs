//! How often to poll.

use std::time::Duration;

/// Waits between polls: short at first, then longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The first wait.
    pub first: Duration,
    /// The longest wait, before random variation.
    pub longest: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { first: Duration::from_millis(500), longest: Duration::from_secs(5) }
    }
}

impl Pace {
    /// Tests do not wait.
    pub const NONE: Self = Self { first: Duration::ZERO, longest: Duration::ZERO };

    /// The endless sequence of waits. Random variation makes each up to a quarter longer, so that runs started together
    /// do not poll together.
    pub fn waits(self) -> impl Iterator<Item = Duration> {
        let waits =
            std::iter::successors(Some(self.first), move |wait| Some((*wait * 3 / 2).min(self.longest)));
        waits.map(|wait| wait.mul_f64(1.0 + fastrand::f64() / 4.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_longest_and_chance_lengthens_them() {
        let waits: Vec<u128> = Pace::default().waits().take(9).map(|wait| wait.as_millis()).collect();
        for (wait, least) in waits.iter().zip([500, 750, 1125, 1687, 2531, 3796, 5000, 5000, 5000]) {
            assert!((least..=least * 5 / 4 + 1).contains(wait), "{waits:?}");
        }
    }
}
