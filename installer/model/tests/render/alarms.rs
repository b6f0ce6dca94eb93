//! What each alarm does when something is switched off: which metric is then written or missing, and which state that is by
//! CloudWatch's documented rules.

use std::collections::{BTreeMap, BTreeSet};

use cloudwatch_alarms::{Alarm, State};
use serde_json::Value;

use super::stack::{of_type, read};
use super::{Facts, SHORTEST, params, render};

/// The alarms of a stack with a topic, by name.
fn alarms() -> BTreeMap<String, Value> {
    let params = params(&format!("{SHORTEST}alarms: {{topic: new}}\n"));
    let template = read(&render(&params, &Facts::example(&params)).unwrap());
    let alarms = of_type(&template, "AWS::CloudWatch::Alarm");
    alarms.into_iter().map(|(name, alarm)| (name.to_owned(), alarm.clone())).collect()
}

/// What happens, as one datapoint for five minutes; `None` is one that is missing.
struct Case {
    what: &'static str,
    points: Vec<Option<f64>>,
    state: State,
}

fn case(what: &'static str, points: &[Option<f64>], state: State) -> Case {
    Case { what, points: points.to_vec(), state }
}

/// For each alarm what makes it ring, and what does not.
fn cases(name: &str) -> Vec<Case> {
    use State::{Alarm, Ok};
    let some = |values: &[f64]| values.iter().map(|value| Some(*value)).collect::<Vec<_>>();
    let silent = vec![None; 12];
    let rings = |what, points: &[f64]| case(what, &some(points), Alarm);
    let calm = |what, points: &[f64]| case(what, &some(points), Ok);
    let then_silence =
        |what, points: &[f64], state| case(what, &[some(points), silent.clone()].concat(), state);
    match name {
        "RetryQueueDeadLettersAlarm"
        | "RecordingsQueueDeadLettersAlarm"
        | "TranscriptsQueueDeadLettersAlarm" => vec![
            rings("a message was given up", &[0.0, 1.0]),
            calm("the letters were redriven, or have expired", &[1.0, 0.0]),
        ],
        "ContactRecordsLateAlarm" => vec![
            rings("the function is too slow or fails", &[60_000.0, 900_001.0]),
            // That is why the watchdog looks at the trigger, at what it reads, and at the instance.
            then_silence("the trigger is off: nothing is measured", &[900_001.0], Ok),
        ],
        "RetryQueueOldAlarm" | "RecordingsQueueOldAlarm" | "TranscriptsQueueOldAlarm" => vec![
            rings("attempts fail, or nobody reads the queue", &[0.0, 3_601.0]),
            calm("the message was given up", &[3_601.0, 0.0]),
        ],
        "KvsToS3ErrorsAlarm"
        | "TranscriberErrorsAlarm"
        | "PackagerErrorsAlarm"
        | "PlaybackErrorsAlarm"
        | "WatchdogErrorsAlarm" => vec![
            rings("the function crashes again and again", &[0.0, 1.0, 3.0]),
            calm("the function crashed once", &[0.0, 1.0, 0.0]),
            then_silence("nothing invokes the function", &[0.0], Ok),
        ],
        "StuckAlarm" => vec![
            rings("pushing a voicemail on has not helped", &[0.0, 1.0]),
            calm("it was redriven", &[1.0, 0.0]),
            then_silence("the watchdog is off after that", &[1.0], Alarm),
            then_silence("the watchdog is off", &[0.0], Ok),
        ],
        "NewStuckAlarm" => vec![
            rings("pushing a voicemail on has not helped", &[0.0, 1.0]),
            calm("nothing else is stuck since", &[1.0, 0.0]),
            rings("another one, while the first is still stuck", &[1.0, 0.0, 1.0]),
            then_silence("the watchdog is off", &[0.0], Ok),
        ],
        "UndeliveredAlarm" => vec![
            rings("a rule is off, or a queue has expired its messages", &[7_000.0, 7_300.0]),
            calm("the transcript took as long as it may", &[3_900.0]),
            then_silence("the watchdog is off after that", &[7_300.0], Alarm),
        ],
        "NewLettersAlarm" => vec![
            rings("a message was given up", &[0.0, 1.0]),
            calm("nothing came since", &[1.0, 0.0]),
            rings("another one, while the first still lies there", &[1.0, 0.0, 1.0]),
            rings("another one in the next round: it stays on", &[0.0, 1.0, 1.0]),
            then_silence("the watchdog is off", &[0.0], Ok),
        ],
        "LettersExpiringAlarm" => vec![
            rings("nobody has redriven them for ten days", &[0.0, 2.0]),
            calm("they were redriven, or have expired", &[2.0, 0.0]),
            then_silence("the watchdog is off after that", &[2.0], Alarm),
        ],
        "BrokenAlarm" => vec![
            rings(
                "a trigger or rule is off, the association moved, or a look is not allowed",
                &[0.0, 1.0, 1.0],
            ),
            calm("one look failed", &[0.0, 1.0, 0.0]),
            then_silence("the watchdog is off after that", &[1.0, 1.0, 1.0], Alarm),
        ],
        "WatchdogSilentAlarm" => vec![
            then_silence("the schedule is off, the function may not run or crashes", &[1.0], Alarm),
            case("it is silent for a quarter of an hour", &[Some(1.0), None, None, None], Alarm),
            calm("it looks", &[1.0, 1.0]),
            case("a round falls into the period beside its own", &[Some(1.0), None, Some(2.0), None], Ok),
        ],
        other => panic!("which cases has {other}?"),
    }
}

#[test]
fn each_alarm_rings_for_what_it_is_there_for() {
    for (name, properties) in alarms() {
        let alarm = Alarm::of_properties(&properties).unwrap();
        let cases = cases(&name);
        for Case { what, points, state } in &cases {
            assert_eq!(alarm.states(points).last(), Some(state), "{name}: {what}");
        }
        for state in [State::Alarm, State::Ok] {
            assert!(cases.iter().any(|case| case.state == state), "{name} has no case for {state:?}");
        }
    }
}

/// An alarm that ends as well when what it rings for is lost for good tells nobody that it is over.
#[test]
fn nobody_is_told_that_all_is_well_when_a_letter_expires_or_a_message_is_given_up() {
    let told: BTreeSet<String> = alarms()
        .into_iter()
        .filter(|(_, alarm)| alarm.get("OKActions").is_some())
        .map(|(name, _)| name)
        .collect();
    let expected = [
        "BrokenAlarm",
        "KvsToS3ErrorsAlarm",
        "PackagerErrorsAlarm",
        "PlaybackErrorsAlarm",
        "StuckAlarm",
        "TranscriberErrorsAlarm",
        "UndeliveredAlarm",
        "WatchdogErrorsAlarm",
        "WatchdogSilentAlarm",
    ];
    assert_eq!(told, expected.map(str::to_owned).into());
}

/// The watchdog's silence ends none of the alarms on what it sees.
#[test]
fn silence_of_the_watchdog_is_no_good_news() {
    let own = alarms().into_iter().filter(|(_, alarm)| alarm["Namespace"] == "VoicemailExpress");
    let mut seen = 0;
    for (name, alarm) in own {
        let missing = alarm["TreatMissingData"].as_str().unwrap();
        let expected = match name.as_str() {
            "WatchdogSilentAlarm" => "breaching",
            "NewLettersAlarm" | "NewStuckAlarm" => "notBreaching",
            _ => "ignore",
        };
        assert_eq!(missing, expected, "{name}");
        seen += 1;
    }
    assert_eq!(seen, 7);
}
