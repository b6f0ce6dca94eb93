//! The transcript document that a finished job leaves in its output bucket.

use serde::Deserialize;
use serde_json::{Value, json};

/// A recognised word.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Word {
    /// The word.
    pub(super) content: String,
    /// How sure the recogniser is, from 0 to 1.
    pub(super) confidence: f64,
    /// Where it begins, in seconds.
    pub(super) start: f64,
    /// Where it ends, in seconds.
    pub(super) end: f64,
}

/// The document, in the shape of Transcribe's ("Understanding Amazon Transcribe output", developer guide). The recogniser
/// hears no punctuation.
pub(super) fn document(job_name: &str, account_id: &str, words: &[Word]) -> Value {
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
    json!({
        "jobName": job_name,
        "accountId": account_id,
        "status": "COMPLETED",
        "results": {"transcripts": [{"transcript": text}], "items": items, "audio_segments": segments},
    })
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
        let document = document("job", "111122223333", &[word("good", 0.5), word("day", 1.0)]);
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
        let document = document("job", "111122223333", &[]);
        assert_eq!(document["results"]["transcripts"], json!([{"transcript": ""}]));
        assert_eq!(document["results"]["items"], json!([]));
    }
}
