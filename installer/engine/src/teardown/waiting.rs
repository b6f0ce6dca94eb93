//! Voicemails in progress: one in a queue is lost with the queue.

use crate::cloud::{Cloud, CloudError};
use crate::dead_letters::depth;
use vmx_model::actual::StackState;

/// How many messages wait in the stack's queues, including dead-letter queues.
pub(super) async fn messages(cloud: &Cloud, stack: &StackState) -> Result<u64, CloudError> {
    let mut messages = 0;
    for queue in stack.of_type("AWS::SQS::Queue") {
        match depth(cloud, &queue.physical_id).await {
            // Delayed messages there are reminders, mostly of voicemails already delivered.
            Ok(depth) if queue.logical_id == "TranscriptsQueue" => {
                messages += depth.waiting + depth.in_flight
            }
            Ok(depth) => messages += depth.total(),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(messages)
}

/// What to say about waiting messages.
pub(super) fn note(messages: u64, delete_recordings: bool) -> Option<String> {
    let what = match messages {
        0 => return None,
        1 => "1 message waits".to_owned(),
        _ => format!("{messages} messages wait"),
    };
    let recordings = if delete_recordings { "" } else { "; their recordings are kept" };
    Some(format!(
        "{what} in the installation's queues: voicemails that are not delivered yet and never will be once \
         the queues are deleted{recordings}"
    ))
}
