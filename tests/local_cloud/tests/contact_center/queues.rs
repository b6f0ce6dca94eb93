//! Queues, and agents who take calls out of them.

use std::time::Duration;

use local_cloud::call::{CallOutcome, Disposition, Step};
use serde_json::{Value, json};

use crate::media::voice_of;
use crate::support::{
    Center, NOON, QUEUE, action, at, beep, end, hang_up, on_error, say, set, stream_media, voice,
    with_results, words,
};

const OTHER_QUEUE: &str = "c0ffee00-0000-4000-8000-000000000021";
const TRANSFER_ERRORS: &[&str] = &["QueueAtCapacity", "NoMatchingError"];

fn hook(id: &str, event: &str, flow: &str, next: &str) -> Value {
    let hooks = json!({"EventHooks": {event: flow}});
    action(id, "UpdateContactEventHooks", hooks, next, &["NoMatchingError"])
}

fn music(id: &str, text: &str, every: Option<&str>, next: &str) -> Value {
    let mut parameters = json!({"Messages": [{"Text": text}, {"Text": "la la la la"}]});
    let mut music = json!({"Identifier": id, "Type": "MessageParticipantIteratively",
                           "Transitions": {"Errors": [{"ErrorType": "NoMatchingError", "NextAction": "end"}]}});
    if let Some(every) = every {
        parameters["InterruptFrequencySeconds"] = json!(every);
        music = with_results(music, &[("Equals", "MessagesInterrupted", next)]);
    }
    music["Parameters"] = parameters;
    music
}

/// Music, and every twenty seconds the offer to leave a message; whoever refuses is not asked again.
fn offer() -> Value {
    let ask =
        json!({"Text": "press one to leave a message", "InputTimeLimitSeconds": "5", "StoreInput": "False"});
    let ask = action("ask", "GetParticipantInput", ask, "end", &["NoMatchingError"]);
    let ask = on_error(ask, "InputTimeLimitExceeded", "resume");
    let ask = on_error(ask, "NoMatchingCondition", "refused");
    let record = json!({"InputTimeLimitSeconds": "60", "StoreInput": "False"});
    let record = action("record", "GetParticipantInput", record, "stop", &["NoMatchingError"]);
    let record = on_error(record, "InputTimeLimitExceeded", "stop");
    let record = on_error(record, "NoMatchingCondition", "stop");
    json!([
        music("music", "please hold", Some("20"), "ask"),
        with_results(ask, &[("Equals", "1", "start")]),
        end("resume"),
        set("refused", json!({"refused": "yes"}), "only"),
        music("only", "only music", None, ""),
        stream_media("start", "Enabled", &["From"], "flag"),
        set("flag", json!({"vm_flag": "1"}), "beep"),
        beep("beep", "record"),
        record,
        stream_media("stop", "Disabled", &["From"], "bye"),
        say("bye", "goodbye", "gone"),
        hang_up("gone"),
        set("failed", json!({"vm_flag": "0"}), "only"),
        end("end"),
    ])
}

/// A whisper that takes a voicemail back.
fn cancelling(text: &str) -> Value {
    json!([
        set("reset", json!({"vm_flag": "0"}), "stop"),
        stream_media("stop", "Disabled", &["From"], "say"),
        say("say", text, "end"),
        say("failed", "failed", "end"),
        end("end"),
    ])
}

/// Publishes a flow that leads into the queue with an offer and whispers.
async fn queue_with_offer(center: &Center) -> String {
    let offer = center.publish_as("CUSTOMER_QUEUE", "offer", offer()).await;
    let agent =
        center.publish_as("AGENT_WHISPER", "to the agent", cancelling("call from $.Queue.Name")).await;
    let customer = center
        .publish_as(
            "CUSTOMER_WHISPER",
            "to the customer",
            json!([say("say", "one moment", "end"), end("end")]),
        )
        .await;
    let flow = json!([
        action(
            "target",
            "UpdateContactTargetQueue",
            json!({"QueueId": QUEUE}),
            "offer",
            &["NoMatchingError"]
        ),
        hook("offer", "CustomerQueue", &offer, "agent"),
        hook("agent", "AgentWhisper", &agent, "customer"),
        hook("customer", "CustomerWhisper", &customer, "transfer"),
        action("transfer", "TransferContactToQueue", json!({}), "failed", TRANSFER_ERRORS),
        say("failed", "failed", "gone"),
        hang_up("gone"),
    ]);
    center.publish("in queue", flow).await
}

/// Publishes a flow that leads into the queue as it is.
async fn plain_queue(center: &Center) -> String {
    let flow = json!([
        action(
            "target",
            "UpdateContactTargetQueue",
            json!({"QueueId": QUEUE}),
            "transfer",
            &["NoMatchingError"]
        ),
        action("transfer", "TransferContactToQueue", json!({}), "failed", TRANSFER_ERRORS),
        hang_up("failed"),
    ]);
    center.publish("plain", flow).await
}

fn seconds(seconds: u64) -> Step {
    Step::Wait(Duration::from_secs(seconds))
}

fn press(keys: &str) -> Step {
    Step::Press(keys.to_owned())
}

fn answers(after_ms: u64) -> Step {
    Step::AgentAnswers { after: Duration::from_millis(after_ms), agent: None }
}

fn in_support() -> Disposition {
    Disposition::Queued { queue: "Support".to_owned() }
}

fn answered(agent_hung_up: bool) -> Disposition {
    Disposition::Answered { queue: "Support".to_owned(), agent: "agent.one".to_owned(), agent_hung_up }
}

/// When something was said, in milliseconds.
fn times(call: &CallOutcome, text: &str) -> Vec<u64> {
    call.heard.iter().filter(|heard| heard.text == text).map(|heard| heard.from_ms).collect()
}

#[tokio::test]
async fn who_presses_nothing_is_asked_again() {
    let center = Center::configured().await;
    let flow = queue_with_offer(&center).await;
    let call = center.dial(&flow, vec![seconds(60), Step::HangUp]).await;
    assert_eq!(call.disposition, in_support());
    // Twenty seconds of music, 2.4 of offer, five to press a key.
    assert_eq!(times(&call, "press one to leave a message"), [20_000, 47_400], "{call}");
    // After an interruption the music begins from its beginning.
    let after_second = times(&call, "please hold").into_iter().find(|at| *at > 47_400);
    assert_eq!(after_second, Some(54_800));
    assert_eq!(call.attributes.len(), 0);
    assert_eq!(center.records()[0]["Queue"]["Duration"], 60);
}

#[tokio::test]
async fn who_refuses_is_not_asked_again() {
    let center = Center::configured().await;
    let flow = queue_with_offer(&center).await;
    let call = center.dial(&flow, vec![seconds(21), press("2"), seconds(200), Step::HangUp]).await;
    assert_eq!(times(&call, "press one to leave a message"), [20_000], "{call}");
    assert_eq!(call.attributes["refused"], "yes");
    assert_eq!((call.disposition, call.caller_pcm.len()), (in_support(), 0));
}

#[tokio::test]
async fn a_message_is_left_from_the_queue() {
    let center = Center::configured().await;
    let flow = queue_with_offer(&center).await;
    let steps =
        vec![Step::Hear("press one".to_owned()), press("1"), Step::HearBeep, Step::Speak(voice(32_000))];
    let hung_up = [steps.clone(), vec![Step::HangUp]].concat();
    let call = center.dial(&flow, hung_up).await;
    assert_eq!((&call.attributes["vm_flag"][..], call.disposition), ("1", in_support()));
    // A quarter of a second in which the key is held, half of beep in all, two of speech.
    assert_eq!(call.caller_pcm.len(), 8000 + 32_000);
    let recording = &center.records()[0]["Recordings"][0];
    assert!(voice_of(&center, &call.contact_id, recording).await == call.caller_pcm);

    let ended = [steps, vec![press("#")]].concat();
    let call = center.dial(&flow, ended).await;
    assert_eq!((words(&call).last(), &call.disposition), (Some(&"goodbye"), &Disposition::Disconnected));
}

#[tokio::test]
async fn an_agent_who_answers_mid_message_takes_the_voicemail_back() {
    let center = Center::configured().await;
    let flow = queue_with_offer(&center).await;
    let steps = vec![
        Step::Hear("press one".to_owned()),
        press("1"),
        Step::HearBeep,
        answers(1250),
        Step::Speak(voice(64_000)),
        seconds(10),
        Step::HangUp,
    ];
    let call = center.dial(&flow, steps).await;
    assert_eq!(call.disposition, answered(false), "{call}");
    assert_eq!(call.attributes["vm_flag"], "0");
    // The beep and what was said until the agent came, to the sample, although the caller went on.
    assert_eq!(call.caller_pcm.len(), 8000 + 1250 * 16);
    assert_eq!(call.caller_pcm[8000..], voice(64_000)[..20_000]);
    // The agent's whisper is not for the customer, and comes before the customer's.
    assert_eq!(words(&call)[words(&call).len() - 2..], ["[beep]", "one moment"]);
    assert!(call.to_string().contains("agent   hears “call from Support”"), "{call}");

    let record = &center.records()[0];
    assert_eq!(record["Attributes"], json!({"vm_flag": "0"}));
    assert_eq!(
        (&record["Agent"]["Username"], &record["AgentConnectionAttempts"]),
        (&json!("agent.one"), &json!(1))
    );
    assert_eq!(record["DisconnectReason"], "CUSTOMER_DISCONNECT");
    assert_eq!(record["Queue"]["DequeueTimestamp"], record["Agent"]["ConnectedToAgentTimestamp"]);
    let recording = &record["Recordings"][0];
    assert!(voice_of(&center, &call.contact_id, recording).await == call.caller_pcm);
}

#[tokio::test]
async fn a_conversation_lasts_until_somebody_hangs_up() {
    let center = Center::configured().await;
    let flow = plain_queue(&center).await;
    // The agent is expected before the call waits, at the very moment, and later.
    for (steps, agent_hung_up, length) in [
        (vec![answers(0), seconds(30), Step::HangUp], false, 30),
        (vec![answers(3000), seconds(30), Step::AgentHangsUp, seconds(60)], true, 30),
        (vec![seconds(5), answers(0), Step::AgentHangsUp], true, 7),
        (vec![answers(20_000)], false, 22),
    ] {
        let call = center.dial(&flow, steps.clone()).await;
        assert_eq!(call.disposition, answered(agent_hung_up), "{steps:?}\n{call}");
        let record = center.records().pop().unwrap();
        let reason = if agent_hung_up { "AGENT_DISCONNECT" } else { "CUSTOMER_DISCONNECT" };
        assert_eq!(record["DisconnectReason"], reason);
        let start: jiff::Timestamp = record["InitiationTimestamp"].as_str().unwrap().parse().unwrap();
        let noon: jiff::Timestamp = NOON.parse().unwrap();
        // The instance's own whispers take 0.4 and 1.2 seconds; the beginning is rounded down to whole ones.
        assert_eq!(noon.as_second() - start.as_second(), length, "{steps:?}\n{call}");
        assert_eq!(words(&call).last(), Some(&"One moment, please."));
    }
}

#[tokio::test]
async fn only_an_agent_of_the_queue_answers() {
    let center = Center::configured().await;
    let flow = plain_queue(&center).await;
    let named = |agent: &str| Step::AgentAnswers { after: Duration::ZERO, agent: Some(agent.to_owned()) };
    let error = center.dial_in_vain(&flow, vec![named("nobody")]).await;
    assert_eq!(
        error.to_string(),
        "nobody cannot answer the call: there is no agent of that name; name an agent whose routing profile has the \
         call's queue"
    );
    let call = center.dial(&flow, vec![named("agent.one")]).await;
    assert_eq!(call.disposition, answered(false));
}

#[tokio::test]
async fn a_caller_gives_up_who_waits_in_vain() {
    let center = Center::configured().await;
    let flow = plain_queue(&center).await;
    let call = center.dial(&flow, vec![Step::Hear("something else".to_owned())]).await;
    assert_eq!(
        (call.disposition.clone(), call.heard.last().unwrap().until_ms),
        (in_support(), 900_000),
        "{call}"
    );
    assert!(call.to_string().contains("15:00.0  caller  waited in vain to hear “something else”"), "{call}");
    // Who has nothing to do at all does not even begin to wait.
    assert_eq!(center.dial(&flow, vec![]).await.heard, []);
}

#[tokio::test]
async fn what_never_happens_is_told() {
    let center = Center::configured().await;
    let flow = center.publish("short", json!([say("say", "goodbye", "end"), hang_up("end")])).await;
    let call = center.dial(&flow, vec![answers(0), Step::HearBeep, Step::HangUp]).await;
    assert_eq!(call.disposition, Disposition::Disconnected);
    let told = call.to_string();
    assert!(told.contains("caller  waited in vain for a beep"), "{told}");
    assert!(told.contains("agent   found no call in a queue"), "{told}");
    // What was heard with the last breath of the call was not waited for in vain.
    let call = center.dial(&flow, vec![Step::Hear("Goodbye".to_owned()), Step::HangUp]).await;
    assert!(!call.to_string().contains("in vain"), "{call}");
}

#[tokio::test]
async fn a_queues_flow_that_ends_leaves_the_caller_in_silence() {
    let center = Center::configured().await;
    let hello =
        center.publish_as("CUSTOMER_QUEUE", "hello", json!([say("say", "hello", "end"), end("end")])).await;
    let flow = json!([
        action("target", "UpdateContactTargetQueue", json!({"QueueId": QUEUE}), "hook", &["NoMatchingError"]),
        hook("hook", "CustomerQueue", &hello, "transfer"),
        action("transfer", "TransferContactToQueue", json!({}), "failed", TRANSFER_ERRORS),
        hang_up("failed"),
    ]);
    let flow = center.publish("silence", flow).await;
    let call = center.dial(&flow, vec![seconds(100), answers(0)]).await;
    assert_eq!((words(&call), &call.disposition), (vec!["hello", "One moment, please."], &answered(false)));
}

#[tokio::test]
async fn a_contact_moves_to_another_queue() {
    let center = Center::configured().await;
    let to = |queue: &str| json!({"QueueId": queue});
    let again = json!([
        action("wait", "Wait", json!({"TimeLimitSeconds": "30"}), "where", &["NoMatchingError"]),
        with_results(
            action(
                "where",
                "Compare",
                json!({"ComparisonValue": "$.Queue.Name"}),
                "stay",
                &["NoMatchingCondition"]
            ),
            &[("Equals", "Support", "move")],
        ),
        action("move", "DequeueContactAndTransferToQueue", to(OTHER_QUEUE), "failed", TRANSFER_ERRORS),
        end("stay"),
        end("failed"),
    ]);
    let again = center.publish_as("CUSTOMER_QUEUE", "again", again).await;
    let flow = json!([
        action("target", "UpdateContactTargetQueue", to(QUEUE), "hook", &["NoMatchingError"]),
        hook("hook", "CustomerQueue", &again, "transfer"),
        action("transfer", "TransferContactToQueue", json!({}), "failed", TRANSFER_ERRORS),
        hang_up("failed"),
    ]);
    let flow = center.publish("move", flow).await;
    let call = center.dial(&flow, vec![seconds(100), Step::HangUp]).await;
    assert_eq!(call.disposition, Disposition::Queued { queue: "BasicQueue".to_owned() }, "{call}");
    let records = center.records();
    let waited = |record: &Value| (record["Queue"]["Name"].clone(), record["Queue"]["Duration"].clone());
    let waits =
        [("Support", 30), ("BasicQueue", 70)].map(|(queue, duration)| (json!(queue), json!(duration)));
    assert_eq!(records.iter().map(waited).collect::<Vec<_>>(), waits);
    // It is another contact there.
    assert_eq!(records[1]["InitiationMethod"], "QUEUE_TRANSFER");
    assert_eq!(records[1]["PreviousContactId"], call.earlier[0].contact_id);
}

#[tokio::test]
async fn an_event_takes_a_flow_of_its_type() {
    let center = Center::configured().await;
    let whisper = "c0ffee00-0000-4000-8000-000000000065";
    for (index, (event, flow, fits)) in [
        ("CustomerWhisper", whisper, true),
        ("AgentWhisper", whisper, false),
        ("CustomerQueue", "nothing", false),
    ]
    .into_iter()
    .enumerate()
    {
        let flow = json!([hook("hook", event, flow, "end"), say("failed", "failed", "end"), hang_up("end")]);
        let flow = center.publish(&index.to_string(), flow).await;
        assert_eq!(center.dial(&flow, vec![]).await.heard.is_empty(), fits, "{event}");
    }
}

#[tokio::test]
async fn hours_are_those_of_the_queue_in_its_time_zone() {
    // Monday to Friday, nine to five in New York.
    for (time, expected) in [
        ("2026-11-23T13:59:59Z", "closed"),
        ("2026-11-23T14:00:00Z", "open"),
        ("2026-11-23T21:59:59Z", "open"),
        ("2026-11-23T22:00:00Z", "closed"),
        ("2026-11-22T15:00:00Z", "closed"),
        ("2026-07-20T13:00:00Z", "open"),
    ] {
        let center = Center::with(Default::default(), at(time));
        let check = action("check", "CheckHoursOfOperation", json!({}), "failed", &["NoMatchingError"]);
        let flow = json!([
            action(
                "target",
                "UpdateContactTargetQueue",
                json!({"QueueId": QUEUE}),
                "check",
                &["NoMatchingError"]
            ),
            with_results(check, &[("Equals", "True", "open"), ("Equals", "False", "closed")]),
            say("open", "open", "end"),
            say("closed", "closed", "end"),
            say("failed", "failed", "end"),
            hang_up("end"),
        ]);
        let flow = center.publish("hours", flow).await;
        assert_eq!(words(&center.dial(&flow, vec![]).await), [expected], "{time}");
    }
}

#[tokio::test]
async fn a_queue_tells_its_numbers() {
    let center = Center::configured().await;
    let check = |metric: &str| {
        let parameters = json!({"MetricType": metric, "QueueId": QUEUE});
        let check = action(
            "check",
            "CheckMetricData",
            parameters,
            "failed",
            &["NoMatchingError", "NoMatchingCondition"],
        );
        json!([
            with_results(check, &[("NumberGreaterThan", "0", "some"), ("Equals", "0", "none")]),
            say("some", "some", "end"),
            say("none", "none", "end"),
            hang_up("failed"),
            hang_up("end"),
        ])
    };
    for (metric, expected) in [
        ("NumberOfAgentsStaffed", "some"),
        ("NumberOfAgentsAvailable", "none"),
        ("NumberOfContactsInQueue", "none"),
    ] {
        let flow = center.publish(metric, check(metric)).await;
        assert_eq!(words(&center.dial(&flow, vec![]).await), [expected], "{metric}");
    }
}
