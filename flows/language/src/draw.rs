//! Draws flows as the designer would, for people who have no designer at hand.
//!
//! [`html`] is one page that needs nothing else: no network, no font, no library. [`mermaid`] is a text that many tools
//! render. Both show what the flow says to do; a flow that the service refuses can be drawn as well.

mod layout;
mod mermaid;
mod page;
mod route;
mod scene;
mod svg;
mod text;
mod words;

use crate::{Flow, Position};

/// One self-contained page with a drawing of each flow: blocks where the designer has them, or in layers where it has no
/// places; pan and zoom; light and dark. Whatever the flows say is shown as text: nothing in them is obeyed.
///
/// A flow is called by the `name` in its `Metadata`, or by its number: give it one where the file's name says more.
#[must_use]
pub fn html(flows: &[Flow]) -> String {
    page::write(flows)
}

/// A flow as a Mermaid flowchart.
#[must_use]
pub fn mermaid(flow: &Flow) -> String {
    mermaid::write(flow)
}

/// Where the blocks of a flow would stand if nobody had placed them: in the order of its actions, from the upper left
/// corner on, in the designer's pixels. Each stands right of those that lead to it.
#[must_use]
pub fn places(flow: &Flow) -> Vec<Position> {
    scene::places(flow)
}
