use std::sync::{Arc, Mutex};

use aws_sdk_iam::operation::simulate_principal_policy::SimulatePrincipalPolicyOutput;
use aws_sdk_iam::types::{EvaluationResult, PolicyEvaluationDecisionType};

use super::*;
use crate::preflight::permissions;

fn simulated(decision: PolicyEvaluationDecisionType, missing: Option<&'static str>) -> Rule {
    mock!(Iam::simulate_principal_policy).then_compute_output(move |request| {
        let result = |action: &String| {
            EvaluationResult::builder()
                .eval_action_name(action)
                .eval_decision(if action == "sqs:CreateQueue" {
                    decision.clone()
                } else {
                    PolicyEvaluationDecisionType::Allowed
                })
                .set_missing_context_values(missing.map(|key| vec![key.to_owned()]))
                .build()
                .unwrap()
        };
        let results = request.action_names().iter().map(result).collect();
        SimulatePrincipalPolicyOutput::builder().set_evaluation_results(Some(results)).build()
    })
}

#[tokio::test]
async fn permissions_are_simulated_for_the_user_and_its_resources() {
    let ask = async |rule: &Rule| permissions::check(&iam(&[rule]), &params(), &nothing_there()).await;
    let allowed = simulated(PolicyEvaluationDecisionType::Allowed, None);
    assert_eq!(ask(&allowed).await.severity, Severity::Ok);
    assert!(allowed.num_calls() > 10, "one call for each sort of thing");
    let denied = ask(&simulated(PolicyEvaluationDecisionType::ImplicitDeny, None)).await;
    assert_eq!((denied.severity, denied.code), (Severity::Fatal, Code::Permissions));
    assert!(denied.what.contains("sqs:CreateQueue") && !denied.what.contains("sqs:TagQueue"), "{denied}");
    let conditional =
        ask(&simulated(PolicyEvaluationDecisionType::ImplicitDeny, Some("aws:MultiFactorAuthPresent"))).await;
    assert_eq!(conditional.severity, Severity::Warning);
    let refused = mock!(Iam::simulate_principal_policy)
        .sequence()
        .http_status(403, Some(DENIED_XML.to_owned()))
        .repeatedly()
        .build();
    assert_eq!(ask(&refused).await.severity, Severity::Warning);
}

#[tokio::test]
async fn what_protects_an_installation_is_simulated_with_it() {
    let text = "version: 1\nregion: eu-west-2\ninstance: shop\nstack: vmx\nkms_key: arn:aws:kms:eu-west-2:111122223333:key/k\n\
                iam: {permissions_boundary: \"arn:aws:iam::111122223333:policy/b\", path: /team/}\n\
                buckets: {versioning: true, access_logs_bucket: logs-example}\n";
    let params = Params::from_yaml("params.yaml", text).unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let allowed = mock!(Iam::simulate_principal_policy).then_compute_output(move |request| {
        let context = request.context_entries().iter().filter_map(|entry| entry.context_key_name());
        let mut line = request.resource_arns().to_vec();
        line.extend(request.action_names().iter().cloned());
        line.extend(context.map(str::to_owned));
        seen.lock().unwrap().push(line.join(" "));
        // What the key's policy may allow is no reason to stop.
        let decision = match request.resource_arns()[0].contains(":kms:") && !line[0].ends_with("example") {
            true => PolicyEvaluationDecisionType::ImplicitDeny,
            false => PolicyEvaluationDecisionType::Allowed,
        };
        let results = request.action_names().iter().map(|action| {
            EvaluationResult::builder()
                .eval_action_name(action)
                .eval_decision(decision.clone())
                .build()
                .unwrap()
        });
        SimulatePrincipalPolicyOutput::builder().set_evaluation_results(Some(results.collect())).build()
    });
    let finding = permissions::check(&iam(&[&allowed]), &params, &nothing_there()).await;
    assert!(finding.severity == Severity::Warning && finding.what.contains("kms:CreateGrant"), "{finding}");
    let asked = asked.lock().unwrap();
    let has = |parts: &[&str]| asked.iter().any(|line| parts.iter().all(|part| line.contains(part)));
    assert!(has(&[":role/team/vmx-example", "iam:CreateRole", "iam:PermissionsBoundary"]), "{asked:#?}");
    assert!(has(&["iam:PutRolePermissionsBoundary"]) && has(&["logs:AssociateKmsKey"]));
    assert!(has(&["s3:PutBucketVersioning"]) && has(&["s3:PutBucketLogging"]));
}

/// Amazon Connect and CloudFormation make these calls with the caller's permissions.
#[tokio::test]
async fn actions_that_others_depend_on_are_simulated_where_they_are_needed() {
    let asked = async |params: &Params, actual: &Actual| {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        let rule = mock!(Iam::simulate_principal_policy).then_compute_output(move |request| {
            seen.lock().unwrap().extend(request.action_names().iter().cloned());
            SimulatePrincipalPolicyOutput::builder().build()
        });
        permissions::check(&iam(&[&rule]), params, actual).await;
        asked.lock().unwrap().clone()
    };
    let mut params = params();
    let storage = [
        "connect:AssociateInstanceStorageConfig",
        "ds:DescribeDirectories",
        "iam:AttachRolePolicy",
        "kinesis:DescribeStream",
        "kms:CreateGrant",
    ];
    let first = asked(&params, &nothing_there()).await;
    let update = asked(&params, &installed_there()).await;
    for action in storage {
        assert!(first.contains(&action.to_owned()) && !update.contains(&action.to_owned()), "{action}");
    }
    let longer = "kinesis:IncreaseStreamRetentionPeriod".to_owned();
    assert!(!first.contains(&longer));
    params.retention.contact_records_hours = Whole::of(48);
    assert!(asked(&params, &installed_there()).await.contains(&longer));
}

#[tokio::test]
async fn a_session_counts_as_its_role_with_the_roles_path() {
    let mut actual = nothing_there();
    actual.identity.principal = "arn:aws:sts::111122223333:assumed-role/Admin/me".into();
    let arn = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/Admin";
    let role = mock!(Iam::get_role).then_output(move || GetRoleOutput::builder().role(role(arn)).build());
    let asked_for = mock!(Iam::simulate_principal_policy)
        .match_requests(move |request| request.policy_source_arn() == Some(arn))
        .then_output(|| SimulatePrincipalPolicyOutput::builder().build());
    let finding = permissions::check(&iam(&[&role, &asked_for]), &params(), &actual).await;
    assert_eq!(finding.severity, Severity::Ok, "{finding}");
    actual.identity.principal = "arn:aws:iam::111122223333:root".into();
    assert_eq!(permissions::check(&cloud(), &params(), &actual).await.severity, Severity::Ok);
    actual.identity.principal = "arn:aws:sts::111122223333:federated-user/x".into();
    assert_eq!(permissions::check(&cloud(), &params(), &actual).await.severity, Severity::Warning);
}
