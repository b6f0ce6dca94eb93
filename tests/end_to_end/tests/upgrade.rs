//! Upgrade from an earlier version and rollback, with voicemails in progress at every step.
//!
//! Requires the earlier version's program and packages, built by `tests/end_to_end/upgrade`; without them, it does
//! nothing.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use end_to_end::{Error, Site, Voice, installer};

fn tone() -> Voice {
    Voice::Tone(Duration::from_secs(3))
}

/// Whether a bucket has this key.
async fn has(site: &Site, bucket: &str, key: String) -> Result<(), Error> {
    site.until(&format!("{key} is there"), async || Ok(site.keys(bucket).await?.contains(&key))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn there_and_back_with_voicemails_on_their_way() -> Result<(), Error> {
    let Some(earlier) = std::env::var_os("UPGRADE_FROM").map(PathBuf::from) else {
        return Ok(());
    };
    let mut site = Site::new().await?;
    site.replace_installer(&earlier.join("vmx-install"));
    let packages = earlier.join("packages");
    let params = site.params().to_string_lossy().into_owned();
    let installed = ["--non-interactive", &params, "--artifacts", &packages.to_string_lossy()];
    let run = site.run(&installed).await?;
    assert_eq!(run.code, Some(0), "{run:#?}");
    let recordings = site.output("RecordingsBucket").await?;
    let transcripts = site.output("TranscriptsBucket").await?;

    // One voicemail at each step, the last step first.
    let mut left = vec![site.leave(tone()).await?.contact_id];
    site.task(&left[0]).await?;
    site.switch_trigger("TranscriptsQueueTrigger", false).await?;
    left.push(site.leave(tone()).await?.contact_id);
    has(&site, &transcripts, format!("{}.json", left[1])).await?;
    site.switch_trigger("RecordingsQueueTrigger", false).await?;
    left.push(site.leave(tone()).await?.contact_id);
    has(&site, &recordings, format!("{}.wav", left[2])).await?;
    // One that no event announces.
    site.switch_rule("RecordingCreatedRule", false).await?;
    left.push(site.leave(tone()).await?.contact_id);
    has(&site, &recordings, format!("{}.wav", left[3])).await?;
    site.switch_rule("RecordingCreatedRule", true).await?;
    site.switch_trigger("ContactRecordTrigger", false).await?;
    left.push(site.leave(tone()).await?.contact_id);

    site.replace_installer(&installer()?);
    // The upgrade is installed, and the installer reports the disabled rule.
    let run = site.install_with(&["--yes", "--allow-iam"]).await?;
    assert!(run.code == Some(5) && run.said().contains("everything is installed, but"), "{run:#?}");
    assert!(run.said().contains("recordings of the earlier version"), "{run:#?}");
    for trigger in ["TranscriptsQueueTrigger", "RecordingsQueueTrigger", "ContactRecordTrigger"] {
        site.switch_trigger(trigger, true).await?;
    }
    left.push(site.save(tone()).await?.contact_id);
    site.age(&left[3]).await?;
    site.cloud.tick(None).await?;
    for contact in &left {
        site.task(contact).await?;
    }
    // The first one had ended before ends were recorded.
    site.delivered(&left[1..]).await?;
    site.until("nothing is undelivered", async || Ok(site.undelivered().await?.is_empty())).await?;
    for contact in &left {
        assert_eq!(site.tasks_of(contact).len(), 1, "{contact}");
    }

    // Rollback: the earlier functions deliver what the new flows recorded.
    let (flow, content) = site.flow("voicemail-express voicemail").await?;
    let run = site.run(&["rollback", "--params", &params, "--yes", "--allow-iam"]).await?;
    assert_eq!(run.code, Some(0), "{run:#?}");
    let before = site.leave(tone()).await?.contact_id;
    site.task(&before).await?;
    site.edit_flow(&flow, &content).await?;
    for contact in [site.save(tone()).await?.contact_id, site.leave(tone()).await?.contact_id] {
        site.task(&contact).await?;
    }
    for contact in &left {
        assert_eq!(site.tasks_of(contact).len(), 1, "{contact} came again");
    }
    let told = format!("{} voicemails at every step, each delivered once; 3 after the way back", left.len());
    writeln!(std::io::stdout(), "{told}")?;
    site.cloud.stop().await;
    Ok(())
}
