#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_sdk_kinesis::Client as Kinesis;
use aws_sdk_kinesis::operation::describe_stream_summary::DescribeStreamSummaryOutput;
use aws_sdk_kinesis::operation::get_records::GetRecordsOutput;
use aws_sdk_kinesis::operation::get_shard_iterator::GetShardIteratorOutput;
use aws_sdk_kinesis::operation::list_shards::ListShardsOutput;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{
    EnhancedMetrics, HashKeyRange, Record, SequenceNumberRange, Shard, StreamDescriptionSummary, StreamStatus,
};
use aws_sdk_lambda::Client as Lambda;
use aws_sdk_lambda::error::ErrorMetadata;
use aws_sdk_lambda::operation::create_event_source_mapping::CreateEventSourceMappingOutput;
use aws_sdk_lambda::operation::delete_event_source_mapping::DeleteEventSourceMappingOutput;
use aws_sdk_lambda::operation::get_event_source_mapping::{
    GetEventSourceMappingError, GetEventSourceMappingOutput,
};
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::operation::list_event_source_mappings::ListEventSourceMappingsOutput;
use aws_sdk_lambda::operation::update_event_source_mapping::UpdateEventSourceMappingOutput;
use aws_sdk_lambda::types::EventSourceMappingConfiguration;
use aws_sdk_sqs::Client as Sqs;
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchOutput;
use aws_sdk_sqs::types::SendMessageBatchResultEntry;
use aws_smithy_mocks::{MockResponse, Rule, RuleMode, mock, mock_client};
use vmx_contract::objects::ENDED_PREFIX;

use super::*;
use crate::pace::Pace;
use crate::testing::{Objects, Recorder, cloud};

const STREAM: &str = "arn:aws:kinesis:eu-west-2:111122223333:stream/records";
const CONTACT: &str = "00000000-0000-4000-8000-00000000c0d";

/// Triggers of the functions `VMX3-KVStoS3-shop` (`theirs`) and `ours`: whether each is on.
#[derive(Clone, Default)]
struct Triggers(Arc<Mutex<BTreeMap<String, bool>>>, Recorder);

impl Triggers {
    fn with(theirs: bool, ours: bool) -> Self {
        let triggers = Self::default();
        triggers.0.lock().unwrap().extend([("theirs".to_owned(), theirs), ("ours".to_owned(), ours)]);
        triggers
    }

    fn are(&self) -> Vec<(String, bool)> {
        self.0.lock().unwrap().clone().into_iter().collect()
    }

    fn set(&self, id: &str, on: Option<bool>) {
        let mut all = self.0.lock().unwrap();
        match on {
            Some(on) => _ = all.insert(id.to_owned(), on),
            None => _ = all.remove(id),
        }
        let what = on.map_or("deleted", |on| if on { "on" } else { "off" });
        self.1.note(format!("{id} {what}"));
    }

    fn serve(&self) -> Lambda {
        let [getting, updating, listing, deleting, creating] = std::array::from_fn(|_| self.clone());
        let state = |on: bool| if on { "Enabled" } else { "Disabled" };
        let long_ago = aws_sdk_lambda::primitives::DateTime::from_secs(0);
        let get = mock!(Lambda::get_event_source_mapping).then_compute_response(move |request| {
            let id = request.uuid().unwrap_or_default();
            let Some(on) = getting.0.lock().unwrap().get(id).copied() else {
                let code = ErrorMetadata::builder().code("ResourceNotFoundException").build();
                return MockResponse::Error(GetEventSourceMappingError::generic(code));
            };
            let found = GetEventSourceMappingOutput::builder().uuid(id).event_source_arn(STREAM);
            MockResponse::Output(found.state(state(on)).last_modified(long_ago).batch_size(1).build())
        });
        let update = mock!(Lambda::update_event_source_mapping).then_compute_output(move |request| {
            updating.set(request.uuid().unwrap_or_default(), request.enabled());
            UpdateEventSourceMappingOutput::builder().build()
        });
        let list = mock!(Lambda::list_event_source_mappings).then_compute_output(move |_| {
            let all = listing.0.lock().unwrap();
            let theirs = all.iter().filter(|(id, _)| *id != "ours").map(|(id, on)| {
                let one = EventSourceMappingConfiguration::builder().uuid(id).event_source_arn(STREAM);
                one.state(state(*on)).last_modified(long_ago).build()
            });
            let theirs = theirs.collect();
            ListEventSourceMappingsOutput::builder().set_event_source_mappings(Some(theirs)).build()
        });
        let delete = mock!(Lambda::delete_event_source_mapping).then_compute_output(move |request| {
            deleting.set(request.uuid().unwrap_or_default(), None);
            DeleteEventSourceMappingOutput::builder().build()
        });
        let create = mock!(Lambda::create_event_source_mapping).then_compute_output(move |request| {
            assert_eq!((request.batch_size(), request.function_name()), (Some(1), Some("VMX3-KVStoS3-shop")));
            creating.set("new", Some(true));
            CreateEventSourceMappingOutput::builder().uuid("new").build()
        });
        let function = mock!(Lambda::get_function_configuration)
            .then_output(|| GetFunctionConfigurationOutput::builder().timeout(900).build());
        mock_client!(aws_sdk_lambda, RuleMode::MatchAny, &[&get, &update, &list, &delete, &create, &function])
    }
}

/// A stream that keeps records for so many hours, with these records.
fn stream(hours: i32, records: Vec<(i64, String)>) -> Kinesis {
    let summary = mock!(Kinesis::describe_stream_summary).then_output(move || {
        let summary = StreamDescriptionSummary::builder()
            .stream_name("records")
            .stream_arn(STREAM)
            .stream_status(StreamStatus::Active)
            .retention_period_hours(hours)
            .stream_creation_timestamp(aws_sdk_kinesis::primitives::DateTime::from_secs(0))
            .enhanced_monitoring(EnhancedMetrics::builder().build())
            .open_shard_count(1)
            .build()
            .unwrap();
        DescribeStreamSummaryOutput::builder().stream_description_summary(summary).build()
    });
    let shards = mock!(Kinesis::list_shards).then_output(|| {
        let keys = HashKeyRange::builder().starting_hash_key("0").ending_hash_key("1").build().unwrap();
        let numbers = SequenceNumberRange::builder().starting_sequence_number("1").build().unwrap();
        let shard = Shard::builder().shard_id("s").hash_key_range(keys).sequence_number_range(numbers);
        ListShardsOutput::builder().shards(shard.build().unwrap()).build()
    });
    let iterator = mock!(Kinesis::get_shard_iterator)
        .then_output(|| GetShardIteratorOutput::builder().shard_iterator("i").build());
    let read = mock!(Kinesis::get_records).then_output(move || {
        let record = |(at, text): &(i64, String)| {
            let at = aws_sdk_kinesis::primitives::DateTime::from_secs(*at);
            let record = Record::builder().sequence_number("1").partition_key("p");
            record.approximate_arrival_timestamp(at).data(Blob::new(text.as_bytes())).build().unwrap()
        };
        let records = records.iter().map(record).collect();
        GetRecordsOutput::builder().set_records(Some(records)).millis_behind_latest(0).build().unwrap()
    });
    mock_client!(aws_sdk_kinesis, RuleMode::MatchAny, &[&summary, &shards, &iterator, &read])
}

/// A queue that notes how many messages it got.
fn queue(told: &Recorder) -> Sqs {
    let told = told.clone();
    let send: Rule = mock!(Sqs::send_message_batch).then_compute_output(move |request| {
        let entries = request.entries();
        told.note(format!("{} sent", entries.len()));
        let done = |id: &str| {
            let entry =
                SendMessageBatchResultEntry::builder().id(id).message_id("m").md5_of_message_body("5");
            entry.build().unwrap()
        };
        let done = entries.iter().map(|entry| done(entry.id())).collect();
        let failed = Some(Vec::new());
        SendMessageBatchOutput::builder().set_successful(Some(done)).set_failed(failed).build().unwrap()
    });
    mock_client!(aws_sdk_sqs, RuleMode::MatchAny, &[&send])
}

struct Site {
    cloud: Cloud,
    triggers: Triggers,
    objects: Objects,
}

impl Site {
    fn with(theirs: bool, ours: bool) -> Self {
        let mut cloud = cloud(&[], &[], &[]);
        let (triggers, objects) = (Triggers::with(theirs, ours), Objects::default());
        objects.serve(&mut cloud);
        cloud.lambda = triggers.serve();
        cloud.sqs = queue(&triggers.1);
        let now = Timestamp::now().as_second();
        let record = |n: u32| {
            format!(
                r#"{{"ContactId":"{CONTACT}{n}","Attributes":{{"vmx3_flag":"1"}},"InstanceARN":"{}","Recordings":[]}}"#,
                vmx_model::testing::INSTANCE
            )
        };
        let records = vec![(now - 60, record(1)), (now - 50, "{}".to_owned()), (now + 3600, record(2))];
        cloud.kinesis = stream(24, records);
        Self { cloud, triggers, objects }
    }

    async fn found(&self) -> Handover {
        let ours = trigger::describe(&self.cloud, "ours").await.unwrap().unwrap();
        let theirs = trigger::of_function(&self.cloud, "VMX3-KVStoS3-shop").await.unwrap().into_iter().next();
        Handover {
            earlier: "old".into(),
            stack: "vmx".into(),
            recorder: "VMX3-KVStoS3-shop".into(),
            recordings: "recordings".into(),
            recordings_days: Some(30),
            state: "state".into(),
            retry_queue: "https://sqs/vmx-RetryQueue-1".into(),
            back_begun: self.objects.text("state", back::KEY).is_some(),
            theirs,
            ours,
        }
    }

    async fn switch(&self) -> Result<usize, HandoverError> {
        switch(&self.cloud, &self.found().await, Pace::NONE, &Recorder::default()).await
    }

    async fn back(&self) -> Result<usize, HandoverError> {
        back(&self.cloud, &self.found().await, Pace::NONE, &Recorder::default()).await
    }

    fn ended(&self) -> Vec<String> {
        let keys = self.objects.keys("state");
        keys.iter().filter_map(|key| key.strip_prefix(ENDED_PREFIX)).map(str::to_owned).collect()
    }
}

fn record_of_theirs(objects: &Objects) {
    let at = |hours| before(Timestamp::now(), hours);
    for (n, hours) in [(1, 1), (2, 5), (3, 23), (4, 26)] {
        objects.put("recordings", &format!("2026/01/31/{CONTACT}{n}.wav"), "", at(hours));
    }
    objects.put("recordings", "notes.txt", "", at(0));
}

#[tokio::test]
async fn what_the_earlier_system_has_recorded_is_entered_before_this_one_reads() {
    let site = Site::with(true, false);
    record_of_theirs(&site.objects);
    assert_eq!(site.found().await.readers(), Readers::Earlier);
    assert_eq!(site.switch().await.unwrap(), 2);
    assert_eq!(site.triggers.1.taken(), ["theirs off", "ours on"]);
    // The stream keeps records for a day: older ones are not read.
    assert_eq!(site.ended(), ["1", "2", "3"].map(|n| format!("{CONTACT}{n}")));
    let ended = site.objects.text("state", &format!("{ENDED_PREFIX}{CONTACT}1")).unwrap();
    assert!(ended.contains(r#""outcome":"earlier""#), "{ended}");
    assert_eq!(site.found().await.readers(), Readers::This);
    assert_eq!(site.switch().await.unwrap(), 0);
}

#[tokio::test]
async fn a_switch_that_dies_anywhere_is_continued() {
    for writes in 0..4 {
        let site = Site::with(true, false);
        record_of_theirs(&site.objects);
        site.objects.die_after(Some(writes));
        let first = site.switch().await;
        assert_eq!(first.is_ok(), writes > 2, "{writes}: {first:?}");
        assert_eq!(site.triggers.are()[0], ("ours".to_owned(), writes > 2), "{writes}");
        site.objects.die_after(None);
        site.switch().await.unwrap();
        assert_eq!((site.found().await.readers(), site.ended().len()), (Readers::This, 3), "{writes}");
    }
}

#[tokio::test]
async fn recordings_that_are_gone_before_their_contact_records_forbid_a_switch() {
    let mut site = Site::with(true, false);
    site.cloud.kinesis = stream(168, Vec::new());
    let found = Handover { recordings_days: Some(2), ..site.found().await };
    let error = switch(&site.cloud, &found, Pace::NONE, &Recorder::default()).await.unwrap_err();
    assert!(
        error.to_string().contains("for 168 hours, and the earlier system its recordings for 2 days"),
        "{error}"
    );
    assert_eq!(site.triggers.1.taken(), Vec::<String>::new());
    // It keeps them for ever.
    let found = Handover { recordings_days: None, ..site.found().await };
    switch(&site.cloud, &found, Pace::NONE, &Recorder::default()).await.unwrap();
}

#[tokio::test]
async fn the_earlier_system_reads_from_when_this_one_reads_no_more() {
    let site = Site::with(false, true);
    assert_eq!(site.back().await.unwrap(), 2);
    // Only what has a voicemail and arrived before is sent on.
    let told = site.triggers.1.taken();
    assert_eq!(told, ["ours off", "theirs deleted", "new on", "1 sent"]);
    assert_eq!(site.triggers.are(), [("new".to_owned(), true), ("ours".to_owned(), false)]);
    assert_eq!(site.objects.keys("state"), Vec::<String>::new());
    assert_eq!(site.back().await.unwrap(), 0);
}

#[tokio::test]
async fn a_way_back_that_dies_anywhere_is_continued_before_anything_else() {
    // Beginning, the note, the time, and their removal.
    for writes in 0..5 {
        let site = Site::with(false, true);
        site.objects.die_after(Some(writes));
        let first = site.back().await;
        assert!(first.is_err(), "{writes}");
        site.objects.die_after(None);
        if site.found().await.back_begun {
            let error = site.switch().await.unwrap_err().to_string();
            assert!(error.contains("run `vmx-install migrate back` first"), "{writes}: {error}");
        }
        site.back().await.unwrap();
        assert_eq!(site.triggers.are(), [("new".to_owned(), true), ("ours".to_owned(), false)], "{writes}");
        assert!(!site.found().await.back_begun, "{writes}");
    }
}

#[tokio::test]
async fn a_way_back_does_no_more_than_it_has_to() {
    for (theirs, ours, told) in [
        // Nothing was switched.
        (true, false, &[][..]),
        // Somebody enabled both.
        (true, true, &["ours off"]),
        // A switch was interrupted: the earlier trigger goes on where it stopped.
        (false, false, &["theirs on"]),
    ] {
        let site = Site::with(theirs, ours);
        site.back().await.unwrap();
        assert_eq!(site.triggers.1.taken(), told, "{theirs} {ours}");
        assert_eq!(site.found().await.readers(), Readers::Earlier);
    }
    let site = Site::with(false, false);
    site.triggers.set("theirs", None);
    assert!(matches!(site.back().await, Err(HandoverError::Missing { .. })));
}
