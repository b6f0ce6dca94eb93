//! Ends a voicemail: records the end first, then does everything that depends on it.
//!
//! A repeated message recovers from a crash in between: it finds the recorded end and repeats the rest. The
//! undelivered entry is removed last, so that the watchdog retries unfinished work.

use jiff::Timestamp;
use tracing::{debug, warn};
use vmx_contract::attributes::{Attributes, Prefix};
use vmx_contract::retention::Retention;
use vmx_contract::state::Ended;
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::failure::{Failure, Kind};
use vmx_lambda::retention;

use crate::config::{Clients, Config};
use crate::contact;
use crate::store::{Only, Written};

/// Records permanently how a voicemail ended. Returns whether it was the first to do so.
pub(crate) async fn witness(
    clients: &Clients,
    config: &Config,
    id: &VoicemailId,
    ended: &Ended,
) -> Result<bool, Failure> {
    let written = config.state(clients).put(&id.ended_key(), ended, Only::IfAbsent).await?;
    Ok(matches!(written, Written::Now(_)))
}

/// An ended voicemail, with the data for the remaining steps.
#[derive(Debug)]
pub(crate) struct Rest<'a> {
    pub(crate) clients: &'a Clients,
    pub(crate) config: &'a Config,
    pub(crate) id: &'a VoicemailId,
    pub(crate) ended_at: Timestamp,
    /// When the recording was written; `None` if it is deleted.
    pub(crate) recorded_at: Option<Timestamp>,
    /// The prefix of the contact's attributes, if the recording has it.
    pub(crate) prefix: Option<Prefix>,
    /// The contact's attributes, if they are known already.
    pub(crate) attributes: Option<&'a Attributes>,
}

impl Rest<'_> {
    /// Does what follows an end: the recording's retention starts, the transcription job is deleted, the contact is
    /// updated, and finally the undelivered entry is removed.
    ///
    /// # Errors
    /// If a service is unreachable, or S3 refuses: then repeat this.
    pub(crate) async fn finish(&self) -> Result<(), Failure> {
        let (tagged, deleted, said) =
            tokio::join!(self.begin_retention(), self.delete_job(), self.say_on_contact());
        tagged.and(deleted).and(said)?;
        self.config.state(self.clients).delete(&self.id.undelivered_key()).await
    }

    async fn begin_retention(&self) -> Result<(), Failure> {
        let Some(recorded_at) = self.recorded_at else { return Ok(()) };
        let ended = Retention::ended(recorded_at, self.ended_at);
        let (s3, bucket) = (&self.clients.s3, &self.config.recordings_bucket);
        retention::begin(s3, bucket, &self.id.recording_key(), ended).await
    }

    /// Deletes the transcription job, so that job listings show only unfinished ones. The previous version's jobs have
    /// other names, which this function may not touch: Amazon Transcribe removes them itself.
    async fn delete_job(&self) -> Result<(), Failure> {
        let name = self.id.job_name(&self.config.stack);
        let request = self.clients.transcribe.delete_transcription_job().transcription_job_name(name);
        let answer = request.send().await;
        match answer.map_err(|error| Failure::of("transcribe:DeleteTranscriptionJob", &error)) {
            Ok(_) => {}
            // Source: the API reference. The job is gone or still running. In the latter case its transcript's event
            // arrives here, and then it can be deleted.
            Err(failure) if failure.is("BadRequestException") || failure.kind == Kind::NotFound => {
                debug!(%failure, "no job of this name can be deleted");
            }
            Err(failure) if failure.kind == Kind::Transient => return Err(failure),
            Err(failure) => {
                warn!(%failure, "the voicemail has ended, but could not delete its transcription job");
            }
        }
        Ok(())
    }

    async fn say_on_contact(&self) -> Result<(), Failure> {
        let Self { clients, config, id, prefix, .. } = *self;
        if let Some(attributes) = self.attributes {
            return contact::say_ended(clients, config, id, prefix, attributes).await;
        }
        let attributes = contact::attributes(clients, config, id.contact()).await?;
        contact::say_ended(clients, config, id, prefix, &attributes).await
    }
}
