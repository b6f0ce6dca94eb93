//! Drift: what was changed in the stack's resources outside CloudFormation. CloudFormation compares on request, which
//! takes time, so only commands that report on the installation wait for it.

use aws_sdk_cloudformation::types::{
    DifferenceType, PropertyDifference, StackDriftDetectionStatus, StackResourceDrift,
    StackResourceDriftStatus,
};

use crate::cloud::{Cloud, CloudError, wrap};
use crate::finding::{Code, Finding};
use crate::outside::one_line;
use crate::pace::Pace;
use crate::waits;
use vmx_model::actual::{Settled, StackState};

/// How often to poll a comparison: with the usual pace, for about a minute.
const LOOKS: usize = 18;
/// The most characters of a value to show.
const LONGEST_VALUE: usize = 60;
/// The most differences of a resource to show.
const MOST_DIFFERENCES: usize = 5;

/// Has CloudFormation compare a stack with its resources. Empty for a stack that cannot be compared: missing, in
/// progress, or failed.
pub async fn drift(cloud: &Cloud, stack: Option<&StackState>, pace: Pace) -> Vec<Finding> {
    let Some(stack) = stack.filter(|stack| stack.settled() == Settled::Working) else { return Vec::new() };
    match compared(cloud, stack, pace).await {
        Ok(findings) => findings,
        Err(error) => vec![Finding::unknown(Code::Drift, &error)],
    }
}

async fn compared(cloud: &Cloud, stack: &StackState, pace: Pace) -> Result<Vec<Finding>, CloudError> {
    let wanted = format!("compare the stack {} with its actual resources", stack.name);
    let begun = cloud.cloudformation.detect_stack_drift().stack_name(&stack.id).send().await;
    let begun = begun.map_err(wrap(&wanted))?;
    let id = begun
        .stack_drift_detection_id()
        .ok_or_else(|| CloudError::incomplete(&wanted, "drift detection ID"))?;
    let _detecting = waits::on("CloudFormation to compare the stack with its actual resources");
    let mut findings = Vec::new();
    let mut is_done = false;
    for wait in pace.waits().take(LOOKS) {
        tokio::time::sleep(wait).await;
        let asked = cloud
            .cloudformation
            .describe_stack_drift_detection_status()
            .stack_drift_detection_id(id)
            .send()
            .await
            .map_err(wrap(&wanted))?;
        match asked.detection_status() {
            Some(StackDriftDetectionStatus::DetectionInProgress) | None => continue,
            // Everything that could be compared was compared.
            Some(StackDriftDetectionStatus::DetectionFailed) => findings.push(incomplete(
                stack,
                asked.detection_status_reason().unwrap_or("CloudFormation gave no reason"),
            )),
            Some(_) => {}
        }
        is_done = true;
        break;
    }
    if !is_done {
        return Ok(vec![incomplete(stack, "CloudFormation did not finish within a minute")]);
    }
    let drifts = drifts(cloud, stack, &wanted).await?;
    if drifts.is_empty() && findings.is_empty() {
        let what = format!("the resources of the stack {} match its template", stack.name);
        findings.push(Finding::ok(Code::Drift, what));
    }
    findings.extend(drifts.iter().filter_map(finding));
    Ok(findings)
}

/// Every resource that has drifted.
async fn drifts(
    cloud: &Cloud,
    stack: &StackState,
    wanted: &str,
) -> Result<Vec<StackResourceDrift>, CloudError> {
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let page = cloud
            .cloudformation
            .describe_stack_resource_drifts()
            .stack_name(&stack.id)
            .stack_resource_drift_status_filters(StackResourceDriftStatus::Modified)
            .stack_resource_drift_status_filters(StackResourceDriftStatus::Deleted)
            .set_next_token(token)
            .send()
            .await
            .map_err(wrap(wanted))?;
        found.extend(page.stack_resource_drifts().iter().cloned());
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            return Ok(found);
        }
    }
}

fn finding(drift: &StackResourceDrift) -> Option<Finding> {
    let name = format!(
        "{} ({})",
        drift.logical_resource_id().unwrap_or("a resource"),
        drift.resource_type().unwrap_or("of an unknown type")
    );
    match drift.stack_resource_drift_status() {
        Some(StackResourceDriftStatus::Deleted) => Some(Finding::warning(
            Code::Drift,
            format!("{name} was deleted outside CloudFormation"),
            "voicemails may depend on it, and stack updates that touch it fail",
            "remove the installation with `vmx-install teardown` (voicemails stay) and install again",
        )),
        Some(StackResourceDriftStatus::Modified) => Some(Finding::warning(
            Code::Drift,
            format!("{name} was changed outside CloudFormation{}", differences(drift.property_differences())),
            "the next stack update that touches it overwrites that or fails",
            "change it back, or set it in the parameters if they have it",
        )),
        _ => None,
    }
}

/// The differences as text. Empty if CloudFormation does not report them.
fn differences(all: &[PropertyDifference]) -> String {
    let mut told: Vec<String> = all.iter().take(MOST_DIFFERENCES).map(difference).collect();
    if let more @ 1.. = all.len().saturating_sub(MOST_DIFFERENCES) {
        told.push(format!("and {more} more"));
    }
    if told.is_empty() { String::new() } else { format!(": {}", told.join(", ")) }
}

fn difference(one: &PropertyDifference) -> String {
    let path = one.property_path().unwrap_or_default().trim_start_matches('/').replace('/', ".");
    let value = |value: Option<&str>| one_line(value.unwrap_or_default(), LONGEST_VALUE);
    match one.difference_type() {
        Some(DifferenceType::Add) => format!("{path} is {} and was not set", value(one.actual_value())),
        Some(DifferenceType::Remove) => format!("{path} was removed and was {}", value(one.expected_value())),
        _ => format!("{path} is {} and was {}", value(one.actual_value()), value(one.expected_value())),
    }
}

fn incomplete(stack: &StackState, why: &str) -> Finding {
    Finding::warning(
        Code::Drift,
        format!(
            "could not check all of the stack {} for drift: {}",
            stack.name,
            one_line(why, LONGEST_VALUE)
        ),
        "changes made outside CloudFormation may be missing here",
        "run the same command again in a few minutes",
    )
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::Client;
    use aws_sdk_cloudformation::operation::describe_stack_drift_detection_status::DescribeStackDriftDetectionStatusOutput;
    use aws_sdk_cloudformation::operation::describe_stack_resource_drifts::DescribeStackResourceDriftsOutput;
    use aws_sdk_cloudformation::operation::detect_stack_drift::DetectStackDriftOutput;
    use aws_sdk_cloudformation::primitives::DateTime;
    use aws_smithy_mocks::{Rule, mock};

    use super::*;
    use crate::finding::Severity;
    use crate::testing;

    const DENIED: &str =
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
    const UNKNOWN: &str =
        "<ErrorResponse><Error><Code>InvalidAction</Code><Message>none</Message></Error></ErrorResponse>";

    fn begun() -> Rule {
        mock!(Client::detect_stack_drift)
            .match_requests(|request| request.stack_name() == Some(testing::STACK_ID))
            .then_output(|| DetectStackDriftOutput::builder().stack_drift_detection_id("d").build())
    }

    fn status(status: StackDriftDetectionStatus) -> DescribeStackDriftDetectionStatusOutput {
        DescribeStackDriftDetectionStatusOutput::builder()
            .stack_id(testing::STACK_ID)
            .stack_drift_detection_id("d")
            .timestamp(DateTime::from_secs(0))
            .detection_status_reason("one handler failed")
            .detection_status(status)
            .build()
    }

    /// Two looks find CloudFormation at work, the third finds that it has ended so.
    fn ends(end: StackDriftDetectionStatus) -> Rule {
        mock!(Client::describe_stack_drift_detection_status)
            .sequence()
            .output(|| status(StackDriftDetectionStatus::DetectionInProgress))
            .times(2)
            .output(move || status(end.clone()))
            .build()
    }

    fn one(
        name: &str,
        status: StackResourceDriftStatus,
        differences: Vec<PropertyDifference>,
    ) -> StackResourceDrift {
        StackResourceDrift::builder()
            .stack_id(testing::STACK_ID)
            .logical_resource_id(name)
            .resource_type("AWS::SQS::Queue")
            .timestamp(DateTime::from_secs(0))
            .stack_resource_drift_status(status)
            .set_property_differences(Some(differences))
            .build()
    }

    fn found(pages: [Vec<StackResourceDrift>; 2]) -> Rule {
        mock!(Client::describe_stack_resource_drifts).then_compute_output(move |request| {
            let page = usize::from(request.next_token() == Some("more"));
            DescribeStackResourceDriftsOutput::builder()
                .set_stack_resource_drifts(Some(pages[page].clone()))
                .set_next_token((page == 0).then(|| "more".to_owned()))
                .build()
        })
    }

    fn stack(status: &str) -> StackState {
        StackState {
            id: testing::STACK_ID.into(),
            name: "vmx".into(),
            status: status.into(),
            ..StackState::default()
        }
    }

    async fn look(rules: &[&Rule]) -> Vec<Finding> {
        let cloud = testing::cloud(rules, &[], &[]);
        drift(&cloud, Some(&stack("UPDATE_COMPLETE")), Pace::NONE).await
    }

    fn differs(kind: DifferenceType, path: &str, expected: &str, actual: &str) -> PropertyDifference {
        PropertyDifference::builder()
            .difference_type(kind)
            .property_path(path)
            .expected_value(expected)
            .actual_value(actual)
            .build()
    }

    #[tokio::test]
    async fn every_resource_that_somebody_changed_is_told_with_what_differs() {
        let queue = one(
            "RetryQueue",
            StackResourceDriftStatus::Modified,
            vec![
                differs(DifferenceType::NotEqual, "/VisibilityTimeout", "900", "30"),
                differs(DifferenceType::Remove, "/Tags/0", "{\"Key\":\"a\"}", "null"),
                differs(
                    DifferenceType::Add,
                    "/KmsMasterKeyId",
                    "null",
                    &format!("\u{1b}[31m{}", "k".repeat(80)),
                ),
            ],
        );
        let gone = one("RecordingsQueue", StackResourceDriftStatus::Deleted, Vec::new());
        let (begun, ends) = (begun(), ends(StackDriftDetectionStatus::DetectionComplete));
        let findings = look(&[&begun, &ends, &found([vec![queue], vec![gone]])]).await;
        assert_eq!(ends.num_calls(), 3);
        let told: Vec<_> = findings.iter().map(|finding| finding.what.as_str()).collect();
        assert_eq!(
            told,
            [
                "RetryQueue (AWS::SQS::Queue) was changed outside CloudFormation: VisibilityTimeout is 30 and was 900, Tags.0 was removed and was {\"Key\":\"a\"}, KmsMasterKeyId is  [31mkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk… and was not set",
                "RecordingsQueue (AWS::SQS::Queue) was deleted outside CloudFormation",
            ]
        );
        assert!(findings.iter().all(|one| one.code == Code::Drift && one.severity == Severity::Warning));
    }

    #[tokio::test]
    async fn a_stack_that_is_as_it_was_left_is_well() {
        let ends = ends(StackDriftDetectionStatus::DetectionComplete);
        let findings = look(&[&begun(), &ends, &found([Vec::new(), Vec::new()])]).await;
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].severity, Severity::Ok, "{findings:?}");
    }

    #[tokio::test]
    async fn a_comparison_that_fails_half_way_tells_what_it_found() {
        let changed = one("RetryQueue", StackResourceDriftStatus::Modified, Vec::new());
        let ends = ends(StackDriftDetectionStatus::DetectionFailed);
        let findings = look(&[&begun(), &ends, &found([vec![changed], Vec::new()])]).await;
        assert_eq!(findings.len(), 2, "{findings:?}");
        assert!(findings[0].what.contains("one handler failed"), "{findings:?}");
        assert!(findings[1].what.ends_with("was changed outside CloudFormation"), "{findings:?}");
    }

    #[tokio::test]
    async fn who_may_not_look_or_waits_too_long_gets_a_warning_and_no_failure() {
        for (code, body) in [(403, DENIED), (400, UNKNOWN)] {
            let refused = mock!(Client::detect_stack_drift)
                .sequence()
                .http_status(code, Some(body.to_owned()))
                .repeatedly()
                .build();
            let findings = look(&[&refused]).await;
            assert_eq!(findings.len(), 1);
            assert_eq!(findings[0].severity, Severity::Warning, "{findings:?}");
            assert!(findings[0].what.contains("compare the stack vmx"), "{findings:?}");
        }
        let always = mock!(Client::describe_stack_drift_detection_status)
            .then_output(|| status(StackDriftDetectionStatus::DetectionInProgress));
        let findings = look(&[&begun(), &always]).await;
        assert_eq!(always.num_calls(), LOOKS);
        assert!(findings[0].what.contains("not finish within a minute"), "{findings:?}");
    }

    #[tokio::test]
    async fn a_stack_that_cannot_be_compared_is_left_alone() {
        // No rule answers: a call would fail the test.
        let cloud = testing::cloud(&[], &[], &[]);
        assert_eq!(drift(&cloud, None, Pace::NONE).await, Vec::new());
        for status in ["UPDATE_IN_PROGRESS", "ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"] {
            assert_eq!(drift(&cloud, Some(&stack(status)), Pace::NONE).await, Vec::new(), "{status}");
        }
    }
}
