//! What lies between the functions is off for a time, or loses something: the system finds it by itself, and an alarm says
//! what it cannot mend.

use std::time::Duration;

use vmx_contract::mode::Mode;

use crate::account::Account;
use crate::chain::{Chain, Off, Part};
use crate::fault::{Fault, Function, Nothing, These};
use crate::outcome::Place;
use crate::run::{Options, run};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// A few messages by a task while these are off.
fn off(parts: &[Off]) -> Options {
    let chain = Chain { off: parts.to_vec(), loses_one_in: 0 };
    Options { messages: 4, chain, ..Options::one(vec![Mode::Task], Nothing) }
}

fn assert_rang(account: &Account, alarm: &str) {
    assert!(account.rang.iter().any(|name| name.contains(alarm)), "no {alarm} among {:?}", account.rang);
}

/// Everything is delivered by itself: `redrive` finds nothing.
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

/// What the stream keeps no longer is lost, and that is what the alarm is for: it rang for a day.
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

/// A queue's messages expire; the voicemails stand among the undelivered all the same.
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

/// Nobody transcribes: what is due is delivered without a transcript, and an alarm rings.
#[test]
fn recordings_that_nobody_transcribes_for_two_weeks_are_delivered_without_a_transcript() {
    let mut options = off(&[Off::first(Part::RecordingsTrigger, 15 * DAY)]);
    options.every = HOUR;
    options.rests = 15 * DAY;
    let account = run(options);
    assert_found(&account);
    assert_rang(&account, "RecordingsQueueOld");
}

/// A delivery that fails for months: the letters expire, the recordings do not, and what is delivered late is kept for
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
    // By how late it is.
    assert_eq!(account.retentions, ["late-120"], "{account}");
}

/// Each call of the scheduled function fails once, and each fails for good until it is mended, while something has to be
/// found.
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
