//! Two invocations at one delivery: the claim that keeps them apart is as old as S3 says.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;
use vmx_contract::mode::Mode;
use vmx_lambda::testing::Clock;

use crate::world::{CONTACT, NOW, Slow, World};

/// Where the claim on the mail is.
const CLAIM: &str = "state/claims/00000000-0000-4000-8000-00000000c0de/email";

fn world() -> World {
    taking(Duration::ZERO)
}

fn taking(latency: Duration) -> World {
    let set = |config: &mut vmx_packager::Config| {
        config.modes = vec![Mode::Email];
        config.default_mode = Mode::Email;
    };
    World::taking(latency, set, |voicemail| voicemail.modes = vec![Mode::Email])
}

#[tokio::test(start_paused = true)]
async fn a_claim_keeps_others_away_until_it_ends() {
    for (claim, age, is_free) in [
        (json!({"by": "somebody"}).to_string(), 10, false),
        (json!({"by": "somebody"}).to_string(), 170, false),
        // Its process died: the voicemail is not lost.
        (json!({"by": "somebody"}).to_string(), 200, true),
        (json!({"by": "somebody", "ended": true}).to_string(), 10, true),
        ("not a claim".to_owned(), 10, true),
    ] {
        let world = world();
        world.put(CLAIM, claim.clone(), age);
        assert_eq!(world.transcribed().await, is_free, "{claim} {age}");
        assert_eq!(world.state().mails.len(), usize::from(is_free), "{claim} {age}");
    }
}

/// Beside the transcripts, and with an end by the clock of whoever made it.
#[tokio::test(start_paused = true)]
async fn a_claim_of_the_version_before_counts_by_its_age() {
    let old = format!("transcripts/delivered/{CONTACT}/email.claim");
    for (until, age, is_free) in [
        ("2999-01-01T00:00:00Z", 10, false),
        ("2001-01-01T00:00:00Z", 10, false),
        ("2999-01-01T00:00:00Z", 800, true),
        ("1970-01-01T00:00:00Z", 10, true),
    ] {
        let world = world();
        world.put(&old, json!({ "until": until }).to_string(), age);
        assert_eq!(world.transcribed().await, is_free, "{until} {age}");
        assert_eq!(world.state().mails.len(), usize::from(is_free), "{until} {age}");
        // Whoever was kept away keeps nobody away.
        world.state().buckets.objects.remove(&old);
        assert!(world.transcribed().await);
        assert_eq!(world.state().mails.len(), 1);
    }
}

/// Processes whose clocks are an hour apart, at the same voicemail at the same time.
#[tokio::test(start_paused = true)]
async fn clocks_of_processes_do_not_count() {
    for minutes in [-57, 0, 57] {
        let world = taking(Duration::from_millis(30));
        let right = Clock::at(NOW.parse().unwrap());
        let wrong = right.ahead(SignedDuration::from_mins(minutes));
        let (one, other) = tokio::join!(wrong.within(world.transcribed()), right.within(world.transcribed()));
        assert!(one != other, "{minutes}: one of them is kept away");
        assert_eq!(world.state().mails.len(), 1, "{minutes}");
        assert!(right.within(world.transcribed()).await, "{minutes}");
        assert_eq!(world.state().mails.len(), 1, "{minutes}");
    }
}

/// One invocation reads that nobody has delivered, and is held up until the claim of another has expired, which has
/// delivered meanwhile.
#[tokio::test(start_paused = true)]
async fn a_delivery_between_a_look_at_the_receipts_and_the_claim_is_seen() {
    let world = world();
    // The mail is sent at once, its answer comes late, and so does the receipt.
    world.state().slow =
        vec![("ses:SendEmail", 39, Slow::Answer), ("s3:PutObject /delivered/", 30, Slow::Error)];
    let held_up = async {
        tokio::time::sleep(Duration::from_secs(64)).await;
        let receipt = format!("state/delivered/{CONTACT}/email");
        assert!(world.object(&receipt).is_none(), "it is not written yet");
        world.state().slow.push(("connect:DescribeQueue", 117, Slow::Answer));
        world.transcribed().await
    };
    let (one, other) = tokio::join!(world.transcribed(), held_up);
    assert!(one && other);
    assert!(world.state().slow.is_empty(), "{:?}", world.state().slow);
    assert_eq!(world.state().mails.len(), 1);
}

/// S3 is so slow that the delivery would still be going on when its claim expires.
#[tokio::test(start_paused = true)]
async fn a_claim_that_took_too_long_is_given_back() {
    let world = world();
    world.state().slow =
        vec![("s3:PutObject /claims/", 52, Slow::Error), ("s3:PutObject /claims/", 52, Slow::Answer)];
    assert!(!world.transcribed().await);
    assert!(world.state().slow.is_empty() && world.state().mails.is_empty());
    assert!(world.transcribed().await, "the next attempt need not wait");
    assert_eq!(world.state().mails.len(), 1);
}

/// The claim was made, and nobody heard of it: the SDK makes the call again and meets the claim.
#[tokio::test(start_paused = true)]
async fn a_claim_is_known_again_by_whoever_made_it() {
    let world = world();
    world.state().lost_once = Some("claims/");
    assert!(world.transcribed().await);
    assert_eq!(world.state().mails.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_failed_is_given_back() {
    let world = world();
    world.state().errors = vec![("ses:SendEmail", 99, 400, "MessageRejected")];
    assert!(!world.transcribed().await);
    world.state().errors.clear();
    assert!(world.transcribed().await, "the next attempt need not wait");
    assert_eq!(world.state().mails.len(), 1);
}
