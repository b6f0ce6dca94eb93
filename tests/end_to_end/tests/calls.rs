//! Calls to the rendered flows: what callers hear, and the results.
//!
//! The tables in `calls/` list the cases. No function runs here and nothing is installed: the flows are published in
//! an in-memory contact center, and a call takes no time.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "calls/center.rs"]
mod center;
#[path = "calls/guide.rs"]
mod guide;

use std::collections::BTreeMap;

use center::Center;
use local_cloud::call::{CallOutcome, Step};
use serde::Deserialize;
use vmx_contract::contact_record::ContactRecord;
use vmx_contract::messages::{Message, Source};
use vmx_model::params::words;

/// A table of calls.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// More lines of `params.yaml`.
    #[serde(default)]
    params: String,
    calls: Vec<Case>,
}

/// A call and its expected results.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// More lines of `params.yaml`.
    #[serde(default)]
    params: String,
    /// The key of the called flow. `in_queue_offer` waits in a queue with that flow, and `voicemail_module` is invoked
    /// by a flow that says “And now?” afterward.
    flow: String,
    /// Attributes that are set before the call.
    #[serde(default)]
    given: BTreeMap<String, String>,
    /// Whether a queue is set before the call.
    #[serde(default = "yes")]
    in_queue: bool,
    /// Whether the instance streams media.
    #[serde(default = "yes")]
    streams: bool,
    /// Whether the queue named in the parameters exists.
    #[serde(default = "yes")]
    default_queue: bool,
    /// The caller's actions, as in `vmx-local call`; `voice:SECONDS` speaks.
    steps: Vec<String>,
    /// The prompts that the caller hears, in order: each must contain these words. `…` stands for more.
    heard: Vec<String>,
    /// More lines that the conversation must contain.
    #[serde(default)]
    told: Vec<String>,
    /// Attributes at the end; an empty value means that the attribute must not exist.
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    /// The total length of the caller's voice in the voicemails, in seconds. Without it, there must be no voicemail.
    voicemail: Option<f64>,
    /// The number of voicemails, if there are any.
    #[serde(default = "one")]
    voicemails: usize,
    /// How the call ends.
    ends: String,
}

fn yes() -> bool {
    true
}

fn one() -> usize {
    1
}

fn step(words: &str) -> Step {
    match words.strip_prefix("voice:") {
        Some(seconds) => Step::Speak(voice(seconds.parse().unwrap())),
        None => Step::parse(words).unwrap(),
    }
}

/// A signal without silence.
fn voice(seconds: f64) -> Vec<u8> {
    let samples = (seconds * 8000.0) as usize;
    (0..samples).flat_map(|n| (1000 + (n % 300) as i16).to_le_bytes()).collect()
}

/// How long somebody spoke in a recording, in seconds.
fn spoken(pcm: &[u8]) -> f64 {
    pcm.chunks(2).filter(|sample| *sample != [0, 0]).count() as f64 / 8000.0
}

impl Case {
    async fn is_so(&self, table: &Table) {
        let lines = format!("{}\n{}", table.params, self.params);
        let center = Center::new(&lines, self.streams, self.default_queue).await;
        let entry = center.entry(&self.flow, &self.given, self.in_queue).await;
        let call = center.dial(&entry, self.steps.iter().map(|words| step(words)).collect()).await;
        let name = &self.name;

        let heard: Vec<&str> =
            call.heard.iter().map(|heard| heard.text.as_str()).filter(|text| !text.is_empty()).collect();
        // A caller who waits in a queue hears the same prompts repeatedly.
        let (expected, goes_on) = match self.heard.split_last() {
            Some((last, expected)) if last == "…" => (expected, true),
            _ => (&self.heard[..], false),
        };
        let as_expected = (heard.len() == expected.len() || goes_on && heard.len() > expected.len())
            && heard.iter().zip(expected).all(|(heard, expected)| heard.contains(expected.as_str()));
        assert!(as_expected, "{name}: heard {heard:#?}, expected {:#?}\n{call}", self.heard);
        for told in &self.told {
            assert!(call.to_string().contains(told), "{name}: {told}\n{call}");
        }
        for (attribute, value) in &self.attributes {
            let found = call.attributes.get(attribute).map(String::as_str).unwrap_or_default();
            assert_eq!(found, value, "{name}: {attribute}\n{call}");
        }
        assert_eq!(call.disposition.to_string(), self.ends, "{name}\n{call}");
        self.left_a_voicemail(&center, &call);
    }

    /// The contact record decides, as in the pipeline.
    fn left_a_voicemail(&self, center: &Center, call: &CallOutcome) {
        let record = ContactRecord::parse(center.record().to_string().as_bytes()).unwrap();
        let messages = Message::all(&record);
        let found = messages.iter().filter(|message| matches!(message.source, Source::Streams(_))).count();
        let expected = self.voicemail.map_or(0, |_| self.voicemails);
        assert_eq!(found, expected, "{}: {messages:#?}\n{call}", self.name);
        assert!(
            messages.iter().all(|message| !matches!(message.source, Source::Missing(_))),
            "{messages:#?}"
        );
        if let Some(seconds) = self.voicemail {
            let found = spoken(&call.caller_pcm);
            assert!((found - seconds).abs() < 0.01, "{}: {found} s of voice\n{call}", self.name);
        }
    }
}

async fn all_of(table: &str) {
    let table: Table = serde_yaml::from_str(table).unwrap();
    for case in &table.calls {
        case.is_so(&table).await;
    }
}

#[tokio::test]
async fn to_the_voicemail_flow() {
    all_of(include_str!("calls/voicemail.yaml")).await;
}

#[tokio::test]
async fn to_the_module() {
    all_of(include_str!("calls/module.yaml")).await;
}

#[tokio::test]
async fn in_a_queue() {
    all_of(include_str!("calls/in_queue.yaml")).await;
}

#[tokio::test]
async fn to_the_test_line() {
    all_of(include_str!("calls/test_line.yaml")).await;
}

/// Callers hear the prompts of their language in its voice, and are transcribed in it.
#[tokio::test]
async fn in_every_language() {
    let all: Vec<&str> = words::languages().collect();
    let others: Vec<String> = all.iter().map(|code| format!("  {code}: {{}}")).collect();
    let params = format!("languages:\n{}\nflows: {{in_queue_offer: true}}\n", others.join("\n"));
    let center = Center::new(&params, true, true).await;
    for code in all {
        let language = vmx_model::params::Language::parse(code).unwrap();
        let say = |key: &str| words::built_in(language, key).unwrap();
        let given = BTreeMap::from([("vm_lang".to_owned(), code.to_owned())]);
        let entry = center.entry("voicemail", &given, true).await;
        let steps = ["beep", "voice:1", "press:#"].map(step).to_vec();
        let call = center.dial(&entry, steps).await;
        let heard: Vec<&str> =
            call.heard.iter().map(|heard| heard.text.as_str()).filter(|text| !text.is_empty()).collect();
        assert_eq!(heard, [say("greeting"), "[beep]", say("goodbye")], "{code}\n{call}");
        assert!(call.to_string().contains(&format!("speaks with the voice {}", say("voice"))), "{call}");
        assert_eq!(center.record()["Attributes"]["vm_lang"], code);

        let entry = center.entry("in_queue_offer", &given, true).await;
        let call = center.dial(&entry, ["wait:62", "agent-answers"].map(step).to_vec()).await;
        for key in ["waiting", "offer", "connecting"] {
            assert!(call.heard.iter().any(|heard| heard.text == say(key)), "{code}: {key}\n{call}");
        }
    }
}

/// The flow waits exactly as long as the maximum message length.
#[tokio::test]
async fn as_long_as_the_parameters_allow() {
    for seconds in [5, 60, 180, 181, 361, 1200] {
        let center = Center::new(&format!("longest_message_seconds: {seconds}"), true, true).await;
        let entry = center.entry("voicemail", &BTreeMap::new(), true).await;
        let call = center.dial(&entry, ["beep", "voice:1300"].map(step).to_vec()).await;
        assert_eq!(call.disposition.to_string(), "the flow ended the call", "{seconds}");
        let found = spoken(&call.caller_pcm);
        // Each block plays a tenth of a second of silence before it waits.
        assert!(
            found >= f64::from(seconds) && found < f64::from(seconds) + 1.0,
            "{seconds}: {found}\n{call}"
        );
    }
}
