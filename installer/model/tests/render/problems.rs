//! Values that do not fit together are refused alike, wherever they come from.

use serde_json::{Map, Value, json};
use vmx_model::params::{Key, Params, ParamsError, Problem, Resolved};

const ARN: &str = "arn:aws:connect:eu-west-1:111122223333:instance/00000000-0000-4000-8000-0000000000aa";
const EMAIL: &str = "modes: [email]\ndefault_mode: email\nemail: {from: a@example.com, to: b@example.com}";
const SALESFORCE: &str = "modes: [sfother]\ndefault_mode: sfother\nsalesforce: {object: O__c, transcript_field: T__c, \
    secret_arn: 'arn:aws:secretsmanager:eu-west-2:111122223333:secret:s'}";

/// Parameters that fit together, a key with a value that does not, and what is said.
fn cases() -> Vec<(&'static str, &'static str, Value, &'static str)> {
    vec![
        (
            "transcription: {redact: true}",
            "transcription.identify_language",
            json!(["en-US", "es-US"]),
            "redact",
        ),
        ("", "summary.when", json!("always"), "no default model"),
        ("", "alarms.emails", json!(["a@example.com"]), "new topic"),
        ("", "links", json!("presigned"), "at most 12 hours"),
        ("", "links", json!("workspace"), "only a guided task plays the recording"),
        ("link_lifetime_hours: 361", "retention.transcripts_days", json!(15), "kept for 15 days"),
        (
            "links: workspace\nmodes: [task, guided_task]\nbuckets: {versioning: true}",
            "retention.transcripts_days",
            json!(15),
            "16 days or more",
        ),
        ("buckets: {archive_after_days: 30}", "retention.recordings_days", json!(30), "expire after 30"),
        ("retention: {recordings_days: 30}", "buckets.archive_after_days", json!(30), "expire after 30"),
        ("", "kms_key", json!("arn:aws:kms:eu-west-1:111122223333:key/k"), "is in eu-west-1"),
        ("", "alarms.topic", json!("arn:aws:sns:eu-west-1:111122223333:t"), "is in eu-west-1"),
        (
            "",
            "default_queue",
            json!(format!("{ARN}/queue/00000000-0000-4000-8000-0000000000bb")),
            "is in eu-west-1",
        ),
        (
            "",
            "default_language",
            json!("nl-NL"),
            "`prompts.voice`, `prompts.greeting`, `prompts.goodbye`, `prompts.apology`, `prompts.queue_full` are missing",
        ),
        ("", "languages", json!({"nl-NL": {}}), "`languages.nl-NL.voice`, `languages.nl-NL.greeting`, "),
        ("", "default_mode", json!("email"), "not in `modes`"),
        (EMAIL, "email.from", json!(""), "`email.from` is missing"),
        (EMAIL, "email.to", json!(""), "`email.to` is missing"),
        (
            "modes: [other]\ndefault_mode: other",
            "other.target",
            json!("https://example.com"),
            "`other.secret` is missing",
        ),
        (SALESFORCE, "salesforce.secret_arn", json!(""), "`salesforce.secret_arn` is missing"),
        (SALESFORCE, "salesforce.object", json!(""), "`salesforce.object` is missing"),
        (SALESFORCE, "salesforce.transcript_field", json!(""), "`salesforce.transcript_field` is missing"),
        (SALESFORCE, "salesforce.external_id_field", json!(""), "`salesforce.external_id_field` is missing"),
    ]
}

fn pointer(key: &str) -> String {
    format!("/{}", key.replace('.', "/"))
}

fn read(text: &str, environment: Option<String>, set: Option<String>) -> Result<Params, ParamsError> {
    let environment = environment.iter().filter_map(|variable| variable.split_once('='));
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Resolved::merge("params.yaml", text, environment, set.as_slice()).map(|resolved| resolved.params)
}

/// A file's tree with one more value.
fn with(text: &str, key: &str, value: &Value) -> String {
    let mut tree: Value = serde_yaml::from_str(text).unwrap();
    let mut keys = &mut tree;
    for name in key.split('.') {
        let map = keys.as_object_mut().unwrap();
        keys = map.entry(name).or_insert_with(|| Map::new().into());
    }
    *keys = value.clone();
    serde_yaml::to_string(&tree).unwrap()
}

/// The problem after an answer: at once, or at the latest before the plan.
fn answered(params: &Params, key: Key, value: &Value) -> Problem {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    params.answered(key, &text).map_or_else(|problem| problem, |params| params.problems().remove(0))
}

#[test]
fn what_does_not_fit_together_is_refused_alike_at_every_door() {
    for (lines, key, value, said) in cases() {
        let text = format!("{}{lines}\n", super::SHORTEST.replace("my-contact-center", "shop"));
        let params = read(&text, None, None).unwrap();
        let problem = read(&with(&text, key, &value), None, None).unwrap_err().problem;
        assert!(problem.to_string().contains(said), "{key}: {problem}");
        let variable = format!("VMX_{}={value}", key.replace('.', "__").to_uppercase());
        let assignment = format!("{key}={value}");
        let mut saved = serde_json::to_value(&params).unwrap();
        *saved.pointer_mut(&pointer(key)).unwrap() = value.clone();
        for (door, other) in [
            ("environment", read(&text, Some(variable), None)),
            ("--set", read(&text, None, Some(assignment))),
            ("saved", read(&saved.to_string(), None, None)),
        ] {
            assert_eq!(other.unwrap_err().problem, problem, "{key} by {door}");
        }
        // To the wizard, addresses for alarms imply a topic for them.
        if let (Ok(asked), false) = (key.parse(), value.is_object() || value.is_array()) {
            assert_eq!(answered(&params, asked, &value), *problem, "{key} by the wizard");
        }
    }
}
