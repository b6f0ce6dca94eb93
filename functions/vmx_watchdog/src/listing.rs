//! Lists the voicemails that have not ended.

use aws_sdk_s3::Client;
use jiff::Timestamp;
use tracing::warn;
use vmx_contract::objects::UNDELIVERED_PREFIX;
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::failure::Failure;

use crate::look::time;

/// The maximum number of pages per round, each of a thousand keys.
const PAGES: usize = 20;

/// A voicemail that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) id: VoicemailId,
    /// When the object was last written.
    pub(crate) written_at: Timestamp,
    /// The object's ETag, which changes with its content.
    pub(crate) tag: String,
}

#[derive(Debug, Default)]
pub(crate) struct Part {
    /// The voicemails, in key order.
    pub(crate) listed: Vec<Listed>,
    /// The key after which the next round continues; `None` at the end.
    pub(crate) next: Option<String>,
}

/// Lists the voicemails that have not ended, after a key if given.
pub(crate) async fn list(client: &Client, bucket: &str, after: Option<&str>) -> Result<Part, Failure> {
    let mut part = Part::default();
    let mut after = after.map(str::to_owned);
    for _ in 0..PAGES {
        let request = client.list_objects_v2().bucket(bucket).prefix(UNDELIVERED_PREFIX);
        let page = request.set_start_after(after.take()).send().await;
        let page = page.map_err(|error| Failure::of("s3:ListBucket", &error))?;
        let last = page.contents().last().and_then(|object| object.key()).map(str::to_owned);
        for object in page.contents() {
            let key = object.key().unwrap_or_default();
            let name = key.strip_prefix(UNDELIVERED_PREFIX).unwrap_or(key);
            match VoicemailId::parse(name) {
                Ok(id) => part.listed.push(Listed {
                    id,
                    written_at: time(object.last_modified()),
                    tag: object.e_tag().unwrap_or_default().to_owned(),
                }),
                Err(error) => warn!(%error, "ignored: not a voicemail's name"),
            }
        }
        if page.is_truncated != Some(true) || last.is_none() {
            return Ok(part);
        }
        after = last;
    }
    part.next = after;
    Ok(part)
}
