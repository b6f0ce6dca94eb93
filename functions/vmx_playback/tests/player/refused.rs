//! Everything but a valid token: one and the same answer.

use serde_json::json;
use vmx_contract::objects::REVOKED_ALL_KEY;
use vmx_contract::staff::Words;
use vmx_lambda::testing::Object;

use crate::world::{CONTACT, SECOND, World, body};

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
async fn every_link_that_does_not_work_says_what_to_do_and_not_why() {
    let world = World::speaking("ja-JP");
    let words = Words::of("ja-JP");
    let refusals = [world.get("/v/x").await, world.get(&format!("/v/{}", world.expired())).await];
    assert_eq!(refusals[0], refusals[1]);
    for part in [r#"<html lang="ja-JP">"#, words.refused_title, words.refused, words.refused_advice] {
        assert!(body(&refusals[0]).contains(part), "{part}");
    }
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
    // Where it is now, and where the version before kept it.
    for bucket in ["state", "transcripts"] {
        let world = World::new();
        let path = format!("/v/{}", world.token());
        let refusal = world.get("/").await;
        world.state().buckets.objects.insert(format!("{bucket}/revoked/{CONTACT}"), Object::default());
        for what in ["", "/audio", "/download"] {
            assert_eq!(world.get(&format!("{path}{what}")).await, refusal, "{bucket}");
        }
        let read = world.aws.calls_of("s3:GetObject");
        assert!(read.iter().all(|call| call.path == format!("/{REVOKED_ALL_KEY}")), "nothing of it was read");
    }
}

#[tokio::test(start_paused = true)]
async fn messages_of_one_contact_are_revoked_apart() {
    let world = World::new();
    let second = format!("/v/{}", world.token_of_second());
    world.state().buckets.objects.insert(format!("state/revoked/{CONTACT}"), Object::default());
    assert_eq!(world.get(&second).await["statusCode"], 410, "it is open, but nothing is kept of it");
    world.state().buckets.objects.insert(format!("state/revoked/{SECOND}"), Object::default());
    assert_eq!(world.get(&second).await["statusCode"], 403);
}

#[tokio::test(start_paused = true)]
async fn all_links_are_revoked_that_were_issued_before_a_time() {
    for bucket in ["state", "transcripts"] {
        let world = World::new();
        let path = format!("/v/{}", world.token());
        let refusal = world.get("/").await;
        let all = format!("{bucket}/{REVOKED_ALL_KEY}");
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
            assert_eq!(answer["statusCode"] == 200, opens, "{bucket} {until}");
            assert!(opens || answer == refusal, "{bucket} {until}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_later_of_two_revocations_of_all_links_counts() {
    let put = |world: &World, bucket: &str, until: &str| {
        let object = Object { body: until.into(), ..Object::default() };
        world.state().buckets.objects.insert(format!("{bucket}/{REVOKED_ALL_KEY}"), object);
    };
    for (new, old) in
        [("2026-01-01T00:00:00Z", "2026-12-01T00:00:00Z"), ("2026-12-01T00:00:00Z", "2026-01-01T00:00:00Z")]
    {
        let world = World::new();
        put(&world, "state", new);
        put(&world, "transcripts", old);
        assert_eq!(world.get(&format!("/v/{}", world.token())).await["statusCode"], 403, "{new} {old}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_key_there_are_no_links() {
    let world = World::without_key();
    let refusal = world.get("/").await;
    assert_eq!(world.get(&format!("/v/{}", world.token())).await, refusal);
    assert_eq!(world.aws.actions(), [""; 0]);
}
