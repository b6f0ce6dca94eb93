//! The questions about parameters, in their order: one table.

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
    /// Whether the prompts are changed.
    Prompts,
    /// Whether rare settings are changed.
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

/// What stands before the question whether rare settings are changed.
pub(super) const ADVANCED: &str =
    "Retention of transcripts and logs, attribute names, links, logging and tags. Their defaults are sound.";

use Group::{Advanced, Common, Prompt};

/// The questions, in their order.
pub(super) const TOPICS: &[Topic] = &[
    topic(
        Common,
        "stack",
        "Name",
        "Names the CloudFormation stack, the flows and the log groups. A second one is a second installation.",
    ),
    topic(
        Common,
        "default_queue",
        "Default queue",
        "Gets the voicemails that came from no queue, or from one that is gone.",
    ),
    topic(Common, "modes", "Delivery", "How voicemails reach people. Flows choose one or several of these."),
    topic(
        Common,
        "email.from",
        "Sender of mails",
        "An address that Amazon SES has verified, or one of a domain that it has.",
    ),
    topic(
        Common,
        "email.to",
        "Recipient of mails",
        "Gets the voicemails whose queue or agent has no address of its own.",
    ),
    topic(
        Common,
        "salesforce.secret_arn",
        "Salesforce credentials",
        "The ARN of the secret in Secrets Manager that holds them; docs/salesforce.md tells what it contains.",
    ),
    topic(Common, "salesforce.object", "Salesforce object", "The custom object's API name: Voicemail__c."),
    topic(
        Common,
        "salesforce.transcript_field",
        "Salesforce field for the transcript",
        "Its API name in the custom object: Transcript__c.",
    ),
    topic(
        Common,
        "other.target",
        "Target beside the event",
        "The ARN of a Lambda function, an SQS queue or an SNS topic, or an https:// address. Empty: none.",
    ),
    topic(
        Common,
        "other.secret",
        "Webhook secret",
        "The ARN of the secret in Secrets Manager whose text signs the requests.",
    ),
    topic(Common, "default_mode", "Default delivery", "Of voicemails whose flow does not choose."),
    topic(
        Common,
        "default_language",
        "Language",
        "What callers speak where a flow does not say: a code of Amazon Transcribe, such as en-GB.",
    ),
    topic(
        Common,
        "languages",
        "Other languages",
        "In which callers are spoken to as well, where a flow says so. There are words for these.",
    ),
    topic(
        Common,
        "longest_message_seconds",
        "Longest message, in seconds",
        "Then the recording ends and the caller hears the goodbye: 5 to 1200.",
    ),
    topic(
        Prompt,
        "prompts.greeting",
        "Greeting",
        "Heard before the beep: a text, SSML, the ARN of a prompt, or default for our own words.",
    ),
    topic(Prompt, "prompts.goodbye", "Goodbye", "Heard after the message."),
    topic(
        Prompt,
        "prompts.apology",
        "Apology",
        "Heard when no message can be taken, before the caller goes back to the queue.",
    ),
    topic(
        Prompt,
        "prompts.queue_full",
        "Queue full",
        "Heard when the queue takes nobody either, before the call ends.",
    ),
    topic(
        Common,
        "flows",
        "Further flows",
        "Installed beside the voicemail flow, for your own flows to use.",
    ),
    topic(
        Common,
        "link_lifetime_hours",
        "Link to a recording, in hours",
        "How long the link to the page with the recording works: 1 to 720.",
    ),
    topic(
        Common,
        "retention.recordings_days",
        "Keep recordings, in days",
        "Then they are deleted: 1 to 3653, or 0 for never. Keep at least 14: an undelivered voicemail waits that long.",
    ),
    topic(
        Common,
        "architecture",
        "Processor of the functions",
        "auto keeps what is installed, and else takes arm64, which costs less, where it can be had.",
    ),
    topic(
        Advanced,
        "retention.transcripts_days",
        "Keep transcripts, in days",
        "Also the marks by which nothing is delivered twice: 15 to 3653.",
    ),
    topic(
        Advanced,
        "retention.contact_records_hours",
        "Keep contact records, in hours",
        "In the stream that is made for them: 24 to 8760.",
    ),
    topic(
        Advanced,
        "retention.media_hours",
        "Keep streamed audio, in hours",
        "In the video streams that are set up for it: 24 to 8760.",
    ),
    topic(
        Advanced,
        "retention.logs_days",
        "Keep logs, in days",
        "Of the functions: a number that CloudWatch Logs takes, such as 7, 30, 90 or 365.",
    ),
    topic(
        Advanced,
        "attribute_prefix",
        "Prefix of contact attributes",
        "vm unless flows of an earlier system set vmx_… or vmx3_… already.",
    ),
    topic(
        Advanced,
        "silent",
        "Messages without speech",
        "mark: delivered with a note; deliver: like any other; drop: kept, counted and not delivered.",
    ),
    topic(
        Advanced,
        "links",
        "Links to recordings",
        "url: to a page with a player; presigned: to the file itself, 12 hours at most; workspace: none.",
    ),
    topic(
        Advanced,
        "links_at_once",
        "Page requests at a time",
        "As much Lambda concurrency is reserved for the page behind links; 0 reserves nothing.",
    ),
    topic(Advanced, "log_level", "Log level", "debug also writes callers' numbers and what they said."),
    topic(
        Advanced,
        "flow_logging",
        "Flow log",
        "Whether the flows write their steps, with callers' numbers, to the instance's flow log.",
    ),
    topic(Advanced, "tags", "Tags", "Put on everything that is installed: key=value, key=value."),
];

/// The flows that can be chosen.
const FLOWS: [(&str, &str); 3] = [
    ("voicemail_module", "voicemail as a module, for flows that go on after the message"),
    ("in_queue_offer", "an offer to leave a message while waiting in a queue"),
    ("test_line", "a flow for a number to try voicemail with"),
];

/// The languages that there are words for, and those that have words in the parameters; not the default one.
fn languages(draft: &Draft) -> Vec<Choice> {
    let default = draft.params().default_language;
    let own = draft.params().languages.keys().map(|language| language.as_str());
    let all: BTreeSet<&str> = words::languages().chain(own).collect();
    all.into_iter()
        .filter(|language| *language != default.as_str())
        .map(|language| Choice::new(language, language))
        .collect()
}

/// All steps, in their order.
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

/// The prompts as they are, a line for each.
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
    format!("What callers hear:\n{}", lines.join("\n"))
}

impl Topic {
    pub(super) fn is_prompt(&self) -> bool {
        self.group == Prompt
    }

    pub(super) fn is_advanced(&self) -> bool {
        self.group == Advanced
    }

    /// The question, with what is there now as its default.
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
            why.push_str(&format!(" {now} is installed: it will be changed."));
        }
        why.extend(delivery::beside(self.key, survey));
        let default = match delivery::found(self.key, survey) {
            Some(found) if now.is_empty() => found,
            _ => now,
        };
        Question { title: self.title.to_owned(), why, default: Some(default), kind, can_go_back: true }
    }
}
