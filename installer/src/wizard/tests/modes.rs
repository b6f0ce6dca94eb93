//! How voicemails are delivered: the modes, and what they need.

use aws_smithy_mocks::{RuleMode, mock_client};
use vmx_contract::mode::Mode;

use super::*;

const SECRET: &str = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:voicemail/x-AbCdEf";
const FOLLOW_UPS: [&str; 8] = [
    "Email sender",
    "Email recipient",
    "Salesforce credentials",
    "Salesforce object",
    "Salesforce field for the transcript",
    "Additional event target",
    "Webhook secret",
    "Default delivery",
];

/// The questions about what modes need that were asked, each as often as it was.
fn follow_ups(script: &Script) -> Vec<String> {
    script.titles().into_iter().filter(|title| FOLLOW_UPS.contains(&title.as_str())).collect()
}

#[tokio::test]
async fn every_mode_is_asked_for_what_it_needs() {
    let script = Script::new(&[
        ("Delivery", ""),
        ("Delivery", "task, email, sfother, other"),
        ("Email sender", "nobody"),
        ("Email sender", "voicemail@example.com"),
        ("Email recipient", ""),
        ("Email recipient", "desk@example.com"),
        ("Salesforce credentials", "hunter2"),
        ("Salesforce credentials", SECRET),
        ("Salesforce object", "Voicemail__c"),
        ("Salesforce field for the transcript", "Transcript__c"),
        ("Additional event target", "https://example.com/hook"),
        ("Webhook secret", SECRET),
        ("Default delivery", "email"),
    ]);
    let params = run(&script, new_start()).await.unwrap().params;
    assert_eq!(params.modes.get(), [Mode::Task, Mode::Email, Mode::Sfother, Mode::Other]);
    assert_eq!(params.default_mode, Mode::Email);
    // What is wrong is asked for again, at once.
    let mut asked = FOLLOW_UPS.to_vec();
    for (place, twice) in [(0, "Email sender"), (1, "Email recipient"), (2, "Salesforce credentials")] {
        asked.insert(2 * place, twice);
    }
    assert_eq!(follow_ups(&script), asked);
    assert_eq!(script.titles().iter().filter(|title| *title == "Delivery").count(), 2);
    let Kind::Choose(choices) = script.question("Default delivery").kind else { panic!("it is a choice") };
    let choices: Vec<_> = choices.iter().map(|choice| choice.value.as_str()).collect();
    assert_eq!(choices, ["task", "email", "sfother", "other"]);
    // The file that remembers it can be read.
    let text = vmx_model::params::written(None, &params);
    assert_eq!(Params::from_yaml("params.yaml", &text).unwrap(), params);
}

#[tokio::test]
async fn what_no_chosen_mode_needs_is_not_asked() {
    for (modes, expected) in [
        ("guided_task", &[][..]),
        ("task, guided_task", &["Default delivery"]),
        ("sfcase", &["Salesforce credentials"]),
        ("other", &["Additional event target"]),
    ] {
        let script = Script::new(&[("Delivery", modes), ("Salesforce credentials", SECRET)]);
        let params = run(&script, new_start()).await.unwrap().params;
        assert_eq!(follow_ups(&script), expected, "{modes}");
        assert!(params.modes.has(params.default_mode), "{modes}");
    }
}

#[tokio::test]
async fn a_mode_can_be_taken_back_before_it_has_what_it_needs() {
    let script =
        Script::new(&[("Delivery", "task, email"), ("Email sender", "<"), ("Delivery", "task, other")]);
    let params = run(&script, new_start()).await.unwrap().params;
    assert_eq!(params.modes.get(), [Mode::Task, Mode::Other]);
    assert_eq!(follow_ups(&script), ["Email sender", "Additional event target", "Default delivery"]);
    let asked = script.question("Delivery");
    assert_eq!(asked.default.as_deref(), Some("task, email"), "it remembers what was chosen");
    let Kind::ChooseMany(choices) = asked.kind else { panic!("several can be chosen") };
    assert_eq!(choices.len(), Mode::ALL.len());
    assert!(choices.iter().all(|choice| choice.label.chars().count() <= 72), "{choices:?}");
}

#[tokio::test]
async fn saved_modes_and_what_they_need_are_the_defaults() {
    let saved = "version: 1\nregion: eu-west-2\ninstance: shop\nmodes: [email, task]\ndefault_mode: email\n\
                 email: {from: voicemail@example.com, to: desk@example.com}\n";
    let saved = Params::from_yaml("params.yaml", saved).unwrap();
    let script = Script::default();
    let answers = run(&script, Start { saved: Some(saved.clone()), ..new_start() }).await.unwrap();
    assert_eq!(answers.params, saved);
    assert_eq!(script.question("Delivery").default.as_deref(), Some("task, email"));
    assert_eq!(script.question("Email recipient").default.as_deref(), Some("desk@example.com"));
}

#[tokio::test]
async fn verified_senders_are_offered() {
    for (senders, default, recipient, told) in [
        (
            &["desk@example.org", "example.com"][..],
            "desk@example.org",
            "desk@example.org",
            "Verified here: desk",
        ),
        (&["example.com"], "voicemail@example.com", "", "Verified here: example.com."),
        (&["a.com", "b.com", "c.com", "d.com"], "voicemail@a.com", "", "c.com and 1 more."),
        (&[], "", "", "None is verified in this region yet."),
    ] {
        let script = Script::new(&[
            ("Delivery", "email"),
            ("Email sender", "voicemail@example.com"),
            ("Email recipient", "desk@example.com"),
        ]);
        let view = Recorder::default();
        let rule = testing::senders(senders.to_vec());
        let ses = mock_client!(aws_sdk_sesv2, RuleMode::MatchAny, &[&rule, &testing::verified()]);
        let open = async |_: Option<String>, _: Option<String>| Ok(Cloud { ses: ses.clone(), ..shop() });
        Wizard::new(&script, &view, open, new_start()).answers().await.unwrap();
        let asked = script.question("Email sender");
        assert_eq!(asked.default.as_deref(), Some(default));
        assert!(asked.why.contains(told), "{}", asked.why);
        assert_eq!(script.question("Email recipient").default.as_deref(), Some(recipient));
    }
}

/// It would be refused before the installation: it is refused at its question, with the command that verifies it.
#[tokio::test]
async fn a_sender_that_nobody_verified_is_refused_at_its_question() {
    let script =
        Script::new(&[("Delivery", "email"), ("Email sender", "desk@example.com"), ("Email sender", "^C")]);
    let view = Recorder::default();
    let none = mock!(aws_sdk_sesv2::Client::get_email_identity)
        .sequence()
        .http_status(404, Some(r#"{"__type": "NotFoundException", "message": "no"}"#.into()))
        .repeatedly()
        .build();
    let ses = mock_client!(aws_sdk_sesv2, RuleMode::MatchAny, &[&testing::senders(Vec::new()), &none]);
    let open = async |_: Option<String>, _: Option<String>| Ok(Cloud { ses: ses.clone(), ..shop() });
    assert!(Wizard::new(&script, &view, open, new_start()).answers().await.is_err());
    let told = view.taken();
    assert!(told.iter().any(|line| line.contains("create-email-identity")), "{told:?}");
}
