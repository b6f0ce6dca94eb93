//! Classifies a contact record before any AWS call.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use vmx_contract::arn::InstanceArn;
use vmx_contract::attributes::Attributes;
use vmx_contract::contact_record::{ContactRecord, ContactRecordError};
use vmx_contract::messages::{Message, may_hold_messages};

/// What to do with a record.
#[derive(Debug)]
pub(crate) enum Triage {
    /// Nothing: no message was left, or the record is another instance's.
    Nothing,
    /// At least one message was left.
    Messages(Box<ContactRecord>, Vec<Message>),
    /// There may be messages, but the record is unreadable.
    Unreadable(ContactRecordError),
}

/// Classifies a contact record, JSON in UTF-8.
pub(crate) fn triage(json: &[u8], instance: &InstanceArn) -> Triage {
    match ContactRecord::parse(json) {
        Ok(record) if record.instance != *instance => Triage::Nothing,
        Ok(record) => match Message::all(&record) {
            messages if messages.is_empty() => Triage::Nothing,
            messages => Triage::Messages(Box::new(record), messages),
        },
        Err(error) if may_be_flagged(json) => Triage::Unreadable(error),
        Err(_) => Triage::Nothing,
    }
}

/// Whether an unreadable record may contain messages. Truncated JSON may.
fn may_be_flagged(json: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Flags {
        #[serde(default, rename = "Attributes")]
        attributes: Option<BTreeMap<String, Value>>,
    }
    let Ok(flags) = serde_json::from_slice::<Flags>(json) else {
        return true;
    };
    let text = |(name, value): (String, Value)| Some((name, value.as_str()?.to_owned()));
    let attributes: Attributes = flags.attributes.unwrap_or_default().into_iter().filter_map(text).collect();
    may_hold_messages(&attributes)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use vmx_contract::messages::Source;

    use super::*;

    const INSTANCE: &str =
        "arn:aws:connect:us-east-1:111122223333:instance/00000000-0000-4000-8000-0000000000aa";
    const ID: &str = "00000000-0000-4000-8000-00000000c0de";

    fn look(json: &str) -> Triage {
        triage(json.as_bytes(), &InstanceArn::parse(INSTANCE).unwrap())
    }

    fn record(attributes: &str, rest: &str) -> String {
        format!(
            r#"{{"ContactId":"{ID}","InstanceARN":"{INSTANCE}","Attributes":{{{attributes}}},"Recordings":[]{rest}}}"#
        )
    }

    #[test]
    fn only_a_flagged_call_of_the_instance_holds_messages() {
        let flagged = record(r#""vm_flag":"1""#, r#","Channel":"VOICE""#);
        let other = INSTANCE.replace("0aa", "0ab");
        assert!(matches!(look(&flagged), Triage::Messages(_, messages) if messages.len() == 1));
        for nothing in [
            record(r#""vm_flag":"0""#, ""),
            flagged.replace(INSTANCE, &other),
            flagged.replace("VOICE", "TASK"),
        ] {
            assert!(matches!(look(&nothing), Triage::Nothing), "{nothing}");
        }
    }

    #[test]
    fn every_message_of_a_contact_is_named() {
        let names = |attributes| match look(&record(attributes, "")) {
            Triage::Messages(_, messages) => messages.iter().map(|message| message.id.to_string()).collect(),
            other => panic!("{other:?}"),
        };
        let none: [String; 0] = [];
        assert_ne!(names(r#""vm_flag":" 1 ""#), none, "space around the flag");
        let two: Vec<String> =
            names(r#""vm_flag":"1","vm_saved_1":"saved","vm_saved_2":"saved","vm_taking":"0""#);
        assert_eq!(two, [ID.to_owned(), format!("{ID}-2")]);
        let taking: Vec<String> = names(r#""vm_flag":"1","vm_saved_1":"done","vm_taking":"1""#);
        assert_eq!(taking, [format!("{ID}-2")]);
    }

    #[test]
    fn a_record_that_comes_before_its_streams_names_its_messages_all_the_same() {
        let early = |attributes: &str| record(attributes, "").replace("[]", "null");
        for (attributes, names) in [
            (r#""vm_flag":"1""#, vec![ID.to_owned()]),
            (r#""vmx3_flag":"1""#, vec![ID.to_owned()]),
            (r#""vm_saved_1":"saved","vm_taking":"1""#, vec![ID.to_owned(), format!("{ID}-2")]),
        ] {
            let Triage::Messages(_, messages) = look(&early(attributes)) else { panic!("{attributes}") };
            assert_eq!(messages.iter().map(|message| message.id.to_string()).collect::<Vec<_>>(), names);
            let is_pending = |message: &Message| {
                matches!(message.source, Source::Missing(ContactRecordError::RecordingsPending(_)))
            };
            assert!(messages.iter().all(is_pending));
        }
        assert!(matches!(look(&early(r#""vm_flag":"0""#)), Triage::Nothing));
    }

    #[test]
    fn what_cannot_be_read_is_kept_if_it_may_be_a_voicemail() {
        for kept in [
            "",
            "not json",
            r#"{"Attributes":{"vm_flag":"1"}}"#,
            r#"{"Attributes":{"vm_saved_2":"saved"}}"#,
            r#"{"ContactId":"../x","InstanceARN":"i","Attributes":{"vmx_flag":"1"}}"#,
        ] {
            assert!(matches!(look(kept), Triage::Unreadable(_)), "{kept}");
        }
        for nothing in ["{}", r#"{"Attributes":null}"#, r#"{"ContactId":7,"Attributes":{"vm_flag":"0"}}"#] {
            assert!(matches!(look(nothing), Triage::Nothing), "{nothing}");
        }
    }
}
