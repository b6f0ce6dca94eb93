//! What IAM is asked before a request is carried out.

use http::Method;
use local_cloud::service::Service as _;
use serde_json::{Value, json};

use crate::support::{Center, request};

#[test]
fn every_request_names_its_action_and_resources() {
    let center = Center::new();
    let arn = center.connect.instance_arn();
    let id = &center.id;
    let numbers = "arn:aws:connect:us-east-1:111122223333:phone-number";
    let task = |extra: Value| {
        let mut body = json!({"InstanceId": id, "ContactFlowId": "f", "Name": "n"});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    let attributes = json!({"InstanceId": id, "InitialContactId": "c", "Attributes": {}});
    #[rustfmt::skip]
    let cases: Vec<(Method, String, Value, &str, Vec<String>)> = vec![
        (Method::GET, "/instance".into(), Value::Null, "ListInstances", vec!["*".into()]),
        (Method::GET, format!("/instance/{id}"), Value::Null, "DescribeInstance", vec![arn.clone()]),
        (Method::PUT, format!("/instance/{id}/storage-config"), Value::Null, "AssociateInstanceStorageConfig", vec![arn.clone()]),
        (Method::DELETE, format!("/instance/{id}/storage-config/a"), Value::Null, "DisassociateInstanceStorageConfig", vec![arn.clone()]),
        (Method::PUT, format!("/instance/{id}/lambda-function"), Value::Null, "AssociateLambdaFunction", vec![arn.clone()]),
        (Method::PUT, format!("/contact-flows/{id}"), Value::Null, "CreateContactFlow", vec![format!("{arn}/contact-flow/*")]),
        (Method::GET, format!("/contact-flows/{id}/f%3A%24SAVED"), Value::Null, "DescribeContactFlow", vec![format!("{arn}/contact-flow/f")]),
        (Method::POST, format!("/contact-flows/{id}/f/content"), Value::Null, "UpdateContactFlowContent", vec![format!("{arn}/contact-flow/f")]),
        (Method::GET, format!("/contact-flows-summary/{id}"), Value::Null, "ListContactFlows", vec![format!("{arn}/contact-flow/*")]),
        (Method::PUT, format!("/contact-flow-modules/{id}"), Value::Null, "CreateContactFlowModule", vec![format!("{arn}/flow-module/*")]),
        (Method::POST, format!("/contact-flow-modules/{id}/m/content"), Value::Null, "UpdateContactFlowModuleContent", vec![format!("{arn}/flow-module/m")]),
        (Method::GET, format!("/contact-flow-modules-summary/{id}"), Value::Null, "ListContactFlowModules", vec![arn.clone()]),
        (Method::PUT, format!("/views/{id}"), Value::Null, "CreateView", vec![format!("{arn}/view/*")]),
        (Method::GET, format!("/views/{id}/v%3A%24LATEST"), Value::Null, "DescribeView", vec![format!("{arn}/view/v")]),
        (Method::POST, format!("/views/{id}/v"), Value::Null, "UpdateViewContent", vec![format!("{arn}/view/v")]),
        (Method::GET, format!("/queues-summary/{id}"), Value::Null, "ListQueues", vec![format!("{arn}/queue/*")]),
        (Method::GET, format!("/queues/{id}/q"), Value::Null, "DescribeQueue", vec![format!("{arn}/queue/q")]),
        (Method::GET, format!("/users/{id}/u"), Value::Null, "DescribeUser", vec![format!("{arn}/agent/u")]),
        (Method::POST, "/search-users".into(), json!({"InstanceId": id}), "SearchUsers", vec![arn.clone()]),
        (Method::POST, "/phone-number/list".into(), Value::Null, "ListPhoneNumbersV2", vec![format!("{numbers}/*")]),
        (Method::PUT, "/phone-number/n/contact-flow".into(), json!({"InstanceId": id, "ContactFlowId": "f"}), "AssociatePhoneNumberContactFlow",
            vec![format!("{numbers}/n"), format!("{arn}/contact-flow/f")]),
        (Method::PUT, "/contact/task".into(), task(json!({})), "StartTaskContact", vec![format!("{arn}/contact-flow/f")]),
        (Method::PUT, "/contact/task".into(), task(json!({"PreviousContactId": "c"})), "StartTaskContact",
            vec![format!("{arn}/contact-flow/f"), format!("{arn}/contact/c")]),
        (Method::GET, format!("/contacts/{id}/c"), Value::Null, "DescribeContact", vec![format!("{arn}/contact/c")]),
        (Method::GET, format!("/contact/attributes/{id}/c"), Value::Null, "GetContactAttributes", vec![format!("{arn}/contact/c")]),
        (Method::POST, "/contact/attributes".into(), attributes, "UpdateContactAttributes", vec![format!("{arn}/contact/c")]),
        (Method::GET, "/tags/arn%3Aaws%3Aconnect%3Ax%2Fy".into(), Value::Null, "ListTagsForResource", vec!["arn:aws:connect:x/y".into()]),
    ];
    for (method, path, body, name, resources) in cases {
        let action = center.connect.action(&request(method, &path, &body)).unwrap();
        assert_eq!((action.name, action.resources), (format!("connect:{name}"), resources), "{path}");
    }
}

#[test]
fn searching_users_depends_on_reading_them() {
    let center = Center::new();
    let body = json!({"InstanceId": center.id});
    let action = center.connect.action(&request(Method::POST, "/search-users", &body)).unwrap();
    let instance = center.connect.instance_arn();
    let agents = format!("{instance}/agent/*");
    assert_eq!(
        action.dependent,
        [
            ("connect:DescribeUser", agents.clone()),
            ("connect:ListUserProficiencies", instance),
            ("connect:ListUserProficiencies", agents),
        ]
    );
}

#[test]
fn media_are_asked_for_by_the_streams_arn() {
    let center = Center::new();
    let arn = "arn:aws:kinesisvideo:us-east-1:111122223333:stream/s/1";
    for (operation, body, resource) in [
        ("listFragments", json!({"StreamARN": arn}), arn),
        ("getMediaForFragmentList", json!({"StreamARN": arn}), arn),
        (
            "getDataEndpoint",
            json!({"StreamName": "s"}),
            "arn:aws:kinesisvideo:us-east-1:111122223333:stream/s/*",
        ),
        ("listStreams", json!({}), "*"),
    ] {
        let action = center.media.action(&request(Method::POST, &format!("/{operation}"), &body)).unwrap();
        let name = action.name.strip_prefix("kinesisvideo:").unwrap();
        assert!(name.eq_ignore_ascii_case(operation), "{name}");
        assert_eq!(action.resources, [resource]);
    }
}

#[test]
fn what_is_no_operation_is_refused() {
    let center = Center::new();
    for (method, path) in
        [(Method::GET, "/"), (Method::POST, "/instance"), (Method::GET, "/contact-flows/a/b/c/d")]
    {
        let error = center.connect.action(&request(method, path, &Value::Null)).unwrap_err();
        assert_eq!(error.code, "UnknownOperationException");
    }
    let error = center.media.action(&request(Method::POST, "/getMedia", &Value::Null)).unwrap_err();
    assert_eq!(error.code, "UnknownOperationException");
}
