//! Tasks, and the attributes and records of contacts.

use local_cloud::call::Step;
use local_cloud::connect::Task;
use serde_json::{Value, json};

use crate::support::{AGENT, Center, QUEUE, STREAM, action, hang_up, say, with_results};

/// A flow that puts its contact into the queue that an attribute names.
async fn task_flow(center: &Center) -> String {
    let target = json!({"QueueId": "$.Attributes.queue"});
    let transfer = ["QueueAtCapacity", "NoMatchingError"];
    center
        .publish(
            "tasks",
            json!([
                say("hello", "nobody hears this", "target"),
                action("target", "UpdateContactTargetQueue", target, "transfer", &["NoMatchingError"]),
                action("transfer", "TransferContactToQueue", json!({}), "failed", &transfer),
                hang_up("failed"),
            ]),
        )
        .await
}

fn queue_arn(center: &Center, queue: &str) -> String {
    format!("{}/queue/{queue}", center.connect.instance_arn())
}

fn task(center: &Center, flow: &str) -> Value {
    json!({
        "InstanceId": center.id,
        "ContactFlowId": flow,
        "Name": "Call back",
        "Description": "What was said",
        "Attributes": {"queue": queue_arn(center, QUEUE)},
        "References": {
            "Recording": {"Type": "URL", "Value": "https://example.com/a.wav"},
            "Received": {"Type": "DATE", "Value": "1790000000"},
            "Length": {"Type": "NUMBER", "Value": "12"},
        },
        "ClientToken": "token",
    })
}

async fn start(center: &Center, body: Value) -> String {
    let answer = center.put("/contact/task", body).await.unwrap();
    answer["ContactId"].as_str().unwrap().to_owned()
}

fn only_task(center: &Center) -> Task {
    let tasks = center.connect.tasks();
    assert_eq!(tasks.len(), 1, "{tasks:#?}");
    tasks.into_iter().next().unwrap()
}

#[tokio::test]
async fn a_task_goes_through_its_flow_into_a_queue() {
    let center = Center::configured().await;
    let flow = task_flow(&center).await;
    let id = start(&center, task(&center, &flow)).await;

    let seen = only_task(&center);
    assert_eq!((&seen.contact_id, seen.name.as_str()), (&id, "Call back"));
    assert_eq!((seen.queue.as_deref(), seen.agent.as_deref()), (Some("Support"), None));
    assert_eq!(seen.references["Recording"].value, "https://example.com/a.wav");
    assert!(seen.open);

    let described = center.get(&format!("/contacts/{}/{id}", center.id)).await.unwrap();
    let described = &described["Contact"];
    assert_eq!((&described["Channel"], &described["InitiationMethod"]), (&json!("TASK"), &json!("API")));
    assert_eq!(
        (&described["QueueInfo"]["Id"], &described["Description"]),
        (&json!(QUEUE), &json!("What was said"))
    );

    let path = format!("/contact/references/{}/{id}?referenceTypes=URL&referenceTypes=NUMBER", center.id);
    let references = center.get(&path).await.unwrap();
    assert_eq!(
        references["ReferenceSummaryList"],
        json!([
            {"Number": {"Name": "Length", "Value": "12"}},
            {"Url": {"Name": "Recording", "Value": "https://example.com/a.wav"}},
        ])
    );
    assert_eq!(center.records(), [] as [Value; 0], "an open task has no record");

    center.post("/contact/stop", json!({"InstanceId": center.id, "ContactId": id})).await.unwrap();
    assert!(!only_task(&center).open);
    assert_eq!(center.records()[0]["Channel"], "TASK");
}

#[tokio::test]
async fn a_task_for_an_agent_waits_in_the_agents_queue() {
    let center = Center::new();
    let flow = task_flow(&center).await;
    let mut body = task(&center, &flow);
    body["Attributes"]["queue"] = json!(queue_arn(&center, &format!("agent/{AGENT}")));
    start(&center, body).await;
    let seen = only_task(&center);
    assert_eq!((seen.queue.as_deref(), seen.agent.as_deref()), (None, Some("agent.one")));
}

#[tokio::test]
async fn a_client_token_makes_one_task() {
    let center = Center::new();
    let flow = task_flow(&center).await;
    let first = start(&center, task(&center, &flow)).await;
    assert_eq!(start(&center, task(&center, &flow)).await, first);
    assert_eq!(only_task(&center).contact_id, first);
}

#[tokio::test]
async fn a_task_whose_flow_cannot_run_is_no_task() {
    let center = Center::new();
    let kind = "UpdateContactRecordingAndAnalyticsBehavior";
    let record = action(
        "record",
        kind,
        json!({"VoiceBehavior": {}}),
        "failed",
        &["NoMatchingError", "ChannelMismatch"],
    );
    let flow = center.publish("analytics", json!([record, hang_up("failed")])).await;
    let error = center.put("/contact/task", task(&center, &flow)).await.unwrap_err();
    assert_eq!(error.code, "InternalServiceException");
    assert!(error.message.contains("\"record\"") && error.message.contains(kind), "{error}");
    assert_eq!(center.connect.tasks(), []);
    // The token is free again: a flow that works makes the task.
    let flow = task_flow(&center).await;
    start(&center, task(&center, &flow)).await;
    only_task(&center);
}

#[tokio::test]
async fn a_task_does_not_wait_for_days() {
    let center = Center::new();
    let wait = action("wait", "Wait", json!({"TimeLimitSeconds": "604800"}), "again", &["NoMatchingError"]);
    let flow = json!([
        wait,
        with_results(
            action("again", "Loop", json!({"LoopCount": "50"}), "end", &[]),
            &[("Equals", "ContinueLooping", "wait"), ("Equals", "DoneLooping", "end")],
        ),
        hang_up("failed"),
        hang_up("end"),
    ]);
    let flow = center.publish("patient", flow).await;
    start(&center, task(&center, &flow)).await;
    assert!(!only_task(&center).open);
}

#[tokio::test]
async fn a_task_that_does_not_fit_is_refused() {
    let center = Center::new();
    let flow = task_flow(&center).await;
    let saved = json!({"Name": "s", "Type": "CONTACT_FLOW", "Content": "{}", "Status": "SAVED"});
    let saved = center.put(&format!("/contact-flows/{}", center.id), saved).await.unwrap();
    let whisper = "c0ffee00-0000-4000-8000-000000000065";
    let long = |length: usize| "x".repeat(length);
    let reference = |kind: &str, value: &str| json!({"r": {"Type": kind, "Value": value}});
    let cases = [
        ("Name", json!(long(513)), "InvalidParameterException"),
        ("Name", json!(""), "InvalidParameterException"),
        ("Description", json!(long(4097)), "InvalidParameterException"),
        ("ClientToken", json!(long(501)), "InvalidParameterException"),
        ("References", reference("ATTACHMENT", "x"), "InvalidRequestException"),
        ("References", reference("URL", "ftp://x"), "InvalidRequestException"),
        ("References", reference("NUMBER", "many"), "InvalidRequestException"),
        ("References", reference("STRING", &long(4097)), "InvalidRequestException"),
        ("Attributes", json!({"a b": "c"}), "InvalidParameterException"),
        ("Attributes", json!({"a": long(32_768)}), "InvalidRequestException"),
        ("ContactFlowId", json!("nothing"), "ResourceNotFoundException"),
        ("ContactFlowId", saved["ContactFlowId"].clone(), "InvalidRequestException"),
        ("ContactFlowId", json!(whisper), "InvalidRequestException"),
        ("ContactFlowId", Value::Null, "InvalidRequestException"),
        ("TaskTemplateId", json!("t"), "InvalidRequestException"),
        ("PreviousContactId", json!("nothing"), "ResourceNotFoundException"),
        ("RelatedContactId", json!("nothing"), "ResourceNotFoundException"),
        ("ScheduledTime", json!(1_790_000_000), "InvalidRequestException"),
        ("InstanceId", json!("other"), "ResourceNotFoundException"),
    ];
    for (member, value, code) in cases {
        let mut body = task(&center, &flow);
        body[member] = value;
        let error = center.put("/contact/task", body).await.unwrap_err();
        assert_eq!(error.code, code, "{member}: {error}");
    }
    assert_eq!(center.connect.tasks(), []);
    let mut body = task(&center, &flow);
    body["Name"] = json!(long(512));
    body["Description"] = json!(long(4096));
    start(&center, body).await;
}

#[tokio::test]
async fn tasks_share_the_attributes_of_the_call_they_follow() {
    let center = Center::configured().await;
    let set = json!({"Attributes": {"flag": "1", "who": "$.CustomerEndpoint.Address"}});
    let voice = center
        .publish(
            "voice",
            json!([
                action("set", "UpdateContactAttributes", set, "failed", &["NoMatchingError"]),
                hang_up("failed"),
            ]),
        )
        .await;
    let call = center.dial(&voice, vec![]).await;
    let flow = task_flow(&center).await;
    let mut body = task(&center, &flow);
    body["PreviousContactId"] = json!(call.contact_id);
    let id = start(&center, body.clone()).await;

    let seen = only_task(&center);
    assert_eq!(seen.previous_contact_id.as_ref(), Some(&call.contact_id));
    assert_eq!(seen.attributes["who"], "+15555550100");
    let update =
        json!({"InstanceId": center.id, "InitialContactId": call.contact_id, "Attributes": {"flag": "0"}});
    center.post("/contact/attributes", update).await.unwrap();
    assert_eq!(only_task(&center).attributes["flag"], "0");
    let attributes = center.get(&format!("/contact/attributes/{}/{id}", center.id)).await.unwrap();
    assert_eq!(attributes["Attributes"]["flag"], "0");

    // Twelve tasks may follow one contact.
    for n in 1..12 {
        body["ClientToken"] = json!(n.to_string());
        start(&center, body.clone()).await;
    }
    body["ClientToken"] = json!("one too many");
    let error = center.put("/contact/task", body).await.unwrap_err();
    assert_eq!((error.status.as_u16(), &*error.code), (402, "ServiceQuotaExceededException"));
}

#[tokio::test]
async fn a_changed_attribute_sends_the_record_again() {
    let center = Center::configured().await;
    let flow = center.publish("a", json!([hang_up("end")])).await;
    let call = center.dial(&flow, vec![Step::HangUp]).await;
    let update =
        json!({"InstanceId": center.id, "InitialContactId": call.contact_id, "Attributes": {"flag": "0"}});
    center.post("/contact/attributes", update.clone()).await.unwrap();

    let sent = center.memory.records.lock().unwrap().clone();
    assert_eq!(sent.len(), 2);
    for (stream, key, record) in &sent {
        assert_eq!((stream.as_str(), key), (STREAM, &call.contact_id));
        assert_eq!(record["ContactId"], json!(call.contact_id));
    }
    assert_eq!(sent[0].2["Attributes"], json!({}));
    assert_eq!(sent[1].2["Attributes"], json!({"flag": "0"}));

    let mut unknown = update.clone();
    unknown["InitialContactId"] = json!("nobody");
    assert_eq!(
        center.post("/contact/attributes", unknown).await.unwrap_err().code,
        "ResourceNotFoundException"
    );
    let mut large = update;
    large["Attributes"]["flag"] = json!("x".repeat(32_768));
    assert_eq!(center.post("/contact/attributes", large).await.unwrap_err().code, "InvalidRequestException");
    assert_eq!(center.records().len(), 2);
}
