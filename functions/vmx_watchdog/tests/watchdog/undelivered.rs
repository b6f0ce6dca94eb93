//! Voicemails without progress.

use vmx_contract::state::Outcome;
use vmx_lambda::event_bridge::Event;

use crate::world::{Counted, START, World, id, minutes_after};

#[tokio::test(start_paused = true)]
async fn what_was_written_just_now_is_left_alone() {
    let world = World::new();
    (0..3).for_each(|n| world.begin(&id(n)));
    world.pass(5).await;
    let counted = world.round().await;
    assert_eq!(counted, Counted { undelivered: 3.0, oldest: counted.oldest, ..Counted::default() });
    assert_eq!(counted.oldest.floor(), 300.0);
    assert!(world.aws.calls_of("s3:GetObject").iter().all(|call| call.path == "/watchdog/last"));
    assert_eq!(world.state().sent, []);
}

#[tokio::test(start_paused = true)]
async fn a_lost_event_of_a_recording_is_sent_again() {
    let world = World::new();
    world.begin(&id(1));
    world.record(&id(1));
    assert_eq!(world.rounds(15).await, [(10, "recordings Object Created".to_owned())]);
    let event = Event::parse(&world.state().sent[0].1.to_string()).unwrap();
    assert_eq!(event, Event::ObjectCreated { bucket: "recordings".into(), key: id(1).recording_key() });
    assert_eq!(world.noted(&id(1)).pushes, 1);
}

#[tokio::test(start_paused = true)]
async fn a_transcript_that_does_not_come_is_told_of_when_it_is_due() {
    let world = World::new();
    world.begin(&id(1));
    world.record(&id(1));
    let told = world.rounds(65).await;
    let expected = [
        (10, "recordings Object Created"),
        (30, "recordings Object Created"),
        (60, "transcripts Transcript Due"),
    ];
    assert_eq!(told, expected.map(|(at, text)| (at, text.to_owned())));
    let Event::TranscriptDue(reminder) = Event::parse(&world.state().sent[2].1.to_string()).unwrap() else {
        panic!("it is no reminder");
    };
    assert_eq!((reminder.id, reminder.due_at), (id(1), minutes_after(START, 60)));
}

#[tokio::test(start_paused = true)]
async fn a_lost_event_of_a_transcript_is_sent_again_three_times_and_then_it_is_stuck() {
    let world = World::new();
    world.begin(&id(1));
    world.record(&id(1));
    world.transcribe(&id(1));
    let told = world.rounds(105).await;
    assert_eq!(told.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [10, 30, 70]);
    assert!(told.iter().all(|(_, text)| text == "transcripts Object Created"));
    world.pass(5).await;
    let counted = world.round().await;
    assert_eq!((counted.stuck, counted.new_stuck, counted.broken), (1.0, 1.0, 0.0));
    assert!((110.0 * 60.0..111.0 * 60.0).contains(&counted.oldest), "{counted:?}");
    assert_eq!(world.noted(&id(1)).since, minutes_after(START, 0));
    // It stays stuck and is not retried again.
    assert_eq!(world.rounds(300).await, []);
    // A new process knows that too.
    let mut world = world;
    world.restart();
    let counted = world.round().await;
    assert_eq!((counted.stuck, counted.new_stuck), (1.0, 0.0));
}

/// The alarm on stuck voicemails stays on while there is one, so newly stuck ones have their own metric.
#[tokio::test(start_paused = true)]
async fn each_one_that_gets_stuck_is_new_once_whatever_is_stuck_already() {
    let mut world = World::new();
    world.begin(&id(1));
    world.rounds(110).await;
    world.begin(&id(2));
    world.rounds(105).await;
    let counted = world.round().await;
    assert_eq!((counted.undelivered, counted.stuck, counted.new_stuck), (2.0, 1.0, 0.0));
    world.pass(5).await;
    let counted = world.round().await;
    assert_eq!((counted.stuck, counted.new_stuck), (2.0, 1.0));
    world.pass(5).await;
    assert_eq!(world.round().await.new_stuck, 0.0);
    // A process that dies before it notes the third has counted it, and so does the next one.
    world.begin(&id(3));
    world.rounds(105).await;
    world.state().refused.insert("s3:PutObject");
    world.pass(5).await;
    assert_eq!(world.round().await.new_stuck, 1.0);
    assert_eq!(world.noted(&id(3)).stuck_since, None);
    world.state().refused.clear();
    world.restart();
    assert_eq!(world.round().await.new_stuck, 1.0);
    world.restart();
    world.pass(5).await;
    assert_eq!(world.round().await.new_stuck, 0.0);
}

#[tokio::test(start_paused = true)]
async fn a_redacted_transcript_is_one_as_well() {
    let world = World::with(&[("VMX_REDACT", "true")]);
    world.begin(&id(1));
    world.record(&id(1));
    world.put("transcripts", &id(1).redacted_transcript_key(), "{}");
    assert_eq!(world.rounds(10).await, [(10, "transcripts Object Created".to_owned())]);
    let event = Event::parse(&world.state().sent[0].1.to_string()).unwrap();
    let key = id(1).redacted_transcript_key();
    assert_eq!(event, Event::ObjectCreated { bucket: "transcripts".into(), key });
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_recorded_is_stuck_after_two_hours_and_moves_on_when_it_is() {
    let world = World::new();
    world.begin(&id(1));
    assert_eq!(world.rounds(110).await, []);
    assert!(world.noted(&id(1)).stuck_since.is_some());
    world.record(&id(1));
    // A stuck one is checked every hour. By then its transcript is due.
    let told = world.rounds(80).await;
    assert_eq!(
        told.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(),
        ["transcripts Transcript Due"]
    );
    assert_eq!(world.noted(&id(1)).stuck_since, None);
}

#[tokio::test(start_paused = true)]
async fn an_end_that_was_left_half_done_is_completed() {
    for (recorded_days_before, tag) in [(0, "done"), (2, "late-60"), (130, "late-240")] {
        let world = World::new();
        world.begin(&id(1));
        world.record(&id(1));
        let recording = format!("recordings/{}", id(1).recording_key());
        let theirs = ("theirs".to_owned(), "stays".to_owned());
        world.state().buckets.objects.get_mut(&recording).unwrap().tags.extend([theirs.clone()]);
        world.pass(recorded_days_before * 24 * 60).await;
        world.end(&id(1), Outcome::Delivered);
        world.pass(10).await;
        let counted = world.round().await;
        assert_eq!(counted, Counted::default());
        assert!(!world.has("state", &id(1).undelivered_key()) && world.has("state", &id(1).ended_key()));
        let tags = world.state().buckets.objects[&recording].tags.clone();
        assert_eq!(tags, [theirs, ("vm-state".to_owned(), tag.to_owned())].into());
        assert_eq!(world.state().sent, []);
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_without_a_recording_is_completed_as_well() {
    let world = World::new();
    world.begin(&id(1));
    world.end(&id(1), Outcome::Cancelled);
    world.pass(10).await;
    assert_eq!(world.round().await.undelivered, 0.0);
    assert!(!world.has("state", &id(1).undelivered_key()));
    assert_eq!(world.aws.calls_of("s3:PutObjectTagging").len(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_the_version_before_has_delivered_gets_a_witness() {
    let world = World::new();
    world.begin(&id(1));
    world.record(&id(1));
    world.put("transcripts", &id(1).old_delivered_key(), "");
    // The receipt of a single mode is not enough.
    world.begin(&id(2));
    world.record(&id(2));
    world.put("transcripts", &format!("{}/task", id(2).old_delivered_key()), "");
    world.pass(10).await;
    assert_eq!(world.round().await.undelivered, 1.0);
    assert!(world.has("state", &id(1).ended_key()) && !world.has("state", &id(2).ended_key()));
    assert!(world.has("state", &id(2).undelivered_key()));
}

#[tokio::test(start_paused = true)]
async fn what_ends_while_it_is_pushed_does_not_come_back() {
    let world = World::new();
    world.begin(&id(1));
    world.record(&id(1));
    world.rounds(10).await;
    // The process remembers it from here on and does not read it again; meanwhile it ends and is removed.
    world.state().buckets.objects.remove(&format!("state/{}", id(1).undelivered_key()));
    let key = format!("state/{}", id(1).undelivered_key());
    world.rounds(60).await;
    assert!(!world.state().buckets.objects.contains_key(&key));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_counts_as_new_and_is_written_anew() {
    let world = World::new();
    world.put("state", &id(1).undelivered_key(), "no json");
    world.put("state", "undelivered/somebody's", "no voicemail");
    world.record(&id(1));
    assert_eq!(world.rounds(10).await.len(), 1);
    assert_eq!(world.noted(&id(1)).pushes, 1);
    assert_eq!(world.round().await.undelivered, 1.0);
}

#[tokio::test(start_paused = true)]
async fn where_nothing_can_be_sent_that_counts_as_broken_and_is_tried_again() {
    let world = World::new();
    world.begin(&id(1));
    world.record(&id(1));
    world.state().refused.insert("sqs:SendMessage");
    world.pass(10).await;
    let counted = world.round().await;
    assert_eq!((counted.undelivered, counted.broken), (1.0, 1.0));
    assert!(world.last().broken[0].why.contains("sqs:SendMessage"), "{:?}", world.last());
    assert_eq!(world.noted(&id(1)).pushes, 0);
    world.state().refused.clear();
    assert_eq!(world.rounds(5).await.len(), 1);
}
