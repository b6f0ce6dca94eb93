//! Duplicates, interruptions and throttling: one voicemail becomes one task.

use std::time::Duration;

use end_to_end::{Error, Mailbox, Site, Voice};
use local_cloud::call::CallOutcome;

const SHORT: Duration = Duration::from_secs(2);

/// Waits until the voicemail has become one task and pending events have been processed.
async fn settled(site: &Site, call: &CallOutcome) -> Result<(), Error> {
    site.task(&call.contact_id).await?;
    for queue in ["RetryQueueUrl", "RecordingsQueueUrl", "TranscriptsQueueUrl"] {
        site.until(&format!("{queue} is empty"), async || Ok(site.depth(queue).await? == 0)).await?;
    }
    for letters in
        ["RetryQueueDeadLettersUrl", "RecordingsQueueDeadLettersUrl", "TranscriptsQueueDeadLettersUrl"]
    {
        assert_eq!(site.depth(letters).await?, 0, "{letters}\n{}", site.log_tail());
    }
    assert_eq!(site.tasks_of(&call.contact_id).len(), 1, "{:#?}", site.cloud.connect().tasks());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_delivered_twice_makes_one_task() -> Result<(), Error> {
    let site = Site::installed().await?;
    let call = site.leave(Voice::Tone(SHORT)).await?;
    let id = call.contact_id.as_str();
    settled(&site, &call).await?;
    let recordings = site.output("RecordingsBucket").await?;
    let transcripts = site.output("TranscriptsBucket").await?;
    let first = site.last_modified(&recordings, &format!("{id}.wav")).await?;

    // The contact record again, as it was before the flag was reset.
    site.repeat_contact_record(&call).await?;
    // Each step's event again.
    site.redeliver(Mailbox::Recordings, &site.object_created(&recordings, &format!("{id}.wav"))).await?;
    site.redeliver(Mailbox::Transcripts, &site.object_created(&transcripts, &format!("{id}.json"))).await?;

    // A later voicemail shows that all of this has been processed.
    let next = site.leave(Voice::Tone(SHORT)).await?;
    settled(&site, &next).await?;
    settled(&site, &call).await?;
    assert_eq!(site.last_modified(&recordings, &format!("{id}.wav")).await?, first, "recorded twice");
    site.cloud.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_call_is_made_again() -> Result<(), Error> {
    let site = Site::installed().await?;
    for action in [
        "kinesisvideo:ListFragments",
        "kinesisvideo:GetMediaForFragmentList",
        "s3:PutObject",
        "transcribe:StartTranscriptionJob",
        "connect:StartTaskContact",
        "connect:UpdateContactAttributes",
    ] {
        site.cloud.throttle(action, 2);
    }
    let call = site.leave(Voice::Tone(SHORT)).await?;
    settled(&site, &call).await?;
    assert!(site.listen(&site.task(&call.contact_id).await?).await? == call.caller_pcm);
    site.cloud.stop().await;
    Ok(())
}

/// The call succeeds but its response is lost, each time the function retries: for the voicemail, this is as if the
/// function had died right after it. Then the step's event is redelivered.
#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_dies_between_two_calls_makes_one_task() -> Result<(), Error> {
    let site = Site::installed().await?;
    let recordings = site.output("RecordingsBucket").await?;
    let transcripts = site.output("TranscriptsBucket").await?;
    for action in [
        "s3:PutObject",
        "transcribe:StartTranscriptionJob",
        "connect:StartTaskContact",
        "transcribe:DeleteTranscriptionJob",
        "connect:UpdateContactAttributes",
    ] {
        site.cloud.lose_answers(action, 3);
        let call = site.leave(Voice::Tone(SHORT)).await?;
        let id = call.contact_id.as_str();
        site.until(&format!("the answers to {action} are lost"), async || {
            Ok(site.cloud.answers_to_lose(action) == 0)
        })
        .await?;
        site.repeat_contact_record(&call).await?;
        site.until("there is a recording", async || {
            Ok(site.keys(&recordings).await?.contains(&format!("{id}.wav")))
        })
        .await?;
        site.redeliver(Mailbox::Recordings, &site.object_created(&recordings, &format!("{id}.wav"))).await?;
        site.until("there is a transcript", async || {
            Ok(site.keys(&transcripts).await?.contains(&format!("{id}.json")))
        })
        .await?;
        site.redeliver(Mailbox::Transcripts, &site.object_created(&transcripts, &format!("{id}.json")))
            .await?;
        site.task(id).await?;
        site.delivered(&[id]).await?;
        assert_eq!(site.tasks_of(id).len(), 1, "after {action}: {:#?}", site.cloud.connect().tasks());
    }
    site.cloud.stop().await;
    Ok(())
}
