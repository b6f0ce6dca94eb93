//! The links between the functions fail or lose something: the system recovers by itself, or an alarm reports what it
//! cannot recover.

use std::time::Duration;

use vmx_contract::mode::Mode;

use crate::account::Account;
use crate::chain::{Chain, Off, Part};
use crate::fault::{Fault, Function, Nothing, These};
use crate::outcome::Place;
use crate::run::{Options, run};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// A few messages by task while these are off.
fn off(parts: &[Off]) -> Options {
    let chain = Chain { off: parts.to_vec(), loses_one_in: 0 };
    Options { messages: 4, chain, ..Options::one(vec![Mode::Task], Nothing) }
}

fn assert_rang(account: &Account, alarm: &str) {
    assert!(account.rang.iter().any(|name| name.contains(alarm)), "no {alarm} among {:?}", account.rang);
}

/// Asserts that everything is delivered without `redrive`.
fn assert_found(account: &Account) {
    assert_eq!(account.wrong(), [""; 0], "{account}");
    assert_eq!((account.before.count(Place::Delivered), account.before.letters), (4, 0), "{account}");
}

#[test]
fn recordings_that_nobody_announces_are_found() {
    let account = run(off(&[Off::first(Part::RecordingsRule, HOUR)]));
    assert_found(&account);
    assert_eq!(account.chances["events lost"], 4, "{account}");
}

#[test]
fn transcripts_that_nobody_announces_are_found() {
    assert_found(&run(off(&[Off::first(Part::TranscriptsRule, HOUR)])));
}

#[test]
fn jobs_of_which_nobody_learns_that_they_failed_are_waited_for_no_longer_than_a_transcript() {
    let mut options = off(&[Off::first(Part::JobsRule, DAY)]);
    options.jobs_fail = true;
    let account = run(options);
    assert_found(&account);
    assert_eq!(account.chances["jobs failed"], 4, "{account}");
    assert!(account.took < 3 * HOUR, "{account}");
}

#[test]
fn a_queue_whose_trigger_is_off_for_hours_is_told_and_goes_on_afterwards() {
    for part in [Part::RecordingsTrigger, Part::TranscriptsTrigger] {
        let account = run(off(&[Off::first(part, HOUR)]));
        assert_found(&account);
        assert_rang(&account, "Broken");
    }
}

#[test]
fn contact_records_wait_in_the_stream_and_an_alarm_rings_within_the_hour() {
    let account = run(off(&[Off::first(Part::StreamTrigger, HOUR)]));
    assert_found(&account);
    assert_rang(&account, "Broken");
}

/// Records that expire in the stream are lost, which is why the alarm stays on for a day.
#[test]
fn a_trigger_that_is_off_for_longer_than_the_stream_keeps_records_has_rung_all_the_time() {
    let mut options = off(&[Off::first(Part::StreamTrigger, 25 * HOUR)]);
    options.every = HOUR / 4;
    let account = run(options);
    assert_eq!((account.before.count(Place::Lost), account.chances["records expired"]), (4, 4), "{account}");
    assert_eq!(account.before.unheard_of, [""; 0], "{account}");
    assert_rang(&account, "Broken");
}

#[test]
fn the_schedules_silence_is_an_alarm_and_what_it_missed_is_made_up_for() {
    for part in [Part::Schedule, Part::Watchdog] {
        let account = run(off(&[Off::first(part, 2 * HOUR), Off::first(Part::RecordingsRule, HOUR)]));
        assert_found(&account);
        assert_rang(&account, "Watchdog");
    }
}

/// A queue's messages expire, but the voicemails are still listed as undelivered.
#[test]
fn messages_that_expire_in_their_queue_are_told_and_put_back_by_redrive() {
    let mut options = off(&[Off::first(Part::TranscriptsTrigger, 15 * DAY)]);
    options.every = 2 * HOUR;
    options.rests = 15 * DAY;
    let account = run(options);
    assert_eq!(account.wrong(), [""; 0], "{account}");
    assert!(account.chances["messages expired"] >= 4, "{account}");
    assert_eq!(account.before.count(Place::Stuck), 4, "{account}");
    assert_rang(&account, "Stuck");
    assert_eq!(account.after.count(Place::Delivered), 4, "{account}");
}

/// Nothing is transcribed: voicemails are delivered without a transcript when due, and an alarm goes off.
#[test]
fn recordings_that_nobody_transcribes_for_two_weeks_are_delivered_without_a_transcript() {
    let mut options = off(&[Off::first(Part::RecordingsTrigger, 15 * DAY)]);
    options.every = HOUR;
    options.rests = 15 * DAY;
    let account = run(options);
    assert_found(&account);
    assert_rang(&account, "RecordingsQueueOld");
}

/// A delivery fails for months: the letters expire but the recordings do not, and after a late delivery they are kept
/// long enough to be heard.
#[test]
fn what_is_not_delivered_is_kept_for_longer_than_its_letters() {
    let never = These {
        function: Function::Packager,
        action: "connect:StartTaskContact".to_owned(),
        fault: Fault::Denied,
        from: 1,
        calls: u64::MAX,
    };
    let mut options = Options::one(vec![Mode::Task], never);
    options.every = 6 * HOUR;
    options.rests = 100 * DAY;
    let account = run(options);
    assert_eq!(account.before.count(Place::Stuck), 1, "{account}");
    assert!(account.chances["messages expired"] >= 1, "{account}");
    assert_eq!(account.after.count(Place::Delivered), 1, "{account}");
    assert_eq!(account.wrong(), [""; 0], "{account}");
    assert_rang(&account, "Expiring");
    // The transcript does expire meanwhile.
    assert!(account.chances["objects expired"] >= 1, "{account}");
    // The tag depends on the delay.
    assert_eq!(account.retentions, ["late-120"], "{account}");
}

/// Each call of the scheduled function fails once, and each fails until it is fixed, while there is something to find.
#[test]
fn whatever_the_scheduled_function_cannot_call_it_finds_what_is_lost_in_the_end() {
    let lost = || Options { messages: 1, ..off(&[Off::first(Part::RecordingsRule, HOUR)]) };
    let calls = run(lost()).calls;
    let actions: Vec<&str> = calls
        .keys()
        .filter(|(function, _)| *function == Function::Watchdog)
        .map(|(_, action)| action.as_str())
        .collect();
    assert!(actions.len() > 8, "{actions:?}");
    for action in actions {
        for (fault, calls) in [
            (Fault::KilledAfter, 1),
            (Fault::NoAnswer, 1),
            (Fault::Denied, u64::MAX),
            (Fault::KilledBefore, u64::MAX),
        ] {
            let these =
                These { function: Function::Watchdog, action: action.to_owned(), fault, from: 1, calls };
            let case = format!("{action}: {fault}, {calls} times");
            let account = run(Options { faults: Box::new(these), longest: Some(2 * HOUR), ..lost() });
            assert_eq!(account.after.count(Place::Delivered), 1, "{case}: {account}");
            assert_eq!(account.before.unheard_of, [""; 0], "{case}: {account}");
            if calls == 1 {
                assert_eq!(account.wrong(), [""; 0], "{case}: {account}");
                assert_eq!(account.before.count(Place::Delivered), 1, "{case}: {account}");
            }
        }
    }
}
