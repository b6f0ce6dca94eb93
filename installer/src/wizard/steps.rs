//! The questions about parameters: one table.

use std::collections::BTreeSet;

use super::delivery;
use super::question::{Choice, Kind, Question};
use vmx_contract::mode::Mode;
use vmx_contract::staff::Words;
use vmx_engine::discover::survey::Survey;
use vmx_model::params::{Architecture, Key, Params, Silent, words};

/// A step of the wizard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Profile,
    Region,
    Instance,
    /// A question about a parameter.
    Topic(Topic),
    /// Whether to change the prompts.
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
    group: Group,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Common,
    Prompt,
    Advanced,
}

/// Explains the question about advanced settings.
pub(super) const ADVANCED: &str = "Retention of transcripts and logs, language of staff, attribute names, links, logging and tags. The defaults are \
     fine.";

use Group::{Advanced, Common, Prompt};

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
        Key::SalesforceObject => (
            Common,
            "Salesforce object",
            "The custom object's API name, such as \
        Voicemail__c.",
        ),
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
            "What callers speak unless a flow says otherwise: an Amazon Transcribe code such as en-GB. Staff read \
         it too, unless you change that under advanced settings.",
        ),
        Key::Languages => (
            Common,
            "Other languages",
            "Flows can also speak to callers in these. Their prompts are included.",
        ),
        Key::LongestMessageSeconds => (
            Common,
            "Longest message, in seconds",
            "After that the recording ends and the caller hears the goodbye: 5 to 1200.",
        ),
        Key::Greeting => (
            Prompt,
            "Greeting",
            "Played before the beep: text, SSML, a prompt's ARN, or default for the built-in text.",
        ),
        Key::Goodbye => (Prompt, "Goodbye", "Played after the message."),
        Key::Apology => (
            Prompt,
            "Apology",
            "Played when no message can be taken, before the caller returns to the queue.",
        ),
        Key::QueueFull => (Prompt, "Queue full", "Played when the queue is full too, before the call ends."),
        Key::Flows => (Common, "More flows", "Installed with the voicemail flow, for use in your own flows."),
        Key::LinkLifetimeHours => {
            (Common, "Link lifetime, in hours", "How long the link to the recording's page works: 1 to 720.")
        }
        Key::RecordingsDays => (
            Common,
            "Keep recordings, in days",
            "Deleted afterwards: 1 to 3653, or 0 for never. Keep at least 14: an undelivered voicemail waits \
         that long.",
        ),
        Key::Architecture => (
            Common,
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

/// The languages with built-in text, and those with text in the parameters, except the default.
fn languages(params: &Params) -> Vec<Choice> {
    let default = params.default_language;
    let own = params.languages.keys().map(|language| language.as_str());
    let all: BTreeSet<&str> = words::languages().chain(own).collect();
    all.into_iter()
        .filter(|language| *language != default.as_str())
        .map(|language| Choice::new(language, language))
        .collect()
}

/// All steps, in order.
pub(super) fn all() -> Vec<Step> {
    let mut steps = vec![Step::Profile, Step::Region, Step::Instance];
    for topic in Key::ALL.iter().copied().map(topic) {
        match topic.group {
            Prompt if !steps.contains(&Step::Prompts) => steps.push(Step::Prompts),
            Advanced if !steps.contains(&Step::Advanced) => steps.push(Step::Advanced),
            _ => {}
        }
        steps.push(Step::Topic(topic));
    }
    steps
}

/// The current prompts, one line each.
pub(super) fn prompts_now(params: &Params) -> String {
    let prompts = Key::ALL.iter().copied().map(topic).filter(Topic::is_prompt);
    let language = params.default_language;
    let line = |topic: Topic| {
        let given = params.answer(topic.key);
        let name = topic.key.name().rsplit('.').next().unwrap_or_default();
        let words = if given == "default" { words::built_in(language, name) } else { None };
        format!("{:<11}{}", topic.title, words.unwrap_or(&given).replace('\n', " "))
    };
    let lines: Vec<_> = prompts.map(line).collect();
    format!("Prompts for callers:\n{}", lines.join("\n"))
}

impl Topic {
    pub(super) fn is_prompt(&self) -> bool {
        self.group == Prompt
    }

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
        let default = match delivery::found(self.key, survey) {
            Some(found) if now.is_empty() => found,
            _ => now,
        };
        let kind = kind(self.key, params, survey, architectures);
        Question { title: self.title.to_owned(), why, default: Some(default), kind, can_go_back: true }
    }
}

/// How a question is answered.
fn kind(key: Key, params: &Params, survey: &Survey, architectures: &[Architecture]) -> Kind {
    let same = |values: &[&str]| Kind::Choose(values.iter().map(|value| Choice::new(value, value)).collect());
    match key {
        Key::DefaultQueue => match survey.queues.as_deref() {
            Ok(queues) if !queues.is_empty() => {
                Kind::Choose(queues.iter().map(|name| Choice::new(name, name)).collect())
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
        Key::Languages => Kind::ChooseMany(languages(params)),
        Key::Flows => Kind::ChooseMany(FLOWS.map(|(key, label)| Choice::new(key, label)).to_vec()),
        Key::Modes => Kind::ChooseMany(Mode::ALL.map(delivery::choice).to_vec()),
        Key::DefaultMode => Kind::Choose(params.modes.get().iter().copied().map(delivery::choice).collect()),
        key => Kind::Text { may_be_empty: matches!(key, Key::Tags | Key::OtherTarget) },
    }
}
