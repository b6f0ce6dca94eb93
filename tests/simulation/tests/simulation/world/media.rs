//! Amazon Kinesis Video Streams.

use std::collections::BTreeMap;

use kvs_writer::FRAGMENT_MS;
use serde_json::{Value, json};
use tokio::time::Instant;
use vmx_lambda::testing::{Call, Reply};

use super::State;
use crate::voicemail::Stored;

/// The streams by their ARNs.
#[derive(Debug, Default)]
pub(crate) struct Streams(pub(crate) BTreeMap<String, Media>);

/// A stream.
#[derive(Debug)]
pub(crate) struct Media {
    pub(crate) fragments: Vec<Stored>,
    /// From when on the last fragment is listed.
    pub(crate) listed_at: Instant,
    /// The key that it is encrypted with may not be used.
    pub(crate) key_denied: bool,
    /// Its retention is over.
    pub(crate) is_past: bool,
}

impl State {
    pub(super) fn media(&mut self, call: &Call) -> Reply {
        let asked = call.json();
        if call.action == "kinesisvideo:GetDataEndpoint" {
            let name = asked["APIName"].as_str().unwrap().replace('_', "-").to_lowercase();
            return Reply::json(&json!({"DataEndpoint": format!("https://{name}.example.com")}));
        }
        let Some(media) = asked["StreamARN"].as_str().and_then(|arn| self.streams.0.get(arn)) else {
            return Reply::error(call, 404, "ResourceNotFoundException");
        };
        let fragments: &[Stored] = if media.is_past { &[] } else { &media.fragments };
        if call.action == "kinesisvideo:ListFragments" {
            let hidden = usize::from(Instant::now() < media.listed_at);
            let listed = &fragments[..fragments.len().saturating_sub(hidden)];
            let all: Vec<Value> = listed
                .iter()
                .rev()
                .map(|fragment| {
                    json!({
                        "FragmentNumber": fragment.number,
                        "FragmentSizeInBytes": fragment.document.len(),
                        "ProducerTimestamp": fragment.start_ms as f64 / 1000.0,
                        "ServerTimestamp": fragment.start_ms as f64 / 1000.0 + 0.17,
                        "FragmentLengthInMilliseconds": FRAGMENT_MS,
                    })
                })
                .collect();
            return Reply::json(&json!({"Fragments": all}));
        }
        if media.key_denied {
            return Reply::error(call, 403, "AccessDeniedException");
        }
        let is_asked = |fragment: &&Stored| {
            asked["Fragments"]
                .as_array()
                .is_some_and(|numbers| numbers.iter().any(|number| *number == fragment.number))
        };
        Reply::bytes(
            fragments
                .iter()
                .filter(is_asked)
                .flat_map(|fragment| fragment.document.clone())
                .collect::<Vec<u8>>(),
        )
    }
}
