//! Keys shared by several readers.

/// Stands for keys that an administrator chooses.
pub(super) const OPEN: &str = "tags";
