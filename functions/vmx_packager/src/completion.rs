//! What follows a delivery.

use aws_sdk_s3::Client as S3;
use aws_sdk_s3::primitives::ByteStream;
use tracing::{debug, warn};
use vmx_contract::attributes::{FLAG_DONE, Name};
use vmx_contract::delivered::Delivered;
use vmx_contract::objects::ContactId;
use vmx_contract::voicemail::Voicemail;
use vmx_lambda::failure::{Failure, Kind};

use crate::config::{Clients, Config};

/// Whether a voicemail has been delivered by every mode.
pub(crate) async fn is_delivered(s3: &S3, config: &Config, contact_id: &ContactId) -> Result<bool, Failure> {
    let request = s3.head_object().bucket(&config.transcripts_bucket).key(contact_id.delivered_key());
    match request.send().await.map_err(|error| Failure::of("s3:HeadObject", &error)) {
        Ok(_) => Ok(true),
        Err(failure) if failure.kind == Kind::NotFound => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// Says for ever that a voicemail has been delivered by every mode. Returns whether nobody had said so before.
pub(crate) async fn mark_delivered(
    s3: &S3,
    config: &Config,
    contact_id: &ContactId,
    delivered: &Delivered,
) -> Result<bool, Failure> {
    let marker = serde_json::to_vec(delivered)
        .map_err(|error| Failure::new("s3:PutObject", Kind::Refused, error.to_string()))?;
    let request = s3
        .put_object()
        .bucket(&config.transcripts_bucket)
        .key(contact_id.delivered_key())
        .content_type("application/json")
        .if_none_match("*")
        .body(ByteStream::from(marker));
    match request.send().await.map_err(|error| Failure::of("s3:PutObject", &error)) {
        Ok(_) => Ok(true),
        // Source: the S3 user guide, conditional writes.
        Err(failure) if failure.is("PreconditionFailed") => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// Deletes the transcription job and resets the contact's flag, so that neither a listing of jobs nor a contact record
/// that comes again shows a voicemail that is still to be done.
///
/// # Errors
/// When a service is out of reach: then this is to be repeated. What a service refuses is logged only: the voicemail
/// is delivered and stays marked as such.
pub(crate) async fn clean_up(
    clients: &Clients,
    config: &Config,
    voicemail: &Voicemail,
) -> Result<(), Failure> {
    let id = voicemail.contact_id.as_str();
    let job = clients.transcribe.delete_transcription_job().transcription_job_name(id).send().await;
    let flag = clients
        .connect
        .update_contact_attributes()
        .instance_id(config.instance.id())
        .initial_contact_id(id)
        .attributes(voicemail.prefix.attribute(Name::Flag), FLAG_DONE)
        .send()
        .await;
    let job = job.map(drop).map_err(|error| Failure::of("transcribe:DeleteTranscriptionJob", &error));
    let job = match job {
        // Source: the API reference. There is no such job any more, or one that still runs: its transcript's event
        // comes here, and then it can be deleted.
        Err(failure) if failure.is("BadRequestException") => {
            debug!(%failure, "there is no job that can be deleted");
            Ok(())
        }
        answer => answer,
    };
    let flag = flag.map(drop).map_err(|error| Failure::of("connect:UpdateContactAttributes", &error));
    for done in [job, flag] {
        match done {
            Err(failure) if failure.kind == Kind::Transient => return Err(failure),
            // Deleted before, or a contact that Connect no longer keeps: there is nothing to reset.
            Err(failure) if failure.kind == Kind::NotFound => {}
            Err(failure) => warn!(%failure, "the voicemail is delivered, but this was refused after it"),
            Ok(()) => {}
        }
    }
    Ok(())
}
