//! The resources that the parameters name for roles and logs.

use super::policy::lets_in;
use crate::cloud::{Cloud, wrap};
use crate::finding::{Code, Finding};
use vmx_model::actual::Actual;
use vmx_model::params::{Home, Params};

/// Whether all ARNs in the parameters belong to this account and region.
pub(super) fn place(params: &Params, actual: &Actual) -> Finding {
    let home = Home {
        region: actual.instance.arn.region(),
        account: Some(&actual.identity.account),
        instance: Some(&actual.instance.arn),
    };
    match params.foreign(home).next() {
        None => Finding::ok(Code::Place, "the resources in the parameters are in this account and region"),
        Some(foreign) => Finding::fatal(
            Code::Place,
            format!("`{}`: {foreign}", foreign.key),
            "the installation cannot use resources of another account, region or instance",
            format!("set `{}` to one in this account, region and instance", foreign.key),
        ),
    }
}

/// Whether the permissions boundary exists. Empty without one.
pub(super) async fn boundary(cloud: &Cloud, params: &Params) -> Option<Finding> {
    let arn = Some(params.iam.permissions_boundary.as_str()).filter(|arn| !arn.is_empty())?;
    let got = cloud.iam.get_policy().policy_arn(arn).send().await;
    Some(match got.map_err(wrap(format!("get the permissions boundary {arn}"))) {
        Ok(_) => Finding::ok(Code::Boundary, format!("the permissions boundary {arn} exists")),
        Err(error) if matches!(error.code.as_deref(), Some("NoSuchEntity" | "NoSuchEntityException")) => {
            Finding::fatal(
                Code::Boundary,
                format!("the permissions boundary {arn} does not exist"),
                "the stack could not create roles",
                "correct `iam.permissions_boundary`, or leave it empty",
            )
        }
        Err(error) => Finding::unknown(Code::Boundary, &error),
    })
}

/// Whether the access log bucket exists and accepts logs. Empty without one.
pub(super) async fn access_logs(cloud: &Cloud, params: &Params, actual: &Actual) -> Option<Finding> {
    let bucket = params.access_logs_bucket()?;
    let account = &actual.identity.account;
    let head = cloud.s3.head_bucket().bucket(bucket).expected_bucket_owner(account).send().await;
    let head = match head.map_err(wrap(format!("check the access log bucket {bucket}"))) {
        Ok(head) => head,
        Err(error) if error.is_not_found() => {
            return Some(Finding::fatal(
                Code::AccessLogs,
                format!("the access log bucket {bucket} does not exist"),
                "Amazon S3 refuses to log there, and the stack could not create buckets",
                "create it, or leave `buckets.access_logs_bucket` empty",
            ));
        }
        Err(error) => return Some(Finding::unknown(Code::AccessLogs, &error)),
    };
    if let Some(region) = head.bucket_region().filter(|region| *region != cloud.region) {
        return Some(Finding::fatal(
            Code::AccessLogs,
            format!("the access log bucket {bucket} is in {region} and not in {}", cloud.region),
            "Amazon S3 writes access logs within a region only",
            "use one in this region",
        ));
    }
    let policy = cloud.s3.get_bucket_policy().bucket(bucket).expected_bucket_owner(account).send().await;
    let policy = match policy.map_err(wrap(format!("read the policy of the bucket {bucket}"))) {
        Ok(policy) => serde_json::from_str(policy.policy().unwrap_or_default()).unwrap_or_default(),
        Err(error) if error.code.as_deref() == Some("NoSuchBucketPolicy") => serde_json::Value::Null,
        Err(error) => return Some(Finding::unknown(Code::AccessLogs, &error)),
    };
    // Source: the Amazon S3 user guide, "Enabling Amazon S3 server access logging".
    Some(if lets_in(&policy, "Service", &["logging.s3.amazonaws.com"], &["s3:PutObject"]) {
        Finding::ok(Code::AccessLogs, format!("the bucket {bucket} accepts access logs"))
    } else {
        Finding::warning(
            Code::AccessLogs,
            format!("the policy of the bucket {bucket} does not allow logging.s3.amazonaws.com to write"),
            "unless its access control list does, access logs are lost",
            "add the statement of docs/security.md to the bucket's policy",
        )
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use aws_sdk_iam::Client as Iam;
    use aws_sdk_iam::operation::get_policy::GetPolicyOutput;
    use aws_sdk_s3::Client as S3;
    use aws_sdk_s3::operation::get_bucket_policy::GetBucketPolicyOutput;
    use aws_sdk_s3::operation::head_bucket::HeadBucketOutput;
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

    use super::*;
    use crate::finding::Severity;
    use vmx_model::testing::{nothing_there, params};

    fn with(lines: &str) -> Params {
        let text = format!("version: 1\nregion: eu-west-2\ninstance: shop\nstack: vmx\n{lines}\n");
        Params::from_yaml("params.yaml", &text).unwrap()
    }

    #[test]
    fn what_belongs_to_another_account_is_refused() {
        assert_eq!(place(&params(), &nothing_there()).severity, Severity::Ok);
        let foreign = with("kms_key: arn:aws:kms:eu-west-2:444455556666:key/k");
        let finding = place(&foreign, &nothing_there());
        assert_eq!(finding.severity, Severity::Fatal);
        assert!(
            finding.what.starts_with("`kms_key`: arn:aws:kms:eu-west-2:444455556666:key/k belongs"),
            "{finding}"
        );
        let other = "arn:aws:connect:eu-west-2:111122223333:instance/00000000-0000-4000-8000-0000000000ff";
        let foreign =
            with(&format!("flows: {{test_agent: \"{other}/agent/00000000-0000-4000-8000-0000000000bb\"}}"));
        assert!(place(&foreign, &nothing_there()).what.contains("does not belong to the instance"));
    }

    fn refused(code: &str) -> String {
        format!("<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>")
    }

    #[tokio::test]
    async fn a_boundary_has_to_be_there() {
        let ask = async |rule: &Rule| {
            let iam = mock_client!(aws_sdk_iam, RuleMode::MatchAny, &[rule]);
            let cloud = Cloud { iam, ..crate::testing::cloud(&[], &[], &[]) };
            let bounded = with("iam: {permissions_boundary: \"arn:aws:iam::111122223333:policy/b\"}");
            boundary(&cloud, &bounded).await.unwrap().severity
        };
        let there = mock!(Iam::get_policy).then_output(|| GetPolicyOutput::builder().build());
        assert_eq!(ask(&there).await, Severity::Ok);
        for (status, code, severity) in
            [(404, "NoSuchEntity", Severity::Fatal), (403, "AccessDenied", Severity::Warning)]
        {
            let rule = mock!(Iam::get_policy)
                .sequence()
                .http_status(status, Some(refused(code)))
                .repeatedly()
                .build();
            assert_eq!(ask(&rule).await, severity, "{code}");
        }
        assert_eq!(boundary(&crate::testing::cloud(&[], &[], &[]), &params()).await, None);
    }

    #[tokio::test]
    async fn a_bucket_for_logs_has_to_take_them() {
        let ask = async |rules: &[&Rule]| {
            let cloud = crate::testing::cloud(&[], &[], rules);
            access_logs(&cloud, &with("buckets: {access_logs_bucket: logs-example}"), &nothing_there())
                .await
                .unwrap()
        };
        let head = |region: &'static str| {
            mock!(S3::head_bucket)
                .then_output(move || HeadBucketOutput::builder().bucket_region(region).build())
        };
        let policy = |service: &'static str| {
            mock!(S3::get_bucket_policy).then_output(move || {
                let text = format!(
                    r#"{{"Statement": [{{"Effect": "Allow", "Principal": {{"Service": "{service}"}}, "Action": "s3:PutObject"}}]}}"#
                );
                GetBucketPolicyOutput::builder().policy(text).build()
            })
        };
        let here = head("eu-west-2");
        assert_eq!(ask(&[&here, &policy("logging.s3.amazonaws.com")]).await.severity, Severity::Ok);
        assert_eq!(ask(&[&here, &policy("cloudtrail.amazonaws.com")]).await.severity, Severity::Warning);
        let none = mock!(S3::get_bucket_policy)
            .sequence()
            .http_status(
                404,
                Some("<Error><Code>NoSuchBucketPolicy</Code><Message>none</Message></Error>".to_owned()),
            )
            .repeatedly()
            .build();
        assert_eq!(ask(&[&here, &none]).await.severity, Severity::Warning);
        assert_eq!(ask(&[&head("eu-west-1")]).await.severity, Severity::Fatal);
        let missing = mock!(S3::head_bucket).sequence().http_status(404, None).repeatedly().build();
        assert_eq!(ask(&[&missing]).await.severity, Severity::Fatal);
        assert_eq!(
            access_logs(&crate::testing::cloud(&[], &[], &[]), &params(), &nothing_there()).await,
            None
        );
    }
}
