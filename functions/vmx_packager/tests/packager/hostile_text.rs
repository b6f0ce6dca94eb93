//! Characters that receivers refuse for ever: they come from attributes, names and callers, and cost no voicemail.

use std::time::Duration;

use ::salesforce::testing::{Caller, LocalSalesforce};
use ::salesforce::{Limits, Loopback};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use vmx_contract::mode::Mode;
use vmx_packager::{Config, SalesforceConfig};

use crate::world::{CONTACT, ENDED, World, texts, transcript};

/// No characters, controls, and what stands beside them and is none of that.
const EVIL: &str = "\u{FFFE}\u{FFFF}\u{0}\u{1}\u{8}\u{B}\u{1F}\u{7F}\u{85}\u{FDD0}\u{1FFFF}";
/// Beside them: must come through as it is.
const GOOD: &str = "Zo\u{EB} \u{1F44B}\t\u{5E9}";

fn evil() -> String {
    format!("{GOOD}{EVIL}")
}

/// A world in which everything that can be written by somebody is.
fn world(mode: Mode, set: impl FnOnce(&mut Config)) -> World {
    let set = |config: &mut Config| {
        config.modes = vec![mode];
        config.default_mode = mode;
        set(config);
    };
    let world = World::configured(set, |voicemail| {
        voicemail.modes = vec![mode];
        voicemail.from = Some(evil());
        voicemail.priority = Some(evil());
    });
    {
        let mut state = world.state();
        state.attributes.insert(evil(), evil());
        state.attributes.insert("customer".into(), evil());
        state.queue = json!({"Name": evil()});
        state.buckets.objects.insert(format!("transcripts/{CONTACT}.json"), transcript(&evil()));
    }
    world
}

fn assert_clean(delivered: &[Value]) {
    let texts: Vec<String> = delivered.iter().flat_map(texts).collect();
    assert!(texts.iter().any(|text| text.contains("Zo\u{EB} \u{1F44B}")), "{texts:?}");
    for refused in EVIL.chars() {
        assert!(!texts.iter().any(|text| text.contains(refused)), "{refused:?} in {texts:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_receiver_within_aws_takes_a_voicemail_full_of_them() {
    for (mode, target) in [
        (Mode::Task, None),
        (Mode::GuidedTask, None),
        (Mode::Email, None),
        (Mode::Other, None),
        (Mode::Other, Some("arn:aws:sqs:us-east-1:111122223333:voicemails")),
        (Mode::Other, Some("arn:aws:sqs:us-east-1:111122223333:voicemails.fifo")),
        (Mode::Other, Some("arn:aws:sns:us-east-1:111122223333:topic")),
        (Mode::Other, Some("arn:aws:lambda:us-east-1:111122223333:function:crm")),
    ] {
        let world = world(mode, |config| {
            config.other.as_mut().unwrap().target = target.map(str::to_owned);
        });
        // The world refuses for ever what a receiver does not take.
        assert!(world.transcribed().await, "{mode} {target:?}");
        assert_eq!(world.object(ENDED).unwrap()["outcome"], "delivered");
        let state = world.state();
        let delivered: Vec<Value> = [
            state.tasks.values().cloned().collect::<Vec<_>>(),
            state.mails.clone(),
            state.events.clone(),
            state.messages.clone(),
            state.invoked.clone(),
        ]
        .concat();
        assert_eq!(delivered.len() + state.published.len(), 1 + usize::from(target.is_some()));
        assert_clean(&delivered);
    }
}

#[tokio::test]
async fn a_webhook_takes_a_voicemail_full_of_them() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    let world = world(Mode::Other, |config| {
        config.loopback = true;
        let other = config.other.as_mut().unwrap();
        other.target = Some(address);
        other.secret = Some("arn:aws:secretsmanager:us-east-1:111122223333:secret:hook-AbCdEf".into());
    });
    world.state().secret = "key".into();
    let receive = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        loop {
            let mut chunk = [0; 16 * 1024];
            let read = stream.read(&mut chunk).await.unwrap();
            request.extend_from_slice(&chunk[..read]);
            let text = String::from_utf8_lossy(&request).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
            });
            if body.len() >= length.unwrap() {
                stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
                return serde_json::from_str::<Value>(body).unwrap();
            }
        }
    };
    let (done, body) = tokio::join!(world.transcribed(), receive);
    assert!(done);
    assert_eq!(body["contactId"], CONTACT);
    assert_clean(&[body]);
}

#[tokio::test]
async fn salesforce_takes_a_voicemail_full_of_them() {
    let caller = Caller::Secret { client_id: "3MVG".into(), client_secret: "hunter2".into() };
    let salesforce = LocalSalesforce::start(caller).await.unwrap();
    let settings = json!({
        "secret_arn": "arn:aws:secretsmanager:us-east-1:111122223333:secret:salesforce-AbCdEf", "api_version": "66.0", "external_id_field": "VMX_Contact_Id__c",
        "default_priority": "Medium", "callback_number_field": "VMX_Callback__c",
        "attributes_field": "VMX_Attributes__c", "link_field": "VMX_Link__c", "object": null,
    });
    let world = world(Mode::Sfcase, |config| {
        config.salesforce = Some(SalesforceConfig {
            settings: serde_json::from_value(settings).unwrap(),
            loopback: Loopback::Allowed,
            limits: Limits { time: Duration::from_millis(500), answer: 64 * 1024 },
        });
    });
    world.state().secret =
        json!({"login_url": salesforce.url(), "client_id": "3MVG", "client_secret": "hunter2"}).to_string();
    assert!(world.transcribed().await);
    let records = salesforce.records();
    assert_eq!(records.len(), 1);
    assert_clean(&[Value::Object(records[0].fields.clone())]);
}
