//! Requests and answers are held against the models that the services publish.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use http::Method;
use local_cloud::backend::{Backend, BackendError};
use local_cloud::{LocalCloud, Options, python};
use serde_json::json;

/// botocore's serializers, which nobody here wrote, write requests of every protocol, and `wire.py` reads them.
#[tokio::test]
async fn requests_and_answers_of_every_protocol_are_read() {
    let python =
        tokio::task::spawn_blocking(|| python::environment(python::REQUIREMENTS)).await.unwrap().unwrap();
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new(python)
        .args(["-m", "unittest", "--verbose", "test_models"])
        .current_dir(package.join("tests/models"))
        .env_clear()
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONPATH", package.join("python"))
        .env("LOCAL_CLOUD_CONTROL", directory.path())
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !report.contains("Ran 0 tests"), "{report}");
}

#[tokio::test]
async fn a_request_that_violates_its_model_is_refused_and_fails_the_test() {
    let cloud = LocalCloud::start(Options::default()).await.unwrap();
    let client = Backend::new(cloud.endpoint(), cloud.credentials().clone(), cloud.account().region.as_str());
    let refusal = |result: Result<_, BackendError>| match result {
        Err(BackendError::Refused { status, body, .. }) => {
            assert_eq!((status.as_u16(), body.contains(" request.")), (400, true), "{body}");
        }
        other => panic!("{other:?}"),
    };

    // A service of the local cloud's own.
    let body = json!({"InstanceId": "", "Name": "n", "References": {"a": {"Type": "LINK"}}, "Color": "red"});
    let request = client.request("connect", Method::PUT, "/contact/task").unwrap();
    refusal(client.send("connect", request, Bytes::from(body.to_string())).await.map(drop));
    // MiniStack's: JSON, a form, XML.
    let record = json!({"StreamName": "a b", "Data": "not Base64"});
    refusal(client.json_call("kinesis", "Kinesis_20131202.PutRecord", &record).await.map(drop));
    let request = client.request("sns", Method::POST, "/").unwrap();
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let form = "Action=Publish&Version=2010-03-31&Words=m";
    refusal(client.send("sns", request, Bytes::from(form)).await.map(drop));
    let request = client.request("s3", Method::PUT, "/bucket/key?tagging").unwrap();
    let tags = "<Tagging><TagSet><Tag><Key></Key></Tag></TagSet></Tagging>";
    refusal(client.send("s3", request, Bytes::from(tags)).await.map(drop));

    let violations = cloud.take_violations();
    for expected in [
        "connect StartTaskContact request.InstanceId: 0 characters, at least 1",
        "connect StartTaskContact request.References[a].Type: 'LINK' is none of URL",
        "connect StartTaskContact request.Color: is no member",
        "kinesis PutRecord request.StreamName: 'a b' does not match [a-zA-Z0-9_.-]+",
        "kinesis PutRecord request.Data: 'not Base64' is not Base64",
        "sns Publish request.Message: is required and missing",
        "sns Publish request.Words: is no member",
        "s3 PutObjectTagging request.Tagging.TagSet[].Key: 0 characters, at least 1",
        "s3 PutObjectTagging request.Tagging.TagSet[].Value: is required and missing",
    ] {
        let found = violations.iter().any(|violation| violation.starts_with(expected));
        assert!(found, "{expected}\nis not in\n{}", violations.join("\n"));
    }

    let request = client.request("connect", Method::GET, "/no-operation").unwrap();
    client.send("connect", request, Bytes::new()).await.unwrap_err();
    let failed = tokio::spawn(cloud.stop()).await.unwrap_err();
    let reason = *failed.into_panic().downcast::<String>().unwrap();
    assert!(reason.contains("connect: there is no operation GET /no-operation"), "{reason}");
}
