//! Whom a voicemail reaches. Whatever is unknown costs a note, never the voicemail.

use serde_json::json;

use crate::world::{INSTANCE, World};

/// Delivers, and returns the task's target, agent, queue and description.
async fn route(world: &World) -> (String, Option<String>, String, String) {
    assert!(world.transcribed().await);
    let task = world.task();
    let attribute = |name: &str| task["Attributes"][name].as_str().map(str::to_owned);
    let queue = attribute("vm_task_queue_arn").unwrap().rsplit('/').next().unwrap().to_owned();
    let description = task["Description"].as_str().unwrap().to_owned();
    (attribute("vm_task_target").unwrap(), attribute("vm_task_agent_id"), queue, description)
}

const AGENT_NOTE: &str = "The agent is unknown";
const QUEUE_NOTE: &str = "The queue was missing or unknown";
const DETAILS_NOTE: &str = "could not be read";

#[tokio::test(start_paused = true)]
async fn an_agent_by_name() {
    let world = World::with(|voicemail| voicemail.preferred_agent = Some("zoe".into()));
    let (target, agent, queue, description) = route(&world).await;
    assert_eq!((target.as_str(), agent.as_deref(), queue.as_str()), ("agent", Some("user-1"), "support"));
    assert!(description.contains("for zoe."), "{description}");
    assert_eq!(world.task()["References"]["Agent"]["Value"], "zoe");
}

#[tokio::test(start_paused = true)]
async fn an_agent_by_their_own_queue() {
    let world = World::with(|voicemail| voicemail.recipient_arn = format!("{INSTANCE}/queue/agent/user-1"));
    let (target, agent, queue, description) = route(&world).await;
    assert_eq!((target.as_str(), agent.as_deref(), queue.as_str()), ("agent", Some("user-1"), "default"));
    assert!(description.contains("for Zoë Doe.") && !description.contains("Note"), "{description}");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_agent_is_replaced_by_the_queue() {
    let by_name = World::with(|voicemail| voicemail.preferred_agent = Some("nobody".into()));
    let (target, agent, queue, description) = route(&by_name).await;
    assert_eq!((target.as_str(), agent, queue.as_str()), ("queue", None, "support"));
    assert!(description.contains(AGENT_NOTE), "{description}");

    let by_queue =
        World::with(|voicemail| voicemail.recipient_arn = format!("{INSTANCE}/queue/agent/nobody"));
    let (target, _, queue, description) = route(&by_queue).await;
    assert_eq!((target.as_str(), queue.as_str()), ("queue", "default"));
    assert!(description.contains(AGENT_NOTE) && !description.contains(QUEUE_NOTE), "{description}");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_or_foreign_queue_is_replaced_by_the_default() {
    for unknown in [
        format!("{INSTANCE}/queue/gone"),
        format!("{}/queue/support", INSTANCE.replace("111122223333", "444455556666")),
    ] {
        let world = World::with(|voicemail| voicemail.recipient_arn = unknown);
        let (target, _, queue, description) = route(&world).await;
        assert_eq!((target.as_str(), queue.as_str()), ("queue", "default"));
        assert!(
            description.contains(QUEUE_NOTE) && description.contains("The default team"),
            "{description}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn details_that_are_refused_are_done_without() {
    let world = World::new();
    world.state().errors = vec![("connect:DescribeQueue", 9, 403, "AccessDeniedException")];
    let (_, _, queue, description) = route(&world).await;
    assert_eq!(queue, "support");
    assert!(description.contains(DETAILS_NOTE), "{description}");

    let agent = World::with(|voicemail| voicemail.recipient_arn = format!("{INSTANCE}/queue/agent/user-1"));
    agent.state().errors = vec![("connect:DescribeUser", 9, 403, "AccessDeniedException")];
    let (target, id, _, description) = route(&agent).await;
    assert_eq!((target.as_str(), id.as_deref()), ("agent", Some("user-1")));
    assert!(description.contains(DETAILS_NOTE), "{description}");
    assert_eq!(agent.task()["References"]["Agent"]["Value"], json!("user-1"));
}
