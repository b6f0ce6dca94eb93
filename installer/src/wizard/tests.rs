#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod modes;

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

use aws_sdk_connect::Client as Connect;
use aws_sdk_connect::operation::list_instances::ListInstancesOutput;
use aws_smithy_mocks::{Rule, mock};

use super::*;
use vmx_engine::testing::{self, Recorder};

/// Replies as told, by the title of the question; by default as Enter does. Notes every question.
#[derive(Default)]
struct Script {
    replies: Mutex<VecDeque<(&'static str, Reply)>>,
    asked: Mutex<Vec<Question>>,
}

impl Script {
    fn new(replies: &[(&'static str, &str)]) -> Self {
        let reply = |text: &str| match text {
            "<" => Reply::Back,
            "^C" => Reply::Interrupted,
            text => Reply::Answer(text.to_owned()),
        };
        let replies = replies.iter().map(|(title, text)| (*title, reply(text))).collect();
        Self { replies: Mutex::new(replies), asked: Mutex::default() }
    }

    fn titles(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|question| question.title.clone()).collect()
    }

    fn question(&self, title: &str) -> Question {
        let asked = self.asked.lock().unwrap();
        asked.iter().rev().find(|question| question.title == title).unwrap().clone()
    }
}

impl Asker for Script {
    fn ask<'a>(&'a self, question: &'a Question) -> Pin<Box<dyn Future<Output = Reply> + 'a>> {
        self.asked.lock().unwrap().push(question.clone());
        let mut replies = self.replies.lock().unwrap();
        let reply = match replies.front() {
            Some((title, _)) if *title == question.title => replies.pop_front().unwrap().1,
            _ => Reply::Answer(question.default.clone().unwrap()),
        };
        Box::pin(std::future::ready(reply))
    }
}

/// An account with the instance `shop`, of which the caller may see little besides.
fn rules() -> Vec<Rule> {
    let body = || Some(r#"{"__type":"AccessDeniedException","message":"no"}"#.to_owned());
    vec![
        mock!(Connect::search_users).sequence().http_status(403, body()).repeatedly().build(),
        mock!(Connect::list_routing_profiles).sequence().http_status(403, body()).repeatedly().build(),
        mock!(Connect::list_phone_numbers_v2).sequence().http_status(403, body()).repeatedly().build(),
    ]
}

fn account_with(instances: Vec<Rule>) -> Cloud {
    let (stack, s3) = testing::empty_account();
    let connect = [instances, rules()].concat();
    testing::cloud(&[&stack], &connect.iter().collect::<Vec<_>>(), &s3.iter().collect::<Vec<_>>())
}

fn shop() -> Cloud {
    account_with(testing::instance([None, None]))
}

async fn run(script: &Script, start: Start) -> Result<Answers, Failure> {
    let view = Recorder::default();
    let open = async |_: Option<String>, _: Option<String>| Ok(shop());
    Wizard::new(script, &view, open, start).answers().await
}

fn new_start() -> Start {
    Start { keys_in_environment: true, architectures: vec![Architecture::X86_64], ..Start::default() }
}

#[tokio::test]
async fn enter_alone_takes_what_was_discovered() {
    let script = Script::default();
    let answers = run(&script, new_start()).await.unwrap();
    let expected = Params::new(Region::parse("eu-west-2").unwrap(), InstanceRef::parse("shop").unwrap());
    assert_eq!(answers, Answers { profile: None, params: expected });
    let titles = script.titles();
    assert_eq!(titles[..3], ["AWS region", "Amazon Connect instance", "Name"]);
    assert_eq!(titles.last().unwrap(), "Advanced settings");
    assert!(titles.contains(&"Other languages".to_owned()) && titles.contains(&"More flows".to_owned()));
    assert!(titles.contains(&"Delivery".to_owned()));
    for moot in
        ["AWS profile", "Email sender", "Default delivery", "Greeting", "Processor of the functions", "Tags"]
    {
        assert!(!titles.contains(&moot.to_owned()), "{moot}");
    }
}

#[tokio::test]
async fn answers_go_into_the_parameters_and_groups_are_asked_when_wanted() {
    let script = Script::new(&[
        ("Longest message, in seconds", "120"),
        ("Prompts", "yes"),
        ("Goodbye", "Bye: now"),
        ("Advanced settings", "yes"),
        ("Tags", "team=support"),
    ]);
    let params = run(&script, new_start()).await.unwrap().params;
    assert_eq!(params.longest_message_seconds.get(), 120);
    assert_eq!(String::from(params.prompts.goodbye), "Bye: now");
    assert_eq!(params.tags.get()["team"], "support");
    assert!(script.titles().contains(&"Keep streamed audio, in hours".to_owned()));
}

#[tokio::test]
async fn languages_and_flows_are_chosen_and_remembered() {
    let script = Script::new(&[
        ("Language", "en-GB"),
        ("Other languages", "de-DE, es-US"),
        ("Longest message, in seconds", "<"),
        ("More flows", "test_line"),
    ]);
    let params = run(&script, new_start()).await.unwrap().params;
    let languages: Vec<_> = params.languages.keys().map(|language| language.as_str()).collect();
    assert_eq!(languages, ["de-DE", "es-US"]);
    assert!(params.flows.test_line && !params.flows.in_queue_offer);
    let asked = script.question("Other languages");
    // Gone back to, it remembers what was chosen; the default language is no other one.
    assert_eq!(asked.default.as_deref(), Some("de-DE, es-US"));
    let Kind::ChooseMany(choices) = asked.kind else { panic!("{asked:?}") };
    assert!(choices.len() >= 9 && !choices.iter().any(|choice| choice.value == "en-GB"), "{choices:?}");
}

#[tokio::test]
async fn a_wrong_answer_is_refused_at_once_and_asked_again() {
    let script = Script::new(&[
        ("AWS region", "London"),
        ("Language", "en-UK"),
        ("Language", "en-GB"),
        ("Keep recordings, in days", "forever"),
    ]);
    let params = run(&script, new_start()).await.unwrap().params;
    assert_eq!(params.default_language.as_str(), "en-GB");
    assert_eq!(params.retention.recordings_days.get(), 90);
    let asked = |title: &str| script.titles().iter().filter(|asked| *asked == title).count();
    assert_eq!([asked("AWS region"), asked("Language"), asked("Keep recordings, in days")], [2, 2, 2]);
}

#[tokio::test]
async fn back_goes_to_the_question_before_which_remembers_its_answer() {
    let script = Script::new(&[
        ("Name", "first"),
        ("Default queue", "<"),
        ("Name", "second"),
        ("Delivery", "<"),
        ("Default queue", "<"),
        ("Name", "<"),
        ("Amazon Connect instance", "<"),
    ]);
    let params = run(&script, new_start()).await.unwrap().params;
    assert_eq!(params.stack.as_str(), "second");
    let names: Vec<_> = {
        let asked = script.asked.lock().unwrap();
        asked
            .iter()
            .filter(|question| question.title == "Name")
            .map(|one| one.default.clone().unwrap())
            .collect()
    };
    assert_eq!(names, ["voicemail-express", "first", "second", "second"]);
    assert!(!script.question("AWS region").can_go_back);
}

#[tokio::test]
async fn the_last_question_can_be_gone_back_to() {
    let script = Script::default();
    let view = Recorder::default();
    let open = async |_: Option<String>, _: Option<String>| Ok(shop());
    let mut wizard = Wizard::new(&script, &view, open, new_start());
    wizard.answers().await.unwrap();
    wizard.answers().await.unwrap();
    let titles = script.titles();
    assert_eq!(titles[titles.len() - 2..], ["Advanced settings", "Advanced settings"]);
}

#[tokio::test]
async fn saved_answers_are_the_defaults() {
    let saved =
        "version: 1\nregion: eu-west-2\ninstance: SHOP\nstack: mine\nretention: {recordings_days: 7}\n";
    let saved = Params::from_yaml("params.yaml", saved).unwrap();
    let script = Script::default();
    let answers = run(&script, Start { saved: Some(saved.clone()), ..new_start() }).await.unwrap();
    assert_eq!(answers.params, saved);
    assert_eq!(script.question("Name").default.unwrap(), "mine");
}

#[tokio::test]
async fn an_answer_that_does_not_fit_saved_parameters_is_refused_at_once() {
    let saved = "version: 1\nregion: eu-west-2\ninstance: SHOP\nbuckets: {archive_after_days: 30}\n";
    let saved = Params::from_yaml("params.yaml", saved).unwrap();
    let title = "Keep recordings, in days";
    let script = Script::new(&[(title, "30"), (title, "31")]);
    let answers = run(&script, Start { saved: Some(saved), ..new_start() }).await.unwrap();
    assert_eq!(answers.params.retention.recordings_days.get(), 31);
    assert_eq!(script.titles().iter().filter(|asked| *asked == title).count(), 2);
}

#[tokio::test]
async fn what_no_question_asks_for_is_refused_before_the_plan() {
    let saved = "version: 1\nregion: eu-west-1\ninstance: SHOP\n\
                 other: {secret: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:s'}\n";
    let saved = Params::from_yaml("params.yaml", saved).unwrap();
    let script =
        Script::new(&[("AWS region", "eu-west-2"), ("Advanced settings", "no"), ("Advanced settings", "^C")]);
    let view = Recorder::default();
    let open = async |_: Option<String>, _: Option<String>| Ok(shop());
    let start = Start { saved: Some(saved), ..new_start() };
    assert!(Wizard::new(&script, &view, open, start).answers().await.is_err());
    let said = "everything is installed in eu-west-2";
    assert!(view.taken().iter().any(|line| line.contains(said)), "{:?}", view.taken());
}

#[tokio::test]
async fn several_profiles_are_asked_for_and_one_is_not() {
    let profiles = vec!["default".to_owned(), "shop".to_owned()];
    let script = Script::new(&[("AWS profile", "shop")]);
    let start = Start { profiles, profile: Some("default".into()), ..new_start() };
    assert_eq!(run(&script, start).await.unwrap().profile.as_deref(), Some("shop"));
    assert_eq!(script.question("AWS profile").default.as_deref(), Some("default"));
    let only = Start { profiles: vec!["one".to_owned()], keys_in_environment: false, ..new_start() };
    let script = Script::default();
    assert_eq!(run(&script, only).await.unwrap().profile.as_deref(), Some("one"));
    assert!(!script.titles().contains(&"AWS profile".to_owned()));
}

#[tokio::test]
async fn interrupting_ends_it_wherever_it_is() {
    for title in ["AWS region", "Amazon Connect instance", "Default queue", "Advanced settings"] {
        let ended = run(&Script::new(&[(title, "^C")]), new_start()).await;
        assert!(matches!(ended, Err(Failure::StoppedEarly)), "{title}");
    }
}

#[tokio::test]
async fn a_region_without_an_instance_is_told_and_asked_again() {
    let none = mock!(Connect::list_instances).then_output(|| ListInstancesOutput::builder().build());
    let empty = account_with(vec![none]);
    let script = Script::new(&[("AWS region", "us-east-1"), ("AWS region", "^C")]);
    let view = Recorder::default();
    let open = async |_: Option<String>, _: Option<String>| Ok(empty.clone());
    assert!(Wizard::new(&script, &view, open, new_start()).answers().await.is_err());
    assert!(view.taken().iter().any(|line| line.contains("no Amazon Connect instance in us-east-1")));
}
