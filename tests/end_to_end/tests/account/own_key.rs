//! The question whether Amazon Transcribe writes with a key of one's own, with what the transcriber's role may do.

use aws_config::SdkConfig;
use aws_sdk_transcribe::Client as Transcribe;
use aws_sdk_transcribe::error::ProvideErrorMetadata;
use aws_sdk_transcribe::types::{LanguageCode, Media, TranscriptionJobStatus as Status};
use end_to_end::Error;
use serde_json::{Value, json};
use tokio::time::{Duration, sleep};

use crate::open::told;
use crate::place::{Place, STACK};
use crate::role::{ask_as, once_effective, statements_of};
use crate::voicemail::Delivered;

/// The shortest time that AWS KMS keeps a key after its deletion was requested. Source: the API reference,
/// ScheduleKeyDeletion.
const DAYS: i32 = 7;
/// The transcript's key, which is no voicemail's.
const OUTPUT: &str = "question.json";

/// Transcribes the delivered voicemail once more, with a key that exists only meanwhile.
pub(crate) async fn transcribes(place: &Place, delivered: &Delivered) -> Result<String, Error> {
    let kms = aws_sdk_kms::Client::new(&place.config);
    let key = kms.create_key().description("For a question of an end-to-end test").send().await;
    let key = key.map_err(told)?.key_metadata().and_then(|key| key.arn()).ok_or("no key")?.to_owned();
    let answer = async {
        let mut statements = statements_of(place, "TranscriberRole").await?;
        statements.extend(may_use(place, &key)?);
        ask_as(place, &statements, async |config| job(place, config, delivered, &key).await).await
    };
    let answer = answer.await;
    kms.schedule_key_deletion().key_id(&key).pending_window_in_days(DAYS).send().await.map_err(told)?;
    answer
}

/// What the template's macro `may_use_key` adds for the transcriber.
fn may_use(place: &Place, key: &str) -> Result<[Value; 2], Error> {
    let region = place.config.region().ok_or("no region")?;
    let via = ["s3", "sqs", "transcribe"].map(|service| format!("{service}.{region}.amazonaws.com"));
    Ok(["kms:Decrypt", "kms:GenerateDataKey"].map(|action| {
        json!({
            "Effect": "Allow", "Action": action, "Resource": key,
            "Condition": {"StringEquals": {"kms:ViaService": via}},
        })
    }))
}

async fn job(place: &Place, config: &SdkConfig, delivered: &Delivered, key: &str) -> Result<String, Error> {
    let (transcribe, name) = (Transcribe::new(config), format!("{STACK}-{}", delivered.contact_id));
    let recording = format!("s3://{}/{}.wav", place.output("RecordingsBucket").await?, delivered.contact_id);
    let transcripts = place.output("TranscriptsBucket").await?;
    let started = once_effective(async || {
        let start = transcribe.start_transcription_job().transcription_job_name(&name);
        let start = start.language_code(LanguageCode::EnUs);
        let start = start.media(Media::builder().media_file_uri(&recording).build());
        let start = start.output_bucket_name(&transcripts).output_key(OUTPUT);
        match start.output_encryption_kms_key_id(key).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(error.message().map_or_else(|| told(&error).to_string(), str::to_owned)),
        }
    });
    if let Err(said) = started.await {
        return Ok(format!("no: {said}"));
    }
    let watching = Transcribe::new(&place.config);
    let job = loop {
        let read = watching.get_transcription_job().transcription_job_name(&name).send().await;
        let job = read.map_err(told)?.transcription_job.ok_or("no job")?;
        match job.transcription_job_status() {
            Some(Status::Completed | Status::Failed) => break job,
            _ => sleep(Duration::from_secs(1)).await,
        }
    };
    watching.delete_transcription_job().transcription_job_name(&name).send().await.map_err(told)?;
    if let Some(why) = job.failure_reason() {
        return Ok(format!("no: {why}"));
    }
    let written = place.s3().head_object().bucket(transcripts).key(OUTPUT).send().await.map_err(told)?;
    let with = written.ssekms_key_id().unwrap_or("a key that S3 does not name");
    Ok(if with == key { "yes, with the key".to_owned() } else { format!("yes, but with {with}") })
}
