#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod modes;

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

use aws_sdk_connect::Client as Connect;
use aws_sdk_connect::operation::get_metric_data_v2::GetMetricDataV2Output;
use aws_sdk_connect::operation::list_instances::ListInstancesOutput;
use aws_sdk_connect::types::{MetricDataV2, MetricInterval, MetricResultV2, MetricV2};
use aws_smithy_mocks::{Rule, mock};

use super::*;
use vmx_engine::testing::{self, Recorder};
use vmx_model::params::TimeZone;

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
        let asked = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(question.clone());
            asked.len()
        };
        assert!(asked < 100, "it goes round in circles: {:?}\n{question:?}", self.titles());
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
        mock!(Connect::get_metric_data_v2).sequence().http_status(403, body()).repeatedly().build(),
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

/// What the common case is asked, and nothing else: a region and an instance that are known, one queue, tasks.
#[tokio::test]
async fn enter_alone_takes_what_was_discovered_and_is_asked_little() {
    let script = Script::default();
    let answers = run(&script, new_start()).await.unwrap();
    let mut expected = Params::new(Region::parse("eu-west-2").unwrap(), InstanceRef::parse("shop").unwrap());
    expected.time_zone = TimeZone::parse("Europe/London").unwrap();
    expected = expected.answered(Key::ExpectedVoicemailsPerHour, "50").unwrap();
    assert_eq!(answers, Answers { profile: None, params: expected });
    assert_eq!(
        script.titles(),
        [
            "Delivery",
            "Language",
            "Voice and prompts",
            "Voicemails in the busiest hour",
            "Time zone",
            "Alarm recipients",
            "Advanced settings",
        ]
    );
    let why = |title: &str| script.question(title).why;
    assert!(why("Alarm recipients").contains("nobody is told"), "{}", why("Alarm recipients"));
    for shown in ["Voice: Joanna", "Greeting: Please leave a message"] {
        assert!(why("Voice and prompts").contains(shown), "{}", why("Voice and prompts"));
    }
    for shown in ["deleted after 90 days", "72 hours", "60 seconds", "no test line"] {
        assert!(why("Advanced settings").contains(shown), "{}", why("Advanced settings"));
    }
    let volume = why("Voicemails in the busiest hour");
    assert!(volume.contains("you have no permission to count the calls"), "{volume}");
}

#[tokio::test]
async fn the_calls_of_the_last_week_size_the_installation() {
    for (calls, expected, told) in [
        (Some((1240.0, 430.0)), "430", "took 1240 calls, and 430 were abandoned"),
        (Some((12.0, 3.0)), "50", "took 12 calls"),
        (None, "50", "no calls in the last week"),
    ] {
        let script = Script::default();
        let view = Recorder::default();
        let metrics = mock!(Connect::get_metric_data_v2).then_compute_output(move |request| {
            let value = |name: &str, value: f64| {
                MetricDataV2::builder().metric(MetricV2::builder().name(name).build()).value(value).build()
            };
            let start = MetricInterval::builder().start_time(*request.start_time().unwrap()).build();
            let result = calls.map(|(handled, abandoned)| {
                MetricResultV2::builder()
                    .metric_interval(start)
                    .collections(value("CONTACTS_HANDLED", handled))
                    .collections(value("CONTACTS_ABANDONED", abandoned))
                    .build()
            });
            GetMetricDataV2Output::builder().set_metric_results(result.map(|one| vec![one])).build()
        });
        let cloud = account_with([vec![metrics], testing::instance([None, None])].concat());
        let open = async |_: Option<String>, _: Option<String>| Ok(cloud.clone());
        let params = Wizard::new(&script, &view, open, new_start()).answers().await.unwrap().params;
        assert_eq!(params.answer(Key::ExpectedVoicemailsPerHour), expected);
        let asked = script.question("Voicemails in the busiest hour");
        assert!(asked.why.contains(told), "{}", asked.why);
    }
}

#[tokio::test]
async fn answers_go_into_the_parameters_and_groups_are_asked_when_wanted() {
    let script = Script::new(&[
        ("Voice and prompts", "yes"),
        ("Voice", "Ivy"),
        ("Goodbye", "Bye: now"),
        ("Voicemails in the busiest hour", "400"),
        ("Time zone", "Europe/Vienna"),
        ("Alarm recipients", "ops@example.com"),
        ("Advanced settings", "yes"),
        ("Name", "second"),
        ("Longest message, in seconds", "120"),
        ("Tags", "team=support"),
    ]);
    let params = run(&script, new_start()).await.unwrap().params;
    assert_eq!(params.stack.as_str(), "second");
    assert_eq!(params.longest_message_seconds.get(), 120);
    assert_eq!(params.prompts.voice.given(), Some("Ivy"));
    assert_eq!(String::from(params.prompts.goodbye.clone()), "Bye: now");
    assert_eq!(params.expected_voicemails_per_hour.get(), 400);
    assert_eq!(params.time_zone.as_str(), "Europe/Vienna");
    assert_eq!(params.alarms.topic, vmx_model::params::Topic::New);
    assert_eq!(params.tags.get()["team"], "support");
    let titles = script.titles();
    assert!(titles.contains(&"Keep streamed audio, in hours".to_owned()));
    for moot in ["AWS profile", "Email sender", "Default delivery", "Beep", "Waiting", "Default queue"] {
        assert!(!titles.contains(&moot.to_owned()), "{moot}");
    }
}

#[tokio::test]
async fn languages_and_flows_are_chosen_and_remembered() {
    let script = Script::new(&[
        ("Language", "en-GB"),
        ("Advanced settings", "yes"),
        ("Other languages", "de-DE, es-US"),
        ("More flows", "<"),
        ("Other languages", "de-DE, es-US"),
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
    let Kind::Choose(all) = script.question("Language").kind else { panic!("it is a list") };
    let label = |value: &str| all.iter().find(|choice| choice.value == value).unwrap().label.clone();
    assert_eq!(label("en-GB"), "en-GB   English (United Kingdom)");
    assert_eq!(label("nl-NL"), "nl-NL   Dutch (Netherlands), with your own prompts");
}

/// A language without built-in text leads to questions for its voice and words.
#[tokio::test]
async fn a_language_without_words_is_asked_for_them() {
    let script = Script::new(&[
        ("Language", "nl-NL"),
        ("Voice", "Ruben"),
        ("Greeting", ""),
        ("Greeting", "Spreek na de toon."),
        ("Goodbye", "Dank u."),
        ("Apology", "Helaas."),
        ("Queue full", "Het is te druk."),
        ("Advanced settings", "yes"),
        ("More flows", "in_queue_offer"),
        ("Waiting", "Een moment."),
        ("Offer", "Druk op 1."),
        ("Connecting", "U wordt verbonden."),
    ]);
    let params = run(&script, new_start()).await.unwrap().params;
    assert_eq!(params.problems(), []);
    assert_eq!(params.prompts.voice.given(), Some("Ruben"));
    let titles = script.titles();
    let from = titles.iter().position(|title| title == "Language").unwrap();
    let asked: Vec<&str> = titles[from + 1..from + 7].iter().map(String::as_str).collect();
    assert_eq!(asked, ["Voice", "Greeting", "Greeting", "Goodbye", "Apology", "Queue full"]);
    let greeting = script.question("Greeting");
    assert_eq!(greeting.default.as_deref(), Some(""));
    assert!(greeting.why.contains("no built-in text in Dutch (Netherlands)"), "{}", greeting.why);
    let Kind::Choose(voices) = script.question("Voice").kind else { panic!("there are voices") };
    assert_eq!(voices.iter().map(|choice| &*choice.value).collect::<Vec<_>>(), ["Lotte", "Ruben"]);
}

/// No standard voice speaks it, and others may not play the beep.
#[tokio::test]
async fn a_language_without_a_standard_voice_is_asked_for_the_beep() {
    let beep = "arn:aws:connect:eu-west-2:111122223333:instance/00000000-0000-4000-8000-0000000000aa/prompt/\
                00000000-0000-4000-8000-0000000000bb";
    let script = Script::new(&[
        ("Language", "fi-FI"),
        ("Voice", "Suvi"),
        ("Beep", beep),
        ("Greeting", "Hei."),
        ("Goodbye", "Kiitos."),
        ("Apology", "Valitettavasti."),
        ("Queue full", "Soita uudelleen."),
    ]);
    let params = run(&script, new_start()).await.unwrap().params;
    assert_eq!(params.answer(Key::Engine), "neural");
    assert_eq!(String::from(params.prompts.beep.clone()), beep);
    assert_eq!(params.problems(), []);
}

#[tokio::test]
async fn a_wrong_answer_is_refused_at_once_and_asked_again() {
    let script = Script::new(&[
        ("Delivery", "<"),
        ("AWS region", "London"),
        ("Alarm recipients", "Ops"),
        ("Advanced settings", "yes"),
        ("Keep recordings, in days", "forever"),
    ]);
    let params = run(&script, new_start()).await.unwrap().params;
    assert_eq!(params.retention.recordings_days.get(), 90);
    let asked = |title: &str| script.titles().iter().filter(|asked| *asked == title).count();
    let twice = ["AWS region", "Alarm recipients", "Keep recordings, in days"];
    assert_eq!(twice.map(asked), [2, 2, 2]);
}

#[tokio::test]
async fn back_goes_to_the_question_before_which_remembers_its_answer() {
    let script = Script::new(&[
        ("Delivery", "<"),
        ("AWS region", "eu-west-2"),
        ("Delivery", "guided_task"),
        ("Language", "en-GB"),
        ("Voice and prompts", "<"),
        ("Language", "<"),
        ("Delivery", "<"),
    ]);
    let params = run(&script, new_start()).await.unwrap().params;
    assert_eq!(params.default_language.as_str(), "en-GB");
    let defaults = |title: &str| -> Vec<String> {
        let asked = script.asked.lock().unwrap();
        let of_title = asked.iter().filter(|question| question.title == title);
        of_title.map(|one| one.default.clone().unwrap()).collect()
    };
    assert_eq!(defaults("Delivery"), ["task", "task", "guided_task", "guided_task"]);
    assert_eq!(defaults("Language"), ["en-US", "en-GB", "en-GB"]);
    // The region that was known can be changed; nothing comes before it.
    assert_eq!(defaults("AWS region"), ["eu-west-2", "eu-west-2"]);
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
    // The file's own values are kept, not proposed anew.
    assert_eq!(script.question("Voicemails in the busiest hour").default.unwrap(), "2000");
    assert_eq!(script.question("Time zone").default.unwrap(), "UTC");
}

#[tokio::test]
async fn an_answer_that_does_not_fit_saved_parameters_is_refused_at_once() {
    let saved = "version: 1\nregion: eu-west-2\ninstance: SHOP\nbuckets: {archive_after_days: 30}\n";
    let saved = Params::from_yaml("params.yaml", saved).unwrap();
    let title = "Keep recordings, in days";
    let script = Script::new(&[("Advanced settings", "yes"), (title, "30"), (title, "31")]);
    let answers = run(&script, Start { saved: Some(saved), ..new_start() }).await.unwrap();
    assert_eq!(answers.params.retention.recordings_days.get(), 31);
    assert_eq!(script.titles().iter().filter(|asked| *asked == title).count(), 2);
}

#[tokio::test]
async fn what_no_question_asks_for_is_refused_before_the_plan() {
    let saved = "version: 1\nregion: eu-west-1\ninstance: SHOP\n\
                 other: {secret: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:s'}\n";
    let saved = Params::from_yaml("params.yaml", saved).unwrap();
    let script = Script::new(&[
        ("Delivery", "<"),
        ("AWS region", "eu-west-2"),
        ("Advanced settings", "no"),
        ("Advanced settings", "^C"),
    ]);
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
    for title in ["Delivery", "Language", "Time zone", "Advanced settings"] {
        let ended = run(&Script::new(&[(title, "^C")]), new_start()).await;
        assert!(matches!(ended, Err(Failure::StoppedEarly)), "{title}");
    }
}

#[tokio::test]
async fn a_region_without_an_instance_is_told_and_asked_again() {
    let none = mock!(Connect::list_instances).then_output(|| ListInstancesOutput::builder().build());
    let empty = account_with(vec![none]);
    // The known region is looked at first.
    let script = Script::new(&[("AWS region", "us-east-1"), ("AWS region", "^C")]);
    let view = Recorder::default();
    let open = async |_: Option<String>, _: Option<String>| Ok(empty.clone());
    assert!(Wizard::new(&script, &view, open, new_start()).answers().await.is_err());
    assert!(view.taken().iter().any(|line| line.contains("no Amazon Connect instance in us-east-1")));
}
