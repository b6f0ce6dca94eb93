//! Carries out decisions.
//!
//! The order matters if a step fails. The event is sent before the note is written, because a repeated event is
//! harmless and a lost one is not. A note only replaces the version that was read, so an ended voicemail does not
//! reappear. Removing `undelivered/` completes an end and comes last.

use aws_sdk_s3::primitives::ByteStream;
use jiff::Timestamp;
use serde_json::json;
use tracing::{info, warn};
use vmx_contract::objects::RECORDING_SUFFIX;
use vmx_contract::reminder::Reminder;
use vmx_contract::retention::Retention;
use vmx_contract::state::{Ended, Outcome, Undelivered};
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::failure::{Failure, Kind};
use vmx_lambda::retention;

use crate::config::{Clients, Config};
use crate::decide::Awaited;
use crate::look::{End, Found};

/// Sends the event for the next step again.
pub(crate) async fn push(
    clients: &Clients,
    config: &Config,
    id: &VoicemailId,
    awaited: &Awaited,
) -> Result<(), Failure> {
    let (queue, body) = match awaited {
        Awaited::Recording => {
            warn!("it was not recorded: its contact record waits in the retry queue, or is a dead letter");
            return Ok(());
        }
        Awaited::Transcription => {
            (&config.recordings_queue_url, object_created(&config.recordings_bucket, &id.recording_key()))
        }
        Awaited::Delivery(key) => {
            (&config.transcripts_queue_url, object_created(&config.transcripts_bucket, key))
        }
        Awaited::DeliveryWithout { due_at } => {
            (&config.transcripts_queue_url, Reminder { id: id.clone(), due_at: *due_at }.to_body())
        }
    };
    let sent = clients.sqs.send_message().queue_url(queue).message_body(body).send().await;
    sent.map_err(|error| Failure::of("sqs:SendMessage", &error))?;
    match awaited {
        Awaited::DeliveryWithout { .. } => info!("its transcript is due: notifying the packager"),
        _ => warn!(?awaited, "it stalled: sending the event again"),
    }
    Ok(())
}

/// S3's event for a new object, limited to the fields that the pipeline reads.
fn object_created(bucket: &str, key: &str) -> String {
    let reason = if key.ends_with(RECORDING_SUFFIX) { "recording" } else { "transcript" };
    json!({
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": bucket}, "object": {"key": key}, "reason": format!("{reason} stood still")},
    })
    .to_string()
}

/// Writes a note about a voicemail if the object still has this tag. Returns the new tag; `None` if the object was
/// changed or removed meanwhile.
pub(crate) async fn note(
    clients: &Clients,
    config: &Config,
    id: &VoicemailId,
    noted: &Undelivered,
    tag: &str,
) -> Result<Option<String>, Failure> {
    let request = clients.s3.put_object().bucket(&config.state_bucket).key(id.undelivered_key());
    let request = request.content_type("application/json").if_match(tag).body(json(noted)?);
    match request.send().await.map_err(|error| Failure::of("s3:PutObject", &error)) {
        Ok(written) => Ok(Some(written.e_tag.unwrap_or_default())),
        // Source: the Amazon S3 user guide, "Conditional writes": 404 if the object is gone, 409 if it is being
        // deleted.
        Err(failure)
            if failure.kind == Kind::NotFound
                || failure.is("PreconditionFailed")
                || failure.is("ConditionalRequestConflict") =>
        {
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}

/// Completes an end that was left unfinished.
pub(crate) async fn finish(
    clients: &Clients,
    config: &Config,
    id: &VoicemailId,
    found: &Found,
) -> Result<(), Failure> {
    let ended = match &found.end {
        End::None => return Ok(()),
        End::Witness(ended) => ended.clone(),
        End::OldMarker(at) => witness(clients, config, id, *at).await?,
    };
    if let Some(recorded_at) = found.progress.recorded_at {
        let kept = Retention::ended(recorded_at, ended.at);
        retention::begin(&clients.s3, &config.recordings_bucket, &id.recording_key(), kept).await?;
    }
    let request = clients.s3.delete_object().bucket(&config.state_bucket).key(id.undelivered_key());
    request.send().await.map_err(|error| Failure::of("s3:DeleteObject", &error))?;
    info!(outcome = %ended.outcome, "its end was incomplete and has been completed");
    Ok(())
}

/// Writes the end of a voicemail that the previous version delivered.
async fn witness(
    clients: &Clients,
    config: &Config,
    id: &VoicemailId,
    at: Timestamp,
) -> Result<Ended, Failure> {
    let ended = Ended::new(Outcome::Delivered, at);
    let request = clients.s3.put_object().bucket(&config.state_bucket).key(id.ended_key());
    let request = request.content_type("application/json").if_none_match("*").body(json(&ended)?);
    match request.send().await.map_err(|error| Failure::of("s3:PutObject", &error)) {
        Err(failure) if !failure.is("PreconditionFailed") => Err(failure),
        _ => Ok(ended),
    }
}

fn json(content: &impl serde::Serialize) -> Result<ByteStream, Failure> {
    let json = serde_json::to_vec(content);
    json.map(ByteStream::from).map_err(|error| Failure::new("s3:PutObject", Kind::Refused, error.to_string()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use vmx_lambda::event_bridge::Event;

    #[test]
    fn what_is_sent_again_is_read_as_an_event_of_s3() {
        let event = Event::parse(&object_created("bucket", "key.wav")).unwrap();
        assert_eq!(event, Event::ObjectCreated { bucket: "bucket".into(), key: "key.wav".into() });
    }
}
