//! The model that summarizes.

use crate::finding::{Code, Finding};
use vmx_model::params::Params;

/// Says that the model was not checked. Empty without summaries. Invoking it would cost money and prove nothing about
/// the function, which has its own role, and a whole client more for one question is too much. Source for the command: the
/// Amazon Bedrock API reference, GetFoundationModelAvailability.
pub(super) fn check(params: &Params) -> Option<Finding> {
    let model = params.summarizing_model()?;
    let region = &params.region;
    Some(Finding::warning(
        Code::Model,
        format!("access to {} in {region} is not checked", model.id),
        "without access, voicemails have no summary, and the log of vmx_packager shows why",
        format!(
            "check with `aws bedrock get-foundation-model-availability --region {region} --model-id {}`, \
             which is free: every answer should be AVAILABLE or AUTHORIZED",
            model.foundation
        ),
    ))
}
