//! The same for each kind of target in addition to the event bus.

use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use end_to_end::{Error, Meets, Receiver, Site};
use http::Method;
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{MANY, SOON, assert_met, assert_once, details, install, leave, plan, settled};

/// Voicemails for each target.
const EACH: usize = 3;
/// One of the operator's functions, which forwards its input.
const FUNCTION: &str = "\
import json, os, urllib.request

def handler(event, context):
    body = json.dumps(event).encode()
    urllib.request.urlopen(urllib.request.Request(os.environ['PASS_ON_TO'], body)).read()
";

/// An installation that changes its target.
struct Scene {
    site: Site,
    /// The queue with the events.
    events: String,
}

impl Scene {
    async fn new() -> Result<Self, Error> {
        let site = Site::new().await?;
        let events = site.make_queue("events").await?;
        site.lead_events_to("events").await?;
        Ok(Self { site, events })
    }

    /// Installs with a target.
    async fn lead_to(&self, target: &str, more: &str) -> Result<(), Error> {
        let other = format!("modes: [other]\ndefault_mode: other\nother: {{target: \"{target}\"{more}}}\n");
        install(&self.site, &other).await?;
        self.site.bring_again(SOON, MANY).await
    }

    /// Leaves voicemails whose delivery to the target fails at first, and returns their contacts. Each sends one event.
    async fn deliver(&self) -> Result<Vec<String>, Error> {
        let ids = leave(&self.site, EACH).await?;
        settled(&self.site, &ids).await?;
        assert_once("events", &ids, &details(&self.site.news(&self.events).await?));
        Ok(ids)
    }

    /// The packages that a server has received.
    fn packages(receiver: &Receiver) -> Result<Vec<Value>, Error> {
        receiver.taken().iter().map(|taken| Ok(serde_json::from_str(&taken.body)?)).collect()
    }

    /// Creates a topic with a subscribed queue, and returns its ARN and the queue's URL.
    async fn make_topic(&self) -> Result<(String, String), Error> {
        let queue = self.site.make_queue("topic").await?;
        let topics = aws_sdk_sns::Client::new(&self.site.config);
        let made = topics.create_topic().name("voicemails").send().await?;
        let arn = made.topic_arn.ok_or("a topic without an ARN")?;
        let queue_arn = self.site.queue_arn("topic");
        let subscribe = topics.subscribe().topic_arn(&arn).protocol("sqs").endpoint(queue_arn);
        subscribe.attributes("RawMessageDelivery", "true").send().await?;
        Ok((arn, queue))
    }

    /// Creates a function that forwards its input, and returns its ARN.
    async fn make_function(&self, receiver: &Receiver) -> Result<String, Error> {
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole",
        }]});
        let trust = local_cloud::backend::percent_encode(&trust.to_string());
        let role =
            format!("Action=CreateRole&Version=2010-05-08&RoleName=crm&AssumeRolePolicyDocument={trust}");
        self.site.form_call("iam", role).await?;
        let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        zip.start_file("crm.py", SimpleFileOptions::default())?;
        zip.write_all(FUNCTION.as_bytes())?;
        let zip = BASE64_STANDARD.encode(zip.finish()?.into_inner());
        let body = json!({
            "FunctionName": "crm",
            "Runtime": "python3.12",
            "Handler": "crm.handler",
            "Role": format!("arn:aws:iam::{}:role/crm", self.site.cloud.account().id),
            "Code": {"ZipFile": zip},
            "Environment": {"Variables": {"PASS_ON_TO": receiver.url()}},
        });
        let backend = self.site.cloud.backend();
        let request = backend
            .request("lambda", Method::POST, "/2015-03-31/functions")?
            .header("content-type", "application/json");
        let made = backend.send("lambda", request, body.to_string().into()).await?.into_body();
        let made: Value = serde_json::from_slice(&made)?;
        Ok(made["FunctionArn"].as_str().ok_or("a function without an ARN")?.to_owned())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn queues_topics_functions_and_webhooks_get_each_voicemail_once() -> Result<(), Error> {
    let scene = Scene::new().await?;
    let site = &scene.site;

    let queue = site.make_queue("voicemails").await?;
    scene.lead_to(&site.queue_arn("voicemails"), "").await?;
    // Only the target is queried before every message: the transcriber sends messages as well.
    plan(site, "sqs:GetQueueUrl");
    let ids = scene.deliver().await?;
    assert_met(site, "sqs:GetQueueUrl");
    assert_once("the queue", &ids, &site.news(&queue).await?);

    let (topic, subscribed) = scene.make_topic().await?;
    scene.lead_to(&topic, "").await?;
    plan(site, "sns:Publish");
    let ids = scene.deliver().await?;
    assert_met(site, "sns:Publish");
    assert_once("the topic", &ids, &site.news(&subscribed).await?);

    let receiver = Receiver::start().await?;
    scene.lead_to(&scene.make_function(&receiver).await?, "").await?;
    plan(site, "lambda:InvokeFunction");
    let ids = scene.deliver().await?;
    assert_met(site, "lambda:InvokeFunction");
    // The function was invoked asynchronously.
    site.until("the function has run", async || Ok(receiver.taken().len() >= EACH)).await?;
    assert_once("the function", &ids, &Scene::packages(&receiver)?);

    webhook(&scene).await?;
    scene.site.cloud.stop().await;
    Ok(())
}

/// Over TLS, to a server whose certificate the function trusts because of its environment: rustls reads the system's
/// authorities, or those of the file in `SSL_CERT_FILE` instead. A server on this machine is only allowed because the
/// simulated AWS is on it, too.
async fn webhook(scene: &Scene) -> Result<(), Error> {
    let site = &scene.site;
    let secret = json!({"Name": "hook", "SecretString": "key"});
    let made =
        site.cloud.backend().json_call("secretsmanager", "secretsmanager.CreateSecret", &secret).await?;
    let secret = made["ARN"].as_str().ok_or("a secret without an ARN")?;
    let receiver = Receiver::start_tls().await?;
    scene.lead_to(receiver.url(), &format!(", secret: \"{secret}\"")).await?;

    // Its authority is not trusted yet: the server gets nothing, and the message waits.
    let ids = leave(site, 1).await?;
    let logged = async || Ok(site.log_tail().contains("UnknownIssuer"));
    site.until("the certificate is refused", logged).await?;
    assert_eq!(receiver.taken(), []);
    site.set_packagers("SSL_CERT_FILE", &Receiver::authority().to_string_lossy()).await?;
    settled(site, &ids).await?;
    assert_once("the webhook", &ids, &Scene::packages(&receiver)?);
    assert_once("events", &ids, &details(&site.news(&scene.events).await?));

    for met in [Meets::Status(401), Meets::Status(429), Meets::Status(500), Meets::Cut, Meets::Silence] {
        receiver.meet(met);
    }
    let mut all = ids;
    all.extend(scene.deliver().await?);
    assert_eq!(receiver.to_meet(), 0);
    assert_once("the webhook", &all, &Scene::packages(&receiver)?);
    for taken in receiver.taken() {
        let package: Value = serde_json::from_str(&taken.body)?;
        let id = package["contactId"].as_str().unwrap_or_default();
        assert!(taken.head.contains(&format!("idempotency-key: {id}")), "{}", taken.head);
        assert!(taken.head.contains("x-voicemail-signature: v1="), "{}", taken.head);
    }
    Ok(())
}
