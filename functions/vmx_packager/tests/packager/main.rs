//! Events about transcripts in, tasks out: the handler with the clients that run on Lambda, against an AWS that is a
//! function of requests.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bad_input;
mod claims;
mod counted;
mod deadline;
mod failures;
mod guided;
mod hostile_text;
mod links;
mod messages;
mod modes;
mod once;
mod recipients;
mod salesforce;
mod silent;
mod steps;
mod summary;
mod upgrade;
mod witness;
mod world;

use serde_json::{Value, json};
use vmx_contract::mode::Mode;
use vmx_lambda::testing::Captured;
use world::{
    CALLER, CONTACT, ENDED, INSTANCE, JOB, RECEIPTS, TASK_FLOW, UNDELIVERED, WORDS, World, created,
    job_failed,
};

#[tokio::test(start_paused = true)]
async fn a_transcribed_voicemail_becomes_a_task() {
    let world = World::new();
    assert!(world.transcribed().await);
    let task = world.task();
    assert_eq!(task["InstanceId"], INSTANCE.rsplit('/').next().unwrap());
    assert_eq!((&task["ContactFlowId"], &task["ClientToken"]), (&json!(TASK_FLOW), &json!(CONTACT)));
    assert_eq!((&task["RelatedContactId"], task.get("PreviousContactId")), (&json!(CONTACT), None));
    assert_eq!(task["Name"], format!("Voicemail from {CALLER} for The support team"));
    let description = task["Description"].as_str().unwrap();
    assert!(description.starts_with(WORDS) && description.contains("0:03 minutes"), "{description}");
    assert_eq!(
        task["Attributes"],
        json!({"vm_task_target": "queue", "vm_task_queue_arn": format!("{INSTANCE}/queue/support"), "vm_flag": "0",
               "vm_taking": "0"})
    );
    let link = task["References"]["Recording"]["Value"].as_str().unwrap();
    assert!(
        link.starts_with(&format!("https://recordings.s3.us-east-1.amazonaws.com/{CONTACT}.wav?")),
        "{link}"
    );
    assert!(link.contains("X-Amz-Expires=3600") && link.contains("X-Amz-Signature="), "{link}");
    assert_eq!(
        world.object(&format!("{RECEIPTS}/task")),
        Some(json!({"mode": "task", "reference": "task-1"}))
    );
    let ended = world.object(ENDED).unwrap();
    assert_eq!((&ended["v"], &ended["outcome"]), (&json!(1), &json!("delivered")));
    assert_eq!(world.tag(), "done");
    let state = world.state();
    assert!(!state.buckets.objects.contains_key(UNDELIVERED));
    assert_eq!((state.jobs.len(), state.attributes["vm_flag"].as_str()), (0, "0"));
}

#[tokio::test(start_paused = true)]
async fn a_failed_transcription_is_delivered_with_a_note() {
    let world = World::new();
    world.state().buckets.objects.remove(&format!("transcripts/{CONTACT}.json"));
    assert!(world.message(&job_failed(JOB)).await);
    let description = world.task()["Description"].as_str().unwrap().to_owned();
    assert!(description.starts_with("(The transcription failed."), "{description}");
    let kept = world.object(&format!("transcripts/packages/{CONTACT}")).unwrap();
    assert_eq!(kept["transcript"]["reason"], "No speech at all.");
}

#[tokio::test(start_paused = true)]
async fn events_about_anything_else_are_ignored() {
    let world = World::new();
    let completed: Value =
        serde_json::from_str(&job_failed(JOB).to_string().replace("FAILED", "COMPLETED")).unwrap();
    for other in [
        created("transcripts", "notes.json"),
        created("transcripts", &format!("{CONTACT}.wav")),
        created("elsewhere", &format!("{CONTACT}.json")),
        created("transcripts", &format!("delivered/{CONTACT}")),
        created("transcripts", &format!("packages/{CONTACT}")),
        job_failed("somebody-elses-job"),
        job_failed("stack.somebody-elses-job"),
        job_failed(&format!("another-stack.{CONTACT}")),
        completed,
    ] {
        assert!(world.message(&other).await, "{other}");
        assert_eq!(world.aws.actions(), [""; 0]);
    }
    assert!(world.message(&job_failed("00000000-0000-4000-8000-00000000beef")).await);
    assert_eq!(world.aws.actions(), ["s3:HeadObject"; 4], "a job that is named like a contact, but not ours");
}

#[tokio::test(start_paused = true)]
async fn a_mode_that_is_not_enabled_becomes_a_task_with_a_note() {
    let world = World::with(|voicemail| voicemail.modes = vec![Mode::Sfcase]);
    assert!(world.transcribed().await);
    let description = world.task()["Description"].as_str().unwrap().to_owned();
    assert!(description.contains("The delivery mode is not enabled"), "{description}");
}

#[tokio::test(start_paused = true)]
async fn a_contact_can_name_its_own_task_flow() {
    let own = "00000000-0000-4000-8000-0000000000f2";
    let world = World::with(|voicemail| voicemail.task_flow = Some(own.into()));
    assert!(world.transcribed().await);
    assert_eq!(world.task()["ContactFlowId"], own);

    let world = World::with(|voicemail| voicemail.task_flow = Some(own.into()));
    world.state().errors = vec![("connect:StartTaskContact", 1, 400, "InvalidParameterException")];
    assert!(world.transcribed().await);
    assert_eq!(world.task()["ContactFlowId"], TASK_FLOW, "the own flow was refused");

    let world = World::with(|voicemail| voicemail.task_flow = Some("no flow".into()));
    assert!(world.transcribed().await);
    assert_eq!(world.aws.calls_of("connect:StartTaskContact").len(), 1);
    assert_eq!(world.task()["ContactFlowId"], TASK_FLOW);
}

#[tokio::test(start_paused = true)]
async fn logs_name_the_contact_and_neither_the_caller_nor_the_words() {
    let (captured, _guard) = Captured::start(tracing::Level::INFO);
    let world = World::with(|voicemail| voicemail.preferred_agent = Some("nobody".into()));
    world.state().errors = vec![("connect:GetContactAttributes", 9, 403, "AccessDeniedException")];
    assert!(world.transcribed().await);
    assert!(world.transcribed().await);
    world.state().buckets.objects.clear();
    assert!(!world.transcribed().await);
    let text = captured.text();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let delivered = lines.iter().find(|line| line["message"] == "delivered").unwrap();
    assert_eq!((&delivered["from"], &delivered["transcript"]), (&json!("…0100"), &json!("[15 characters]")));
    let by_mode = lines.iter().find(|line| line["message"] == "delivered by this mode").unwrap();
    assert_eq!((&by_mode["mode"], &by_mode["reference"]), (&json!("task"), &json!("task-1")));
    assert!(lines.len() >= 4 && lines.iter().all(|line| line["span"]["contact_id"] == CONTACT), "{text}");
    for secret in [&CALLER[1..], WORDS, "Seven", "X-Amz-Signature"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
