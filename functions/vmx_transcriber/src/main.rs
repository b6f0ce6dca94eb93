//! Step 2: a transcription job for each recording.

fn main() {}
