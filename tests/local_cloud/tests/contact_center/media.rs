//! Streamed media, as a reader of Kinesis Video Streams gets them.

use std::collections::BTreeSet;

use kvs_media::{Extractor, Selection};
use local_cloud::call::{CallOutcome, Circumstance, Step};
use local_cloud::kinesis_video::Settings;
use serde_json::{Value, json};

use crate::support::{Center, NOON, at, beep, hang_up, media_config, stream_media, voice};

/// A flow that streams from the first moment until the caller hangs up or half a minute has passed.
async fn recording_flow(center: &Center, directions: &[&str]) -> String {
    let listen = json!({"InputTimeLimitSeconds": "30", "StoreInput": "False"});
    let errors = ["InputTimeLimitExceeded", "NoMatchingCondition", "NoMatchingError"];
    center
        .publish(
            "recording",
            json!([
                stream_media("start", "Enabled", directions, "beep"),
                beep("beep", "listen"),
                crate::support::action("listen", "GetParticipantInput", listen, "stop", &errors),
                stream_media("failed", "Disabled", directions, "stop"),
                hang_up("stop"),
            ]),
        )
        .await
}

async fn spoken(center: &Center, flow: &str, bytes: usize) -> CallOutcome {
    let steps = vec![Step::HearBeep, Step::Speak(voice(bytes)), Step::HangUp];
    center.dial(flow, steps).await
}

fn recording(center: &Center, index: usize) -> Value {
    center.records()[index]["Recordings"][0].clone()
}

/// All fragments of a window around a recording, page by page.
async fn list(center: &Center, stream: &str, page_size: usize) -> Vec<Vec<Value>> {
    let selector = json!({"FragmentSelectorType": "SERVER_TIMESTAMP",
                          "TimestampRange": {"StartTimestamp": 0, "EndTimestamp": 4_000_000_000_u64}});
    let mut pages = Vec::new();
    let mut body = json!({"StreamARN": stream, "MaxResults": page_size, "FragmentSelector": selector});
    loop {
        let page = center.ask_media("listFragments", body).await.unwrap();
        pages.push(page["Fragments"].as_array().unwrap().clone());
        match &page["NextToken"] {
            Value::Null => return pages,
            token => body = json!({"StreamARN": stream, "MaxResults": page_size, "NextToken": token}),
        }
    }
}

fn numbers(fragments: &[Value]) -> Vec<String> {
    let numbers = fragments.iter().map(|fragment| fragment["FragmentNumber"].as_str().unwrap());
    numbers.map(str::to_owned).collect()
}

/// The caller's voice of a contact, read as the pipeline reads it.
pub(crate) async fn voice_of(center: &Center, contact: &str, recording: &Value) -> Vec<u8> {
    let stream = recording["Location"].as_str().unwrap();
    let first = recording["FragmentStartNumber"].as_str().unwrap();
    let last = recording["FragmentStopNumber"].as_str().unwrap();
    let mut wanted: Vec<String> = list(center, stream, 1000)
        .await
        .iter()
        .flat_map(|page| numbers(page))
        .filter(|number| (first..=last).contains(&number.as_str()))
        .collect();
    wanted.sort();
    let selection = Selection::contact(contact).within(first.parse().unwrap(), last.parse().unwrap());
    let mut extractor = Extractor::new(selection);
    let mut pcm = Vec::new();
    for part in wanted.chunks(3) {
        let media = center.fragments(stream, part).await.unwrap();
        extractor.push(&media, &mut pcm).unwrap();
        extractor.end_of_response(&mut pcm).unwrap();
    }
    extractor.finish(&mut pcm).unwrap();
    pcm
}

#[tokio::test]
async fn what_was_said_is_stored_byte_for_byte() {
    let center = Center::configured().await;
    let flow = recording_flow(&center, &["From"]).await;
    // Shorter than a block, than a fragment, exactly one, and several with a rest; every second run ends without tags.
    for (index, bytes) in [2, 640, 16_384, 16_386, 100_002, 100_004].into_iter().enumerate() {
        let call = spoken(&center, &flow, bytes).await;
        // Half a second of beep, then the voice.
        assert_eq!(call.caller_pcm[..8000], [0; 8000]);
        assert_eq!(call.caller_pcm[8000..], voice(bytes));
        let stored = voice_of(&center, &call.contact_id, &recording(&center, index)).await;
        assert!(stored == call.caller_pcm, "{bytes} bytes: {} stored", stored.len());
    }
}

#[tokio::test]
async fn the_callers_track_is_the_same_beside_the_other_direction() {
    let center = Center::configured().await;
    let flow = recording_flow(&center, &["To", "From"]).await;
    let call = spoken(&center, &flow, 50_000).await;
    let recording = recording(&center, 0);
    assert!(voice_of(&center, &call.contact_id, &recording).await == call.caller_pcm);
    let stream = recording["Location"].as_str().unwrap();
    let number = recording["FragmentStartNumber"].as_str().unwrap().to_owned();
    let document = center.fragments(stream, &[number]).await.unwrap();
    let has = |name: &str| document.windows(name.len()).any(|window| window == name.as_bytes());
    assert!(has("AUDIO_TO_CUSTOMER") && has("AUDIO_FROM_CUSTOMER"));
    assert!(document.len() > 32_768);
}

#[tokio::test]
async fn listing_has_no_order_and_every_fragment_once() {
    let center = Center::configured().await;
    let flow = recording_flow(&center, &["From"]).await;
    spoken(&center, &flow, 300_000).await;
    let recording = recording(&center, 0);
    let stream = recording["Location"].as_str().unwrap();
    let pages = list(&center, stream, 7).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [7, 7, 5]);
    let listed: Vec<String> = pages.iter().flat_map(|page| numbers(page)).collect();
    let sorted: BTreeSet<String> = listed.iter().cloned().collect();
    assert_eq!(sorted.len(), 19);
    assert!(!listed.is_sorted());
    assert_eq!(sorted.first().map(String::as_str), recording["FragmentStartNumber"].as_str());
    assert_eq!(sorted.last().map(String::as_str), recording["FragmentStopNumber"].as_str());
    assert!(listed.iter().all(|number| number.len() == 47));
}

#[tokio::test]
async fn a_window_takes_in_both_of_its_ends() {
    let center = Center::configured().await;
    let flow = recording_flow(&center, &["From"]).await;
    spoken(&center, &flow, 100_000).await;
    let recording = recording(&center, 0);
    let stream = recording["Location"].as_str().unwrap();
    let mut all: Vec<Value> = list(&center, stream, 1000).await.concat();
    all.sort_by_key(|fragment| fragment["FragmentNumber"].to_string());
    let window = |from: &Value, to: &Value| {
        json!({"StreamARN": stream, "FragmentSelector": {"FragmentSelectorType": "PRODUCER_TIMESTAMP",
               "TimestampRange": {"StartTimestamp": from, "EndTimestamp": to}}})
    };
    let body = window(&all[1]["ProducerTimestamp"], &all[3]["ProducerTimestamp"]);
    let found = center.ask_media("listFragments", body).await.unwrap();
    let found: BTreeSet<String> = numbers(found["Fragments"].as_array().unwrap()).into_iter().collect();
    assert_eq!(found, numbers(&all[1..=3]).into_iter().collect());
    let error = center.ask_media("listFragments", window(&json!(2), &json!(1))).await.unwrap_err();
    assert_eq!(error.code, "InvalidArgumentException");
}

#[tokio::test]
async fn the_newest_fragments_may_be_listed_late() {
    let settings = Settings { late_fragments: 2, late_listings: 1 };
    let center = Center::with(settings, at(NOON));
    center.configure().await;
    let flow = recording_flow(&center, &["From"]).await;
    spoken(&center, &flow, 100_000).await;
    let stream = recording(&center, 0)["Location"].as_str().unwrap().to_owned();
    let first: usize = list(&center, &stream, 3).await.iter().map(Vec::len).sum();
    let second: usize = list(&center, &stream, 3).await.iter().map(Vec::len).sum();
    assert_eq!((first, second), (5, 7));
}

#[tokio::test]
async fn a_fragment_that_cannot_be_read_is_an_error_inside_the_response() {
    let center = Center::configured().await;
    let flow = recording_flow(&center, &["From"]).await;
    let call = spoken(&center, &flow, 60_000).await;
    let recording = recording(&center, 0);
    let stream = recording["Location"].as_str().unwrap();
    let mut known: Vec<String> =
        list(&center, stream, 1000).await.iter().flat_map(|page| numbers(page)).collect();
    known.sort();
    let never_was = [known[0].clone(), "1".to_owned()];
    assert!(center.media.lose_fragment(&known[1]));
    assert!(!center.media.lose_fragment("1"));
    for wanted in [&known[..], &never_was[..]] {
        let media = center.fragments(stream, wanted).await.unwrap();
        let mut extractor = Extractor::new(Selection::contact(&call.contact_id));
        let mut pcm = Vec::new();
        let outcome = extractor.push(&media, &mut pcm).and_then(|()| extractor.end_of_response(&mut pcm));
        assert!(outcome.unwrap_err().to_string().contains("FRAGMENT_NOT_FOUND"));
    }
}

#[tokio::test]
async fn a_run_may_end_with_a_fragment_without_media() {
    let center = Center::configured().await;
    let flow = recording_flow(&center, &["To", "From"]).await;
    let steps =
        [Step::Given(Circumstance::BareEnd), Step::HearBeep, Step::Speak(voice(40_000)), Step::HangUp];
    let call = center.dial(&flow, steps.into()).await;
    let recording = recording(&center, 0);
    let stream = recording["Location"].as_str().unwrap();
    let listed = list(&center, stream, 1000).await.concat();
    assert_eq!(listed.len(), call.caller_pcm.len().div_ceil(16_384) + 1);
    let last = listed.iter().find(|fragment| fragment["FragmentNumber"] == recording["FragmentStopNumber"]);
    assert_eq!(last.unwrap()["FragmentLengthInMilliseconds"], 0);
    assert!(voice_of(&center, &call.contact_id, &recording).await == call.caller_pcm);
}

#[tokio::test]
async fn a_fragment_can_be_lost_without_a_trace() {
    let center = Center::configured().await;
    let flow = recording_flow(&center, &["From"]).await;
    spoken(&center, &flow, 60_000).await;
    let recording = recording(&center, 0);
    let stream = recording["Location"].as_str().unwrap();
    let first = recording["FragmentStartNumber"].as_str().unwrap();
    assert!(center.media.forget_fragment(first) && !center.media.forget_fragment(first));
    let left = numbers(&list(&center, stream, 1000).await.concat());
    assert!(left.len() == 4 && !left.contains(&first.to_owned()), "{left:?}");
}

#[tokio::test]
async fn streams_are_used_again_but_never_by_two_at_a_time() {
    let center = Center::configured().await;
    let flow = recording_flow(&center, &["From"]).await;
    // The clock stands still: each call ends when the others do, so no stream is free.
    for _ in 0..3 {
        spoken(&center, &flow, 40_000).await;
    }
    let streams = |center: &Center| -> BTreeSet<String> {
        let records = center.records();
        records.iter().map(|record| record["Recordings"][0]["Location"].to_string()).collect()
    };
    assert_eq!(streams(&center).len(), 3);

    // An hour passes between calls: three of them share a stream.
    let hours = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(0));
    let clock = {
        let hours = hours.clone();
        let noon: jiff::Timestamp = NOON.parse().unwrap();
        std::sync::Arc::new(move || {
            noon + jiff::SignedDuration::from_hours(hours.load(std::sync::atomic::Ordering::Relaxed))
        })
    };
    let center = Center::with(Settings::default(), clock);
    center.configure().await;
    let flow = recording_flow(&center, &["From"]).await;
    let mut calls = Vec::new();
    for _ in 0..4 {
        calls.push(spoken(&center, &flow, 40_000).await);
        hours.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
    assert_eq!(streams(&center).len(), 2);
    for (index, call) in calls.iter().enumerate() {
        let recording = recording(&center, index);
        assert!(voice_of(&center, &call.contact_id, &recording).await == call.caller_pcm, "call {index}");
    }
    // A day and some hours later the first calls have passed their retention.
    hours.fetch_add(21, std::sync::atomic::Ordering::Relaxed);
    let stream = recording(&center, 0)["Location"].as_str().unwrap().to_owned();
    let left: usize = list(&center, &stream, 1000).await.iter().map(Vec::len).sum();
    let all = 3 * (8000_usize + 40_000).div_ceil(16_384);
    assert!(0 < left && left < all, "{left} of {all} fragments are left");
}

#[tokio::test]
async fn streams_without_retention_keep_nothing() {
    let center = Center::configured().await;
    let path = format!("/instance/{}/storage-configs?resourceType=MEDIA_STREAMS", center.id);
    let configs = center.get(&path).await.unwrap();
    let id = configs["StorageConfigs"][0]["AssociationId"].as_str().unwrap();
    let path = format!("/instance/{}/storage-config/{id}?resourceType=MEDIA_STREAMS", center.id);
    center.post(&path, json!({"StorageConfig": media_config("calls", 0)})).await.unwrap();
    let flow = recording_flow(&center, &["From"]).await;
    spoken(&center, &flow, 40_000).await;
    let stream = recording(&center, 0)["Location"].as_str().unwrap().to_owned();
    assert_eq!(list(&center, &stream, 1000).await, [[] as [Value; 0]]);
}

#[tokio::test]
async fn streams_are_described_and_lead_to_this_endpoint() {
    let center = Center::configured().await;
    let flow = recording_flow(&center, &["From"]).await;
    spoken(&center, &flow, 100).await;
    let arn = recording(&center, 0)["Location"].clone();
    let described = center.ask_media("describeStream", json!({"StreamARN": arn})).await.unwrap();
    let stream = &described["StreamInfo"];
    let name = stream["StreamName"].as_str().unwrap();
    assert!(name.starts_with("calls-connect-local-contact-center-contact-"), "{name}");
    assert_eq!((&stream["DataRetentionInHours"], &stream["Status"]), (&json!(24), &json!("ACTIVE")));
    let body = json!({"StreamName": name, "APIName": "LIST_FRAGMENTS"});
    let endpoint = center.ask_media("getDataEndpoint", body).await.unwrap();
    assert_eq!(endpoint["DataEndpoint"], "http://127.0.0.1:4566");
    let listed = center.ask_media("listStreams", json!({"MaxResults": 1})).await.unwrap();
    assert_eq!(listed["StreamInfoList"][0]["StreamARN"], arn);

    let number = "9".repeat(129);
    for (operation, body, status, code) in [
        ("describeStream", json!({"StreamName": "none"}), 404, "ResourceNotFoundException"),
        ("describeStream", json!({}), 400, "InvalidArgumentException"),
        (
            "getDataEndpoint",
            json!({"StreamARN": arn, "APIName": "GET_MEDIA"}),
            400,
            "InvalidArgumentException",
        ),
        ("listFragments", json!({"StreamARN": arn}), 400, "InvalidArgumentException"),
        ("listFragments", json!({"StreamARN": arn, "NextToken": "eA=="}), 400, "InvalidArgumentException"),
        ("listFragments", json!({"StreamARN": arn, "MaxResults": 1001}), 400, "InvalidArgumentException"),
        (
            "getMediaForFragmentList",
            json!({"StreamARN": arn, "Fragments": []}),
            400,
            "InvalidArgumentException",
        ),
        (
            "getMediaForFragmentList",
            json!({"StreamARN": arn, "Fragments": [number]}),
            400,
            "InvalidArgumentException",
        ),
        (
            "getMediaForFragmentList",
            json!({"StreamARN": arn, "Fragments": vec!["1"; 1001]}),
            400,
            "InvalidArgumentException",
        ),
    ] {
        let error = center.ask_media(operation, body.clone()).await.unwrap_err();
        assert_eq!((error.status.as_u16(), &*error.code), (status, code), "{operation} {body}");
    }
}
