//! The whole life of an installation, with every detour a user may take, and whether voicemails still arrive.

use std::path::Path;
use std::time::Duration;

use end_to_end::{Error, Site, Voice};
use local_cloud::installer::Run;

const STACK: &str = "voicemail-express";

/// Checks that a call becomes a task.
async fn takes_voicemails(site: &Site) -> Result<(), Error> {
    let call = site.leave(Voice::Tone(Duration::from_secs(2))).await?;
    site.task(&call.contact_id).await?;
    Ok(())
}

async fn install(site: &Site, packages: &Path, more: &[&str]) -> Result<Run, Error> {
    let packages = packages.to_string_lossy();
    let arguments = ["--non-interactive", site.params_file(), "--artifacts", &packages];
    site.run(&[&arguments[..], more].concat()).await
}

fn ended(run: &Run, code: i32, told: &[&str]) {
    assert_eq!(run.code, Some(code), "{run:#?}");
    // Line breaks do not matter.
    for text in told {
        assert!(run.said().contains(text), "{text:?} is not in {run:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_first_installation_to_the_last_teardown() -> Result<(), Error> {
    let site = Site::new().await?;
    site.cloud.keep_quotas();
    let packages = site.packages()?;
    let buckets_before = site.buckets().await?;

    // The second installation changes nothing.
    ended(&install(&site, &packages, &[]).await?, 0, &["created stack voicemail-express"]);
    takes_voicemails(&site).await?;
    let events = site.stack_events().await?;
    ended(&install(&site, &packages, &[]).await?, 0, &["nothing to change", "done: nothing was changed"]);
    assert_eq!(site.stack_events().await?, events);

    // A changed parameter.
    site.set_params("link_lifetime_hours: 6\n")?;
    ended(&install(&site, &packages, &[]).await?, 0, &["updated stack voicemail-express"]);
    takes_voicemails(&site).await?;

    // Newer packages, one of them broken in the code bucket: CloudFormation rolls back the update, including the
    // changed parameter, and the old version keeps working.
    let newer = site.newer_packages(&packages)?;
    site.set_params("link_lifetime_hours: 3\n")?;
    let artifacts =
        site.buckets().await?.into_iter().find(|name| name.starts_with("voicemail-express-code-"));
    let artifacts = artifacts.ok_or("no code bucket")?;
    let sha256 = site.sha256(&newer.join("vmx_packager.zip"))?;
    let key = format!("functions/vmx_packager/{sha256}.zip");
    site.put_object(&artifacts, &key, b"no zip").await?;
    ended(&install(&site, &newer, &[]).await?, 4, &["Could not unzip uploaded file"]);
    assert_eq!(site.stack_status().await?, "UPDATE_ROLLBACK_COMPLETE");
    takes_voicemails(&site).await?;

    // The same again without the broken package.
    site.delete_object(&artifacts, &key).await?;
    ended(&install(&site, &newer, &[]).await?, 0, &["updated stack voicemail-express"]);
    takes_voicemails(&site).await?;

    // An administrator's edits survive changed parameters, and callers keep hearing them.
    let (flow, content) = site.flow(&format!("{STACK} voicemail")).await?;
    let edited =
        content.replace("Please leave a message after the tone.", "Speak to the shop after the tone.");
    assert_ne!(edited, content);
    site.edit_flow(&flow, &edited).await?;
    site.set_params("link_lifetime_hours: 3\nprompts:\n  goodbye: Until tomorrow.\n")?;
    let run = install(&site, &newer, &[]).await?;
    ended(&run, 0, &["the flow “voicemail-express voicemail” was edited in the instance and is kept"]);
    assert!(site.flow(&format!("{STACK} voicemail")).await?.1.contains("Speak to the shop"));
    takes_voicemails(&site).await?;
    // They are overwritten on request.
    ended(&install(&site, &newer, &["--overwrite-flows"]).await?, 0, &["updated flow"]);
    let (_, overwritten) = site.flow(&format!("{STACK} voicemail")).await?;
    assert!(!overwritten.contains("Speak to the shop") && overwritten.contains("Until tomorrow."));
    takes_voicemails(&site).await?;

    // The report lists what would be removed, and nothing is.
    let (recordings, state) = (site.output("RecordingsBucket").await?, site.output("StateBucket").await?);
    let teardown = ["teardown", "--params", site.params_file()];
    let with = |more: &[&'static str]| [&teardown[..], more].concat();
    let dry = site.run(&with(&["--dry-run"])).await?;
    ended(&dry, 0, &["delete stack voicemail-express", &recordings, "done: nothing was changed"]);
    assert_eq!(site.stacks().await?, [STACK]);

    // No confirmation; no name typed; a wrong name.
    ended(&site.run(&with(&[])).await?, 6, &["--yes"]);
    ended(&site.run(&with(&["--yes", "--delete-recordings"])).await?, 6, &["--confirm"]);
    let other = ["--yes", "--delete-recordings", "--confirm", "other"];
    ended(&site.run(&with(&other)).await?, 2, &["the stack is `voicemail-express`"]);

    // A number that is assigned to the flow blocks it until reassigned. Renaming the flow does not hide this.
    site.rename_flow(&flow, "After hours").await?;
    let number = site.cloud.connect().phone_numbers().first().cloned().ok_or("no number")?;
    let elsewhere = site.flow_of_number(&number).await?;
    site.lead_number_to(&number, &flow).await?;
    ended(&site.run(&with(&["--yes"])).await?, 1, &[&number, "After hours", "nothing was removed"]);
    ended(&site.run(&with(&["--dry-run"])).await?, 0, &[&number, "After hours"]);
    site.lead_number_to(&number, &elsewhere).await?;

    // Killed at several points and rerun: it continues where it stopped.
    for point in ["deleted flow", "disassociated storage of", "deleting the stack"] {
        site.run_and_kill(&with(&["--yes"]), point).await?;
    }
    let last = site.run(&with(&["--yes"])).await?;
    ended(&last, 0, &[&recordings, "voicemails are kept"]);
    assert!(site.stacks().await?.is_empty());
    assert_eq!(site.storage_configs().await?, Vec::<String>::new());
    assert!(site.flow("After hours").await.is_err());
    let left: Vec<_> =
        site.buckets().await?.into_iter().filter(|name| !buckets_before.contains(name)).collect();
    assert_eq!(left, [recordings.as_str(), state.as_str()]);
    assert_eq!(site.log_groups(&format!("/{STACK}/")).await?, Vec::<String>::new());

    // Again: nothing to do. Then without the parameters file, and the recordings too.
    ended(&site.run(&with(&["--yes"])).await?, 0, &["nothing to remove", &recordings]);
    let region = format!("region={}", site.cloud.account().region);
    let instance = format!("instance={}", site.cloud.connect().instance_alias());
    let by_name = ["teardown", "--set", &region, "--set", &instance, "--yes"];
    let all = [&by_name[..], &["--delete-recordings", "--confirm", STACK]].concat();
    ended(&site.run(&all).await?, 0, &["deleted bucket"]);
    assert_eq!(site.buckets().await?, buckets_before);
    ended(&site.run(&all).await?, 0, &["nothing to remove"]);
    site.cloud.stop().await;
    Ok(())
}
