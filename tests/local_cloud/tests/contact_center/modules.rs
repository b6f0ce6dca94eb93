//! Flow modules: through the API, and run by flows.

use local_cloud::call::{Disposition, Step};
use serde_json::{Value, json};

use crate::support::{
    Center, FUNCTION, action, flow, hang_up, module, on_error, say, set, with_results, words,
};

fn returns(id: &str, parameters: Value) -> Value {
    json!({"Identifier": id, "Type": "EndFlowModuleExecution", "Parameters": parameters, "Transitions": {}})
}

fn invoke(id: &str, module: &str, input: Value, next: &str) -> Value {
    let mut parameters = json!({ "FlowModuleId": module });
    if !input.is_null() {
        parameters["Input"] = input;
    }
    action(id, "InvokeFlowModule", parameters, next, &["NoMatchingError"])
}

#[tokio::test]
async fn a_module_is_made_described_changed_listed_and_deleted() {
    let center = Center::new();
    let path = format!("/contact-flow-modules/{}", center.id);
    let content = module(json!([say("hello", "hello", "end"), returns("end", json!({}))]));
    let body = json!({"Name": "greeting", "Content": content, "Description": "d", "Tags": {"vmx": "1"}});
    let made = center.put(&path, body.clone()).await.unwrap();
    let one = format!("{path}/{}", made["Id"].as_str().unwrap());
    let described = center.get(&one).await.unwrap()["ContactFlowModule"].clone();
    assert_eq!(described["Arn"], made["Arn"]);
    assert_eq!((&described["State"], &described["Status"]), (&json!("ACTIVE"), &json!("PUBLISHED")));
    let parsed: Value = serde_json::from_str(described["Content"].as_str().unwrap()).unwrap();
    assert_eq!(parsed, serde_json::from_str::<Value>(&content).unwrap());
    assert_eq!(described["Tags"], json!({"vmx": "1"}));
    assert_eq!(center.put(&path, body).await.unwrap_err().code, "DuplicateResourceException");

    let changed = module(json!([returns("end", json!({}))]));
    center.post(&format!("{one}/content"), json!({ "Content": changed })).await.unwrap();
    let metadata = json!({"Name": "farewell", "State": "ARCHIVED"});
    center.post(&format!("{one}/metadata"), metadata).await.unwrap();
    let summary = format!("/contact-flow-modules-summary/{}", center.id);
    let listed = center.get(&summary).await.unwrap()["ContactFlowModulesSummaryList"].clone();
    assert_eq!(
        listed,
        json!([{"Id": made["Id"], "Arn": made["Arn"], "Name": "farewell", "State": "ARCHIVED"}])
    );
    let active = center.get(&format!("{summary}?state=ACTIVE")).await.unwrap();
    assert_eq!(active["ContactFlowModulesSummaryList"], json!([]));

    center.delete(&one).await.unwrap();
    assert_eq!(center.get(&one).await.unwrap_err().code, "ResourceNotFoundException");
    assert_eq!(center.delete(&one).await.unwrap_err().code, "ResourceNotFoundException");
}

#[tokio::test]
async fn a_module_is_refused_with_the_list_of_its_problems() {
    let center = Center::new();
    let path = format!("/contact-flow-modules/{}", center.id);
    // A flow, but no module: it has no settings and plays what only a queue plays.
    let content = flow(json!([{"Identifier": "music", "Type": "MessageParticipantIteratively",
        "Parameters": {"Messages": [{"Text": "music"}]}, "Transitions": {}}]));
    let error = center.put(&path, json!({"Name": "a", "Content": content})).await.unwrap_err();
    assert_eq!((error.status.as_u16(), &*error.code), (400, "InvalidContactFlowModuleException"));
    let problems = error.members["Problems"].as_array().unwrap();
    assert!(
        problems.contains(&json!({"message": "Invalid Action type. Type: MessageParticipantIteratively"})),
        "{problems:?}"
    );

    let made = center.publish_module("b", json!([returns("end", json!({}))])).await;
    let error =
        center.post(&format!("{path}/{made}/content"), json!({ "Content": content })).await.unwrap_err();
    assert_eq!(error.code, "InvalidContactFlowModuleException");
    // What is only saved is not looked at and does not run.
    center.post(&format!("{path}/{made}%3A%24SAVED/content"), json!({ "Content": content })).await.unwrap();
    let described = center.get(&format!("{path}/{made}")).await.unwrap();
    assert!(described["ContactFlowModule"]["Content"].as_str().unwrap().contains("EndFlowModuleExecution"));
}

#[tokio::test]
async fn a_flow_goes_on_where_it_ran_the_module() {
    let center = Center::configured().await;
    let inner = json!([
        say("say", "inner $.Modules.Input.word", "end"),
        returns(
            "end",
            json!({"Result": "Fine", "ResultData": {"deep": {"word": "$.Modules.Input.word"}, "n": "1"}})
        ),
    ]);
    let inner = center.publish_module("inner", inner).await;
    // A module in a module hands the result of the inner one on.
    let call_inner = with_results(
        on_error(
            invoke("call", &inner, json!({"word": "$.Attributes.word"}), "other"),
            "NoMatchingCondition",
            "other",
        ),
        &[("Equals", "Fine", "fine")],
    );
    let outer = json!([
        call_inner,
        set("fine", json!({"from_inner": "$.Modules.ResultData.deep.word"}), "end"),
        returns("other", json!({"Result": "Other"})),
        returns("failed", json!({"Result": "Failed"})),
        returns("end", json!({"Result": "Done", "ResultData": "$.Modules.ResultData.deep"})),
    ]);
    let outer = center.publish_module("outer", outer).await;
    let arn = format!("{}/flow-module/{outer}", center.connect.instance_arn());
    let flow = json!([
        set("set", json!({"word": "plum"}), "run"),
        with_results(
            on_error(invoke("run", &arn, Value::Null, "other"), "NoMatchingCondition", "other"),
            &[("Equals", "Done", "done")],
        ),
        say("done", "$.Modules.Result with $.Modules.ResultData.word", "end"),
        say("other", "other", "end"),
        say("failed", "failed", "end"),
        hang_up("end"),
    ]);
    let flow = center.publish("flow", flow).await;
    let call = center.dial(&flow, vec![]).await;
    assert_eq!(words(&call), ["inner plum", "Done with plum"], "{call}");
    assert_eq!(call.attributes["from_inner"], "plum");
}

#[tokio::test]
async fn a_module_has_its_own_notes_and_answers() {
    let center = Center::configured().await;
    let path = format!("/instance/{}/lambda-function", center.id);
    center.put(&path, json!({"FunctionArn": FUNCTION})).await.unwrap();
    let note = |id: &str, value: &str, next: &str| {
        let attributes = json!({"FlowAttributes": {"n": {"Value": value}}});
        action(id, "UpdateFlowAttributes", attributes, next, &["NoMatchingError"])
    };
    let heard = "$.FlowAttributes.n $.External.name.";
    let inner = json!([
        say("before", &format!("module: {heard}"), "note"),
        note("note", "inner", "say"),
        say("say", &format!("module: {heard}"), "end"),
        returns("failed", json!({})),
        returns("end", json!({})),
    ]);
    let inner = center.publish_module("inner", inner).await;
    let ask = json!({"LambdaFunctionARN": FUNCTION, "InvocationTimeLimitSeconds": "8"});
    let flow = json!([
        note("note", "outer", "ask"),
        action("ask", "InvokeLambdaFunction", ask, "run", &["NoMatchingError"]),
        invoke("run", &inner, Value::Null, "say"),
        say("say", &format!("flow: {heard}"), "end"),
        hang_up("failed"),
        hang_up("end"),
    ]);
    let flow = center.publish("flow", flow).await;
    assert_eq!(
        words(&center.dial(&flow, vec![]).await),
        ["module: .", "module: inner .", "flow: outer Kim."]
    );
}

#[tokio::test]
async fn a_call_can_end_in_a_module() {
    let center = Center::configured().await;
    let end = center.publish_module("end", json!([hang_up("end")])).await;
    let other = center.publish("other", json!([say("say", "other", "end"), hang_up("end")])).await;
    let transfer =
        action("go", "TransferToFlow", json!({ "ContactFlowId": other }), "failed", &["NoMatchingError"]);
    let leave = center.publish_module("leave", json!([transfer, returns("failed", json!({}))])).await;
    for (module, heard, steps, disposition) in [
        (&*end, vec![], vec![], Disposition::Disconnected),
        (&*leave, vec!["other"], vec![], Disposition::Disconnected),
        (&*leave, vec!["other"], vec![Step::HangUp], Disposition::HungUp),
        ("none", vec!["failed"], vec![], Disposition::Disconnected),
    ] {
        let flow = json!([
            invoke("run", module, Value::Null, "back"),
            say("back", "back", "end"),
            say("failed", "failed", "end"),
            hang_up("end"),
        ]);
        let flow = center.publish(&format!("{module} {}", steps.len()), flow).await;
        let call = center.dial(&flow, steps).await;
        assert_eq!((words(&call), &call.disposition), (heard, &disposition), "{call}");
    }
}
