//! The questions about parameters, in order: one table.

use std::collections::BTreeSet;

use super::delivery;
use super::question::{Choice, Kind, Question};
use vmx_engine::discover::survey::Survey;
use vmx_model::params::{Architecture, Draft, Silent, words};

/// A step of the wizard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Profile,
    Region,
    Instance,
    /// A question about a parameter, by its place in [`TOPICS`].
    Topic(usize),
    /// Whether to change the prompts.
    Prompts,
    /// Whether to change advanced settings.
    Advanced,
}

/// A question about a parameter.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) key: &'static str,
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

const fn topic(group: Group, key: &'static str, title: &'static str, why: &'static str) -> Topic {
    Topic { key, title, why, group }
}

/// Explains the question about advanced settings.
pub(super) const ADVANCED: &str =
    "Retention of transcripts and logs, attribute names, links, logging and tags. The defaults are fine.";

use Group::{Advanced, Common, Prompt};

/// The questions, in order.
pub(super) const TOPICS: &[Topic] = &[
    topic(
        Common,
        "stack",
        "Name",
        "Names the CloudFormation stack, flows and log groups. A second stack is a second installation.",
    ),
    topic(
        Common,
        "default_queue",
        "Default queue",
        "Gets voicemails that came from no queue or a deleted one.",
    ),
    topic(Common, "modes", "Delivery", "How voicemails reach people. Flows choose one or more of these."),
    topic(
        Common,
        "email.from",
        "Email sender",
        "An address that Amazon SES has verified, or one in a verified domain.",
    ),
    topic(
        Common,
        "email.to",
        "Email recipient",
        "Gets voicemails whose queue or agent has no address of its own.",
    ),
    topic(
        Common,
        "salesforce.secret_arn",
        "Salesforce credentials",
        "The ARN of the Secrets Manager secret that holds them; docs/salesforce.md explains its contents.",
    ),
    topic(
        Common,
        "salesforce.object",
        "Salesforce object",
        "The custom object's API name, such as \
        Voicemail__c.",
    ),
    topic(
        Common,
        "salesforce.transcript_field",
        "Salesforce field for the transcript",
        "The field's API name in the custom object, such as Transcript__c.",
    ),
    topic(
        Common,
        "other.target",
        "Additional event target",
        "The ARN of a Lambda function, SQS queue or SNS topic, or an https:// address. Empty: none.",
    ),
    topic(
        Common,
        "other.secret",
        "Webhook secret",
        "The ARN of the Secrets Manager secret that signs the requests.",
    ),
    topic(Common, "default_mode", "Default delivery", "For voicemails whose flow does not choose."),
    topic(
        Common,
        "default_language",
        "Language",
        "What callers speak unless a flow says otherwise: an Amazon Transcribe code such as en-GB.",
    ),
    topic(
        Common,
        "languages",
        "Other languages",
        "Flows can also speak to callers in these. Their prompts are included.",
    ),
    topic(
        Common,
        "longest_message_seconds",
        "Longest message, in seconds",
        "After that the recording ends and the caller hears the goodbye: 5 to 1200.",
    ),
    topic(
        Prompt,
        "prompts.greeting",
        "Greeting",
        "Played before the beep: text, SSML, a prompt's ARN, or default for the built-in text.",
    ),
    topic(Prompt, "prompts.goodbye", "Goodbye", "Played after the message."),
    topic(
        Prompt,
        "prompts.apology",
        "Apology",
        "Played when no message can be taken, before the caller returns to the queue.",
    ),
    topic(
        Prompt,
        "prompts.queue_full",
        "Queue full",
        "Played when the queue is full too, before the call ends.",
    ),
    topic(Common, "flows", "More flows", "Installed with the voicemail flow, for use in your own flows."),
    topic(
        Common,
        "link_lifetime_hours",
        "Link lifetime, in hours",
        "How long the link to the recording's page works: 1 to 720.",
    ),
    topic(
        Common,
        "retention.recordings_days",
        "Keep recordings, in days",
        "Deleted afterwards: 1 to 3653, or 0 for never. Keep at least 14: an undelivered voicemail waits \
         that long.",
    ),
    topic(
        Common,
        "architecture",
        "Processor architecture of the functions",
        "auto keeps what is installed, otherwise arm64 where available, because it costs less.",
    ),
    topic(
        Advanced,
        "retention.transcripts_days",
        "Keep transcripts, in days",
        "Also the markers that prevent double delivery: 15 to 3653.",
    ),
    topic(
        Advanced,
        "retention.contact_records_hours",
        "Keep contact records, in hours",
        "In the stream created for them: 24 to 8760.",
    ),
    topic(
        Advanced,
        "retention.media_hours",
        "Keep streamed audio, in hours",
        "In the video streams set up for it: 24 to 8760.",
    ),
    topic(
        Advanced,
        "retention.logs_days",
        "Keep logs, in days",
        "Of the functions: a number that CloudWatch Logs accepts, such as 7, 30, 90 or 365.",
    ),
    topic(
        Advanced,
        "attribute_prefix",
        "Prefix of contact attributes",
        "vm, unless flows of an earlier system already set vmx_… or vmx3_….",
    ),
    topic(
        Advanced,
        "silent",
        "Messages without speech",
        "mark: delivered with a note; deliver: like any other; drop: kept and counted, but not delivered.",
    ),
    topic(
        Advanced,
        "links",
        "Recording links",
        "url: to a page with a player; presigned: to the file itself, for at most 12 hours; workspace: \
         none.",
    ),
    topic(
        Advanced,
        "links_at_once",
        "Concurrent page requests",
        "Lambda concurrency reserved for the page behind links; 0 reserves none.",
    ),
    topic(Advanced, "log_level", "Log level", "debug also logs callers' numbers and what they said."),
    topic(
        Advanced,
        "flow_logging",
        "Flow log",
        "Whether flows log their steps, with callers' numbers, to the instance's flow log.",
    ),
    topic(Advanced, "tags", "Tags", "Added to everything that is installed: key=value, key=value."),
];

/// The optional flows.
const FLOWS: [(&str, &str); 3] = [
    ("voicemail_module", "voicemail as a module, for flows that continue after the message"),
    ("in_queue_offer", "an offer to leave a message while waiting in queue"),
    ("test_line", "a flow for a phone number to test voicemail"),
];

/// The languages with built-in text, and those with text in the parameters, except the default.
fn languages(draft: &Draft) -> Vec<Choice> {
    let default = draft.params().default_language;
    let own = draft.params().languages.keys().map(|language| language.as_str());
    let all: BTreeSet<&str> = words::languages().chain(own).collect();
    all.into_iter()
        .filter(|language| *language != default.as_str())
        .map(|language| Choice::new(language, language))
        .collect()
}

/// All steps, in order.
pub(super) fn all() -> Vec<Step> {
    let mut steps = vec![Step::Profile, Step::Region, Step::Instance];
    for (number, topic) in TOPICS.iter().enumerate() {
        match topic.group {
            Prompt if !steps.contains(&Step::Prompts) => steps.push(Step::Prompts),
            Advanced if !steps.contains(&Step::Advanced) => steps.push(Step::Advanced),
            _ => {}
        }
        steps.push(Step::Topic(number));
    }
    steps
}

/// The current prompts, one line each.
pub(super) fn prompts_now(draft: &Draft) -> String {
    let prompts = TOPICS.iter().filter(|topic| topic.is_prompt());
    let language = draft.params().default_language;
    let line = |topic: &Topic| {
        let given = draft.text(topic.key);
        let name = topic.key.rsplit('.').next().unwrap_or_default();
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
        draft: &Draft,
        survey: &Survey,
        architectures: &[Architecture],
    ) -> Question {
        let now = draft.text(self.key);
        let same = |values: &[&str]| values.iter().map(|value| Choice::new(value, value)).collect::<Vec<_>>();
        let choices = match self.key {
            "default_queue" => survey.queues.iter().flatten().map(|name| Choice::new(name, name)).collect(),
            "architecture" => {
                let had = architectures.iter().map(|one| one.as_str());
                same(&["auto"].into_iter().chain(had).collect::<Vec<_>>())
            }
            "attribute_prefix" => same(&["vm", "vmx", "vmx3"]),
            "log_level" => same(&["error", "warn", "info", "debug"]),
            "silent" => same(&Silent::ALL.map(Silent::as_str)),
            "flow_logging" => vec![Choice::new("false", "no"), Choice::new("true", "yes")],
            _ => Vec::new(),
        };
        let kind = match self.key {
            "languages" => Kind::ChooseMany(languages(draft)),
            "flows" => Kind::ChooseMany(FLOWS.map(|(key, label)| Choice::new(key, label)).to_vec()),
            key => delivery::kind(key, draft.params()).unwrap_or(match choices {
                none if none.is_empty() => {
                    Kind::Text { may_be_empty: matches!(key, "tags" | "other.target") }
                }
                choices => Kind::Choose(choices),
            }),
        };
        let mut why = self.why.to_owned();
        if self.key == "stack"
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
        Question { title: self.title.to_owned(), why, default: Some(default), kind, can_go_back: true }
    }
}
