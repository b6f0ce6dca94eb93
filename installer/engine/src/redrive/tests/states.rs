//! Redriving from the state bucket: Lambda's letters, stuck and dropped voicemails, and recorded ends.

use aws_sdk_sqs::operation::get_queue_attributes::GetQueueAttributesOutput;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use vmx_contract::state::{Ended, Outcome, Undelivered};
use vmx_contract::voicemail_id::VoicemailId;

use super::*;
use crate::testing::Objects;

pub(super) const CONTACT: &str = "00000000-0000-4000-8000-00000000c0de";
pub(super) const STATE: &str = "the-StateBucket";
pub(super) const RECORDINGS: &str = "the-RecordingsBucket";
pub(super) const TRANSCRIPTS: &str = "the-TranscriptsBucket";

pub(super) fn minutes_ago(minutes: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_mins(minutes)
}

pub(super) fn witness(objects: &Objects, id: &str, outcome: Outcome) {
    let ended = serde_json::to_string(&Ended::new(outcome, minutes_ago(5))).unwrap();
    objects.put(STATE, &format!("ended/{id}"), &ended, minutes_ago(5));
}

pub(super) fn open(objects: &Objects, id: &str, stuck: bool, minutes: i64) {
    let stuck_since = stuck.then(|| minutes_ago(5));
    let open = Undelivered { pushes: 3, stuck_since, ..Undelivered::new(minutes_ago(minutes)) };
    objects.put(STATE, &format!("undelivered/{id}"), &serde_json::to_string(&open).unwrap(), minutes_ago(5));
}

pub(super) fn still_open(objects: &Objects, id: &str) -> Undelivered {
    serde_json::from_str(&objects.text(STATE, &format!("undelivered/{id}")).unwrap()).unwrap()
}

/// A cloud with these buckets and queues, where each dead-letter queue reports this many letters.
pub(super) fn site(objects: &Objects, queues: &Queues) -> Cloud {
    let mut cloud = cloud(&[], &[], &[]);
    objects.serve(&mut cloud);
    let rules = queues.rules();
    let letters = queues.letters().len();
    let depths = mock!(Sqs::get_queue_attributes).then_compute_output(move |request| {
        use aws_sdk_sqs::types::QueueAttributeName::ApproximateNumberOfMessages;
        let is_ours = request.queue_url() == Some("the-TranscriptsQueueDeadLetters");
        let count = if is_ours { letters } else { 0 };
        GetQueueAttributesOutput::builder().attributes(ApproximateNumberOfMessages, count.to_string()).build()
    });
    let rules: Vec<&Rule> = rules.iter().chain([&depths]).collect();
    cloud.sqs = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, &rules);
    cloud
}

/// Finds and redrives; returns the reports per group.
pub(super) async fn run(cloud: &Cloud, selection: &Selection) -> (Result<usize, RedriveError>, Vec<String>) {
    let recorder = Recorder::default();
    let found = find(cloud, &pipeline(), &params(), selection, Timestamp::now()).await.unwrap();
    let ended = redrive(cloud, &pipeline(), &params(), &found, selection.step, &recorder).await;
    (ended, recorder.taken())
}

fn event(text: &str) -> (String, String) {
    let event: Value = serde_json::from_str(text).unwrap();
    let key = event["detail"]["object"]["key"].as_str().or(event["detail"]["contactId"].as_str());
    (event["detail-type"].as_str().unwrap().to_owned(), key.unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_letter_is_removed_unsent_only_if_a_witness_says_that_its_voicemail_has_ended() {
    let body = |id: &str| {
        let key = format!("{id}.json");
        json!({"detail-type": "Object Created", "detail": {"object": {"key": key}}}).to_string()
    };
    let second = format!("{CONTACT}-2");
    let (old, unknown) = ("00000000-0000-4000-8000-0000000001d0", "00000000-0000-4000-8000-0000000000ff");
    let queues = Queues::with([body(CONTACT), body(&second), body(old), body(unknown)]);
    let objects = Objects::default();
    witness(&objects, CONTACT, Outcome::Delivered);
    objects.put(TRANSCRIPTS, &format!("delivered/{old}"), "{}", minutes_ago(9));
    let (ended, told) = run(&site(&objects, &queues), &Selection::default()).await;
    assert_eq!(ended.unwrap(), 4);
    // Neither of the sent ones has a recording: that alone proves nothing.
    let sent: Vec<_> = queues.sent().iter().map(|text| event(text).1).collect();
    assert_eq!(sent, [format!("{second}.json"), format!("{unknown}.json")]);
    assert!(queues.letters().is_empty());
    assert_eq!(told, ["Redriven { step: Deliver, moved: 2, ended: 2, kept: [] }"]);
}

#[tokio::test]
async fn contact_records_that_lambda_gave_up_are_recorded_again() {
    let (objects, queues) = (Objects::default(), Queues::default());
    let letter = |records: &[&[u8]]| {
        let data = |record: &&[u8]| json!({"kinesis": {"data": STANDARD.encode(record)}});
        let event = json!({"Records": records.iter().map(data).collect::<Vec<_>>()});
        json!({"version": "1.0", "payload": event.to_string()}).to_string()
    };
    objects.put(STATE, "aws/lambda/1", &letter(&[b"{\"one\":1}", &[0xff]]), minutes_ago(9));
    objects.put(STATE, "aws/lambda/2", "{}", minutes_ago(9));
    let (ended, told) = run(&site(&objects, &queues), &Selection::default()).await;
    assert!(matches!(ended, Err(RedriveError::Kept { moved: 1, kept: 1 })), "{ended:?}");
    assert_eq!(queues.sent(), ["{\"one\":1}", "base64:/w=="]);
    assert_eq!(objects.keys(STATE), ["aws/lambda/2"]);
    assert!(
        told[0].contains("StreamLetters, moved: 1") && told[0].contains("aws/lambda/2: it has neither"),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_contact_record_in_base64_is_sent_as_it_was() {
    let record = "{\"a\":\"x\u{fffe}\"}";
    let queues = Queues::with([format!("base64:{}", STANDARD.encode(record)), "base64:/w==".to_owned()]);
    assert_eq!(queues.redrive(&[]).await.0.unwrap(), 2);
    assert_eq!(queues.sent(), ["{\"a\":\"x\\ufffe\"}", "base64:/w=="]);
}

#[tokio::test]
async fn a_letter_of_lambda_stays_while_the_queue_refuses_it() {
    let (objects, queues) = (Objects::default(), Queues::default());
    queues.0.lock().unwrap().refuse = Some("one");
    let event = json!({"Records": [{"kinesis": {"data": STANDARD.encode("one")}}]});
    objects.put(STATE, "aws/lambda/1", &json!({"payload": event}).to_string(), minutes_ago(9));
    let (ended, _) = run(&site(&objects, &queues), &Selection::default()).await;
    assert!(matches!(ended, Err(RedriveError::Kept { moved: 0, kept: 1 })), "{ended:?}");
    assert_eq!(objects.keys(STATE), ["aws/lambda/1"]);
}

#[tokio::test]
async fn what_is_stuck_is_sent_on_from_where_it_stands_and_is_stuck_no_more() {
    let (objects, queues) = (Objects::default(), Queues::default());
    let id = |n: u32| format!("00000000-0000-4000-8000-00000000000{n}");
    let recording = |n: u32, minutes| {
        objects.put(RECORDINGS, &format!("{}.wav", id(n)), "audio", minutes_ago(minutes));
    };
    // Transcribed; recorded and past its deadline; recorded just now; not recorded; not stuck; just ended.
    for (n, minutes) in [(1, 300), (2, 300), (3, 5), (5, 300), (6, 300)] {
        recording(n, minutes);
    }
    objects.put(TRANSCRIPTS, &format!("redacted-{}.json", id(1)), "{}", minutes_ago(200));
    for n in 1..=6 {
        open(&objects, &id(n), n != 5, 300);
    }
    witness(&objects, &id(6), Outcome::Delivered);
    let (ended, told) = run(&site(&objects, &queues), &Selection::default()).await;
    assert!(matches!(ended, Err(RedriveError::Kept { moved: 3, kept: 1 })), "{ended:?}");
    let sent: Vec<_> = queues.sent().iter().map(|text| event(text)).collect();
    assert_eq!(
        sent,
        [
            ("Object Created".to_owned(), format!("redacted-{}.json", id(1))),
            ("Transcript Due".to_owned(), id(2)),
            ("Object Created".to_owned(), format!("{}.wav", id(3))),
        ]
    );
    for n in 1..=3 {
        let open = still_open(&objects, &id(n));
        assert_eq!((open.stuck_since, open.pushes), (None, 1), "{n}");
        assert!(open.pushed_at.is_some());
    }
    assert!(still_open(&objects, &id(4)).stuck_since.is_some());
    assert!(told[0].contains(&format!("{}: it has no recording", id(4))), "{told:?}");
    // Before a rollback, every voicemail is retried, however new.
    recording(7, 1);
    open(&objects, &id(7), false, 1);
    let all = Selection { all_open: true, ..Selection::default() };
    let _ = run(&site(&objects, &queues), &all).await;
    for n in [5, 7] {
        assert!(queues.sent().iter().any(|text| text.contains(&id(n))), "{n}");
    }
}

#[tokio::test]
async fn what_was_dropped_is_delivered_if_somebody_wants_it() {
    let (objects, queues) = (Objects::default(), Queues::default());
    let (gone, delivered) = ("00000000-0000-4000-8000-0000000000aa", "00000000-0000-4000-8000-0000000000bb");
    for id in [CONTACT, gone] {
        witness(&objects, id, Outcome::Dropped);
    }
    witness(&objects, delivered, Outcome::Delivered);
    // Its end was left unfinished.
    open(&objects, CONTACT, false, 60);
    objects.put(RECORDINGS, &format!("{CONTACT}.wav"), "audio", minutes_ago(60));
    objects.put(TRANSCRIPTS, &format!("{CONTACT}.json"), "{}", minutes_ago(60));
    let cloud = site(&objects, &queues);
    assert_eq!(
        find(&cloud, &pipeline(), &params(), &Selection::default(), Timestamp::now()).await.unwrap().total(),
        0
    );
    let (ended, told) = run(&cloud, &Selection { dropped: Some(None), ..Selection::default() }).await;
    assert!(matches!(ended, Err(RedriveError::Kept { moved: 1, kept: 1 })), "{ended:?}");
    assert!(told[0].contains(&format!("{gone}: its recording has expired")), "{told:?}");
    assert!(still_open(&objects, CONTACT).wanted);
    assert_eq!(objects.tags(RECORDINGS, &format!("{CONTACT}.wav")), ["vm-state=open"]);
    assert_eq!(
        objects.keys(STATE),
        [format!("ended/{gone}"), format!("ended/{delivered}"), format!("undelivered/{CONTACT}")]
    );
    assert_eq!(queues.sent().len(), 1);
    // There is nothing to redrive if it was not dropped.
    let one = VoicemailId::parse(delivered).unwrap();
    let selection = Selection { dropped: Some(Some(one)), ..Selection::default() };
    assert_eq!(find(&cloud, &pipeline(), &params(), &selection, Timestamp::now()).await.unwrap().total(), 0);
}

/// The previous version has no state bucket: dead letters are redriven as before.
#[tokio::test]
async fn without_a_state_bucket_only_dead_letters_are_redriven() {
    let body = json!({"detail": {"object": {"key": format!("{CONTACT}.json")}}}).to_string();
    let queues = Queues::with([body]);
    let objects = Objects::default();
    objects.put(TRANSCRIPTS, &format!("delivered/{CONTACT}"), "{}", minutes_ago(9));
    let cloud = site(&objects, &queues);
    let pipeline = Pipeline { state: None, watchdog: None, ..pipeline() };
    let selection = Selection { dropped: Some(None), all_open: true, step: None };
    let found = find(&cloud, &pipeline, &params(), &selection, Timestamp::now()).await.unwrap();
    assert_eq!(found.total(), 1);
    let recorder = Recorder::default();
    assert_eq!(redrive(&cloud, &pipeline, &params(), &found, None, &recorder).await.unwrap(), 1);
    assert_eq!(queues.sent().len(), 1);
}
