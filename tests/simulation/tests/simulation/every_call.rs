//! Every call of every function fails, once and until it is fixed, in every way.

use std::collections::BTreeMap;
use std::time::Duration;

use vmx_contract::mode::Mode;

use crate::account::Account;
use crate::fault::{Fault, Faults, Function, Nothing, These};
use crate::outcome::Place;
use crate::run::{Options, run};
use crate::world::{TARGETS, Way};

/// All modes that need no service outside AWS.
fn all_modes() -> Vec<Mode> {
    vec![Mode::Task, Mode::GuidedTask, Mode::Email, Mode::Other]
}

/// A run of one voicemail in every mode and with this target.
fn one(target: &'static str, faults: impl Faults + 'static) -> Account {
    run(Options { target, ..Options::one(all_modes(), faults) })
}

/// The same, for hours: the scheduled function runs less often.
fn for_hours(target: &'static str, faults: impl Faults + 'static) -> Account {
    run(Options { target, every: Duration::from_mins(30), ..Options::one(all_modes(), faults) })
}

/// The number of calls, and their target, by function and action for one voicemail without faults.
fn calls() -> BTreeMap<(Function, String), (u64, &'static str)> {
    let mut calls = BTreeMap::new();
    for target in TARGETS {
        let account = one(target, Nothing);
        assert_eq!(account.wrong(), [""; 0], "{account}");
        let of_steps = account.calls.into_iter().filter(|(call, _)| call.0 != Function::Watchdog);
        for (call, count) in of_steps {
            calls.entry(call).or_insert((count, target));
        }
    }
    calls
}

/// Whether `FAULTS_ONLY` selects a case, like `vmx_packager s3:PutObject 1: cut after`; unset, it selects all.
fn is_wanted(case: &str) -> bool {
    std::env::var("FAULTS_ONLY").map_or(true, |only| case == only)
}

/// Asserts what must hold under any fault; `case` describes the fault.
fn assert_sound(account: &Account, case: &str) {
    let wrong = account.wrong();
    assert!(wrong.is_empty(), "{case}: {wrong:#?}\n{account}");
    assert!(account.inflicted.values().sum::<u64>() > 0, "{case}: it did not come to that");
}

#[test]
fn one_call_that_goes_wrong_costs_nothing() {
    let calls = calls();
    assert!(calls.len() > 23, "{calls:?}");
    for ((function, action), (count, target)) in &calls {
        for number in 1..=*count {
            for fault in Fault::ALL.into_iter().filter(|fault| *fault != Fault::Denied) {
                let case = format!("{} {action} {number}: {fault}", function.name());
                if !is_wanted(&case) {
                    continue;
                }
                let these =
                    These { function: *function, action: action.clone(), fault, from: number, calls: 1 };
                let account = one(target, these);
                assert_sound(&account, &case);
                assert!(account.before.untidy.is_empty(), "{case}: {:?}", account.before.untidy);
                // It recovers by itself: no alarm goes off.
                assert_eq!(
                    (account.before.count(Place::Delivered), account.before.letters),
                    (1, 0),
                    "{case}\n{account}"
                );
                let sends = *function == Function::Packager && Way::of_action(action).is_some();
                // The modes of a voicemail are delivered concurrently. If a process dies in any call, services without
                // idempotency may each have sent a message that is not yet recorded: mail, target and event, once
                // each. The next process sends them again, because a duplicate voicemail costs less than a lost one.
                // Tasks have an idempotency token and are never repeated.
                assert!(account.before.unavoidable <= 3, "{case}");
                let may_repeat = sends
                    || (action == "s3:PutObject"
                        && matches!(fault, Fault::KilledBefore | Fault::KilledAfter));
                assert!(may_repeat || account.before.unavoidable == 0, "{case}\n{account}");
            }
        }
    }
}

#[test]
fn a_call_that_always_goes_wrong_is_a_dead_letter_until_it_is_mended() {
    let mut dead_lettered = 0;
    for ((function, action), (_, target)) in calls() {
        for fault in [
            Fault::Throttled,
            Fault::InternalError,
            Fault::CutBefore,
            Fault::CutAfter,
            Fault::NoAnswer,
            Fault::KilledBefore,
            Fault::KilledAfter,
            Fault::Denied,
        ] {
            let case = format!("{} {action}: always {fault}", function.name());
            if !is_wanted(&case) {
                continue;
            }
            let these = These { function, action: action.clone(), fault, from: 1, calls: u64::MAX };
            let account = for_hours(target, these);
            assert_sound(&account, &case);
            dead_lettered += account.before.count(Place::DeadLettered);
        }
    }
    assert!(dead_lettered > 50 || std::env::var_os("FAULTS_ONLY").is_some(), "{dead_lettered}");
}
