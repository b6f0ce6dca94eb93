//! Hundreds of messages under all kinds of random faults, from a seed.

use std::io::Write as _;

use crate::chain::Chain;
use crate::fault::{AtRandom, Nothing};
use crate::outcome::Place;
use crate::run::{Options, run};

/// The default number of messages.
const MESSAGES: usize = 150;
/// The default seed.
const SEED: u64 = 7;

fn number<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Leaves `FAULTS_VOICEMAILS` messages with `FAULTS_SEED`; one call in `FAULTS_ONE_IN` fails; prints the account.
#[test]
fn at_random_every_message_has_one_end() {
    let messages = number("FAULTS_VOICEMAILS").unwrap_or(MESSAGES);
    let seed = number("FAULTS_SEED").unwrap_or(SEED);
    let one_in = number("FAULTS_ONE_IN").unwrap_or(15);
    let account = run(Options::many(seed, messages, AtRandom::one_in(one_in)));
    // A closed pipe is not an error.
    let _ = write!(std::io::stdout(), "{account}");
    let wrong = account.wrong();
    assert!(wrong.is_empty(), "seed {seed}: {wrong:#?}\n{account}");
    let faults: u64 = account.inflicted.values().sum();
    assert!(faults > messages as u64 / 4, "so few faults show nothing");
    assert!(
        account.before.letters > 0 || messages < 100,
        "a run without dead letters shows nothing of redrive"
    );
}

#[test]
fn without_faults_every_message_ends_at_once() {
    let mut options = Options::many(7, 60, Nothing);
    (options.disorder, options.skew, options.poison) = (false, false, 0);
    options.is_plain = true;
    options.chain = Chain::default();
    let account = run(options);
    assert_eq!(account.wrong(), [""; 0], "{account}");
    let before = &account.before;
    let without_media = before.count(Place::DeadLettered);
    assert_eq!((before.letters, before.unavoidable), (without_media, 0), "{account}");
    assert!(before.count(Place::Delivered) > 40, "{account}");
}
