//! Everything but a valid token: one and the same answer.

use serde_json::json;
use vmx_contract::objects::REVOKED_ALL_KEY;
use vmx_lambda::testing::Object;

use crate::world::{CONTACT, World};

#[tokio::test(start_paused = true)]
async fn whoever_may_not_learns_nothing() {
    let world = World::new();
    let refusal = world.get("/").await;
    assert_eq!(refusal["statusCode"], 403);
    let token = world.token();
    let mut flipped = token.clone().into_bytes();
    flipped[30] = if flipped[30] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).unwrap();
    for path in [
        "",
        "/v",
        "/v/",
        "/v/x",
        "/favicon.ico",
        "/v/../../etc/passwd",
        &format!("/v/{token}/else"),
        &format!("/v/{token}/audio/"),
        &format!("/v/{token}x"),
        &format!("/v/{flipped}"),
        &format!("/v/{}", world.forged()),
        &format!("/v/{}", world.expired()),
        &format!("/v/{}/audio", world.expired()),
        &format!("/V/{token}"),
    ] {
        assert_eq!(world.get(path).await, refusal, "{path}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "get", ""] {
        assert_eq!(world.ask(method, &format!("/v/{token}")).await, refusal, "{method}");
    }
    // Forged, and for a voicemail that there is not: nobody learns which there are.
    world.state().buckets.objects.clear();
    assert_eq!(world.get(&format!("/v/{}", world.forged())).await, refusal);
    assert_eq!(world.handle(&json!({"hello": "there"})).await, refusal);
}

#[tokio::test(start_paused = true)]
async fn what_is_cheap_to_refuse_costs_no_call() {
    let world = World::new();
    for path in ["/", "/v/x", &format!("/v/{}", world.expired())] {
        world.get(path).await;
    }
    assert_eq!(world.aws.actions(), [""; 0]);
    world.get(&format!("/v/{}", world.forged())).await;
    assert_eq!(world.aws.actions(), ["kms:VerifyMac"]);
}

#[tokio::test(start_paused = true)]
async fn links_of_one_voicemail_are_revoked_by_an_object_that_is_there() {
    let world = World::new();
    let path = format!("/v/{}", world.token());
    let refusal = world.get("/").await;
    world.state().buckets.objects.insert(format!("transcripts/revoked/{CONTACT}"), Object::default());
    for what in ["", "/audio", "/download"] {
        assert_eq!(world.get(&format!("{path}{what}")).await, refusal);
    }
    assert_eq!(world.aws.calls_of("s3:GetObject").len(), 3, "nothing of the voicemail was read");
}

#[tokio::test(start_paused = true)]
async fn all_links_are_revoked_that_were_issued_before_a_time() {
    let world = World::new();
    let path = format!("/v/{}", world.token());
    let refusal = world.get("/").await;
    let all = format!("transcripts/{REVOKED_ALL_KEY}");
    // The token was issued at 10:00:00; what is no time revokes everything.
    for (until, opens) in [
        ("2026-11-23T09:59:59Z", true),
        ("2026-11-23T09:59:59.999Z\n", true),
        ("2026-11-23T10:00:00Z", false),
        ("2026-11-23T10:00:00.5Z", false),
        ("2027-01-01T00:00:00Z", false),
        ("soon", false),
        ("", false),
    ] {
        let object = Object { body: until.into(), ..Object::default() };
        world.state().buckets.objects.insert(all.clone(), object);
        let answer = world.get(&path).await;
        assert_eq!(answer["statusCode"] == 200, opens, "{until}");
        assert!(opens || answer == refusal, "{until}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_key_there_are_no_links() {
    let world = World::without_key();
    let refusal = world.get("/").await;
    assert_eq!(world.get(&format!("/v/{}", world.token())).await, refusal);
    assert_eq!(world.aws.actions(), [""; 0]);
}
