//! What Amazon Transcribe wrote.

use aws_sdk_s3::Client as S3;
use serde::Deserialize;
use vmx_contract::objects::ContactId;
use vmx_contract::package::Transcript;
use vmx_lambda::failure::{Failure, Kind};

/// The largest transcript that is read, in bytes. An hour of speech makes about 3 MB, since every word is there with
/// its times and its alternatives.
const LARGEST: usize = 16 * 1024 * 1024;

/// A job's result, as far as it is needed. Source: the Amazon Transcribe developer guide, transcription output.
#[derive(Deserialize)]
struct Output {
    results: Results,
}

#[derive(Deserialize)]
struct Results {
    transcripts: Vec<Text>,
}

#[derive(Deserialize)]
struct Text {
    transcript: String,
}

/// Reads a job's result, JSON. What cannot be read is a failed transcription, for which no voicemail is held back.
pub(crate) fn parse(json: &[u8]) -> Transcript {
    let Ok(output) = serde_json::from_slice::<Output>(json) else {
        return failed("the transcript is not in the form that Amazon Transcribe documents");
    };
    let words: Vec<String> = output.results.transcripts.into_iter().map(|text| text.transcript).collect();
    let text = words.join("\n").trim().to_owned();
    if text.is_empty() { Transcript::Empty } else { Transcript::Completed { text } }
}

/// Fetches the transcript of a contact.
///
/// # Errors
/// When it is there but cannot be read at the moment, or not with this function's permissions.
pub(crate) async fn fetch(s3: &S3, bucket: &str, contact_id: &ContactId) -> Result<Transcript, Failure> {
    let failure = |error| Failure::of("s3:GetObject", &error);
    let mut object =
        match s3.get_object().bucket(bucket).key(contact_id.transcript_key()).send().await.map_err(failure) {
            Ok(object) => object,
            Err(failure) if failure.kind == Kind::NotFound => {
                return Ok(failed("the transcript was deleted"));
            }
            Err(failure) => return Err(failure),
        };
    let mut json = Vec::new();
    loop {
        match object.body.try_next().await {
            Ok(Some(chunk)) if json.len() + chunk.len() > LARGEST => {
                return Ok(failed("the transcript is larger than 16 MiB"));
            }
            Ok(Some(chunk)) => json.extend_from_slice(&chunk),
            Ok(None) => return Ok(parse(&json)),
            Err(error) => return Err(Failure::broken_off("s3:GetObject", &error)),
        }
    }
}

/// Why a job failed, in Transcribe's words. Not to know it holds no voicemail back.
pub(crate) async fn failure_reason(
    transcribe: &aws_sdk_transcribe::Client,
    contact_id: &ContactId,
) -> Transcript {
    let request = transcribe.get_transcription_job().transcription_job_name(contact_id.as_str());
    match request.send().await {
        Ok(answer) => {
            let reason = answer.transcription_job.and_then(|job| job.failure_reason);
            failed(&reason.unwrap_or_else(|| "Amazon Transcribe gives no reason".to_owned()))
        }
        Err(error) => {
            let failure = Failure::of("transcribe:GetTranscriptionJob", &error);
            tracing::warn!(%failure, "why the transcription failed is not known");
            failed("the reason could not be read")
        }
    }
}

fn failed(reason: &str) -> Transcript {
    Transcript::Failed { reason: reason.to_owned() }
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
        assert_eq!(
            parse(output("Seven of clubs.").as_bytes()),
            Transcript::Completed { text: "Seven of clubs.".into() }
        );
        assert_eq!(parse(output(" ").as_bytes()), Transcript::Empty);
        assert_eq!(parse(br#"{"results":{"transcripts":[]}}"#), Transcript::Empty);
    }

    proptest! {
        #[test]
        fn anything_else_is_a_failed_transcription(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(matches!(parse(&bytes), Transcript::Failed { .. }), "nothing that short is a transcript");
        }
    }
}
