//! Runs that are stopped, left or kept out.

use aws_sdk_cloudformation::operation::cancel_update_stack::CancelUpdateStackOutput;
use aws_sdk_cloudformation::types::DeploymentConfigMode;
use std::future::Future;
use std::pin::Pin;

use super::*;
use crate::approver::{Answer, Approver};
use crate::interrupt::Signal;

/// A person who answers with a line, or a second Ctrl-C.
struct Says<'a> {
    line: Option<&'static str>,
    interrupts: &'a Interrupts,
}

impl Approver for Says<'_> {
    fn is_there(&self) -> bool {
        true
    }

    fn approve<'a>(&'a self, _: &'a str) -> Pin<Box<dyn Future<Output = Answer> + 'a>> {
        Box::pin(std::future::ready(Answer::Nobody))
    }

    fn line<'a>(&'a self, question: &'a str) -> Pin<Box<dyn Future<Output = Option<String>> + 'a>> {
        assert!(question.contains("What now?"), "{question}");
        Box::pin(async {
            match self.line {
                Some(line) => Some(line.to_owned()),
                None => {
                    self.interrupts.raise(Signal::Interrupt);
                    std::future::pending().await
                }
            }
        })
    }
}

/// When somebody sends a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// While CloudFormation is told to begin: nobody watches yet.
    Begin,
    /// While the stack is looked at for the first time.
    FirstLook,
}

/// An update that goes on until it is cancelled or, where it is not, ends well; somebody sends a signal.
async fn interrupted(
    moment: Moment,
    signal: Signal,
    line: Option<&'static str>,
) -> (Result<Applied, ApplyError>, usize) {
    let interrupts = Arc::new(Interrupts::default());
    let (raiser, early_raiser) = (Arc::clone(&interrupts), Arc::clone(&interrupts));
    let cancelled = Arc::new(AtomicBool::new(false));
    let (cancel, looks) = (Arc::clone(&cancelled), AtomicUsize::new(0));
    let cancel = mock!(CloudFormation::cancel_update_stack).then_output(move || {
        cancel.store(true, Ordering::SeqCst);
        CancelUpdateStackOutput::builder().build()
    });
    let state = mock!(CloudFormation::describe_stacks).then_compute_output(move |_| {
        let look = looks.fetch_add(1, Ordering::SeqCst);
        if look == 1 && moment == Moment::FirstLook {
            raiser.raise(signal);
        }
        let status = match (cancelled.load(Ordering::SeqCst), look) {
            (true, _) => "UPDATE_ROLLBACK_COMPLETE",
            (false, ..30) => "UPDATE_IN_PROGRESS",
            (false, _) => "UPDATE_COMPLETE",
        };
        DescribeStacksOutput::builder().stacks(stack(status)).build()
    });
    let page = |events: &[(&str, &str)]| {
        let events = events.iter().map(|(id, status)| stack_event(id, "vmx", status, "User Initiated"));
        DescribeStackEventsOutput::builder().set_stack_events(Some(events.collect())).build()
    };
    let events = mock!(CloudFormation::describe_stack_events)
        .sequence()
        .output(move || page(&[("1", "CREATE_COMPLETE")]))
        .output(move || page(&[("2", "UPDATE_IN_PROGRESS"), ("1", "CREATE_COMPLETE")]))
        .repeatedly()
        .build();
    let created = mock!(CloudFormation::create_change_set)
        .then_output(|| CreateChangeSetOutput::builder().id("set").stack_id(STACK_ID).build());
    let executed = mock!(CloudFormation::execute_change_set).then_output(move || {
        if moment == Moment::Begin {
            early_raiser.raise(signal);
        }
        ExecuteChangeSetOutput::builder().build()
    });
    let ready = change_set(ChangeSetStatus::CreateComplete, "");
    let lock = free_lock();
    let cloud = cloud(
        &[&created, &ready, &executed, &events, &state, &cancel],
        &[],
        &lock.iter().collect::<Vec<_>>(),
    );
    let person = Says { line, interrupts: &interrupts };
    let options = ApplyOptions { person: &person, ..options(&interrupts) };
    let ended = apply(&cloud, &update_plan(), &options, &Recorder::default()).await;
    assert_eq!(lock[1].num_calls(), 1, "the lock is given back, however it ends");
    (ended, cancel.num_calls())
}

#[tokio::test]
async fn who_interrupts_an_update_decides_what_becomes_of_it() {
    let cancelled_stack: fn(&StepError) -> bool = |step| matches!(step, StepError::Cancelled { .. });
    let left: fn(&StepError) -> bool = |step| matches!(step, StepError::Left { .. });
    for (signal, line, cancels, is_expected, text) in [
        (
            Signal::Interrupt,
            Some("c\n"),
            1,
            cancelled_stack,
            "cancelled: the stack vmx was not updated and is UPDATE_ROLLBACK_COMPLETE",
        ),
        (Signal::Interrupt, Some("l\n"), 0, left, "`vmx-install status --watch`"),
        (Signal::Interrupt, None, 0, left, "CloudFormation continues without this program"),
        (Signal::Terminate, Some("c\n"), 0, left, "CloudFormation continues without this program"),
    ] {
        for moment in [Moment::Begin, Moment::FirstLook] {
            let (ended, cancelled) = interrupted(moment, signal, line).await;
            let failure = ended.unwrap_err();
            assert!(failure.to_string().contains(text), "{moment:?} {signal:?} {line:?}: {failure}");
            assert!(is_expected(&failure.step) && failure.left.is_empty(), "{failure:?}");
            assert_eq!(cancelled, cancels, "{moment:?} {signal:?} {line:?}");
        }
    }
}

#[tokio::test]
async fn who_watches_on_sees_the_end() {
    for moment in [Moment::Begin, Moment::FirstLook] {
        let (ended, cancelled) = interrupted(moment, Signal::Interrupt, Some("w\n")).await;
        assert_eq!((ended.unwrap().changes, cancelled), (1, 0), "{moment:?}");
    }
}

#[tokio::test]
async fn a_first_creation_that_is_cancelled_is_deleted_and_taken_back() {
    let services = Services::new();
    let (plan, _folder) = plan_with_zips();
    let interrupts = Arc::new(Interrupts::default());
    let raiser = Arc::clone(&interrupts);
    let state = mock!(CloudFormation::describe_stacks)
        .sequence()
        .output(move || {
            raiser.raise(Signal::Interrupt);
            DescribeStacksOutput::builder().stacks(stack("CREATE_IN_PROGRESS")).build()
        })
        .output(|| DescribeStacksOutput::builder().stacks(stack("DELETE_COMPLETE")).build())
        .repeatedly()
        .build();
    let removed = mock!(CloudFormation::delete_stack).then_output(|| DeleteStackOutput::builder().build());
    let rules = [
        change_set_created(),
        change_set(ChangeSetStatus::CreateComplete, ""),
        executed(),
        events(vec![
            vec![("vmx", "REVIEW_IN_PROGRESS", "")],
            vec![("vmx", "CREATE_IN_PROGRESS", "User Initiated")],
            vec![("vmx", "DELETE_IN_PROGRESS", "User Initiated"), ("vmx", "DELETE_COMPLETE", "")],
        ]),
        state,
        removed.clone(),
    ];
    let flows = flows_created();
    let deleted =
        mock!(Connect::delete_contact_flow).then_output(|| DeleteContactFlowOutput::builder().build());
    let cloud = cloud(&rules.each_ref(), &[&flows, &deleted], &services.s3());
    let person = Says { line: Some("c\n"), interrupts: &interrupts };
    let options = ApplyOptions { person: &person, ..options(&interrupts) };
    let error = apply(&cloud, &plan, &options, &services.recorder).await.unwrap_err();
    assert!(
        matches!(&error.step, StepError::Cancelled { status, .. } if status == "DELETE_COMPLETE"),
        "{error}"
    );
    assert!(error.to_string().ends_with("changes in the instance were undone"), "{error}");
    assert_eq!((removed.num_calls(), deleted.num_calls()), (1, 1));
}

#[tokio::test]
async fn who_does_not_wait_leaves_when_the_change_has_begun() {
    let created = mock!(CloudFormation::create_change_set)
        .then_output(|| CreateChangeSetOutput::builder().id("set").stack_id(STACK_ID).build());
    let executed =
        mock!(CloudFormation::execute_change_set).then_output(|| ExecuteChangeSetOutput::builder().build());
    let ready = change_set(ChangeSetStatus::CreateComplete, "");
    let before = events(vec![vec![("vmx", "CREATE_COMPLETE", "")]]);
    let lock = free_lock();
    // Nothing looks at the stack: there is no rule for it.
    let cloud = cloud(&[&created, &ready, &executed, &before], &[], &lock.iter().collect::<Vec<_>>());
    let interrupts = Interrupts::default();
    let options = ApplyOptions { detach: true, ..options(&interrupts) };
    let applied = apply(&cloud, &update_plan(), &options, &Recorder::default()).await.unwrap();
    assert_eq!(applied, Applied { changes: 1, detached: true });
}

#[tokio::test]
async fn express_mode_is_asked_for_with_rollback_and_refused_with_custom_resources() {
    let created = mock!(CloudFormation::create_change_set)
        .match_requests(|request| {
            request.deployment_config().is_some_and(|config| {
                config.mode() == Some(&DeploymentConfigMode::Express)
                    && config.disable_rollback() == Some(false)
            })
        })
        .then_output(|| CreateChangeSetOutput::builder().id("set").stack_id(STACK_ID).build());
    let executed =
        mock!(CloudFormation::execute_change_set).then_output(|| ExecuteChangeSetOutput::builder().build());
    let ready = change_set(ChangeSetStatus::CreateComplete, "");
    let before = events(vec![vec![("vmx", "CREATE_COMPLETE", "")]]);
    let lock = free_lock();
    let cloud = cloud(&[&created, &ready, &executed, &before], &[], &lock.iter().collect::<Vec<_>>());
    let interrupts = Interrupts::default();
    let options = ApplyOptions { express: true, detach: true, ..options(&interrupts) };
    let mut plan = update_plan();
    apply(&cloud, &plan, &options, &Recorder::default()).await.unwrap();
    plan.stack.template.push_str("  Mine:\n    Type: Custom::Thing\n");
    let failure = apply(&cloud, &plan, &options, &Recorder::default()).await.unwrap_err();
    assert!(failure.to_string().contains("without --express"), "{failure}");
    assert!(matches!(failure.step, StepError::NotExpress), "{failure:?}");
    assert_eq!(created.num_calls(), 1);
}

/// Another run's lock.
fn held(pid: u32, host: &str) -> Vec<u8> {
    serde_json::json!({"run": "vmx-0", "principal": "arn:aws:iam::111122223333:user/anna", "host": host,
        "pid": pid, "started": jiff::Timestamp::now()})
    .to_string()
    .into_bytes()
}

fn taken() -> Rule {
    let refused = "<Error><Code>PreconditionFailed</Code><Message>At least one of the pre-conditions you specified did not hold</Message></Error>";
    mock!(S3::put_object)
        .match_requests(|request| request.if_none_match().is_some())
        .sequence()
        .http_status(412, Some(refused.to_owned()))
        .repeatedly()
        .build()
}

#[tokio::test]
async fn a_second_run_is_refused_with_who_and_since_when() {
    let body = held(1, "elsewhere");
    let read = mock!(S3::get_object)
        .then_output(move || GetObjectOutput::builder().e_tag("e").body(body.clone().into()).build());
    let taken = taken();
    // Nothing else may be asked of any service.
    let cloud = cloud(&[], &[], &[&taken, &read]);
    let failure = run(&cloud, &update_plan(), &Recorder::default()).await.unwrap_err();
    let text = failure.to_string();
    assert!(text.contains("user/anna has been changing the installation vmx since 20"), "{text}");
    assert!(text.contains("in process 1 on elsewhere") && text.contains("--break-lock"), "{text}");
    assert!(matches!(failure.step, StepError::Locked { .. }), "{failure:?}");
}

#[tokio::test]
async fn a_lock_is_broken_by_that_very_lock_and_told() {
    let body = held(1, "elsewhere");
    let read = mock!(S3::get_object)
        .then_output(move || GetObjectOutput::builder().e_tag("\"e\"").body(body.clone().into()).build());
    let (refused, broken) = (
        taken(),
        mock!(S3::put_object)
            .match_requests(|request| request.if_match() == Some("\"e\""))
            .then_output(|| PutObjectOutput::builder().build()),
    );
    let created = mock!(CloudFormation::create_change_set)
        .then_output(|| CreateChangeSetOutput::builder().id("set").stack_id(STACK_ID).build());
    let none = change_set(ChangeSetStatus::Failed, "The submitted information didn't contain changes.");
    let discarded =
        mock!(CloudFormation::delete_change_set).then_output(|| DeleteChangeSetOutput::builder().build());
    let state = statuses(&["UPDATE_COMPLETE"]);
    let cloud = cloud(&[&created, &none, &discarded, &state], &[], &[&refused, &broken, &read]);
    let (interrupts, recorder) = (Interrupts::default(), Recorder::default());
    let options = ApplyOptions { break_lock: true, ..options(&interrupts) };
    apply(&cloud, &update_plan(), &options, &recorder).await.unwrap();
    assert_eq!(broken.num_calls(), 1);
    let told = recorder.taken();
    assert!(told[0].starts_with("warning took over the lock of"), "{told:?}");
}

#[test]
fn who_interrupts_before_anything_is_told_of_the_stack_learns_that_it_goes_on() {
    for (plan, at_work, text) in [
        (first_plan(), false, "interrupted"),
        (first_plan(), true, "the stack vmx is still being created; CloudFormation continues"),
        (update_plan(), true, "the stack vmx is still being updated; CloudFormation continues"),
    ] {
        let said = stopped(&plan, at_work).to_string();
        assert!(said.starts_with(text), "{said}");
    }
}
