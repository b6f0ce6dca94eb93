//! What voicemails leave the cloud by: queues, events and mails, as their receivers find them.

use http::Method;
use serde_json::{Value, json};

use super::{Error, Mailbox, STACK, Site};

/// Longer than any test: what was received once is not seen again.
const NEVER_AGAIN: &str = "43200";

impl Site {
    /// Verifies an identity for mail.
    ///
    /// # Errors
    /// When SES does not answer.
    pub async fn verify_mail(&self, identity: &str) -> Result<(), Error> {
        let body = json!({"EmailIdentity": identity});
        self.json("ses", Method::POST, "/v2/email/identities", &body).await.map(drop)
    }

    /// The mails that Amazon SES was given.
    ///
    /// # Errors
    /// When SES does not answer.
    pub async fn mails(&self) -> Result<Vec<Value>, Error> {
        let answer = self.json("ses", Method::GET, "/_ministack/ses/messages", &Value::Null).await?;
        let accounts =
            answer["messages"].as_object().ok_or_else(|| format!("no lists of mails: {answer}"))?;
        Ok(accounts.values().filter_map(Value::as_array).flatten().cloned().collect())
    }

    /// Makes a queue that EventBridge and SNS may send to, and gives its URL.
    ///
    /// # Errors
    /// When SQS does not answer.
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

    /// The ARN of a queue by its name.
    #[must_use]
    pub fn queue_arn(&self, name: &str) -> String {
        let account = self.cloud.account();
        format!("arn:aws:sqs:{}:{}:{name}", account.region, account.id)
    }

    /// Leads the events of voicemails to a queue.
    ///
    /// # Errors
    /// When EventBridge does not answer.
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

    /// What lies in a queue and was not seen before: the bodies of its messages.
    ///
    /// # Errors
    /// When SQS does not answer, or a message is no JSON.
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

    /// Has the packager's queue bring a message that failed again after so many seconds, and give it up after so many
    /// attempts.
    ///
    /// # Errors
    /// When the queue is not there.
    pub async fn bring_again(&self, seconds: u32, attempts: u32) -> Result<(), Error> {
        let letters = self.output("TranscriptsQueueDeadLettersUrl").await?;
        let name = letters.rsplit('/').next().unwrap_or_default();
        let policy = json!({"deadLetterTargetArn": self.queue_arn(name), "maxReceiveCount": attempts});
        self.set_queue(Mailbox::Transcripts, "RedrivePolicy", &policy.to_string()).await?;
        self.set_queue(Mailbox::Transcripts, "VisibilityTimeout", &seconds.to_string()).await
    }

    /// Has the voicemail flow ask for these modes where nothing led here that did.
    ///
    /// # Errors
    /// When the flow is not there or sets no mode.
    pub async fn ask_for(&self, modes: &str) -> Result<(), Error> {
        let (id, content) = self.flow(&format!("{STACK} voicemail")).await?;
        let mut flow: Value = serde_json::from_str(&content)?;
        let actions = flow["Actions"].as_array_mut().ok_or("a flow without actions")?;
        let mode = actions.iter_mut().find_map(|action| action.pointer_mut("/Parameters/Attributes/vm_mode"));
        *mode.ok_or("the flow sets no mode")? = modes.into();
        self.edit_flow(&id, &flow.to_string()).await
    }

    /// Sets a variable of the packager's environment, as somebody in the console might.
    ///
    /// # Errors
    /// When the function is not there.
    pub async fn set_packagers(&self, variable: &str, value: &str) -> Result<(), Error> {
        let function = self.resource("PackagerFunction").await?;
        let path = format!("/2015-03-31/functions/{function}/configuration");
        let found = self.json("lambda", Method::GET, &path, &Value::Null).await?;
        let mut environment = found["Environment"].clone();
        environment["Variables"][variable] = value.into();
        self.json("lambda", Method::PUT, &path, &json!({ "Environment": environment })).await.map(drop)
    }

    /// A call with a JSON body.
    async fn json(&self, service: &str, method: Method, path: &str, body: &Value) -> Result<Value, Error> {
        let backend = self.cloud.backend();
        let request = backend.request(service, method, path)?.header("content-type", "application/json");
        let answer = backend.send(service, request, body.to_string().into()).await?.into_body();
        Ok(serde_json::from_slice(&answer).unwrap_or_default())
    }
}
