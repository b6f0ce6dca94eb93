//! Tasks, and the attributes and records of contacts.

use local_cloud::call::Step;
use local_cloud::connect::Task;
use serde_json::{Value, json};

use crate::support::{AGENT, Centre, QUEUE, STREAM, action, hang_up, say, with_results};

/// A flow that puts its contact into the queue that an attribute names.
async fn task_flow(centre: &Centre) -> String {
    let target = json!({"QueueId": "$.Attributes.queue"});
    let transfer = ["QueueAtCapacity", "NoMatchingError"];
    centre
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

fn queue_arn(centre: &Centre, queue: &str) -> String {
    format!("{}/queue/{queue}", centre.connect.instance_arn())
}

fn task(centre: &Centre, flow: &str) -> Value {
    json!({
        "InstanceId": centre.id,
        "ContactFlowId": flow,
        "Name": "Call back",
        "Description": "What was said",
        "Attributes": {"queue": queue_arn(centre, QUEUE)},
        "References": {
            "Recording": {"Type": "URL", "Value": "https://example.com/a.wav"},
            "Received": {"Type": "DATE", "Value": "1790000000"},
            "Length": {"Type": "NUMBER", "Value": "12"},
        },
        "ClientToken": "token",
    })
}

async fn start(centre: &Centre, body: Value) -> String {
    let answer = centre.put("/contact/task", body).await.unwrap();
    answer["ContactId"].as_str().unwrap().to_owned()
}

fn only_task(centre: &Centre) -> Task {
    let tasks = centre.connect.tasks();
    assert_eq!(tasks.len(), 1, "{tasks:#?}");
    tasks.into_iter().next().unwrap()
}

#[tokio::test]
async fn a_task_goes_through_its_flow_into_a_queue() {
    let centre = Centre::configured().await;
    let flow = task_flow(&centre).await;
    let id = start(&centre, task(&centre, &flow)).await;

    let seen = only_task(&centre);
    assert_eq!((&seen.contact_id, seen.name.as_str()), (&id, "Call back"));
    assert_eq!((seen.queue.as_deref(), seen.agent.as_deref()), (Some("Support"), None));
    assert_eq!(seen.references["Recording"].value, "https://example.com/a.wav");
    assert!(seen.open);

    let described = centre.get(&format!("/contacts/{}/{id}", centre.id)).await.unwrap();
    let described = &described["Contact"];
    assert_eq!((&described["Channel"], &described["InitiationMethod"]), (&json!("TASK"), &json!("API")));
    assert_eq!(
        (&described["QueueInfo"]["Id"], &described["Description"]),
        (&json!(QUEUE), &json!("What was said"))
    );

    let path = format!("/contact/references/{}/{id}?referenceTypes=URL&referenceTypes=NUMBER", centre.id);
    let references = centre.get(&path).await.unwrap();
    assert_eq!(
        references["ReferenceSummaryList"],
        json!([
            {"Number": {"Name": "Length", "Value": "12"}},
            {"Url": {"Name": "Recording", "Value": "https://example.com/a.wav"}},
        ])
    );
    assert_eq!(centre.records(), [] as [Value; 0], "an open task has no record");

    centre.post("/contact/stop", json!({"InstanceId": centre.id, "ContactId": id})).await.unwrap();
    assert!(!only_task(&centre).open);
    assert_eq!(centre.records()[0]["Channel"], "TASK");
}

#[tokio::test]
async fn a_task_for_an_agent_waits_in_the_agents_queue() {
    let centre = Centre::new();
    let flow = task_flow(&centre).await;
    let mut body = task(&centre, &flow);
    body["Attributes"]["queue"] = json!(queue_arn(&centre, &format!("agent/{AGENT}")));
    start(&centre, body).await;
    let seen = only_task(&centre);
    assert_eq!((seen.queue.as_deref(), seen.agent.as_deref()), (None, Some("agent.one")));
}

#[tokio::test]
async fn a_client_token_makes_one_task() {
    let centre = Centre::new();
    let flow = task_flow(&centre).await;
    let first = start(&centre, task(&centre, &flow)).await;
    assert_eq!(start(&centre, task(&centre, &flow)).await, first);
    assert_eq!(only_task(&centre).contact_id, first);
}

#[tokio::test]
async fn a_task_whose_flow_cannot_run_is_no_task() {
    let centre = Centre::new();
    let kind = "UpdateContactRecordingAndAnalyticsBehavior";
    let record = action(
        "record",
        kind,
        json!({"VoiceBehavior": {}}),
        "failed",
        &["NoMatchingError", "ChannelMismatch"],
    );
    let flow = centre.publish("analytics", json!([record, hang_up("failed")])).await;
    let error = centre.put("/contact/task", task(&centre, &flow)).await.unwrap_err();
    assert_eq!(error.code, "InternalServiceException");
    assert!(error.message.contains("\"record\"") && error.message.contains(kind), "{error}");
    assert_eq!(centre.connect.tasks(), []);
    // The token is free again: a flow that works makes the task.
    let flow = task_flow(&centre).await;
    start(&centre, task(&centre, &flow)).await;
    only_task(&centre);
}

#[tokio::test]
async fn a_task_does_not_wait_for_days() {
    let centre = Centre::new();
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
    let flow = centre.publish("patient", flow).await;
    start(&centre, task(&centre, &flow)).await;
    assert!(!only_task(&centre).open);
}

#[tokio::test]
async fn a_task_that_does_not_fit_is_refused() {
    let centre = Centre::new();
    let flow = task_flow(&centre).await;
    let saved = json!({"Name": "s", "Type": "CONTACT_FLOW", "Content": "{}", "Status": "SAVED"});
    let saved = centre.put(&format!("/contact-flows/{}", centre.id), saved).await.unwrap();
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
        let mut body = task(&centre, &flow);
        body[member] = value;
        let error = centre.put("/contact/task", body).await.unwrap_err();
        assert_eq!(error.code, code, "{member}: {error}");
    }
    assert_eq!(centre.connect.tasks(), []);
    let mut body = task(&centre, &flow);
    body["Name"] = json!(long(512));
    body["Description"] = json!(long(4096));
    start(&centre, body).await;
}

#[tokio::test]
async fn tasks_share_the_attributes_of_the_call_they_follow() {
    let centre = Centre::configured().await;
    let set = json!({"Attributes": {"flag": "1", "who": "$.CustomerEndpoint.Address"}});
    let voice = centre
        .publish(
            "voice",
            json!([
                action("set", "UpdateContactAttributes", set, "failed", &["NoMatchingError"]),
                hang_up("failed"),
            ]),
        )
        .await;
    let call = centre.dial(&voice, vec![]).await;
    let flow = task_flow(&centre).await;
    let mut body = task(&centre, &flow);
    body["PreviousContactId"] = json!(call.contact_id);
    let id = start(&centre, body.clone()).await;

    let seen = only_task(&centre);
    assert_eq!(seen.previous_contact_id.as_ref(), Some(&call.contact_id));
    assert_eq!(seen.attributes["who"], "+15555550100");
    let update =
        json!({"InstanceId": centre.id, "InitialContactId": call.contact_id, "Attributes": {"flag": "0"}});
    centre.post("/contact/attributes", update).await.unwrap();
    assert_eq!(only_task(&centre).attributes["flag"], "0");
    let attributes = centre.get(&format!("/contact/attributes/{}/{id}", centre.id)).await.unwrap();
    assert_eq!(attributes["Attributes"]["flag"], "0");

    // Twelve tasks may follow one contact.
    for n in 1..12 {
        body["ClientToken"] = json!(n.to_string());
        start(&centre, body.clone()).await;
    }
    body["ClientToken"] = json!("one too many");
    let error = centre.put("/contact/task", body).await.unwrap_err();
    assert_eq!((error.status.as_u16(), &*error.code), (402, "ServiceQuotaExceededException"));
}

#[tokio::test]
async fn a_changed_attribute_sends_the_record_again() {
    let centre = Centre::configured().await;
    let flow = centre.publish("a", json!([hang_up("end")])).await;
    let call = centre.dial(&flow, vec![Step::HangUp]).await;
    let update =
        json!({"InstanceId": centre.id, "InitialContactId": call.contact_id, "Attributes": {"flag": "0"}});
    centre.post("/contact/attributes", update.clone()).await.unwrap();

    let sent = centre.memory.records.lock().unwrap().clone();
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
        centre.post("/contact/attributes", unknown).await.unwrap_err().code,
        "ResourceNotFoundException"
    );
    let mut large = update;
    large["Attributes"]["flag"] = json!("x".repeat(32_768));
    assert_eq!(centre.post("/contact/attributes", large).await.unwrap_err().code, "InvalidRequestException");
    assert_eq!(centre.records().len(), 2);
}
