//! Voicemails without progress are found and retried without an event or an operator.

use std::time::Duration;

use end_to_end::{Error, Mailbox, Site, Voice};
use vmx_contract::state::Outcome;

/// A rule is off during a call: the recording exists, but was not announced.
#[tokio::test(flavor = "multi_thread")]
async fn what_no_event_announced_is_delivered_all_the_same() -> Result<(), Error> {
    let site = Site::installed().await?;
    site.switch_rule("RecordingCreatedRule", false).await?;
    let call = site.leave(Voice::Tone(Duration::from_secs(3))).await?;
    let id = call.contact_id.clone();
    let recordings = site.output("RecordingsBucket").await?;
    let recording = format!("{id}.wav");
    site.until("the recording is there", async || Ok(site.keys(&recordings).await?.contains(&recording)))
        .await?;
    site.switch_rule("RecordingCreatedRule", true).await?;
    assert_eq!(site.undelivered().await?, [id.as_str()]);
    site.age(&id).await?;
    site.cloud.tick(None).await?;
    site.task(&id).await?;
    site.until("it has ended", async || Ok(site.undelivered().await?.is_empty())).await?;
    assert_eq!(site.outcome(&id).await?, Some(Outcome::Delivered));
    assert_eq!(site.tasks_of(&id).len(), 1);
    site.cloud.stop().await;
    Ok(())
}

/// The transcript exists, but was not announced.
#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_that_no_event_announced_is_found() -> Result<(), Error> {
    let site = Site::installed().await?;
    site.switch_rule("TranscriptCreatedRule", false).await?;
    let call = site.save(Voice::AmiableWoman).await?;
    let id = call.contact_id.clone();
    let transcripts = site.output("TranscriptsBucket").await?;
    let transcript = format!("{id}.json");
    site.until("the transcript is there", async || Ok(site.keys(&transcripts).await?.contains(&transcript)))
        .await?;
    site.switch_rule("TranscriptCreatedRule", true).await?;
    site.age(&id).await?;
    site.cloud.tick(None).await?;
    let task = site.task(&id).await?;
    assert!(!task.description.contains("not ready in time"));
    site.until("it has ended", async || Ok(site.undelivered().await?.is_empty())).await?;
    site.cloud.stop().await;
    Ok(())
}

/// The packager was off for longer than its queue keeps messages.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_queue_has_expired_is_delivered_all_the_same() -> Result<(), Error> {
    let site = Site::installed().await?;
    site.switch_trigger("TranscriptsQueueTrigger", false).await?;
    let id = site.leave(Voice::Tone(Duration::from_secs(2))).await?.contact_id;
    site.until("it is announced", async || Ok(site.depth("TranscriptsQueueUrl").await? > 0)).await?;
    site.expire(Mailbox::Transcripts).await?;
    site.switch_trigger("TranscriptsQueueTrigger", true).await?;
    site.age(&id).await?;
    site.cloud.tick(None).await?;
    site.task(&id).await?;
    site.delivered(&[id]).await?;
    site.cloud.stop().await;
    Ok(())
}
