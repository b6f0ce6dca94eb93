//! The contract between flow and recorder, story by story: what a caller did, and how each message ends.

use vmx_contract::mode::Mode;
use vmx_contract::state::Silent;

use crate::call::Truth;
use crate::call::draw::Story;
use crate::fault::Nothing;
use crate::outcome::Place;
use crate::run::{Options, run};

/// The number of calls of each story, with variations in Connect's behavior.
const EACH: usize = 12;

fn of(story: Story, seed: u64, is_plain: bool) -> Options {
    let options = Options { story: Some(story), seed, ..Options::one(vec![Mode::Task], Nothing) };
    // Only the stories and Connect's records of them vary: there are no faults.
    Options { messages: if has_messages(story) { EACH } else { 0 }, is_plain, ..options }
}

fn has_messages(story: Story) -> bool {
    story != Story::Apology
}

#[test]
fn every_story_ends_as_it_must_however_connect_writes_its_record() {
    let mut failed = Vec::new();
    for (story, _) in Story::ALL.into_iter().filter(|(story, _)| has_messages(*story)) {
        for is_plain in [true, false] {
            let account = run(of(story, 3, is_plain));
            let wrong = account.wrong();
            if !wrong.is_empty() {
                failed.push(format!("{story:?}, plain {is_plain}: {wrong:#?}"));
                continue;
            }
            for left in &account.left {
                let place = account.before.places[&left.message.id];
                let wanted = match left.message.truth {
                    Truth::Voicemail | Truth::Silent => Place::Delivered,
                    Truth::Cancelled => Place::Cancelled,
                    Truth::NothingSaid => Place::NothingSaid,
                    Truth::NoMedia => Place::DeadLettered,
                };
                assert_eq!(place, wanted, "{story:?}: {}", left.message.id);
            }
            let letters = account.left.iter().filter(|left| left.message.truth == Truth::NoMedia).count();
            assert_eq!(account.before.letters, letters, "{story:?}: {account}");
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn silence_is_dropped_where_the_operator_wants_that_and_nothing_else_is() {
    for (story, place) in [(Story::SavesSilence, Place::Dropped), (Story::Saved, Place::Delivered)] {
        let account = run(Options { silent: Silent::Drop, ..of(story, 3, true) });
        assert_eq!(account.wrong(), [""; 0], "{story:?}: {account}");
        assert_eq!(account.before.count(place), EACH, "{story:?}: {account}");
    }
}
