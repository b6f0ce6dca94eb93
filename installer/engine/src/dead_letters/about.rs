//! Which voicemails a message of the functions' queues belongs to.

use serde::Deserialize;
use vmx_contract::contact_record::ContactRecord;
use vmx_contract::messages::Message;
use vmx_contract::retry;
use vmx_contract::voicemail_id::VoicemailId;

use vmx_model::parts::Step;

/// The fields of an event that identify its voicemail.
#[derive(Deserialize)]
struct Event {
    detail: Detail,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Detail {
    object: Option<Object>,
    #[serde(rename = "TranscriptionJobName")]
    job: Option<String>,
    #[serde(rename = "contactId")]
    id: Option<String>,
}

#[derive(Deserialize)]
struct Object {
    key: String,
}

/// The voicemails that a message belongs to; empty if unknown.
pub(crate) fn about(body: &str, step: Step, stack: &str) -> Vec<VoicemailId> {
    if step == Step::Record {
        return of_record(&retry::of_body(body));
    }
    let Ok(Event { detail }) = serde_json::from_str(body) else { return Vec::new() };
    let by_key = detail.object.and_then(|object| VoicemailId::of_key(&object.key).ok());
    let by_job = || detail.job.and_then(|job| VoicemailId::of_job(&job, stack));
    let by_id = || detail.id.and_then(|id| VoicemailId::parse(&id).ok());
    by_key.or_else(by_job).or_else(by_id).into_iter().collect()
}

/// The voicemails of a contact record.
pub(crate) fn of_record(record: &[u8]) -> Vec<VoicemailId> {
    let messages = ContactRecord::parse(record).map(|record| Message::all(&record)).unwrap_or_default();
    messages.into_iter().map(|message| message.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

    const CONTACT: &str = "00000000-0000-4000-8000-00000000c0de";

    #[test]
    fn every_event_says_which_voicemail_it_is_about() {
        for (body, id) in [
            (format!(r#"{{"detail":{{"object":{{"key":"{CONTACT}-2.wav"}}}}}}"#), "-2"),
            (format!(r#"{{"detail":{{"object":{{"key":"redacted-{CONTACT}.json"}}}}}}"#), ""),
            (format!(r#"{{"detail":{{"TranscriptionJobName":"vmx.{CONTACT}-3"}}}}"#), "-3"),
            (format!(r#"{{"detail":{{"TranscriptionJobName":"{CONTACT}"}}}}"#), ""),
            (format!(r#"{{"detail":{{"contactId":"{CONTACT}-2","dueAt":"x"}}}}"#), "-2"),
        ] {
            let about = about(&body, Step::Deliver, "vmx");
            assert_eq!(about.iter().map(ToString::to_string).collect::<Vec<_>>(), [format!("{CONTACT}{id}")]);
        }
        for none in ["", "{}", r#"{"detail":{}}"#, r#"{"detail":{"TranscriptionJobName":"theirs"}}"#] {
            assert_eq!(about(none, Step::Transcribe, "vmx"), []);
        }
        assert_eq!(about("no record", Step::Record, "vmx"), []);
    }

    #[test]
    fn a_contact_record_in_base64_says_so_too() {
        let instance = "arn:aws:connect:us-east-1:111122223333:instance/00000000-0000-4000-8000-0000000000aa";
        let record = format!(
            r#"{{"ContactId":"{CONTACT}","InstanceARN":"{instance}","Attributes":{{"vm_flag":"1"}},"Recordings":[]}}"#
        );
        let body = format!("base64:{}", BASE64_STANDARD.encode(record));
        assert_eq!(about(&body, Step::Record, "vmx")[0].to_string(), CONTACT);
    }
}
