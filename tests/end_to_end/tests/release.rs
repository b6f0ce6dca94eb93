//! A released program installs without a checkout, cargo or a compiler.
//!
//! `RELEASED_PROGRAM` names the program, and `RELEASED_CHECKSUMS` the release's list of checksums; without them, nothing
//! is tested. `.ci/run` sets both.
#![expect(clippy::print_stdout, reason = "the time that an installation takes is a result")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
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
    println!("{}", version.stdout);
    let started = Instant::now();
    let params = site.params_file().to_owned();
    let installed = site.run(&["--non-interactive", &params]).await?;
    assert_eq!(installed.code, Some(0), "{installed:#?}");
    println!("installed in {:.1} s", started.elapsed().as_secs_f64());
    let call = site.leave(Voice::Tone(Duration::from_secs(3))).await?;
    let task = site.task(&call.contact_id).await?;
    assert!(site.listen(&task).await? == call.caller_pcm, "the recording is not what was spoken");
    println!("delivered after {:.1} s", started.elapsed().as_secs_f64());

    let listed = std::fs::read_to_string(std::env::var("RELEASED_CHECKSUMS")?)?;
    for (name, (code, _)) in site.functions().await? {
        let sha256 = BASE64_STANDARD.decode(code.as_str().unwrap_or_default())?;
        let sha256: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(listed.contains(&sha256), "{name}: the release does not list its code, {sha256}");
    }

    let again = site.run(&["install", &params]).await?;
    assert!(again.code == Some(0) && again.said().contains("nothing to change"), "{again:#?}");
    let torn_down = site.tear_down(&["--yes"]).await?;
    assert_eq!(torn_down.code, Some(0), "{torn_down:#?}");
    site.cloud.stop().await;
    Ok(())
}
