//! Renders parameters and facts into documents: the stack's template and the flows. Pure: the same input gives the same
//! text, and nothing is read or written.

mod alarms;
mod dashboard;
mod designer;
mod documents;
mod flows;
mod import_page;
mod retention;
mod stack;
mod templates;
mod transcripts;
mod watched;
mod words;

pub use alarms::TO_DO;
pub use documents::{FlowDocument, ParameterValue, Rendered, StackDocument, StackParameter};
pub use flows::contact_attributes;
pub use flows::name as flow_name;
pub use flows::wanted as wanted_flows;
pub use import_page::import_page;
pub use templates::RenderError;

use crate::facts::Facts;
use crate::params::Params;

/// Renders every document of an installation.
///
/// # Errors
/// [`RenderError`] if a template cannot be rendered, which is a bug.
pub fn render(params: &Params, facts: &Facts) -> Result<Rendered, RenderError> {
    Ok(Rendered {
        stack: stack::render(params, facts)?,
        flows: flows::wanted(params)
            .map(|key| flows::render(key, params, facts))
            .collect::<Result<_, _>>()?,
    })
}
