//! The destinations of voicemails outside the pipeline: queues, events and mails.

use http::Method;
use serde_json::{Value, json};

use super::{Error, Mailbox, STACK, Site};

/// Longer than any test: a received message does not reappear.
const NEVER_AGAIN: &str = "43200";

impl Site {
    /// Verifies an identity for mail.
    ///
    /// # Errors
    /// If SES does not respond.
    pub async fn verify_mail(&self, identity: &str) -> Result<(), Error> {
        let body = json!({"EmailIdentity": identity});
        self.json("ses", Method::POST, "/v2/email/identities", &body).await.map(drop)
    }

    /// The mails sent through Amazon SES.
    ///
    /// # Errors
    /// If SES does not respond.
    pub async fn mails(&self) -> Result<Vec<Value>, Error> {
        let answer = self.json("ses", Method::GET, "/_ministack/ses/messages", &Value::Null).await?;
        let accounts =
            answer["messages"].as_object().ok_or_else(|| format!("no lists of mails: {answer}"))?;
        Ok(accounts.values().filter_map(Value::as_array).flatten().cloned().collect())
    }

    /// Creates a queue to which EventBridge and SNS may send, and returns its URL.
    ///
    /// # Errors
    /// If SQS does not respond.
    pub async fn make_queue(&self, name: &str) -> Result<String, Error> {
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": ["events.amazonaws.com", "sns.amazonaws.com"]},
            "Action": "sqs:SendMessage",
            "Resource": self.queue_arn(name),
        }]});
        let attributes = json!({"Policy": policy.to_string(), "VisibilityTimeout": NEVER_AGAIN});
        let made = json!({"QueueName": name, "Attributes": attributes});
        let made = self.cloud.backend().json_call("sqs", "AmazonSQS.CreateQueue", &made).await?;
        Ok(made["QueueUrl"].as_str().ok_or("a queue without a URL")?.to_owned())
    }

    /// The ARN of the queue with this name.
    #[must_use]
    pub fn queue_arn(&self, name: &str) -> String {
        let account = self.cloud.account();
        format!("arn:aws:sqs:{}:{}:{name}", account.region, account.id)
    }

    /// Sends voicemail events to a queue.
    ///
    /// # Errors
    /// If EventBridge does not respond.
    pub async fn lead_events_to(&self, queue: &str) -> Result<(), Error> {
        let pattern = json!({"source": ["voicemail-express"], "detail-type": ["Voicemail Delivered"]});
        let rule = json!({"Name": "voicemails", "EventPattern": pattern.to_string()});
        let backend = self.cloud.backend();
        backend.json_call("events", "AWSEvents.PutRule", &rule).await?;
        let target = json!({"Id": "queue", "Arn": self.queue_arn(queue)});
        let targets = json!({"Rule": "voicemails", "Targets": [target]});
        backend.json_call("events", "AWSEvents.PutTargets", &targets).await.map(drop)?;
        Ok(())
    }

    /// Receives the new messages of a queue and returns their bodies.
    ///
    /// # Errors
    /// If SQS does not respond, or a message is not JSON.
    pub async fn news(&self, queue_url: &str) -> Result<Vec<Value>, Error> {
        let ask = json!({"QueueUrl": queue_url, "MaxNumberOfMessages": 10});
        let mut news = Vec::new();
        loop {
            let answer = self.cloud.backend().json_call("sqs", "AmazonSQS.ReceiveMessage", &ask).await?;
            let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
            if messages.is_empty() {
                return Ok(news);
            }
            for message in messages {
                news.push(serde_json::from_str(message["Body"].as_str().ok_or("a message without a body")?)?);
            }
        }
    }

    /// Sets the packager queue's visibility timeout in seconds and its maximum number of attempts.
    ///
    /// # Errors
    /// If the queue does not exist.
    pub async fn bring_again(&self, seconds: u32, attempts: u32) -> Result<(), Error> {
        let letters = self.output("TranscriptsQueueDeadLettersUrl").await?;
        let name = letters.rsplit('/').next().unwrap_or_default();
        let policy = json!({"deadLetterTargetArn": self.queue_arn(name), "maxReceiveCount": attempts});
        self.set_queue(Mailbox::Transcripts, "RedrivePolicy", &policy.to_string()).await?;
        self.set_queue(Mailbox::Transcripts, "VisibilityTimeout", &seconds.to_string()).await
    }

    /// Makes the voicemail flow choose these modes if the flows before it have not.
    ///
    /// # Errors
    /// If the flow does not exist or sets no mode.
    pub async fn ask_for(&self, modes: &str) -> Result<(), Error> {
        let (id, content) = self.flow(&format!("{STACK} voicemail")).await?;
        let mut flow: Value = serde_json::from_str(&content)?;
        let actions = flow["Actions"].as_array_mut().ok_or("a flow without actions")?;
        let mode = actions.iter_mut().find_map(|action| action.pointer_mut("/Parameters/Attributes/vm_mode"));
        *mode.ok_or("the flow sets no mode")? = modes.into();
        self.edit_flow(&id, &flow.to_string()).await
    }

    /// Sets an environment variable of the packager.
    ///
    /// # Errors
    /// If the function does not exist.
    pub async fn set_packagers(&self, variable: &str, value: &str) -> Result<(), Error> {
        let function = self.resource("PackagerFunction").await?;
        let path = format!("/2015-03-31/functions/{function}/configuration");
        let found = self.json("lambda", Method::GET, &path, &Value::Null).await?;
        let mut environment = found["Environment"].clone();
        environment["Variables"][variable] = value.into();
        self.json("lambda", Method::PUT, &path, &json!({ "Environment": environment })).await.map(drop)
    }

    /// Sends a call with a JSON body.
    async fn json(&self, service: &str, method: Method, path: &str, body: &Value) -> Result<Value, Error> {
        let backend = self.cloud.backend();
        let request = backend.request(service, method, path)?.header("content-type", "application/json");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = backend.send(service, request, body.into()).await?.into_body();
        Ok(serde_json::from_slice(&answer).unwrap_or_default())
    }
}
