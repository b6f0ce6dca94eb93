//! Dead letters.

use crate::world::World;

#[tokio::test(start_paused = true)]
async fn letters_are_new_once_and_expire_four_days_before_their_end() {
    let world = World::new();
    assert_eq!(world.round().await.new_letters, 0.0);
    world.letters(2, 0);
    world.pass(5).await;
    assert_eq!(world.round().await.new_letters, 2.0);
    world.pass(5).await;
    assert_eq!(world.round().await.new_letters, 0.0);
    world.pass(9 * 24 * 60).await;
    assert_eq!(world.round().await.expiring, 0.0);
    world.pass(24 * 60).await;
    let counted = world.round().await;
    assert_eq!((counted.new_letters, counted.expiring), (0.0, 2.0));
    world.state().letters.clear();
    assert_eq!(world.round().await.expiring, 0.0);
}

/// A message keeps its first send time in the dead-letter queue and expires by it.
#[tokio::test(start_paused = true)]
async fn a_letter_is_as_old_as_its_message_and_not_as_its_stay_here() {
    const DAY: i64 = 24 * 60;
    let world = World::new();
    world.round().await;
    // A trigger was disabled for eleven days, and then the attempts failed.
    world.letters(1, 11 * DAY);
    world.letters(30, 0);
    world.pass(5).await;
    let counted = world.round().await;
    assert_eq!((counted.new_letters, counted.expiring, counted.broken), (31.0, 1.0, 0.0));
    assert!(world.state().letters.iter().all(|letter| !letter.is_held), "they are let go");
    let received = || world.aws.calls_of("sqs:ReceiveMessage").len();
    assert_eq!(received(), 4);
    // The number of calls depends on the number of letters alone.
    world.pass(5).await;
    assert_eq!((world.round().await.expiring, received()), (1.0, 8));
    // One leaves and an older one arrives.
    world.state().letters.truncate(30);
    world.letters(1, 12 * DAY);
    world.pass(5).await;
    assert_eq!(world.round().await.expiring, 2.0);
    // The old one is redriven: the rest is not mistaken for it.
    world.state().letters.remove(0);
    world.pass(5).await;
    assert_eq!(world.round().await.expiring, 1.0);
}

/// Letters held by another consumer keep their known times.
#[tokio::test(start_paused = true)]
async fn letters_that_cannot_be_received_are_counted_all_the_same() {
    let world = World::new();
    world.letters(2, 11 * 24 * 60);
    assert_eq!(world.round().await.expiring, 2.0);
    world.state().letters[0].is_held = true;
    world.pass(60).await;
    assert_eq!(world.round().await.expiring, 2.0);
    world.letters(1, 0);
    world.state().refused.insert("sqs:ReceiveMessage");
    world.pass(5).await;
    let counted = world.round().await;
    assert_eq!((counted.new_letters, counted.expiring, counted.broken), (1.0, 2.0, 1.0));
    assert!(world.last().broken[0].why.contains("sqs:ReceiveMessage"), "{:?}", world.last());
}

/// The number of letters stays the same: only their IDs show the new one.
#[tokio::test(start_paused = true)]
async fn a_letter_that_arrives_while_another_leaves_is_new() {
    let world = World::new();
    world.letters(2, 0);
    assert_eq!(world.round().await.new_letters, 2.0);
    world.state().letters.remove(0);
    world.letters(1, 0);
    world.pass(5).await;
    assert_eq!(world.round().await.new_letters, 1.0);
    world.pass(5).await;
    assert_eq!(world.round().await.new_letters, 0.0);
    // One of the records that Lambda wrote is redriven and given up again.
    let key = |n| format!("aws/lambda/{}/shardId-000000000000/2026/11/23/{n}", crate::world::TRIGGERS[0]);
    world.put("state", &key(1), "{}");
    world.pass(5).await;
    assert_eq!(world.round().await.new_letters, 1.0);
    world.state().buckets.objects.remove(&format!("state/{}", key(1)));
    world.put("state", &key(2), "{}");
    world.pass(5).await;
    assert_eq!(world.round().await.new_letters, 1.0);
    world.pass(5).await;
    assert_eq!(world.round().await.new_letters, 0.0);
}

/// Someone looks at a letter in the console: it is not new again afterwards.
#[tokio::test(start_paused = true)]
async fn a_letter_that_was_held_is_not_new_again() {
    let world = World::new();
    world.letters(2, 0);
    assert_eq!(world.round().await.new_letters, 2.0);
    for is_held in [true, false] {
        world.state().letters[1].is_held = is_held;
        world.pass(5).await;
        assert_eq!(world.round().await.new_letters, 0.0);
    }
}

#[tokio::test(start_paused = true)]
async fn letters_that_were_there_before_the_first_round_are_new() {
    let world = World::new();
    world.letters(3, 0);
    assert_eq!(world.round().await.new_letters, 3.0);
}

#[tokio::test(start_paused = true)]
async fn contact_records_that_lambda_gave_up_are_letters() {
    let world = World::new();
    world.round().await;
    let key = "aws/lambda/00000000-0000-4000-8000-000000000701/shardId-000000000000/2026/11/23/2026-11-23T10.00.00-some-id";
    world.put("state", key, "{}");
    world.pass(5).await;
    assert_eq!(world.round().await.new_letters, 1.0);
    world.pass(10 * 24 * 60).await;
    let counted = world.round().await;
    assert_eq!((counted.new_letters, counted.expiring), (0.0, 1.0));
}

#[tokio::test(start_paused = true)]
async fn without_the_round_before_nothing_is_taken_for_new_and_nothing_is_forgotten() {
    let world = World::new();
    world.letters(2, 0);
    world.round().await;
    world.state().refused.insert("s3:GetObject");
    world.pass(5).await;
    let counted = world.round().await;
    assert_eq!((counted.new_letters, counted.broken), (0.0, 1.0));
    world.state().refused.clear();
    world.pass(5).await;
    assert_eq!(world.round().await.new_letters, 0.0);
}

/// A round that dies before it remembers what it counted counts twice rather than never.
#[tokio::test(start_paused = true)]
async fn letters_that_cannot_be_remembered_are_new_again() {
    let world = World::new();
    world.round().await;
    world.letters(2, 0);
    world.state().refused.insert("s3:PutObject");
    for _ in 0..2 {
        world.pass(5).await;
        let counted = world.round().await;
        assert_eq!((counted.new_letters, counted.broken), (2.0, 1.0));
    }
    world.state().refused.clear();
    world.pass(5).await;
    assert_eq!(world.round().await.new_letters, 2.0);
    world.pass(5).await;
    assert_eq!(world.round().await.new_letters, 0.0);
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_cannot_be_looked_at_is_broken_and_its_letters_still_expire() {
    let world = World::new();
    world.letters(2, 0);
    world.round().await;
    world.state().refused.insert("sqs:GetQueueAttributes");
    world.pass(10 * 24 * 60).await;
    let counted = world.round().await;
    assert_eq!((counted.expiring, counted.broken, counted.new_letters), (2.0, 1.0, 0.0));
}
