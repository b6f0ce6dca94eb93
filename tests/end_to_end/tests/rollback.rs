//! Change and rollback: one command restores the previous installation.

use std::time::Duration;

use end_to_end::{Error, Site, Voice};

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_taken_back_and_made_again() -> Result<(), Error> {
    let site = Site::installed().await?;
    let params = site.params().to_string_lossy().into_owned();
    let rollback = ["rollback", "--params", &params, "--yes", "--allow-iam"];
    let alone = site.run(&rollback).await?;
    assert_eq!(alone.code, Some(1), "{alone:#?}");
    assert!(alone.said().contains("no earlier deployment"), "{alone:#?}");

    let before = std::fs::read_to_string(&params)?;
    let after = format!("{before}log_level: debug\nprompts: {{greeting: Another greeting.}}\n");
    std::fs::write(&params, &after)?;
    let changed = site.install().await?;
    assert_eq!(changed.code, Some(0), "{changed:#?}");
    let is_settled =
        async || -> Result<bool, Error> { Ok(site.plan(&[]).await?.said().contains("nothing to change")) };
    assert!(is_settled().await?);

    let back = site.run(&rollback).await?;
    assert_eq!(back.code, Some(0), "{back:#?}");
    assert!(back.said().contains("the parameters file is not changed"), "{back:#?}");
    assert!(back.said().contains("rolled back to the deployment of"), "{back:#?}");
    for told in ["(installed now)", "version 0.", "by root", "changed prompts.greeting, log_level"] {
        assert!(back.said().contains(told), "{told}: {back:#?}");
    }
    assert_eq!(std::fs::read_to_string(&params)?, after);
    assert!(!is_settled().await?);
    // The stack and the flows are exactly what the first parameters request.
    std::fs::write(&params, &before)?;
    assert!(is_settled().await?);
    let call = site.leave(Voice::Tone(Duration::from_secs(3))).await?;
    site.task(&call.contact_id).await?;

    let forth = site.run(&rollback).await?;
    assert_eq!(forth.code, Some(0), "{forth:#?}");
    std::fs::write(&params, &after)?;
    assert!(is_settled().await?);
    site.cloud.stop().await;
    Ok(())
}
