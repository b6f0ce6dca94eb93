//! ListFragments and GetMediaForFragmentList.

use std::collections::HashMap;

use bytes::Bytes;
use kvs_writer::{ServiceError, write_error};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Settings;
use super::api::{base64_of, invalid_argument, seconds, text_of};
use super::store::{StoredFragment, Stream, scatter};
use crate::service::AwsError;

/// The maximum number of fragments per call, for both operations.
const MOST_FRAGMENTS: usize = 1000;
/// The default number of fragments per page.
const FRAGMENTS_PER_PAGE: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListFragments {
    max_results: Option<usize>,
    next_token: Option<String>,
    fragment_selector: Option<Selector>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Selector {
    fragment_selector_type: String,
    timestamp_range: Range,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Range {
    /// Seconds since 1970.
    start_timestamp: f64,
    end_timestamp: f64,
}

/// The fragments of a listing and the number already returned: the content of a token.
struct Listing {
    by_producer: bool,
    start_ms: i64,
    end_ms: i64,
    /// The newest fragment of this listing, so that its pages are consistent.
    newest: usize,
    told: usize,
}

impl ListFragments {
    pub(super) fn list(
        &self,
        stream: &mut Stream,
        settings: &Settings,
        now_ms: i64,
    ) -> Result<Value, AwsError> {
        let most = match self.max_results {
            None => FRAGMENTS_PER_PAGE,
            Some(most @ 1..=MOST_FRAGMENTS) => most,
            Some(_) => return Err(invalid_argument("MaxResults must be between 1 and 1000")),
        };
        let mut listing = match (&self.next_token, &self.fragment_selector) {
            (Some(token), _) => {
                Listing::from_token(token).ok_or_else(|| invalid_argument("NextToken is not valid"))?
            }
            (None, Some(selector)) => {
                let late = if stream.listings < settings.late_listings { settings.late_fragments } else { 0 };
                stream.listings += 1;
                Listing::new(selector, stream.fragments.len().saturating_sub(late))?
            }
            (None, None) => return Err(invalid_argument("FragmentSelector is needed without NextToken")),
        };
        let mut selected: Vec<&StoredFragment> = stream
            .fragments
            .iter()
            .take(listing.newest)
            .filter(|fragment| stream.retains(fragment, now_ms) && listing.selects(fragment))
            .collect();
        // The service promises no order. This one is reproducible but arbitrary.
        selected.sort_by_key(|fragment| scatter(fragment.server_ms as u64 ^ 0x5EED));
        let page: Vec<Value> = selected
            .iter()
            .skip(listing.told)
            .take(most)
            .map(|fragment| {
                json!({
                    "FragmentNumber": fragment.number,
                    "FragmentSizeInBytes": fragment.document.len(),
                    "ProducerTimestamp": seconds(fragment.producer_ms),
                    "ServerTimestamp": seconds(fragment.server_ms),
                    "FragmentLengthInMilliseconds": fragment.length_ms,
                })
            })
            .collect();
        listing.told += page.len();
        let next = (listing.told < selected.len()).then(|| listing.token());
        Ok(json!({"Fragments": page, "NextToken": next}))
    }
}

impl Listing {
    fn new(selector: &Selector, newest: usize) -> Result<Self, AwsError> {
        let by_producer = match selector.fragment_selector_type.as_str() {
            "PRODUCER_TIMESTAMP" => true,
            "SERVER_TIMESTAMP" => false,
            other => {
                return Err(invalid_argument(format!("unknown fragment selector type {other}")));
            }
        };
        let milliseconds = |seconds: f64| (seconds * 1000.0).round() as i64;
        let start_ms = milliseconds(selector.timestamp_range.start_timestamp);
        let end_ms = milliseconds(selector.timestamp_range.end_timestamp);
        if start_ms > end_ms {
            return Err(invalid_argument("StartTimestamp must not be after EndTimestamp"));
        }
        Ok(Self { by_producer, start_ms, end_ms, newest, told: 0 })
    }

    fn selects(&self, fragment: &StoredFragment) -> bool {
        let time = if self.by_producer { fragment.producer_ms } else { fragment.server_ms };
        (self.start_ms..=self.end_ms).contains(&time)
    }

    fn token(&self) -> String {
        let Self { by_producer, start_ms, end_ms, newest, told } = self;
        base64_of(&format!("{by_producer} {start_ms} {end_ms} {newest} {told}"))
    }

    fn from_token(token: &str) -> Option<Self> {
        let text = text_of(token)?;
        let mut words = text.split(' ');
        let listing = Self {
            by_producer: words.next()?.parse().ok()?,
            start_ms: words.next()?.parse().ok()?,
            end_ms: words.next()?.parse().ok()?,
            newest: words.next()?.parse().ok()?,
            told: words.next()?.parse().ok()?,
        };
        words.next().is_none().then_some(listing)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Media {
    fragments: Vec<String>,
}

impl Media {
    /// The fragments' documents in the requested order. An unreadable fragment ends them with an error document, as in
    /// the service after its status has been sent.
    pub(super) fn documents(&self, stream: &Stream, now_ms: i64) -> Result<Vec<Bytes>, AwsError> {
        if self.fragments.is_empty() || self.fragments.len() > MOST_FRAGMENTS {
            return Err(invalid_argument("between 1 and 1000 fragments must be asked for"));
        }
        let well_formed = |number: &String| {
            (1..=128).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
        };
        if let Some(number) = self.fragments.iter().find(|number| !well_formed(number)) {
            return Err(invalid_argument(format!("{number:?} is no fragment number")));
        }
        let retained: HashMap<&str, &Bytes> = stream
            .fragments
            .iter()
            .filter(|fragment| stream.retains(fragment, now_ms) && !stream.lost.contains(&fragment.number))
            .map(|fragment| (fragment.number.as_str(), &fragment.document))
            .collect();
        let mut documents = Vec::with_capacity(self.fragments.len());
        for number in &self.fragments {
            let Some(document) = retained.get(number.as_str()) else {
                let mut error = Vec::new();
                let exception = ServiceError::Exception {
                    code: "3000",
                    message: "FRAGMENT_NOT_FOUND",
                    fragment_number: number,
                };
                write_error(&exception, &mut error);
                documents.push(error.into());
                break;
            };
            documents.push((*document).clone());
        }
        Ok(documents)
    }
}
