//! The JSON that Amazon Transcribe writes.

use vmx_contract::package::Transcript;
use vmx_contract::transcription::Heard;

/// Anything is a transcript, silence, or a failure that holds no voicemail back.
pub(crate) fn claim(json: &[u8]) {
    let heard = Heard::parse(json);
    assert!(!heard.redacted);
    if let Transcript::Completed { text } = heard.transcript {
        assert!(!text.trim().is_empty());
    }
    if let Some(language) = heard.language {
        assert_eq!(vmx_contract::language::canonical(&language), Some(language.as_str()));
    }
}
