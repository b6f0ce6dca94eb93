//! The secret with the Salesforce credentials.

use crate::cloud::{Cloud, ErrorKind, wrap};
use crate::finding::{Code, Finding};
use vmx_model::actual::Actual;
use vmx_model::params::Params;

/// Without it nothing reaches Salesforce.
const WHY: &str = "the packager cannot log in to Salesforce, and these voicemails become dead letters";

/// Whether the secret exists and the packager will be able to read it. Empty without its modes. Its content is never
/// read here.
pub(super) async fn check(cloud: &Cloud, params: &Params, actual: &Actual) -> Option<Finding> {
    let salesforce = &params.salesforce;
    salesforce.settings_for(params.modes.get())?;
    let (region, account) = salesforce.secret_arn.place()?;
    let arn = salesforce.secret_arn.as_str();
    let elsewhere = if region != cloud.region {
        Some(format!("the secret {arn} is in {region} and not in {}", cloud.region))
    } else if account != actual.identity.account {
        Some(format!("the secret {arn} is in the account {account} and not in {}", actual.identity.account))
    } else {
        None
    };
    if let Some(what) = elsewhere {
        return Some(Finding::fatal(Code::Secret, what, WHY, "create it here, and set its ARN"));
    }
    let described = cloud.secrets.describe_secret().secret_id(arn).send().await;
    Some(match described.map_err(wrap(format!("describe the secret {arn}"))) {
        Ok(secret) if secret.deleted_date().is_some() => Finding::fatal(
            Code::Secret,
            format!("the secret {arn} is being deleted"),
            WHY,
            format!("restore it with `aws secretsmanager restore-secret --secret-id {arn}`"),
        ),
        Ok(secret) => key(params, arn, secret.kms_key_id()),
        Err(error) if error.kind == ErrorKind::NotFound => Finding::fatal(
            Code::Secret,
            format!("the secret {arn} does not exist"),
            WHY,
            "create it as docs/salesforce.md explains, and set its full ARN",
        ),
        Err(error) => Finding::unknown(Code::Secret, &error),
    })
}

/// Whether the packager can use the key that encrypts the secret.
fn key(params: &Params, arn: &str, key: Option<&str>) -> Finding {
    let own = key.filter(|key| !key.ends_with("alias/aws/secretsmanager"));
    let given = Some(params.salesforce.secret_key_arn.as_str()).filter(|arn| !arn.is_empty());
    // Without the secret's key set, the packager may use the installation's.
    let given = given.or_else(|| params.own_key());
    match (own, given) {
        (Some(own), None) => Finding::fatal(
            Code::Secret,
            format!(
                "the secret {arn} is encrypted with the key {own}, which the packager is not allowed to \
                     use"
            ),
            WHY,
            "set salesforce.secret_key_arn to the key's ARN",
        ),
        // A key can be named by its ARN, ID or alias; only the first two can be compared.
        (Some(own), Some(given)) if !own.contains("alias/") && !given.ends_with(last(own)) => Finding::fatal(
            Code::Secret,
            format!("the secret {arn} is encrypted with the key {own} and not with {given}"),
            WHY,
            "set salesforce.secret_key_arn to the key's ARN",
        ),
        _ => Finding::ok(Code::Secret, format!("the secret {arn} exists")),
    }
}

/// The ID in a key's ARN.
fn last(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::finding::Severity;
    use aws_sdk_secretsmanager::Client as Secrets;
    use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
    use aws_sdk_secretsmanager::primitives::DateTime;
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use serde_json::json;
    use vmx_model::testing::{nothing_there, params};

    const KEY: &str = "arn:aws:kms:eu-west-2:111122223333:key/k1";

    fn with(rules: &[&Rule]) -> Cloud {
        let secrets = mock_client!(aws_sdk_secretsmanager, RuleMode::MatchAny, rules);
        Cloud { secrets, ..crate::testing::cloud(&[], &[], &[]) }
    }

    fn wanted(place: &str, key: &str) -> Params {
        let arn = format!("arn:aws:secretsmanager:{place}:secret:salesforce-AbCdEf");
        let salesforce = serde_json::from_value(json!({"secret_arn": arn, "secret_key_arn": key})).unwrap();
        let modes = serde_json::from_value(json!(["task", "sfcase"])).unwrap();
        Params { salesforce, modes, ..params() }
    }

    async fn found(rule: Rule, key: &str) -> Finding {
        check(&with(&[&rule]), &wanted("eu-west-2:111122223333", key), &nothing_there()).await.unwrap()
    }

    fn described(key: Option<&'static str>, deleted: bool) -> Rule {
        mock!(Secrets::describe_secret).then_output(move || {
            let deleted = deleted.then(|| DateTime::from_secs(1_790_000_000));
            DescribeSecretOutput::builder()
                .set_kms_key_id(key.map(str::to_owned))
                .set_deleted_date(deleted)
                .build()
        })
    }

    fn refused(status: u16, code: &str) -> Rule {
        let body = json!({"__type": code, "Message": "no", "message": "no"}).to_string();
        mock!(Secrets::describe_secret).sequence().http_status(status, Some(body)).repeatedly().build()
    }

    #[tokio::test]
    async fn without_a_secret_nothing_is_asked() {
        assert_eq!(check(&with(&[]), &params(), &nothing_there()).await, None);
    }

    #[tokio::test]
    async fn a_secret_has_to_be_here() {
        for place in ["us-east-1:111122223333", "eu-west-2:444455556666"] {
            let finding = check(&with(&[]), &wanted(place, ""), &nothing_there()).await.unwrap();
            assert_eq!(finding.severity, Severity::Fatal, "{finding}");
        }
        assert_eq!(found(described(None, false), "").await.severity, Severity::Ok);
        let missing = found(refused(400, "ResourceNotFoundException"), "").await;
        assert!(missing.severity == Severity::Fatal && missing.what.contains("does not exist"), "{missing}");
        let going = found(described(None, true), "").await;
        assert!(going.severity == Severity::Fatal && going.remedy.contains("restore-secret"), "{going}");
        let denied = found(refused(400, "AccessDeniedException"), "").await;
        assert_eq!(denied.severity, Severity::Warning, "{denied}");
    }

    #[tokio::test]
    async fn a_key_of_ones_own_has_to_be_given() {
        for (of_secret, given, severity) in [
            (Some("alias/aws/secretsmanager"), "", Severity::Ok),
            (Some(KEY), "", Severity::Fatal),
            (Some(KEY), KEY, Severity::Ok),
            (Some("k1"), KEY, Severity::Ok),
            (Some("alias/mine"), KEY, Severity::Ok),
            (Some("arn:aws:kms:eu-west-2:111122223333:key/k2"), KEY, Severity::Fatal),
        ] {
            let finding = found(described(of_secret, false), given).await;
            assert_eq!(finding.severity, severity, "{of_secret:?} {given}: {finding}");
        }
        let kms_key = serde_json::from_value(json!(KEY)).unwrap();
        let params = Params { kms_key, ..wanted("eu-west-2:111122223333", "") };
        let finding = check(&with(&[&described(Some(KEY), false)]), &params, &nothing_there()).await.unwrap();
        assert_eq!(finding.severity, Severity::Ok, "{finding}");
    }
}
