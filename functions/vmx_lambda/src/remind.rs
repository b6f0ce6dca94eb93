//! The message by which the packager is reminded of a transcript.

use aws_sdk_sqs::Client as Sqs;
use jiff::Timestamp;
use vmx_contract::reminder::Reminder;

use crate::failure::Failure;

/// Sends a reminder to the packager's queue. It arrives when the transcript is due, or as late as a message can be: then
/// it is to be sent again.
///
/// # Errors
/// What Amazon SQS said.
pub async fn remind(sqs: &Sqs, queue_url: &str, reminder: &Reminder, now: Timestamp) -> Result<(), Failure> {
    let request = sqs
        .send_message()
        .queue_url(queue_url)
        .message_body(reminder.to_body())
        .delay_seconds(reminder.delay_seconds(now));
    request.send().await.map(drop).map_err(|error| Failure::of("sqs:SendMessage", &error))
}
