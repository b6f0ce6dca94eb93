//! The questions of `docs/real-aws.md` that one command settles, asked where the test runs.

use std::time::Duration;

use aws_sdk_cloudformation::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_cloudformation::types::{
    ChangeSetStatus, ChangeSetType, DeploymentConfig, DeploymentConfigMode, OnStackFailure,
};
use aws_sdk_connect::types::InstanceStorageResourceType::MediaStreams;
use end_to_end::{Error, workspace};
use local_cloud::installer::Run;

use crate::place::{Place, STACK};
use crate::voicemail::Delivered;
use crate::{mail, own_key};

/// A template that creates nothing in the account.
const NOTHING: &str = r#"{"Resources": {"Nothing": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}}"#;
/// How long CloudWatch may take to list a new metric. Source: the Amazon CloudWatch user guide, "View available metrics".
const UNTIL_LISTED: Duration = Duration::from_secs(900);

/// Questions and commands in the page, in its order.
fn questions() -> Result<Vec<[String; 2]>, Error> {
    let page = std::fs::read_to_string(workspace().join("docs/real-aws.md"))?;
    let table = page.split("## What one command settles").nth(1).ok_or("the page has no such section")?;
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(1);
    let cells = rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()));
    Ok(cells.filter_map(|mut cells| Some([cells.next()?, cells.nth(1)?])).collect())
}

/// Asks all of them, and returns each with its answer, or with the command and what it needs.
pub(crate) async fn ask(
    place: &Place,
    installed: &Run,
    delivered: &Delivered,
) -> Result<Vec<[String; 2]>, Error> {
    let answers = [
        media_key(place, delivered).await,
        media_flows(installed),
        related_task(place, delivered).await,
        redacted_name(place, delivered).await,
        mail::raw(place).await,
        mail::identity(place).await,
        own_key::transcribes(place, delivered).await,
        metrics(place).await,
        express(place).await,
        quota(place).await,
        unreserved(place).await,
        models(place).await,
    ];
    let questions = questions()?;
    if questions.len() != answers.len() {
        return Err(format!("docs/real-aws.md has {} questions: {questions:#?}", questions.len()).into());
    }
    let answered = questions.into_iter().zip(answers).map(|([question, command], answer)| {
        let answer = answer.unwrap_or_else(|error| format!("unknown: {error}"));
        [question, if is_open(&answer) { format!("{answer}; {command}") } else { answer }]
    });
    Ok(answered.collect())
}

/// Whether a question has no answer.
pub(crate) fn is_open(answer: &str) -> bool {
    answer.starts_with("open:") || answer.starts_with("unknown:")
}

pub(crate) fn told<E: std::error::Error>(error: E) -> Error {
    DisplayErrorContext(error).to_string().into()
}

async fn media_key(place: &Place, delivered: &Delivered) -> Result<String, Error> {
    let connect = aws_sdk_connect::Client::new(&place.config);
    let configs = connect.list_instance_storage_configs().instance_id(&delivered.instance);
    let configs = configs.resource_type(MediaStreams).send().await.map_err(told)?;
    let streams = configs.storage_configs().iter().find_map(|config| config.kinesis_video_stream_config());
    let key =
        streams.ok_or("the instance streams no media")?.encryption_config().map(|config| config.key_id());
    Ok(format!("it reports `{}`", key.unwrap_or("no key")))
}

fn media_flows(installed: &Run) -> Result<String, Error> {
    let configured = installed.said().contains("associated storage of media streams");
    Ok(if configured { "yes, at once" } else { "not seen: the instance streamed media before" }.to_owned())
}

async fn related_task(place: &Place, delivered: &Delivered) -> Result<String, Error> {
    let connect = aws_sdk_connect::Client::new(&place.config);
    let task = connect.start_task_contact().instance_id(&delivered.instance).contact_flow_id(&delivered.flow);
    let started = task.name("A question").related_contact_id(&delivered.contact_id).send().await;
    match started {
        Ok(started) => {
            let id = started.contact_id().ok_or("a task without an id")?;
            let stopped = connect.stop_contact().instance_id(&delivered.instance).contact_id(id).send().await;
            stopped.map_err(told)?;
            Ok("yes".to_owned())
        }
        Err(error) => {
            Ok(format!("no: {} ({})", error.message().unwrap_or_default(), error.code().unwrap_or_default()))
        }
    }
}

async fn redacted_name(place: &Place, delivered: &Delivered) -> Result<String, Error> {
    let bucket = place.output("TranscriptsBucket").await?;
    let listed = place.s3().list_objects_v2().bucket(bucket).send().await.map_err(told)?;
    let keys = listed.contents().iter().filter_map(|object| object.key());
    let is_transcript = |key: &&str| key.contains(&delivered.contact_id) && key.ends_with(".json");
    let keys: Vec<_> = keys.filter(is_transcript).collect();
    if keys.is_empty() {
        Err("there is no transcript".into())
    } else {
        Ok(format!("`{}`", keys.join("`, `")))
    }
}

async fn metrics(place: &Place) -> Result<String, Error> {
    let cloudwatch = aws_sdk_cloudwatch::Client::new(&place.config);
    let listed = async {
        loop {
            let listed =
                cloudwatch.list_metrics().namespace("VoicemailExpress").send().await.map_err(told)?;
            if !listed.metrics().is_empty() {
                return Ok::<_, Error>(listed.metrics().len());
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    match tokio::time::timeout(UNTIL_LISTED, listed).await {
        Ok(number) => Ok(format!("yes, {} are listed", number?)),
        Err(_) => Ok(format!("no, none is listed after {} minutes", UNTIL_LISTED.as_secs() / 60)),
    }
}

/// A change set shows it: what it would create is nothing, and is not created.
async fn express(place: &Place) -> Result<String, Error> {
    let cloudformation = aws_sdk_cloudformation::Client::new(&place.config);
    let name = format!("{STACK}-express");
    let config =
        DeploymentConfig::builder().mode(DeploymentConfigMode::Express).disable_rollback(false).build();
    let created = cloudformation
        .create_change_set()
        .stack_name(&name)
        .change_set_name("question")
        .change_set_type(ChangeSetType::Create)
        .template_body(NOTHING)
        .on_stack_failure(OnStackFailure::Delete)
        .deployment_config(config)
        .send()
        .await;
    let answer = match created {
        Err(error) => return Ok(format!("no: {}", error.message().unwrap_or_default())),
        Ok(_) => loop {
            let described =
                cloudformation.describe_change_set().stack_name(&name).change_set_name("question");
            let described = described.send().await.map_err(told)?;
            match described.status() {
                Some(ChangeSetStatus::CreateComplete) => break "yes".to_owned(),
                Some(ChangeSetStatus::Failed) => {
                    break format!("no: {}", described.status_reason().unwrap_or_default());
                }
                _ => tokio::time::sleep(Duration::from_secs(1)).await,
            }
        },
    };
    cloudformation.delete_stack().stack_name(&name).send().await.map_err(told)?;
    Ok(answer)
}

async fn quota(place: &Place) -> Result<String, Error> {
    let quotas = aws_sdk_servicequotas::Client::new(&place.config);
    let asked = quotas.get_service_quota().service_code("transcribe").quota_code("L-6F7AB1C9");
    let answer = asked.send().await.map_err(told)?;
    let quota = answer.quota().ok_or("an answer without a quota")?;
    Ok(format!("it is “{}”, {}", quota.quota_name().unwrap_or_default(), quota.value().unwrap_or_default()))
}

/// Reserves everything for a function of the installation, which AWS refuses.
async fn unreserved(place: &Place) -> Result<String, Error> {
    let function = place.resource("PackagerFunction").await?;
    let lambda = aws_sdk_lambda::Client::new(&place.config);
    let settings = lambda.get_account_settings().send().await.map_err(told)?;
    let limit = settings.account_limit().map_or(0, |limit| limit.concurrent_executions());
    let all =
        lambda.put_function_concurrency().function_name(&function).reserved_concurrent_executions(limit);
    match all.send().await {
        Err(error) => Ok(format!("of {limit}: {}", error.message().unwrap_or_default())),
        Ok(_) => {
            lambda.delete_function_concurrency().function_name(function).send().await.map_err(told)?;
            Ok(format!("of {limit}: none, all can be reserved"))
        }
    }
}

async fn models(place: &Place) -> Result<String, Error> {
    let bedrock = aws_sdk_bedrockruntime::Client::new(&place.config);
    match bedrock.list_async_invokes().max_results(1).send().await {
        Ok(_) => Ok("yes".to_owned()),
        Err(error) => {
            Ok(format!("no: {} ({})", error.message().unwrap_or_default(), error.code().unwrap_or_default()))
        }
    }
}
