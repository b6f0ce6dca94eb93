//! A voicemail leaves the cloud as a mail, an event and a signed request, each once.

use std::time::Duration;

use end_to_end::{Error, Site, Voice};
use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const SHORT: Duration = Duration::from_secs(2);

/// Installs with these lines of parameters.
async fn install(site: &Site, lines: &str) -> Result<(), Error> {
    site.set_params(lines)?;
    let run = site.install().await?;
    if run.code == Some(0) { Ok(()) } else { Err(format!("{run:#?}").into()) }
}

async fn call(site: &Site, service: &str, method: Method, path: &str, body: Value) -> Result<Value, Error> {
    let backend = site.cloud.backend();
    let request = backend.request(service, method, path)?.header("content-type", "application/json");
    let answer = backend.send(service, request, body.to_string().into()).await?.into_body();
    Ok(serde_json::from_slice(&answer).unwrap_or_default())
}

/// The mails that Amazon SES was given.
async fn mails(site: &Site) -> Result<Vec<Value>, Error> {
    let answer = call(site, "ses", Method::GET, "/_ministack/ses/messages", Value::Null).await?;
    let accounts = answer["messages"].as_object().ok_or_else(|| format!("no lists of mails: {answer}"))?;
    let all = accounts.values().filter_map(Value::as_array).flatten().cloned().collect();
    Ok(all)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voicemail_becomes_one_mail() -> Result<(), Error> {
    let site = Site::new().await?;
    call(&site, "ses", Method::POST, "/v2/email/identities", json!({"EmailIdentity": "example.com"})).await?;
    let lines = "modes: [task, email]\ndefault_mode: email\n\
                 email: {from: voicemail@example.com, to: desk@example.com}\n";
    install(&site, lines).await?;
    let left = site.leave(Voice::AmiableWoman).await?;
    let id = left.contact_id.as_str();
    let transcripts = site.output("TranscriptsBucket").await?;
    site.until("the voicemail is marked as delivered", async || {
        Ok(site.keys(&transcripts).await?.contains(&format!("delivered/{id}")))
    })
    .await?;
    // The same event once more: nothing is sent again.
    let event = site.object_created(&transcripts, &format!("{id}.json"));
    site.redeliver(end_to_end::Mailbox::Transcripts, &event).await?;
    site.until("the event is dealt with", async || Ok(site.depth("TranscriptsQueueUrl").await? == 0)).await?;

    let mails = mails(&site).await?;
    assert_eq!(mails.len(), 1, "{mails:#?}");
    let mail = &mails[0];
    assert_eq!(
        (&mail["Source"], &mail["To"]),
        (&json!("voicemail@example.com"), &json!(["desk@example.com"]))
    );
    let html = mail["BodyHtml"].as_str().ok_or("a mail without HTML")?;
    assert!(html.contains("<html lang=\"en\"") && html.contains(".lambda-url."), "{html}");
    assert!(site.tasks_of(id).is_empty(), "the mode was email alone");
    let trace = site.operate(&["trace", id]).await?;
    assert!(format!("{}{}", trace.stdout, trace.stderr).contains("delivered as email"), "{trace:#?}");
    site.cloud.stop().await;
    Ok(())
}

/// Takes one request and answers 200: its head and its body.
async fn one_request(listener: &TcpListener) -> Result<(String, String), Error> {
    let (mut stream, _) = listener.accept().await?;
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await?;
        received.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&received).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_ascii_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
        let length: usize = length.ok_or("a request without a length")?.parse()?;
        if body.len() >= length || read == 0 {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await?;
            return Ok((head, body.to_owned()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voicemail_becomes_a_signed_request_and_an_event() -> Result<(), Error> {
    let site = Site::new().await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let backend = site.cloud.backend();
    let secret = json!({"Name": "hook", "SecretString": "key", "ClientRequestToken": "00000000-0000-4000-8000-000000000001"});
    let secret = backend.json_call("secretsmanager", "secretsmanager.CreateSecret", &secret).await?;
    let secret = secret["ARN"].as_str().ok_or("a secret without an ARN")?;

    let account = site.cloud.account();
    let arn = format!("arn:aws:sqs:{}:{}:events", account.region, account.id);
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }]});
    let queue = json!({"QueueName": "events", "Attributes": {"Policy": policy.to_string()}});
    let queue = backend.json_call("sqs", "AmazonSQS.CreateQueue", &queue).await?;
    let url = queue["QueueUrl"].as_str().ok_or("a queue without a URL")?.to_owned();
    let pattern =
        json!({"source": ["voicemail-express"], "detail-type": ["Voicemail Delivered"]}).to_string();
    backend
        .json_call("events", "AWSEvents.PutRule", &json!({"Name": "voicemails", "EventPattern": pattern}))
        .await?;
    let targets = json!({"Rule": "voicemails", "Targets": [{"Id": "queue", "Arn": arn}]});
    backend.json_call("events", "AWSEvents.PutTargets", &targets).await?;

    let lines = format!(
        "modes: [other]\ndefault_mode: other\nother: {{target: \"http://127.0.0.1:{port}/hook\", secret: \"{secret}\"}}\n"
    );
    install(&site, &lines).await?;
    let left = site.leave(Voice::Tone(SHORT)).await?;
    let waited = tokio::time::timeout(Duration::from_secs(120), one_request(&listener)).await;
    let (head, body) = waited.map_err(|_| format!("no request came:\n{}", site.log_tail()))??;
    assert!(head.starts_with("post /hook "), "{head}");
    assert!(head.contains(&format!("idempotency-key: {}", left.contact_id)), "{head}");
    assert!(
        head.contains("x-voicemail-timestamp: ") && head.contains("x-voicemail-signature: v1="),
        "{head}"
    );
    let package: Value = serde_json::from_str(&body)?;
    assert_eq!(package["contactId"], left.contact_id.as_str());

    let mut event = Value::Null;
    site.until("the event has come", async || {
        let answer = backend.json_call("sqs", "AmazonSQS.ReceiveMessage", &json!({"QueueUrl": url})).await?;
        event = answer["Messages"][0]["Body"]
            .as_str()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        Ok(event != Value::Null)
    })
    .await?;
    assert_eq!((&event["source"], &event["detail"]), (&json!("voicemail-express"), &package));
    site.cloud.stop().await;
    Ok(())
}
