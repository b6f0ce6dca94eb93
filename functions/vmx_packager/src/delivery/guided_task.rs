//! Delivery as an Amazon Connect task with an agent guide.
//!
//! It is a task like any other, routed by a flow that also sets its guide. It carries no link: the guide creates one
//! when the agent opens it.

use vmx_contract::delivered::Receipt;
use vmx_contract::mode::Mode;
use vmx_lambda::failure::{Failure, Kind};

use super::task::{Flows, Form, start};
use super::{Deliver, Delivery};

/// Delivery as a guided task.
#[derive(Debug)]
pub(super) struct GuidedTask;

impl Deliver for GuidedTask {
    /// Recognized by the request's token.
    const KNOWS_REPETITIONS: bool = true;

    async fn deliver(&self, delivery: &Delivery<'_>) -> Result<Receipt, Failure> {
        let Delivery { config, package, .. } = *delivery;
        let Some(guide) = &config.guide else {
            let why = "the function has no flow for guided tasks; install again";
            return Err(Failure::new("deliver", Kind::Refused, why));
        };
        let form = Form::guided(config.words, package, &guide.function_arn);
        // Never the flow that a contact names for its task: it would set no guide.
        let flows = Flows { own: None, installed: &guide.task_flow_id };
        let contact = start(delivery, &form, flows).await?;
        Ok(Receipt::new(Mode::GuidedTask).with_reference(contact))
    }
}
