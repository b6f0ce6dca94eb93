//! Draws flows like the designer, for people without a designer.
//!
//! [`html`] is one self-contained page: no network, no font, no library. [`mermaid`] is a text that many tools render.
//! Both show what the flow says; a flow that the service refuses can be drawn too.

mod layout;
mod mermaid;
mod page;
mod route;
mod scene;
mod svg;
mod text;
mod words;

use crate::{Action, Flow, Position};

/// One self-contained page with a drawing of each flow: blocks at the designer's positions, or in layers without them;
/// pan and zoom; light and dark. Everything in the flows is shown as text and nothing is executed.
///
/// A flow is named by the `name` in its `Metadata`, or by its number: set it if the file's name says more.
#[must_use]
pub fn html(flows: &[Flow]) -> String {
    page::write(flows)
}

/// The style of pages that look like [`html`]'s: colors, light and dark, and headings.
pub const LOOK: &str = page::LOOK;

/// A flow as a Mermaid flowchart.
#[must_use]
pub fn mermaid(flow: &Flow) -> String {
    mermaid::write(flow)
}

/// A block's name, and the console's name of its type. A block that has only a UUID is named by its type, followed by
/// enough of the UUID to find it.
#[must_use]
pub fn block_title(action: &Action) -> (String, String) {
    words::title(action)
}

/// Positions for the blocks of a flow without any: in the order of its actions, from the upper left corner, in the
/// designer's pixels. Each block is right of those that lead to it.
#[must_use]
pub fn places(flow: &Flow) -> Vec<Position> {
    scene::places(flow)
}
