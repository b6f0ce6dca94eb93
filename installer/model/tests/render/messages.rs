//! How flows take messages: what they write, in which order, and what callers hear, by walking through them.

use std::collections::{BTreeMap, BTreeSet};

use flow_language::{Action, Flow};
use serde_json::Value;
use vmx_contract::attributes::message;
use vmx_model::parts::FlowKey;
use vmx_model::render::Rendered;

/// Where every flow begins to take a message.
const FIRST: &str = "Is slot 1 full";

/// The flows in which callers leave messages.
const TAKING: [FlowKey; 3] = [FlowKey::Voicemail, FlowKey::VoicemailModule, FlowKey::InQueueOffer];

fn rendered() -> [(&'static str, Rendered); 2] {
    [("vm_flag", super::new_instance()), ("vmx3_flag", super::other_parameters())]
}

/// Every flow that takes messages, with the name of its flag.
fn taking() -> Vec<(&'static str, FlowKey, Flow)> {
    let mut flows = Vec::new();
    for (flag, rendered) in rendered() {
        for document in rendered.flows.iter().filter(|flow| TAKING.contains(&flow.key)) {
            flows.push((flag, document.key, Flow::parse(&document.content).unwrap()));
        }
    }
    assert_eq!(flows.len(), 4, "one of the least parameters, three of all");
    flows
}

fn attribute<'a>(action: &'a Action, name: &str) -> Option<&'a str> {
    action.parameters.get("Attributes")?.get(name)?.as_str()
}

fn is_streaming(action: &Action, state: &str) -> bool {
    action.parameters.get("MediaStreamingState").is_some_and(|is| is == state)
}

fn saves(action: &Action) -> bool {
    message::Slot::ALL.iter().any(|slot| attribute(action, &slot.state()) == Some(message::SAVED))
}

fn begins(action: &Action) -> bool {
    attribute(action, message::TAKING) == Some(message::ON)
}

fn on_error(action: &Action) -> Option<&str> {
    let error = action.transitions.errors.iter().find(|error| error.error_type == "NoMatchingError");
    error.map(|error| error.next_action.as_str())
}

/// The blocks to which a way leads from the start, where blocks of one kind let nobody through who succeeded in them,
/// or nobody at all.
fn reached(flow: &Flow, is_closed: impl Fn(&Action) -> bool, also_on_error: bool) -> BTreeSet<&str> {
    let mut reached = BTreeSet::new();
    let mut next = vec![flow.start_action.as_str()];
    while let Some(identifier) = next.pop() {
        if !reached.insert(identifier) {
            continue;
        }
        let action = flow.action(identifier).unwrap();
        let is_closed = is_closed(action);
        let transitions = &action.transitions;
        if !is_closed {
            next.extend(transitions.next_action.as_deref());
            next.extend(transitions.conditions.iter().map(|condition| condition.next_action.as_str()));
        }
        if !(is_closed && also_on_error) {
            next.extend(transitions.errors.iter().map(|error| error.next_action.as_str()));
        }
    }
    reached
}

fn named<'a>(reached: &'a BTreeSet<&str>, name: &str) -> Vec<&'a str> {
    reached.iter().filter(|identifier| identifier.starts_with(name)).copied().collect()
}

#[test]
fn the_goodbye_is_said_only_after_the_message_is_saved() {
    for (_, key, flow) in taking() {
        assert!(!named(&reached(&flow, |_| false, false), "Goodbye").is_empty(), "{key}");
        assert_eq!(named(&reached(&flow, saves, false), "Goodbye"), [""; 0], "{key}");
    }
}

#[test]
fn every_way_to_the_apology_says_that_no_message_is_being_taken() {
    for (_, key, flow) in taking() {
        let ends =
            |action: &Action| attribute(action, message::TAKING) == Some(message::OFF) && !saves(action);
        assert!(!named(&reached(&flow, |_| false, false), "Apology").is_empty(), "{key}");
        assert_eq!(named(&reached(&flow, ends, true), "Apology"), [""; 0], "{key}");
        // Neither a failure nor a message that is saved leads around stopping.
        let stops = |action: &Action| is_streaming(action, "Disabled");
        let unstopped = reached(&flow, stops, true);
        assert_eq!(named(&unstopped, "Apology"), [""; 0], "{key}");
        assert_eq!(named(&unstopped, "Goodbye"), [""; 0], "{key}");
    }
}

#[test]
fn streaming_is_stopped_before_it_is_started_and_the_tone_comes_once_the_message_is_begun() {
    for (_, key, flow) in taking() {
        let unstopped = reached(&flow, |action| is_streaming(action, "Disabled"), true);
        let starts = |identifier: &&&str| is_streaming(flow.action(identifier).unwrap(), "Enabled");
        assert_eq!(unstopped.iter().filter(starts).count(), 0, "{key}");
        let unbegun = reached(&flow, begins, false);
        assert_eq!(named(&unbegun, "Beep"), [""; 0], "{key}");
        assert_eq!(named(&unbegun, "Record"), [""; 0], "{key}");
    }
}

#[test]
fn streaming_is_tried_three_times_with_pauses() {
    for (_, key, flow) in taking() {
        let mut starts: Vec<&Action> =
            flow.actions.iter().filter(|action| is_streaming(action, "Enabled")).collect();
        assert_eq!(starts.len(), 3, "{key}");
        for start in &starts {
            assert_eq!(start.parameters["Participants"][0]["ParticipantType"], "Customer");
            assert_eq!(start.parameters["Participants"][0]["MediaDirections"], serde_json::json!(["From"]));
            assert!(begins(flow.action(start.transitions.next_action.as_deref().unwrap()).unwrap()), "{key}");
        }
        let last = starts.pop().unwrap();
        for (start, following) in starts.iter().zip([starts[1], last]) {
            let pause = flow.action(on_error(start).unwrap()).unwrap();
            assert!(pause.parameters["SSML"].as_str().unwrap().contains("<break time=\"3s\"/>"), "{key}");
            assert_eq!(pause.transitions.next_action.as_ref(), Some(&following.identifier), "{key}");
            assert_eq!(on_error(pause), Some(following.identifier.as_str()), "{key}");
        }
        let failure = flow.action(on_error(last).unwrap()).unwrap();
        assert_eq!(attribute(failure, message::TAKING), Some(message::OFF), "{key}");
    }
}

/// The flag says that the functions have something to do, and only they know when that is done.
#[test]
fn no_flow_takes_a_flag_or_a_slot_back() {
    for (flag, rendered) in rendered() {
        for document in &rendered.flows {
            let flow = Flow::parse(&document.content).unwrap();
            let is_whisper = matches!(document.key, FlowKey::AgentWhisper | FlowKey::CustomerWhisper);
            for action in &flow.actions {
                assert_eq!(attribute(action, flag).is_some(), begins(action), "{}", document.key);
                assert!(matches!(attribute(action, flag), None | Some("1")), "{}", document.key);
                for slot in message::Slot::ALL {
                    let state = attribute(action, &slot.state());
                    assert!(matches!(state, None | Some(message::SAVED | message::UNSAVED)));
                }
                if is_whisper && let Some(set) = action.parameters.get("Attributes") {
                    assert_eq!(*set, serde_json::json!({message::ANSWERED: message::ON}));
                }
            }
            if is_whisper {
                // Whatever the call's attributes are, and before anything is said.
                let silent = reached(&flow, |action| is_streaming(action, "Disabled"), true);
                assert_eq!(named(&silent, "Note the answer"), [""; 0]);
                assert_eq!(named(&silent, "Say"), [""; 0]);
            }
        }
    }
}

/// A contact on its way through a flow.
struct Walk<'a> {
    flow: &'a Flow,
    attributes: BTreeMap<String, String>,
    /// The blocks that fail.
    failing: Vec<&'a str>,
    passed: Vec<&'a str>,
}

impl<'a> Walk<'a> {
    fn new(flow: &'a Flow, contact: &str) -> Self {
        let known = [
            ("$.ContactId", contact),
            ("$.Queue.ARN", "arn:q"),
            ("vm_lang", "en-US"),
            ("vmx3_lang", "en-US"),
        ];
        let attributes = known.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { flow, attributes, failing: Vec::new(), passed: Vec::new() }
    }

    fn resolve(&self, text: &str) -> String {
        let name = text.strip_prefix("$.Attributes.").unwrap_or(text);
        let is_reference = text.starts_with("$.");
        let stands_for = self.attributes.get(name).cloned();
        if is_reference { stands_for.unwrap_or_default() } else { text.to_owned() }
    }

    /// Takes one message; the caller presses a key.
    fn take(&mut self) {
        self.passed.clear();
        let mut at = FIRST;
        while !matches!(at, "Hang up" | "Return" | "Keep waiting" | "Back to the queue") {
            self.passed.push(at);
            assert!(self.passed.len() < 100, "{:?}", self.passed);
            let action = self.flow.action(at).unwrap();
            let transitions = &action.transitions;
            if self.failing.contains(&at) {
                at = on_error(action).unwrap();
                continue;
            }
            let set = action.parameters.get("Attributes").and_then(Value::as_object);
            for (name, value) in set.into_iter().flatten() {
                let value = self.resolve(value.as_str().unwrap());
                self.attributes.insert(name.clone(), value);
            }
            let compared = action.parameters.get("ComparisonValue").and_then(Value::as_str);
            let value = compared.map_or_else(|| "#".to_owned(), |compared| self.resolve(compared));
            let taken = transitions.conditions.iter().find(|branch| {
                let operand = branch.condition.operands[0].as_str();
                match branch.condition.operator.as_str() {
                    "TextContains" => value.contains(operand),
                    _ => value == operand,
                }
            });
            at = taken.map_or_else(
                || transitions.next_action.as_deref().unwrap(),
                |branch| branch.next_action.as_str(),
            );
        }
        self.passed.push(at);
    }

    fn has(&self, name: &str) -> bool {
        self.passed.iter().any(|passed| passed.starts_with(name))
    }

    fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

#[test]
fn each_message_of_a_contact_fills_a_slot_of_its_own_and_the_fourth_is_refused() {
    for (flag, key, flow) in taking() {
        let mut walk = Walk::new(&flow, "one");
        for slot in message::Slot::ALL {
            let (fragment, queue) =
                (format!("9134385233318150155{}", slot.number()), format!("arn:q{}", slot.number()));
            let audio = "$.MediaStreams.Customer.Audio.StartFragmentNumber".to_owned();
            walk.attributes.insert(audio, fragment.clone());
            walk.attributes.insert("$.Queue.ARN".to_owned(), queue.clone());
            walk.attributes.insert("vm_mode".to_owned(), format!("mode {}", slot.number()));
            walk.attributes.insert("vmx3_mode".to_owned(), format!("mode {}", slot.number()));
            walk.take();
            assert!(walk.has("Goodbye") && !walk.has("Apology"), "{key}: {:?}", walk.passed);
            assert_eq!(walk.get(&slot.state()), message::SAVED);
            assert_eq!(walk.get(&slot.contact()), "one");
            assert_eq!(walk.get(&slot.fragment()), fragment);
            assert_eq!(walk.get(&slot.queue_arn()), queue);
            assert_eq!(walk.get(&slot.lang()), "en-US");
            assert_eq!(walk.get(&slot.mode()), format!("mode {}", slot.number()));
            assert_eq!((walk.get(message::TAKING), walk.get(flag)), (message::OFF, "1"));
            let saved =
                message::Slot::ALL.iter().filter(|slot| walk.get(&slot.state()) == message::SAVED).count();
            assert_eq!(saved, usize::from(slot.number()));
        }
        let before = walk.attributes.clone();
        walk.take();
        assert!(walk.has("Refuse the message"), "{key}");
        assert!(!walk.has("Start streaming") && !walk.has("Goodbye") && !walk.has("Greeting"), "{key}");
        assert_eq!(walk.attributes, before, "nothing is written");
        let then = match key {
            FlowKey::VoicemailModule => "Return",
            FlowKey::InQueueOffer => "Keep waiting",
            _ => "Back to the queue",
        };
        assert_eq!(walk.passed.last(), Some(&then), "{key}");
    }
}

/// An agent answered and left, for example, and the contact goes on. The note about the first message is all that the
/// recorder will have of it.
#[test]
fn a_message_that_was_not_finished_is_kept_before_the_next_one() {
    for (flag, key, flow) in taking() {
        let prefix = flag.strip_suffix("flag").unwrap();
        // What has been chosen since is the next message's.
        let noted = [
            (flag.to_owned(), "1"),
            (format!("{prefix}queue_arn"), "arn:next"),
            (format!("{prefix}lang"), "de-DE"),
            (format!("{prefix}mode"), "email"),
            (message::TAKING.to_owned(), message::ON),
            (message::TAKING_CONTACT.to_owned(), "one"),
            (message::TAKING_FRAGMENT.to_owned(), "7"),
            (message::TAKING_QUEUE_ARN.to_owned(), "arn:first"),
            (message::TAKING_LANG.to_owned(), "en-US"),
            (message::TAKING_MODE.to_owned(), "task"),
        ];
        let unfinished = |full: usize| {
            let mut walk = Walk::new(&flow, "two");
            walk.attributes.extend(noted.clone().map(|(name, value)| (name, value.to_owned())));
            for slot in &message::Slot::ALL[..full] {
                walk.attributes.insert(slot.state(), message::DONE.to_owned());
            }
            walk
        };
        for full in 0..3 {
            let mut walk = unfinished(full);
            walk.take();
            let kept = message::Slot::ALL[full];
            let names =
                [kept.state(), kept.contact(), kept.fragment(), kept.queue_arn(), kept.lang(), kept.mode()];
            let found = names.map(|name| walk.get(&name).to_owned());
            assert_eq!(found, [message::UNSAVED, "one", "7", "arn:first", "en-US", "task"], "{key}");
            assert_eq!(walk.get(message::TAKING), message::OFF, "{key}");
            let Some(next) = message::Slot::ALL.get(full + 1) else {
                assert!(walk.has("Refuse the message") && !walk.has("Start streaming"), "{key}");
                assert!(walk.has("Stop before refusing"), "{key}: an agent may answer");
                continue;
            };
            assert_eq!(
                (walk.get(&next.state()), walk.get(&next.contact())),
                (message::SAVED, "two"),
                "{key}"
            );
        }
        // Nothing that fails loses it.
        let mut walk = unfinished(1);
        walk.failing = vec!["Keep unfinished message 2"];
        walk.take();
        assert!(walk.has("Apology") && !walk.has("Start streaming"), "{key}");
        let names = [message::TAKING, message::TAKING_CONTACT, message::TAKING_FRAGMENT];
        assert_eq!(names.map(|name| walk.get(name)), [message::ON, "one", "7"], "{key}");
    }
}

/// Slots that came along with a transfer are full as well, whatever became of their messages.
#[test]
fn a_message_fills_the_first_slot_that_is_free() {
    let (_, _, flow) = taking().remove(0);
    for full in 0..8_u8 {
        let mut walk = Walk::new(&flow, "two");
        let mut free = None;
        for slot in message::Slot::ALL {
            if full & (1 << (slot.number() - 1)) == 0 {
                free = free.or(Some(slot));
                continue;
            }
            let state = if full % 2 == 0 { message::SAVED } else { message::DONE };
            walk.attributes.insert(slot.state(), state.to_owned());
            walk.attributes.insert(slot.contact(), "one".to_owned());
        }
        walk.take();
        assert_eq!(walk.has("Goodbye"), free.is_some(), "{full}");
        assert_eq!(walk.has("Refuse the message"), free.is_none(), "{full}");
        let own = message::Slot::ALL.into_iter().filter(|slot| walk.get(&slot.contact()) == "two");
        assert_eq!(own.collect::<Vec<_>>(), free.into_iter().collect::<Vec<_>>(), "{full}");
    }
}

#[test]
fn a_failure_leaves_no_message_and_what_was_saved_before_stays() {
    const STARTS: [&str; 3] = ["Start streaming", "Start streaming try 2", "Start streaming try 3"];
    for (flag, key, flow) in taking() {
        // Which blocks fail, and whether the message is saved all the same.
        let cases: [(&[&str], bool); 8] = [
            (&STARTS[..1], true),
            (&STARTS[..2], true),
            (&STARTS, false),
            (&["Begin the message"], true),
            (&["Begin the message", "Begin without a fragment"], false),
            (&["Record"], false),
            (&["Stop earlier streaming", "Stop streaming", "Note caller and queue"], true),
            (&["Save message 2", "Stop after a failure"], false),
        ];
        for (failing, is_saved) in cases {
            let mut walk = Walk::new(&flow, "one");
            walk.take();
            walk.failing = failing.to_vec();
            walk.take();
            let [first, second, _] = message::Slot::ALL;
            assert_eq!(
                (walk.has("Goodbye"), walk.has("Apology")),
                (is_saved, !is_saved),
                "{key}: {failing:?}"
            );
            assert_eq!(walk.get(&second.state()) == message::SAVED, is_saved, "{key}: {failing:?}");
            assert_eq!(walk.get(&first.state()), message::SAVED, "{key}: {failing:?}");
            assert_eq!(walk.get(message::TAKING), message::OFF, "{key}: {failing:?}");
            assert_eq!(walk.get(flag), "1", "{key}: {failing:?}");
        }
        let mut walk = Walk::new(&flow, "one");
        walk.failing = STARTS.to_vec();
        walk.take();
        assert_eq!(walk.get(flag), "", "{key}: nothing was begun");
        assert_eq!(walk.get(message::TAKING_CONTACT), "one", "{key}");
    }
}

#[test]
fn a_message_without_a_fragment_has_a_note_that_is_no_number() {
    let (_, _, flow) = taking().remove(0);
    let mut walk = Walk::new(&flow, "one");
    walk.failing = vec!["Begin the message"];
    walk.take();
    assert_eq!(walk.get(&message::Slot::ALL[0].fragment()), "none");
}

/// Parameters of an earlier version do not have words for it.
#[test]
fn a_language_without_words_for_the_refusal_hears_its_apology() {
    let rendered = super::other_parameters();
    let voicemail = rendered.flows.iter().find(|flow| flow.key == FlowKey::Voicemail).unwrap();
    let flow = Flow::parse(&voicemail.content).unwrap();
    let said = |block: &str| flow.action(block).unwrap().parameters["Text"].as_str().unwrap().to_owned();
    assert_eq!(said("Refuse the message nl-NL"), said("Apology nl-NL"));
    assert!(said("Refuse the message en-US").contains("three messages"));
}

#[test]
fn whispers_are_made_before_the_flows_that_fill_slots() {
    let place = |key| FlowKey::ALL.iter().position(|other| *other == key).unwrap();
    for whisper in [FlowKey::AgentWhisper, FlowKey::CustomerWhisper] {
        assert!(TAKING.iter().all(|taking| place(whisper) < place(*taking)));
    }
}
