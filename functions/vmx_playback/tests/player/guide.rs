//! What contact flows get.

use serde_json::{Value, json};
use vmx_lambda::testing::Object;

use crate::world::{CONTACT, INSTANCE, World};

fn question(instance: &str, parameters: &Value) -> Value {
    json!({"Name": "ContactFlowEvent", "Details": {
        "ContactData": {"InstanceARN": instance, "ContactId": "00000000-0000-4000-8000-0000000000ff", "Attributes": {}},
        "Parameters": parameters,
    }})
}

async fn ask(world: &World, parameters: Value) -> Value {
    let answer = world.handle(&question(INSTANCE, &parameters)).await;
    let texts = answer.as_object().unwrap();
    assert_eq!(texts.len(), 9, "{answer}");
    assert!(texts.values().all(Value::is_string), "Amazon Connect takes texts only: {answer}");
    answer
}

#[tokio::test(start_paused = true)]
async fn a_guide_gets_flat_texts() {
    let world = World::new();
    let answer = ask(&world, json!({"contact_id": CONTACT, "minutes": "10"})).await;
    let audio = answer["audio_url"].as_str().unwrap();
    let start = format!("https://recordings.s3.us-east-1.amazonaws.com/{CONTACT}.wav?");
    assert!(audio.starts_with(&start) && audio.contains("X-Amz-Expires=600"), "{audio}");
    let mut rest = answer.clone();
    rest.as_object_mut().unwrap().remove("audio_url");
    assert_eq!(
        rest,
        json!({
            "status": "found",
            "transcript": "Seven of clubs.",
            "summary": "A card.",
            "caller": "+15555550100",
            "recipient": "The support team",
            "received_at": "2026-11-23 10:00 UTC",
            "duration": "0:03",
            "notes": "Part of the audio was lost and is replaced by silence.",
        })
    );
}

#[tokio::test(start_paused = true)]
async fn a_guide_speaks_the_language_of_its_readers() {
    let world = World::speaking("pt-BR");
    let answer = ask(&world, json!({"contact_id": CONTACT})).await;
    assert_eq!(answer["received_at"], "23/11/2026, 10:00 (UTC)");
    assert_eq!(answer["notes"], "Parte do áudio se perdeu e foi substituída por silêncio.");
    assert_eq!(
        ask(&world, json!({})).await["notes"],
        "O fluxo não informou de qual mensagem de voz precisa."
    );
}

#[tokio::test(start_paused = true)]
async fn a_guide_may_ask_for_a_contacts_second_message() {
    let world = World::new();
    let second = format!("{CONTACT}-2");
    assert_eq!(ask(&world, json!({"contact_id": second})).await["status"], "unknown");
    {
        let objects = &mut world.state().buckets.objects;
        let mut package: Value =
            serde_json::from_slice(&objects[&format!("transcripts/packages/{CONTACT}")].body).unwrap();
        package["message"] = json!(2);
        package["transcript"]["text"] = json!("Eight of spades.");
        let object = Object { body: package.to_string().into_bytes(), ..Object::default() };
        objects.insert(format!("transcripts/packages/{second}"), object);
    }
    assert_eq!(ask(&world, json!({"contact_id": second})).await["transcript"], "Eight of spades.");
    assert_eq!(ask(&world, json!({"contact_id": CONTACT})).await["transcript"], "Seven of clubs.");
}

#[tokio::test(start_paused = true)]
async fn a_guide_has_no_empty_rows() {
    let world = World::new();
    let kept = format!("transcripts/packages/{CONTACT}");
    let mut package: Value = serde_json::from_slice(&world.state().buckets.objects[&kept].body).unwrap();
    package["summary"] = Value::Null;
    package["warnings"] = json!([]);
    let object = Object { body: package.to_string().into_bytes(), ..Object::default() };
    world.state().buckets.objects.insert(kept, object);
    let answer = ask(&world, json!({"contact_id": CONTACT})).await;
    assert_eq!((&answer["summary"], &answer["notes"]), (&json!("None."), &json!("None.")));
}

#[tokio::test(start_paused = true)]
async fn what_has_expired_is_said_in_the_notes() {
    let world = World::new();
    world.state().buckets.objects.remove(&format!("recordings/{CONTACT}.wav"));
    let answer = ask(&world, json!({"contact_id": CONTACT})).await;
    assert_eq!((&answer["status"], &answer["audio_url"]), (&json!("found"), &json!("")));
    assert!(answer["notes"].as_str().unwrap().starts_with("The recording has expired and was deleted."));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_said_flatly() {
    let world = World::new();
    for parameters in [
        json!({"contact_id": "00000000-0000-4000-8000-00000000beef"}),
        json!({"contact_id": "../../secret"}),
        json!({"contact_id": ""}),
        json!({}),
    ] {
        let answer = ask(&world, parameters).await;
        assert_eq!((&answer["status"], &answer["transcript"]), (&json!("unknown"), &json!("")));
        assert_ne!(answer["notes"], "");
    }
    world.state().errors = vec![("s3:GetObject", 9, 503, "SlowDown")];
    assert_eq!(ask(&world, json!({"contact_id": CONTACT})).await["status"], "unavailable");
}

#[tokio::test(start_paused = true)]
async fn flows_of_other_instances_get_nothing() {
    let world = World::new();
    let other = INSTANCE.replace("111122223333", "444455556666");
    let answer = world.handle(&question(&other, &json!({"contact_id": CONTACT}))).await;
    assert_eq!((&answer["status"], &answer["audio_url"]), (&json!("refused"), &json!("")));
    assert_eq!(world.aws.actions(), [""; 0]);
}
