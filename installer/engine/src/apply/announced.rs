//! Compares what CloudFormation is about to do with the plan.

use std::collections::BTreeSet;

use aws_sdk_cloudformation::types::{ChangeAction, Replacement};

use super::Run;
use crate::cloud::{CloudError, wrap};
use vmx_model::template::ResourceChange;

/// What a change set would remove or replace without the plan saying so, one line each: the stack changed since the
/// plan was made, or outside CloudFormation. Conditional replacements do not count, because CloudFormation reports them
/// for everything that refers to a changed resource.
pub(super) async fn unannounced(run: &Run<'_>, change_set: &str) -> Result<Vec<String>, CloudError> {
    let announced: BTreeSet<&str> = run
        .plan
        .details
        .resources
        .iter()
        .filter(|change| change.ends_the_old())
        .map(|change: &ResourceChange| change.logical_id.as_str())
        .collect();
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let page = run
            .cloud
            .cloudformation
            .describe_change_set()
            .change_set_name(change_set)
            .set_next_token(token)
            .send()
            .await
            .map_err(wrap("read the change set"))?;
        for change in page.changes().iter().filter_map(|change| change.resource_change()) {
            let name = change.logical_resource_id().unwrap_or_default();
            let end = match (change.action(), change.replacement()) {
                (Some(ChangeAction::Remove), _) => "remove",
                (_, Some(Replacement::True)) => "replace",
                _ => continue,
            };
            if !announced.contains(name) {
                found.push(format!("{end} {name} ({})", change.resource_type().unwrap_or_default()));
            }
        }
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            return Ok(found);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use aws_sdk_cloudformation::Client;
    use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
    use aws_sdk_cloudformation::types::{Change, ResourceChange as SdkChange};
    use aws_smithy_mocks::{Rule, mock};

    use super::*;
    use crate::apply::tests::options;
    use crate::interrupt::Interrupts;
    use crate::progress::Silent;
    use crate::testing;
    use vmx_model::plan::Plan;
    use vmx_model::template::ResourceAction;

    fn page(
        name: &str,
        action: ChangeAction,
        replacement: Option<Replacement>,
        next: Option<&str>,
    ) -> DescribeChangeSetOutput {
        let change = SdkChange::builder()
            .logical_resource_id(name)
            .resource_type("AWS::SQS::Queue")
            .action(action)
            .set_replacement(replacement)
            .build();
        DescribeChangeSetOutput::builder()
            .changes(Change::builder().resource_change(change).build())
            .set_next_token(next.map(str::to_owned))
            .build()
    }

    async fn found(plan: &Plan, rules: &[&Rule]) -> Vec<String> {
        let cloud = testing::cloud(rules, &[], &[]);
        let interrupts = Interrupts::default();
        let run = Run::new(&cloud, plan, options(&interrupts), &Silent);
        unannounced(&run, "change-set").await.unwrap()
    }

    #[tokio::test]
    async fn what_was_not_announced_is_found_on_every_page() {
        let pages = mock!(Client::describe_change_set)
            .sequence()
            .output(|| page("RetryQueue", ChangeAction::Modify, Some(Replacement::True), Some("more")))
            .output(|| page("Gone", ChangeAction::Remove, None, Some("more")))
            .output(|| page("Perhaps", ChangeAction::Modify, Some(Replacement::Conditional), None))
            .build();
        let mut plan = vmx_model::testing::first_plan();
        let found_now = found(&plan, &[&pages]).await;
        assert_eq!(found_now, ["replace RetryQueue (AWS::SQS::Queue)", "remove Gone (AWS::SQS::Queue)"]);

        let announced = plan.details.resources.iter_mut().find(|one| one.logical_id == "RetryQueue").unwrap();
        announced.action = ResourceAction::Replaced;
        let again = mock!(Client::describe_change_set)
            .then_output(|| page("RetryQueue", ChangeAction::Modify, Some(Replacement::True), None));
        assert_eq!(found(&plan, &[&again]).await, Vec::<String>::new());
    }
}
