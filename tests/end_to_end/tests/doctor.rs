//! Plans that are shown, saved and applied; checks of a healthy and of a broken installation.

use end_to_end::{Error, Mailbox, Site};

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_plan_is_applied_once_and_a_broken_link_is_found() -> Result<(), Error> {
    let site = Site::new().await?;
    let folder = tempfile::tempdir()?;
    let plan = folder.path().join("plan.json");
    let plan = plan.to_string_lossy();

    let nothing = site.doctor(&[]).await?;
    assert_eq!(nothing.code, Some(1), "{nothing:#?}");
    assert!(nothing.said().contains("nothing is installed"), "{nothing:#?}");

    let shown = site.plan(&["--out", &plan, "--detailed-exitcode"]).await?;
    assert_eq!(shown.code, Some(7), "{shown:#?}");
    assert!(site.stacks().await?.is_empty(), "a plan changes nothing");
    let narrow = |text: &str| {
        text.lines().filter(|line| line.starts_with("  ")).all(|line| line.chars().count() <= 80)
    };
    assert!(narrow(&shown.stdout), "{}", shown.stdout);

    let unapproved = site.run(&["apply", &plan]).await?;
    assert_eq!(unapproved.code, Some(6), "{unapproved:#?}");
    assert!(unapproved.said().contains("--yes"), "{unapproved:#?}");
    assert!(site.stacks().await?.is_empty());
    let applied = site.run(&["apply", &plan, "--yes"]).await?;
    assert_eq!(applied.code, Some(0), "{applied:#?}");
    let again = site.run(&["apply", &plan, "--yes"]).await?;
    assert_eq!(again.code, Some(1), "{again:#?}");
    assert!(again.said().contains("the plan is out of date"), "{again:#?}");
    let nothing_left = site.plan(&["--detailed-exitcode"]).await?;
    assert_eq!(nothing_left.code, Some(0), "{nothing_left:#?}");

    let well = site.doctor(&[]).await?;
    assert_eq!(well.code, Some(0), "{well:#?}");
    assert!(!well.said().contains("outside CloudFormation"), "{well:#?}");

    // Drift is reported, but does not change the plan.
    site.set_queue(Mailbox::Recordings, "VisibilityTimeout", "31").await?;
    let drifted = site.plan(&["--detailed-exitcode"]).await?;
    assert_eq!(drifted.code, Some(0), "{drifted:#?}");
    let told = "RecordingsQueue (AWS::SQS::Queue) was changed outside CloudFormation: VisibilityTimeout is 31 and was";
    assert!(drifted.said().contains(told), "{drifted:#?}");
    assert!(site.doctor(&[]).await?.said().contains(told));

    site.disable_triggers().await?;
    let install = site.install().await?;
    assert_eq!(install.code, Some(1), "{install:#?}");
    for what in ["nothing to change", "RecordingsQueueTrigger is disabl", "help: run `aws lambda"] {
        assert!(install.said().contains(what), "{what}: {install:#?}");
    }
    site.forget_media_streams().await?;
    let broken = site.doctor(&[]).await?;
    assert_eq!(broken.code, Some(1), "{broken:#?}");
    for what in ["RecordingsQueueTrigger is disabl", "the instance does not stream callers' audio"] {
        assert!(broken.said().contains(what), "{what}: {broken:#?}");
    }
    let told = site.doctor(&["--json"]).await?;
    assert_eq!(told.code, Some(1), "{told:#?}");
    let lines: Vec<serde_json::Value> =
        told.stdout.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let fatal = lines.iter().filter(|line| line["event"] == "checked" && line["severity"] == "fatal");
    assert!(fatal.count() >= 2, "{}", told.stdout);
    site.cloud.stop().await;
    Ok(())
}
