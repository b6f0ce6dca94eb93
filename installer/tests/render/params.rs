use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;
use vmx_install::params::{InstanceRef, Params, ParamsError, Region};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/params.example.yaml");

#[test]
fn the_example_says_what_the_defaults_are() {
    let example = Params::load(Path::new(EXAMPLE)).unwrap();
    let defaults =
        Params::new(Region::parse("us-east-1").unwrap(), InstanceRef::parse("my-contact-centre").unwrap());
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

/// The error as a person without colours and Unicode art reads it.
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
    insta::assert_snapshot!("language", refused(&with("default_language: en-UK")));
    insta::assert_snapshot!("mode", refused(&with("default_mode: email")));
    insta::assert_snapshot!("prompt", refused(&with("prompts: {goodbye: '<speak>Bye'}")));
    insta::assert_snapshot!("tag", refused(&with("tags: {\"aws:team\": x}")));
    insta::assert_snapshot!("yaml_tag", refused(&with("default_queue: !Ref Queue")));
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
    assert_eq!(params.tags.get()["cost-centre"], "4711");
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
