//! The transcript document that a finished job leaves in its output bucket.

use serde::Deserialize;
use serde_json::{Value, json};

/// A recognized word.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Word {
    /// The word.
    pub(super) content: String,
    /// The recognizer's confidence, from 0 to 1.
    pub(super) confidence: f64,
    /// Its start, in seconds.
    pub(super) start: f64,
    /// Its end, in seconds.
    pub(super) end: f64,
}

/// The document, in Transcribe's format ("Understanding Amazon Transcribe output", developer guide). The recognizer
/// hears no punctuation. `identified` is the language, if identification was requested.
pub(super) fn document(job_name: &str, account_id: &str, words: &[Word], identified: Option<&str>) -> Value {
    let text = words.iter().map(|word| word.content.as_str()).collect::<Vec<_>>().join(" ");
    let items: Vec<Value> = words
        .iter()
        .enumerate()
        .map(|(id, word)| {
            json!({
                "id": id,
                "type": "pronunciation",
                "alternatives": [{"confidence": format!("{:.3}", word.confidence), "content": word.content}],
                "start_time": format!("{:.2}", word.start),
                "end_time": format!("{:.2}", word.end),
            })
        })
        .collect();
    let segments: Vec<Value> = words
        .first()
        .zip(words.last())
        .map(|(first, last)| {
            json!({
                "id": 0,
                "transcript": text,
                "start_time": format!("{:.2}", first.start),
                "end_time": format!("{:.2}", last.end),
                "items": (0..words.len()).collect::<Vec<_>>(),
            })
        })
        .into_iter()
        .collect();
    let mut document = json!({
        "jobName": job_name,
        "accountId": account_id,
        "status": "COMPLETED",
        "results": {"transcripts": [{"transcript": text}], "items": items, "audio_segments": segments},
    });
    if let Some(code) = identified {
        document["results"]["language_code"] = json!(code);
        document["results"]["language_identification"] = json!([{"score": "1.0000", "code": code}]);
    }
    document
}

/// Numbers as the recognizer spells them.
const NUMBERS: &str = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen \
    sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand oh";
/// This many numbers in a row count as personal data.
const LONG_NUMBER: usize = 4;

/// Replaces personal data with `[PII]`, as the service does. The service recognizes names, addresses and more; here,
/// numbers in a row, like those of telephones and cards, represent all of it.
pub(super) fn redact(words: &mut Vec<Word>) {
    let is_number = |word: &Word| NUMBERS.split_whitespace().any(|number| number == word.content);
    let mut at = 0;
    while at < words.len() {
        let run = words[at..].iter().take_while(|word| is_number(word)).count();
        if run >= LONG_NUMBER {
            let end = words[at + run - 1].end;
            words[at] = Word { content: "[PII]".to_owned(), end, ..words[at].clone() };
            words.drain(at + 1..at + run);
        }
        at += if run >= LONG_NUMBER { 1 } else { run.max(1) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_items_and_text() {
        let word = |content: &str, start| Word {
            content: content.to_owned(),
            confidence: 0.5,
            start,
            end: start + 0.25,
        };
        let document = document("job", "111122223333", &[word("good", 0.5), word("day", 1.0)], None);
        assert_eq!(document["results"]["transcripts"][0]["transcript"], "good day");
        let expected = json!({
            "id": 1,
            "type": "pronunciation",
            "alternatives": [{"confidence": "0.500", "content": "day"}],
            "start_time": "1.00",
            "end_time": "1.25",
        });
        assert_eq!(document["results"]["items"][1], expected);
        assert_eq!(document["results"]["audio_segments"][0]["end_time"], "1.25");
    }

    #[test]
    fn silence_is_an_empty_transcript() {
        let document = document("job", "111122223333", &[], None);
        assert_eq!(document["results"]["transcripts"], json!([{"transcript": ""}]));
        assert_eq!(document["results"]["items"], json!([]));
    }

    #[test]
    fn long_numbers_are_redacted_and_the_language_is_told() {
        let text = "call two friends at five five oh one two three please";
        let mut words: Vec<Word> = text
            .split(' ')
            .map(|content| Word { content: content.to_owned(), confidence: 1.0, start: 0.0, end: 1.0 })
            .collect();
        redact(&mut words);
        let document = document("job", "111122223333", &words, Some("en-US"));
        assert_eq!(document["results"]["transcripts"][0]["transcript"], "call two friends at [PII] please");
        assert_eq!(document["results"]["language_code"], "en-US");
    }
}
