//! `trace`: where a voicemail is.

use vmx_contract::voicemail_id::VoicemailId;

use super::installation::connect;
use crate::cli::InstallationArgs;
use crate::error::Failure;
use crate::event::{Event, EventView};
use vmx_engine::pipeline::{Pipeline, find_stack};
use vmx_engine::trace::{Outcome, look, messages, story};

/// Shows the history of one message of a contact, or of all.
pub(super) async fn trace(
    installation: &InstallationArgs,
    profile: Option<&str>,
    asked: &VoicemailId,
    view: &dyn EventView,
) -> Result<(), Failure> {
    let (params, cloud) = connect(installation, profile, view).await?;
    let stack = find_stack(&cloud, params.stack.as_str()).await?;
    let pipeline = Pipeline::of(&stack)?;
    let mut stopped = Vec::new();
    for id in messages(&cloud, &pipeline, asked).await {
        let trace = story(&id.to_string(), &look(&cloud, &params, &stack, &pipeline, &id).await);
        if matches!(trace.outcome, Outcome::Stopped | Outcome::Unknown) {
            stopped.push(trace.verdict.clone());
        }
        view.tell(&Event::Traced(Box::new(trace)));
    }
    if stopped.is_empty() { Ok(()) } else { Err(Failure::NotDelivered { verdict: stopped.join(". ") }) }
}
