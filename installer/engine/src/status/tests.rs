#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aws_sdk_cloudwatch::operation::describe_alarms::DescribeAlarmsOutput;
use aws_sdk_cloudwatch::primitives::{DateTime, DateTimeFormat as Format};
use aws_sdk_cloudwatch::types::{MetricAlarm, StateValue};
use aws_sdk_sqs::Client as Sqs;
use aws_sdk_sqs::types::QueueAttributeName;
use aws_smithy_mocks::{RuleMode, mock, mock_client};

use super::sample::*;
use super::*;
use crate::testing::{cloud, pipeline_stack};
use vmx_model::actual::{StackResource, StackState};
use vmx_model::testing::params;

#[test]
fn an_installation_that_works_has_no_troubles() {
    assert_eq!(judge(&well(), Vec::new()), []);
}

#[test]
fn whatever_is_wrong_is_told_with_what_to_do() {
    type Change = fn(&mut Status);
    let rows: [(Change, &str, &str); 10] = [
        (|s| s.stack.status = "UPDATE_IN_PROGRESS".into(), "is UPDATE_IN_PROGRESS", "status --watch"),
        (|s| s.stack.status = "UPDATE_ROLLBACK_FAILED".into(), "is UPDATE_ROLLBACK_FAILED", "console"),
        (|s| s.stack.status = "ROLLBACK_COMPLETE".into(), "is ROLLBACK_COMPLETE", "vmx-install install"),
        (
            |s| s.watchdog.as_mut().unwrap().last = Seen::Missing,
            "the watchdog has never run",
            "reserved concurrency",
        ),
        (
            |s| {
                let at = "2026-11-23T11:30:00Z".parse().unwrap();
                s.watchdog.as_mut().unwrap().last = Seen::Found(Round { at, broken: Vec::new() });
            },
            "the watchdog last ran 30 min ago",
            "log",
        ),
        (
            |s| {
                let at = "2026-11-23T11:57:00Z".parse().unwrap();
                let broken = vec!["ContactRecordTrigger: Disabled".to_owned()];
                s.watchdog.as_mut().unwrap().last = Seen::Found(Round { at, broken });
            },
            "the watchdog reports ContactRecordTrigger: Disabled",
            "the watchdog function's log",
        ),
        (
            |s| {
                s.stream_letters = Some(Seen::Found(StreamLetters {
                    count: 2,
                    oldest: Some("2026-11-20T12:00:00Z".parse().unwrap()),
                    more: true,
                }));
            },
            "Lambda gave up on more than 2 batches of contact records, the oldest waiting for 3 days",
            "redrive",
        ),
        (
            |s| {
                let on = |name: &str| AlarmStatus {
                    name: name.into(),
                    says: "It waits. What to do: wait".into(),
                    since: Some("2026-11-23T11:57:00Z".parse().unwrap()),
                };
                s.alarms = Seen::Found(vec![on("RetryQueueDeadLettersAlarm"), on("RetryQueueOldAlarm")]);
            },
            "the alarm RetryQueueOldAlarm has been in alarm for 3 min: It waits",
            "wait",
        ),
        (
            |s| {
                let stuck = |n: usize| {
                    let id = format!("00000000-0000-4000-8000-00000000c0d{n}");
                    open(&id, "2026-11-23T10:00:00Z", Some("2026-11-23T11:50:00Z"))
                };
                let oldest = Some(stuck(0));
                let stuck = (0..5).map(stuck).collect();
                let backlog = Backlog { count: 9, late: 5, oldest, stuck, ..Backlog::default() };
                s.undelivered = Some(Seen::Found(backlog));
            },
            "5 voicemails are stuck, the oldest for 2 h: 00000000-0000-4000-8000-00000000c0d0, ",
            "trace 00000000-0000-4000-8000-00000000c0d0",
        ),
        (
            |s| {
                let id = "00000000-0000-4000-8000-00000000c0de-2";
                let oldest = Some(open(id, "2026-11-23T10:00:00Z", None));
                let backlog = Backlog { count: 9, late: 1, oldest, ..Backlog::default() };
                s.undelivered = Some(Seen::Found(backlog));
            },
            "1 voicemail is late, the oldest started 2 h ago",
            "trace 00000000-0000-4000-8000-00000000c0de-2",
        ),
    ];
    for (change, what, remedy) in rows {
        let mut status = well();
        change(&mut status);
        let troubles = judge(&status, Vec::new());
        assert_eq!(troubles.len(), 1, "{what}: {troubles:?}");
        assert!(troubles[0].what.contains(what), "{what}: {troubles:?}");
        assert!(troubles[0].remedy.contains(remedy), "{remedy}: {troubles:?}");
    }
}

#[test]
fn what_is_only_unusual_is_no_trouble() {
    type Change = fn(&mut Status);
    let rows: [Change; 3] = [
        |s| s.stack.installed = None,
        |s| {
            // The version before.
            (s.undelivered, s.stream_letters, s.watchdog) = (None, None, None);
        },
        |s| {
            s.undelivered = Some(Seen::Unseen);
            s.stream_letters = Some(Seen::Unseen);
            s.watchdog.as_mut().unwrap().last = Seen::Unseen;
        },
    ];
    for (n, change) in rows.into_iter().enumerate() {
        let mut status = well();
        change(&mut status);
        assert_eq!(judge(&status, Vec::new()), [], "{n}");
    }
}

/// Every service denies or knows nothing: that is told, and ends nothing.
#[tokio::test]
async fn what_is_denied_is_not_seen_and_what_is_missing_is_gone() {
    let functions = mock!(aws_sdk_lambda::Client::get_function_configuration)
        .sequence()
        .http_status(403, Some(r#"{"__type":"AccessDeniedException","Message":"not allowed"}"#.to_owned()))
        .repeatedly()
        .build();
    let queues = mock!(Sqs::get_queue_attributes)
        .sequence()
        .http_status(
            400,
            Some(r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no such queue"}"#.to_owned()),
        )
        .repeatedly()
        .build();
    let buckets = mock!(aws_sdk_s3::Client::list_objects_v2)
        .sequence()
        .http_status(403, Some("<Error><Code>AccessDenied</Code><Message>no</Message></Error>".to_owned()))
        .repeatedly()
        .build();
    let instances = mock!(aws_sdk_connect::Client::list_instances)
        .sequence()
        .http_status(403, Some(r#"{"__type":"AccessDeniedException","Message":"not allowed"}"#.to_owned()))
        .repeatedly()
        .build();
    let objects = mock!(aws_sdk_s3::Client::get_object)
        .sequence()
        .http_status(403, Some("<Error><Code>AccessDenied</Code><Message>no</Message></Error>".to_owned()))
        .repeatedly()
        .build();
    let mut cloud = cloud(&[], &[&instances], &[&buckets, &objects]);
    cloud.lambda = mock_client!(aws_sdk_lambda, RuleMode::MatchAny, &[&functions]);
    cloud.sqs = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, &[&queues]);
    let status = look(&cloud, &params(), &pipeline_stack()).await;
    assert!(status.functions.iter().all(|function| function.state == Seen::Unseen));
    assert!(status.queues.iter().all(|queue| queue.queue == Seen::Missing));
    assert!(status.buckets.iter().all(|bucket| bucket.state == Seen::Unseen));
    assert_eq!(status.undelivered, Some(Seen::Unseen));
    assert_eq!(status.watchdog.as_ref().map(|watchdog| &watchdog.last), Some(&Seen::Unseen));
    // Five functions, three buckets, two listings and an object of the state bucket, the instance.
    assert_eq!(status.unseen.len(), 12, "{:#?}", status.unseen);
    assert!(status.unseen[0].contains("give the caller that permission"), "{:#?}", status.unseen);
    // Three queues and their dead-letter queues are gone.
    assert_eq!(status.troubles.len(), 6, "{:#?}", status.troubles);
}

#[tokio::test]
async fn alarms_that_are_on_are_told_by_the_names_of_the_template() {
    let resource = StackResource {
        logical_id: "RetryQueueOldAlarm".into(),
        physical_id: "vmx-RetryQueueOldAlarm-1ABC".into(),
        resource_type: "AWS::CloudWatch::Alarm".into(),
    };
    let since = "2026-11-23T11:57:00Z";
    let alarms = mock!(aws_sdk_cloudwatch::Client::describe_alarms)
        .match_requests(|asked| {
            asked.alarm_names() == ["vmx-RetryQueueOldAlarm-1ABC"]
                && asked.state_value() == Some(&StateValue::Alarm)
        })
        .then_output(move || {
            let alarm = MetricAlarm::builder()
                .alarm_name("vmx-RetryQueueOldAlarm-1ABC")
                .alarm_description("It waits. What to do: wait")
                .state_transitioned_timestamp(DateTime::from_str(since, Format::DateTime).unwrap());
            DescribeAlarmsOutput::builder().metric_alarms(alarm.build()).build()
        });
    let denied = mock!(aws_sdk_connect::Client::list_instances)
        .sequence()
        .http_status(403, Some(r#"{"__type":"AccessDeniedException","Message":"no"}"#.to_owned()))
        .repeatedly()
        .build();
    let mut cloud = cloud(&[], &[&denied], &[]);
    cloud.alarms = mock_client!(aws_sdk_cloudwatch, RuleMode::MatchAny, &[&alarms]);
    // A stack that is not finished: nothing else is looked at.
    let stack =
        StackState { status: "CREATE_COMPLETE".into(), resources: vec![resource], ..StackState::default() };
    let status = look(&cloud, &params(), &stack).await;
    let told = AlarmStatus {
        name: "RetryQueueOldAlarm".into(),
        says: "It waits. What to do: wait".into(),
        since: Some(since.parse().unwrap()),
    };
    assert_eq!(status.alarms, Seen::Found(vec![told]));
}

/// A stack of the version before has neither a state bucket nor a watchdog: everything else is looked at all the same.
#[tokio::test]
async fn the_version_before_is_looked_at_without_states() {
    let mut stack = pipeline_stack();
    let is_new = |name: &str| name == "StateBucket" || name.starts_with("Watchdog");
    stack.resources.retain(|resource| !is_new(&resource.logical_id));
    let functions = mock!(aws_sdk_lambda::Client::get_function_configuration)
        .sequence()
        .http_status(403, Some(r#"{"__type":"AccessDeniedException","Message":"no"}"#.to_owned()))
        .repeatedly()
        .build();
    let queues = mock!(Sqs::get_queue_attributes).then_output(|| {
        aws_sdk_sqs::operation::get_queue_attributes::GetQueueAttributesOutput::builder()
            .attributes(QueueAttributeName::RedrivePolicy, r#"{"deadLetterTargetArn": "d"}"#)
            .attributes(QueueAttributeName::Policy, "events.amazonaws.com")
            .build()
    });
    let instances = mock!(aws_sdk_connect::Client::list_instances)
        .sequence()
        .http_status(403, Some(r#"{"__type":"AccessDeniedException","Message":"no"}"#.to_owned()))
        .repeatedly()
        .build();
    let mut cloud = cloud(&[], &[&instances], &[]);
    crate::testing::Objects::default().serve(&mut cloud);
    cloud.lambda = mock_client!(aws_sdk_lambda, RuleMode::MatchAny, &[&functions]);
    cloud.sqs = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, &[&queues]);
    let status = look(&cloud, &params(), &stack).await;
    assert_eq!((status.undelivered, status.stream_letters, status.watchdog), (None, None, None));
    let buckets: Vec<_> = status.buckets.iter().map(|bucket| bucket.what.as_str()).collect();
    assert_eq!(buckets, ["recordings", "transcripts"]);
    assert_eq!((status.functions.len(), status.queues.len(), status.troubles.len()), (3, 3, 0));
}
