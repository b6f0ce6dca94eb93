//! What programs read: the schema of `flows check --json`, and SARIF.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use flow_language::check::{Options, Report, Source, flows, sarif};
use schemars::{JsonSchema, schema_for};
use serde_json::{Value, json};

/// A line of `vmx-install flows check --json` about one flow. Other lines have another `event`.
#[derive(JsonSchema)]
#[schemars(rename = "FlowChecked")]
#[expect(dead_code, reason = "only its schema is used")]
struct Line {
    /// `flow_checked`.
    #[schemars(extend("const" = "flow_checked"))]
    event: String,
    /// When, in UTC.
    at: String,
    /// The result.
    report: Report,
}

#[test]
fn the_schema_of_a_checked_flow_is_published() {
    let schema = format!("{}\n", serde_json::to_string_pretty(&schema_for!(Line)).unwrap());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/flow-checked.schema.json");
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &schema).unwrap();
        return;
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == schema,
        "docs/flow-checked.schema.json is out of date; run UPDATE_DOCS=1 cargo test --workspace --test published"
    );
}

/// A refusal, advice, notes, several flows in a file, and no flow at all.
fn reports() -> Vec<Report> {
    let flow = json!({
        "Version": "2019-10-30", "StartAction": "hold", "Metadata": {"status": "saved"},
        "Actions": [
            {"Identifier": "hold", "Type": "TransferParticipantToThirdParty", "Parameters": {},
             "Transitions": {"NextAction": "nowhere", "Errors": []}},
            {"Identifier": "end", "Type": "EndFlowExecution", "Parameters": {}, "Transitions": {}},
        ],
    });
    let source = |name: &str, text: String| Source { name: name.to_owned(), text, named: true };
    let sources = [
        source("flows/main line.json", serde_json::to_string_pretty(&flow).unwrap()),
        source(
            "./t.json",
            json!({"A": {"Content": flow.to_string()}, "B": {"Content": flow.to_string()}}).to_string(),
        ),
        source("/tmp/none", "none".to_owned()),
    ];
    flows(&sources, &Options::default())
}

/// Rules that SARIF 2.1.0 has for what is written here: its sections 3.4, 3.13, 3.14, 3.19, 3.27, 3.28, 3.30 and 3.49.
#[test]
fn sarif_follows_the_standard() {
    let log = sarif(&reports());
    assert_eq!((&log["version"], log.as_object().unwrap().len()), (&json!("2.1.0"), 3));
    let runs = log["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 1);
    let driver = &runs[0]["tool"]["driver"];
    assert!(driver["name"].as_str().is_some_and(|name| !name.is_empty()));
    let rules = driver["rules"].as_array().unwrap();
    let ids: std::collections::BTreeSet<&str> =
        rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), rules.len(), "an id is used once");
    assert!(
        rules
            .iter()
            .all(|rule| rule["shortDescription"]["text"].as_str().is_some_and(|text| text.ends_with('.')))
    );

    let results = runs[0]["results"].as_array().unwrap();
    let mut levels = std::collections::BTreeSet::new();
    for result in results {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        let level = result["level"].as_str().unwrap();
        assert!(["none", "note", "warning", "error"].contains(&level), "{result}");
        levels.insert(level);
        assert!(result["message"]["text"].as_str().is_some_and(|text| text.ends_with('.')), "{result}");
        for location in result["locations"].as_array().unwrap() {
            let physical = &location["physicalLocation"];
            let uri = physical["artifactLocation"]["uri"].as_str().unwrap();
            let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~/%:".contains(c);
            assert!(!uri.is_empty() && uri.chars().all(allowed), "{uri}");
            if let Some(region) = physical.get("region") {
                assert!(region["startLine"].as_u64().is_some_and(|line| line >= 1), "{result}");
            }
            for logical in location["logicalLocations"].as_array().into_iter().flatten() {
                assert!(logical["fullyQualifiedName"].as_str().is_some_and(|name| !name.is_empty()));
            }
        }
    }
    assert_eq!(levels.into_iter().collect::<Vec<_>>(), ["error", "note", "warning"]);
    // A block's line, and where in a file with several flows.
    let of = |uri: &str, place: &str| -> Vec<&Value> {
        results
            .iter()
            .map(|result| &result["locations"][0])
            .filter(|location| location["physicalLocation"]["artifactLocation"]["uri"] == uri)
            .filter(|location| location["logicalLocations"][0]["fullyQualifiedName"] == place)
            .collect()
    };
    let found = of("flows/main%20line.json", "Actions[0].Transitions.NextAction");
    assert_eq!(found[0]["physicalLocation"]["region"], json!({"startLine": 9}));
    assert_eq!(of("t.json", "B.Content.Actions[0].Transitions.NextAction").len(), 1);
    assert!(results.iter().any(|result| {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "file:///tmp/none"
    }));
}
