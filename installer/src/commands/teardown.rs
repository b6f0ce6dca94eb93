//! `teardown`: inventory, approval, removal.

use crate::approval::{CommandKind, Request, gate};
use crate::cli::{ApprovalArgs, ParamsArgs};
use crate::cloud::Cloud;
use crate::error::Failure;
use crate::event::{Event, Purpose, View};
use crate::pace::Pace;
use crate::params::Params;
use crate::teardown::{TeardownError, inventory, remove};
use crate::ui::Approver;

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    /// Remove the voicemails too.
    pub(super) delete_recordings: bool,
    /// It is approved already.
    pub(super) yes: bool,
}

/// Takes an installation away.
pub(super) async fn teardown(
    params: &ParamsArgs,
    profile: Option<&str>,
    wish: Wish,
    view: &dyn View,
    approver: &dyn Approver,
) -> Result<(), Failure> {
    let params = params.load()?;
    let cloud = Cloud::from_environment(profile, Some(params.region.as_str())).await?;
    teardown_in(&cloud, &params, wish, view, approver).await
}

async fn teardown_in(
    cloud: &Cloud,
    params: &Params,
    wish: Wish,
    view: &dyn View,
    approver: &dyn Approver,
) -> Result<(), Failure> {
    view.show(&Event::Discovering);
    let inventory = inventory(cloud, params, wish.delete_recordings).await?;
    view.show(&inventory.target.event(&inventory.name));
    let goes = inventory.goes();
    let stays = inventory.stays.iter().map(ToString::to_string);
    view.show(&Event::Planned {
        purpose: Purpose::Teardown,
        changes: goes.clone(),
        notes: inventory.notes.iter().cloned().chain(stays).collect(),
        details: Box::default(),
    });
    if !inventory.blockers.is_empty() {
        return Err(TeardownError::Blocked(inventory.blockers).into());
    }
    if goes.is_empty() {
        view.show(&Event::Finished { changes: 0, next: Vec::new() });
        return Ok(());
    }
    let request = Request {
        question: "Remove all of this?",
        command: CommandKind::Asking,
        changes: true,
        broadening: &[],
    };
    gate(request, ApprovalArgs { yes: wish.yes, allow_iam: false }, view, approver).await?;
    let changes = remove(cloud, &inventory, Pace::default(), view).await?;
    view.show(&Event::Finished { changes, next: Vec::new() });
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::future::Future;
    use std::pin::Pin;

    use aws_sdk_connect::Client as Connect;
    use aws_sdk_connect::operation::delete_contact_flow::DeleteContactFlowOutput;
    use aws_sdk_connect::operation::describe_contact_flow::DescribeContactFlowOutput;
    use aws_sdk_connect::operation::list_flow_associations::ListFlowAssociationsOutput;
    use aws_sdk_connect::types::FlowAssociationSummary;
    use aws_smithy_mocks::{Rule, mock};

    use super::*;
    use crate::exit::{Exit, exit_code};
    use crate::testing::{self, INSTANCE, Recorder};
    use crate::ui::Answer;

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

    async fn run(connect: &[&Rule], yes: bool, answer: Answer) -> Result<(), Failure> {
        let (stack, s3) = testing::empty_account();
        let cloud = testing::cloud(&[&stack], connect, &s3.iter().collect::<Vec<_>>());
        let wish = Wish { delete_recordings: false, yes };
        teardown_in(&cloud, &testing::params(), wish, &Recorder::default(), &Says(answer)).await
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
            let ended = run(&rules.iter().collect::<Vec<_>>(), yes, answer).await;
            assert_eq!(
                ended.map_or_else(|failure| exit_code(&failure), |()| Exit::Ok),
                exit,
                "{yes} {answer:?}"
            );
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
        let mut rules = flows(true);
        rules.insert(0, number);
        let failure = run(&rules.iter().collect::<Vec<_>>(), true, Answer::Yes).await.unwrap_err();
        let text = failure.to_string();
        assert!(
            text.contains("the phone number arn:of:a:number leads to the flow “vmx voicemail”"),
            "{text}"
        );
        assert!(text.contains("the flow “Main line” refers to the flow “vmx voicemail”"), "{text}");
        assert_eq!(exit_code(&failure), Exit::Failed);
    }
}
