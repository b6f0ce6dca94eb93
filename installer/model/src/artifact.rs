//! A function that is built and packaged.

use std::path::PathBuf;

/// A function's deployment package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Name of its crate.
    pub function: String,
    /// The zip, with one file, `bootstrap`.
    pub path: PathBuf,
    /// SHA-256 of the zip, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Size of the zip in bytes.
    pub bytes: u64,
}
