//! Stack operations in progress: Ctrl-C on a real terminal, runs that do not wait, and failed deletions.

use std::path::Path;

use end_to_end::{Error, Site, Terminal};
use local_cloud::installer::Run;

const CTRL_C: &str = "\x03";
const STACK: &str = "voicemail-express";

fn arguments<'a>(site: &'a Site, packages: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["--non-interactive", site.params_file(), "--artifacts", packages][..], more].concat()
}

async fn install(site: &Site, packages: &Path, more: &[&str]) -> Result<Run, Error> {
    let packages = packages.to_string_lossy();
    site.run(&arguments(site, &packages, more)).await
}

/// Checks a run's exit code and output, ignoring line breaks.
fn ended(run: &Run, code: i32, told: &[&str]) {
    assert_eq!(run.code, Some(code), "{run:#?}");
    let said = run.said();
    for text in told {
        assert!(said.contains(text), "{text:?} is not in {run:#?}");
    }
}

/// Watches the stack on a terminal until an operation is in progress, then lets it finish.
async fn watch_to_the_end(site: &Site, status: &str) -> Result<(), Error> {
    let mut watching = site.terminal(&["status", "--watch", "--params", site.params_file()], &[])?;
    watching.shows("IN_PROGRESS")?;
    site.cloud.hold_stacks(false)?;
    let ended = watching.ended()?;
    assert_eq!((ended.code, ended.is_restored), (Some(0), true), "{}", ended.screen);
    assert!(
        ended.screen.contains(&format!("nothing in progress: the stack {STACK} is {status}")),
        "{}",
        ended.screen
    );
    Ok(())
}

/// A run on a terminal with Ctrl-C during its operation: creation of the function on which it is held has begun.
fn interrupted(site: &Site, packages: &Path, doing: &str) -> Result<Terminal, Error> {
    site.cloud.hold_stacks(true)?;
    let mut terminal = site.terminal(&arguments(site, &packages.to_string_lossy(), &[]), &[])?;
    terminal.shows(&format!("stack {STACK}: {doing}"))?;
    terminal.shows("Lambda::Function")?;
    terminal.press(CTRL_C)?;
    terminal.shows("What now?")?;
    terminal.shows("again to leave:")?;
    Ok(terminal)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_a_stack_at_work_can_come_back_to_it() -> Result<(), Error> {
    let site = Site::new().await?;
    let packages = site.packages()?;

    // The first Ctrl-C prompts; the second one exits at once and reports what continues.
    let mut run = interrupted(&site, &packages, "creating")?;
    run.press(CTRL_C)?;
    let left = run.ended()?;
    assert_eq!((left.code, left.is_restored), (Some(130), true), "{}", left.screen);
    let said = left.screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("CloudFormation continues without this program"), "{said}");
    assert!(said.contains("status --watch"), "{said}");

    // Other runs do not interfere; the next one sees the result.
    ended(&install(&site, &packages, &[]).await?, 8, &["CREATE_IN_PROGRESS", "status --watch"]);
    watch_to_the_end(&site, "CREATE_COMPLETE").await?;
    // The instance was not connected to it yet.
    ended(&install(&site, &packages, &[]).await?, 0, &["associated storage of contact records"]);
    ended(&install(&site, &packages, &[]).await?, 0, &["nothing to change"]);

    // A run that does not wait, and another one.
    site.set_params("log_level: debug\n")?;
    site.cloud.hold_stacks(true)?;
    ended(
        &install(&site, &packages, &["--detach"]).await?,
        0,
        &["CloudFormation is still updating the stack"],
    );
    ended(&install(&site, &packages, &["--detach"]).await?, 8, &["UPDATE_IN_PROGRESS"]);
    watch_to_the_end(&site, "UPDATE_COMPLETE").await?;
    ended(&install(&site, &packages, &[]).await?, 0, &["nothing to change"]);
    ended(&site.operate(&["status", "--watch"]).await?, 0, &["nothing in progress"]);
    site.cloud.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_watches_on_after_ctrl_c_sees_the_end() -> Result<(), Error> {
    let site = Site::new().await?;
    let packages = site.packages()?;
    let mut run = interrupted(&site, &packages, "creating")?;
    run.press("w\r")?;
    site.cloud.hold_stacks(false)?;
    let installed = run.ended()?;
    assert_eq!((installed.code, installed.is_restored), (Some(0), true), "{}", installed.screen);
    assert!(installed.raw.contains(&format!("created\x1b[0m stack {STACK}")), "{}", installed.raw);
    site.cloud.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cancels_an_update_has_what_was_installed_before() -> Result<(), Error> {
    let site = Site::new().await?;
    let packages = site.packages()?;
    ended(&install(&site, &packages, &[]).await?, 0, &["created stack voicemail-express"]);
    let before = site.functions().await?;

    let newer = site.newer_packages(&packages)?;
    site.set_params("log_level: debug\n")?;
    let mut run = interrupted(&site, &newer, "updating")?;
    let halfway = site.functions().await?;
    let changed = before.iter().filter(|(name, function)| halfway[*name] != **function).count();
    assert_eq!((halfway.len(), changed), (before.len(), 1), "{before:#?}\n{halfway:#?}");
    assert_eq!(site.stack_status().await?, "UPDATE_IN_PROGRESS");
    run.press("c\r")?;
    run.shows("rolling back")?;
    assert_eq!(site.stack_status().await?, "UPDATE_ROLLBACK_IN_PROGRESS");
    site.cloud.hold_stacks(false)?;
    let cancelled = run.ended()?;
    assert_eq!((cancelled.code, cancelled.is_restored), (Some(4), true), "{}", cancelled.screen);
    let said = cancelled.screen.split_whitespace().collect::<Vec<_>>().join(" ");
    let told = format!("cancelled: the stack {STACK} was not updated and is UPDATE_ROLLBACK_COMPLETE");
    assert!(said.contains(&told), "{said}");
    assert_eq!(site.functions().await?, before);

    // Nothing blocks a second attempt.
    ended(&install(&site, &newer, &[]).await?, 0, &["updated stack voicemail-express"]);
    assert!(site.functions().await?.iter().all(|(name, function)| before[name] != *function));
    site.cloud.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_deleted_is_left_when_that_is_wanted() -> Result<(), Error> {
    let site = Site::new().await?;
    let packages = site.packages()?;
    ended(&install(&site, &packages, &[]).await?, 0, &["created stack voicemail-express"]);
    let bucket = site.output("TranscriptsBucket").await?;
    site.cloud.deny_deletion_of(&bucket, true)?;

    let stuck = site.operate(&["teardown", "--yes"]).await?;
    ended(&stuck, 5, &["TranscriptsBucket", "Access Denied", "--force"]);
    assert_eq!(site.stack_status().await?, "DELETE_FAILED");
    // It is left in place and reported.
    let forced = site.operate(&["teardown", "--yes", "--force"]).await?;
    ended(&forced, 0, &[&bucket, "CloudFormation could not delete it"]);
    assert!(site.stacks().await?.is_empty());
    assert!(site.buckets().await?.contains(&bucket));
    ended(&site.operate(&["teardown", "--yes"]).await?, 0, &["nothing to remove"]);
    site.cloud.stop().await;
    Ok(())
}
