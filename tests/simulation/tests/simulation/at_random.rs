//! Voicemails by the hundred, with everything wrong that can be, from a seed.

use std::io::Write as _;

use crate::fault::AtRandom;
use crate::run::{Options, run};

/// Voicemails of a run of which nothing else is said.
const VOICEMAILS: usize = 150;
/// Its seed.
const SEED: u64 = 7;

/// A number from the environment.
fn number<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// `FAULTS_VOICEMAILS` voicemails, `FAULTS_SEED`, one call in `FAULTS_ONE_IN` goes wrong; the account is
/// printed.
#[test]
fn at_random_every_voicemail_is_delivered_once_or_a_dead_letter() {
    let voicemails = number("FAULTS_VOICEMAILS").unwrap_or(VOICEMAILS);
    let seed = number("FAULTS_SEED").unwrap_or(SEED);
    let one_in = number("FAULTS_ONE_IN").unwrap_or(15);
    let account = run(Options::many(seed, voicemails, AtRandom::one_in(one_in)));
    // Who closed the pipe does not want to read.
    let _ = write!(std::io::stdout(), "{account}");
    let wrong = account.wrong();
    assert!(wrong.is_empty(), "seed {seed}: {wrong:#?}\n{account}");
    let faults: u64 = account.inflicted.values().sum();
    assert!(faults > voicemails as u64 / 4, "so few faults show nothing");
    assert!(
        account.before.dead_lettered > 0 || voicemails < 100,
        "a run without dead letters shows nothing of redrive"
    );
}

#[test]
fn without_faults_every_voicemail_is_delivered_at_once() {
    let mut options = Options::many(7, 40, crate::fault::Nothing);
    (options.disorder, options.skew, options.poison) = (false, false, 0);
    let account = run(options);
    assert_eq!(account.wrong(), [""; 0], "{account}");
    assert_eq!((account.before.delivered, account.before.letters, account.before.unavoidable), (40, 0, 0));
}
