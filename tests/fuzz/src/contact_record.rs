//! The contact record, with what callers and agents wrote into its attributes.

use vmx_contract::contact_record::{ContactRecord, Voice};
use vmx_contract::messages::{Message, Source};
use vmx_contract::metadata;
use vmx_contract::mode::Mode;
use vmx_contract::voicemail::{Defaults, Voicemail};

/// A record that is read leads to media and recipients of its own instance alone, and its voicemails survive the way over
/// S3 object metadata.
pub(crate) fn claim(json: &[u8]) {
    let Ok(record) = ContactRecord::parse(json) else { return };
    for stream in record.streams().0 {
        let media = match stream.voice(&record.contact_id) {
            Ok(Voice::Media(media)) => media,
            Ok(Voice::Passage(passage)) => {
                assert!(!passage.object.bucket.is_empty() && !passage.object.key.is_empty());
                assert!(passage.object.key.starts_with(passage.object.prefix()));
                assert!(passage.mark.is_none_or(|mark| mark >= passage.started_at));
                continue;
            }
            Err(_) => continue,
        };
        assert!(record.instance.check_media_stream(&media.stream_arn).is_ok());
        for number in [&media.first_fragment, &media.last_fragment] {
            assert!(!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
        }
    }
    let messages = Message::all(&record);
    let mut ids: Vec<_> = messages.iter().map(|message| &message.id).collect();
    ids.dedup();
    assert_eq!(ids.len(), messages.len(), "two messages of one name: {messages:?}");
    for message in &messages {
        assert!(!message.is_saved || !matches!(message.source, Source::Cancelled), "{message:?}");
        survives(&record, message);
    }
}

/// A message's voicemail leads to a recipient of its own instance, and survives the way over metadata.
fn survives(record: &ContactRecord, message: &Message) {
    let queue_arn = format!("{}/queue/00000000-0000-4000-8000-00000000cafe", record.instance);
    let defaults = Defaults { language: "en-US".to_owned(), mode: Mode::Task, queue_arn };
    let voicemail = Voicemail::of(record, message, &defaults);
    assert!(record.instance.recipient(&voicemail.recipient_arn).is_ok(), "{voicemail:?}");
    assert!(!voicemail.modes.is_empty());

    let encoded = metadata::encode(&voicemail);
    let bytes: usize = encoded.iter().map(|(key, value)| key.len() + value.len()).sum();
    assert!(bytes <= metadata::MAX_BYTES, "{bytes} bytes of metadata: {encoded:?}");
    assert!(encoded.values().all(|value| value.bytes().all(|byte| byte.is_ascii_graphic())), "{encoded:?}");
    let decoded = metadata::decode(&voicemail.id, &encoded).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(decoded.recipient_arn, voicemail.recipient_arn);
    assert_eq!(decoded.modes, voicemail.modes);
    assert_eq!(metadata::encode(&decoded), encoded);
}
