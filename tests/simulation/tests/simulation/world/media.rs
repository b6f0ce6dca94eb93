//! Amazon Kinesis Video Streams.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::time::Instant;
use vmx_lambda::testing::{Call, Reply};

use super::State;
use crate::call::media::Stored;

/// The delay until a fragment reaches the service.
const SERVER_LATER_MS: u64 = 170;

/// The streams, by ARN.
#[derive(Debug, Default)]
pub(crate) struct Streams(pub(crate) BTreeMap<String, Media>);

#[derive(Debug)]
pub(crate) struct Media {
    /// Its fragments, each with the time from which it is listed.
    pub(crate) fragments: Vec<(Stored, Instant)>,
    /// Access to its encryption key is denied.
    pub(crate) key_denied: bool,
    /// Its retention period has passed.
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
        let fragments: &[(Stored, Instant)] = if media.is_past { &[] } else { &media.fragments };
        if call.action == "kinesisvideo:ListFragments" {
            let now = Instant::now();
            let all: Vec<Value> = fragments
                .iter()
                .rev()
                .filter(|(fragment, listed_at)| *listed_at <= now && is_within(fragment, &asked))
                .map(|(fragment, _)| {
                    json!({
                        "FragmentNumber": fragment.number,
                        "FragmentSizeInBytes": fragment.document.len(),
                        "ProducerTimestamp": fragment.start_ms as f64 / 1000.0,
                        "ServerTimestamp": (fragment.start_ms + SERVER_LATER_MS) as f64 / 1000.0,
                        "FragmentLengthInMilliseconds": fragment.length_ms,
                    })
                })
                .collect();
            return Reply::json(&json!({"Fragments": all}));
        }
        if media.key_denied {
            return Reply::error(call, 403, "AccessDeniedException");
        }
        let is_asked = |stored: &&(Stored, Instant)| {
            asked["Fragments"]
                .as_array()
                .is_some_and(|numbers| numbers.iter().any(|number| *number == stored.0.number))
        };
        let found = fragments.iter().filter(is_asked);
        Reply::bytes(found.flat_map(|(fragment, _)| fragment.document.clone()).collect::<Vec<u8>>())
    }
}

/// Whether a fragment is in the requested time range, if any.
fn is_within(fragment: &Stored, asked: &Value) -> bool {
    let selector = &asked["FragmentSelector"];
    let later = if selector["FragmentSelectorType"] == "SERVER_TIMESTAMP" { SERVER_LATER_MS } else { 0 };
    let at = (fragment.start_ms + later) as f64 / 1000.0;
    let range = &selector["TimestampRange"];
    let bound = |name: &str| range[name].as_f64();
    bound("StartTimestamp").is_none_or(|start| start <= at)
        && bound("EndTimestamp").is_none_or(|end| at <= end)
}
