//! The life of an installation: install twice, a voicemail, tear down twice.

use std::time::Duration;

use end_to_end::{Error, Site, Voice};
use local_cloud::call::{Disposition, Step};

#[tokio::test(flavor = "multi_thread")]
async fn a_spoken_voicemail_reaches_an_agent_and_everything_can_be_taken_away() -> Result<(), Error> {
    let site = Site::new().await?;
    let buckets_before = site.buckets().await?;

    let first = site.install().await?;
    assert_eq!(first.code, Some(0), "{first:#?}");
    assert!(!first.said().contains("warning"), "nothing is wrong with the account: {first:#?}");
    assert_eq!(site.stacks().await?, ["voicemail-express"]);

    let second = site.install().await?;
    assert_eq!(second.code, Some(0), "{second:#?}");
    assert!(second.said().contains("nothing to change"), "{second:#?}");

    // The transcript has the spoken words, as far as the recognizer understands them.
    let call = site.leave(Voice::AmiableWoman).await?;
    assert_eq!(call.disposition, Disposition::HungUp, "{call}");
    let task = site.task(&call.contact_id).await?;
    let heard =
        ["amiable", "woman", "respectable"].into_iter().filter(|word| task.description.contains(word));
    assert!(heard.count() >= 2, "{}", task.description);
    assert_eq!(task.queue.as_deref(), Some("BasicQueue"));
    // The recording is exactly what the caller's phone sent.
    assert!(site.listen(&task).await? == call.caller_pcm, "the recording is not what was spoken");
    // Nothing is left over from processing: no flag, no transcription job.
    let contact = call.contact_id.as_str();
    site.until("the flag is taken back", async || {
        let attributes = site.attributes(contact).await?;
        Ok(attributes["vm_flag"] == "0")
    })
    .await?;
    assert!(!site.has_transcription_job(contact).await?);

    let (recordings, state) = (site.output("RecordingsBucket").await?, site.output("StateBucket").await?);
    let torn_down = site.tear_down(&["--yes"]).await?;
    assert_eq!(torn_down.code, Some(0), "{torn_down:#?}");
    assert!(torn_down.said().contains(&recordings), "what stays has to be named: {torn_down:#?}");
    assert!(site.stacks().await?.is_empty());
    assert_eq!(site.flows_of_ours().await?, Vec::<String>::new());
    assert_eq!(site.storage_configs().await?, Vec::<String>::new());
    let left: Vec<_> =
        site.buckets().await?.into_iter().filter(|name| !buckets_before.contains(name)).collect();
    assert_eq!(
        left,
        [recordings.as_str(), state.as_str()],
        "only the recordings stay, and how their voicemails ended"
    );
    assert_eq!(site.keys(&recordings).await?, [format!("{contact}.wav")]);

    let again = site.tear_down(&["--yes", "--delete-recordings", "--confirm", "voicemail-express"]).await?;
    assert_eq!(again.code, Some(0), "{again:#?}");
    assert_eq!(site.buckets().await?, buckets_before);

    let third = site.tear_down(&["--yes", "--delete-recordings", "--confirm", "voicemail-express"]).await?;
    assert_eq!(third.code, Some(0), "{third:#?}");
    assert!(third.said().contains("nothing to remove"), "{third:#?}");
    site.cloud.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_before_the_beep_left_no_voicemail() -> Result<(), Error> {
    let site = Site::installed().await?;
    let early = site.call(vec![Step::Wait(Duration::from_millis(500)), Step::HangUp]).await?;
    assert_ne!(early.attributes.get("vm_flag").map(String::as_str), Some("1"));
    // A later voicemail shows that the pipeline has processed both contact records.
    let late = site.leave(Voice::Tone(Duration::from_secs(3))).await?;
    let task = site.task(&late.contact_id).await?;
    // A tone has no words: the voicemail is still delivered with its recording.
    assert!(site.listen(&task).await? == late.caller_pcm);
    assert_eq!(site.cloud.connect().tasks().len(), 1);
    assert_eq!(
        site.keys(&site.output("RecordingsBucket").await?).await?,
        [format!("{}.wav", late.contact_id)]
    );
    site.cloud.stop().await;
    Ok(())
}
