//! What flows and Amazon Connect write about messages: each row of the contract between flow and recorder, played.
//!
//! The flows here are small ones that keep the contract; what is shown is that calls can be played in which each row
//! happens, and what the contact record says then.

use std::time::Duration;

use jiff::Timestamp;
use local_cloud::call::{CallOutcome, Circumstance, Disposition, Step};
use serde_json::{Value, json};

use crate::media::voice_of;
use crate::support::{
    Center, QUEUE, action, beep, end, hang_up, on_error, say, set, stream_media, voice, words,
};

const FRAGMENT: &str = "$.MediaStreams.Customer.Audio.StartFragmentNumber";
const SECOND: usize = 16_000;

/// The actions that take the message of a slot, with names that end in its number: streaming is stopped before it is
/// started, and what was saved is written down before it is said.
fn message(slot: u8, next: &str) -> Vec<Value> {
    let id = |name: &str| format!("{name}{slot}");
    let stop = id("stop");
    let listen = json!({"InputTimeLimitSeconds": "60", "StoreInput": "False"});
    let listen = action(&id("listen"), "GetParticipantInput", listen, &stop, &["NoMatchingError"]);
    let listen = on_error(on_error(listen, "InputTimeLimitExceeded", &stop), "NoMatchingCondition", &stop);
    let taking = json!({"vm_flag": "1", "vm_taking": "1", "vm_taking_contact": "$.ContactId",
                        "vm_taking_fragment": FRAGMENT});
    let saved = json!({id("vm_saved_"): "saved", format!("vm_saved_{slot}_contact"): "$.ContactId",
                       format!("vm_saved_{slot}_fragment"): FRAGMENT, "vm_taking": "0"});
    let start = |name: &str| stream_media(&id(name), "Enabled", &["From"], &id("taking"));
    vec![
        stream_media(&id("before"), "Disabled", &["From"], &id("first")),
        on_error(start("first"), "NoMatchingError", &id("pause")),
        action(&id("pause"), "Wait", json!({"TimeLimitSeconds": "2"}), &id("second"), &["NoMatchingError"]),
        on_error(start("second"), "NoMatchingError", &id("again")),
        action(&id("again"), "Wait", json!({"TimeLimitSeconds": "2"}), &id("third"), &["NoMatchingError"]),
        start("third"),
        set(&id("taking"), taking, &id("beep")),
        beep(&id("beep"), &id("listen")),
        listen,
        stream_media(&stop, "Disabled", &["From"], &id("saved")),
        set(&id("saved"), saved, &id("say")),
        say(&id("say"), "your message has been saved", next),
    ]
}

fn with_ends(mut actions: Vec<Value>) -> Value {
    actions.extend([set("failed", json!({"vm_taking": "0"}), "sorry"), say("sorry", "sorry", "gone")]);
    actions.push(hang_up("gone"));
    Value::Array(actions)
}

/// A center with a flow that takes one message and ends, one that takes two, and one that takes the second alone.
async fn center() -> (Center, [String; 3]) {
    let center = Center::configured().await;
    let one = center.publish("one", with_ends(message(1, "gone"))).await;
    let two = [message(1, "before2"), message(2, "gone")].concat();
    let two = center.publish("two", with_ends(two)).await;
    let second = center.publish("second", with_ends(message(2, "gone"))).await;
    (center, [one, two, second])
}

fn hook(id: &str, event: &str, flow: &str, next: &str) -> Value {
    let hooks = json!({"EventHooks": {event: flow}});
    action(id, "UpdateContactEventHooks", hooks, next, &["NoMatchingError"])
}

/// The actions that bring a caller into the queue, where agents' whispers stop streaming. What comes after the agent is the
/// flow `after`, and the queue's flow is `queue`.
async fn into_the_queue(center: &Center, queue: Option<&str>, after: Option<&str>) -> Vec<Value> {
    let whisper = json!([
        stream_media("stop", "Disabled", &["From"], "answered"),
        set("answered", json!({"vm_answered": "1"}), "end"),
        say("failed", "failed", "end"),
        end("end"),
    ]);
    let whisper = center.publish_as("AGENT_WHISPER", "whisper", whisper).await;
    let mut hooks = vec![("AgentWhisper", whisper.as_str())];
    hooks.extend(queue.map(|flow| ("CustomerQueue", flow)));
    hooks.extend(after.map(|flow| ("CustomerRemaining", flow)));
    let errors = ["QueueAtCapacity", "NoMatchingError"];
    let queue = json!({"QueueId": QUEUE});
    let mut actions = vec![
        action("target", "UpdateContactTargetQueue", queue, "transfer", &["NoMatchingError"]),
        action("transfer", "TransferContactToQueue", json!({}), "failed", &errors),
    ];
    for (event, flow) in hooks {
        let next = actions[0]["Identifier"].as_str().unwrap().to_owned();
        actions.insert(0, hook(event, event, flow, &next));
    }
    actions.insert(0, say("enter", "one moment", actions[0]["Identifier"].as_str().unwrap()));
    actions
}

/// A flow in which the message is taken while the caller waits.
async fn taken_in_the_queue(center: &Center, after: Option<&str>) -> String {
    let offer =
        message(1, "stay").into_iter().chain([end("stay"), say("failed", "failed", "stay")]).collect();
    let offer = center.publish_as("CUSTOMER_QUEUE", "offer", offer).await;
    let actions = into_the_queue(center, Some(&offer), after).await;
    center.publish("in the queue", with_ends(actions)).await
}

fn seconds(seconds: u64) -> Step {
    Step::Wait(Duration::from_secs(seconds))
}

fn speak(seconds: usize) -> Step {
    Step::Speak(voice(seconds * SECOND))
}

fn key() -> Step {
    Step::Press("#".to_owned())
}

fn answers(after_ms: u64) -> Step {
    Step::AgentAnswers { after: Duration::from_millis(after_ms), agent: None }
}

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

/// The entries of the last record.
fn entries(center: &Center) -> Vec<Value> {
    center.records().pop().unwrap()["Recordings"].as_array().cloned().unwrap_or_default()
}

fn holds(entry: &Value, fragment: &str) -> bool {
    let end = |name: &str| entry[name].as_str().unwrap().to_owned();
    (end("FragmentStartNumber")..=end("FragmentStopNumber")).contains(&fragment.to_owned())
}

fn said_saved(call: &CallOutcome) -> usize {
    words(call).iter().filter(|text| text.contains("saved")).count()
}

#[tokio::test]
async fn a_message_is_taken_and_saved_with_its_contact_and_its_first_fragment() {
    let (center, [one, ..]) = center().await;
    let call = center.dial(&one, vec![Step::HearBeep, speak(3), key()]).await;
    let entry = &entries(&center)[0];
    let first = entry["FragmentStartNumber"].as_str().unwrap();
    for (attribute, value) in [
        ("vm_flag", "1"),
        ("vm_taking", "0"),
        ("vm_taking_contact", &call.contact_id),
        ("vm_taking_fragment", first),
        ("vm_saved_1", "saved"),
        ("vm_saved_1_contact", &call.contact_id),
        ("vm_saved_1_fragment", first),
    ] {
        assert_eq!(call.attributes[attribute], value, "{attribute}\n{call}");
    }
    assert_eq!(said_saved(&call), 1);
    assert!(voice_of(&center, &call.contact_id, entry).await == call.caller_pcm);
}

#[tokio::test]
async fn who_hangs_up_leaves_a_message_that_is_being_taken() {
    let (center, [one, ..]) = center().await;
    let call = center.dial(&one, vec![Step::HearBeep, speak(3), Step::HangUp]).await;
    assert_eq!(call.attributes["vm_taking"], "1");
    assert!(!call.attributes.contains_key("vm_saved_1"));
    assert_eq!(call.attributes["vm_taking_fragment"], entries(&center)[0]["FragmentStartNumber"]);
    // Who hangs up at the beep leaves a stream of less than a second.
    let call = center.dial(&one, vec![Step::HearBeep, Step::HangUp]).await;
    assert_eq!((&call.attributes["vm_taking"][..], call.caller_pcm.len()), ("1", 8000));
}

#[tokio::test]
async fn each_start_of_streaming_has_its_fragment_and_the_record_one_entry_or_two() {
    let (center, [_, two, _]) = center().await;
    let steps = [Step::HearBeep, speak(3), key(), Step::HearBeep, speak(2), key()];
    for given in [
        vec![],
        vec![Circumstance::OneRecording],
        vec![Circumstance::RecordingsReversed],
        vec![Circumstance::OneRecording, Circumstance::RecordingsReversed],
    ] {
        let all = given.iter().cloned().map(Step::Given).chain(steps.iter().cloned()).collect();
        let call = center.dial(&two, all).await;
        assert_eq!(said_saved(&call), 2, "{given:?}\n{call}");
        let fragments = [&call.attributes["vm_saved_1_fragment"], &call.attributes["vm_saved_2_fragment"]];
        assert!(fragments[0] < fragments[1], "{fragments:?}");
        let entries = entries(&center);
        let order: Vec<Vec<bool>> = entries
            .iter()
            .map(|entry| fragments.iter().map(|fragment| holds(entry, fragment)).collect())
            .collect();
        let one = given.contains(&Circumstance::OneRecording);
        let reversed = given.contains(&Circumstance::RecordingsReversed);
        let expected = match (one, reversed) {
            (true, _) => vec![vec![true, true]],
            (false, false) => vec![vec![true, false], vec![false, true]],
            (false, true) => vec![vec![false, true], vec![true, false]],
        };
        assert_eq!(order, expected, "{given:?}");
        // One stream serves a whole call.
        assert!(entries.iter().all(|entry| entry["Location"] == entries[0]["Location"]));
        // In one entry, what was not streamed between the two is silence.
        let mut pcm = Vec::new();
        for entry in &entries {
            pcm.push(voice_of(&center, &call.contact_id, entry).await);
        }
        let beginning = &call.caller_pcm[..8000 + 3 * SECOND];
        let ending = &call.caller_pcm[call.caller_pcm.len() - 8000 - 2 * SECOND..];
        let (first, last) =
            if reversed && !one { (&pcm[1], &pcm[0]) } else { (&pcm[0], &pcm[pcm.len() - 1]) };
        assert!(first.starts_with(beginning) && last.ends_with(ending), "{given:?}");
    }
}

#[tokio::test]
async fn streaming_that_does_not_start_at_once_is_tried_again() {
    let (center, [one, ..]) = center().await;
    let steps =
        |fails| vec![Step::Given(Circumstance::StreamingFails(fails)), Step::HearBeep, speak(1), key()];
    let call = center.dial(&one, steps(2)).await;
    assert_eq!((said_saved(&call), call.heard[0].from_ms), (1, 4000), "{call}");
    let call = center.dial(&one, steps(3)).await;
    assert_eq!(words(&call), ["sorry"], "{call}");
    assert_eq!((&call.attributes["vm_taking"][..], call.caller_pcm.len()), ("0", 0));
    assert_eq!(entries(&center), [] as [Value; 0]);
}

#[tokio::test]
async fn an_agent_who_answers_later_touches_no_saved_message() {
    let center = Center::configured().await;
    let mut actions = message(1, "enter");
    actions.extend(into_the_queue(&center, None, None).await);
    let flow = center.publish("saved, then queue", with_ends(actions)).await;
    let steps = vec![Step::HearBeep, speak(3), key(), seconds(20), answers(0), seconds(5), Step::HangUp];
    let call = center.dial(&flow, steps).await;
    assert_eq!(said_saved(&call), 1, "{call}");
    for (attribute, value) in [("vm_saved_1", "saved"), ("vm_flag", "1"), ("vm_answered", "1")] {
        assert_eq!(call.attributes[attribute], value, "{attribute}\n{call}");
    }
    let record = center.records().pop().unwrap();
    let stopped = time(&record["Recordings"][0]["StopTimestamp"]);
    assert!(stopped < time(&record["Agent"]["ConnectedToAgentTimestamp"]), "{record}");
    assert_eq!(record["Recordings"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn an_agent_who_answers_while_a_message_is_taken_is_in_the_record() {
    let center = Center::configured().await;
    let flow = taken_in_the_queue(&center, None).await;
    let steps = [Step::HearBeep, answers(3000), speak(5), seconds(20), Step::HangUp];
    for (given, answered, stream_runs_on) in
        [(None, Some("1"), false), (Some(Circumstance::NoWhispers), None, true)]
    {
        let given = given.map(Step::Given);
        let call = center.dial(&flow, given.into_iter().chain(steps.iter().cloned()).collect()).await;
        assert_eq!(call.attributes["vm_taking"], "1", "{call}");
        assert_eq!(call.attributes.get("vm_answered").map(String::as_str), answered);
        let record = center.records().pop().unwrap();
        let agent = &record["Agent"];
        assert!(agent["AgentInteractionDuration"].as_i64() > Some(15), "{agent}");
        assert_eq!(agent["AfterContactWorkStartTimestamp"], record["DisconnectTimestamp"]);
        let entry = &record["Recordings"][0];
        let connected = time(&agent["ConnectedToAgentTimestamp"]);
        assert!(time(&entry["StartTimestamp"]) < connected);
        assert_eq!(time(&entry["StopTimestamp"]) > connected, stream_runs_on, "{record}");
    }
}

#[tokio::test]
async fn an_agent_may_answer_at_any_moment_and_not_talk_at_all() {
    let center = Center::configured().await;
    let flow = taken_in_the_queue(&center, None).await;
    for after_ms in [0, 250, 500, 1000, 4999] {
        let steps = vec![answers(after_ms), Step::HearBeep, speak(4), seconds(9), Step::HangUp];
        let call = center.dial(&flow, steps).await;
        let record = center.records().pop().unwrap();
        assert!(matches!(call.disposition, Disposition::Answered { .. }), "{after_ms}: {call}");
        assert!(record["Agent"]["AgentInteractionDuration"].as_i64() > Some(0), "{after_ms}: {record}");
    }
    // Who hangs up while the whisper is on has not talked with the agent, who is connected all the same.
    let steps = vec![Step::HearBeep, answers(1000), seconds(2), Step::HangUp];
    let call = center.dial(&flow, steps).await;
    let agent = center.records().pop().unwrap()["Agent"].clone();
    assert_eq!(agent["AgentInteractionDuration"], 0, "{call}");
    assert!(agent["ConnectedToAgentTimestamp"].is_string());
}

#[tokio::test]
async fn an_agents_time_has_holds_and_work_after_the_contact() {
    let center = Center::configured().await;
    let flow = taken_in_the_queue(&center, None).await;
    let hold = |seconds| Step::AgentHolds(Duration::from_secs(seconds));
    let steps = [answers(0), seconds(5), hold(7), seconds(4), hold(3), Step::AgentHangsUp];
    for (given, work) in [
        (Circumstance::AfterContactWork(Duration::from_secs(70)), Some(70)),
        (Circumstance::NoAfterContactWork, None),
    ] {
        let all = [Step::Given(given)].into_iter().chain(steps.iter().cloned()).collect();
        let call = center.dial(&flow, all).await;
        let record = center.records().pop().unwrap();
        let agent = &record["Agent"];
        let holds = ["CustomerHoldDuration", "LongestHoldDuration", "NumberOfHolds"].map(|name| &agent[name]);
        assert_eq!(holds, [10, 7, 2], "{call}");
        // The instance's own whisper to the customer takes 1.2 of the nine seconds.
        assert_eq!(agent["AgentInteractionDuration"], 7, "{call}");
        assert_eq!(record["DisconnectReason"], "AGENT_DISCONNECT");
        let (start, end) = (&agent["AfterContactWorkStartTimestamp"], &agent["AfterContactWorkEndTimestamp"]);
        match work {
            None => assert_eq!((start, end), (&Value::Null, &Value::Null)),
            Some(work) => {
                assert_eq!(start, &record["DisconnectTimestamp"]);
                assert_eq!(time(end).as_second() - time(start).as_second(), work);
                assert_eq!(&record["LastUpdateTimestamp"], end);
            }
        }
    }
}

#[tokio::test]
async fn a_flow_takes_a_message_after_the_agent_has_left() {
    let (center, [_, _, second]) = center().await;
    let flow = taken_in_the_queue(&center, Some(&second)).await;
    let steps =
        vec![answers(2500), Step::HearBeep, speak(10), Step::AgentHangsUp, Step::HearBeep, speak(3), key()];
    let call = center.dial(&flow, steps).await;
    assert_eq!((said_saved(&call), &call.disposition), (1, &Disposition::Disconnected), "{call}");
    let record = center.records().pop().unwrap();
    let entries = record["Recordings"].as_array().unwrap();
    let left = time(&record["Agent"]["AfterContactWorkStartTimestamp"]);
    assert!(
        time(&entries[0]["StopTimestamp"]) <= left && left <= time(&entries[1]["StartTimestamp"]),
        "{record}"
    );
    assert_eq!(call.attributes["vm_saved_2_fragment"], entries[1]["FragmentStartNumber"]);
    assert_eq!(record["DisconnectReason"], "CONTACT_FLOW_DISCONNECT");
    let voice_after = voice_of(&center, &call.contact_id, &entries[1]).await;
    assert!(call.caller_pcm.ends_with(&voice_after) && voice_after.len() == 8000 + 3 * SECOND);
}

#[tokio::test]
async fn a_transferred_contact_is_a_new_one_with_copies_of_the_attributes() {
    let (center, [_, _, second]) = center().await;
    let mut actions = message(1, "enter");
    actions.extend(into_the_queue(&center, None, None).await);
    let flow = center.publish("saved, then queue", with_ends(actions)).await;
    let steps = vec![
        Step::HearBeep,
        speak(3),
        key(),
        answers(0),
        seconds(10),
        Step::AgentTransfers(second),
        Step::HearBeep,
        speak(2),
        key(),
    ];
    let call = center.dial(&flow, steps).await;
    assert_eq!(said_saved(&call), 2, "{call}");
    let [first] = &call.earlier[..] else { panic!("{call}") };
    assert_ne!(first.contact_id, call.contact_id);
    // The copy has the first contact's slot; the first contact knows nothing of the second's.
    assert_eq!(call.attributes["vm_saved_1_contact"], first.contact_id);
    assert_eq!(call.attributes["vm_saved_2_contact"], call.contact_id);
    assert!(!first.attributes.contains_key("vm_saved_2"));
    let [before, after] = &center.records()[..] else { panic!("{call}") };
    assert_eq!(before["NextContactId"], after["ContactId"]);
    assert_eq!(after["PreviousContactId"], before["ContactId"]);
    assert_eq!(after["InitialContactId"], before["ContactId"]);
    assert_eq!((&after["InitiationMethod"], &after["Agent"]), (&json!("TRANSFER"), &Value::Null));
    assert_eq!(before["DisconnectTimestamp"], after["InitiationTimestamp"]);
    assert!(before["Agent"]["AgentInteractionDuration"].as_i64() > Some(0), "{before}");
    for (contact, pcm, record) in
        [(&first.contact_id, &first.caller_pcm, before), (&call.contact_id, &call.caller_pcm, after)]
    {
        assert!(&voice_of(&center, contact, &record["Recordings"][0]).await == pcm);
    }

    // What is changed in one of them is not changed in the other, and only that one's record is sent again.
    let update = json!({"InstanceId": center.id, "InitialContactId": first.contact_id, "Attributes": {"vm_flag": "0"}});
    center.post("/contact/attributes", update).await.unwrap();
    let records = center.records();
    assert_eq!((records.len(), &records[2]["ContactId"]), (3, &before["ContactId"]));
    let other = center.get(&format!("/contact/attributes/{}/{}", center.id, call.contact_id)).await.unwrap();
    assert_eq!(other["Attributes"]["vm_flag"], "1");
}

#[tokio::test]
async fn functions_see_where_the_media_are() {
    let center = Center::configured().await;
    let body = json!({"FunctionArn": crate::support::FUNCTION});
    center.put(&format!("/instance/{}/lambda-function", center.id), body).await.unwrap();
    let invoke = |id: &str, next: &str| {
        let parameters =
            json!({"LambdaFunctionARN": crate::support::FUNCTION, "InvocationTimeLimitSeconds": "3"});
        action(id, "InvokeLambdaFunction", parameters, next, &["NoMatchingError"])
    };
    let flow = json!([
        invoke("before", "start"),
        stream_media("start", "Enabled", &["From"], "during"),
        invoke("during", "beep"),
        beep("beep", "stop"),
        stream_media("stop", "Disabled", &["From"], "after"),
        invoke("after", "failed"),
        hang_up("failed"),
    ]);
    let flow = center.publish("functions", flow).await;
    center.dial(&flow, vec![]).await;
    let events = center.memory.events.lock().unwrap().clone();
    let audio: Vec<&Value> = events
        .iter()
        .map(|event| &event["Details"]["ContactData"]["MediaStreams"]["Customer"]["Audio"])
        .collect();
    let entry = &entries(&center)[0];
    assert_eq!(audio[0], &Value::Null);
    for seen in &audio[1..] {
        assert_eq!(seen["StreamARN"], entry["Location"]);
        assert_eq!(seen["StartFragmentNumber"], entry["FragmentStartNumber"]);
        assert!(seen["StartTimestamp"].as_str().is_some_and(|time| time.parse::<i64>().is_ok()));
    }
    assert!(audio[1]["StopTimestamp"].is_null() && audio[2]["StopTimestamp"].is_string());
}
