//! A caller leaves a message: every way in which that ends.

use std::time::Duration;

use local_cloud::call::{CallOutcome, Disposition, Step};
use serde_json::{Value, json};

use crate::media::voice_of;
use crate::support::{
    Center, FUNCTION, QUEUE, action, beep, hang_up, on_error, say, set, stream_media, voice, with_results,
    words,
};

/// Greeting, streaming, flag, beep, up to ten seconds of message, goodbye; when something fails, back to the queue.
fn voicemail() -> Value {
    let record = json!({"InputTimeLimitSeconds": "10", "StoreInput": "False"});
    let record = action("record", "GetParticipantInput", record, "stop", &["NoMatchingError"]);
    let record = on_error(record, "InputTimeLimitExceeded", "stop");
    let record = on_error(record, "NoMatchingCondition", "stop");
    let transfer = action("transfer", "TransferContactToQueue", json!({}), "end", &[]);
    json!([
        action("queue", "UpdateContactTargetQueue", json!({"QueueId": QUEUE}), "greet", &["NoMatchingError"]),
        say("greet", "leave a message after the tone", "start"),
        stream_media("start", "Enabled", &["From"], "flag"),
        set("flag", json!({"vm_flag": "1"}), "beep"),
        beep("beep", "record"),
        record,
        stream_media("stop", "Disabled", &["From"], "bye"),
        say("bye", "goodbye", "end"),
        set("failed", json!({"vm_flag": "0"}), "sorry"),
        say("sorry", "sorry", "transfer"),
        on_error(on_error(transfer, "QueueAtCapacity", "end"), "NoMatchingError", "end"),
        hang_up("end"),
    ])
}

fn seconds(seconds: f64) -> Step {
    Step::Wait(Duration::from_secs_f64(seconds))
}

/// What an outcome amounts to: the last words heard, the flag, bytes recorded.
fn sum(call: &CallOutcome) -> (&str, Option<&str>, usize) {
    let last = call.heard.last().map_or("", |heard| heard.text.as_str());
    (last, call.attributes.get("vm_flag").map(String::as_str), call.caller_pcm.len())
}

#[tokio::test]
async fn every_end_of_a_message() {
    let center = Center::configured().await;
    let flow = center.publish("voicemail", voicemail()).await;
    // Half a second of beep is recorded in each case in which there is a recording.
    let beep = 8000;
    let second = 16_000;
    let press = |key: &str| Step::Press(key.to_owned());
    let said = voice(3 * second);
    #[rustfmt::skip]
    let cases = [
        // Before the beep: the greeting takes 2.4 seconds.
        (vec![seconds(1.0), Step::HangUp], "leave a message after the tone", None, 0, Disposition::HungUp),
        // During the message.
        (vec![Step::HearBeep, Step::Speak(said.clone()), Step::HangUp], "[beep]", Some("1"), beep + 3 * second, Disposition::HungUp),
        // Silence, to the limit.
        (vec![], "goodbye", Some("1"), beep + 10 * second, Disposition::Disconnected),
        // A key ends it; it takes no time itself.
        (vec![Step::HearBeep, Step::Speak(said.clone()), press("#")], "goodbye", Some("1"), beep + 3 * second, Disposition::Disconnected),
        // The limit cuts the speech off.
        (vec![Step::HearBeep, Step::Speak(voice(12 * second))], "goodbye", Some("1"), beep + 10 * second, Disposition::Disconnected),
        // A key pressed into the greeting is lost.
        (vec![press("#"), Step::HearBeep, Step::HangUp], "[beep]", Some("1"), beep, Disposition::HungUp),
    ];
    for (index, (steps, heard, flag, recorded, disposition)) in cases.into_iter().enumerate() {
        let call = center.dial(&flow, steps).await;
        assert_eq!(
            (sum(&call), &call.disposition),
            ((heard, flag, recorded), &disposition),
            "{index}\n{call}"
        );
        let record = center.records().pop().unwrap();
        assert_eq!(record["Attributes"], json!(call.attributes));
        match recorded {
            0 => assert_eq!(record["Recordings"], Value::Null),
            _ => assert!(
                voice_of(&center, &call.contact_id, &record["Recordings"][0]).await == call.caller_pcm
            ),
        }
    }
}

#[tokio::test]
async fn an_instance_that_refuses_streaming_gets_the_caller_back() {
    // No storage configuration for media streams.
    let center = Center::new();
    let flow = center.publish("voicemail", voicemail()).await;
    let call = center.dial(&flow, vec![]).await;
    assert_eq!(words(&call), ["leave a message after the tone", "sorry"], "{call}");
    assert_eq!(call.attributes["vm_flag"], "0");
    assert_eq!(
        (call.caller_pcm.len(), call.disposition),
        (0, Disposition::Queued { queue: "Support".to_owned() })
    );
}

#[tokio::test]
async fn a_function_that_fails_takes_the_error_branch() {
    for (answer, fails, expected) in [
        (json!({"name": "Kim"}), false, "Hello Kim"),
        (json!({"errorMessage": "no"}), true, "Hello stranger"),
        (json!({"name": {"first": "Kim"}}), false, "Hello stranger"),
        (json!("Kim"), false, "Hello stranger"),
    ] {
        let center = Center::new();
        center.answer(FUNCTION, answer.clone(), fails);
        let path = format!("/instance/{}/lambda-function", center.id);
        center.put(&path, json!({"FunctionArn": FUNCTION})).await.unwrap();
        let parameters = json!({"LambdaFunctionARN": FUNCTION, "InvocationTimeLimitSeconds": "8"});
        let ask = action("ask", "InvokeLambdaFunction", parameters, "say", &["NoMatchingError"]);
        let say_name = say("say", "Hello $.External.name", "end");
        let flow = json!([ask, say_name, say("failed", "Hello stranger", "end"), hang_up("end")]);
        let flow = center.publish("greeting", flow).await;
        assert_eq!(words(&center.dial(&flow, vec![]).await), [expected], "{answer}");
    }
}

#[tokio::test]
async fn messages_beyond_three_minutes_take_rounds() {
    let center = Center::configured().await;
    let record = json!({"InputTimeLimitSeconds": "180", "StoreInput": "False"});
    let record = action("record", "GetParticipantInput", record, "stop", &["NoMatchingError"]);
    let record = on_error(record, "InputTimeLimitExceeded", "more");
    let record = on_error(record, "NoMatchingCondition", "stop");
    let more = with_results(
        action("more", "Loop", json!({"LoopCount": "6"}), "stop", &[]),
        &[("Equals", "ContinueLooping", "record"), ("Equals", "DoneLooping", "stop")],
    );
    let flow = json!([
        stream_media("start", "Enabled", &["From"], "more"),
        more,
        record,
        stream_media("stop", "Disabled", &["From"], "end"),
        hang_up("failed"),
        hang_up("end"),
    ]);
    let flow = center.publish("long", flow).await;
    let call = center.dial(&flow, vec![Step::Speak(voice(1000))]).await;
    // Six times three minutes, to the sample.
    assert_eq!(call.caller_pcm.len(), 6 * 180 * 16_000);
    assert_eq!(call.disposition, Disposition::Disconnected);
}
