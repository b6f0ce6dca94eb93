//! Bad input costs no voicemail: it is delivered with what there is, or its message stays in the queue.

use serde_json::{Value, json};
use vmx_lambda::testing::Object;

use crate::world::{CONTACT, World};

fn replace_transcript(world: &World, body: &[u8]) {
    let object = Object { body: body.to_vec(), ..Object::default() };
    world.state().buckets.objects.insert(format!("transcripts/{CONTACT}.json"), object);
}

#[tokio::test(start_paused = true)]
async fn a_transcript_without_words_or_form_is_delivered_with_a_note() {
    for (body, note) in [
        (&br#"{"results":{"transcripts":[{"transcript":""}]}}"#[..], "(No speech was recognized."),
        (b"<html>", "(The transcription failed."),
        (b"", "(The transcription failed."),
    ] {
        let world = World::new();
        replace_transcript(&world, body);
        assert!(world.transcribed().await);
        let description = world.task()["Description"].as_str().unwrap().to_owned();
        assert!(description.starts_with(note), "{description}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_transcript_without_end_is_not_read_to_its_end() {
    let world = World::new();
    replace_transcript(&world, &vec![b' '; 17 << 20]);
    assert!(world.transcribed().await);
    assert!(world.task()["Description"].as_str().unwrap().starts_with("(The transcription failed."));
}

#[tokio::test(start_paused = true)]
async fn a_contact_that_connect_does_not_know_is_delivered_all_the_same() {
    let world = World::new();
    world.state().errors = vec![
        ("connect:GetContactAttributes", 9, 404, "ResourceNotFoundException"),
        ("connect:StartTaskContact", 1, 404, "ResourceNotFoundException"),
        ("connect:UpdateContactAttributes", 9, 404, "ResourceNotFoundException"),
    ];
    assert!(world.transcribed().await);
    assert_eq!(world.task().get("RelatedContactId"), None);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_connect_refuses_in_every_form_stays_in_the_queue() {
    let world = World::new();
    world.state().errors = vec![("connect:StartTaskContact", 9, 400, "InvalidParameterException")];
    assert!(!world.transcribed().await);
    let state = world.state();
    assert!(state.tasks.is_empty() && state.jobs.len() == 1, "nothing was cleaned up");
    assert_eq!(state.attributes["vm_flag"], "1");
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_takes_no_attachment_gets_the_task_without() {
    let attached = |world: &World| world.task()["Attachments"][0]["FileName"].clone();
    let world = World::configured(|config| config.attach_to_task = true, |_| ());
    assert!(world.transcribed().await);
    assert_eq!(attached(&world), format!("{CONTACT}.wav"));
    let url = world.task()["Attachments"][0]["S3Url"].as_str().unwrap().to_owned();
    assert!(url.contains(&format!("{CONTACT}.wav?")) && url.contains("X-Amz-Expires=900"), "{url}");

    let world = World::configured(|config| config.attach_to_task = true, |_| ());
    world.state().errors = vec![("connect:StartTaskContact", 1, 400, "InvalidRequestException")];
    assert!(world.transcribed().await);
    assert_eq!(attached(&world), Value::Null);
    assert_eq!(world.task()["RelatedContactId"], CONTACT);
    assert_eq!(world.aws.calls_of("connect:StartTaskContact").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_quota_that_is_used_up_is_waited_for() {
    let world = World::new();
    world.state().errors = vec![("connect:StartTaskContact", 9, 402, "ServiceQuotaExceededException")];
    assert!(!world.transcribed().await);
    let asked = world.aws.calls_of("connect:StartTaskContact");
    assert!(asked.iter().all(|call| call.json()["RelatedContactId"] == CONTACT), "no other form was tried");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_no_event_and_a_recording_without_metadata_stay_in_the_queue() {
    let world = World::new();
    assert!(!world.message(&json!("not an event")).await);
    world.state().buckets.objects.values_mut().for_each(|object| object.metadata.clear());
    assert!(!world.transcribed().await);
    world.state().buckets.objects.remove(&format!("recordings/{CONTACT}.wav"));
    assert!(!world.transcribed().await);
    assert!(world.state().tasks.is_empty());
}
