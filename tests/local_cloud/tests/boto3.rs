//! boto3, a client that nobody here wrote, meets the local cloud.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use local_cloud::{LocalCloud, Options, python};
use tokio::process::Command;

/// boto3 and what it needs.
const REQUIREMENTS: &str = include_str!("../python/requirements-checks.txt");

/// Runs a module of Python tests against a cloud of its own.
async fn run(module: &str) {
    let python = tokio::task::spawn_blocking(|| python::environment(REQUIREMENTS)).await.unwrap().unwrap();
    let cloud = LocalCloud::start(Options::default()).await.unwrap();
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = cloud.credentials();
    let output = Command::new(python)
        .args(["-m", "unittest", "--verbose", module])
        .current_dir(package.join("tests/boto3"))
        // Nothing of the user's AWS or Python settings gets in.
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("AWS_ENDPOINT_URL", cloud.endpoint())
        .env("AWS_ACCESS_KEY_ID", root.access_key_id())
        .env("AWS_SECRET_ACCESS_KEY", root.secret_access_key())
        .env("AWS_REGION", &cloud.account().region)
        .env("LOCAL_CLOUD_VOICES", package.join("voices"))
        .env("LOCAL_CLOUD_PROGRAM", env!("CARGO_BIN_EXE_vmx-local"))
        .output()
        .await
        .unwrap();
    let log = std::fs::read_to_string(cloud.log()).unwrap();
    cloud.stop().await;
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{report}\nministack's log:\n{log}");
    assert!(!report.contains("Ran 0 tests"), "{report}");
}

#[tokio::test]
async fn transcribe_answers_boto3() {
    run("test_transcribe").await;
}

#[tokio::test]
async fn connect_answers_boto3() {
    run("test_connect").await;
}

#[tokio::test]
async fn calls_are_placed_from_the_command_line() {
    run("test_calls").await;
}

#[tokio::test]
async fn kinesis_video_streams_answer_boto3() {
    run("test_kinesis_video").await;
}

#[tokio::test]
async fn ministack_is_as_strict_as_aws_where_it_matters() {
    run("test_leniencies").await;
}

#[tokio::test]
async fn objects_are_tagged_listed_and_written_once() {
    run("test_object_store").await;
}

#[tokio::test]
async fn records_that_fail_are_retried_and_kept() {
    run("test_mappings").await;
}

#[tokio::test]
async fn a_function_on_a_schedule_watches_the_others() {
    run("test_watching").await;
}
