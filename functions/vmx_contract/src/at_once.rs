//! How many items of a batch a function processes concurrently. The installer's sizing uses these.

/// Voicemails being recorded. Each needs two parts of an upload, and one connection to its stream.
pub const RECORDED: usize = 4;
/// Recordings being sent to Transcribe: more would only reach its quota of calls sooner.
pub const TRANSCRIBED: usize = 4;
/// Voicemails being packaged: Connect allows few calls per second.
pub const PACKAGED: usize = 2;
