//! Requests in, pages out: the handler with the clients that run on Lambda, against an AWS that is a function of
//! requests.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod guide;
mod refused;
mod world;

use serde_json::Value;
use vmx_lambda::testing::Captured;
use world::{CONTACT, World, body, header};

#[tokio::test(start_paused = true)]
async fn a_link_opens_a_page_that_plays() {
    let world = World::new();
    let token = world.token();
    let answer = world.get(&format!("/v/{token}")).await;
    assert_eq!(answer["statusCode"], 200);
    let page = body(&answer);
    for part in [
        "Seven of clubs.",
        "+15555550100",
        "The support team",
        r#"<time datetime="2026-11-23T10:00:00Z">2026-11-23 10:00 UTC</time>"#,
        &format!(r#"src="/v/{token}/audio""#),
        &format!(r#"href="/v/{token}/download""#),
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let policy = header(&answer, "content-security-policy");
    assert!(policy.ends_with("media-src 'self' https://recordings.s3.us-east-1.amazonaws.com"), "{policy}");
    assert_eq!(header(&answer, "content-type"), "text/html; charset=utf-8");
    let mut actions = world.aws.actions();
    actions[1..].sort();
    assert_eq!(
        actions,
        [
            "kms:VerifyMac",
            "s3:GetObject",
            "s3:GetObject",
            "s3:GetObject",
            "s3:HeadObject",
            "s3:HeadObject",
            "s3:HeadObject"
        ],
        "the key is asked first"
    );
}

#[tokio::test(start_paused = true)]
async fn the_recording_comes_from_s3_so_that_parts_of_it_can_be_asked_for() {
    let world = World::new();
    let token = world.token();
    for (what, expected) in [
        (
            "audio",
            &["X-Amz-Expires=1800", "response-content-type=audio%2Fwav", "X-Amz-SignedHeaders=host&"][..],
        ),
        (
            "download",
            &["X-Amz-Expires=300", "response-content-disposition=attachment%3B%20filename%3D%22voicemail-"],
        ),
    ] {
        let answer = world.get(&format!("/v/{token}/{what}")).await;
        assert_eq!((&answer["statusCode"], body(&answer)), (&302.into(), ""));
        let location = header(&answer, "location");
        let start = format!("https://recordings.s3.us-east-1.amazonaws.com/{CONTACT}.wav?");
        assert!(location.starts_with(&start), "{location}");
        for part in expected {
            assert!(location.contains(part), "{part} in {location}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn head_has_the_headers_of_get_and_no_body() {
    let world = World::new();
    let path = format!("/v/{}", world.token());
    let (get, head) = (world.get(&path).await, world.ask("HEAD", &path).await);
    assert_eq!((&head["statusCode"], &head["headers"]), (&get["statusCode"], &get["headers"]));
    assert_eq!(body(&head), "");
    let audio = world.ask("HEAD", &format!("{path}/audio")).await;
    assert_eq!(audio["statusCode"], 302);
    assert!(!header(&audio, "location").contains("response-content-type"), "signed for HEAD");
}

#[tokio::test(start_paused = true)]
async fn every_answer_says_how_it_is_to_be_treated() {
    let world = World::new();
    let token = world.token();
    for path in ["/".to_owned(), format!("/v/{token}"), format!("/v/{token}/audio"), "/v/x".to_owned()] {
        let answer = world.get(&path).await;
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("strict-transport-security", "max-age=31536000"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("x-robots-tag", "noindex, nofollow"),
        ] {
            assert_eq!(header(&answer, name), value, "{path}");
        }
        let policy = header(&answer, "content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert_eq!(answer["isBase64Encoded"], false);
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_expired_is_said_to_those_who_may_know() {
    let world = World::new();
    let path = format!("/v/{}", world.token());
    world.state().buckets.objects.remove(&format!("recordings/{CONTACT}.wav"));
    let answer = world.get(&path).await;
    assert_eq!(answer["statusCode"], 410);
    assert!(body(&answer).contains("The recording has expired") && body(&answer).contains("Seven of clubs."));
    for what in ["audio", "download"] {
        assert_eq!(world.get(&format!("{path}/{what}")).await["statusCode"], 410);
    }
    world.state().buckets.objects.clear();
    let answer = world.get(&path).await;
    assert_eq!(answer["statusCode"], 410);
    assert!(body(&answer).contains("This voicemail has expired and was deleted."));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_checked_is_not_opened() {
    for action in ["kms:VerifyMac", "s3:HeadObject", "s3:GetObject"] {
        for (status, code) in [(500, "InternalError"), (403, "AccessDenied")] {
            let world = World::new();
            world.state().errors = vec![(action, 99, status, code)];
            let answer = world.get(&format!("/v/{}", world.token())).await;
            assert_eq!(answer["statusCode"], 503, "{action} {code}");
            assert!(!body(&answer).contains("clubs"), "{action}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_opening_is_logged_and_no_secret() {
    let (captured, _guard) = Captured::start(tracing::Level::INFO);
    let world = World::new();
    let token = world.token();
    let forged = world.forged();
    for path in ["", "/audio", "/download", "/else"] {
        world.get(&format!("/v/{token}{path}")).await;
    }
    world.get(&format!("/v/{forged}")).await;
    world.get("/v/nothing-of-the-kind").await;
    world.state().errors = vec![("s3:HeadObject", 9, 500, "InternalError")];
    world.get(&format!("/v/{token}")).await;
    let text = captured.text();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let outcomes: Vec<(&str, &str)> = lines
        .iter()
        .filter(|line| line["message"] == "link opened")
        .map(|line| (line["what"].as_str().unwrap_or_default(), line["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(
        outcomes,
        [
            ("page", "shown"),
            ("audio", "redirected to the recording"),
            ("download", "redirected to the recording"),
            ("", "refused: no such address"),
            ("page", "refused: forged"),
            ("page", "refused: no token"),
        ]
    );
    assert_eq!(lines[0]["span"]["contact_id"], CONTACT);
    assert_eq!(lines[4]["contact_id"], CONTACT);
    let mac = token.split('.').nth(1).unwrap();
    for secret in
        [&token, mac, &forged, "nothing-of-the-kind", "X-Amz-Signature", "5555550100", "clubs", "192.0.2.7"]
    {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
