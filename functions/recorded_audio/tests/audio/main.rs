//! Recordings in all formats, as they are and as they should not be.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod beep;
mod conversion;
mod excerpts;
mod files;
mod headers;
