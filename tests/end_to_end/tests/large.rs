//! A large instance whose services throttle as AWS documents it. `LARGE_FLOWS=1000` makes it as large as docs/capacity.md
//! says, which takes ten minutes.

use std::time::{Duration, Instant};

use end_to_end::{Error, Site};
use local_cloud::Options;
use local_cloud::connect::Seed;
use local_cloud::installer::Run;

const QUEUES: u32 = 500;
const USERS: u32 = 20_000;

/// Other flows, each of which `teardown` has to read, at two a second.
fn flows() -> Result<u32, Error> {
    Ok(std::env::var("LARGE_FLOWS").map_or(Ok(30), |number| number.parse())?)
}

/// Checks that a run went well, within a time.
#[expect(clippy::print_stdout, reason = "the figures are for docs/capacity.md")]
fn ended(site: &Site, name: &str, begun: Instant, within: Duration, run: &Run) {
    let took = begun.elapsed();
    let calls = site.cloud.calls();
    let connect = calls.iter().filter(|(action, _)| action.starts_with("connect:"));
    let (taken, throttled) =
        connect.fold((0, 0), |(taken, throttled), (_, of)| (taken + of.taken, throttled + of.throttled));
    println!(
        "{name}: {:.1} s, so far {taken} calls of Amazon Connect, {throttled} throttled",
        took.as_secs_f64()
    );
    assert_eq!(run.code, Some(0), "{name}: {run:#?}");
    for gave_up in ["TooManyRequests", "Rate exceeded", "not checked"] {
        assert!(!run.said().contains(gave_up), "{name}: {run:#?}");
    }
    assert!(took < within, "{name} took {took:?}: {calls:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_instance_is_installed_and_removed_in_time() -> Result<(), Error> {
    let flows = flows()?;
    let seed = Seed::newcomer().with(QUEUES, flows, USERS);
    let site = Site::on(Options { seed, ..Options::default() }, "").await?;
    let packages = site.packages()?;
    let install = ["--non-interactive", site.params_file(), "--artifacts", &packages.to_string_lossy()];
    site.cloud.keep_quotas();
    let minute = Duration::from_secs(60);

    let begun = Instant::now();
    ended(&site, "install", begun, 2 * minute, &site.run(&install).await?);
    let begun = Instant::now();
    let plan = site.run(&["plan", site.params_file(), "--artifacts", &packages.to_string_lossy()]).await?;
    ended(&site, "plan", begun, minute, &plan);
    let begun = Instant::now();
    ended(&site, "doctor", begun, minute, &site.doctor(&[]).await?);
    let begun = Instant::now();
    let removed = site.tear_down(&["--yes", "--delete-recordings", "--confirm", "voicemail-express"]).await?;
    let to_read = Duration::from_millis(u64::from(flows) * 500);
    ended(&site, "teardown", begun, to_read * 3 / 2 + minute, &removed);
    assert!(removed.said().contains("flows that could refer to the installation's"), "{removed:#?}");

    let calls = site.cloud.calls();
    // Nobody reads 20,000 users.
    let pages =
        ["connect:ListUsers", "connect:SearchUsers"].map(|action| calls.get(action).map_or(0, |of| of.taken));
    assert!(pages.iter().sum::<u64>() < 10, "{calls:#?}");
    site.cloud.stop().await;
    Ok(())
}
