//! What a line of a plan says by its color.

/// How a line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// A heading.
    Heading,
    /// Nothing special.
    Plain,
    /// Something comes.
    Comes,
    /// Something goes.
    Goes,
    /// Something is lost.
    Loud,
}
