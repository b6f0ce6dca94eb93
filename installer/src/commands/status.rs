//! `status`: the installation's health. With `--watch`, the stack update in progress.

use super::installation::connect;
use crate::cli::InstallationArgs;
use crate::error::Failure;
use crate::event::{Event, EventView};
use vmx_engine::apply::StepError;
use vmx_engine::cloud::Cloud;
use vmx_engine::follow::{Followed, attach};
use vmx_engine::pace::Pace;
use vmx_engine::pipeline::find_stack;
use vmx_engine::progress::{Progress, StackOperation};
use vmx_engine::root_cause::root_causes;
use vmx_engine::status::look;
use vmx_model::actual::Settled;

/// Shows the installation's state.
pub(super) async fn status(
    installation: &InstallationArgs,
    profile: Option<&str>,
    view: &dyn EventView,
) -> Result<(), Failure> {
    let (params, cloud) = connect(installation, profile, view).await?;
    view.tell(&Event::Discovering);
    let stack = find_stack(&cloud, params.stack.as_str()).await?;
    let status = look(&cloud, &params, &stack).await;
    let troubles = status.troubles.len();
    view.tell(&Event::Status(Box::new(status)));
    if troubles > 0 { Err(Failure::NotWell { troubles }) } else { Ok(()) }
}

/// Follows the stack update in progress, and ends as it ends.
pub(super) async fn watch(
    installation: &InstallationArgs,
    profile: Option<&str>,
    view: &dyn EventView,
) -> Result<(), Failure> {
    let (params, cloud) = connect(installation, profile, view).await?;
    watch_in(&cloud, params.stack.as_str(), Pace::default(), view).await
}

async fn watch_in(cloud: &Cloud, stack: &str, pace: Pace, view: &dyn EventView) -> Result<(), Failure> {
    match attach(cloud, stack, pace, view).await? {
        None => {
            let status = find_stack(cloud, stack).await?.status;
            view.tell(&Event::NothingUnderWay { stack: stack.to_owned(), status });
            Ok(())
        }
        Some(followed) => ended(stack, followed, view),
    }
}

/// The result of an operation that another run started.
fn ended(stack: &str, followed: Followed, view: &dyn EventView) -> Result<(), Failure> {
    let began = followed.events.iter().find(|event| event.is_of_the_stack());
    let operation = match began.map(|event| event.status.as_str()) {
        Some("CREATE_IN_PROGRESS" | "REVIEW_IN_PROGRESS") => StackOperation::Create,
        Some("DELETE_IN_PROGRESS") => StackOperation::Delete,
        _ => StackOperation::Update,
    };
    let status = followed.stack.status.clone();
    let succeeded = match followed.stack.settled() {
        Settled::Gone => operation == StackOperation::Delete,
        Settled::Working => !status.contains("ROLLBACK"),
        Settled::Leftover | Settled::Shell | Settled::Busy | Settled::Stuck => false,
    };
    if succeeded {
        view.tell(&Event::NothingUnderWay { stack: stack.to_owned(), status });
        return Ok(());
    }
    let causes = root_causes(&followed.events);
    view.show(&Progress::RootCause { causes: causes.clone() });
    let settled = followed.stack.settled();
    let stack = stack.to_owned();
    Err(Failure::Watched(Box::new(match settled {
        Settled::Stuck => StepError::Stuck { stack, operation, status, causes },
        _ => StepError::RolledBack { stack, operation, status, causes },
    })))
}
