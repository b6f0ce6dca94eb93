//! Watches a stack operation with the person who started it: Ctrl-C asks what to do.

use super::{Run, StepError};
use crate::cloud::{CloudError, wrap};
use crate::follow::{Bookmark, Followed, follow};
use crate::interrupt::{Listener, Signal};
use crate::progress::{Progress, StackOperation};

/// What a person wants to do with an operation in progress.
enum Choice {
    Cancel,
    Leave,
    GoOn,
}

/// Follows an operation to its end, and returns whether it was cancelled.
pub(super) async fn watch(
    run: &mut Run<'_>,
    stack_id: &str,
    operation: StackOperation,
    begin: Bookmark,
) -> Result<(Followed, bool), StepError> {
    run.at_work = true;
    let watched = watch_and_ask(run, stack_id, operation, begin).await?;
    run.at_work = false;
    Ok(watched)
}

async fn watch_and_ask(
    run: &Run<'_>,
    stack_id: &str,
    operation: StackOperation,
    begin: Bookmark,
) -> Result<(Followed, bool), StepError> {
    let stack = &run.plan.stack.name;
    let mut signals = run.options.interrupts.listener();
    let mut cancelled = false;
    let mut following = std::pin::pin!(follow(run.cloud, stack_id, begin, run.options.pace, run.view));
    loop {
        let signal = tokio::select! {
            // Signals come before the stack's events.
            biased;
            signal = signals.next() => signal,
            followed = &mut following => {
                let followed = followed.map_err(|source| StepError::LostSight { stack: stack.clone(), source })?;
                return Ok((followed, cancelled));
            }
        };
        run.view.show(&Progress::Interrupted { stack: stack.clone(), operation });
        let options = match signal {
            Signal::Interrupt if !cancelled => ask(run, operation, &mut signals).await,
            _ => Choice::Leave,
        };
        match options {
            Choice::GoOn => {}
            Choice::Leave => return Err(StepError::Left { stack: stack.clone(), operation }),
            Choice::Cancel => match cancel(run, stack_id, operation).await {
                Ok(()) => cancelled = true,
                // It may be too late to cancel: the operation then ends normally.
                Err(error) => run.view.show(&Progress::Warning { text: error.to_string() }),
            },
        }
    }
}

/// Asks what to do with the operation. A second Ctrl-C, or no terminal, leaves it running.
async fn ask(run: &Run<'_>, operation: StackOperation, signals: &mut Listener<'_>) -> Choice {
    let what = match operation {
        StackOperation::Create => "cancel: delete what was created",
        StackOperation::Update => "cancel: roll back",
        // A deletion cannot be cancelled.
        StackOperation::Delete => return Choice::Leave,
    };
    let question = format!(
        "CloudFormation is still updating the stack {}.\nWhat now?\n  c  {what}\n  l  leave it running \
         without this program\n  w  keep waiting\nType c, l or w and Enter, or Ctrl-C again to leave: ",
        run.plan.stack.name
    );
    loop {
        let answer = tokio::select! {
            answer = run.options.person.line(&question) => answer,
            _ = signals.next() => return Choice::Leave,
        };
        match answer.as_deref().map(str::trim) {
            Some("c") => return Choice::Cancel,
            Some("w") => return Choice::GoOn,
            Some("l") | None => return Choice::Leave,
            Some(_) => {}
        }
    }
}

/// Has CloudFormation roll back.
async fn cancel(run: &Run<'_>, stack_id: &str, operation: StackOperation) -> Result<(), CloudError> {
    let cloudformation = &run.cloud.cloudformation;
    let wanted = format!("cancel the update of the stack {}", run.plan.stack.name);
    if operation == StackOperation::Create {
        cloudformation.delete_stack().stack_name(stack_id).send().await.map(drop).map_err(wrap(wanted))
    } else {
        cloudformation.cancel_update_stack().stack_name(stack_id).send().await.map(drop).map_err(wrap(wanted))
    }
}
