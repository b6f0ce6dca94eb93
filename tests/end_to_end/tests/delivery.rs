//! A voicemail is delivered as a mail, an event and a signed request, once each.

use std::time::Duration;

use end_to_end::{Error, Receiver, Site, Taken, Voice};
use serde_json::{Value, json};

const SHORT: Duration = Duration::from_secs(2);

/// Installs with these lines of parameters.
async fn install(site: &Site, lines: &str) -> Result<(), Error> {
    site.set_params(lines)?;
    let run = site.install().await?;
    if run.code == Some(0) { Ok(()) } else { Err(format!("{run:#?}").into()) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voicemail_becomes_one_mail() -> Result<(), Error> {
    let site = Site::new().await?;
    site.verify_mail("example.com").await?;
    let lines = "modes: [task, email]\ndefault_mode: email\n\
                 email: {from: voicemail@example.com, to: desk@example.com}\n";
    install(&site, lines).await?;
    let left = site.leave(Voice::AmiableWoman).await?;
    let id = left.contact_id.as_str();
    let transcripts = site.output("TranscriptsBucket").await?;
    site.delivered(&[id]).await?;
    // The same event again: nothing is delivered twice.
    let event = site.object_created(&transcripts, &format!("{id}.json"));
    site.redeliver(end_to_end::Mailbox::Transcripts, &event).await?;
    site.until("the event is dealt with", async || Ok(site.depth("TranscriptsQueueUrl").await? == 0)).await?;

    let mails = site.mails().await?;
    assert_eq!(mails.len(), 1, "{mails:#?}");
    let mail = &mails[0];
    assert_eq!(
        (&mail["Source"], &mail["To"]),
        (&json!("voicemail@example.com"), &json!(["desk@example.com"]))
    );
    let html = mail["BodyHtml"].as_str().ok_or("a mail without HTML")?;
    assert!(html.contains("<html lang=\"en-US\"") && html.contains(".lambda-url."), "{html}");
    assert!(site.tasks_of(id).is_empty(), "the mode was email alone");
    let trace = site.operate(&["trace", id]).await?;
    assert!(format!("{}{}", trace.stdout, trace.stdout).contains("delivered as email"), "{trace:#?}");
    site.cloud.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_has_the_recording_attached_once_the_instance_keeps_attachments() -> Result<(), Error> {
    let site = Site::new().await?;
    site.set_params("attach_to_task: true\n")?;
    let installed = site.install().await?;
    assert!(installed.said().contains("the instance keeps no attachments"), "{installed:#?}");
    let without = site.leave(Voice::Tone(SHORT)).await?;
    assert_eq!(site.task(&without.contact_id).await?.attachments.len(), 0);

    site.s3().create_bucket().bucket("attachments").send().await?;
    let config = json!({"BucketName": "attachments", "BucketPrefix": "connect/shop"});
    site.store("ATTACHMENTS", &json!({"StorageType": "S3", "S3Config": config})).await?;
    let with = site.leave(Voice::Tone(SHORT)).await?;
    let task = site.task(&with.contact_id).await?;
    let [(name, file)] = task.attachments.iter().collect::<Vec<_>>()[..] else {
        return Err(format!("{:?}", task.attachments.keys()).into());
    };
    assert_eq!(name, &format!("{}.wav", with.contact_id));
    assert!(
        file.starts_with(b"RIFF") && file.ends_with(&with.caller_pcm),
        "the attachment is not what was spoken"
    );
    site.cloud.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voicemail_becomes_a_signed_request_and_an_event() -> Result<(), Error> {
    let site = Site::new().await?;
    let receiver = Receiver::start().await?;
    let backend = site.cloud.backend();
    let secret = json!({"Name": "hook", "SecretString": "key", "ClientRequestToken": "00000000-0000-4000-8000-000000000001"});
    let secret = backend.json_call("secretsmanager", "secretsmanager.CreateSecret", &secret).await?;
    let secret = secret["ARN"].as_str().ok_or("a secret without an ARN")?;

    let queue = site.make_queue("events").await?;
    site.lead_events_to("events").await?;
    let lines = format!(
        "modes: [other]\ndefault_mode: other\nother: {{target: \"{}\", secret: \"{secret}\"}}\n",
        receiver.url()
    );
    install(&site, &lines).await?;
    let left = site.leave(Voice::Tone(SHORT)).await?;
    site.until("a request has come", async || Ok(!receiver.taken().is_empty())).await?;
    let taken = receiver.taken();
    let [Taken { head, body }] = taken.as_slice() else { return Err(format!("not one: {taken:?}").into()) };
    assert!(head.starts_with("post /hook "), "{head}");
    assert!(head.contains(&format!("idempotency-key: {}", left.contact_id)), "{head}");
    assert!(
        head.contains("x-voicemail-timestamp: ") && head.contains("x-voicemail-signature: v1="),
        "{head}"
    );
    let package: Value = serde_json::from_str(body)?;
    assert_eq!(package["contactId"], left.contact_id.as_str());

    let mut events = Vec::new();
    site.until("the event has come", async || {
        events.extend(site.news(&queue).await?);
        Ok(!events.is_empty())
    })
    .await?;
    let event = &events[0];
    assert_eq!((&event["source"], &event["detail"]), (&json!("voicemail-express"), &package));
    site.cloud.stop().await;
    Ok(())
}
