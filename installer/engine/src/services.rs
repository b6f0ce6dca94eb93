//! The AWS services of an installation, and what it costs to do without one.
//!
//! An organization can forbid a service for everyone in the account, which the simulation of permissions does not see:
//! preflight asks the services. `docs/permissions.md` lists all of them.

use std::fmt::Write as _;

use vmx_contract::mode::Mode;
use vmx_model::params::{Links, Params, Topic, When};

use Without::{Impossible, Loses, With};

/// What an installation without the service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Without {
    /// Impossible.
    Impossible,
    /// Possible with these parameters.
    With(&'static str),
    /// Possible with the same parameters. What is lost.
    Loses(&'static str),
}

/// A service of an installation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Service {
    pub(crate) name: &'static str,
    /// The prefix of its actions.
    pub(crate) prefix: &'static str,
    pub(crate) purpose: &'static str,
    pub(crate) without: Without,
    /// When it is used, for the table; empty for always.
    when: &'static str,
    pub(crate) used: fn(&Params) -> bool,
    /// The read that preflight asks it for. None where another call comes first, or a refusal stops nothing.
    pub(crate) read: Option<&'static str>,
}

const fn always(
    name: &'static str,
    prefix: &'static str,
    purpose: &'static str,
    without: Without,
    read: Option<&'static str>,
) -> Service {
    Service { name, prefix, purpose, without, when: "", used: |_| true, read }
}

/// Every service, in the order of the table.
pub(crate) const SERVICES: &[Service] = &[
    always("Amazon Connect", "connect", "the instance, its flows and tasks", Impossible, None),
    always("AWS CloudFormation", "cloudformation", "the stack", Impossible, None),
    always("Amazon S3", "s3", "recordings, transcripts, state and the functions' code", Impossible, None),
    always("AWS IAM", "iam", "the functions' roles", Impossible, Some("iam:ListRoles")),
    always("AWS Lambda", "lambda", "the functions", Impossible, Some("lambda:ListFunctions")),
    always(
        "Amazon Kinesis Data Streams",
        "kinesis",
        "contact records start the functions",
        Impossible,
        Some("kinesis:ListStreams"),
    ),
    always(
        "Amazon Kinesis Video Streams",
        "kinesisvideo",
        "callers' audio comes from it",
        Impossible,
        Some("kinesisvideo:ListStreams"),
    ),
    always("Amazon SQS", "sqs", "voicemails wait in its queues", Impossible, Some("sqs:ListQueues")),
    always(
        "Amazon EventBridge",
        "events",
        "new recordings and transcripts reach their queues, and the watchdog its schedule",
        Impossible,
        Some("events:ListRules"),
    ),
    always(
        "Amazon CloudWatch",
        "cloudwatch",
        "alarms and metrics",
        Impossible,
        Some("cloudwatch:DescribeAlarms"),
    ),
    always(
        "Amazon CloudWatch Logs",
        "logs",
        "the functions' logs",
        Impossible,
        Some("logs:DescribeLogGroups"),
    ),
    always(
        "Amazon Transcribe",
        "transcribe",
        "transcripts",
        Loses("every voicemail comes without a transcript, after `transcription.deadline_minutes`"),
        Some("transcribe:ListTranscriptionJobs"),
    ),
    Service {
        name: "AWS KMS",
        prefix: "kms",
        purpose: "it signs playback links, and encrypts with a key of your own or of a new alarm topic",
        without: With(
            "set `links: workspace`, or `links: presigned` with `link_lifetime_hours: 12`; no `kms_key`, \
             no `alarms.topic: new`",
        ),
        when: "`links: url`, `kms_key` or `alarms.topic: new`",
        used: |params| {
            params.links == Links::Url || params.own_key().is_some() || params.alarms.topic == Topic::New
        },
        read: Some("kms:ListAliases"),
    },
    Service {
        name: "Amazon SNS",
        prefix: "sns",
        purpose: "the topic for alarms",
        without: With("leave `alarms.topic` empty; alarms then notify nobody"),
        when: "`alarms.topic: new`, or a topic as `other.target`",
        used: |params| params.alarms.topic == Topic::New,
        read: Some("sns:ListTopics"),
    },
    Service {
        name: "Amazon SES",
        prefix: "ses",
        purpose: "voicemails by email",
        without: With("remove `email` from `modes`"),
        when: "the mode `email`",
        used: |params| params.modes.has(Mode::Email),
        read: Some("ses:GetAccount"),
    },
    Service {
        name: "AWS Secrets Manager",
        prefix: "secretsmanager",
        purpose: "the credentials for Salesforce, and the key that signs webhooks",
        without: With("remove `sfcase` and `sfother` from `modes`, and `other.secret`"),
        when: "the modes `sfcase` and `sfother`, or `other.secret`",
        used: |params| {
            let salesforce = params.modes.has(Mode::Sfcase) || params.modes.has(Mode::Sfother);
            salesforce || params.modes.has(Mode::Other) && !params.other.secret.as_str().is_empty()
        },
        read: Some("secretsmanager:ListSecrets"),
    },
    Service {
        name: "Amazon Bedrock",
        prefix: "bedrock",
        purpose: "summaries",
        without: Loses("voicemails have no summary; set `summary.when: never`"),
        when: "`summary.when: per_call` or `always`",
        used: |params| params.summary.when != When::Never,
        read: Some("bedrock:ListAsyncInvokes"),
    },
    Service {
        name: "AWS X-Ray",
        prefix: "xray",
        purpose: "traces of the functions",
        without: Loses("there are no traces; set `tracing: false`"),
        when: "`tracing: true`",
        used: |_| false,
        read: None,
    },
    Service {
        name: "Service Quotas",
        prefix: "servicequotas",
        purpose: "the checks of quotas",
        without: Loses("quotas are not checked"),
        when: "",
        used: |_| false,
        read: None,
    },
    Service {
        name: "AWS Directory Service",
        prefix: "ds",
        purpose: "Amazon Connect asks for it when storage is set up or the instance is described",
        without: Loses("set up the instance's storage in the console"),
        when: "",
        used: |_| false,
        read: None,
    },
];

/// The services as a table in Markdown.
#[must_use]
pub fn table() -> String {
    let mut table =
        "| service | for | used with | asked for | without it |\n|---|---|---|---|---|\n".to_owned();
    for Service { name, prefix, purpose, without, when, read, .. } in SERVICES {
        let when = if when.is_empty() { "every installation" } else { when };
        let read = match read {
            Some(read) => format!("`{read}`"),
            None if *without == Impossible => "what it needs anyway, before".to_owned(),
            None => String::new(),
        };
        let without = match without {
            Impossible => "impossible".to_owned(),
            With(parameters) => (*parameters).to_owned(),
            Loses(what) => (*what).to_owned(),
        };
        let _ = writeln!(table, "| {name} (`{prefix}`) | {purpose} | {when} | {read} | {without} |");
    }
    table
}
