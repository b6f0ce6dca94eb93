#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn settings() -> Settings {
    serde_json::from_value(json!({
        "secret_arn": "arn", "api_version": "66.0", "external_id_field": "VMX_Contact_Id__c",
        "default_priority": "Medium", "callback_number_field": "VMX_Callback__c",
        "attributes_field": "VMX_Attributes__c", "link_field": "VMX_Link__c",
        "object": {"name": "Voicemail__c", "transcript_field": "VMX_Transcript__c", "subject_field": "Name"},
    }))
    .unwrap()
}

fn package() -> Package {
    serde_json::from_value(json!({
        "version": 1,
        "contactId": "00000000-0000-4000-8000-00000000c0de",
        "instanceArn": "arn:aws:connect:us-east-1:111122223333:instance/i",
        "from": "+15555550100",
        "recipient": {"type": "queue", "arn": "arn", "id": "q", "name": "Support"},
        "receivedAt": "2026-11-23T10:00:00Z",
        "durationMs": 61_500,
        "language": "en-US",
        "modes": ["sfcase"],
        "transcript": {"status": "completed", "text": "Seven of clubs."},
        "playback": {"url": "https://example.com/listen", "expiresAt": "2026-11-24T10:00:00Z"},
        "attributes": {"customer": "42", "vm_flag": "1"},
        "warnings": ["audio_gaps"],
    }))
    .unwrap()
}

fn names(fields: &Map<String, Value>) -> Vec<&str> {
    let mut names: Vec<&str> = fields.keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_case_says_everything() {
    let (settings, package) = (settings(), package());
    let mut draft = Draft::new(&package, Some(" High "));
    draft.owner = Some("005".into());
    let (fields, warnings) = Form::of(&settings, Mode::Sfcase, Words::english()).unwrap().fill(&draft);
    assert_eq!(
        Value::Object(fields),
        json!({
            "Subject": "Voicemail from +15555550100 for Support",
            "Description": "Seven of clubs.\n\nReceived 2026-11-23 10:00 UTC (2026-11-23T10:00:00Z) from +15555550100, 1:02 minutes, for \
                Support.\nNote: Part of the audio was lost and is replaced by silence.",
            "Status": "New",
            "Origin": "Phone",
            "Priority": "High",
            "OwnerId": "005",
            "VMX_Callback__c": "+15555550100",
            "VMX_Attributes__c": r#"{"customer":"42","vm_flag":"1"}"#,
            "VMX_Link__c": "https://example.com/listen",
        })
    );
    assert_eq!(warnings, []);
}

#[test]
fn a_summary_comes_first() {
    let (settings, mut package) = (settings(), package());
    package.summary = Some("Zoe's card.".into());
    let (fields, _) =
        Form::of(&settings, Mode::Sfcase, Words::english()).unwrap().fill(&Draft::new(&package, None));
    let description = fields["Description"].as_str().unwrap();
    assert!(description.starts_with("Summary: Zoe's card.\n\nSeven of clubs.\n"), "{description}");
}

#[test]
fn a_custom_object_has_fields_of_its_own() {
    let (mut settings, package) = (settings(), package());
    let draft = Draft::new(&package, Some("High"));
    let (fields, _) = Form::of(&settings, Mode::Sfother, Words::english()).unwrap().fill(&draft);
    assert_eq!(
        names(&fields),
        ["Name", "VMX_Attributes__c", "VMX_Callback__c", "VMX_Link__c", "VMX_Transcript__c"]
    );
    assert!(fields["VMX_Transcript__c"].as_str().unwrap().starts_with("Seven of clubs.\n"));
    settings.object = None;
    assert!(Form::of(&settings, Mode::Sfother, Words::english()).is_none());
}

#[test]
fn a_field_without_a_name_is_not_written() {
    let mut settings = settings();
    (settings.callback_number_field, settings.attributes_field, settings.link_field) = (None, None, None);
    let package = package();
    let (fields, _) =
        Form::of(&settings, Mode::Sfcase, Words::english()).unwrap().fill(&Draft::new(&package, None));
    assert_eq!(names(&fields), ["Description", "Origin", "Priority", "Status", "Subject"]);
    assert_eq!(fields["Priority"], "Medium");
    settings.default_priority = String::new();
    let (fields, _) =
        Form::of(&settings, Mode::Sfcase, Words::english()).unwrap().fill(&Draft::new(&package, None));
    assert!(!fields.contains_key("Priority"), "Salesforce has a default of its own");
}

#[test]
fn what_was_replaced_is_said() {
    let (settings, package) = (settings(), package());
    let mut draft = Draft::new(&package, Some("Purple"));
    draft.owner = Some("005".into());
    draft.without_priority();
    draft.without_owner();
    let (fields, warnings) = Form::of(&settings, Mode::Sfcase, Words::english()).unwrap().fill(&draft);
    assert_eq!(warnings, [Warning::PriorityReplaced, Warning::OwnerReplaced]);
    assert!(!fields.contains_key("OwnerId"));
    assert_eq!(fields["Priority"], "Medium");
    let description = fields["Description"].as_str().unwrap();
    assert!(
        warnings.iter().all(|warning| description.contains(Words::english().warning(*warning))),
        "{description}"
    );
}

#[test]
fn attributes_that_are_too_much_leave_the_longest_out() {
    let mut package = package();
    package.attributes.insert("long".into(), "x".repeat(20_000));
    package.attributes.insert("longer".into(), "x".repeat(25_000));
    let settings = settings();
    let (fields, warnings) =
        Form::of(&settings, Mode::Sfcase, Words::english()).unwrap().fill(&Draft::new(&package, None));
    let kept: BTreeMap<String, String> =
        serde_json::from_str(fields["VMX_Attributes__c"].as_str().unwrap()).unwrap();
    assert_eq!(kept.keys().collect::<Vec<_>>(), ["customer", "long", "vm_flag"]);
    assert_eq!(warnings, [Warning::AttributeDropped]);
}

proptest! {
    #[test]
    fn nothing_is_longer_than_its_field(
        from in ".{0,200}",
        name in ".{0,600}",
        words in prop::collection::vec("\\PC{0,40}", 0..3),
        times in 1_usize..2000,
    ) {
        let mut package = package();
        package.from = Some(from);
        package.recipient = vmx_contract::package::Recipient::Queue { arn: "a".into(), id: "q".into(), name };
        package.transcript = vmx_contract::package::Transcript::Completed { text: words.concat().repeat(times) };
        let settings = settings();
        let (fields, _) = Form::of(&settings, Mode::Sfcase, Words::english()).unwrap().fill(&Draft::new(&package, None));
        let units = |field: &str| fields.get(field).and_then(Value::as_str).map_or(0, |text| text.encode_utf16().count());
        prop_assert!(units("Subject") <= 255);
        prop_assert!(units("Description") <= 32_000);
        prop_assert!(units("VMX_Callback__c") <= 40);
    }
}
