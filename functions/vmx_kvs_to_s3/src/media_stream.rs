//! One message's audio in Kinesis Video Streams.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_kinesisvideo::types::ApiName;
use aws_sdk_kinesisvideoarchivedmedia::config::Config;
use aws_sdk_kinesisvideoarchivedmedia::types::{FragmentSelector, FragmentSelectorType, TimestampRange};
use aws_smithy_types::byte_stream::ByteStream;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep, sleep_until};
use vmx_contract::contact_record::{AgentTime, Media};
use vmx_lambda::clock;
use vmx_lambda::date::Date;
use vmx_lambda::failure::Failure;

use crate::about::About;
use crate::config::Clients;
use crate::listing::{Extent, Listed, Listing};

/// How long to wait for missing fragments. Listing is eventually consistent, "typically available in less than one
/// second" by the API reference; a contact record usually arrives later than that.
const PATIENCE: Duration = Duration::from_secs(30);
/// The first wait between two listings. Each following one is twice as long, up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(4);
/// How long after the end of a stream a missing fragment may still arrive: many times the worst listing delay. The
/// retry queue also redelivers a record after that time, so that whatever has arrived is recorded.
const HEALS_FOR: SignedDuration = SignedDuration::from_mins(10);
/// How far the window extends beyond the contact record's times, which are Connect's, rounded down to the second, while
/// the list uses the time at which the stream received a fragment.
const WINDOW_PADDING: SignedDuration = SignedDuration::from_secs(30);
/// Fragments that can be read per second, from one stream. Source: Kinesis Video Streams quotas,
/// GetMediaForFragmentList.
const FRAGMENTS_PER_SECOND: u32 = 500;
/// How many streams' addresses to remember. They rarely change.
const REMEMBERED_ENDPOINTS: usize = 500;

/// The endpoints of streams, requested once per stream and action.
#[derive(Debug, Default)]
pub(crate) struct Endpoints {
    known: Mutex<HashMap<(String, &'static str), String>>,
}

impl Endpoints {
    async fn get(
        &self,
        client: &aws_sdk_kinesisvideo::Client,
        stream_arn: &str,
        action: ApiName,
    ) -> Result<String, Failure> {
        let name = if action == ApiName::ListFragments { "list" } else { "media" };
        let key = (stream_arn.to_owned(), name);
        if let Some(known) = self.lock().get(&key) {
            return Ok(known.clone());
        }
        let request = client.get_data_endpoint().stream_arn(stream_arn).api_name(action);
        let answer =
            request.send().await.map_err(|error| Failure::of("kinesisvideo:GetDataEndpoint", &error))?;
        let endpoint = answer.data_endpoint.unwrap_or_default();
        let mut known = self.lock();
        if known.len() >= REMEMBERED_ENDPOINTS {
            known.clear();
        }
        known.insert(key, endpoint.clone());
        Ok(endpoint)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(String, &'static str), String>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The endpoints of one stream.
#[derive(Debug, Clone)]
pub(crate) struct Addresses {
    list: String,
    media: String,
}

impl Endpoints {
    /// Requests both endpoints of a stream concurrently.
    pub(crate) async fn of(
        &self,
        client: &aws_sdk_kinesisvideo::Client,
        stream_arn: &str,
    ) -> Result<Addresses, Failure> {
        let (list, media) = tokio::try_join!(
            self.get(client, stream_arn, ApiName::ListFragments),
            self.get(client, stream_arn, ApiName::GetMediaForFragmentList),
        )?;
        Ok(Addresses { list, media })
    }
}

/// One message's audio.
#[derive(Debug)]
pub(crate) struct MediaStream<'a> {
    pub(crate) clients: &'a Clients,
    pub(crate) about: About<'a>,
    pub(crate) addresses: Addresses,
    pub(crate) media: &'a Media,
    /// From the message's first fragment to its last.
    pub(crate) extent: &'a Extent,
    /// When an agent was talking to the caller.
    pub(crate) agent: Option<AgentTime>,
}

impl MediaStream<'_> {
    /// The message's fragments, and whether missing ones may still come. Waits for [missing](Listing::missing) ones as
    /// long as they may come, but not forever.
    pub(crate) async fn list(&self) -> Result<(Listing, bool), Failure> {
        let give_up = Instant::now() + PATIENCE;
        let mut waits = waits(&self.media.stream_arn);
        loop {
            let (listed, now) = self.list_once().await?;
            let listing = Listing::new(listed, self.extent, self.agent);
            let can_heal = now.duration_since(self.media.stopped_at) < HEALS_FOR;
            let wait = waits.next().unwrap_or(LONGEST_WAIT);
            if listing.missing().is_none() || !can_heal || Instant::now() + wait > give_up {
                return Ok((listing, can_heal));
            }
            sleep(wait).await;
        }
    }

    /// The stream's fragments, and the service's time.
    async fn list_once(&self) -> Result<(Vec<Listed>, Timestamp), Failure> {
        let mut listed = Vec::new();
        let date = Date::default();
        let mut token = None;
        loop {
            let request = self.clients.archived_media.list_fragments();
            // A token includes the window; the service refuses both together.
            let request = match token {
                None => request.set_fragment_selector(self.window()),
                token => request.set_next_token(token),
            };
            let page = request
                .stream_arn(&self.media.stream_arn)
                .max_results(1000)
                .customize()
                .config_override(Config::builder().endpoint_url(&self.addresses.list))
                .interceptor(date.clone())
                .send()
                .await
                .map_err(|error| Failure::of("kinesisvideo:ListFragments", &error))?;
            listed.extend(page.fragments.unwrap_or_default().into_iter().filter_map(|fragment| {
                Some(Listed {
                    number: fragment.fragment_number?.parse().ok()?,
                    start_ms: fragment
                        .producer_timestamp
                        .or(fragment.server_timestamp)
                        .and_then(|start| start.to_millis().ok()),
                    length_ms: fragment.fragment_length_in_milliseconds,
                })
            }));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok((listed, date.get().unwrap_or_else(clock::now)));
            }
        }
    }

    /// The window by the time at which the stream received the fragments: it assigns their numbers in that order. It
    /// does not extend into the future, where nothing can be listed.
    fn window(&self) -> Option<FragmentSelector> {
        let now = clock::now();
        let start = self.media.started_at.saturating_sub(WINDOW_PADDING).ok()?;
        let stopped = self.media.stopped_at.saturating_add(SignedDuration::from_secs(1)).ok()?;
        let end = stopped.saturating_add(WINDOW_PADDING).ok()?.min(now.max(stopped));
        let seconds = |time: Timestamp| aws_smithy_types::DateTime::from_secs(time.as_second());
        let range =
            TimestampRange::builder().start_timestamp(seconds(start)).end_timestamp(seconds(end)).build();
        FragmentSelector::builder()
            .fragment_selector_type(FragmentSelectorType::ServerTimestamp)
            .timestamp_range(range.ok()?)
            .build()
            .ok()
    }

    /// The media of the fragments with these numbers. Its bytes are fetched on demand.
    pub(crate) async fn open(&self, numbers: Vec<String>) -> Result<ByteStream, Failure> {
        let request = self.clients.archived_media.get_media_for_fragment_list();
        let answer = request
            .stream_arn(&self.media.stream_arn)
            .set_fragments(Some(numbers))
            .customize()
            .config_override(Config::builder().endpoint_url(&self.addresses.media))
            .send()
            .await
            .map_err(|error| Failure::of("kinesisvideo:GetMediaForFragmentList", &error))?;
        Ok(answer.payload)
    }
}

/// How long to wait between two listings. The waits vary by stream, so that voicemails that arrive together do not call
/// together.
fn waits(stream_arn: &str) -> impl Iterator<Item = Duration> {
    let mut hasher = DefaultHasher::new();
    stream_arn.hash(&mut hasher);
    let share = (hasher.finish() % 500) as u32;
    (0..).map(move |attempt| {
        let wait = FIRST_WAIT.saturating_mul(1 << attempt.min(10)).min(LONGEST_WAIT);
        wait / 2 + wait * share / 1000
    })
}

/// Spaces calls to stay within the stream's quota.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    next: Option<Instant>,
}

impl Pace {
    /// Waits until a call for this many fragments is allowed.
    pub(crate) async fn wait(&mut self, fragments: usize) {
        if let Some(next) = self.next {
            sleep_until(next).await;
        }
        let fragments = u32::try_from(fragments).unwrap_or(u32::MAX);
        self.next = Some(Instant::now() + Duration::from_secs(1) * fragments / FRAGMENTS_PER_SECOND);
    }
}

/// Numbers per call: a second's quota.
pub(crate) const CALL: usize = FRAGMENTS_PER_SECOND as usize;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_within_bounds() {
        let waits: Vec<Duration> =
            waits("arn:aws:kinesisvideo:us-east-1:111122223333:stream/s/1").take(8).collect();
        assert!(waits.is_sorted());
        assert!(waits[0] >= FIRST_WAIT / 2 && waits[7] <= LONGEST_WAIT);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_fragments_are_asked_for_than_the_quota_allows() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        for _ in 0..8 {
            pace.wait(CALL).await;
        }
        assert_eq!(start.elapsed(), Duration::from_secs(7));
        let (mut pace, start) = (Pace::default(), Instant::now());
        for _ in 0..50 {
            pace.wait(10).await;
        }
        assert_eq!(start.elapsed(), Duration::from_millis(980));
    }
}
