//! The meaning of a plan's line, shown by its color.

/// The meaning of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// A heading.
    Heading,
    /// Nothing special.
    Plain,
    /// Something is added.
    Comes,
    /// Something is removed.
    Goes,
    /// Something is lost.
    Loud,
}
