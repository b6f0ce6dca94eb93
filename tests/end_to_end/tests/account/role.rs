//! A role that exists for one question: what does AWS ask of whoever has only these permissions?

use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_iam::Client as Iam;
use aws_sdk_iam::error::ProvideErrorMetadata;
use end_to_end::Error;
use local_cloud::service::percent_decode;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::open::told;
use crate::place::{Place, STACK};

/// How long a change of a role may take to have effect. Source: the IAM user guide, "Troubleshoot IAM": changes that I
/// make are not always immediately visible.
const EFFECTIVE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_secs(2);
/// The role's only policy.
const POLICY: &str = "question";

/// Asks as a role with these statements, which is created before and deleted after.
pub(crate) async fn ask_as(
    place: &Place,
    statements: &[Value],
    ask: impl AsyncFnOnce(&SdkConfig) -> Result<String, Error>,
) -> Result<String, Error> {
    let (iam, name) = (Iam::new(&place.config), format!("{STACK}-{POLICY}"));
    // One that a run left that was cut short.
    delete(&iam, &name).await?;
    let answer = async {
        let arn = create(place, &iam, &name, statements).await?;
        ask(&assumed(place, &arn).await?).await
    };
    let answer = answer.await;
    delete(&iam, &name).await?;
    answer
}

/// Repeats a call while AWS refuses it, as long as the role may not have its permissions yet. `Err` has the last refusal.
pub(crate) async fn once_effective<T>(mut call: impl AsyncFnMut() -> Result<T, String>) -> Result<T, String> {
    let until = Instant::now() + EFFECTIVE;
    loop {
        match call().await {
            Err(_) if Instant::now() < until => tokio::time::sleep(PAUSE).await,
            answer => return answer,
        }
    }
}

/// The statements of a role of the stack.
pub(crate) async fn statements_of(place: &Place, role: &str) -> Result<Vec<Value>, Error> {
    let (iam, name) = (Iam::new(&place.config), place.resource(role).await?);
    let mut statements = Vec::new();
    for policy in iam.list_role_policies().role_name(&name).send().await.map_err(told)?.policy_names() {
        let read = iam.get_role_policy().role_name(&name).policy_name(policy).send().await.map_err(told)?;
        // Source: the IAM API reference, GetRolePolicy: the document is URL-encoded.
        let document = percent_decode(read.policy_document());
        let document: Value = serde_json::from_str(&document)?;
        statements.extend(document["Statement"].as_array().cloned().unwrap_or_default());
    }
    if statements.is_empty() { Err(format!("{name} has no statements").into()) } else { Ok(statements) }
}

/// Creates the role, for whoever of the account may assume it, and returns its ARN.
async fn create(place: &Place, iam: &Iam, name: &str, statements: &[Value]) -> Result<String, Error> {
    let caller = aws_sdk_sts::Client::new(&place.config).get_caller_identity().send().await.map_err(told)?;
    let partition = caller.arn().and_then(|arn| arn.split(':').nth(1)).ok_or("a caller without an ARN")?;
    let account = caller.account().ok_or("a caller without an account")?;
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": format!("arn:{partition}:iam::{account}:root")},
    }]});
    let created = iam.create_role().role_name(name).assume_role_policy_document(trust.to_string());
    let created = created.description("For a question of an end-to-end test").send().await.map_err(told)?;
    let arn = created.role().ok_or("no role")?.arn().to_owned();
    if !statements.is_empty() {
        let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        let put = iam.put_role_policy().role_name(name).policy_name(POLICY).policy_document(policy);
        put.send().await.map_err(told)?;
    }
    Ok(arn)
}

async fn assumed(place: &Place, arn: &str) -> Result<SdkConfig, Error> {
    let sts = aws_sdk_sts::Client::new(&place.config);
    let assumed = once_effective(async || {
        let answer = sts.assume_role().role_arn(arn).role_session_name(POLICY).send().await;
        answer.map_err(|error| told(error).to_string())
    });
    let assumed = assumed.await?;
    let given = assumed.credentials().ok_or("a role without credentials")?;
    let (key, secret) = (given.access_key_id(), given.secret_access_key());
    let credentials = Credentials::new(key, secret, Some(given.session_token().to_owned()), None, POLICY);
    let provider = SharedCredentialsProvider::new(credentials);
    Ok(place.config.clone().into_builder().credentials_provider(provider).build())
}

async fn delete(iam: &Iam, name: &str) -> Result<(), Error> {
    let policy = iam.delete_role_policy().role_name(name).policy_name(POLICY).send().await;
    if let Err(error) = policy
        && error.code() != Some("NoSuchEntity")
    {
        return Err(told(error));
    }
    match iam.delete_role().role_name(name).send().await {
        Err(error) if error.code() != Some("NoSuchEntity") => Err(told(error)),
        _ => Ok(()),
    }
}
