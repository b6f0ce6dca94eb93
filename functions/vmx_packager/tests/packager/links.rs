//! Where a voicemail is to be heard, and what is kept for whoever opens the link.

use serde_json::Value;
use vmx_contract::mode::Mode;
use vmx_contract::package::Package;
use vmx_contract::staff::Words;
use vmx_contract::token::Token;
use vmx_contract::voicemail::Warning;
use vmx_lambda::testing::Captured;
use vmx_packager::LinkKind;

use crate::world::{CONTACT, ENDED, WORDS, World, mac};

const BASE: &str = "https://abc.lambda-url.us-east-1.on.aws";
const PACKAGE: &str = "transcripts/packages/00000000-0000-4000-8000-00000000c0de";

fn page() -> World {
    World::with_links(LinkKind::Url { key_arn: "arn:of:key".into(), base: BASE.into() }, |_| ())
}

fn link(world: &World) -> Option<String> {
    world.task()["References"]["Recording"]["Value"].as_str().map(str::to_owned)
}

#[tokio::test(start_paused = true)]
async fn a_link_to_the_page_carries_a_token_of_the_key() {
    let (captured, _guard) = Captured::start(tracing::Level::DEBUG);
    let world = page();
    assert!(world.transcribed().await);
    let link = link(&world).unwrap();
    let token = link.strip_prefix(&format!("{BASE}/v/")).unwrap();
    let read = Token::parse(token).unwrap();
    assert_eq!(read.claims.id().to_string(), CONTACT);
    assert_eq!(read.claims.expires_at().as_second() - read.claims.issued_at().as_second(), 3600);
    let calls = world.aws.calls_of("kms:GenerateMac");
    assert_eq!((calls.len(), calls[0].json()["KeyId"].as_str()), (1, Some("arn:of:key")));
    assert_eq!(read.mac, mac(&calls[0]));
    assert!(!captured.text().contains(token), "a playback link must not be logged");
}

#[tokio::test(start_paused = true)]
async fn without_the_key_a_task_waits_and_in_the_end_comes_without_its_link() {
    let world = page();
    world.state().errors = vec![("kms:GenerateMac", 99, 400, "DisabledException")];
    for receives in 1..8 {
        assert!(!world.transcribed_again(receives).await, "attempt {receives}");
    }
    assert!(world.state().tasks.is_empty());
    assert!(world.transcribed_again(8).await);
    assert_eq!(link(&world), None);
    let description = world.task()["Description"].as_str().unwrap().to_owned();
    assert!(description.contains(Words::english().warning(Warning::LinkMissing)), "{description}");
    assert!(!description.contains("agent workspace"), "{description}");
    assert_eq!(world.object(ENDED).unwrap()["outcome"], "delivered");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_works_again_in_time_costs_nothing() {
    let world = page();
    world.state().errors = vec![("kms:GenerateMac", 9, 400, "DisabledException")];
    assert!(!world.transcribed_again(7).await);
    world.state().errors.clear();
    assert!(world.transcribed_again(8).await);
    assert!(link(&world).is_some());
    let description = world.task()["Description"].as_str().unwrap().to_owned();
    assert!(!description.contains(Words::english().warning(Warning::LinkMissing)), "{description}");
}

/// A guided task carries none, and where links are off there is none.
#[tokio::test(start_paused = true)]
async fn what_needs_no_link_does_not_ask_the_key() {
    let kind = || LinkKind::Url { key_arn: "arn:of:key".into(), base: BASE.into() };
    for (mode, links) in
        [(Mode::GuidedTask, kind()), (Mode::Task, LinkKind::Workspace), (Mode::Email, LinkKind::Workspace)]
    {
        let world = World::configured(
            |config| {
                config.links = links;
                config.modes = vec![mode];
                config.default_mode = mode;
            },
            |voicemail| voicemail.modes = vec![mode],
        );
        world.state().errors = vec![("kms:GenerateMac", 99, 400, "DisabledException")];
        assert!(world.transcribed().await, "{mode}");
        assert_eq!(world.aws.calls_of("kms:GenerateMac").len(), 0, "{mode}");
        assert_eq!(world.object(ENDED).unwrap()["outcome"], "delivered");
    }
}

#[tokio::test(start_paused = true)]
async fn a_mail_without_a_link_says_so_and_not_where_there_is_none() {
    let kind = LinkKind::Url { key_arn: "arn:of:key".into(), base: BASE.into() };
    let world = World::configured(
        |config| {
            config.links = kind;
            config.modes = vec![Mode::Email];
            config.default_mode = Mode::Email;
        },
        |voicemail| voicemail.modes = vec![Mode::Email],
    );
    world.state().errors = vec![("kms:GenerateMac", 99, 403, "AccessDeniedException")];
    assert!(world.transcribed_again(9).await);
    let mail = world.state().mails[0].clone();
    for part in ["Html", "Text"] {
        let text = mail["Content"]["Simple"]["Body"][part]["Data"].as_str().unwrap().to_owned();
        assert!(text.contains(Words::english().warning(Warning::LinkMissing)), "{text}");
        assert!(!text.contains("agent workspace"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_links_the_task_says_where_to_listen() {
    let world = World::with_links(LinkKind::Workspace, |_| ());
    assert!(world.transcribed().await);
    assert_eq!(link(&world), None);
    let description = world.task()["Description"].as_str().unwrap().to_owned();
    assert!(description.contains("Listen to the recording in the agent workspace"), "{description}");
}

#[tokio::test(start_paused = true)]
async fn the_package_is_kept_before_the_delivery_and_without_the_link() {
    for world in [page(), World::new()] {
        world.state().errors = vec![("connect:StartTaskContact", 9, 500, "InternalServiceException")];
        assert!(!world.transcribed().await);
        let kept = world.state().buckets.objects[PACKAGE].clone();
        assert_eq!(kept.content_type, "application/json");
        let json: Value = serde_json::from_slice(&kept.body).unwrap();
        assert_eq!(json.get("playback"), None);
        let package: Package = serde_json::from_value(json).unwrap();
        assert_eq!((package.contact_id.as_str(), Words::english().transcript_of(&package)), (CONTACT, WORDS));
    }
}
