//! Several messages of one contact: each is a voicemail of its own, and the contact is done when all of them are.

use serde_json::{Value, json};
use vmx_contract::attributes::Prefix;

use crate::world::{CONTACT, RECORDING, World, created, transcript};

fn name(number: u32) -> String {
    if number == 1 { CONTACT.to_owned() } else { format!("{CONTACT}-{number}") }
}

/// A world in which the contact left so many messages; the flows' attributes beside the flag.
fn world(count: u32, attributes: &[(&str, &str)]) -> World {
    let world = World::new();
    let mut state = world.state();
    let recording = state.buckets.objects[RECORDING].clone();
    for number in 2..=count {
        let name = name(number);
        let mut recording = recording.clone();
        recording.body.extend(vec![0; 16_000 * number as usize]);
        state.buckets.objects.insert(format!("recordings/{name}.wav"), recording);
        let said = transcript(&format!("Message {number}."));
        state.buckets.objects.insert(format!("transcripts/{name}.json"), said);
        let undelivered = state.buckets.objects[&format!("state/undelivered/{CONTACT}")].clone();
        state.buckets.objects.insert(format!("state/undelivered/{name}"), undelivered);
        state.jobs.insert(format!("stack.{name}"));
    }
    let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    state.attributes.extend(attributes);
    drop(state);
    world
}

async fn transcribed(world: &World, number: u32) -> bool {
    world.message(&created("transcripts", &format!("{}.json", name(number)))).await
}

fn attribute(world: &World, name: &str) -> String {
    world.state().attributes.get(name).cloned().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn each_message_is_delivered_by_its_own_name() {
    let world = world(2, &[("vm_saved_1", "saved"), ("vm_saved_2", "saved"), ("vm_taking", "0")]);
    assert!(transcribed(&world, 1).await && transcribed(&world, 2).await);
    let state = world.state();
    assert_eq!(state.tasks.keys().cloned().collect::<Vec<_>>(), [name(1), name(2)]);
    let second = &state.tasks[&name(2)];
    assert_eq!(second["RelatedContactId"], CONTACT, "the contact is the same");
    assert!(second["Description"].as_str().unwrap().starts_with("Message 2."));
    let link = second["References"]["Recording"]["Value"].as_str().unwrap();
    assert!(link.contains(&format!("/{}.wav?", name(2))), "{link}");
    assert!(state.jobs.is_empty());
    let kept: Value =
        serde_json::from_slice(&state.buckets.objects[&format!("transcripts/packages/{}", name(2))].body)
            .unwrap();
    assert_eq!((&kept["contactId"], &kept["message"]), (&json!(CONTACT), &json!(2)));
    for number in [1, 2] {
        let name = name(number);
        assert!(state.buckets.objects.contains_key(&format!("state/ended/{name}")));
        assert!(state.buckets.objects.contains_key(&format!("state/delivered/{name}/task")));
        assert!(!state.buckets.objects.contains_key(&format!("state/undelivered/{name}")));
        assert_eq!(state.buckets.objects[&format!("recordings/{name}.wav")].tags["vm-state"], "done");
    }
}

#[tokio::test(start_paused = true)]
async fn the_flag_falls_with_the_last_message() {
    for order in [[1, 2, 3], [3, 1, 2], [2, 3, 1]] {
        let world = world(3, &[("vm_saved_1", "saved"), ("vm_saved_2", "saved"), ("vm_taking", "1")]);
        for (n, number) in order.into_iter().enumerate() {
            assert_eq!(attribute(&world, "vm_flag"), "1", "{order:?} {n}");
            assert!(transcribed(&world, number).await);
            match number {
                3 => assert_eq!(attribute(&world, "vm_taking"), "1", "a later contact may be taking one"),
                saved => assert_eq!(attribute(&world, &format!("vm_saved_{saved}")), "done"),
            }
        }
        assert_eq!(attribute(&world, "vm_flag"), "0", "{order:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn messages_that_end_at_the_same_time_drop_the_flag() {
    let world = world(2, &[("vm_saved_1", "saved"), ("vm_taking", "1")]);
    let (one, two) = tokio::join!(transcribed(&world, 1), transcribed(&world, 2));
    assert!(one && two);
    assert_eq!(attribute(&world, "vm_flag"), "0");
    assert_eq!(
        (attribute(&world, "vm_saved_1"), attribute(&world, "vm_taking")),
        ("done".into(), "1".into())
    );
}

/// The next contact of the call may be taking a message, and these flows would say so by nothing else.
#[tokio::test(start_paused = true)]
async fn flows_without_slots_keep_their_flag() {
    let world = world(1, &[]);
    world.state().attributes.remove("vm_taking");
    assert!(transcribed(&world, 1).await);
    assert_eq!(attribute(&world, "vm_flag"), "1");
    assert!(world.state().buckets.objects.contains_key(&format!("state/ended/{}", name(1))));
}

/// One that is stuck keeps the flag, so that a record that comes again still means something.
#[tokio::test(start_paused = true)]
async fn a_message_that_does_not_end_keeps_the_flag() {
    let world = world(2, &[("vm_saved_1", "saved"), ("vm_saved_2", "saved"), ("vm_taking", "0")]);
    assert!(transcribed(&world, 1).await);
    assert_eq!(attribute(&world, "vm_flag"), "1");
    assert_eq!(attribute(&world, "vm_saved_1"), "done");
    assert_eq!(attribute(&world, "vm_saved_2"), "saved");
    // It ends otherwise: an agent answered, say.
    world.put(
        &format!("state/ended/{}", name(2)),
        r#"{"v":1,"outcome":"cancelled","at":"2026-11-23T10:00:00Z"}"#,
        1,
    );
    assert!(transcribed(&world, 1).await);
    assert_eq!(attribute(&world, "vm_flag"), "0");
}

#[tokio::test(start_paused = true)]
async fn the_flag_is_reset_under_its_own_name() {
    let world = World::with(|voicemail| voicemail.prefix = Prefix::Vmx3);
    let attributes =
        |flag| [("vmx3_flag", flag), ("vm_taking", "1")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    world.state().attributes = attributes("1").into();
    assert!(world.transcribed().await);
    assert_eq!(world.state().attributes, attributes("0").into());
}
