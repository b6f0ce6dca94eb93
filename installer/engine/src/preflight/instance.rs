//! The instance's settings for voicemail.

use crate::checks;
use crate::cloud::{Cloud, wrap};
use crate::finding::{Code, Finding};
use vmx_model::actual::Actual;

/// The prefix of Amazon Connect's service-linked role.
const SERVICE_LINKED: &str = "AWSServiceRoleForAmazonConnect";

/// Whether the role for writing contact records and media exists.
pub(super) async fn service_role(cloud: &Cloud, actual: &Actual) -> Finding {
    let id = actual.instance.arn.id();
    let described = cloud.connect.describe_instance().instance_id(id).send().await;
    let described = match described.map_err(wrap("describe the instance")) {
        Ok(described) => described,
        Err(error) => return Finding::unknown(Code::ServiceRole, &error),
    };
    let Some(arn) = described.instance().and_then(|instance| instance.service_role()) else {
        return Finding::warning(
            Code::ServiceRole,
            "the instance reports no service role",
            "the instance needs it to write contact records and media",
            "check in the console, under the instance's overview, whether it has one",
        );
    };
    let name = arn.rsplit('/').next().unwrap_or(arn);
    match cloud.iam.get_role().role_name(name).send().await.map_err(wrap(format!("get the role {name}"))) {
        Err(error) if matches!(error.code.as_deref(), Some("NoSuchEntity" | "NoSuchEntityException")) => {
            Finding::fatal(
                Code::ServiceRole,
                format!("the instance's service role {name} does not exist"),
                "without it the instance cannot write contact records or media",
                "create it with `aws iam create-service-linked-role --aws-service-name \
                 connect.amazonaws.com`, or ask AWS Support if the instance is older",
            )
        }
        Err(error) => Finding::unknown(Code::ServiceRole, &error),
        Ok(_) if name.starts_with(SERVICE_LINKED) => {
            Finding::ok(Code::ServiceRole, format!("the instance has its service-linked role {name}"))
        }
        Ok(_) => Finding::warning(
            Code::ServiceRole,
            format!("the instance uses the role {name}, which is not service-linked"),
            "such a role does not get permissions automatically when a stream is chosen",
            "give the instance the service-linked role in the console, or allow this role to write to the \
             streams",
        ),
    }
}

/// Whether the instance streams media, or will.
pub(super) fn media(actual: &Actual) -> Finding {
    match &actual.media_streams {
        None => Finding::ok(
            Code::MediaStreams,
            "the instance does not stream media yet; the installation enables it",
        ),
        config => checks::media(config.as_ref()),
    }
}
