//! Rendered documents: pinned by snapshots, and held against the rules of those who read them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "render/alarms.rs"]
mod alarms;
#[path = "render/flows.rs"]
mod flows;
#[path = "render/messages.rs"]
mod messages;
#[path = "render/operators.rs"]
mod operators;
#[path = "render/params.rs"]
mod params;
#[path = "render/problems.rs"]
mod problems;
#[path = "render/protection.rs"]
mod protection;
#[path = "render/stack.rs"]
mod stack;
#[path = "render/version_before.rs"]
mod version_before;

use vmx_model::facts::{CallRecordings, ContactRecordStream, Facts, MediaStreams};
use vmx_model::params::Params;
use vmx_model::render::{Rendered, render};

/// What an administrator has to give, and nothing else.
const SHORTEST: &str = "version: 1\nregion: eu-west-2\ninstance: my-contact-center\n";

/// Everything another way than by default, in a partition of its own.
const OTHER: &str = r#"
version: 1
region: us-gov-west-1
instance: 00000000-0000-4000-8000-0000000000cc
stack: second-voicemail
architecture: arm64
default_queue: Müller & Söhne "Nacht"
default_language: de-DE
attribute_prefix: vmx3
longest_message_seconds: 1200
prompts:
  greeting: '<speak>Bitte sprechen Sie <emphasis>nach</emphasis> dem Ton.</speak>'
  goodbye: 'Danke & "auf {{ Wiederhören }}"'
  apology: arn:aws-us-gov:connect:us-gov-west-1:111122223333:instance/00000000-0000-4000-8000-0000000000cc/prompt/00000000-0000-4000-8000-0000000000dd
languages:
  en-US: {}
  fr-CA: {voice: Gabrielle, engine: neural, beep: 'arn:aws-us-gov:connect:us-gov-west-1:111122223333:instance/00000000-0000-4000-8000-0000000000cc/prompt/00000000-0000-4000-8000-0000000000ee'}
  nl-NL: {voice: Laura, greeting: Spreek na de toon., goodbye: Bedankt., apology: Het lukt niet., queue_full: Niemand is vrij., waiting: Even geduld., offer: 'Druk op 1 of 2.', connecting: U wordt verbonden., test_queue: Druk op 1., test_agent: Druk op 2., test_in_queue: Druk op 3., test_task: Druk op 1., test_sfcase: Druk op 4., test_sfother: Druk op 5.}
flows: {voicemail_module: true, in_queue_offer: true, offer_every_seconds: 45, test_line: true, test_agent: 00000000-0000-4000-8000-0000000000ff}
time_zone: Europe/Berlin
language_of_staff: de-DE
read_ivr_recordings: true
modes: [task, sfcase, sfother]
salesforce:
  secret_arn: arn:aws-us-gov:secretsmanager:us-gov-west-1:111122223333:secret:salesforce-AbCdEf
  secret_key_arn: arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/00000000-0000-4000-8000-00000000e003
  link_field: Link__c
  object: Voicemail__c
  transcript_field: Transcript__c
links: presigned
link_lifetime_hours: 1
links_at_once: 0
transcription: {deadline_minutes: 15, vocabularies: {de-DE: namen, en-US: names}, redact: true}
summary: {when: per_call}
retention: {recordings_days: 30, transcripts_days: 15, contact_records_hours: 48, media_hours: 24, logs_days: 365}
expected_voicemails_per_hour: 200000
alarms: {topic: new, emails: [operations@example.com]}
tracing: true
log_level: debug
flow_logging: true
tags: {cost-center: "4711"}
"#;

fn params(yaml: &str) -> Params {
    Params::from_yaml("params.yaml", yaml).unwrap()
}

/// An instance that streams nothing yet.
fn new_instance() -> Rendered {
    let params = params(SHORTEST);
    render(&params, &Facts::example(&params)).unwrap()
}

/// Guided tasks, and everything that they change.
fn guided_tasks() -> Rendered {
    let lines = "modes: [task, guided_task]\nflows: {agent_first_seconds: 3600, test_line: true}\n";
    let params = params(&format!("{SHORTEST}{lines}"));
    render(&params, &Facts::example(&params)).unwrap()
}

/// The same with every parameter changed.
fn other_parameters() -> Rendered {
    let params = params(OTHER);
    render(&params, &Facts::example(&params)).unwrap()
}

/// An instance that streams contact records and media already, encrypted with keys of its owner.
fn used_instance() -> Rendered {
    let topic = "alarms: {topic: 'arn:aws:sns:eu-west-2:111122223333:operations'}\n";
    let params = params(&format!("{SHORTEST}{topic}"));
    let key = |id: &str| Some(format!("arn:aws:kms:eu-west-2:111122223333:key/00000000-0000-4000-8000-{id}"));
    let facts = Facts {
        contact_records: Some(ContactRecordStream {
            arn: "arn:aws:kinesis:eu-west-2:111122223333:stream/contact-records".to_owned(),
            kms_key_arn: key("00000000e001"),
            read_from: Some(1_795_428_000),
        }),
        media_streams: Some(MediaStreams { prefix: "calls".to_owned(), kms_key_arn: key("00000000e002") }),
        ..Facts::example(&params)
    };
    render(&params, &facts).unwrap()
}

/// Everything that protects an installation, switched on.
fn protected() -> Rendered {
    let params = params(include_str!("../../tests/params/protected.yaml"));
    render(&params, &Facts::example(&params)).unwrap()
}

/// Every set of documents that is looked at, by name.
fn all() -> [(&'static str, Rendered); 4] {
    [
        ("new_instance", new_instance()),
        ("other_parameters", other_parameters()),
        ("used_instance", used_instance()),
        ("protected", protected()),
    ]
}
