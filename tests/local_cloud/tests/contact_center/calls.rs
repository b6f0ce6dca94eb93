//! Flows, run by callers.

use std::time::Duration;

use local_cloud::call::{Call, CallError, CallOutcome, Dialed, Disposition, Step, place_call};
use serde_json::{Value, json};

use crate::support::{
    AGENT, CALLER, Center, FUNCTION, NUMBER, NUMBER_ID, QUEUE, action, beep, hang_up, say, set, stream_media,
    voice, with_results, words,
};

const FORM_ERRORS: &[&str] = &["InputTimeLimitExceeded", "NoMatchingCondition", "NoMatchingError"];

async fn run(center: &Center, actions: Value, steps: Vec<Step>) -> CallOutcome {
    let flow = center.publish("flow", actions).await;
    center.dial(&flow, steps).await
}

async fn error_of(center: &Center, actions: Value) -> CallError {
    let flow = center.publish("flow", actions).await;
    let call = Call { from: CALLER.to_owned(), to: Dialed::Flow(flow), steps: vec![] };
    place_call(&center.connect, call).await.unwrap_err()
}

#[tokio::test]
async fn a_number_is_answered_by_its_flow() {
    let center = Center::configured().await;
    let flow = center.publish("mine", json!([say("hello", "Welcome here", "end"), hang_up("end")])).await;
    let body = json!({"InstanceId": center.id, "ContactFlowId": flow});
    center.put(&format!("/phone-number/{NUMBER_ID}/contact-flow"), body).await.unwrap();
    let dial =
        |number: &str| Call { from: CALLER.to_owned(), to: Dialed::Number(number.to_owned()), steps: vec![] };
    let call = place_call(&center.connect, dial(NUMBER)).await.unwrap();
    assert_eq!(words(&call), ["Welcome here"]);
    assert_eq!(call.disposition, Disposition::Disconnected);
    let record = &center.records()[0];
    assert_eq!(record["SystemEndpoint"]["Address"], NUMBER);
    assert_eq!(record["CustomerEndpoint"]["Address"], CALLER);
    let error = place_call(&center.connect, dial("+15555550000")).await.unwrap_err();
    assert!(matches!(error, CallError::NoAnswer(_)), "{error}");
}

#[tokio::test]
async fn a_call_ends_now_and_its_record_says_when_everything_was() {
    let center = Center::configured().await;
    let actions = json!([
        say("hello", "one two three four five", "start"),
        stream_media("start", "Enabled", &["From"], "beep"),
        beep("beep", "listen"),
        action(
            "listen",
            "GetParticipantInput",
            json!({"InputTimeLimitSeconds": "60", "StoreInput": "False"}),
            "failed",
            FORM_ERRORS
        ),
        hang_up("failed"),
    ]);
    let steps =
        vec![Step::HearBeep, Step::Speak(voice(16_000)), Step::Wait(Duration::from_secs(2)), Step::HangUp];
    let call = run(&center, actions, steps).await;
    assert_eq!(call.disposition, Disposition::HungUp);
    // Two seconds of greeting, half of beep, one of voice, two of silence, until noon and a quarter second.
    let record = &center.records()[0];
    assert_eq!(record["InitiationTimestamp"], "2026-11-23T11:59:54Z");
    assert_eq!(record["DisconnectTimestamp"], "2026-11-23T12:00:00Z");
    assert_eq!(record["DisconnectReason"], "CUSTOMER_DISCONNECT");
    let recording = &record["Recordings"][0];
    assert_eq!(recording["StartTimestamp"], "2026-11-23T11:59:56Z");
    assert_eq!(recording["StopTimestamp"], "2026-11-23T12:00:00Z");
    assert_eq!(
        (&recording["ParticipantType"], &recording["StorageType"]),
        (&json!("CUSTOMER"), &json!("KINESIS_VIDEO_STREAM"))
    );
    assert_eq!(call.caller_pcm.len(), 8000 + 16_000 + 32_000);
    assert_eq!(call.heard[1].from_ms..call.heard[1].until_ms, 2000..2500);
    let text = call.to_string();
    assert!(
        text.contains("00:02.5  caller  speaks for 1.0 s") && text.contains("contact record sent to"),
        "{text}"
    );
}

#[tokio::test]
async fn records_have_the_members_of_real_ones() {
    let center = Center::configured().await;
    run(&center, json!([hang_up("end")]), vec![]).await;
    let record = center.records().remove(0);
    let mut members: Vec<&String> = record.as_object().unwrap().keys().collect();
    let mut expected = vec![
        "AWSAccountId",
        "AWSContactTraceRecordFormatVersion",
        "Agent",
        "AgentConnectionAttempts",
        "AnsweringMachineDetectionStatus",
        "Attributes",
        "Campaign",
        "Channel",
        "ConnectedToSystemTimestamp",
        "ContactDetails",
        "ContactId",
        "CustomerEndpoint",
        "DisconnectReason",
        "DisconnectTimestamp",
        "InitialContactId",
        "InitiationMethod",
        "InitiationTimestamp",
        "InstanceARN",
        "LastUpdateTimestamp",
        "MediaStreams",
        "NextContactId",
        "PreviousContactId",
        "Queue",
        "Recording",
        "Recordings",
        "References",
        "ScheduledTimestamp",
        "SystemEndpoint",
        "Tags",
        "TransferCompletedTimestamp",
        "TransferredToEndpoint",
        "VoiceIdResult",
    ];
    members.sort();
    expected.sort_unstable();
    assert_eq!(members, expected);
    assert_eq!(record["Recordings"], Value::Null);
    assert_eq!(record["DisconnectReason"], "CONTACT_FLOW_DISCONNECT");
}

#[tokio::test]
async fn without_configurations_nothing_is_streamed_or_sent() {
    let center = Center::new();
    let actions = json!([
        stream_media("start", "Enabled", &["From"], "never"),
        say("never", "recording", "end"),
        say("failed", "sorry", "end"),
        hang_up("end"),
    ]);
    let call = run(&center, actions, vec![]).await;
    assert_eq!(words(&call), ["sorry"]);
    assert_eq!((call.caller_pcm.len(), call.contact_record), (0, None));
    assert_eq!(center.records(), [] as [Value; 0]);
    let streams = center.ask_media("listStreams", json!({})).await.unwrap();
    assert_eq!(streams["StreamInfoList"], json!([]));
}

#[tokio::test]
async fn a_key_chooses_and_a_voice_does_not() {
    let center = Center::configured().await;
    let ask = action(
        "ask",
        "GetParticipantInput",
        json!({"Text": "press one", "InputTimeLimitSeconds": "5", "StoreInput": "False"}),
        "end",
        &["NoMatchingError"],
    );
    let mut ask = with_results(ask, &[("Equals", "1", "one")]);
    let branches = ask["Transitions"]["Errors"].as_array_mut().unwrap();
    branches.push(json!({"ErrorType": "InputTimeLimitExceeded", "NextAction": "late"}));
    branches.push(json!({"ErrorType": "NoMatchingCondition", "NextAction": "other"}));
    let actions = json!([
        ask,
        say("one", "one it is", "end"),
        say("other", "no such choice", "end"),
        say("late", "too late", "end"),
        hang_up("failed"),
        hang_up("end"),
    ]);
    let flow = center.publish("menu", actions).await;
    let press = |key: &str| Step::Press(key.to_owned());
    let seconds = |seconds| Step::Wait(Duration::from_secs(seconds));
    // Pressed into the prompt, after it, and a wrong one; then silence, a voice, and a key that comes too late.
    for (steps, expected) in [
        (vec![press("1")], "one it is"),
        (vec![seconds(3), press("1")], "one it is"),
        (vec![press("2")], "no such choice"),
        (vec![], "too late"),
        (vec![Step::Speak(voice(32_000))], "too late"),
        (vec![seconds(6), press("1")], "too late"),
    ] {
        let call = center.dial(&flow, steps.clone()).await;
        assert_eq!(call.heard.last().unwrap().text, expected, "{steps:?}");
    }
    let interrupted = center.dial(&flow, vec![press("1")]).await;
    assert!(!interrupted.heard[0].whole);
    let gone = center.dial(&flow, vec![seconds(2), Step::HangUp]).await;
    assert_eq!((gone.disposition, gone.heard.len()), (Disposition::HungUp, 1));
}

#[tokio::test]
async fn keys_are_stored_until_they_are_complete() {
    let center = Center::configured().await;
    let ask = action(
        "ask",
        "GetParticipantInput",
        json!({"InputTimeLimitSeconds": "5", "StoreInput": "True",
               "InputValidation": {"CustomValidation": {"MaximumLength": "4"}}}),
        "say",
        &["NoMatchingError"],
    );
    let actions =
        json!([ask, say("say", "$.StoredCustomerInput.", "end"), hang_up("failed"), hang_up("end")]);
    let flow = center.publish("digits", actions).await;
    for (keys, expected) in
        [("12#", "12."), ("12345", "1234."), ("12", "12."), ("9*12#", "12."), ("", "Timeout.")]
    {
        let call = center.dial(&flow, vec![Step::Press(keys.to_owned())]).await;
        assert_eq!(words(&call), [expected], "{keys:?}");
    }
}

#[tokio::test]
async fn attributes_take_what_references_stand_for() {
    let center = Center::configured().await;
    let queue = format!("{}/queue/{QUEUE}", center.connect.instance_arn());
    let actions = json!([
        action("queue", "UpdateContactTargetQueue", json!({ "QueueId": queue }), "set", &["NoMatchingError"]),
        set(
            "set",
            json!({"from": "$.CustomerEndpoint.Address", "queue": "$.Queue.ARN", "name": "$.Queue.Name", "me": "$.ContactId"}),
            "again"
        ),
        set("again", json!({"both": "$.Attributes.name and $.Attributes.missing"}), "say"),
        say("say", "You are calling $.Attributes.name.", "end"),
        hang_up("failed"),
        hang_up("end"),
    ]);
    let call = run(&center, actions, vec![]).await;
    assert_eq!(call.attributes["from"], CALLER);
    assert_eq!(call.attributes["queue"], queue);
    assert_eq!(call.attributes["both"], "Support and ");
    assert_eq!(call.attributes["me"], call.contact_id);
    assert_eq!(words(&call), ["You are calling Support."]);
    assert_eq!(center.records()[0]["Attributes"], json!(call.attributes));
}

#[tokio::test]
async fn media_have_a_place_once_there_are_any() {
    let center = Center::configured().await;
    let audio = "$.MediaStreams.Customer.Audio.StreamARN";
    let before = json!([set("set", json!({"stream": audio}), "end"), hang_up("failed"), hang_up("end")]);
    let flow = center.publish("before", before).await;
    assert_eq!(center.dial(&flow, vec![]).await.attributes["stream"], "");
    let after = json!([
        stream_media("start", "Enabled", &["From"], "set"),
        set("set", json!({"stream": audio}), "end"),
        hang_up("failed"),
        hang_up("end"),
    ]);
    let flow = center.publish("after", after).await;
    let call = center.dial(&flow, vec![]).await;
    let record = center.records().pop().unwrap();
    assert_eq!(json!(call.attributes["stream"]), record["Recordings"][0]["Location"]);
}

#[tokio::test]
async fn attributes_of_a_related_contact_need_one() {
    let center = Center::configured().await;
    let related = json!({"Attributes": {"a": "b"}, "TargetContact": "Related"});
    let update = action("set", "UpdateContactAttributes", related, "end", &["NoMatchingError"]);
    let call = run(&center, json!([update, say("failed", "nobody", "end"), hang_up("end")]), vec![]).await;
    assert_eq!((words(&call), call.attributes.len()), (vec!["nobody"], 0));
}

#[tokio::test]
async fn attributes_that_are_too_large_take_the_error_branch() {
    let center = Center::configured().await;
    let large = "x".repeat(20_000);
    let actions = json!([
        set("first", json!({"a": large}), "second"),
        set("second", json!({"b": large}), "end"),
        say("failed", "too much", "end"),
        hang_up("end"),
    ]);
    let call = run(&center, actions, vec![]).await;
    assert_eq!((words(&call), call.attributes.len()), (vec!["too much"], 1));
}

#[tokio::test]
async fn a_call_waits_in_the_queue_until_the_caller_goes() {
    let center = Center::configured().await;
    let errors = ["QueueAtCapacity", "NoMatchingError"];
    let transfer = action("transfer", "TransferContactToQueue", json!({}), "failed", &errors);
    let target = action(
        "queue",
        "UpdateContactTargetQueue",
        json!({"QueueId": QUEUE}),
        "transfer",
        &["NoMatchingError"],
    );
    let actions = json!([target, transfer.clone(), say("failed", "no queue", "end"), hang_up("end")]);
    let call = run(&center, actions, vec![Step::Wait(Duration::from_secs(30)), Step::HangUp]).await;
    assert_eq!(call.disposition, Disposition::Queued { queue: "Support".to_owned() });
    let queue = &center.records()[0]["Queue"];
    assert_eq!((&queue["Name"], &queue["Duration"]), (&json!("Support"), &json!(30)));

    let without =
        center.publish("without", json!([transfer, say("failed", "no queue", "end"), hang_up("end")])).await;
    let call = center.dial(&without, vec![]).await;
    assert_eq!(words(&call), ["no queue"]);
    assert_eq!(call.disposition, Disposition::Disconnected);
}

#[tokio::test]
async fn a_working_queue_must_exist() {
    let center = Center::configured().await;
    let elsewhere = format!("arn:aws:connect:us-east-1:111122223333:instance/other/queue/{QUEUE}");
    for (index, parameters) in
        [json!({"QueueId": elsewhere}), json!({"QueueId": "$.Attributes.none"}), json!({"AgentId": QUEUE})]
            .into_iter()
            .enumerate()
    {
        let target =
            action("queue", "UpdateContactTargetQueue", parameters.clone(), "end", &["NoMatchingError"]);
        let actions = json!([target, say("failed", "unknown", "end"), hang_up("end")]);
        let flow = center.publish(&index.to_string(), actions).await;
        assert_eq!(words(&center.dial(&flow, vec![]).await), ["unknown"], "{parameters}");
    }
    let target =
        action("queue", "UpdateContactTargetQueue", json!({"AgentId": AGENT}), "say", &["NoMatchingError"]);
    let actions = json!([target, say("say", "$.Queue.ARN", "end"), hang_up("failed"), hang_up("end")]);
    let call = run(&center, actions, vec![]).await;
    assert!(call.heard[0].text.ends_with(&format!("/queue/agent/{AGENT}")));
}

#[tokio::test]
async fn a_loop_goes_round_as_often_as_it_says() {
    let center = Center::configured().await;
    let repeat = |id: &str, count: &str, body: &str, done: &str| {
        let results = [("Equals", "ContinueLooping", body), ("Equals", "DoneLooping", done)];
        with_results(action(id, "Loop", json!({ "LoopCount": count }), done, &[]), &results)
    };
    // The inner loop begins anew in each round of the outer one.
    let actions = json!([
        repeat("outer", "2", "inner", "end"),
        repeat("inner", "3", "say", "outer"),
        say("say", "round", "inner"),
        hang_up("end"),
    ]);
    let call = run(&center, actions, vec![]).await;
    assert_eq!(call.heard.len(), 6);
}

#[tokio::test]
async fn a_loop_that_was_left_goes_on_when_its_flow_is_run_again() {
    let center = Center::configured().await;
    let back = center.publish("back", json!([hang_up("end")])).await;
    let results = [("Equals", "ContinueLooping", "say"), ("Equals", "DoneLooping", "end")];
    let again = json!([
        with_results(action("loop", "Loop", json!({"LoopCount": "3"}), "end", &[]), &results),
        say("say", "round", "back"),
        action("back", "TransferToFlow", json!({ "ContactFlowId": back }), "end", &["NoMatchingError"]),
        hang_up("failed"),
        hang_up("end"),
    ]);
    let again = center.publish("again", again).await;
    let transfer = json!({ "ContactFlowId": again });
    let content = json!([
        action("go", "TransferToFlow", transfer, "end", &["NoMatchingError"]),
        hang_up("failed"),
        hang_up("end")
    ]);
    let path = format!("/contact-flows/{}/{back}/content", center.id);
    center.post(&path, json!({"Content": crate::support::flow(content)})).await.unwrap();
    assert_eq!(words(&center.dial(&again, vec![]).await), ["round"; 3]);
}

#[tokio::test]
async fn comparisons_take_the_first_branch_that_holds() {
    let center = Center::configured().await;
    let compare = action(
        "compare",
        "Compare",
        json!({"ComparisonValue": "$.Attributes.v"}),
        "end",
        &["NoMatchingCondition"],
    );
    let compare = with_results(
        compare,
        &[
            ("Equals", "yes", "one"),
            ("NumberLessThan", "10", "two"),
            ("TextStartsWith", "ab", "three"),
            ("NumberGreaterOrEqualTo", "100", "four"),
        ],
    );
    let base = json!([
        compare,
        say("one", "1", "end"),
        say("two", "2", "end"),
        say("three", "3", "end"),
        say("four", "4", "end"),
        say("failed", "none", "end"),
        hang_up("end"),
    ]);
    for (index, (value, expected)) in
        [("yes", "1"), ("9.5", "2"), ("abc", "3"), ("100", "4"), ("50", "none"), ("no", "none")]
            .into_iter()
            .enumerate()
    {
        let mut actions = vec![set("set", json!({ "v": value }), "compare")];
        actions.extend(base.as_array().unwrap().clone());
        let flow = center.publish(&index.to_string(), Value::Array(actions)).await;
        assert_eq!(words(&center.dial(&flow, vec![]).await), [expected], "{value}");
    }
}

#[tokio::test]
async fn a_flow_hands_over_to_another_that_is_published() {
    let center = Center::configured().await;
    let second = center.publish("second", json!([say("hello", "second", "end"), hang_up("end")])).await;
    let arn = format!("{}/contact-flow/{second}", center.connect.instance_arn());
    let transfer = |flow: &str| {
        let transfer =
            action("go", "TransferToFlow", json!({ "ContactFlowId": flow }), "end", &["NoMatchingError"]);
        json!([transfer, say("failed", "lost", "end"), hang_up("end")])
    };
    assert_eq!(words(&run(&center, transfer(&arn), vec![]).await), ["second"]);
    let lost = center.publish("lost", transfer("nothing")).await;
    assert_eq!(words(&center.dial(&lost, vec![]).await), ["lost"]);
}

#[tokio::test]
async fn only_an_associated_function_answers() {
    let center = Center::configured().await;
    let parameters = json!({"LambdaFunctionARN": FUNCTION, "InvocationTimeLimitSeconds": "8",
                            "LambdaInvocationAttributes": {"number": "$.CustomerEndpoint.Address"}});
    let actions = json!([
        action("ask", "InvokeLambdaFunction", parameters, "say", &["NoMatchingError"]),
        say("say", "Hello $.External.name", "end"),
        say("failed", "Hello stranger", "end"),
        hang_up("end"),
    ]);
    let flow = center.publish("greeting", actions).await;
    assert_eq!(words(&center.dial(&flow, vec![]).await), ["Hello stranger"]);
    assert_eq!(center.memory.events.lock().unwrap().len(), 0);

    let path = format!("/instance/{}/lambda-function", center.id);
    center.put(&path, json!({"FunctionArn": FUNCTION})).await.unwrap();
    let call = center.dial(&flow, vec![]).await;
    assert_eq!(words(&call), ["Hello Kim"]);
    let event = center.memory.events.lock().unwrap()[0].clone();
    assert_eq!(event["Name"], "ContactFlowEvent");
    assert_eq!(event["Details"]["Parameters"], json!({"number": CALLER}));
    assert_eq!(event["Details"]["ContactData"]["ContactId"], json!(call.contact_id));
}

#[tokio::test]
async fn what_is_noted_about_a_contact_is_kept() {
    let center = Center::configured().await;
    let criteria = json!({"RoutingCriteria": {"Steps": [{
        "Expression": {"AttributeCondition": {"MatchCriteria": {"AgentsCriteria": {"AgentIds": ["$.Attributes.agent"]}}}},
        "Expiry": {"DurationInSeconds": "60"},
    }]}});
    let actions = json!([
        action("log", "UpdateFlowLoggingBehavior", json!({"FlowLoggingBehavior": "Enabled"}), "tag", &[]),
        action("tag", "TagContact", json!({"Tags": {"kind": "voicemail"}}), "mine", &["NoMatchingError"]),
        action(
            "mine",
            "UpdateFlowAttributes",
            json!({"FlowAttributes": {"n": {"Value": "7"}}}),
            "say",
            &["NoMatchingError"]
        ),
        say("say", "$.FlowAttributes.n and $.Attributes.n", "record"),
        action(
            "record",
            "UpdateContactRecordingBehavior",
            json!({"RecordingBehavior": {"RecordedParticipants": []}}),
            "route",
            &[]
        ),
        action("route", "UpdateContactRoutingCriteria", criteria, "wait", &["NoMatchingError"]),
        with_results(
            action("wait", "Wait", json!({"TimeLimitSeconds": "3"}), "end", &["NoMatchingError"]),
            &[("Equals", "WaitCompleted", "end")],
        ),
        say("failed", "wrong", "end"),
        hang_up("end"),
    ]);
    let flow = center.publish("notes", actions).await;
    let call = center.dial(&flow, vec![]).await;
    assert_eq!(words(&call), ["7 and"]);
    assert_eq!(center.records()[0]["Tags"], json!({"kind": "voicemail"}));
    let body =
        json!({"InstanceId": center.id, "ContactFlowId": flow, "Name": "n", "Attributes": {"agent": AGENT}});
    center.put("/contact/task", body).await.unwrap();
    assert_eq!(center.connect.tasks()[0].preferred_agents, ["agent.one"]);
}

#[tokio::test]
async fn speech_that_is_not_well_formed_takes_the_error_branch() {
    let center = Center::configured().await;
    let speak =
        action("say", "MessageParticipant", json!({"SSML": "<speak>oh"}), "end", &["NoMatchingError"]);
    let call = run(&center, json!([speak, say("failed", "sorry", "end"), hang_up("end")]), vec![]).await;
    assert_eq!(words(&call), ["sorry"]);
}

#[tokio::test]
async fn what_the_local_cloud_does_not_have_is_named() {
    let center = Center::configured().await;
    let record = action(
        "record",
        "UpdateContactRecordingAndAnalyticsBehavior",
        json!({"VoiceBehavior": {}}),
        "end",
        &["NoMatchingError", "ChannelMismatch"],
    );
    let error = error_of(&center, json!([record, hang_up("failed"), hang_up("end")])).await;
    assert_eq!(
        error.to_string(),
        "the action \"record\" of the flow \"flow\" needs the action type UpdateContactRecordingAndAnalyticsBehavior, \
         which the local cloud does not have"
    );
    let center = Center::configured().await;
    let error = error_of(&center, json!([say("say", "$.Weather.today", "end"), hang_up("end")])).await;
    assert!(error.to_string().contains("$.Weather.today"), "{error}");
    assert_eq!(center.records(), [] as [Value; 0]);
}

#[tokio::test]
async fn a_flow_without_an_end_is_stopped() {
    let center = Center::configured().await;
    let around =
        json!([set("a", json!({"x": "1"}), "b"), set("b", json!({"x": "2"}), "a"), hang_up("failed")]);
    let error = error_of(&center, around).await;
    assert!(matches!(error, CallError::Endless { .. }), "{error}");
}

#[tokio::test]
async fn only_an_inbound_flow_answers_a_call() {
    let center = Center::configured().await;
    for (name, expected) in
        [("Default customer whisper", "CUSTOMER_WHISPER"), ("No such flow", "No such flow")]
    {
        let call = Call { from: CALLER.to_owned(), to: Dialed::Flow(name.to_owned()), steps: vec![] };
        let error = place_call(&center.connect, call).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}
