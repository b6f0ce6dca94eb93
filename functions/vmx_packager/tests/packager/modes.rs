//! Several modes, each with its own outcome; mail and the operator's own ways.

use serde_json::{Value, json};
use vmx_contract::mode::Mode;
use vmx_contract::voicemail::Voicemail;
use vmx_packager::Config;

use crate::world::{CALLER, CONTACT, ENDED, INSTANCE, RECEIPTS, WORDS, World};

/// A world that has these modes, and a voicemail that asks for them.
fn world(modes: &[Mode], change: impl FnOnce(&mut Voicemail), set: impl FnOnce(&mut Config)) -> World {
    let set = |config: &mut Config| {
        config.modes = modes.to_vec();
        config.default_mode = modes[0];
        set(config);
    };
    World::configured(set, |voicemail| {
        voicemail.modes = modes.to_vec();
        change(voicemail);
    })
}

fn mail(world: &World) -> Value {
    let state = world.state();
    assert_eq!(state.mails.len(), 1);
    state.mails[0].clone()
}

fn to(mail: &Value) -> &str {
    mail["Destination"]["ToAddresses"][0].as_str().unwrap()
}

fn receipt(world: &World, mode: &str) -> Option<Value> {
    world.object(&format!("{RECEIPTS}/{mode}"))
}

const TWO: [Mode; 2] = [Mode::Task, Mode::Email];
const MAIL: [Mode; 1] = [Mode::Email];

#[tokio::test(start_paused = true)]
async fn two_modes_are_both_delivered() {
    let world = world(&TWO, |_| (), |_| ());
    assert!(world.transcribed().await);
    assert!(world.transcribed().await);
    assert_eq!(world.state().tasks.len(), 1);
    let mail = mail(&world);
    assert_eq!(mail["FromEmailAddress"], "voicemail@example.com");
    assert_eq!((to(&mail), &mail["ConfigurationSetName"]), ("desk@example.com", &json!("bounces")));
    let simple = &mail["Content"]["Simple"];
    assert_eq!(simple["Subject"]["Data"], format!("Voicemail from {CALLER} for The support team"));
    for part in ["Html", "Text"] {
        assert!(simple["Body"][part]["Data"].as_str().unwrap().contains(WORDS), "{part}: {simple}");
    }
    assert_eq!(receipt(&world, "task"), Some(json!({"mode": "task", "reference": "task-1"})));
    assert_eq!(receipt(&world, "email"), Some(json!({"mode": "email", "reference": "mail-1"})));
    assert_eq!(world.object(ENDED).unwrap()["outcome"], "delivered");
    assert_eq!(world.state().attributes["vm_flag"], "0");
}

#[tokio::test(start_paused = true)]
async fn a_mode_that_failed_is_repeated_alone() {
    for (status, code) in
        [(400, "MessageRejected"), (500, "InternalServiceError"), (429, "TooManyRequestsException")]
    {
        let world = world(&TWO, |_| (), |_| ());
        world.state().errors = vec![("ses:SendEmail", 3, status, code)];
        assert!(!world.transcribed().await, "{code}");
        assert_eq!((world.object(ENDED), world.state().mails.len()), (None, 0), "{code}");
        assert!(receipt(&world, "task").is_some(), "{code}");
        assert_eq!(world.tag(), "open", "{code}");
        assert_eq!(world.state().attributes["vm_flag"], "1");
        world.state().errors.clear();
        assert!(world.transcribed().await, "{code}");
        assert_eq!(world.aws.calls_of("connect:StartTaskContact").len(), 1, "the task was not made again");
        assert_eq!(world.state().mails.len(), 1);
        assert!(world.object(ENDED).is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_the_first_mode_does_not_stop_the_second() {
    let world = world(&TWO, |_| (), |_| ());
    world.state().errors = vec![("connect:StartTaskContact", 99, 400, "InvalidParameterException")];
    assert!(!world.transcribed().await);
    assert!(!world.transcribed().await);
    assert_eq!(world.state().mails.len(), 1, "mailed once, although it was tried twice");
    world.state().errors = vec![
        ("connect:StartTaskContact", 99, 400, "InvalidParameterException"),
        ("ses:SendEmail", 99, 400, "MessageRejected"),
    ];
    world.state().buckets.objects.retain(|name, _| !name.starts_with(RECEIPTS));
    assert!(!world.transcribed().await, "all failed: the message becomes a dead letter");
}

#[tokio::test(start_paused = true)]
async fn the_recipients_address_is_taken_where_it_is() {
    let tag = json!({"Tags": {"vm_queue_email": "tag@example.com"}, "Description": "QVMB::text@example.com"});
    let old = json!({"Tags": {"vm_queue_email": "nobody", "vmx3_queue_email": " old@example.com "}});
    let text = json!({"Description": "Support. QVMB::text@example.com"});
    for (queue, expected) in [
        (tag, "tag@example.com"),
        (old, "old@example.com"),
        (text, "text@example.com"),
        (Value::Null, "desk@example.com"),
    ] {
        let world = world(&MAIL, |_| (), |_| ());
        world.state().queue = queue;
        assert!(world.transcribed().await);
        assert_eq!(to(&mail(&world)), expected);
    }
    let agent =
        world(&MAIL, |voicemail| voicemail.recipient_arn = format!("{INSTANCE}/queue/agent/user-1"), |_| ());
    assert!(agent.transcribed().await);
    assert_eq!(to(&mail(&agent)), "zoe@example.com");
}

#[tokio::test(start_paused = true)]
async fn addresses_that_ses_refuses_give_way_to_those_of_the_installation() {
    // Only the sender's address is verified, not its domain.
    let world = world(&MAIL, |voicemail| voicemail.email_from = Some("night@example.com".into()), |_| ());
    world.state().errors = vec![("ses:SendEmail", 1, 400, "MessageRejected")];
    assert!(world.transcribed().await);
    let sent = mail(&world);
    assert_eq!((to(&sent), &sent["FromEmailAddress"]), ("desk@example.com", &json!("voicemail@example.com")));
    assert_eq!(receipt(&world, "email").unwrap()["warnings"], json!(["email_address_replaced"]));
}

#[tokio::test(start_paused = true)]
async fn an_attribute_chooses_addresses_within_what_is_allowed() {
    let named = |to: &str, from: &str| {
        let (to, from) = (to.to_owned(), from.to_owned());
        world(&MAIL, |voicemail| (voicemail.email_to, voicemail.email_from) = (Some(to), Some(from)), |_| ())
    };
    let good = named("night@example.org", "night@example.com");
    assert!(good.transcribed().await);
    let sent = mail(&good);
    assert_eq!((to(&sent), &sent["FromEmailAddress"]), ("night@example.org", &json!("night@example.com")));

    for bad in ["thief@evil.example", "a@example.org,b@evil.example", "Desk <a@example.org>"] {
        let world = named(bad, "ceo@example.org");
        assert!(world.transcribed().await);
        let sent = mail(&world);
        assert_eq!(
            (to(&sent), &sent["FromEmailAddress"]),
            ("desk@example.com", &json!("voicemail@example.com"))
        );
        let text = sent["Content"]["Simple"]["Body"]["Text"]["Data"].as_str().unwrap();
        assert!(text.contains("An email address is not allowed"), "{text}");
        assert_eq!(receipt(&world, "email").unwrap()["warnings"], json!(["email_address_replaced"]));
    }
}

#[tokio::test(start_paused = true)]
async fn an_own_template_is_used_and_a_broken_or_missing_one_replaced() {
    let named = |name: &str| {
        let name = name.to_owned();
        world(&MAIL, |voicemail| voicemail.email_template = Some(name), |_| ())
    };
    let own = named("night");
    let html = "<p>{{ attributes.customer }}: {{ transcript }}</p>";
    own.put("artifacts/email-templates/night.html", html, 9);
    assert!(own.transcribed().await);
    let sent = mail(&own);
    assert_eq!(sent["Content"]["Simple"]["Body"]["Html"]["Data"], format!("<p>42: {WORDS}</p>"));

    let endless = format!("{}{}", "{% for a in attributes %}".repeat(13), "{% endfor %}".repeat(13));
    for (name, html) in
        [("night", Some("{% if %}")), ("night", Some(endless.as_str())), ("gone", None), ("../secrets", None)]
    {
        let world = named(name);
        if let Some(html) = html {
            world.put(&format!("artifacts/email-templates/{name}.html"), html, 9);
        }
        assert!(world.transcribed().await);
        let sent = mail(&world);
        let html = sent["Content"]["Simple"]["Body"]["Html"]["Data"].as_str().unwrap();
        assert!(
            html.contains("<html") && html.contains("The email template cannot be used"),
            "{name}: {html}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_small_recording_is_attached_and_a_large_one_linked() {
    for (most, attached) in [(100, true), (1, false)] {
        let world = world(&MAIL, |_| (), |config| config.email.as_mut().unwrap().attach_at_most_kb = most);
        assert!(world.transcribed().await);
        let sent = mail(&world);
        let simple = &sent["Content"]["Simple"];
        let file = &simple["Attachments"][0]["FileName"];
        assert_eq!(file == &json!(format!("{CONTACT}.wav")), attached, "{file}");
        let text = simple["Body"]["Text"]["Data"].as_str().unwrap();
        assert!(text.contains("X-Amz-Signature="), "the link is there in any case");
        assert_eq!(text.contains("too large to attach"), !attached, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn other_is_an_event_and_a_message_of_a_queue() {
    let target = "arn:aws:sqs:us-east-1:111122223333:voicemails.fifo";
    let world =
        world(&[Mode::Other], |_| (), |config| config.other.as_mut().unwrap().target = Some(target.into()));
    assert!(world.transcribed().await);
    let state = world.state();
    let event = &state.events[0];
    assert_eq!(
        (&event["Source"], &event["DetailType"], &event["EventBusName"], &event["Resources"][0]),
        (&json!("voicemail-express"), &json!("Voicemail Delivered"), &json!("bus"), &json!(INSTANCE))
    );
    let detail: Value = serde_json::from_str(event["Detail"].as_str().unwrap()).unwrap();
    assert_eq!((&detail["contactId"], &detail["transcript"]["text"]), (&json!(CONTACT), &json!(WORDS)));
    let message = &state.messages[0];
    assert_eq!(
        (&message["MessageBody"], &message["MessageDeduplicationId"]),
        (&event["Detail"], &json!(CONTACT))
    );
}

#[tokio::test(start_paused = true)]
async fn an_event_that_its_bus_does_not_take_is_put_again_and_the_target_is_not_told_again() {
    let target = "arn:aws:sqs:us-east-1:111122223333:voicemails";
    let world =
        world(&[Mode::Other], |_| (), |config| config.other.as_mut().unwrap().target = Some(target.into()));
    world.state().errors = vec![("events:PutEvents", 3, 500, "InternalException")];
    assert!(!world.transcribed().await);
    assert!(world.transcribed().await);
    let state = world.state();
    assert_eq!((state.messages.len(), state.events.len()), (1, 1));
}
