//! The queue for contact records that could not be processed at once.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::MessageAttributeValue;
use vmx_contract::retry::{is_allowed, to_body};
use vmx_lambda::failure::Failure;

/// How long a record waits, in seconds. Most first failures are late media.
const DELAY_SECONDS: i32 = 30;
/// The message attribute with the reason, for people who find it in the dead-letter queue.
const REASON: &str = "reason";
/// The longest reason to keep, in characters.
const LONGEST_REASON: usize = 1000;

/// Sends a contact record to the retry queue.
pub(crate) async fn put(
    client: &Client,
    queue_url: &str,
    record: &[u8],
    reason: &str,
) -> Result<(), Failure> {
    let reason: String = reason.chars().filter(|c| is_allowed(*c)).take(LONGEST_REASON).collect();
    let reason = MessageAttributeValue::builder().data_type("String").string_value(reason).build();
    let mut request =
        client.send_message().queue_url(queue_url).message_body(to_body(record)).delay_seconds(DELAY_SECONDS);
    if let Ok(reason) = reason {
        request = request.message_attributes(REASON, reason);
    }
    match request.send().await {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::of("sqs:SendMessage", &error)),
    }
}
