//! How many items of a batch a function works on at the same time: what the installer reckons with.

/// Voicemails that are recorded. Each holds two parts of an upload, and one connection to its stream.
pub const RECORDED: usize = 4;
/// Recordings that are given to Transcribe: more would only meet its quota of calls sooner.
pub const TRANSCRIBED: usize = 4;
/// Voicemails that are packaged: Connect allows few calls a second.
pub const PACKAGED: usize = 2;
