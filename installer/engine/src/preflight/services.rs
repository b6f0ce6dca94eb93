//! Whether the organization allows the services.

use std::error::Error;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use futures_util::future::join_all;

use crate::cloud::{Cloud, CloudError, ErrorKind, wrap};
use crate::finding::{Code, Finding};
use crate::services::{SERVICES, Service, Without};
use vmx_model::params::Params;

/// Asks every service that the parameters use for one harmless read.
pub(super) async fn check(cloud: &Cloud, params: &Params) -> Vec<Finding> {
    let used = SERVICES.iter().filter(|service| (service.used)(params));
    let asked = used.filter_map(|service| Some((service, service.read?)));
    let answers = join_all(asked.map(async |(service, read)| (service, read, ask(cloud, read).await))).await;
    let mut findings = Vec::new();
    let (mut answered, mut denied) = (Vec::new(), Vec::new());
    for (service, read, answer) in answers {
        match answer {
            Ok(()) => answered.push(service.name),
            Err(error) if error.is_by_organization() => {
                findings.push(forbidden(service, &error, &cloud.region))
            }
            Err(error) if error.kind == ErrorKind::Denied => denied.push(read),
            Err(error) => findings.push(Finding::unknown(Code::Services, &error)),
        }
    }
    if !denied.is_empty() {
        findings.push(Finding::warning(
            Code::Services,
            format!("the caller is not allowed: {}", denied.join(", ")),
            "so it is unknown whether the account's organization allows these services",
            "allow these reads, or ignore this if you know that the services can be used",
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(
            Code::Services,
            format!("these services can be used: {}", answered.join(", ")),
        ));
    }
    findings
}

fn forbidden(service: &Service, error: &CloudError, region: &str) -> Finding {
    let Service { name, purpose, .. } = service;
    let what = format!("the account's organization forbids {name} ({purpose}): {}", error.message);
    let allow = format!("ask those who administer the organization to allow {name} in {region}");
    let fails = "the installation would fail, whatever the caller's own policies allow";
    match service.without {
        Without::Impossible => {
            Finding::fatal(Code::Services, what, fails, format!("{allow}; no setting does without it"))
        }
        Without::With(parameters) => {
            Finding::fatal(Code::Services, what, fails, format!("{allow}, or {parameters}"))
        }
        Without::Loses(loss) => Finding::warning(Code::Services, what, loss, allow),
    }
}

/// Asks a service for a read.
async fn ask(cloud: &Cloud, read: &str) -> Result<(), CloudError> {
    let wanted = format!("ask for {read}");
    match read {
        // The client of the model's calls has no other read.
        "bedrock:ListAsyncInvokes" => {
            told(wanted, cloud.models.list_async_invokes().max_results(1).send()).await
        }
        "cloudwatch:DescribeAlarms" => {
            told(wanted, cloud.alarms.describe_alarms().max_records(1).send()).await
        }
        "events:ListRules" => told(wanted, cloud.events.list_rules().limit(1).send()).await,
        "iam:ListRoles" => told(wanted, cloud.iam.list_roles().max_items(1).send()).await,
        "kinesis:ListStreams" => told(wanted, cloud.kinesis.list_streams().limit(1).send()).await,
        "kinesisvideo:ListStreams" => told(wanted, cloud.video.list_streams().max_results(1).send()).await,
        "kms:ListAliases" => told(wanted, cloud.kms.list_aliases().limit(1).send()).await,
        "lambda:ListFunctions" => told(wanted, cloud.lambda.list_functions().max_items(1).send()).await,
        "logs:DescribeLogGroups" => told(wanted, cloud.logs.describe_log_groups().limit(1).send()).await,
        "secretsmanager:ListSecrets" => {
            told(wanted, cloud.secrets.list_secrets().max_results(1).send()).await
        }
        "ses:GetAccount" => told(wanted, cloud.ses.get_account().send()).await,
        "sns:ListTopics" => told(wanted, cloud.sns.list_topics().send()).await,
        "sqs:ListQueues" => told(wanted, cloud.sqs.list_queues().max_results(1).send()).await,
        "transcribe:ListTranscriptionJobs" => {
            told(wanted, cloud.transcribe.list_transcription_jobs().max_results(1).send()).await
        }
        other => Err(CloudError::incomplete(wanted, other)),
    }
}

/// Whether a call was answered.
async fn told<T, E>(
    wanted: String,
    call: impl Future<Output = Result<T, SdkError<E>>>,
) -> Result<(), CloudError>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    call.await.map(drop).map_err(wrap(wanted))
}
