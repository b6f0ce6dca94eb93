//! The installation's customer managed key, and whom its policy allows.
//!
//! Two services use the key without a role of the stack: Amazon EventBridge, which writes to the queues, and Amazon
//! CloudWatch Logs. Only the key's own policy can allow them. What EventBridge cannot write is lost, because the
//! dead-letter queue has the same key. Sources: the Amazon SQS developer guide, "Configure KMS permissions for AWS
//! services"; the Amazon CloudWatch Logs user guide, "Encrypt log data in CloudWatch Logs using AWS KMS"; the Amazon
//! Connect administrator guide, "Use server-side encryption for the Kinesis stream".

use aws_sdk_kms::types::{KeyManagerType, KeySpec, KeyUsageType};
use serde_json::Value;

use super::keys;
use super::policy::lets_in;
use crate::cloud::{Cloud, wrap};
use crate::finding::{Code, Finding};
use vmx_model::actual::Actual;
use vmx_model::params::Params;

const REMEDY: &str = "add the statements of docs/security.md to the key's policy";

/// Whether all of the key's users can use it. Empty without a key.
pub(super) async fn check(cloud: &Cloud, params: &Params, actual: &Actual) -> Vec<Finding> {
    let Some(key) = params.own_key() else { return Vec::new() };
    let mut findings = vec![keys::one(cloud, "installation", key).await];
    findings.extend(kind(cloud, key).await);
    let got = cloud.kms.get_key_policy().key_id(key).policy_name("default").send().await;
    let policy = got.map_err(wrap(format!("read the policy of the key {key}")));
    let policy: Value = match policy {
        Ok(got) => serde_json::from_str(got.policy().unwrap_or_default()).unwrap_or_default(),
        Err(error) => {
            findings.push(Finding::unknown(Code::Key, &error));
            return findings;
        }
    };
    let role =
        if actual.facts().contact_records.is_none() { service_role(cloud, actual).await } else { None };
    findings.extend(judged(&policy, key, &Users::of(cloud, actual, role)));
    findings
}

/// Those who use the key only through its policy.
#[derive(Debug)]
struct Users {
    logs: String,
    account_root: String,
    account: String,
    service_role: Option<String>,
}

impl Users {
    fn of(cloud: &Cloud, actual: &Actual, service_role: Option<String>) -> Self {
        let identity = &actual.identity;
        Self {
            logs: format!("logs.{}.amazonaws.com", cloud.region),
            account_root: format!("arn:{}:iam::{}:root", identity.partition, identity.account),
            account: identity.account.clone(),
            service_role,
        }
    }
}

/// What a policy lacks, or that it is complete.
fn judged(policy: &Value, key: &str, users: &Users) -> Vec<Finding> {
    const BOTH: &[&str] = &["kms:Decrypt", "kms:GenerateDataKey"];
    let mut findings = Vec::new();
    if !lets_in(policy, "Service", &["events.amazonaws.com"], BOTH) {
        findings.push(Finding::fatal(
            Code::Key,
            format!("the policy of the key {key} does not allow events.amazonaws.com"),
            "Amazon EventBridge could not send recordings and transcripts to their queues, and they would \
             be lost",
            REMEDY,
        ));
    }
    // In China its name has another suffix.
    let logs = [users.logs.as_str(), &format!("{}.cn", users.logs)];
    if !lets_in(policy, "Service", &logs, &["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"]) {
        findings.push(Finding::fatal(
            Code::Key,
            format!("the policy of the key {key} does not allow {}", users.logs),
            "the stack could not create its log groups",
            REMEDY,
        ));
    }
    if !lets_in(policy, "AWS", &[&users.account_root, &users.account], BOTH) {
        findings.push(Finding::warning(
            Code::Key,
            format!("the policy of the key {key} does not enable the account's IAM policies"),
            "the functions use the key through their roles' policies, which then have no effect",
            REMEDY,
        ));
    }
    if let Some(role) = &users.service_role
        && !lets_in(policy, "AWS", &[role], &["kms:GenerateDataKey"])
    {
        findings.push(Finding::warning(
            Code::Key,
            format!("the policy of the key {key} does not name the instance's role {role}"),
            "unless a grant allows it, the instance cannot write contact records, and no voicemail is \
             detected",
            REMEDY,
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(Code::Key, format!("the policy of the key {key} allows all its users")));
    }
    findings
}

/// Whether every service accepts the key.
async fn kind(cloud: &Cloud, key: &str) -> Option<Finding> {
    let described = cloud.kms.describe_key().key_id(key).send().await.ok()?;
    let metadata = described.key_metadata()?;
    let what = if metadata.key_manager() == Some(&KeyManagerType::Aws) {
        "is managed by AWS, and its policy cannot be changed"
    } else if metadata.key_usage().is_some_and(|usage| *usage != KeyUsageType::EncryptDecrypt)
        || metadata.key_spec().is_some_and(|spec| *spec != KeySpec::SymmetricDefault)
    {
        "is not a symmetric encryption key"
    } else {
        return None;
    };
    Some(Finding::fatal(
        Code::Key,
        format!("the key {key} {what}"),
        "AWS services cannot encrypt the installation's data with it",
        "create one with `aws kms create-key`, or set `kms_key: \"\"`",
    ))
}

/// The role with which the instance writes contact records. Empty if the instance reports none, which another check
/// reports.
async fn service_role(cloud: &Cloud, actual: &Actual) -> Option<String> {
    let described =
        cloud.connect.describe_instance().instance_id(actual.instance.arn.id()).send().await.ok()?;
    described.instance()?.service_role().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use aws_sdk_connect::Client as Connect;
    use aws_sdk_connect::operation::describe_instance::DescribeInstanceOutput;
    use aws_sdk_connect::types::Instance;
    use aws_sdk_kms::Client as Kms;
    use aws_sdk_kms::operation::describe_key::DescribeKeyOutput;
    use aws_sdk_kms::operation::get_key_policy::GetKeyPolicyOutput;
    use aws_sdk_kms::types::{KeyMetadata, KeyState};
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use serde_json::json;

    use super::*;
    use crate::finding::Severity;
    use vmx_model::testing::{nothing_there, params};

    const KEY: &str = "arn:aws:kms:eu-west-2:111122223333:key/k";
    const ROLE: &str = "arn:aws:iam::111122223333:role/aws-service-role/connect.amazonaws.com/AWSServiceRoleForAmazonConnect_x";

    fn users() -> Users {
        Users {
            logs: "logs.eu-west-2.amazonaws.com".into(),
            account_root: "arn:aws:iam::111122223333:root".into(),
            account: "111122223333".into(),
            service_role: Some(ROLE.into()),
        }
    }

    fn statements() -> Vec<Value> {
        let both = json!(["kms:Decrypt", "kms:GenerateDataKey"]);
        vec![
            json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*"}),
            json!({"Effect": "Allow", "Principal": {"Service": ["sns.amazonaws.com", "events.amazonaws.com"]}, "Action": both}),
            json!({"Effect": "Allow", "Principal": {"Service": "logs.eu-west-2.amazonaws.com"},
                "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]}),
            json!({"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "kms:generatedatakey"}),
        ]
    }

    fn judge(statements: &[Value]) -> Vec<(Severity, String)> {
        let policy = json!({"Statement": statements});
        judged(&policy, KEY, &users()).into_iter().map(|finding| (finding.severity, finding.what)).collect()
    }

    fn key(manager: KeyManagerType, spec: KeySpec) -> Rule {
        mock!(Kms::describe_key).then_output(move || {
            let metadata = KeyMetadata::builder()
                .key_id("k")
                .key_state(KeyState::Enabled)
                .key_manager(manager.clone())
                .key_spec(spec.clone())
                .build()
                .expect("the key has an id");
            DescribeKeyOutput::builder().key_metadata(metadata).build()
        })
    }

    async fn found(rules: &[&Rule]) -> Vec<Severity> {
        let described = mock!(Connect::describe_instance).then_output(|| {
            let instance = Instance::builder().service_role(ROLE).build();
            DescribeInstanceOutput::builder().instance(instance).build()
        });
        let kms = mock_client!(aws_sdk_kms, RuleMode::MatchAny, rules);
        let cloud = Cloud { kms, ..crate::testing::cloud(&[], &[&described], &[]) };
        let kms_key = serde_json::from_value(json!(KEY)).expect("it is the ARN of a key");
        let params = Params { kms_key, ..params() };
        check(&cloud, &params, &nothing_there()).await.into_iter().map(|finding| finding.severity).collect()
    }

    #[tokio::test]
    async fn the_key_and_its_policy_are_looked_at() {
        let policy = mock!(Kms::get_key_policy).then_output(|| {
            let text = json!({"Statement": statements()}).to_string();
            GetKeyPolicyOutput::builder().policy(text).build()
        });
        let (ok, warning, fatal) = (Severity::Ok, Severity::Warning, Severity::Fatal);
        let own = key(KeyManagerType::Customer, KeySpec::SymmetricDefault);
        assert_eq!(found(&[&own, &policy]).await, [ok, ok]);
        let of_aws = key(KeyManagerType::Aws, KeySpec::SymmetricDefault);
        assert_eq!(found(&[&of_aws, &policy]).await, [ok, fatal, ok]);
        let signs = key(KeyManagerType::Customer, KeySpec::Rsa2048);
        assert_eq!(found(&[&signs, &policy]).await, [ok, fatal, ok]);
        let body = json!({"__type": "AccessDeniedException", "message": "no"}).to_string();
        let denied = mock!(Kms::get_key_policy).sequence().http_status(400, Some(body)).repeatedly().build();
        assert_eq!(found(&[&own, &denied]).await, [ok, warning]);
        let nothing = check(&crate::testing::cloud(&[], &[], &[]), &params(), &nothing_there()).await;
        assert!(nothing.is_empty(), "{nothing:?}");
    }

    #[test]
    fn a_policy_that_lets_everybody_in_is_sound() {
        assert_eq!(judge(&statements())[0].0, Severity::Ok);
        let chinese = json!({"Effect": "Allow", "Principal": {"Service": "logs.eu-west-2.amazonaws.com.cn"}, "Action": "kms:*"});
        let mut with = statements();
        with[2] = chinese;
        assert_eq!(judge(&with)[0].0, Severity::Ok);
    }

    #[test]
    fn whoever_is_not_let_in_is_named() {
        for (left_out, severity, named) in [
            (0, Severity::Warning, "IAM policies"),
            (1, Severity::Fatal, "events.amazonaws.com"),
            (2, Severity::Fatal, "logs.eu-west-2.amazonaws.com"),
            (3, Severity::Warning, "AWSServiceRoleForAmazonConnect_x"),
        ] {
            let mut fewer = statements();
            fewer.remove(left_out);
            let found = judge(&fewer);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].0 == severity && found[0].1.contains(named), "{found:?}");
        }
        let mut reads_only = statements();
        reads_only[1]["Action"] = "kms:Decrypt".into();
        assert_eq!(judge(&reads_only)[0].0, Severity::Fatal);
        assert_eq!(judge(&[]).len(), 4);
    }
}
