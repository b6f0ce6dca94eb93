//! The transcript of a voicemail: available, failed, or not ready yet.

use aws_sdk_s3::Client as S3;
use vmx_contract::package::Transcript;
use vmx_contract::transcription::Heard;
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::failure::{Failure, Kind};

use crate::config::{Clients, Config};

/// The largest transcript to read, in bytes. An hour of speech takes about 3 MB, because every word has its times and
/// alternatives.
const LARGEST: usize = 16 * 1024 * 1024;

/// The status of a job without a transcript.
pub(crate) const JOB_FAILED: &str = "FAILED";

/// Fetches an announced transcript, redacted or not.
///
/// # Errors
/// If it exists but cannot be read at the moment, or not with this function's permissions.
pub(crate) async fn fetch(s3: &S3, bucket: &str, id: &VoicemailId, redacted: bool) -> Result<Heard, Failure> {
    let found = find(s3, bucket, id, redacted).await?;
    Ok(found.unwrap_or_else(|| failed("the transcript was deleted").into()))
}

/// The current state of a transcript, if there is one.
///
/// # Errors
/// If S3 or Transcribe is unreachable.
pub(crate) async fn outcome(
    clients: &Clients,
    config: &Config,
    id: &VoicemailId,
) -> Result<Option<Heard>, Failure> {
    let bucket = &config.transcripts_bucket;
    let job = id.job_name(&config.stack);
    let (plain, redacted, failure) = tokio::join!(
        find(&clients.s3, bucket, id, false),
        find(&clients.s3, bucket, id, true),
        job_failure(clients, &job),
    );
    if let Some(heard) = plain? {
        return Ok(Some(heard));
    }
    if let Some(heard) = redacted? {
        return Ok(Some(heard));
    }
    Ok(failure?.map(|reason| failed(&reason).into()))
}

/// Why a job failed, if it did.
async fn job_failure(clients: &Clients, name: &str) -> Result<Option<String>, Failure> {
    let request = clients.transcribe.get_transcription_job().transcription_job_name(name);
    match request.send().await.map_err(|error| Failure::of("transcribe:GetTranscriptionJob", &error)) {
        Ok(answer) => {
            let job = answer.transcription_job;
            let ended = job.filter(|job| {
                job.transcription_job_status.as_ref().is_some_and(|status| status.as_str() == JOB_FAILED)
            });
            Ok(ended.map(|job| job.failure_reason.unwrap_or_else(|| NO_REASON.to_owned())))
        }
        Err(failure) if failure.kind == Kind::Transient => Err(failure),
        // Perhaps no job has started yet, or the previous version named it.
        Err(_) => Ok(None),
    }
}

async fn find(s3: &S3, bucket: &str, id: &VoicemailId, redacted: bool) -> Result<Option<Heard>, Failure> {
    let key = if redacted { id.redacted_transcript_key() } else { id.transcript_key() };
    let failure = |error| Failure::of("s3:GetObject", &error);
    let mut object = match s3.get_object().bucket(bucket).key(key).send().await.map_err(failure) {
        Ok(object) => object,
        Err(failure) if failure.kind == Kind::NotFound => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let mut json = Vec::new();
    loop {
        match object.body.try_next().await {
            Ok(Some(chunk)) if json.len() + chunk.len() > LARGEST => {
                return Ok(Some(failed("the transcript is larger than 16 MiB").into()));
            }
            Ok(Some(chunk)) => json.extend_from_slice(&chunk),
            Ok(None) => return Ok(Some(Heard { redacted, ..Heard::parse(&json) })),
            Err(error) => return Err(Failure::broken_off("s3:GetObject", &error)),
        }
    }
}

/// Replaces a missing reason.
const NO_REASON: &str = "Amazon Transcribe gave no reason";

/// Transcribe's reason for a failed job. An unknown reason does not hold up the voicemail.
pub(crate) async fn failure_reason(transcribe: &aws_sdk_transcribe::Client, job: &str) -> Transcript {
    let request = transcribe.get_transcription_job().transcription_job_name(job);
    match request.send().await {
        Ok(answer) => {
            let reason = answer.transcription_job.and_then(|job| job.failure_reason);
            failed(reason.as_deref().unwrap_or(NO_REASON))
        }
        Err(error) => {
            let failure = Failure::of("transcribe:GetTranscriptionJob", &error);
            tracing::warn!(%failure, "the reason for the failed transcription is unknown");
            failed("the reason could not be read")
        }
    }
}

fn failed(reason: &str) -> Transcript {
    Transcript::Failed { reason: reason.to_owned() }
}
