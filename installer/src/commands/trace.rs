//! `trace`: where a voicemail is.

use vmx_contract::objects::ContactId;

use super::open;
use crate::cli::ParamsArgs;
use crate::error::Failure;
use crate::event::{Event, View};
use crate::pipeline::{Pipeline, find_stack};
use crate::trace::{Outcome, look, story};

/// Tells a contact's story.
pub(super) async fn trace(
    params: &ParamsArgs,
    profile: Option<&str>,
    contact: &ContactId,
    view: &dyn View,
) -> Result<(), Failure> {
    let (params, cloud) = open(params, profile).await?;
    let pipeline = Pipeline::of(&find_stack(&cloud, params.stack.as_str()).await?)?;
    let trace = story(contact.as_str(), &look(&cloud, &params, &pipeline, contact).await);
    let (outcome, verdict) = (trace.outcome, trace.verdict.clone());
    view.show(&Event::Traced(Box::new(trace)));
    match outcome {
        Outcome::Delivered | Outcome::UnderWay => Ok(()),
        Outcome::Stopped | Outcome::Unknown => Err(Failure::NotDelivered { verdict }),
    }
}
