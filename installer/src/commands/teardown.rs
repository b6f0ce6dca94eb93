//! `teardown`: inventory, approval, removal.

use super::installation::connect;
use crate::approval::{CommandKind, Request, gate, gate_by_name};
use crate::cli::{ApprovalArgs, TeardownArgs};
use crate::error::Failure;
use crate::event::{Event, EventView, Purpose};
use vmx_engine::approver::Approver;
use vmx_engine::cloud::Cloud;
use vmx_engine::pace::Pace;
use vmx_engine::progress::Progress;
use vmx_engine::teardown::{TeardownError, inventory, remove};
use vmx_model::params::Params;

/// Removes an installation.
pub(super) async fn teardown(
    args: &TeardownArgs,
    profile: Option<&str>,
    view: &dyn EventView,
    approver: &dyn Approver,
) -> Result<(), Failure> {
    let (params, cloud) = connect(&args.installation, profile, view).await?;
    teardown_in(&cloud, &params, args, view, approver).await
}

async fn teardown_in(
    cloud: &Cloud,
    params: &Params,
    args: &TeardownArgs,
    view: &dyn EventView,
    approver: &dyn Approver,
) -> Result<(), Failure> {
    view.tell(&Event::Discovering);
    let inventory = inventory(cloud, params, args.delete_recordings, view).await?;
    view.tell(&Event::target(&inventory.target, &inventory.name));
    let goes = inventory.goes();
    if inventory.stack.is_none() && goes.is_empty() {
        view.show(&Progress::Warning { text: no_stack(&inventory.name, &inventory.target.region) });
    }
    view.tell(&Event::Planned {
        purpose: Purpose::Teardown,
        changes: goes.clone(),
        notes: inventory.notes.clone(),
        details: Box::default(),
    });
    view.show(&Progress::Stays { things: inventory.stays.clone() });
    if !inventory.blockers.is_empty() {
        view.tell(&Event::Blocked { by: inventory.blockers.clone() });
    }
    if goes.is_empty() || args.dry_run {
        view.tell(&Event::Finished { changes: 0, next: Vec::new() });
        return Ok(());
    }
    if !inventory.blockers.is_empty() {
        return Err(TeardownError::Blocked(inventory.blockers).into());
    }
    let request = Request {
        question: "Remove all of this?",
        command: CommandKind::Asking,
        changes: true,
        broadening: &[],
    };
    let given = ApprovalArgs { yes: args.yes, allow_iam: false };
    if inventory.delete_recordings && !inventory.recordings.is_empty() {
        gate_by_name(request, &inventory.name, given, args.confirm.as_deref(), view, approver).await?;
    } else {
        gate(request, given, view, approver).await?;
    }
    let changes = remove(cloud, &inventory, args.force, Pace::default(), view).await?;
    view.tell(&Event::Finished { changes, next: Vec::new() });
    Ok(())
}

/// An installation that was removed already looks the same as a name that is wrong.
fn no_stack(name: &str, region: &str) -> String {
    format!(
        "no stack {name} in {region}, nor anything else that it installed; check `stack` and `region` if you \
         expected it to be there"
    )
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::future::Future;
    use std::pin::Pin;

    use aws_sdk_connect::Client as Connect;
    use aws_sdk_connect::operation::delete_contact_flow::DeleteContactFlowOutput;
    use aws_sdk_connect::operation::describe_contact_flow::DescribeContactFlowOutput;
    use aws_sdk_connect::operation::describe_phone_number::DescribePhoneNumberOutput;
    use aws_sdk_connect::operation::list_flow_associations::ListFlowAssociationsOutput;
    use aws_sdk_connect::types::{ClaimedPhoneNumberSummary, FlowAssociationSummary};
    use aws_smithy_mocks::{Rule, mock};

    use super::*;
    use crate::exit::{Exit, exit_code};
    use vmx_engine::approver::Answer;
    use vmx_engine::testing::{self, Recorder};
    use vmx_model::testing::INSTANCE;

    struct Says(Answer);

    impl Approver for Says {
        fn is_there(&self) -> bool {
            self.0 != Answer::Nobody
        }

        fn approve<'a>(&'a self, _: &'a str) -> Pin<Box<dyn Future<Output = Answer> + 'a>> {
            Box::pin(std::future::ready(self.0))
        }
    }

    /// An instance with our voicemail flow, which another flow refers to or not.
    fn flows(referred: bool) -> Vec<Rule> {
        let mut rules = testing::instance([None, None]);
        if !referred {
            let described = mock!(Connect::describe_contact_flow)
                .match_requests(|request| request.contact_flow_id() == Some("main"))
                .then_output(|| DescribeContactFlowOutput::builder().build());
            rules.insert(0, described);
        }
        rules
    }

    /// How it ends, and what is told.
    async fn run(connect: &[Rule], args: TeardownArgs, answer: Answer) -> (Result<(), Failure>, Vec<String>) {
        let (stack, s3) = testing::empty_account();
        let connect: Vec<_> = connect.iter().collect();
        let cloud = testing::cloud(&[&stack], &connect, &s3.iter().collect::<Vec<_>>());
        let recorder = Recorder::default();
        let ended = teardown_in(&cloud, &vmx_model::testing::params(), &args, &recorder, &Says(answer)).await;
        (ended, recorder.taken())
    }

    #[tokio::test]
    async fn only_an_approval_removes_anything() {
        for (yes, answer, deletions, exit) in [
            (false, Answer::Nobody, 0, Exit::ApprovalNeeded),
            (false, Answer::No, 0, Exit::Interrupted),
            (false, Answer::Interrupted, 0, Exit::Interrupted),
            (false, Answer::Yes, 1, Exit::Ok),
            (true, Answer::Nobody, 1, Exit::Ok),
        ] {
            let deleted = mock!(Connect::delete_contact_flow)
                .then_output(|| DeleteContactFlowOutput::builder().build());
            let mut rules = flows(false);
            rules.push(deleted.clone());
            let args = TeardownArgs { yes, ..TeardownArgs::default() };
            let (ended, _) = run(&rules, args, answer).await;
            let code = ended.map_or_else(|failure| exit_code(&failure), |()| Exit::Ok);
            assert_eq!(code, exit, "{yes} {answer:?}");
            assert_eq!(deleted.num_calls(), deletions, "{yes} {answer:?}");
        }
    }

    #[tokio::test]
    async fn what_is_in_the_way_is_told_before_anybody_is_asked() {
        let number = mock!(Connect::list_flow_associations).then_output(|| {
            let association = FlowAssociationSummary::builder()
                .resource_id("arn:of:a:number")
                .flow_id(format!("{INSTANCE}/contact-flow/ours"))
                .build();
            ListFlowAssociationsOutput::builder().flow_association_summary_list(association).build()
        });
        let described = mock!(Connect::describe_phone_number).then_output(|| {
            let number = ClaimedPhoneNumberSummary::builder().phone_number("+15555550100").build();
            DescribePhoneNumberOutput::builder().claimed_phone_number_summary(number).build()
        });
        let mut rules = vec![number, described];
        rules.extend(flows(true));
        let args = TeardownArgs { yes: true, ..TeardownArgs::default() };
        let (ended, told) = run(&rules, args.clone(), Answer::Yes).await;
        assert_eq!(exit_code(&ended.unwrap_err()), Exit::Failed);
        let told = told.join("\n");
        assert!(told.contains("the phone number +15555550100 uses the flow “vmx voicemail”"), "{told}");
        assert!(told.contains("the flow “Main line” refers to the flow “vmx voicemail”"), "{told}");
        // A dry run tells the same, and is no failure.
        let (ended, dry) = run(&rules, TeardownArgs { dry_run: true, ..args }, Answer::Nobody).await;
        assert!(ended.is_ok());
        assert!(dry.join("\n").starts_with(&told), "{dry:?}");
    }

    #[tokio::test]
    async fn a_stack_at_work_is_left_alone() {
        use aws_sdk_cloudformation::Client as CloudFormation;
        use aws_sdk_cloudformation::operation::describe_stacks::DescribeStacksOutput;
        use aws_sdk_cloudformation::operation::get_template::GetTemplateOutput;
        use aws_sdk_cloudformation::operation::list_stack_resources::ListStackResourcesOutput;
        let stack = mock!(CloudFormation::describe_stacks).then_output(|| {
            DescribeStacksOutput::builder().stacks(testing::stack("UPDATE_IN_PROGRESS")).build()
        });
        let template = mock!(CloudFormation::get_template)
            .then_output(|| GetTemplateOutput::builder().template_body("Resources: {}").build());
        let resources = mock!(CloudFormation::list_stack_resources)
            .then_output(|| ListStackResourcesOutput::builder().build());
        let connect = flows(false);
        let connect: Vec<_> = connect.iter().collect();
        let cloud = testing::cloud(&[&stack, &template, &resources], &connect, &[]);
        let args = TeardownArgs { yes: true, ..TeardownArgs::default() };
        let says = Says(Answer::Yes);
        let ended =
            teardown_in(&cloud, &vmx_model::testing::params(), &args, &Recorder::default(), &says).await;
        assert_eq!(exit_code(&ended.unwrap_err()), Exit::Busy);
    }

    #[tokio::test]
    async fn a_stack_that_is_not_there_is_told_as_that() {
        let described = mock!(Connect::describe_contact_flow).then_output(|| {
            let flow =
                aws_sdk_connect::types::ContactFlow::builder().id("main").name("Main line").content("{}");
            DescribeContactFlowOutput::builder().contact_flow(flow.build()).build()
        });
        let mut rules = vec![described];
        rules.extend(testing::instance([None, None]));
        let (ended, told) = run(&rules, TeardownArgs::default(), Answer::Nobody).await;
        assert!(ended.is_ok(), "nothing is left to do: {told:?}");
        assert!(told.iter().any(|text| text.contains("warning no stack vmx in eu-west-2")), "{told:?}");
    }

    #[tokio::test]
    async fn a_dry_run_asks_nothing_and_removes_nothing() {
        // No rule deletes: a call would fail the test.
        let args = TeardownArgs { dry_run: true, ..TeardownArgs::default() };
        let (ended, told) = run(&flows(false), args, Answer::Nobody).await;
        assert!(ended.is_ok(), "{told:?}");
        assert!(told.iter().any(|text| text.contains("vmx voicemail")), "{told:?}");
    }
}
