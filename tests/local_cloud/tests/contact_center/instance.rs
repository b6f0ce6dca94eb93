//! The instance, its storage configurations, functions, queues, people and numbers.

use serde_json::{Value, json};

use crate::support::{
    AGENT, Center, FUNCTION, KEY, NUMBER, NUMBER_ID, QUEUE, STREAM, media_config, record_config,
};

#[tokio::test]
async fn the_instance_is_found_and_described() {
    let center = Center::new();
    let listed = center.get("/instance").await.unwrap();
    let listed = &listed["InstanceSummaryList"][0];
    let described = center.get(&format!("/instance/{}", center.id)).await.unwrap();
    assert_eq!(listed["InstanceAlias"], "local-contact-center");
    assert_eq!(listed["Arn"], described["Instance"]["Arn"]);
    assert_eq!(described["Instance"]["InboundCallsEnabled"], true);
    let attribute = center.get(&format!("/instance/{}/attribute/CONTACTFLOW_LOGS", center.id)).await.unwrap();
    assert_eq!(attribute["Attribute"]["Value"], "true");
}

#[tokio::test]
async fn another_instance_is_not_found() {
    let center = Center::new();
    for path in ["/instance/other", "/queues-summary/other", "/contact-flows-summary/other"] {
        let error = center.get(path).await.unwrap_err();
        assert_eq!((error.status.as_u16(), &*error.code), (404, "ResourceNotFoundException"), "{path}");
    }
    let arn = center.connect.instance_arn().replace(':', "%3A").replace('/', "%2F");
    assert!(center.get(&format!("/queues-summary/{arn}")).await.is_ok());
}

#[tokio::test]
async fn a_resource_type_has_one_storage_configuration() {
    let center = Center::new();
    let associate = format!("/instance/{}/storage-config", center.id);
    let list = format!("/instance/{}/storage-configs?resourceType=MEDIA_STREAMS", center.id);
    assert_eq!(center.get(&list).await.unwrap()["StorageConfigs"], json!([]));

    let body = json!({"ResourceType": "MEDIA_STREAMS", "StorageConfig": media_config("calls", 24)});
    let id = center.put(&associate, body.clone()).await.unwrap()["AssociationId"].clone();
    let error = center.put(&associate, body).await.unwrap_err();
    assert_eq!((error.status.as_u16(), &*error.code), (409, "ResourceConflictException"));

    // The service completes the prefix.
    let configs = center.get(&list).await.unwrap();
    let config = &configs["StorageConfigs"][0];
    assert_eq!(config["AssociationId"], id);
    assert_eq!(config["KinesisVideoStreamConfig"]["Prefix"], "calls-connect-local-contact-center-contact-");

    let one =
        format!("/instance/{}/storage-config/{}?resourceType=MEDIA_STREAMS", center.id, id.as_str().unwrap());
    let body = json!({"StorageConfig": media_config("calls", 48)});
    center.post(&one, body).await.unwrap();
    let described = center.get(&one).await.unwrap();
    assert_eq!(described["StorageConfig"]["KinesisVideoStreamConfig"]["RetentionPeriodHours"], 48);
    center.delete(&one).await.unwrap();
    for error in [center.get(&one).await.unwrap_err(), center.delete(&one).await.unwrap_err()] {
        assert_eq!(error.code, "ResourceNotFoundException");
    }
}

#[tokio::test]
async fn a_storage_configuration_must_fit() {
    let center = Center::new();
    let mut bare_key = media_config("calls", 24);
    bare_key["KinesisVideoStreamConfig"]["EncryptionConfig"]["KeyId"] = json!("0b9c1d2e");
    let mut two = record_config(STREAM);
    two["KinesisFirehoseConfig"] =
        json!({"FirehoseArn": "arn:aws:firehose:us-east-1:111122223333:deliverystream/x"});
    let cases = [
        ("MEDIA_STREAMS", record_config(STREAM), "InvalidRequestException"),
        ("MEDIA_STREAMS", bare_key, "InvalidRequestException"),
        ("MEDIA_STREAMS", media_config("", 24), "InvalidParameterException"),
        ("MEDIA_STREAMS", media_config("calls", 87_601), "InvalidParameterException"),
        ("CONTACT_TRACE_RECORDS", media_config("calls", 24), "InvalidRequestException"),
        ("CONTACT_TRACE_RECORDS", record_config(&format!("{STREAM}-not-there")), "InvalidRequestException"),
        ("CONTACT_TRACE_RECORDS", two, "InvalidRequestException"),
        ("CONTACT_TRACE_RECORDS", json!({"StorageType": "KINESIS_STREAM"}), "InvalidRequestException"),
        ("FAXES", record_config(STREAM), "InvalidParameterException"),
    ];
    for (resource_type, config, code) in cases {
        let body = json!({"ResourceType": resource_type, "StorageConfig": config});
        let error =
            center.put(&format!("/instance/{}/storage-config", center.id), body.clone()).await.unwrap_err();
        assert_eq!(error.code, code, "{body}: {error}");
    }
    assert!(KEY.contains(":kms:"));
}

#[tokio::test]
async fn functions_are_associated_once_and_only_if_they_exist() {
    let center = Center::new();
    let path = format!("/instance/{}/lambda-function", center.id);
    let body = json!({"FunctionArn": FUNCTION});
    center.put(&path, body.clone()).await.unwrap();
    assert_eq!(center.put(&path, body).await.unwrap_err().code, "ResourceConflictException");
    let missing = json!({"FunctionArn": format!("{FUNCTION}-not-there")});
    assert_eq!(center.put(&path, missing).await.unwrap_err().code, "InvalidRequestException");
    let no_arn = json!({"FunctionArn": "lookup"});
    assert_eq!(center.put(&path, no_arn).await.unwrap_err().code, "InvalidParameterException");

    let list = format!("/instance/{}/lambda-functions", center.id);
    assert_eq!(center.get(&list).await.unwrap()["LambdaFunctions"], json!([FUNCTION]));
    let remove = format!("{path}?functionArn={FUNCTION}");
    center.delete(&remove).await.unwrap();
    assert_eq!(center.delete(&remove).await.unwrap_err().code, "ResourceNotFoundException");
    assert_eq!(center.get(&list).await.unwrap()["LambdaFunctions"], json!([]));
}

#[tokio::test]
async fn queues_are_listed_by_type_and_described() {
    let center = Center::new();
    let names = |page: &Value| -> Vec<String> {
        let queues = page["QueueSummaryList"].as_array().unwrap();
        queues.iter().map(|queue| queue["Name"].as_str().unwrap_or("-").to_owned()).collect()
    };
    let path = format!("/queues-summary/{}", center.id);
    assert_eq!(names(&center.get(&path).await.unwrap()), ["BasicQueue", "Support", "-"]);
    let standard = center.get(&format!("{path}?queueTypes=STANDARD&maxResults=1")).await.unwrap();
    assert_eq!(names(&standard), ["BasicQueue"]);
    let token = standard["NextToken"].as_str().unwrap();
    let rest =
        center.get(&format!("{path}?queueTypes=STANDARD&maxResults=1&nextToken={token}")).await.unwrap();
    assert_eq!((names(&rest), rest.get("NextToken")), (vec!["Support".to_owned()], None));

    let queue = center.get(&format!("/queues/{}/{QUEUE}", center.id)).await.unwrap();
    assert_eq!(queue["Queue"]["Description"], "Help with orders and deliveries");
    assert_eq!(queue["Queue"]["Tags"], json!({"department": "support"}));
    let search = json!({"InstanceId": center.id, "SearchFilter": {"TagFilter": {"TagCondition": {"TagKey": "department"}}}});
    let found = center.post("/search-queues", search).await.unwrap();
    assert_eq!(found["Queues"][0]["QueueId"], QUEUE);
    assert_eq!(found["ApproximateTotalCount"], 1);
}

#[tokio::test]
async fn only_a_described_user_has_an_address() {
    let center = Center::new();
    let search = |field: &str, value: &str, comparison: &str| {
        let condition = json!({"FieldName": field, "Value": value, "ComparisonType": comparison});
        json!({"InstanceId": center.id, "SearchCriteria": {"StringCondition": condition}})
    };
    let found = center.post("/search-users", search("username", "Agent.One", "EXACT")).await.unwrap();
    assert_eq!(found["Users"][0]["Id"], AGENT);
    assert_eq!(found["Users"][0]["IdentityInfo"], json!({"FirstName": "Avery", "LastName": "Lind"}));
    let none = center.post("/search-users", search("Username", "agent.t", "STARTS_WITH")).await.unwrap();
    assert_eq!(none["Users"], json!([]));
    let error = center.post("/search-users", search("Shoe", "42", "EXACT")).await.unwrap_err();
    assert_eq!(error.code, "InvalidParameterException");

    let user = center.get(&format!("/users/{}/{AGENT}", center.id)).await.unwrap();
    assert_eq!(user["User"]["IdentityInfo"]["Email"], "agent.one@example.com");
    let profile = user["User"]["RoutingProfileId"].as_str().unwrap();
    let profile = center.get(&format!("/routing-profiles/{}/{profile}", center.id)).await.unwrap();
    let channels: Vec<&Value> = profile["RoutingProfile"]["MediaConcurrencies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|concurrency| &concurrency["Channel"])
        .collect();
    assert_eq!(channels, ["TASK", "VOICE"]);
    assert_eq!(
        center.get(&format!("/users/{}/nobody", center.id)).await.unwrap_err().code,
        "ResourceNotFoundException"
    );
}

#[tokio::test]
async fn a_number_is_attached_to_a_flow_and_let_go() {
    let center = Center::new();
    let listed = center.post("/phone-number/list", json!({"InstanceId": center.id})).await.unwrap();
    assert_eq!(listed["ListPhoneNumbersSummaryList"][0]["PhoneNumber"], NUMBER);
    let elsewhere = json!({"PhoneNumberCountryCodes": ["DE"]});
    let listed = center.post("/phone-number/list", elsewhere).await.unwrap();
    assert_eq!(listed["ListPhoneNumbersSummaryList"], json!([]));
    let described = center.get(&format!("/phone-number/{NUMBER_ID}")).await.unwrap();
    assert_eq!(described["ClaimedPhoneNumberSummary"]["PhoneNumberStatus"]["Status"], "CLAIMED");

    let attach = format!("/phone-number/{NUMBER_ID}/contact-flow");
    let body = json!({"InstanceId": center.id, "ContactFlowId": "nothing"});
    assert_eq!(center.put(&attach, body).await.unwrap_err().code, "ResourceNotFoundException");
    center.delete(&format!("{attach}?instanceId={}", center.id)).await.unwrap();
}

#[tokio::test]
async fn hours_of_operation_are_described() {
    let center = Center::new();
    let listed = center.get(&format!("/hours-of-operations-summary/{}", center.id)).await.unwrap();
    let id = listed["HoursOfOperationSummaryList"][0]["Id"].as_str().unwrap();
    let hours = center.get(&format!("/hours-of-operations/{}/{id}", center.id)).await.unwrap();
    assert_eq!(hours["HoursOfOperation"]["Config"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn resources_are_tagged_by_their_arn() {
    let center = Center::new();
    let queue = format!("{}/queue/{QUEUE}", center.connect.instance_arn());
    let path = format!("/tags/{}", queue.replace(':', "%3A").replace('/', "%2F"));
    center.post(&path, json!({"tags": {"owner": "me"}})).await.unwrap();
    let tags = center.get(&path).await.unwrap();
    assert_eq!(tags["tags"], json!({"department": "support", "owner": "me"}));
    center.delete(&format!("{path}?tagKeys=owner&tagKeys=none")).await.unwrap();
    assert_eq!(center.get(&path).await.unwrap()["tags"], json!({"department": "support"}));
    let reserved = center.post(&path, json!({"tags": {"aws:x": "1"}})).await.unwrap_err();
    assert_eq!(reserved.code, "InvalidParameterException");
    let unknown = center.get("/tags/arn%3Aaws%3Aconnect%3Aother").await.unwrap_err();
    assert_eq!(unknown.code, "ResourceNotFoundException");
}
