//! What is in a contact record, before any AWS call is made for it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use vmx_contract::arn::InstanceArn;
use vmx_contract::attributes::{Attributes, Prefix};
use vmx_contract::contact_record::{ContactRecord, ContactRecordError};
use vmx_contract::voicemail::{Defaults, Voicemail};

/// What is to be done with a record.
#[derive(Debug)]
pub(crate) enum Triage {
    /// Nothing: no voicemail was left, or the record is another instance's.
    Nothing,
    /// A voicemail was left.
    Voicemail(Box<ContactRecord>, Box<Voicemail>),
    /// It may be a voicemail, but cannot be read.
    Unreadable(ContactRecordError),
}

/// Looks at a contact record, JSON in UTF-8.
pub(crate) fn triage(json: &[u8], instance: &InstanceArn, defaults: &Defaults) -> Triage {
    match ContactRecord::parse(json) {
        Ok(record) if record.instance != *instance => Triage::Nothing,
        Ok(record) => match Voicemail::of(&record, defaults) {
            Some(voicemail) => Triage::Voicemail(Box::new(record), Box::new(voicemail)),
            None => Triage::Nothing,
        },
        Err(error) if may_be_flagged(json) => Triage::Unreadable(error),
        Err(_) => Triage::Nothing,
    }
}

/// Whether a record that cannot be read could be a voicemail. What is not JSON could be one, cut in two.
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
    Prefix::flagged(&attributes).is_some()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use vmx_contract::voicemail::Mode;

    const INSTANCE: &str =
        "arn:aws:connect:us-east-1:111122223333:instance/00000000-0000-4000-8000-0000000000aa";
    const ID: &str = "00000000-0000-4000-8000-00000000c0de";

    fn look(json: &str) -> Triage {
        let defaults =
            Defaults { language: "en-US".into(), mode: Mode::Task, queue_arn: format!("{INSTANCE}/queue/q") };
        triage(json.as_bytes(), &InstanceArn::parse(INSTANCE).unwrap(), &defaults)
    }

    #[test]
    fn only_a_flagged_call_of_the_instance_is_a_voicemail() {
        let record = |flag: &str, instance: &str, channel: &str| {
            format!(
                r#"{{"ContactId":"{ID}","InstanceARN":"{instance}","Channel":"{channel}","Attributes":{{"vm_flag":"{flag}"}}}}"#
            )
        };
        let other = INSTANCE.replace("0aa", "0ab");
        assert!(matches!(look(&record("1", INSTANCE, "VOICE")), Triage::Voicemail(..)));
        for nothing in
            [record("0", INSTANCE, "VOICE"), record("1", &other, "VOICE"), record("1", INSTANCE, "TASK")]
        {
            assert!(matches!(look(&nothing), Triage::Nothing), "{nothing}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_kept_if_it_may_be_a_voicemail() {
        for kept in [
            "",
            "not json",
            r#"{"Attributes":{"vm_flag":"1"}}"#,
            r#"{"ContactId":"../x","InstanceARN":"i","Attributes":{"vmx_flag":"1"}}"#,
        ] {
            assert!(matches!(look(kept), Triage::Unreadable(_)), "{kept}");
        }
        for nothing in ["{}", r#"{"Attributes":null}"#, r#"{"ContactId":7,"Attributes":{"vm_flag":"0"}}"#] {
            assert!(matches!(look(nothing), Triage::Nothing), "{nothing}");
        }
    }
}
