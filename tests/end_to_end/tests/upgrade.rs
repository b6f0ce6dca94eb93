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

/// Leaves one voicemail at each step, the last step first. The triggers are off after that.
async fn at_every_step(
    site: &Site,
    recordings: &str,
    transcripts: &str,
    leave: impl AsyncFn() -> Result<String, Error>,
) -> Result<Vec<String>, Error> {
    let delivered = leave().await?;
    site.task(&delivered).await?;
    site.switch_trigger("TranscriptsQueueTrigger", false).await?;
    let transcribed = leave().await?;
    has(site, transcripts, format!("{transcribed}.json")).await?;
    site.switch_trigger("RecordingsQueueTrigger", false).await?;
    let recorded = leave().await?;
    has(site, recordings, format!("{recorded}.wav")).await?;
    // No event announces this one.
    site.switch_rule("RecordingCreatedRule", false).await?;
    let unannounced = leave().await?;
    has(site, recordings, format!("{unannounced}.wav")).await?;
    site.switch_rule("RecordingCreatedRule", true).await?;
    site.switch_trigger("ContactRecordTrigger", false).await?;
    Ok(vec![delivered, transcribed, recorded, unannounced, leave().await?])
}

async fn switch_on(site: &Site) -> Result<(), Error> {
    for trigger in ["TranscriptsQueueTrigger", "RecordingsQueueTrigger", "ContactRecordTrigger"] {
        site.switch_trigger(trigger, true).await?;
    }
    Ok(())
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

    let before = async || Ok(site.leave(tone()).await?.contact_id);
    let mut left = at_every_step(&site, &recordings, &transcripts, before).await?;

    site.replace_installer(&installer()?);
    // The upgrade is installed, and the installer reports the disabled rule.
    let run = site.install_with(&["--yes", "--allow-iam"]).await?;
    assert!(run.code == Some(5) && run.said().contains("everything is installed, but"), "{run:#?}");
    assert!(run.said().contains("recordings of the earlier version"), "{run:#?}");
    switch_on(&site).await?;
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

    // Rollback: the earlier functions deliver what is in progress, and what the new flows record.
    let saved = async || Ok(site.save(tone()).await?.contact_id);
    let taken_over = left.len();
    left.extend(at_every_step(&site, &recordings, &transcripts, saved).await?);
    let (flow, content) = site.flow("voicemail-express voicemail").await?;
    let run = site.run(&["rollback", "--params", &params, "--yes", "--allow-iam"]).await?;
    // The earlier version is installed, and the installer reports the disabled triggers.
    assert_eq!(run.code, Some(5), "{run:#?}");
    switch_on(&site).await?;
    for contact in &left[taken_over..] {
        site.task(contact).await?;
    }
    let before = site.leave(tone()).await?.contact_id;
    site.task(&before).await?;
    site.edit_flow(&flow, &content).await?;
    for contact in [site.save(tone()).await?.contact_id, site.leave(tone()).await?.contact_id] {
        site.task(&contact).await?;
    }
    for contact in &left {
        assert_eq!(site.tasks_of(contact).len(), 1, "{contact} came again");
    }
    let told = format!(
        "{taken_over} voicemails around the upgrade, {} before the way back, 3 after it: each delivered once",
        left.len() - taken_over
    );
    writeln!(std::io::stdout(), "{told}")?;
    site.cloud.stop().await;
    Ok(())
}
