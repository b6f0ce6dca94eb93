//! Several messages in a call, agents who answer, callers who say nothing: each message ends as the caller was told.

use std::time::Duration;

use end_to_end::{Error, Site, Voice};
use local_cloud::call::{CallOutcome, Step};
use serde_json::{Value, json};
use vmx_contract::state::Outcome;

fn block(name: &str, kind: &str, parameters: Value, next: &str) -> Value {
    let errors: &[&str] = match kind {
        "DisconnectParticipant" => &[],
        "TransferContactToQueue" => &["QueueAtCapacity", "NoMatchingError"],
        _ => &["NoMatchingError"],
    };
    let errors: Vec<Value> =
        errors.iter().map(|error| json!({"NextAction": next, "ErrorType": error})).collect();
    let transitions = match kind {
        "DisconnectParticipant" => json!({}),
        _ => json!({"NextAction": next, "Errors": errors, "Conditions": []}),
    };
    json!({"Identifier": name, "Type": kind, "Parameters": parameters, "Transitions": transitions})
}

/// An inbound flow of these blocks, in order.
fn flow(blocks: &[(&str, Value)]) -> Value {
    let name = |n: usize| format!("Block {n}");
    let mut actions: Vec<Value> = blocks
        .iter()
        .enumerate()
        .map(|(n, (kind, parameters))| block(&name(n), kind, parameters.clone(), &name(n + 1)))
        .collect();
    actions.push(block(&name(blocks.len()), "DisconnectParticipant", json!({}), ""));
    json!({"Version": "2019-10-30", "StartAction": name(0), "Metadata": {}, "Actions": actions})
}

fn steps(words: &[&str]) -> Result<Vec<Step>, Error> {
    let step = |word: &&str| match *word {
        "speak" => Ok(Step::Speak(Voice::Tone(Duration::from_secs(3)).pcm()?)),
        word => Ok(Step::parse(word)?),
    };
    words.iter().map(step).collect()
}

fn heard(call: &CallOutcome, words: &str) -> usize {
    call.heard.iter().filter(|heard| heard.text.contains(words)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_message_ends_as_the_caller_was_told() -> Result<(), Error> {
    let site = Site::with("flows: {voicemail_module: true}\n").await?;
    let run = site.install().await?;
    assert_eq!(run.code, Some(0), "{run:#?}");
    let module = json!({"FlowModuleId": site.module("voicemail-express voicemail module").await?});
    let (basic, support) = (site.queue("BasicQueue").await?, site.queue("Support").await?);
    let queue = |arn: &str| ("UpdateContactTargetQueue", json!({ "QueueId": arn }));
    let invoke = || ("InvokeFlowModule", module.clone());

    // The message is saved; an agent answers later in the call.
    let wait = ("TransferContactToQueue", json!({}));
    site.create_flow("message, then an agent", &flow(&[queue(&support), invoke(), wait])).await?;
    let words = ["beep", "speak", "press:#", "wait:20", "agent-answers", "wait:5", "hang-up"];
    let call = site.call_flow("message, then an agent", steps(&words)?).await?;
    assert_eq!(heard(&call, "has been saved"), 1, "{call}");
    let task = site.task(&call.contact_id).await?;
    site.delivered(&[&call.contact_id]).await?;
    // The speech between moments of silence, and nothing from the agent's time.
    let (recorded, said) = (site.listen(&task).await?, Voice::Tone(Duration::from_secs(3)).pcm()?);
    let start = recorded.iter().position(|byte| *byte != 0).ok_or("all is silent")?;
    assert!(recorded[start..].starts_with(&said), "the recording is not what was spoken");
    assert!(
        recorded[start + said.len()..].iter().all(|byte| *byte == 0),
        "there is more than what was spoken"
    );

    // Two messages in one call, for two queues.
    let twice = flow(&[queue(&basic), invoke(), queue(&support), invoke()]);
    site.create_flow("two messages", &twice).await?;
    let words = ["beep", "speak", "press:#", "beep", "speak", "press:#"];
    let call = site.call_flow("two messages", steps(&words)?).await?;
    assert_eq!(heard(&call, "has been saved"), 2, "{call}");
    site.delivered(&[call.contact_id.clone(), format!("{}-2", call.contact_id)]).await?;
    assert_eq!(site.tasks_of(&call.contact_id).len(), 2);
    site.until("the flag is reset", async || Ok(site.attributes(&call.contact_id).await?["vm_flag"] == "0"))
        .await?;
    let attributes = site.attributes(&call.contact_id).await?;
    assert_eq!((&attributes["vm_saved_1"], &attributes["vm_saved_2"]), (&json!("done"), &json!("done")));

    let call = site.call(steps(&["hear:tone", "hang-up"])?).await?;
    let id = call.contact_id.as_str();
    site.until("it has ended", async || Ok(site.outcome(id).await?.is_some())).await?;
    assert_eq!(site.outcome(id).await?, Some(Outcome::NothingSaid));
    assert!(site.tasks_of(&call.contact_id).is_empty());
    for queue in ["RetryQueueUrl", "RetryQueueDeadLettersUrl"] {
        assert_eq!(site.depth(queue).await?, 0, "{queue}");
    }
    assert_eq!(site.undelivered().await?, [""; 0]);
    site.cloud.tick(None).await?;
    let status = site.operate(&["status"]).await?;
    assert_eq!(status.code, Some(0), "{status:#?}");
    site.cloud.stop().await;
    Ok(())
}
