//! Views and the guides that show them; tasks that flows make.

use local_cloud::call::{AgentStep, open_guide};
use serde_json::{Value, json};

use crate::support::{AGENT, Center, QUEUE, action, hang_up, on_error, say, with_results, words};

fn content(actions: &[&str]) -> Value {
    let template = json!({"Head": {"Title": "Voicemail"}, "Body": [{"Type": "Text", "Props": {}, "Content": ["$.Words"]}]});
    json!({"Template": template.to_string(), "Actions": actions})
}

async fn make_view(center: &Center) -> String {
    let body = json!({"Name": "Voicemail", "Status": "PUBLISHED", "Content": content(&["Fresh", "Done"])});
    let made = center.put(&format!("/views/{}", center.id), body).await.unwrap();
    made["View"]["Id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_view_is_made_described_changed_listed_and_deleted() {
    let center = Center::new();
    let path = format!("/views/{}", center.id);
    let id = make_view(&center).await;
    let one = format!("{path}/{id}");
    let view = center.get(&one).await.unwrap()["View"].clone();
    assert_eq!(view["Arn"], json!(format!("{}/view/{id}", center.connect.instance_arn())));
    assert_eq!(view["Content"], content(&["Fresh", "Done"]));
    assert_eq!((&view["Type"], &view["Status"]), (&json!("CUSTOMER_MANAGED"), &json!("PUBLISHED")));
    assert_eq!(center.get(&format!("{one}%3A%24LATEST")).await.unwrap()["View"], view);

    let saved = json!({"Status": "SAVED", "Content": content(&["Later"])});
    center.post(&one, saved).await.unwrap();
    assert_eq!(center.get(&one).await.unwrap()["View"]["Content"], content(&["Fresh", "Done"]));
    let saved = center.get(&format!("{one}%3A%24SAVED")).await.unwrap();
    assert_eq!(saved["View"]["Content"], content(&["Later"]));
    center.post(&format!("{one}/metadata"), json!({"Name": "Message"})).await.unwrap();

    let own = center.get(&format!("{path}?type=CUSTOMER_MANAGED")).await.unwrap();
    assert_eq!(own["ViewsSummaryList"][0]["Name"], "Message");
    let all = center.get(&path).await.unwrap();
    let all = all["ViewsSummaryList"].as_array().unwrap();
    assert!(all.iter().any(|view| view["Arn"] == "arn:aws:connect:us-east-1:aws:view/detail:1"));
    assert_eq!(center.delete(&format!("{path}/detail")).await.unwrap_err().code, "ResourceNotFoundException");
    center.delete(&one).await.unwrap();
    assert_eq!(center.get(&one).await.unwrap_err().code, "ResourceNotFoundException");
}

#[tokio::test]
async fn a_view_that_cannot_be_shown_is_refused() {
    let center = Center::new();
    let path = format!("/views/{}", center.id);
    for (body, code) in [
        (
            json!({"Name": "a", "Status": "PUBLISHED", "Content": {"Template": "{"}}),
            "InvalidRequestException",
        ),
        (
            json!({"Name": "a", "Status": "PUBLISHED", "Content": {"Template": "{}"}}),
            "InvalidRequestException",
        ),
        (json!({"Name": "a", "Status": "DRAFT", "Content": content(&[])}), "InvalidParameterException"),
        (json!({"Name": "", "Status": "SAVED", "Content": content(&[])}), "InvalidParameterException"),
        (json!({"Name": "Detail", "Status": "SAVED", "Content": content(&[])}), "DuplicateResourceException"),
    ] {
        assert_eq!(center.put(&path, body.clone()).await.unwrap_err().code, code, "{body}");
    }
}

/// A task flow that sets a guide, and the guide: shows the message, a fresh one on demand, and ends when it is done.
async fn guided_task(center: &Center) -> String {
    let view = make_view(center).await;
    let show = json!({
        "ViewResource": {"Id": view, "Version": "$LATEST"},
        "InvocationTimeLimitSeconds": "400",
        "ViewData": {"Words": "$.Attributes.words", "Note": "$.Views.ViewResultData.note"},
    });
    let show = action("show", "ShowView", show, "failed", &["NoMatchingError", "TimeLimitExceeded"]);
    let show = on_error(on_error(show, "NoMatchingCondition", "late"), "TimeLimitExceeded", "late");
    let seen = json!({"Attributes": {"seen": "yes"}, "TargetContact": "Related"});
    let guide = json!([
        action("seen", "UpdateContactAttributes", seen, "show", &["NoMatchingError"]),
        with_results(show, &[("Equals", "Fresh", "show"), ("Equals", "Done", "end")]),
        action(
            "late",
            "UpdateContactAttributes",
            json!({"Attributes": {"late": "yes"}}),
            "end",
            &["NoMatchingError"]
        ),
        hang_up("failed"),
        hang_up("end"),
    ]);
    let guide = center.publish("guide", guide).await;
    let task = json!([
        action(
            "hook",
            "UpdateContactEventHooks",
            json!({"EventHooks": {"DefaultAgentUI": guide}}),
            "target",
            &["NoMatchingError"]
        ),
        action(
            "target",
            "UpdateContactTargetQueue",
            json!({"QueueId": QUEUE}),
            "transfer",
            &["NoMatchingError"]
        ),
        action(
            "transfer",
            "TransferContactToQueue",
            json!({}),
            "failed",
            &["QueueAtCapacity", "NoMatchingError"]
        ),
        hang_up("failed"),
    ]);
    center.publish("task", task).await
}

async fn start(center: &Center, flow: &str) -> String {
    let body = json!({"InstanceId": center.id, "ContactFlowId": flow, "Name": "n", "Attributes": {"words": "call me"}});
    let task = center.put("/contact/task", body).await.unwrap();
    task["ContactId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_agent_sees_the_guide_of_a_task() {
    let center = Center::configured().await;
    let flow = guided_task(&center).await;
    let task = start(&center, &flow).await;
    let choose = |action: &str, data: Value| AgentStep::Choose { action: action.to_owned(), data };
    let steps = vec![choose("Fresh", json!({"note": "again"})), choose("Done", Value::Null)];
    let guide = open_guide(&center.connect, &task, steps).await.unwrap();
    let data: Vec<Value> = guide.views.iter().map(|view| view.data.clone()).collect();
    assert_eq!(data, [json!({"Words": "call me", "Note": ""}), json!({"Words": "call me", "Note": "again"})]);
    assert_eq!(guide.views[0].view, "Voicemail");
    // The guide is a contact of its own, and the task is still open.
    let record = center.records().pop().unwrap();
    assert_eq!((&record["ContactId"], &record["Channel"]), (&json!(guide.contact_id), &json!("CHAT")));
    assert_eq!(record["Attributes"], json!({"words": "call me"}));
    let shown = center.connect.tasks().remove(0);
    assert_eq!((shown.open, &*shown.attributes["seen"]), (true, "yes"));

    let guide = open_guide(&center.connect, &task, vec![AgentStep::Idle]).await.unwrap();
    assert_eq!(guide.views.len(), 1);
    assert_eq!(center.records().pop().unwrap()["Attributes"]["late"], "yes");
    assert_eq!(center.connect.tasks()[0].attributes.get("late"), None);
    let closed = open_guide(&center.connect, &task, vec![]).await.unwrap();
    assert_eq!(closed.views.len(), 1);
}

#[tokio::test]
async fn a_contact_without_a_guide_says_so() {
    let center = Center::configured().await;
    let flow = center.publish("task", json!([hang_up("end")])).await;
    let task = start(&center, &flow).await;
    let error = open_guide(&center.connect, &task, vec![]).await.unwrap_err();
    assert!(error.to_string().contains("DefaultAgentUI"), "{error}");
    let error = open_guide(&center.connect, "nothing", vec![]).await.unwrap_err();
    assert!(error.to_string().contains("no such contact"), "{error}");
}

#[tokio::test]
async fn a_call_shows_no_view() {
    let center = Center::configured().await;
    let view = make_view(&center).await;
    let show = json!({"ViewResource": {"Id": view, "Version": "1"}, "InvocationTimeLimitSeconds": "10"});
    let errors = ["NoMatchingCondition", "NoMatchingError", "TimeLimitExceeded"];
    let flow = json!([
        action("show", "ShowView", show, "end", &errors),
        say("failed", "no view", "end"),
        hang_up("end")
    ]);
    let flow = center.publish("view", flow).await;
    assert_eq!(words(&center.dial(&flow, vec![]).await), ["no view"]);
}

#[tokio::test]
async fn a_flow_makes_a_task() {
    let center = Center::configured().await;
    let target = json!({"AgentId": AGENT});
    let task = center
        .publish(
            "task",
            json!([
                action("target", "UpdateContactTargetQueue", target, "transfer", &["NoMatchingError"]),
                action(
                    "transfer",
                    "TransferContactToQueue",
                    json!({}),
                    "failed",
                    &["QueueAtCapacity", "NoMatchingError"]
                ),
                hang_up("failed"),
            ]),
        )
        .await;
    let make = |flow: &str| {
        let parameters = json!({
            "ContactFlowId": flow,
            "Name": "Call $.CustomerEndpoint.Address",
            "Description": "[1]",
            "Attributes": {"a": "b"},
            "References": {"Site": {"Type": "URL", "Value": "https://example.com"}},
        });
        let make = action("make", "CreateTask", parameters, "end", &["NoMatchingError"]);
        json!([make, say("failed", "no task", "end"), hang_up("end")])
    };
    let flow = center.publish("make", make(&task)).await;
    let call = center.dial(&flow, vec![]).await;
    assert_eq!(words(&call), [] as [&str; 0], "{call}");
    let made = center.connect.tasks().remove(0);
    assert_eq!((&*made.name, &*made.description), ("Call +15555550100", "[1]"));
    assert_eq!((made.related_contact_id, made.agent.as_deref()), (Some(call.contact_id), Some("agent.one")));
    assert_eq!(made.attributes["a"], "b");

    let lost = center.publish("lost", make("nothing")).await;
    assert_eq!(words(&center.dial(&lost, vec![]).await), ["no task"]);
}
