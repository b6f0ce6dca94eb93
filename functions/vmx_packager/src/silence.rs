//! Messages with audio but without speech.

use vmx_contract::package::Transcript;
use vmx_contract::state::Silent;

/// A recording with less non-silent audio than this has no words, in ms.
const SHORTEST_WORD_MS: u64 = 100;

/// What to do with a message without speech, if it is one. The recorder's measurement and Amazon Transcribe must agree:
/// a failed or late transcript says nothing, and the earlier version's recordings were not measured.
pub(crate) fn choose(voiced_ms: Option<u64>, transcript: &Transcript, choice: Silent) -> Option<Silent> {
    let is_quiet = voiced_ms.is_some_and(|ms| ms < SHORTEST_WORD_MS);
    (is_quiet && *transcript == Transcript::Empty).then_some(choice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_both_call_silent_is() {
        let words = Transcript::Completed { text: "Seven.".into() };
        let failed = Transcript::Failed { reason: "x".into() };
        for (voiced, transcript, is_silent) in [
            (Some(0), Transcript::Empty, true),
            (Some(99), Transcript::Empty, true),
            (Some(100), Transcript::Empty, false),
            (None, Transcript::Empty, false),
            (Some(0), words, false),
            (Some(0), failed, false),
            (Some(0), Transcript::Late, false),
        ] {
            let found = choose(voiced, &transcript, Silent::Drop);
            assert_eq!(found, is_silent.then_some(Silent::Drop), "{voiced:?} {transcript:?}");
        }
    }
}
