//! The pipeline's queues.

use serde_json::{Value, json};

use super::{Error, Site};

/// A queue of the pipeline, by the end of its name.
pub enum Mailbox {
    /// Contact records to retry.
    Retry,
    /// New recordings, for the transcriber.
    Recordings,
    /// Finished transcripts, for the packager.
    Transcripts,
}

impl Site {
    /// Sends an event to one of the pipeline's queues, as EventBridge would.
    ///
    /// # Errors
    /// If the queue does not exist.
    pub async fn redeliver(&self, mailbox: Mailbox, event: &Value) -> Result<(), Error> {
        let queue = self.output(mailbox.output()).await?;
        let body = json!({"QueueUrl": queue, "MessageBody": event.to_string()});
        self.cloud.backend().json_call("sqs", "AmazonSQS.SendMessage", &body).await?;
        Ok(())
    }

    /// Makes a transcript's event a dead letter, as SQS does after the last attempt.
    ///
    /// # Errors
    /// If a queue does not exist.
    pub async fn give_up(&self, event: &Value) -> Result<(), Error> {
        self.expire(Mailbox::Transcripts).await?;
        let letters = self.output("TranscriptsQueueDeadLettersUrl").await?;
        let body = json!({"QueueUrl": letters, "MessageBody": event.to_string()});
        self.cloud.backend().json_call("sqs", "AmazonSQS.SendMessage", &body).await?;
        Ok(())
    }

    /// Removes a queue's messages, as SQS does when they are too old.
    ///
    /// # Errors
    /// If the queue does not exist.
    pub async fn expire(&self, mailbox: Mailbox) -> Result<(), Error> {
        let queue = json!({"QueueUrl": self.output(mailbox.output()).await?});
        self.cloud.backend().json_call("sqs", "AmazonSQS.PurgeQueue", &queue).await?;
        Ok(())
    }

    /// The number of messages in a queue, visible or not.
    ///
    /// # Errors
    /// If the queue does not exist.
    pub async fn depth(&self, output: &str) -> Result<u64, Error> {
        let queue = self.output(output).await?;
        let body = json!({"QueueUrl": queue, "AttributeNames": ["All"]});
        let answer = self.cloud.backend().json_call("sqs", "AmazonSQS.GetQueueAttributes", &body).await?;
        let count =
            |name: &str| answer["Attributes"][name].as_str().and_then(|text| text.parse::<u64>().ok());
        let counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"].map(count);
        Ok(counts.into_iter().flatten().sum())
    }

    /// Sets a queue's attribute.
    ///
    /// # Errors
    /// If the queue does not exist.
    pub async fn set_queue(&self, mailbox: Mailbox, attribute: &str, value: &str) -> Result<(), Error> {
        let queue = self.output(mailbox.output()).await?;
        let body = json!({"QueueUrl": queue, "Attributes": {attribute: value}});
        self.cloud.backend().json_call("sqs", "AmazonSQS.SetQueueAttributes", &body).await?;
        Ok(())
    }
}

impl Mailbox {
    fn output(&self) -> &'static str {
        match self {
            Self::Retry => "RetryQueueUrl",
            Self::Recordings => "RecordingsQueueUrl",
            Self::Transcripts => "TranscriptsQueueUrl",
        }
    }
}
