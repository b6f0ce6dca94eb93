//! A recorder among an S3, an SQS and a Kinesis Video Streams of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use aws_smithy_types::base64;
use jiff::{SignedDuration, Timestamp};
use kvs_writer::{FRAGMENT_MS, FROM_CUSTOMER, Fragment, Layout, Track, split, write_fragment};
use serde_json::{Value, json};
use tokio::time::Instant;
use vmx_contract::arn::InstanceArn;
use vmx_contract::mode::Mode;
use vmx_contract::voicemail::Defaults;
use vmx_kvs_to_s3::{Clients, Config, Event, Recorder};
use vmx_lambda::batch::BatchResponse;
use vmx_lambda::testing::{Aws, Buckets, Call, Clock, Object, Reply};

use crate::strict_s3::Uploads;

pub(crate) const CONTACT: &str = "00000000-0000-4000-8000-00000000c0de";
pub(crate) const INSTANCE: &str =
    "arn:aws:connect:us-east-1:111122223333:instance/00000000-0000-4000-8000-0000000000aa";
pub(crate) const STREAM: &str =
    "arn:aws:kinesisvideo:us-east-1:111122223333:stream/vm-connect-alias-contact-1/1706169572895";
pub(crate) const CALLER: &str = "+15555550100";
/// Where the recording of [`CONTACT`] is.
pub(crate) const RECORDING: &str = "recordings/00000000-0000-4000-8000-00000000c0de.wav";
/// When the first fragment begins, in ms since 1970: 2024-01-26T03:07:41Z.
pub(crate) const START_MS: u64 = 1_706_238_461_000;
/// A minute after the call: fragments that are missing may still come.
const SOON: &str = "2024-01-26T03:09:12Z";
/// Half an hour after the call: what is not there does not come any more.
const LATER: &str = "2024-01-26T03:38:12Z";
/// Items in a page of ListFragments.
const PAGE: usize = 1000;

/// A fragment as it lies in the stream.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) number: String,
    pub(crate) start_ms: u64,
    pub(crate) document: Vec<u8>,
}

/// What AWS holds, and how it misbehaves.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) buckets: Buckets,
    /// What S3 remembers of uploads in parts.
    pub(crate) uploads: Uploads,
    /// The bodies of the messages on the retry queue, and the reasons that they carry.
    pub(crate) queue: Vec<(String, String)>,
    pub(crate) stream: Vec<Stored>,
    /// How many of the last fragments are not listed yet, by attempt; then all are.
    pub(crate) unlisted: Vec<usize>,
    /// The same of the first fragments.
    pub(crate) unlisted_at_first: Vec<usize>,
    /// Media comes in reverse order when more fragments than this are asked for at once.
    pub(crate) keeps_order_up_to: Option<usize>,
    /// Fragments that media leaves out.
    pub(crate) left_out: usize,
    /// Answers in place of the usual ones: for which action, how often, status, code.
    pub(crate) errors: Vec<(&'static str, usize, u16, &'static str)>,
    /// Media breaks off: how many calls before that do not, and after how many bytes.
    pub(crate) breaks_off: Option<(usize, usize)>,
    /// What its answers say about the time.
    date: String,
}

pub(crate) struct World {
    pub(crate) aws: Aws,
    pub(crate) state: Arc<Mutex<State>>,
    pub(crate) recorder: Recorder,
    /// What time it is when an invocation begins.
    pub(crate) now: &'static str,
    /// How far the process's clock is ahead of that.
    pub(crate) ahead: SignedDuration,
}

impl World {
    /// A world in which the caller of [`CONTACT`] has said `pcm`.
    pub(crate) fn with(pcm: &[u8]) -> Self {
        Self::taking(Duration::ZERO, pcm)
    }

    /// The same, in which every call takes so long.
    pub(crate) fn taking(latency: Duration, pcm: &[u8]) -> Self {
        let state = Arc::new(Mutex::new(State { stream: fragments(pcm, CONTACT, 0), ..State::default() }));
        let answering = Arc::clone(&state);
        let aws = Aws::taking(latency, move |call| answering.lock().unwrap().answer(call));
        let recorder = Recorder::new(Clients::new(&aws.config), config());
        Self { aws, state, recorder, now: SOON, ahead: SignedDuration::ZERO }
    }

    /// The same world half an hour after the call.
    pub(crate) fn later(self) -> Self {
        Self { now: LATER, ..self }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Hands records to the recorder as the Kinesis mapping does; sequence numbers count from 0.
    pub(crate) async fn stream(&self, records: &[String]) -> BatchResponse {
        let records = records.iter().enumerate().map(|(number, record)| {
            json!({
                "eventSource": "aws:kinesis",
                "kinesis": {"sequenceNumber": number.to_string(), "data": base64::encode(record)},
            })
        });
        self.invoke(records.collect(), Duration::from_secs(300)).await
    }

    /// Hands one record to the recorder as the retry queue's mapping does.
    pub(crate) async fn queue(&self, body: &str) -> BatchResponse {
        let record = json!({"eventSource": "aws:sqs", "messageId": "message-1", "body": body});
        self.invoke(record.as_array().cloned().unwrap_or_else(|| vec![record]), Duration::from_secs(300))
            .await
    }

    pub(crate) async fn invoke(&self, records: Vec<Value>, time: Duration) -> BatchResponse {
        let event: Event = serde_json::from_value(json!({ "Records": records })).unwrap();
        let now: Timestamp = self.now.parse().unwrap();
        self.state().date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let clock = Clock::at(now).ahead(self.ahead);
        clock.within(self.recorder.handle(event, Instant::now() + time)).await
    }

    /// The contact record of the caller's call.
    pub(crate) fn record(&self) -> String {
        let state = self.state();
        record(
            state.stream.first().map_or("1", |f| &f.number),
            state.stream.last().map_or("1", |f| &f.number),
        )
    }
}

fn config() -> Config {
    Config {
        recordings_bucket: "recordings".into(),
        state_bucket: "state".into(),
        instance: InstanceArn::parse(INSTANCE).unwrap(),
        retry_queue_url: "https://sqs.us-east-1.amazonaws.com/111122223333/retry".into(),
        defaults: Defaults {
            language: "en-US".into(),
            mode: Mode::Task,
            queue_arn: format!("{INSTANCE}/queue/default"),
        },
    }
}

/// A contact record of a voicemail between two fragments.
pub(crate) fn record(first: &str, last: &str) -> String {
    json!({
        "ContactId": CONTACT,
        "InstanceARN": INSTANCE,
        "Channel": "VOICE",
        "Attributes": {
            "vm_flag": "1",
            "vm_from": CALLER,
            "vm_queue_arn": format!("{INSTANCE}/queue/support"),
            "vm_lang": "en-GB",
        },
        "CustomerEndpoint": {"Address": CALLER, "Type": "TELEPHONE_NUMBER"},
        "DisconnectTimestamp": "2024-01-26T03:08:12Z",
        "Recordings": [{
            "StorageType": "KINESIS_VIDEO_STREAM",
            "Location": STREAM,
            "ParticipantType": "CUSTOMER",
            "FragmentStartNumber": first,
            "FragmentStopNumber": last,
            "StartTimestamp": "2024-01-26T03:07:41Z",
            "StopTimestamp": "2024-01-26T03:08:12Z",
        }],
    })
    .to_string()
}

/// The fragments of what was said; `from` is the first one's place in the stream.
pub(crate) fn fragments(pcm: &[u8], contact: &str, from: u64) -> Vec<Stored> {
    (0..).zip(split(pcm)).map(|(index, (_, pcm))| fragment(pcm, contact, from + index)).collect()
}

/// The fragment at a place in the stream. One of nothing has no Cluster, as the last one of a call can be.
pub(crate) fn fragment(pcm: &[u8], contact: &str, place: u64) -> Stored {
    let number = format!("9134385233318155{place:031}");
    let start_ms = START_MS + place * FRAGMENT_MS;
    let mut document = Vec::new();
    let fragment = Fragment {
        number: &number,
        producer_timestamp_ms: start_ms,
        server_timestamp_ms: start_ms + 170,
        contact_id: contact,
        instance_id: "00000000-0000-4000-8000-0000000000aa",
        tracks: &[Track { number: 1, name: FROM_CUSTOMER, pcm }],
    };
    write_fragment(&fragment, &Layout::default(), &mut document);
    Stored { number, start_ms, document }
}

/// Something to say: no two seconds of it are alike.
pub(crate) fn speech(bytes: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    (0..bytes)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        })
        .collect()
}

impl State {
    /// The objects of a bucket by their keys.
    pub(crate) fn bucket(&self, name: &str) -> BTreeMap<&str, &Object> {
        let objects = self.buckets.objects.iter();
        objects
            .filter_map(|(key, object)| Some((key.strip_prefix(name)?.strip_prefix('/')?, object)))
            .collect()
    }

    /// What the witness of a voicemail's end says, if there is one.
    pub(crate) fn outcome(&self, id: &str) -> Option<String> {
        let ended: Value =
            serde_json::from_slice(&self.bucket("state").get(format!("ended/{id}").as_str())?.body).unwrap();
        assert!(!self.bucket("state").contains_key(format!("undelivered/{id}").as_str()), "it has ended");
        Some(ended["outcome"].as_str().unwrap().to_owned())
    }

    fn answer(&mut self, call: &Call) -> Reply {
        if let Some((_, times, status, code)) =
            self.errors.iter_mut().find(|(action, times, ..)| *action == call.action && *times > 0)
        {
            *times -= 1;
            return Reply::error(call, *status, code);
        }
        match call.action.as_str() {
            "kinesisvideo:GetDataEndpoint" => {
                let name = call.json()["APIName"].as_str().unwrap().replace('_', "-").to_lowercase();
                Reply::json(&json!({"DataEndpoint": format!("https://{name}.example.com")}))
            }
            "kinesisvideo:ListFragments" => self.list(call).header("date", &self.date),
            "kinesisvideo:GetMediaForFragmentList" => self.media(call),
            "sqs:SendMessage" => {
                let message = call.json();
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                let reason = text(&message["MessageAttributes"]["reason"]["StringValue"]);
                self.queue.push((text(&message["MessageBody"]), reason));
                Reply::json(&json!({"MessageId": "m", "MD5OfMessageBody": "0"}))
            }
            _ => self.uploads.answer(&mut self.buckets, call),
        }
    }

    /// Pages in no order: the stream's second half comes first.
    fn list(&mut self, call: &Call) -> Reply {
        assert_eq!(call.host, "list-fragments.example.com");
        let page: usize = call.json()["NextToken"].as_str().map_or(0, |token| token.parse().unwrap());
        if page == 0 {
            assert_eq!(call.json()["FragmentSelector"]["FragmentSelectorType"], "SERVER_TIMESTAMP");
        }
        let hidden = if self.unlisted.is_empty() { 0 } else { self.unlisted.remove(0) };
        let listed = &self.stream[..self.stream.len() - hidden.min(self.stream.len())];
        let hidden = if self.unlisted_at_first.is_empty() { 0 } else { self.unlisted_at_first.remove(0) };
        let listed = &listed[hidden.min(listed.len())..];
        let (early, late) = listed.split_at(listed.len() / 2);
        let all: Vec<Value> = late
            .iter()
            .chain(early)
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
        let rest = all.len().saturating_sub((page + 1) * PAGE);
        let next = (rest > 0).then(|| (page + 1).to_string());
        let page: Vec<&Value> = all.iter().skip(page * PAGE).take(PAGE).collect();
        Reply::json(&json!({"Fragments": page, "NextToken": next}))
    }

    fn media(&mut self, call: &Call) -> Reply {
        assert_eq!(call.host, "get-media-for-fragment-list.example.com");
        let body = call.json();
        let mut asked: Vec<&str> =
            body["Fragments"].as_array().unwrap().iter().map(|number| number.as_str().unwrap()).collect();
        assert!(asked.len() <= 1000 && asked.is_sorted());
        asked.truncate(asked.len() - self.left_out);
        if self.keeps_order_up_to.is_some_and(|most| asked.len() > most) {
            asked.reverse();
        }
        let document = |number: &&str| {
            let stored = self.stream.iter().find(|fragment| fragment.number == **number);
            stored.map(|fragment| fragment.document.as_slice()).unwrap_or_default()
        };
        let mut media: Vec<u8> = asked.iter().flat_map(document).copied().collect();
        let breaks_off = match &mut self.breaks_off {
            Some((0, bytes)) => {
                media.truncate(*bytes);
                true
            }
            Some((calls, _)) => {
                *calls -= 1;
                false
            }
            None => false,
        };
        Reply::pieces(media, 60_000, breaks_off)
    }
}
