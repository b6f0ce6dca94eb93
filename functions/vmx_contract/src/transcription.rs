//! The output of Amazon Transcribe: the JSON of a job.

use serde::Deserialize;

use crate::language;
use crate::package::Transcript;

/// A transcript and its properties.
#[derive(Debug, PartialEq, Eq)]
pub struct Heard {
    /// What was said.
    pub transcript: Transcript,
    /// The language that was identified.
    pub language: Option<String>,
    /// Whether personal data is redacted in it.
    pub redacted: bool,
}

impl From<Transcript> for Heard {
    fn from(transcript: Transcript) -> Self {
        Self { transcript, language: None, redacted: false }
    }
}

/// The needed parts of a job's output. Source: the Amazon Transcribe developer guide, transcription output.
#[derive(Deserialize)]
struct Output {
    results: Results,
}

#[derive(Deserialize)]
struct Results {
    transcripts: Vec<Text>,
    /// Present if the language was identified.
    language_code: Option<String>,
}

#[derive(Deserialize)]
struct Text {
    transcript: String,
}

impl Heard {
    /// Reads a job's output, JSON. If that is invalid, the transcription counts as failed, which does not hold up the
    /// voicemail.
    #[must_use]
    pub fn parse(json: &[u8]) -> Self {
        let Ok(output) = serde_json::from_slice::<Output>(json) else {
            let reason = "the transcript is not in the format documented by Amazon Transcribe".to_owned();
            return Transcript::Failed { reason }.into();
        };
        let words: Vec<String> = output.results.transcripts.into_iter().map(|text| text.transcript).collect();
        let text = words.join("\n").trim().to_owned();
        let language = output.results.language_code.as_deref().and_then(language::canonical);
        Self {
            language: language.map(str::to_owned),
            ..Self::from(if text.is_empty() { Transcript::Empty } else { Transcript::Completed { text } })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_words_are_read_and_silence_is_empty() {
        let output = |text: &str| {
            format!(
                r#"{{"jobName":"j","accountId":"1","status":"COMPLETED","results":{{"transcripts":[{{"transcript":"{text}"}}],"items":[]}}}}"#
            )
        };
        let heard = Heard::parse(output("Seven of clubs.").as_bytes());
        assert_eq!(heard, Transcript::Completed { text: "Seven of clubs.".into() }.into());
        assert_eq!(Heard::parse(output(" ").as_bytes()), Transcript::Empty.into());
        assert_eq!(Heard::parse(br#"{"results":{"transcripts":[]}}"#), Transcript::Empty.into());
    }

    #[test]
    fn the_identified_language_is_taken_if_it_is_one() {
        for (code, language) in [("es-US", Some("es-US")), ("xx", None)] {
            let json = format!(r#"{{"results":{{"language_code":"{code}","transcripts":[]}}}}"#);
            assert_eq!(Heard::parse(json.as_bytes()).language.as_deref(), language);
        }
    }

    proptest! {
        #[test]
        fn anything_else_is_a_failed_transcription(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(matches!(Heard::parse(&bytes).transcript, Transcript::Failed { .. }), "nothing that short is a transcript");
        }
    }
}
