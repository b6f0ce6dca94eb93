//! Known cases, one by one.

use std::process::Command;
use std::time::Duration;

use vmx_contract::mode::Mode;

use crate::call::draw::Story;
use crate::fault::{Down, Fault, Function, Nothing, These};
use crate::outcome::Place;
use crate::run::{Options, run};

fn tasks_down(hours: u64) -> Options {
    let lasts = Duration::from_hours(hours);
    Options::one(
        vec![Mode::Task],
        Down { function: Function::Packager, action: "connect:StartTaskContact", lasts },
    )
}

#[test]
fn a_task_api_that_is_down_for_an_hour_is_waited_for() {
    let account = run(tasks_down(1));
    assert_eq!(account.wrong(), [""; 0], "{account}");
    assert_eq!((account.before.count(Place::Delivered), account.before.letters), (1, 0), "{account}");
}

#[test]
fn a_task_api_that_is_down_for_three_hours_is_a_dead_letter_and_redrive_delivers_it() {
    let account = run(tasks_down(3));
    assert_eq!(account.wrong(), [""; 0], "{account}");
    assert_eq!(account.before.count(Place::DeadLettered), 1, "{account}");
    assert_eq!(account.after.count(Place::Delivered), 1, "{account}");
    assert!(account.rang.iter().any(|alarm| alarm.contains("Transcripts")), "{:?}", account.rang);
}

#[test]
fn a_limit_of_jobs_is_waited_for_and_nothing_fails() {
    let mut options = Options::one(vec![Mode::Task], Nothing);
    (options.messages, options.most_jobs) = (40, 2);
    let account = run(options);
    assert_eq!(account.wrong(), [""; 0], "{account}");
    assert!(account.chances["jobs refused by the limit"] > 40, "{account}");
    assert_eq!((account.before.count(Place::Delivered), account.before.letters), (40, 0), "{account}");
}

#[test]
fn media_past_its_retention_is_a_dead_letter_for_good() {
    let mut options = Options::one(vec![Mode::Task], Nothing);
    options.past_retention = true;
    let account = run(options);
    for outcome in [&account.before, &account.after] {
        assert_eq!((outcome.count(Place::DeadLettered), outcome.letters), (1, 1), "{account}");
        assert_eq!(outcome.unheard_of, [""; 0], "{account}");
    }
}

/// The function crashes on a record every time: Lambda gives it up and leaves its position in the stream. Records
/// before and after it are processed.
#[test]
fn a_record_on_which_the_function_dies_is_read_from_the_stream_again() {
    let dies = These {
        function: Function::Recorder,
        action: "s3:HeadObject".to_owned(),
        fault: Fault::KilledBefore,
        from: 1,
        calls: 21,
    };
    let mut options = Options::one(vec![Mode::Task], dies);
    (options.messages, options.within) = (5, Duration::from_secs(3600));
    let account = run(options);
    assert_eq!(account.wrong(), [""; 0], "{account}");
    let before = &account.before;
    assert_eq!((before.count(Place::Delivered), before.count(Place::DeadLettered)), (4, 1), "{account}");
    assert_eq!(account.after.count(Place::Delivered), 5, "{account}");
}

/// Both contacts share the flag and the notes, as in Amazon Connect: the notes on the end of the first one's message
/// must not hide the second one's.
#[test]
fn what_is_left_after_a_transfer_is_delivered_whoever_shares_the_attributes() {
    for story in [Story::Transferred, Story::TransferredAfterAgent, Story::TransferredHangUp] {
        let mut options = Options::one(vec![Mode::Task], Nothing);
        (options.messages, options.story) = (100, Some(story));
        options.within = Duration::from_secs(3600);
        let account = run(options);
        assert_eq!(account.wrong(), [""; 0], "{story:?} {account}");
        assert_eq!(account.before.count(Place::Lost), 0, "{story:?} {account}");
    }
}

/// Several messages in one call, agents who answer or only ring, failures, and transfers, without any fault.
#[test]
fn whatever_happens_in_a_call_every_message_has_its_end() {
    for story in [Story::Anything, Story::FlagOnlyAnything] {
        let mut options = Options::one(vec![Mode::Task], Nothing);
        (options.messages, options.story, options.is_plain) = (100, Some(story), false);
        options.within = Duration::from_secs(3600);
        let account = run(options);
        assert_eq!(account.wrong(), [""; 0], "{story:?} {account}");
    }
}

#[test]
fn records_that_can_never_be_used_delay_nobody() {
    let mut options = Options::one(vec![Mode::Task], Nothing);
    (options.messages, options.poison, options.within) = (20, 10, Duration::from_secs(60));
    let account = run(options);
    assert_eq!(account.wrong(), [""; 0], "{account}");
    assert_eq!((account.before.count(Place::Delivered), account.before.letters), (20, 10), "{account}");
}

/// Runs in another process, because the SDK's retry budget belongs to the process.
fn story(seed: &str) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["at_random::at_random_every_message_has_one_end", "--exact", "--nocapture"])
        .env("FAULTS_VOICEMAILS", "12")
        .env("FAULTS_SEED", seed)
        .env_remove("FAULTS_ONE_IN")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text.lines().find_map(|line| Some(line.split_once("story ")?.1.to_owned())).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let told = story("11");
    assert_eq!(told, story("11"));
    assert_ne!(told, story("12"));
}
