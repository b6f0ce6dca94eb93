//! A released program installs without a checkout, cargo or a compiler.
//!
//! `RELEASED_PROGRAM` names the program; without it, nothing is tested.

use std::path::PathBuf;
use std::time::Duration;

use end_to_end::{Error, Site, Voice};

#[tokio::test(flavor = "multi_thread")]
async fn a_released_program_needs_nothing_else() -> Result<(), Error> {
    let Some(program) = std::env::var_os("RELEASED_PROGRAM").map(PathBuf::from) else {
        return Ok(());
    };
    let mut site = Site::new().await?;
    site.replace_with_release(&program)?;
    let version = site.run(&["--version"]).await?;
    assert!(version.stdout.contains("functions: included for"), "{version:#?}");
    let params = site.params_file().to_owned();
    let installed = site.run(&["--non-interactive", &params]).await?;
    assert_eq!(installed.code, Some(0), "{installed:#?}");
    let call = site.leave(Voice::Tone(Duration::from_secs(3))).await?;
    let task = site.task(&call.contact_id).await?;
    assert!(site.listen(&task).await? == call.caller_pcm, "the recording is not what was spoken");
    let again = site.run(&["install", &params]).await?;
    assert!(again.code == Some(0) && again.said().contains("nothing to change"), "{again:#?}");
    let torn_down = site.tear_down(&["--yes"]).await?;
    assert_eq!(torn_down.code, Some(0), "{torn_down:#?}");
    site.cloud.stop().await;
    Ok(())
}
