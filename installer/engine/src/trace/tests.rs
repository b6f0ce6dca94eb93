#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aws_sdk_cloudwatchlogs::Client as Logs;
use aws_sdk_cloudwatchlogs::operation::filter_log_events::FilterLogEventsOutput;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use aws_sdk_sqs::Client as Sqs;
use aws_sdk_sqs::operation::change_message_visibility_batch::ChangeMessageVisibilityBatchOutput;
use aws_sdk_sqs::operation::get_queue_attributes::GetQueueAttributesOutput;
use aws_sdk_sqs::operation::receive_message::ReceiveMessageOutput;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use vmx_contract::state::Outcome as Ending;
use vmx_contract::voicemail_id::VoicemailId;

use super::sample::*;
use super::*;
use crate::finding::{Code, Finding};
use crate::testing::{active, cloud, pipeline, pipeline_stack, reserved};
use vmx_model::testing::params;

#[test]
fn every_place_on_the_way_is_told() {
    let recorded = Clues {
        job: Seen::Missing,
        transcript: Seen::Missing,
        delivery: Seen::Missing,
        log: Vec::new(),
        ..delivered()
    };
    let job = |status: &str| {
        Seen::Found(Job { status: status.into(), created: Some(at("10:00:36")), ended: None, reason: None })
    };
    let call = |ended: Option<&str>| {
        Seen::Found(Call { channel: "VOICE".into(), began: Some(at("10:00:00")), ended: ended.map(at) })
    };
    let depth = Depth { waiting: 3, in_flight: 1, delayed: 0 };
    let failed = line("10:02:00", Step::Deliver, true, "the voicemail waits in its queue: Connect refuses");
    let late =
        line("10:00:33", Step::Record, true, "the contact record waits in the retry queue: no media yet");
    let rows = [
        (delivered(), Outcome::Delivered, "delivered 31 s after the caller hung up"),
        (Clues { recording: Seen::Missing, ..delivered() }, Outcome::Delivered, "delivered"),
        (recorded.clone(), Outcome::UnderWay, "its transcription has not started yet"),
        (
            Clues { job: job("IN_PROGRESS"), ..recorded.clone() },
            Outcome::UnderWay,
            "Amazon Transcribe is transcribing",
        ),
        (
            Clues { job: job("FAILED"), ..recorded.clone() },
            Outcome::UnderWay,
            "the packager has not delivered",
        ),
        (
            Clues { transcript: Seen::Found(at("10:01:00")), log: vec![failed.clone()], ..recorded.clone() },
            Outcome::UnderWay,
            "the last attempt failed and will be retried: the voicemail waits in its queue: Connect refuses",
        ),
        (
            Clues { queues: vec![(Step::Transcribe, depth)], ..recorded.clone() },
            Outcome::UnderWay,
            "in the step's queue: 3 waiting, 1 in progress, 0 delayed",
        ),
        (
            Clues { dead_letters: vec![in_step(Step::Deliver, "10:01:00")], log: vec![failed], ..recorded },
            Outcome::Stopped,
            "stopped at the step deliver: the voicemail waits in its queue: Connect refuses; fix the cause, then run `vmx-install redrive --step deliver`",
        ),
        (Clues { log: vec![late], ..nothing() }, Outcome::UnderWay, "it has not been recorded yet"),
        (
            Clues { dead_letters: vec![in_step(Step::Record, "10:01:00")], ..nothing() },
            Outcome::Stopped,
            "stopped at the step record; fix",
        ),
        (Clues { call: call(None), ..nothing() }, Outcome::UnderWay, "the contact is still in progress"),
        (
            Clues { call: call(Some("11:59:00")), ..nothing() },
            Outcome::UnderWay,
            "the contact ended 1 min ago",
        ),
        (Clues { call: call(Some("10:01:00")), ..nothing() }, Outcome::Unknown, "no voicemail"),
        (nothing(), Outcome::Unknown, "unknown contact"),
        (Clues { call: Seen::Unseen, ..nothing() }, Outcome::Unknown, "unknown contact"),
    ];
    for (clues, outcome, verdict) in rows {
        let trace = story(CONTACT, &clues);
        assert_eq!(trace.outcome, outcome, "{trace:#?}");
        assert!(trace.verdict.contains(verdict), "{verdict}: {}", trace.verdict);
    }
}

#[test]
fn a_mode_that_is_done_is_told_while_another_is_not() {
    let trace = story(CONTACT, &Clues { partly: vec![task_made(Some(at("10:01:02")))], ..refused() });
    assert!(
        trace.verdict.starts_with("stopped at the step deliver (delivered by task): "),
        "{}",
        trace.verdict
    );
    let told = |moment: &Moment| moment.text.starts_with("delivered as task 00000000-");
    assert!(trace.moments.iter().any(told), "{trace:#?}");
}

#[test]
fn a_story_has_every_step_and_is_in_order() {
    for clues in [
        delivered(),
        Clues { log: Vec::new(), ..delivered() },
        Clues { delivery: Seen::Missing, log: Vec::new(), ..delivered() },
    ] {
        let trace = story(CONTACT, &clues);
        for stage in Stage::STEPS {
            assert!(trace.moments.iter().any(|moment| moment.stage == stage), "{stage:?}: {trace:#?}");
        }
        let times: Vec<_> =
            trace.moments.iter().filter_map(|moment| moment.at.map(Timestamp::as_second)).collect();
        assert!(times.is_sorted(), "{trace:#?}");
    }
}

fn denied(code: &str) -> Option<String> {
    Some(format!(r#"{{"__type":"{code}","message":"not allowed","Message":"not allowed"}}"#))
}

/// Of two dead letters one is the contact's; logs hold what a caller made of them; the rest is denied.
#[tokio::test]
async fn clues_are_found_and_what_is_denied_is_told() {
    let instances = mock!(aws_sdk_connect::Client::list_instances)
        .sequence()
        .http_status(403, denied("AccessDeniedException"))
        .repeatedly()
        .build();
    let forbidden =
        mock!(aws_sdk_s3::Client::head_object).sequence().http_status(403, None).repeatedly().build();
    let no_job = mock!(aws_sdk_transcribe::Client::get_transcription_job)
        .sequence()
        .http_status(
            400,
            Some(
                r#"{"__type":"BadRequestException","Message":"The requested job couldn't be found."}"#
                    .to_owned(),
            ),
        )
        .repeatedly()
        .build();
    let depths = mock!(Sqs::get_queue_attributes).then_output(|| GetQueueAttributesOutput::builder().build());
    let letters = mock!(Sqs::receive_message)
        .match_requests(|request| request.queue_url() == Some("the-TranscriptsQueueDeadLetters"))
        .sequence()
        .output(|| {
            let message = |id: &str, body: String| {
                Message::builder()
                    .message_id(id)
                    .receipt_handle(id)
                    .body(body)
                    .attributes(MessageSystemAttributeName::SentTimestamp, "1763892000000")
                    .build()
            };
            ReceiveMessageOutput::builder()
                .messages(message("ours", format!("{{\"key\": \"{CONTACT}.json\"}}")))
                .messages(message("other", "somebody else's".into()))
                .build()
        })
        .output(|| ReceiveMessageOutput::builder().build())
        .repeatedly()
        .build();
    let none = mock!(Sqs::receive_message)
        .match_requests(|request| {
            let queue = request.queue_url().unwrap();
            queue.ends_with("DeadLetters") && !queue.contains("Transcripts")
        })
        .then_output(|| ReceiveMessageOutput::builder().build());
    let released = mock!(Sqs::change_message_visibility_batch)
        .match_requests(|request| {
            request.entries().len() == 2
                && request.entries().iter().all(|entry| entry.visibility_timeout() == Some(0))
        })
        .then_output(|| {
            let builder = ChangeMessageVisibilityBatchOutput::builder();
            builder.set_successful(Some(Vec::new())).set_failed(Some(Vec::new())).build().unwrap()
        });
    let packager = mock!(Logs::filter_log_events)
        .match_requests(|request| {
            request.log_group_name() == Some("the-PackagerLogs")
                && request.filter_pattern() == Some(&format!("\"{CONTACT}\""))
        })
        .then_output(|| {
            let message = format!(
                r#"{{"level":"ERROR","message":"the voicemail waits","error":"bad \u001b[2J\u0007 flow","contact_id":"{CONTACT}"}}"#
            );
            let event = FilteredLogEvent::builder().timestamp(1_763_892_001_000).message(message).build();
            FilterLogEventsOutput::builder().events(event).build()
        });
    let no_logs = mock!(Logs::filter_log_events)
        .match_requests(|request| request.log_group_name() != Some("the-PackagerLogs"))
        .sequence()
        .http_status(400, denied("AccessDeniedException"))
        .repeatedly()
        .build();
    let unread = mock!(aws_sdk_s3::Client::get_object).sequence().http_status(403, None).repeatedly().build();
    let unlisted =
        mock!(aws_sdk_s3::Client::list_objects_v2).sequence().http_status(403, None).repeatedly().build();
    let mut cloud = cloud(&[], &[&instances], &[&forbidden, &unread, &unlisted]);
    cloud.transcribe = mock_client!(aws_sdk_transcribe, RuleMode::MatchAny, &[&no_job]);
    cloud.lambda = mock_client!(aws_sdk_lambda, RuleMode::MatchAny, [&active(), &reserved(None)]);
    cloud.sqs = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, &[&depths, &letters, &none, &released]);
    cloud.logs = mock_client!(aws_sdk_cloudwatchlogs, RuleMode::MatchAny, &[&packager, &no_logs]);

    let clues =
        look(&cloud, &params(), &pipeline_stack(), &pipeline(), &VoicemailId::parse(CONTACT).unwrap()).await;
    assert_eq!(clues.job, Seen::Missing);
    assert_eq!((&clues.recording, &clues.delivery), (&Seen::Unseen, &Seen::Unseen));
    assert_eq!(clues.dead_letters.len(), 1, "{clues:#?}");
    assert_eq!(released.num_calls(), 1, "what was looked at is let go");
    assert_eq!(clues.log.len(), 1, "{clues:#?}");
    assert_eq!(clues.log[0].text, "the voicemail waits: bad  [2J  flow");
    // The instance, two objects of the state bucket, three others, two lists of receipts, the letters, and two logs.
    assert_eq!(clues.unseen.len(), 11, "{:#?}", clues.unseen);
    assert_eq!(story(CONTACT, &clues).outcome, Outcome::Stopped);
}

/// A contact with a first message that was delivered, and a second one that is stuck.
#[tokio::test]
async fn each_message_of_a_contact_has_its_own_story() {
    let objects = crate::testing::Objects::default();
    let second = format!("{CONTACT}-2");
    let then = Timestamp::now() - jiff::SignedDuration::from_hours(2);
    let ended = serde_json::to_string(&Ended::new(Ending::Delivered, then)).unwrap();
    objects.put("the-StateBucket", &format!("ended/{CONTACT}"), &ended, then);
    let receipt = r#"{"mode":"task","reference":"task-1"}"#;
    objects.put("the-StateBucket", &format!("delivered/{CONTACT}/task"), receipt, then);
    let stuck =
        Undelivered { pushes: 3, pushed_at: Some(then), stuck_since: Some(then), ..Undelivered::new(then) };
    objects.put(
        "the-StateBucket",
        &format!("undelivered/{second}"),
        &serde_json::to_string(&stuck).unwrap(),
        then,
    );
    objects.put("the-RecordingsBucket", &format!("{second}.wav"), "audio", then);
    let record = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        format!("{{\"ContactId\":\"{CONTACT}\"}}"),
    );
    let letter = format!(r#"{{"payload":{{"Records":[{{"kinesis":{{"data":"{record}"}}}}]}}}}"#);
    objects.put("the-StateBucket", "aws/lambda/1", &letter, then);

    let instances = mock!(aws_sdk_connect::Client::list_instances)
        .sequence()
        .http_status(403, denied("AccessDeniedException"))
        .repeatedly()
        .build();
    let no_job = mock!(aws_sdk_transcribe::Client::get_transcription_job)
        .sequence()
        .http_status(400, denied("NotFoundException"))
        .repeatedly()
        .build();
    let depths = mock!(Sqs::get_queue_attributes).then_output(|| GetQueueAttributesOutput::builder().build());
    let none = mock!(Sqs::receive_message).then_output(|| ReceiveMessageOutput::builder().build());
    let no_log = mock!(Logs::filter_log_events).then_output(|| FilterLogEventsOutput::builder().build());
    let mut cloud = cloud(&[], &[&instances], &[]);
    objects.serve(&mut cloud);
    cloud.transcribe = mock_client!(aws_sdk_transcribe, RuleMode::MatchAny, &[&no_job]);
    cloud.lambda = mock_client!(aws_sdk_lambda, RuleMode::MatchAny, [&active(), &reserved(None)]);
    cloud.sqs = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, &[&depths, &none]);
    cloud.logs = mock_client!(aws_sdk_cloudwatchlogs, RuleMode::MatchAny, &[&no_log]);

    let pipeline = pipeline();
    let ids = messages(&cloud, &pipeline, &VoicemailId::parse(CONTACT).unwrap()).await;
    assert_eq!(ids.iter().map(ToString::to_string).collect::<Vec<_>>(), [CONTACT, &second]);
    assert_eq!(messages(&cloud, &pipeline, &ids[1]).await, ids[1..]);
    let clues = look(&cloud, &params(), &pipeline_stack(), &pipeline, &ids[0]).await;
    let first = story(CONTACT, &clues);
    assert_eq!(first.outcome, Outcome::Delivered, "{first:?}");
    assert!(first.moments.iter().any(|moment| moment.text == "delivered as task task-1"), "{first:?}");
    let clues = look(&cloud, &params(), &pipeline_stack(), &pipeline, &ids[1]).await;
    // The letter holds the record of the contact, which tells of both.
    assert_eq!(clues.stream_letters.len(), 1);
    let clues = Clues { stream_letters: Vec::new(), ..clues };
    let told = story(&second, &clues);
    assert_eq!(told.outcome, Outcome::Stopped);
    assert!(told.verdict.starts_with("stuck at the step transcribe for 2 h"), "{}", told.verdict);
    assert!(told.moments.iter().any(|moment| moment.text.contains("retried it 3 times")), "{told:?}");
}

#[test]
fn a_broken_part_on_the_way_is_told_until_the_voicemail_has_ended() {
    let trigger =
        Finding::fatal(Code::Triggers, "the trigger T is disabled", "voicemails wait there", "run `x`");
    let with = |clues: Clues| story(CONTACT, &Clues { broken: vec![trigger.clone()], ..clues });
    let recorded = Clues { transcript: Seen::Missing, delivery: Seen::Missing, ..delivered() };
    let over = Clues { call: delivered().call, ..nothing() };
    for clues in [recorded, over] {
        let trace = with(clues);
        assert_eq!(trace.outcome, Outcome::Stopped);
        let told = "not there yet, because the trigger T is disabled; voicemails wait there; run `x`";
        assert_eq!(trace.verdict, told);
    }
    for (clues, outcome) in
        [(delivered(), Outcome::Delivered), (refused(), Outcome::Stopped), (nothing(), Outcome::Unknown)]
    {
        let trace = with(clues);
        assert_eq!(trace.outcome, outcome);
        assert!(!trace.verdict.contains("trigger"), "{}", trace.verdict);
    }
}

#[test]
fn every_end_is_told() {
    for (outcome, told, word) in [
        (Ending::Delivered, Outcome::Ended, "delivered"),
        (Ending::Cancelled, Outcome::Ended, "an agent answered"),
        (Ending::NothingSaid, Outcome::Ended, "without a word"),
        (Ending::Dropped, Outcome::Ended, "redrive --dropped"),
        (Ending::GivenUp, Outcome::Ended, "was given up"),
    ] {
        let ended = Seen::Found(Ended::new(outcome, at("11:00:00")));
        let trace = story(CONTACT, &Clues { ended, ..nothing() });
        assert_eq!(trace.outcome, told, "{outcome}");
        assert!(trace.verdict.contains(word) && trace.verdict.contains("1 h ago"), "{}", trace.verdict);
        assert!(trace.moments.iter().all(|moment| moment.text != "not yet"), "{trace:?}");
    }
}

#[test]
fn a_record_that_lambda_gave_up_is_told_with_what_to_do() {
    let trace = story(CONTACT, &Clues { stream_letters: vec![at("11:00:00")], ..nothing() });
    assert_eq!(trace.outcome, Outcome::Stopped);
    assert!(trace.verdict.contains("Lambda gave up on the contact's record 1 h ago"), "{}", trace.verdict);
    assert!(trace.verdict.ends_with("`vmx-install redrive`"), "{}", trace.verdict);
}
