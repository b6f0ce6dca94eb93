//! The questions about parameters: one table.

use super::delivery;
use super::question::{Choice, Kind, Question};
use vmx_contract::mode::Mode;
use vmx_contract::staff::Words;
use vmx_engine::discover::survey::Survey;
use vmx_model::params::{Architecture, Engine, Key, Language, Params, QueueRef, Silent, TimeZone, words};

/// A step of the wizard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Profile,
    Region,
    Instance,
    /// A question about a parameter.
    Topic(Topic),
    /// Whether to change the voice and the prompts.
    Prompts,
    /// Whether to change advanced settings.
    Advanced,
}

/// A question about a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Topic {
    pub(super) key: Key,
    title: &'static str,
    why: &'static str,
    pub(super) group: Group,
}

/// When a question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// Unless something makes it unnecessary.
    Common,
    /// If the voice and the prompts are to be changed, or the language has no text.
    Prompt,
    /// If the language has no text.
    Missing,
    /// If advanced settings are to be changed.
    Advanced,
}

/// The language of the examples.
const EXAMPLE: &str = "en-US";

use Group::{Advanced, Common, Missing, Prompt};

/// What is asked about a parameter.
const fn topic(key: Key) -> Topic {
    let (group, title, why) = match key {
        Key::Stack => (
            Common,
            "Name",
            "Names the CloudFormation stack, flows and log groups. A second stack is a second installation.",
        ),
        Key::DefaultQueue => {
            (Common, "Default queue", "Gets voicemails that came from no queue or a deleted one.")
        }
        Key::Modes => (Common, "Delivery", "How voicemails reach people. Flows choose one or more of these."),
        Key::EmailFrom => {
            (Common, "Email sender", "An address that Amazon SES has verified, or one in a verified domain.")
        }
        Key::EmailTo => {
            (Common, "Email recipient", "Gets voicemails whose queue or agent has no address of its own.")
        }
        Key::SalesforceSecret => (
            Common,
            "Salesforce credentials",
            "The ARN of the Secrets Manager secret that holds them; docs/salesforce.md explains its contents.",
        ),
        Key::SalesforceObject => {
            (Common, "Salesforce object", "The custom object's API name, such as Voicemail__c.")
        }
        Key::SalesforceTranscriptField => (
            Common,
            "Salesforce field for the transcript",
            "The field's API name in the custom object, such as Transcript__c.",
        ),
        Key::OtherTarget => (
            Common,
            "Additional event target",
            "The ARN of a Lambda function, SQS queue or SNS topic, or an https:// address. Empty: none.",
        ),
        Key::OtherSecret => {
            (Common, "Webhook secret", "The ARN of the Secrets Manager secret that signs the requests.")
        }
        Key::DefaultMode => (Common, "Default delivery", "For voicemails whose flow does not choose."),
        Key::DefaultLanguage => (
            Common,
            "Language",
            "What callers speak and hear, unless a flow says otherwise. Staff read it too.",
        ),
        Key::Voice => (Prompt, "Voice", "The Amazon Polly voice that reads the prompts."),
        Key::Engine => (Prompt, "Voice engine", "Only the standard engine is certain to play the beep."),
        Key::Beep => (
            Prompt,
            "Beep",
            "The ARN of a recorded prompt in the instance, because this engine may not play the built-in one.",
        ),
        Key::Greeting => (Prompt, "Greeting", "Played before the beep."),
        Key::Goodbye => (Prompt, "Goodbye", "Played after the message."),
        Key::Apology => (
            Prompt,
            "Apology",
            "Played when no message can be taken, before the caller returns to the queue.",
        ),
        Key::QueueFull => (Prompt, "Queue full", "Played when the queue is full too, before the call ends."),
        Key::ExpectedVoicemailsPerHour => (
            Common,
            "Voicemails in the busiest hour",
            "Functions and streams are sized for it. You can raise it later.",
        ),
        Key::TimeZone => (Common, "Time zone", "Of the times that your people see."),
        Key::AlarmEmails => (
            Common,
            "Alarm recipients",
            "Email addresses, separated by commas; each has to confirm. Without one, nobody is told when \
             voicemails fail: alarms show only in CloudWatch.",
        ),
        Key::Languages => (
            Advanced,
            "Other languages",
            "Flows can also speak to callers in these. Their prompts are included.",
        ),
        Key::Flows => {
            (Advanced, "More flows", "Installed with the voicemail flow, for use in your own flows.")
        }
        Key::Waiting => (Missing, "Waiting", "Played in the queue, in a loop: text or music."),
        Key::Offer => (Missing, "Offer", "Played in the queue, at intervals: 1 leaves a message."),
        Key::Connecting => (Missing, "Connecting", "Played when an agent takes the call."),
        Key::TestQueue => (Missing, "Test line: 1", "Says that 1 leaves a message for the queue."),
        Key::TestAgent => (Missing, "Test line: 2", "Says that 2 leaves a message for the agent."),
        Key::TestInQueue => (Missing, "Test line: 3", "Says that 3 waits in the queue."),
        Key::TestTask => (Missing, "Test line: task", "Says that 1 delivers the message as a task."),
        Key::TestGuidedTask => {
            (Missing, "Test line: guided task", "Says that 2 delivers the message as a guided task.")
        }
        Key::TestEmail => (Missing, "Test line: email", "Says that 3 delivers the message by email."),
        Key::TestSfcase => {
            (Missing, "Test line: case", "Says that 4 delivers the message as a Salesforce case.")
        }
        Key::TestSfother => {
            (Missing, "Test line: record", "Says that 5 delivers the message as a Salesforce record.")
        }
        Key::TestOther => {
            (Missing, "Test line: event", "Says that 6 delivers the message to your own systems.")
        }
        Key::LongestMessageSeconds => (
            Advanced,
            "Longest message, in seconds",
            "After that the recording ends and the caller hears the goodbye: 5 to 1200.",
        ),
        Key::LinkLifetimeHours => (
            Advanced,
            "Link lifetime, in hours",
            "How long the link to the recording's page works: 1 to 720.",
        ),
        Key::RecordingsDays => (
            Advanced,
            "Keep recordings, in days",
            "Deleted afterwards: 1 to 3653, or 0 for never. Keep at least 14: an undelivered voicemail waits \
             that long.",
        ),
        Key::Architecture => (
            Advanced,
            "Processor architecture of the functions",
            "auto keeps what is installed, otherwise arm64 where available, because it costs less.",
        ),
        Key::TranscriptsDays => (
            Advanced,
            "Keep transcripts, in days",
            "Also the markers that prevent double delivery: 15 to 3653.",
        ),
        Key::ContactRecordsHours => {
            (Advanced, "Keep contact records, in hours", "In the stream created for them: 24 to 8760.")
        }
        Key::MediaHours => {
            (Advanced, "Keep streamed audio, in hours", "In the video streams set up for it: 24 to 8760.")
        }
        Key::LogsDays => (
            Advanced,
            "Keep logs, in days",
            "Of the functions: a number that CloudWatch Logs accepts, such as 7, 30, 90 or 365.",
        ),
        Key::LanguageOfStaff => (
            Advanced,
            "Language of staff",
            "What people read in tasks, emails, the agent guide and the page behind links.",
        ),
        Key::AttributePrefix => (
            Advanced,
            "Prefix of contact attributes",
            "vm, unless flows of an earlier system already set vmx_… or vmx3_….",
        ),
        Key::Silent => (
            Advanced,
            "Messages without speech",
            "mark: delivered with a note; deliver: like any other; drop: kept and counted, but not delivered.",
        ),
        Key::Links => (
            Advanced,
            "Recording links",
            "url: to a page with a player; presigned: to the file itself, for at most 12 hours; workspace: \
             none.",
        ),
        Key::LinksAtOnce => (
            Advanced,
            "Concurrent page requests",
            "Lambda concurrency reserved for the page behind links; 0 reserves none.",
        ),
        Key::LogLevel => (Advanced, "Log level", "debug also logs callers' numbers and what they said."),
        Key::FlowLogging => (
            Advanced,
            "Flow log",
            "Whether flows log their steps, with callers' numbers, to the instance's flow log.",
        ),
        Key::Tags => (Advanced, "Tags", "Added to everything that is installed: key=value, key=value."),
    };
    Topic { key, title, why, group }
}

/// The optional flows.
const FLOWS: [(&str, &str); 3] = [
    ("voicemail_module", "voicemail as a module, for flows that continue after the message"),
    ("in_queue_offer", "an offer to leave a message while waiting in queue"),
    ("test_line", "a flow for a phone number to test voicemail"),
];

/// All steps, in order. The name is asked first if it can be another installation's, and is an advanced setting
/// otherwise.
pub(super) fn all() -> Vec<Step> {
    let mut steps = vec![Step::Profile, Step::Region, Step::Instance];
    for topic in Key::ALL.iter().copied().map(topic) {
        match topic.group {
            Prompt if !steps.contains(&Step::Prompts) => steps.push(Step::Prompts),
            Advanced if !steps.contains(&Step::Advanced) => {
                let name = Topic { group: Advanced, ..self::topic(Key::Stack) };
                steps.extend([Step::Advanced, Step::Topic(name)]);
            }
            _ => {}
        }
        steps.push(Step::Topic(topic));
    }
    steps
}

/// What callers hear, one line each.
pub(super) fn prompts_now(params: &Params) -> String {
    let keys = [Key::Voice, Key::Greeting, Key::Goodbye, Key::Apology, Key::QueueFull];
    let line = |topic: Topic| {
        let given = params.answer(topic.key);
        let name = topic.key.name().rsplit('.').next().unwrap_or_default();
        let words = if given == "default" { words::built_in(params.default_language, name) } else { None };
        format!("{}: {}", topic.title, words.unwrap_or(&given).replace('\n', " "))
    };
    keys.map(|key| line(topic(key))).join("\n")
}

/// Whether the language has no text for some of that.
pub(super) fn lacks_prompts(params: &Params) -> bool {
    Key::ALL.iter().any(|key| topic(*key).group == Prompt && params.lacks(*key))
}

/// The advanced settings that matter most.
pub(super) fn advanced_now(params: &Params) -> String {
    let (days, hours) = (params.answer(Key::RecordingsDays), params.answer(Key::LinkLifetimeHours));
    let kept = if days == "0" { "kept forever".to_owned() } else { format!("deleted after {days} days") };
    let test_line = if params.flows.test_line { "a" } else { "no" };
    format!(
        "Recordings are {kept}, links work for {hours} hours, messages have up to {} seconds, there is \
         {test_line} test line. Also: other languages, more flows, name, language of staff, logging, tags.",
        params.longest_message_seconds.get()
    )
}

impl Topic {
    pub(super) fn is_advanced(&self) -> bool {
        self.group == Advanced
    }

    /// The question, with the current value as its default.
    pub(super) fn question(
        &self,
        params: &Params,
        survey: &Survey,
        architectures: &[Architecture],
    ) -> Question {
        let now = params.answer(self.key);
        let mut why = self.why.to_owned();
        if self.key == Key::Stack
            && let Ok(installed) = &survey.installations
            && installed.contains(&now)
        {
            why.push_str(&format!(" {now} is installed and will be changed."));
        }
        why.extend(delivery::beside(self.key, survey));
        why.extend(self.help(params, survey));
        let kind = kind(self.key, params, survey, architectures);
        let default = match (delivery::found(self.key, survey), &kind) {
            (Some(found), _) if now.is_empty() => found,
            // What has no text keeps nothing.
            (_, Kind::Choose(choices)) if params.lacks(self.key) => {
                choices.first().map(|choice| choice.value.clone()).unwrap_or_default()
            }
            _ if params.lacks(self.key) => String::new(),
            // The standard engine does not speak it.
            _ if self.key == Key::Engine
                && params.prompts.engine == Engine::Standard
                && params.default_language.voices().is_empty() =>
            {
                "neural".to_owned()
            }
            _ => now,
        };
        Question { title: self.title.to_owned(), why, default: Some(default), kind, can_go_back: true }
    }

    /// What else helps to answer it.
    fn help(&self, params: &Params, survey: &Survey) -> Option<String> {
        match (self.key, self.group) {
            (Key::ExpectedVoicemailsPerHour, _) => Some(match &survey.calls {
                Ok(Some(calls)) => format!(
                    " In the busiest hour of the last week, agents took {} calls, and {} were abandoned.",
                    calls.handled, calls.abandoned
                ),
                Ok(None) => " There were no calls in the last week.".to_owned(),
                Err(why) => format!(" How many calls there were is {why}."),
            }),
            (Key::Voice | Key::Engine, _) if params.default_language.voices().is_empty() => Some(format!(
                " No voice of the standard engine speaks {}; the Amazon Polly developer guide lists others.",
                params.default_language.name()
            )),
            (Key::Voice | Key::Engine | Key::Beep, _) => None,
            (key, Prompt | Missing) => {
                let name = key.name().rsplit('.').next().unwrap_or_default();
                let example = Language::parse(EXAMPLE).ok().and_then(|one| words::built_in(one, name))?;
                Some(if params.lacks(key) {
                    let language = params.default_language.name();
                    format!(
                        "\nThere is no built-in text in {language}: write it, or the ARN of a recorded prompt. \
                         In English: {example}"
                    )
                } else {
                    " Text, SSML, a prompt's ARN, or default for the built-in text.".to_owned()
                })
            }
            _ => None,
        }
    }
}

/// How a question is answered.
fn kind(key: Key, params: &Params, survey: &Survey, architectures: &[Architecture]) -> Kind {
    let same = |values: &[&str]| Kind::Choose(values.iter().map(|value| Choice::new(value, value)).collect());
    match key {
        Key::DefaultQueue => match survey.queues.as_deref() {
            Ok(queues) if !queues.is_empty() => {
                // One that was given by its ID or ARN stays.
                let given = match &params.default_queue {
                    QueueRef::Name(_) => None,
                    QueueRef::Id(text) | QueueRef::Arn(text) => Some(text),
                };
                let all = given.into_iter().chain(queues);
                Kind::Choose(all.map(|name| Choice::new(name, name)).collect())
            }
            _ => Kind::Text { may_be_empty: false },
        },
        Key::Architecture => {
            let all = ["auto"].into_iter().chain(architectures.iter().map(|one| one.as_str()));
            same(&all.collect::<Vec<_>>())
        }
        Key::LanguageOfStaff => {
            let own = params.language_of_staff.as_str();
            let known =
                Words::all().map(|words| Choice::new(words.tag, &format!("{}  {}", words.tag, words.name)));
            let other = Words::all().all(|words| words.tag != own).then(|| Choice::new(own, own));
            Kind::Choose(known.chain(other).collect())
        }
        Key::AttributePrefix => same(&["vm", "vmx", "vmx3"]),
        Key::LogLevel => same(&["error", "warn", "info", "debug"]),
        Key::Silent => same(&Silent::ALL.map(Silent::as_str)),
        Key::FlowLogging => Kind::Choose(vec![Choice::new("false", "no"), Choice::new("true", "yes")]),
        Key::DefaultLanguage => Kind::Choose(languages().map(spoken).collect()),
        Key::Languages => Kind::ChooseMany(others(params)),
        Key::Voice if params.prompts.engine == Engine::Standard => voices(params),
        Key::Engine => same(&["standard", "neural", "generative"]),
        Key::TimeZone => Kind::Choose(TimeZone::names().iter().map(|name| Choice::new(name, name)).collect()),
        Key::Flows => Kind::ChooseMany(FLOWS.map(|(key, label)| Choice::new(key, label)).to_vec()),
        Key::Modes => Kind::ChooseMany(Mode::ALL.map(delivery::choice).to_vec()),
        Key::DefaultMode => Kind::Choose(params.modes.get().iter().copied().map(delivery::choice).collect()),
        key => Kind::Text { may_be_empty: matches!(key, Key::Tags | Key::OtherTarget | Key::AlarmEmails) },
    }
}

/// Every language, those with built-in text first.
fn languages() -> impl Iterator<Item = Language> {
    let with = |has_words: bool| Language::all().filter(move |language| language.has_words() == has_words);
    with(true).chain(with(false))
}

fn spoken(language: Language) -> Choice {
    let own = if language.has_words() { "" } else { ", with your own prompts" };
    Choice::new(language.as_str(), &format!("{:<7} {}{own}", language.as_str(), language.name()))
}

/// The languages that callers can choose: those that have text of their own, built in or in the parameters, except the
/// default.
fn others(params: &Params) -> Vec<Choice> {
    let built_in = |language: &Language| words::languages().any(|code| code == language.as_str());
    Language::all()
        .filter(|language| built_in(language) || params.languages.contains_key(language))
        .filter(|language| *language != params.default_language)
        .map(|language| {
            Choice::new(language.as_str(), &format!("{:<7} {}", language.as_str(), language.name()))
        })
        .collect()
}

/// The voices of the language, and the one in use.
fn voices(params: &Params) -> Kind {
    let language = params.default_language;
    let built_in = words::built_in(language, "voice");
    let own = params.prompts.voice.given().filter(|given| !language.voices().contains(given));
    let choice = |name: &str| match built_in {
        Some(built_in) if built_in == name && params.prompts.voice.given() != Some(name) => {
            Choice::new("default", name)
        }
        _ => Choice::new(name, name),
    };
    let all: Vec<Choice> = own.into_iter().chain(language.voices().iter().copied()).map(choice).collect();
    if all.is_empty() { Kind::Text { may_be_empty: false } } else { Kind::Choose(all) }
}
