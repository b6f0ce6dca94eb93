//! Keys that several readers know.

/// The key under which an administrator chooses the keys.
pub(super) const OPEN: &str = "tags";
