#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod ends;
mod states;

use std::sync::{Arc, Mutex};

use aws_sdk_kinesis::Client as Kinesis;
use aws_sdk_kinesis::operation::get_records::GetRecordsOutput;
use aws_sdk_kinesis::operation::get_shard_iterator::GetShardIteratorOutput;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::Record;
use aws_sdk_sqs::Client as Sqs;
use aws_sdk_sqs::operation::change_message_visibility_batch::ChangeMessageVisibilityBatchOutput;
use aws_sdk_sqs::operation::delete_message_batch::DeleteMessageBatchOutput;
use aws_sdk_sqs::operation::receive_message::ReceiveMessageOutput;
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchOutput;
use aws_sdk_sqs::types::{BatchResultErrorEntry, Message, SendMessageBatchResultEntry};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

use super::*;
use crate::testing::{Recorder, cloud, pipeline};
use vmx_model::actual::StackState;
use vmx_model::testing::params;

/// A dead-letter queue and its source queue.
#[derive(Clone, Default)]
struct Queues(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// The dead letters: ID, body, whether another consumer holds it.
    letters: Vec<(String, String, bool)>,
    /// What was sent: body and the value of the attribute `reason`.
    sent: Vec<(String, Option<String>)>,
    /// Messages that contain this text are refused.
    refuse: Option<&'static str>,
    /// Whether sent messages become dead letters again at once.
    comes_back: bool,
    calls: Vec<&'static str>,
}

impl Queues {
    fn with(bodies: impl IntoIterator<Item = String>) -> Self {
        let queues = Self::default();
        let letters = bodies.into_iter().enumerate().map(|(n, body)| (format!("m{n}"), body, false));
        queues.0.lock().unwrap().letters = letters.collect();
        queues
    }

    fn rules(&self) -> [Rule; 4] {
        let (receiving, sending, deleting, releasing) =
            (self.clone(), self.clone(), self.clone(), self.clone());
        let receive = mock!(Sqs::receive_message).then_compute_output(move |request| {
            assert!(request.queue_url().unwrap().ends_with("DeadLetters"), "only dead letters are received");
            let mut state = receiving.0.lock().unwrap();
            let most = request.max_number_of_messages().unwrap() as usize;
            let reason =
                MessageAttributeValue::builder().data_type("String").string_value("late").build().unwrap();
            let free = state.letters.iter_mut().filter(|(_, _, held)| !held).take(most);
            let messages = free.map(|(id, body, held)| {
                *held = true;
                Message::builder()
                    .message_id(id.as_str())
                    .receipt_handle(id.as_str())
                    .body(body.as_str())
                    .message_attributes("reason", reason.clone())
                    .build()
            });
            ReceiveMessageOutput::builder().set_messages(Some(messages.collect())).build()
        });
        let send = mock!(Sqs::send_message_batch).then_compute_output(move |request| {
            assert!(request.queue_url().unwrap().ends_with("Queue"));
            assert!(request.entries().len() <= 10);
            let mut state = sending.0.lock().unwrap();
            state.calls.push("send");
            let mut answer = SendMessageBatchOutput::builder()
                .set_successful(Some(Vec::new()))
                .set_failed(Some(Vec::new()));
            for entry in request.entries() {
                if state.refuse.is_some_and(|word| entry.message_body().contains(word)) {
                    let failed =
                        BatchResultErrorEntry::builder().id(entry.id()).code("InvalidMessageContents");
                    answer = answer.failed(failed.sender_fault(true).message("bad").build().unwrap());
                    continue;
                }
                let attributes = entry.message_attributes();
                let reason = attributes.and_then(|all| all.get("reason")?.string_value().map(str::to_owned));
                state.sent.push((entry.message_body().to_owned(), reason));
                let id = format!("sent{}", state.sent.len());
                if state.comes_back {
                    state.letters.push((id.clone(), entry.message_body().to_owned(), false));
                }
                let one = SendMessageBatchResultEntry::builder().id(entry.id()).message_id(id);
                answer = answer.successful(one.md5_of_message_body("").build().unwrap());
            }
            answer.build().unwrap()
        });
        let delete = mock!(Sqs::delete_message_batch).then_compute_output(move |request| {
            let mut state = deleting.0.lock().unwrap();
            state.calls.push("delete");
            let gone = |id: &str| request.entries().iter().any(|entry| entry.receipt_handle() == id);
            state.letters.retain(|(id, _, _)| !gone(id));
            let none = DeleteMessageBatchOutput::builder();
            none.set_successful(Some(Vec::new())).set_failed(Some(Vec::new())).build().unwrap()
        });
        let release = mock!(Sqs::change_message_visibility_batch).then_compute_output(move |request| {
            let mut state = releasing.0.lock().unwrap();
            for entry in request.entries() {
                assert_eq!(entry.visibility_timeout(), Some(0));
                state.calls.push("release");
                let is_it = |(id, _, _): &&mut (String, String, bool)| id == entry.receipt_handle();
                state.letters.iter_mut().filter(is_it).for_each(|(_, _, held)| *held = false);
            }
            let none = ChangeMessageVisibilityBatchOutput::builder();
            none.set_successful(Some(Vec::new())).set_failed(Some(Vec::new())).build().unwrap()
        });
        [receive, send, delete, release]
    }

    /// Moves the current dead letters of the recording step.
    async fn redrive(&self, kinesis: &[&Rule]) -> (Result<usize, RedriveError>, Vec<String>) {
        let recorder = Recorder::default();
        let rules = self.rules();
        let rules: Vec<&Rule> = rules.iter().collect();
        let mut cloud = cloud(&[], &[], &[]);
        cloud.sqs = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, &rules);
        cloud.kinesis = mock_client!(aws_sdk_kinesis, RuleMode::MatchAny, kinesis);
        let count = self.0.lock().unwrap().letters.len() as u64;
        let waiting =
            Waiting { step: Step::Record, queue: "RetryQueueDeadLetters".into(), count, in_flight: 0 };
        let found = Found { waiting: vec![waiting], ..Found::default() };
        let ended = redrive(&cloud, &pipeline(), &params(), &found, None, &recorder).await;
        (ended, recorder.taken())
    }

    fn letters(&self) -> Vec<String> {
        self.0.lock().unwrap().letters.iter().map(|(_, body, _)| body.clone()).collect()
    }

    fn sent(&self) -> Vec<String> {
        self.0.lock().unwrap().sent.iter().map(|(body, _)| body.clone()).collect()
    }
}

#[tokio::test]
async fn every_dead_letter_is_sent_as_it_is_and_then_deleted() {
    let queues = Queues::with((0..23).map(|n| format!("body {n}")));
    let (ended, told) = queues.redrive(&[]).await;
    assert_eq!(ended.unwrap(), 23);
    assert_eq!(queues.sent(), (0..23).map(|n| format!("body {n}")).collect::<Vec<_>>());
    let state = queues.0.lock().unwrap();
    assert!(state.sent.iter().all(|(_, reason)| reason.as_deref() == Some("late")));
    assert!(state.letters.is_empty());
    assert_eq!(state.calls, ["send", "delete", "send", "delete", "send", "delete"]);
    assert_eq!(told, ["Redriven { step: Record, moved: 23, ended: 0, kept: [] }"]);
}

#[tokio::test]
async fn what_the_queue_refuses_stays_and_is_told() {
    let queues = Queues::with((0..3).map(|n| format!("body {n}")));
    queues.0.lock().unwrap().refuse = Some("1");
    let (ended, told) = queues.redrive(&[]).await;
    assert!(matches!(ended, Err(RedriveError::Kept { moved: 2, kept: 1 })), "{ended:?}");
    assert_eq!(queues.letters(), ["body 1"]);
    assert!(told[0].contains("m1: bad (InvalidMessageContents)"), "{told:?}");
    assert!(queues.0.lock().unwrap().calls.contains(&"release"));
}

#[tokio::test]
async fn what_something_else_holds_is_told() {
    let queues = Queues::with((0..3).map(|n| format!("body {n}")));
    queues.0.lock().unwrap().letters[1].2 = true;
    let (ended, told) = queues.redrive(&[]).await;
    assert!(matches!(ended, Err(RedriveError::Kept { moved: 2, kept: 1 })), "{ended:?}");
    assert!(told[0].contains("1 more: not received"), "{told:?}");
    assert_eq!(queues.letters(), ["body 1"]);
}

#[tokio::test]
async fn without_permission_to_send_nothing_is_deleted() {
    let queues = Queues::with((0..13).map(|n| format!("body {n}")));
    let [receive, _, delete, release] = queues.rules();
    let denied = mock!(Sqs::send_message_batch)
        .sequence()
        .http_status(400, Some(r#"{"__type":"AccessDenied","message":"not allowed"}"#.to_owned()))
        .repeatedly()
        .build();
    let mut cloud = cloud(&[], &[], &[]);
    cloud.sqs = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, &[&receive, &denied, &delete, &release]);
    let waiting =
        Waiting { step: Step::Record, queue: "RetryQueueDeadLetters".into(), count: 13, in_flight: 0 };
    let recorder = Recorder::default();
    let found = Found { waiting: vec![waiting], ..Found::default() };
    let ended = redrive(&cloud, &pipeline(), &params(), &found, None, &recorder).await;
    assert!(matches!(ended, Err(RedriveError::Kept { moved: 0, kept: 13 })), "{ended:?}");
    assert_eq!((queues.letters().len(), delete.num_calls()), (13, 0));
    let told = recorder.taken().join("\n");
    assert!(told.contains("m9: could not send to the queue") && told.contains("3 more: could not"), "{told}");
}

#[tokio::test]
async fn what_comes_straight_back_is_not_moved_again_and_again() {
    let queues = Queues::with((0..4).map(|n| format!("body {n}")));
    queues.0.lock().unwrap().comes_back = true;
    let (ended, _) = queues.redrive(&[]).await;
    assert_eq!(ended.unwrap(), 4);
    assert_eq!((queues.sent().len(), queues.letters().len()), (4, 4));
}

#[tokio::test]
async fn large_messages_go_in_batches_that_one_call_takes() {
    let queues = Queues::with((0..3).map(|n| n.to_string().repeat(200 * 1024)));
    assert_eq!(queues.redrive(&[]).await.0.unwrap(), 3);
    assert_eq!(queues.0.lock().unwrap().calls, ["send", "send", "send", "delete"]);
}

fn given_up() -> String {
    // The example in the AWS Lambda developer guide.
    serde_json::json!({
        "requestContext": {"requestId": "r", "condition": "RetryAttemptsExhausted", "approximateInvokeCount": 21},
        "version": "1.0", "timestamp": "2026-11-23T10:00:00.000Z",
        "KinesisBatchInfo": {
            "shardId": "shardId-000000000000", "startSequenceNumber": "98", "endSequenceNumber": "101",
            "batchSize": 2, "streamArn": "arn:aws:kinesis:eu-west-2:111122223333:stream/vmx-records",
        },
    })
    .to_string()
}

fn stream(numbers: &'static [&'static str]) -> [Rule; 2] {
    let iterator = mock!(Kinesis::get_shard_iterator)
        .match_requests(|request| request.starting_sequence_number() == Some("98"))
        .then_output(|| GetShardIteratorOutput::builder().shard_iterator("i").build());
    let records = mock!(Kinesis::get_records).then_output(move || {
        let record = |number: &&str| {
            let data = Blob::new(format!("record {number}"));
            Record::builder().sequence_number(*number).data(data).partition_key("p").build().unwrap()
        };
        let records = numbers.iter().map(record).collect();
        GetRecordsOutput::builder().set_records(Some(records)).next_shard_iterator("i").build().unwrap()
    });
    [iterator, records]
}

#[tokio::test]
async fn the_place_of_lost_contact_records_is_replaced_by_the_records() {
    let queues = Queues::with([given_up()]);
    let kinesis = stream(&["98", "101", "102"]);
    assert_eq!(queues.redrive(&kinesis.each_ref()).await.0.unwrap(), 1);
    assert_eq!(queues.sent(), ["record 98", "record 101"]);
    assert!(queues.letters().is_empty());
}

#[tokio::test]
async fn a_place_whose_records_are_gone_stays() {
    let queues = Queues::with([given_up()]);
    let kinesis = stream(&["101", "102"]);
    let (ended, told) = queues.redrive(&kinesis.each_ref()).await;
    assert!(matches!(ended, Err(RedriveError::Kept { moved: 0, kept: 1 })), "{ended:?}");
    assert_eq!((queues.sent().len(), queues.letters().len()), (0, 1));
    assert!(told[0].contains("its contact records are no longer in the stream"), "{told:?}");
}

#[test]
fn a_stack_that_lacks_a_queue_is_told_by_its_name() {
    let stack =
        StackState { name: "vmx".into(), status: "ROLLBACK_COMPLETE".into(), ..StackState::default() };
    let text = Pipeline::of(&stack).unwrap_err().to_string();
    assert!(text.contains("the stack vmx is ROLLBACK_COMPLETE and has no KvsToS3Function"), "{text}");
}
