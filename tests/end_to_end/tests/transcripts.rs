//! Failed or missing transcripts, and summaries: one voicemail, one delivery.

use std::time::Duration;

use end_to_end::{Error, Mailbox, Site, Voice};
use serde_json::{Value, json};

const SHORT: Duration = Duration::from_secs(2);

/// A long overdue reminder of a transcript, as the transcriber sends it.
fn overdue(contact_id: &str) -> Value {
    json!({
        "source": "vmx.transcriber",
        "detail-type": "Transcript Due",
        "detail": {"contactId": contact_id, "dueAt": "2026-01-01T00:00:00Z"},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_that_does_not_come_in_time_is_not_waited_for() -> Result<(), Error> {
    let site = Site::installed().await?;
    let recordings = site.output("RecordingsBucket").await?;
    let transcripts = site.output("TranscriptsBucket").await?;
    site.cloud.throttle("transcribe:StartTranscriptionJob", 1000);
    let call = site.leave(Voice::Tone(SHORT)).await?;
    let id = call.contact_id.as_str();
    let recording = format!("{id}.wav");
    site.until("there is a recording", async || Ok(site.keys(&recordings).await?.contains(&recording)))
        .await?;
    site.redeliver(Mailbox::Transcripts, &overdue(id)).await?;
    let task = site.task(id).await?;
    let description = task.description.clone();
    assert!(description.starts_with("(The transcript was not ready in time."), "{description}");
    assert!(site.listen(&task).await? == call.caller_pcm);

    // Now it arrives after all.
    site.cloud.throttle("transcribe:StartTranscriptionJob", 0);
    site.redeliver(Mailbox::Recordings, &site.object_created(&recordings, &recording)).await?;
    let transcript = format!("{id}.json");
    site.until("there is a transcript", async || Ok(site.keys(&transcripts).await?.contains(&transcript)))
        .await?;
    site.until("its job is deleted", async || Ok(!site.has_transcription_job(id).await?)).await?;
    site.redeliver(Mailbox::Transcripts, &overdue(id)).await?;

    // A later voicemail, on time, shows that all of this has been processed.
    let next = site.leave(Voice::Tone(SHORT)).await?;
    let description = site.task(&next.contact_id).await?.description;
    assert!(description.starts_with("(No speech was recognized."), "{description}");
    assert_eq!(site.tasks_of(id).len(), 1, "{:#?}", site.cloud.connect().tasks());
    site.cloud.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcription_that_fails_is_delivered_with_a_note() -> Result<(), Error> {
    // The local cloud's recognizer only knows English.
    let site = Site::with("default_language: de-DE\n").await?;
    let run = site.install().await?;
    assert_eq!(run.code, Some(0), "{run:#?}");
    let call = site.leave(Voice::Tone(SHORT)).await?;
    let description = site.task(&call.contact_id).await?.description;
    assert!(description.starts_with("(The transcription failed."), "{description}");
    site.cloud.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redacted_voicemail_is_summarized_by_the_granted_model() -> Result<(), Error> {
    let site = Site::with("transcription: {redact: true}\nsummary: {when: always}\n").await?;
    let run = site.install().await?;
    assert_eq!(run.code, Some(0), "{run:#?}");
    let call = site.leave(Voice::AmiableWoman).await?;
    let id = call.contact_id.as_str();
    let task = site.task(id).await?;
    let description = task.description.clone();
    assert!(
        description.starts_with("Summary: ") && description.contains("woman"),
        "{description}\n{}",
        site.log_tail()
    );
    let summary = task.references.get("Summary").map(|reference| reference.value.clone()).unwrap_or_default();
    assert!(!summary.is_empty() && summary.chars().count() <= 500, "{summary}");
    assert!(!description.contains("not redacted"), "{description}");
    let transcripts = site.keys(&site.output("TranscriptsBucket").await?).await?;
    assert!(transcripts.contains(&format!("redacted-{id}.json")), "{transcripts:?}");
    site.cloud.stop().await;
    Ok(())
}
