//! Voicemails in progress: one in a queue is lost with the queue.

use aws_sdk_sqs::types::QueueAttributeName::{
    ApproximateNumberOfMessages, ApproximateNumberOfMessagesDelayed, ApproximateNumberOfMessagesNotVisible,
};

use crate::cloud::{Cloud, CloudError, wrap};
use vmx_model::actual::StackState;

/// How many messages wait in the stack's queues, including dead-letter queues.
pub(super) async fn messages(cloud: &Cloud, stack: &StackState) -> Result<u64, CloudError> {
    let mut messages = 0;
    for queue in stack.resources.iter().filter(|resource| resource.resource_type == "AWS::SQS::Queue") {
        let asked = cloud.sqs.get_queue_attributes().queue_url(&queue.physical_id);
        let mut counted = vec![ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible];
        // Delayed messages there are reminders, mostly of voicemails already delivered.
        if queue.logical_id != "TranscriptsQueue" {
            counted.push(ApproximateNumberOfMessagesDelayed);
        }
        let asked = asked.set_attribute_names(Some(counted)).send().await;
        let answer = match asked.map_err(wrap(format!("count the messages in {}", queue.logical_id))) {
            Ok(answer) => answer,
            Err(error) if error.is_not_found() => continue,
            Err(error) => return Err(error),
        };
        let counts = answer.attributes().into_iter().flat_map(|attributes| attributes.values());
        messages += counts.filter_map(|count| count.parse::<u64>().ok()).sum::<u64>();
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
