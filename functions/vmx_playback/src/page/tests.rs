#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use super::*;
use proptest::prelude::*;
use serde_json::json;
use std::time::Duration;
use vmx_contract::voicemail_id::VoicemailId;

fn kept(change: impl FnOnce(&mut serde_json::Value)) -> Kept {
    let mut package = json!({
        "version": 1,
        "contactId": "00000000-0000-4000-8000-00000000c0de",
        "instanceArn": "arn:aws:connect:us-east-1:111122223333:instance/00000000-0000-4000-8000-0000000000aa",
        "from": "+15555550100",
        "recipient": {"type": "queue", "arn": "arn", "id": "q", "name": "Support"},
        "receivedAt": "2026-11-23T10:00:00Z",
        "durationMs": 61_500,
        "language": "en-US",
        "modes": ["task"],
        "transcript": {"status": "completed", "text": "Seven of clubs."},
        "attributes": {"vm_flag": "1"},
        "warnings": ["audio_gaps"],
    });
    change(&mut package);
    let summary = package["summary"].as_str().map(str::to_owned);
    Kept { package: serde_json::from_value(package).unwrap(), summary }
}

fn claims() -> Claims {
    let id = VoicemailId::parse("00000000-0000-4000-8000-00000000c0de").unwrap();
    Claims::new(&id, "2026-11-23T10:01:00Z".parse().unwrap(), Duration::from_hours(12)).unwrap()
}

fn shown(kept: &Kept) -> String {
    shown_in("en-US", kept)
}

fn shown_in(language: &str, kept: &Kept) -> String {
    let words = Words::of(language);
    Pages::new(words).voicemail(Some(&Facts::of(kept, words)), Some("TOKEN"), &claims())
}

/// A page whose escaped characters can be compared.
fn read(page: &str) -> String {
    page.replace("&#x27;", "'").replace("&#x2f;", "/")
}

/// Style and script have hashes of their own; what is looked at is the rest.
fn body(page: &str) -> String {
    page.replace(STYLE, "…").replace(SCRIPT, "…")
}

#[test]
fn a_page_tells_all_there_is() {
    let kept = kept(|package| package["summary"] = "Wants the seven of clubs.".into());
    insta::assert_snapshot!("voicemail", body(&shown(&kept)));
}

#[test]
fn hostile_texts_are_shown_and_not_run() {
    let hostile = r#""'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}"#;
    let kept = kept(|package| {
        package["from"] = hostile.into();
        package["recipient"]["name"] = hostile.into();
        package["language"] = hostile.into();
        package["transcript"]["text"] = format!("{hostile}\n\u{202e}backwards").into();
        package["summary"] = hostile.into();
    });
    insta::assert_snapshot!("hostile", body(&shown(&kept)));
}

#[test]
fn what_has_expired_is_said() {
    let pages = Pages::new(Words::english());
    let facts = Facts::of(&kept(|package| package["from"] = serde_json::Value::Null), Words::english());
    insta::assert_snapshot!("no_recording", body(&pages.voicemail(Some(&facts), None, &claims())));
    insta::assert_snapshot!("nothing", body(&pages.voicemail(None, None, &claims())));
    assert!(pages.voicemail(None, Some("TOKEN"), &claims()).contains("The recording is still available."));
}

#[test]
fn a_page_that_says_one_thing_runs_nothing() {
    insta::assert_snapshot!("plain", body(&Pages::new(Words::english()).refused()));
}

#[test]
fn a_page_speaks_the_language_of_its_readers() {
    let kept = kept(|package| {
        package["summary"] = "Möchte die Kreuz-Sieben.".into();
        package["timeZone"] = "Europe/Berlin".into();
        package["transcript"] = json!({"status": "late"});
    });
    insta::assert_snapshot!("german", body(&shown_in("de-AT", &kept)));
}

#[test]
fn every_language_says_what_to_do_when_a_link_does_not_work() {
    for words in Words::all() {
        let pages = Pages::new(words);
        let page = read(&pages.refused());
        for part in [
            &format!("<html lang=\"{}\">", words.tag),
            words.refused_title,
            words.refused,
            words.refused_advice,
        ] {
            assert!(page.contains(part), "{}: {part}", words.tag);
        }
        assert!(!page.contains("<script"), "{}", words.tag);
        let expired = read(&pages.voicemail(None, None, &claims()));
        assert!(expired.contains(words.voicemail_expired) && expired.contains(words.expired_advice));
        assert!(read(&pages.unavailable()).contains(words.unavailable), "{}", words.tag);
    }
}

#[test]
fn a_page_may_load_what_it_has_and_nothing_else() {
    let pages = Pages::new(Words::english());
    let policy = pages.policy(Some("https://recordings.s3.eu-west-2.amazonaws.com/a.wav?X-Amz-Date=1"));
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    assert!(policy.ends_with("; media-src 'self' https://recordings.s3.eu-west-2.amazonaws.com"), "{policy}");
    for banned in ["unsafe", "*", "http:"] {
        assert!(!policy.contains(banned), "{policy}");
    }
    assert!(!pages.policy(None).contains("script-src") && !pages.policy(None).contains("media-src"));
    // The hashes are of what stands between the tags, to the byte.
    let page = shown(&kept(|_| ()));
    for (tag, directive) in [("style", "style-src"), ("script", "script-src")] {
        let within = page.split(&format!("<{tag}>")).nth(1).unwrap();
        let within = within.split(&format!("</{tag}>")).next().unwrap();
        assert!(policy.contains(&format!("{directive} '{}'", hash(within))), "{tag}");
    }
}

proptest! {
    #[test]
    fn whatever_was_said_makes_no_tag(text in "\\PC{0,80}|[<>&\"'/a-z]{0,80}") {
        let plain = shown(&kept(|package| package["transcript"]["text"] = "".into()));
        let page = shown(&kept(|package| package["transcript"]["text"] = text.into()));
        for sign in ["<", ">", "\""] {
            prop_assert_eq!(page.matches(sign).count(), plain.matches(sign).count());
        }
    }
}
