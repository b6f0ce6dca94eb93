//! A local cloud starts, is alone with itself, throttles on demand, and leaves nothing behind.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Stdio;
use std::time::Duration;

use http::{Method, StatusCode};
use local_cloud::backend::{Backend, BackendError};
use local_cloud::faults::Fault;
use local_cloud::{LocalCloud, Options};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::{sleep, timeout};

/// A client of the endpoint, as the account's root.
fn client(cloud: &LocalCloud) -> Backend {
    Backend::new(cloud.endpoint(), cloud.credentials().clone(), cloud.account().region.as_str())
}

async fn make_bucket(client: &Backend, name: &str) {
    let request = client.request("s3", Method::PUT, &format!("/{name}")).unwrap();
    client.send("s3", request, bytes::Bytes::new()).await.unwrap();
}

async fn put(client: &Backend, bucket: &str) -> Result<(), BackendError> {
    client.put_object(bucket, "key", "text/plain", "body".into()).await
}

/// The processes that run programs from a directory. None where there is no `/proc` to tell.
fn processes(directory: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten();
    let lines = entries.filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok());
    lines
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains("python") && line.contains(directory))
        .collect()
}

async fn wait_until_gone(directory: &str) {
    let gone = async {
        while !processes(directory).is_empty() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(20), gone)
        .await
        .unwrap_or_else(|_| panic!("left: {:?}", processes(directory)));
}

#[tokio::test]
async fn clouds_side_by_side_share_nothing_and_leave_nothing() {
    let (one, other) =
        tokio::try_join!(LocalCloud::start(Options::default()), LocalCloud::start(Options::default()))
            .unwrap();
    make_bucket(&client(&one), "only-here").await;
    put(&client(&one), "only-here").await.unwrap();
    let missing = client(&other).head_object("only-here", "key").await.unwrap_err();
    assert_eq!(missing.status(), Some(StatusCode::NOT_FOUND));
    let stranger = Backend::new(other.endpoint(), one.credentials().clone(), "us-east-1");
    assert_eq!(put(&stranger, "only-here").await.unwrap_err().status(), Some(StatusCode::FORBIDDEN));

    let directory = one.directory().to_owned();
    let (path, stopped) = (directory.to_str().unwrap().to_owned(), client(&one));
    one.stop().await;
    assert!(!directory.exists());
    assert!(matches!(put(&stopped, "only-here").await, Err(BackendError::Transport { .. })));
    assert_eq!(processes(&path), Vec::<String>::new());

    let path = other.directory().to_str().unwrap().to_owned();
    if cfg!(target_os = "linux") {
        assert_eq!(processes(&path).len(), 1);
    }
    drop(other);
    wait_until_gone(&path).await;
}

#[tokio::test]
async fn a_killed_program_takes_its_cloud_along() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_vmx-local"))
        .args(["up", "--directory", path])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let first = lines.next_line().await.unwrap().unwrap();
    assert!(first.starts_with("export AWS_ENDPOINT_URL=http://127.0.0.1:"), "{first}");
    program.kill().await.unwrap();
    wait_until_gone(path).await;
}

#[tokio::test]
async fn calls_are_throttled_as_the_services_do_it() {
    let cloud = LocalCloud::start(Options::default()).await.unwrap();
    let client = client(&cloud);
    let refusal = |result: Result<(), BackendError>| match result {
        Err(BackendError::Refused { status, body, .. }) => (status.as_u16(), body),
        other => panic!("{other:?}"),
    };

    make_bucket(&client, "throttled").await;
    cloud.throttle("s3:PutObject", 2);
    for _ in 0..2 {
        let (status, body) = refusal(put(&client, "throttled").await);
        assert_eq!((status, body.contains("<Code>SlowDown</Code>")), (503, true));
    }
    put(&client, "throttled").await.unwrap();

    let stream = json!({"StreamName": "throttled", "ShardCount": 1});
    client.json_call("kinesis", "Kinesis_20131202.CreateStream", &stream).await.unwrap();
    let arn = cloud.account().arn("kinesis", "stream/throttled");
    cloud.throttle("kinesis:PutRecord", 1);
    let (status, body) = refusal(client.put_kinesis_record(&arn, "key", b"data").await);
    assert_eq!((status, body.contains("ProvisionedThroughputExceededException")), (400, true));
    client.put_kinesis_record(&arn, "key", b"data").await.unwrap();

    let list = || async {
        let request = client.request("connect", Method::GET, "/instance").unwrap();
        client.send("connect", request, bytes::Bytes::new()).await.map(drop)
    };
    cloud.throttle("connect:ListInstances", 1);
    let (status, _) = refusal(list().await);
    assert_eq!(status, 429);
    list().await.unwrap();
    cloud.stop().await;
}

#[tokio::test]
async fn a_call_can_go_wrong_in_every_way() {
    let cloud = LocalCloud::start(Options::default()).await.unwrap();
    let client = client(&cloud);
    make_bucket(&client, "faults").await;
    let is_there = async |key: &str| client.head_object("faults", key).await.is_ok();
    let put = async |key: &str| client.put_object("faults", key, "text/plain", "body".into()).await;
    let broken = |result: Result<(), BackendError>| matches!(result, Err(BackendError::Transport { .. }));
    let status = |result: Result<(), BackendError>| match result {
        Err(BackendError::Refused { status, .. }) => status.as_u16(),
        other => panic!("{other:?}"),
    };

    // This test is no function: it is left alive, and what is left of the fault is that nobody answers.
    let short = Duration::from_millis(50);
    for (key, fault, carried_out) in [
        ("cut-before", Fault::CutBefore, false),
        ("cut-after", Fault::CutAfter, true),
        ("no-answer", Fault::NoAnswer(short), false),
        ("killed-before", Fault::KilledBefore, false),
        ("killed-after", Fault::KilledAfter, true),
    ] {
        cloud.plan_fault("s3:PutObject", fault, 1);
        assert!(broken(put(key).await), "{key}");
        assert_eq!(is_there(key).await, carried_out, "{key}");
        assert_eq!(cloud.faults_left("s3:PutObject", fault), 0);
    }
    for (key, fault, expected, carried_out) in [
        ("internal", Fault::InternalError, 500, false),
        ("unavailable", Fault::Unavailable, 503, false),
        ("skewed", Fault::ClockSkew, 403, false),
        ("lost", Fault::AnswerLost, 500, true),
    ] {
        cloud.plan_fault("s3:PutObject", fault, 1);
        assert_eq!(status(put(key).await), expected, "{key}");
        assert_eq!(is_there(key).await, carried_out, "{key}");
    }

    put("body").await.unwrap();
    let get = async || {
        let request = client.request("s3", Method::GET, "/faults/body").unwrap();
        client.send("s3", request, bytes::Bytes::new()).await
    };
    cloud.plan_fault("s3:GetObject", Fault::SlowBody(short), 1);
    let start = std::time::Instant::now();
    assert_eq!(get().await.unwrap().body(), "body");
    assert!(start.elapsed() >= short / 5, "{:?}", start.elapsed());
    cloud.plan_fault("s3:GetObject", Fault::BrokenOff, 1);
    assert!(matches!(get().await, Err(BackendError::Transport { .. })));

    // An own service, which says what its clients' clocks are wrong by.
    let list = async || {
        let request = client.request("connect", Method::GET, "/instance").unwrap();
        client.send("connect", request, bytes::Bytes::new()).await.map(drop)
    };
    cloud.plan_fault("connect:ListInstances", Fault::CutAfter, 1);
    assert!(broken(list().await));
    cloud.plan_fault("connect:ListInstances", Fault::InternalError, 1);
    assert_eq!(status(list().await), 500);
    list().await.unwrap();
    cloud.stop().await;
}
