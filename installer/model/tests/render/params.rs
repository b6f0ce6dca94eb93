use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;
use vmx_model::params::{InstanceRef, Params, ParamsError, Prompt, Region, Resolved, Source, Wording};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../params.example.yaml");

#[test]
fn the_example_says_what_the_defaults_are() {
    let example = Params::load(Path::new(EXAMPLE)).unwrap();
    let defaults =
        Params::new(Region::parse("us-east-1").unwrap(), InstanceRef::parse("my-contact-center").unwrap());
    assert_eq!(example, defaults);
}

#[test]
fn the_example_has_every_key_with_a_word_before_it() {
    let text = std::fs::read_to_string(EXAMPLE).unwrap();
    let mut keys = Vec::new();
    collect("", &serde_json::to_value(super::params(super::SHORTEST)).unwrap(), &mut keys);
    let lines: Vec<&str> = text.lines().collect();
    for key in keys {
        let name = key.rsplit('.').next().unwrap();
        let line = lines
            .iter()
            .position(|line| line.trim_start().starts_with(&format!("{name}:")))
            .unwrap_or_else(|| panic!("{key} is not in the example"));
        assert!(lines[line - 1].trim_start().starts_with('#'), "{key} is not explained");
    }
}

fn collect(within: &str, value: &Value, keys: &mut Vec<String>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let full = format!("{within}{key}");
        keys.push(full.clone());
        collect(&format!("{full}."), value, keys);
    }
}

/// The error as a person without colors and Unicode art reads it.
fn shown(error: ParamsError) -> String {
    let mut text = String::new();
    let handler = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::none()).with_width(100);
    handler.render_report(&mut text, &error).unwrap();
    text
}

fn refused(yaml: &str) -> String {
    shown(Params::from_yaml("params.yaml", yaml).unwrap_err())
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_its_remedy() {
    let with = |line: &str| format!("{}{line}\n", super::SHORTEST);
    insta::assert_snapshot!("unknown_key", refused(&with("default_langage: en-GB")));
    insta::assert_snapshot!("unknown_key_within", refused(&with("prompts:\n  greting: Hello")));
    insta::assert_snapshot!("unknown_key_far_from_all", refused(&with("webhook: https://example.com")));
    insta::assert_snapshot!("wrong_type", refused(&with("retention:\n  recordings_days: forever # or so")));
    insta::assert_snapshot!("out_of_range", refused(&with("longest_message_seconds: 1201")));
    insta::assert_snapshot!("number_for_text", refused(&with("default_queue: 12")));
    insta::assert_snapshot!("word_for_switch", refused(&with("flow_logging: yes")));
    insta::assert_snapshot!("list_for_text", refused(&with("stack: [a]")));
    insta::assert_snapshot!("text_for_keys", refused(&with("prompts: Hello")));
    insta::assert_snapshot!("queue_named_tilde", refused(&with("default_queue: '~'\nstack: 1")));
    insta::assert_snapshot!("tilde", refused(&with("default_queue: ~")));
    insta::assert_snapshot!("no_value", refused("version: 1\nregion:\ninstance: x\n"));
    insta::assert_snapshot!("missing_key", refused("version: 1\nregion: eu-west-2\n"));
    insta::assert_snapshot!("empty", refused("# nothing yet\n"));
    insta::assert_snapshot!("a_list", refused("- version: 1\n"));
    insta::assert_snapshot!("not_yaml", refused("version: 1\nregion: [eu-west-2\ninstance: x\n"));
    insta::assert_snapshot!("key_twice", refused(&with("# Größe zählt\nregion: eu-west-1")));
    insta::assert_snapshot!("newer_version", refused("version: 2\nsomething: new\n"));
    insta::assert_snapshot!("version_as_text", refused("version: one\n"));
    insta::assert_snapshot!("time_zone", refused(&with("time_zone: Middle-earth/Shire")));
    insta::assert_snapshot!("language", refused(&with("default_language: en-UK")));
    insta::assert_snapshot!("mode", refused(&with("default_mode: email")));
    insta::assert_snapshot!(
        "mode_needs",
        refused(&with("modes: [task, email]\nemail: {from: v@example.com}"))
    );
    insta::assert_snapshot!("prompt", refused(&with("prompts: {goodbye: '<speak>Bye'}")));
    insta::assert_snapshot!("tag", refused(&with("tags: {\"aws:team\": x}")));
    insta::assert_snapshot!("deadline", refused(&with("transcription:\n  deadline_minutes: 4 # soon")));
    insta::assert_snapshot!("one_candidate", refused(&with("transcription: {identify_language: [en-US]}")));
    insta::assert_snapshot!(
        "candidate_twice",
        refused(&with("transcription: {identify_language: [en-US, en-us]}"))
    );
    insta::assert_snapshot!(
        "text_for_candidates",
        refused(&with("transcription: {identify_language: en-US}"))
    );
    insta::assert_snapshot!(
        "vocabulary",
        refused(&with("transcription:\n  vocabularies:\n    en-US: my words"))
    );
    insta::assert_snapshot!(
        "vocabulary_language",
        refused(&with("transcription: {vocabularies: {en: words}}"))
    );
    insta::assert_snapshot!(
        "redact_and_identify",
        refused(&with("transcription:\n  identify_language: [en-US, es-US]\n  redact: true"))
    );
    insta::assert_snapshot!("summary_when", refused(&with("summary: {when: true}")));
    insta::assert_snapshot!("summary_model", refused(&with("summary: {model: 'arn:aws:bedrock:x'}")));
    insta::assert_snapshot!("summary_no_default", refused(&with("summary:\n  when: always")));
    insta::assert_snapshot!(
        "key_elsewhere",
        refused(&with("kms_key: arn:aws:kms:eu-west-1:111122223333:key/k"))
    );
    insta::assert_snapshot!("key_by_alias", refused(&with("kms_key: alias/voicemail")));
    insta::assert_snapshot!("role_path", refused(&with("iam:\n  path: voicemail")));
    insta::assert_snapshot!("archived_too_late", refused(&with("buckets: {archive_after_days: 90}")));
    insta::assert_snapshot!("yaml_tag", refused(&with("default_queue: !Ref Queue")));
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let file = "version: 1\nregin: eu-west-2\nretention: {logs_days: many, media_hours: ~}\nmodes: [task, pigeon]\n\
                languages: {fr-FR: {greeting: '<speak>'}, xx: {}}\n";
    let set = ["log_level=loud", "stack", "tracing=perhaps"];
    let all = merged(file, &[("VMX_SILENT", "shout")], &set).unwrap_err();
    let told: Vec<String> = all.all().map(ToString::to_string).collect();
    for wrong in [
        "unknown parameter `regin`",
        "`retention.logs_days`",
        "`retention.media_hours` has no value",
        "`modes",
        "`languages",
        "`silent`",
        "`log_level`",
        "--set needs a key",
        "`tracing`",
        "`region` is missing",
        "`instance` is missing",
    ] {
        let count = told.iter().filter(|text| text.contains(wrong)).count();
        assert!(count >= 1, "{wrong}: {told:#?}");
    }
    insta::assert_snapshot!("several", shown(all));
    let conflicts = format!("{}links: workspace\nbuckets: {{archive_after_days: 90}}\n", super::SHORTEST);
    let told: Vec<String> =
        Params::from_yaml("p", &conflicts).unwrap_err().all().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told[0].contains("only a guided task plays the recording"), "{told:#?}");
}

#[test]
fn the_only_mode_is_the_default_one() {
    let only = |lines: &str| Params::from_yaml("p", &format!("{}{lines}\n", super::SHORTEST));
    assert_eq!(only("modes: [other]").unwrap().default_mode.as_str(), "other");
    assert!(only("modes: [other]\ndefault_mode: task").is_err());
    assert!(only("modes: [other, guided_task]").is_err());
    assert_eq!(only("modes: [other, task]").unwrap().default_mode.as_str(), "task");
}

/// A promise that cannot be kept is the fault of whoever gave it last.
#[test]
fn links_that_cannot_work_so_long_are_refused() {
    let with = |lines: &str| format!("{}{lines}\n", super::SHORTEST);
    insta::assert_snapshot!(
        "presigned_too_long",
        refused(&with("links: presigned\nlink_lifetime_hours: 13"))
    );
    insta::assert_snapshot!("presigned_by_default_too_long", refused(&with("links: presigned")));
    insta::assert_snapshot!(
        "links_outlive_transcripts",
        refused(&with("link_lifetime_hours: 361\nretention: {transcripts_days: 15}"))
    );
    let set = merged(&with("link_lifetime_hours: 24"), &[], &["links=presigned"]).unwrap_err();
    insta::assert_snapshot!("presigned_too_long_by_set", shown(set));
    let variable =
        merged(super::SHORTEST, &[("VMX_LINK_LIFETIME_HOURS", "720")], &["retention.transcripts_days=15"]);
    insta::assert_snapshot!("links_outlive_transcripts_by_variable", shown(variable.unwrap_err()));
    for kept in [
        "links: presigned\nlink_lifetime_hours: 12",
        "links: workspace\nlink_lifetime_hours: 720\nmodes: [task, guided_task]",
        "link_lifetime_hours: 720",
    ] {
        assert!(Params::from_yaml("params.yaml", &with(kept)).is_ok(), "{kept}");
    }
}

#[test]
fn a_region_without_function_urls_has_no_page_behind_links() {
    let there = "version: 1\nregion: us-gov-west-1\ninstance: shop\n";
    insta::assert_snapshot!("no_function_urls", refused(there));
    for links in ["links: workspace\nmodes: [guided_task]\n", "links: presigned\nlink_lifetime_hours: 12\n"] {
        assert!(Params::from_yaml("params.yaml", &format!("{there}{links}")).is_ok(), "{links}");
    }
}

fn merged(text: &str, environment: &[(&str, &str)], set: &[&str]) -> Result<Resolved, ParamsError> {
    let environment = environment.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
    let set: Vec<String> = set.iter().map(|&text| text.to_owned()).collect();
    Resolved::merge("params.yaml", text, environment, &set)
}

#[test]
fn a_variable_of_another_program_is_ignored_and_named() {
    let environment = [("VMX_RETENTION_LOGS_DAYS", "7"), ("VMX_0", "7"), ("VMX_LOG_LEVEL", "warn")];
    let resolved = merged(super::SHORTEST, &environment, &[]).unwrap();
    let ignored: Vec<String> = resolved.ignored.iter().map(ToString::to_string).collect();
    assert_eq!(
        ignored,
        [
            "ignored the environment variable VMX_0, which is not a parameter",
            "ignored the environment variable VMX_RETENTION_LOGS_DAYS, which is not a parameter; did you mean \
             VMX_RETENTION__LOGS_DAYS?",
        ]
    );
}

#[test]
fn each_key_is_taken_from_the_highest_layer_that_has_it() {
    let text =
        format!("{}retention: {{recordings_days: 1, logs_days: 7}}\ntags: {{a.b: file}}\n", super::SHORTEST);
    let environment = [
        ("VMX_RETENTION__RECORDINGS_DAYS", "2"),
        ("VMX_RETENTION", "{recordings_days: 3, transcripts_days: 30}"),
        ("VMX_TEST_ARTIFACTS", "/somewhere"),
        ("PATH", "/bin"),
    ];
    let set =
        ["retention.transcripts_days=40", "tags.c.d=set: it", "default_queue=12", "prompts.goodbye=\"12\""];
    let Resolved { params, values, .. } = merged(&text, &environment, &set).unwrap();
    assert_eq!(params.retention.recordings_days.get(), 2);
    assert_eq!(params.retention.transcripts_days.get(), 40);
    assert_eq!(params.retention.logs_days.get(), 7);
    assert_eq!(params.default_queue.as_str(), "12");
    assert_eq!(params.prompts.goodbye, Wording::Given(Prompt::parse("12").unwrap()));
    assert_eq!(params.tags.get().iter().collect::<Vec<_>>().len(), 2);
    let source = |key: &str| values.iter().find(|one| one.key == key).unwrap().source.to_string();
    for (key, expected) in [
        ("region", "params.yaml:2"),
        ("stack", "default"),
        ("retention.recordings_days", "environment VMX_RETENTION__RECORDINGS_DAYS"),
        ("retention.transcripts_days", "--set"),
        ("retention.logs_days", "params.yaml:4"),
        ("retention.media_hours", "default"),
        ("tags.a.b", "params.yaml:5"),
        ("tags.c.d", "--set"),
    ] {
        assert_eq!(source(key), expected, "{key}");
    }
    let keys: Vec<_> = values.iter().map(|one| one.key.as_str()).collect();
    assert_eq!(keys[..4], ["version", "region", "instance", "stack"]);
}

#[test]
fn what_the_file_lacks_another_layer_may_give() {
    let resolved = merged("version: 1\n", &[("VMX_REGION", "eu-west-2")], &["instance=shop"]).unwrap();
    assert_eq!(resolved.params.instance.as_str(), "shop");
    assert_eq!(resolved.values[2].source, Source::Set);
}

#[test]
fn what_is_wrong_in_a_flag_or_a_variable_is_shown_there() {
    let refused = |environment: &[(&str, &str)], set: &[&str]| {
        shown(merged(super::SHORTEST, environment, set).unwrap_err())
    };
    insta::assert_snapshot!("set_wrong_value", refused(&[], &["retention.recordings_days=forever"]));
    insta::assert_snapshot!("set_unknown_key", refused(&[], &["retention.record_days=9"]));
    insta::assert_snapshot!("set_not_yaml", refused(&[], &["tags={a: b"]));
    insta::assert_snapshot!("set_without_value", refused(&[], &["stack"]));
    insta::assert_snapshot!("set_nothing", refused(&[], &["stack="]));
    insta::assert_snapshot!("variable_wrong", refused(&[("VMX_LOG_LEVEL", "loud")], &[]));
    insta::assert_snapshot!("variable_empty", refused(&[("VMX_REGION", "")], &[]));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Params::load(Path::new("/nowhere/params.yaml")).unwrap_err();
    assert!(error.to_string().contains("/nowhere/params.yaml"));
}

#[test]
fn values_are_taken_as_they_are_written() {
    let params = super::params(super::OTHER);
    assert_eq!(params.default_queue.as_str(), "Müller & Söhne \"Nacht\"");
    assert_eq!(params.tags.get()["cost-center"], "4711");
    assert_eq!(params.retention.logs_days.get(), 365);
    assert_eq!(
        params.prompts.queue_full,
        Params::new(params.region.clone(), params.instance.clone()).prompts.queue_full
    );
}

#[test]
fn written_parameters_are_read_again() {
    for yaml in [super::SHORTEST, super::OTHER] {
        let params = super::params(yaml);
        let written = serde_yaml::to_string(&params).unwrap();
        assert_eq!(super::params(&written), params);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Whatever the file holds, the answer is parameters or an error that can be shown.
    #[test]
    fn any_text_is_answered(text in any_text()) {
        if let Err(error) = Params::from_yaml("params.yaml", &text) {
            prop_assert!(!shown(error).is_empty());
        }
    }
}

fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("version: 1\n".to_owned()),
        Just("region: eu-west-2\n".to_owned()),
        Just("instance: alias\n".to_owned()),
        Just("prompts:\n".to_owned()),
        Just("  greeting: ".to_owned()),
        Just("<speak>".to_owned()),
        Just("tags: {a.b: ~}\n".to_owned()),
        Just("? [a]\n: b\n".to_owned()),
        Just("&a *a\n".to_owned()),
        Just(".nan\n".to_owned()),
        Just("é\u{2028}\t\n".to_owned()),
        "\\PC{0,20}\n?",
        "[\\[\\]{}:,#&*!|>'\"%@` \n-]{0,12}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Whether the schema takes the parameters, as far as keys, types, ranges and enumerations say. Patterns are for a
/// whole validator.
fn schema_takes(yaml: &str) -> bool {
    takes(&vmx_model::params::schema(), &serde_yaml::from_str(yaml).unwrap())
}

fn takes(schema: &Value, value: &Value) -> bool {
    let holds = |keyword: &str, check: &dyn Fn(&Value) -> bool| schema.get(keyword).is_none_or(check);
    let is = |name: &str| match name {
        "integer" => value.is_u64(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        other => panic!("{other}"),
    };
    let keys = || value.as_object().into_iter().flatten();
    let items = || value.as_array().into_iter().flatten();
    holds("type", &|name| is(name.as_str().unwrap()))
        && holds("const", &|only| only == value)
        && holds("enum", &|all| all.as_array().unwrap().contains(value))
        && holds("oneOf", &|all| all.as_array().unwrap().iter().filter(|one| takes(one, value)).count() == 1)
        && holds("minimum", &|least| value.as_u64() >= least.as_u64())
        && holds("maximum", &|most| value.as_u64() <= most.as_u64())
        && holds("minItems", &|least| items().count() as u64 >= least.as_u64().unwrap())
        && holds("maxItems", &|most| items().count() as u64 <= most.as_u64().unwrap())
        && holds("items", &|item| items().all(|value| takes(item, value)))
        && holds("required", &|all| {
            all.as_array().unwrap().iter().all(|key| value.get(key.as_str().unwrap()).is_some())
        })
        && keys().all(|(key, value)| match schema["properties"].get(key) {
            Some(property) => takes(property, value),
            None => match &schema["additionalProperties"] {
                Value::Bool(may_be) => *may_be,
                any => takes(any, value),
            },
        })
}

#[test]
fn the_schema_takes_what_the_program_takes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/params");
    let sets =
        std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let shipped = [std::fs::read_to_string(EXAMPLE).unwrap(), super::SHORTEST.into(), super::OTHER.into()];
    for yaml in sets.chain(shipped) {
        super::params(&yaml);
        assert!(schema_takes(&yaml), "{yaml}");
    }
}

#[test]
fn the_schema_refuses_what_the_program_refuses() {
    for line in [
        "default_langage: en-GB",
        "prompts: {greting: Hello}",
        "retention: {recordings_days: forever}",
        "retention: {logs_days: 31}",
        "longest_message_seconds: 1201",
        "link_lifetime_hours: 0",
        "default_queue: 12",
        "flow_logging: 'yes'",
        "default_language: en-UK",
        "default_mode: pigeon",
        "modes: []",
        "modes: [task, pigeon]",
        "modes: task",
        "time_zone: 1",
        "email: {attach_at_most_kb: 0}",
        "attribute_prefix: vmx2",
        "architecture: sparc",
        "log_level: loud",
        "tags: {team: 12}",
        "transcription: {deadline_minutes: 4}",
        "transcription: {identify_language: en-US}",
        "transcription: {identify_language: [en-UK, en-US]}",
        "transcription: {identify_language: [en-US, en-GB, es-US, es-ES, fr-FR, de-DE]}",
        "transcription: {vocabularies: {en-US: 1}}",
        "transcription: {redact: 'yes'}",
        "summary: {when: sometimes}",
        "summary: {model: 4}",
    ] {
        let yaml = format!("{}{line}\n", super::SHORTEST);
        assert!(Params::from_yaml("params.yaml", &yaml).is_err(), "{line}");
        assert!(!schema_takes(&yaml), "{line}");
    }
    for yaml in ["version: 1\nregion: eu-west-2\n", "version: 2\nregion: eu-west-2\ninstance: shop\n"] {
        assert!(!schema_takes(yaml), "{yaml}");
    }
}

#[test]
fn the_schema_explains_every_key_and_knows_every_default() {
    let schema = vmx_model::params::schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let mut keys = Vec::new();
    let params = serde_json::to_value(super::params(super::SHORTEST)).unwrap();
    collect("", &params, &mut keys);
    for key in keys {
        let pointer = key.replace('.', "/properties/");
        let property = schema.pointer(&format!("/properties/{pointer}")).unwrap_or_else(|| panic!("{key}"));
        assert!(property["description"].is_string(), "{key}: {property}");
        let value = params.pointer(&format!("/{}", key.replace('.', "/"))).unwrap();
        if ![
            "version",
            "region",
            "instance",
            "prompts",
            "retention",
            "flows",
            "transcription",
            "summary",
            "email",
            "other",
            "salesforce",
            "alarms",
            "iam",
            "buckets",
        ]
        .contains(&key.as_str())
        {
            assert_eq!(&property["default"], value, "{key}");
        }
    }
}
