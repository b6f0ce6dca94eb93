//! Contact flows through the API.

use serde_json::{Value, json};

use crate::support::{Center, NUMBER_ID, flow, hang_up, say};

fn valid() -> String {
    flow(json!([say("hello", "hello", "end"), hang_up("end")]))
}

#[tokio::test]
async fn a_flow_is_refused_with_the_list_of_its_problems() {
    let center = Center::new();
    let path = format!("/contact-flows/{}", center.id);
    let mut broken: Value = serde_json::from_str(&valid()).unwrap();
    broken["Actions"][0]["Transitions"] = json!({"NextAction": "nowhere"});
    broken["Actions"][0]["Parameters"] = json!({});
    let mut body = json!({"Name": "a", "Type": "CONTACT_FLOW", "Content": broken.to_string()});
    let error = center.put(&path, body.clone()).await.unwrap_err();
    assert_eq!(
        (error.status.as_u16(), &*error.code, &*error.message),
        (400, "InvalidContactFlowException", "")
    );
    assert_eq!(
        error.members["problems"],
        json!([
            {"message": "Action is missing required property. Path: Actions[0].Parameters.Text"},
            {"message": "Invalid Action property value. Path: Actions[0].Transitions.NextAction"},
        ])
    );
    // What is only saved is not looked at, but cannot be published as it is.
    body["Status"] = json!("SAVED");
    let id = center.put(&path, body).await.unwrap()["ContactFlowId"].clone();
    let one = format!("{path}/{}", id.as_str().unwrap());
    let error = center.get(&one).await.unwrap_err();
    assert_eq!((error.status.as_u16(), &*error.code), (404, "ContactFlowNotPublishedException"));
    let saved = center.get(&format!("{one}%3A%24SAVED")).await.unwrap();
    assert_eq!(saved["ContactFlow"]["Status"], "SAVED");
    let content = json!({"Content": broken.to_string()});
    let error = center.post(&format!("{one}/content"), content).await.unwrap_err();
    assert_eq!(error.code, "InvalidContactFlowException");
    center.post(&format!("{one}/content"), json!({"Content": valid()})).await.unwrap();
    assert_eq!(center.get(&one).await.unwrap()["ContactFlow"]["Status"], "PUBLISHED");
}

#[tokio::test]
async fn a_flow_is_described_as_the_same_json_in_another_text() {
    let center = Center::new();
    let path = format!("/contact-flows/{}", center.id);
    let pretty = serde_json::to_string_pretty(&serde_json::from_str::<Value>(&valid()).unwrap()).unwrap();
    let body = json!({"Name": "a", "Type": "CONTACT_FLOW", "Content": pretty, "Description": "d", "Tags": {"vmx": "1"}});
    let created = center.put(&path, body.clone()).await.unwrap();
    let described =
        center.get(&format!("{path}/{}", created["ContactFlowId"].as_str().unwrap())).await.unwrap();
    let described = &described["ContactFlow"];
    let content = described["Content"].as_str().unwrap();
    assert_ne!(content, pretty);
    assert_eq!(
        serde_json::from_str::<Value>(content).unwrap(),
        serde_json::from_str::<Value>(&pretty).unwrap()
    );
    assert_eq!(described["FlowContentSha256"], created["FlowContentSha256"]);
    assert_eq!(described["Arn"], created["ContactFlowArn"]);
    assert_eq!((&described["Description"], &described["Tags"]), (&json!("d"), &json!({"vmx": "1"})));

    let error = center.put(&path, body).await.unwrap_err();
    assert_eq!((error.status.as_u16(), &*error.code), (409, "DuplicateResourceException"));
}

#[tokio::test]
async fn a_saved_change_does_not_run_until_it_is_published() {
    let center = Center::new();
    let id = center.publish("a", json!([say("hello", "first", "end"), hang_up("end")])).await;
    let content = flow(json!([say("hello", "second", "end"), hang_up("end")]));
    let path = format!("/contact-flows/{}/{id}", center.id);
    center.post(&format!("{path}%3A%24SAVED/content"), json!({"Content": content})).await.unwrap();
    assert_eq!(center.dial("a", vec![]).await.heard[0].text, "first");
    center.post(&format!("{path}/content"), json!({"Content": content})).await.unwrap();
    assert_eq!(center.dial("a", vec![]).await.heard[0].text, "second");
}

#[tokio::test]
async fn name_and_description_change_without_the_content() {
    let center = Center::new();
    let id = center.publish("a", json!([hang_up("end")])).await;
    center.publish("b", json!([hang_up("end")])).await;
    let path = format!("/contact-flows/{}/{id}", center.id);
    let taken = center.post(&format!("{path}/metadata"), json!({"Name": "b"})).await.unwrap_err();
    assert_eq!(taken.code, "DuplicateResourceException");
    let own = json!({"Name": "a", "Description": "new", "ContactFlowState": "ARCHIVED"});
    center.post(&format!("{path}/metadata"), own).await.unwrap();
    let flow = &center.get(&path).await.unwrap()["ContactFlow"];
    assert_eq!((&flow["Description"], &flow["State"]), (&json!("new"), &json!("ARCHIVED")));
}

#[tokio::test]
async fn a_flow_that_answers_a_number_cannot_be_deleted() {
    let center = Center::new();
    let id = center.publish("a", json!([hang_up("end")])).await;
    let attach = format!("/phone-number/{NUMBER_ID}/contact-flow");
    let body = json!({"InstanceId": center.id, "ContactFlowId": id});
    center.put(&attach, body).await.unwrap();
    let path = format!("/contact-flows/{}/{id}", center.id);
    let error = center.delete(&path).await.unwrap_err();
    assert_eq!((error.status.as_u16(), &*error.code), (400, "InvalidRequestException"));
    center.delete(&format!("{attach}?instanceId={}", center.id)).await.unwrap();
    center.delete(&path).await.unwrap();
    assert_eq!(center.get(&path).await.unwrap_err().code, "ResourceNotFoundException");
    assert_eq!(center.delete(&path).await.unwrap_err().code, "ResourceNotFoundException");
}

#[tokio::test]
async fn flows_are_listed_by_type_and_in_pages() {
    let center = Center::new();
    let path = format!("/contact-flows-summary/{}", center.id);
    let all = center.get(&path).await.unwrap();
    assert_eq!(all["ContactFlowSummaryList"].as_array().unwrap().len(), 9);
    let whispers = center
        .get(&format!("{path}?contactFlowTypes=AGENT_WHISPER&contactFlowTypes=CUSTOMER_WHISPER"))
        .await
        .unwrap();
    let names: Vec<&Value> =
        whispers["ContactFlowSummaryList"].as_array().unwrap().iter().map(|flow| &flow["Name"]).collect();
    assert_eq!(names, ["Default customer whisper", "Default agent whisper"]);
    let page = center.get(&format!("{path}?maxResults=8")).await.unwrap();
    assert!(page["NextToken"].is_string());
    let error = center.get(&format!("{path}?contactFlowTypes=FAX")).await.unwrap_err();
    assert_eq!(error.code, "InvalidRequestException");
}
