//! Whatever fails at a destination, each voicemail arrives exactly once, or becomes one dead letter to retry.
//!
//! Several voicemails share the failures. Which of them each one hits is random: it must not matter.

#[path = "failures/targets.rs"]
mod targets;

use std::collections::BTreeSet;
use std::time::Duration;

use end_to_end::{Error, Site, Voice};
use local_cloud::faults::Fault;
use serde_json::Value;

const SHORT: Duration = Duration::from_secs(2);
/// All AWS calls that deliver voicemails.
const DELIVERIES: [&str; 3] = ["connect:StartTaskContact", "ses:SendEmail", "events:PutEvents"];
/// The faults and how often each occurs: `Fault::InternalError` as often as the SDK tries, the rest once.
const TROUBLES: [(Fault, u32); 7] = [
    (Fault::Refused, 1),
    (Fault::Expired, 1),
    (Fault::Throttled, 1),
    (Fault::InternalError, 5),
    (Fault::Unavailable, 1),
    (Fault::CutBefore, 1),
    (Fault::NoAnswer(Duration::from_secs(2)), 1),
];
/// Seconds until a failed message is retried. In the stack it is twelve minutes.
const SOON: u32 = 8;
/// More attempts than a slow machine can use up.
const MANY: u32 = 1000;

/// Installs with these lines of parameters.
async fn install(site: &Site, lines: &str) -> Result<(), Error> {
    site.set_params(lines)?;
    // Another target needs other permissions.
    let run = site.install_with(&["--allow-iam"]).await?;
    if run.code == Some(0) { Ok(()) } else { Err(format!("{run:#?}").into()) }
}

/// Leaves this many voicemails and returns their contacts.
async fn leave(site: &Site, count: usize) -> Result<Vec<String>, Error> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(site.leave(Voice::Tone(SHORT)).await?.contact_id);
    }
    Ok(ids)
}

/// Waits until every voicemail has ended as delivered and no message is in flight.
async fn settled(site: &Site, ids: &[String]) -> Result<(), Error> {
    site.delivered(ids).await?;
    site.until("no message is under way", async || Ok(site.depth("TranscriptsQueueUrl").await? == 0)).await?;
    assert_eq!(site.depth("TranscriptsQueueDeadLettersUrl").await?, 0, "{}", site.log_tail());
    Ok(())
}

/// Plans the same faults for an action; later checks that all of them occurred.
fn plan(site: &Site, action: &str) {
    for (fault, calls) in TROUBLES {
        site.cloud.plan_fault(action, fault, calls);
    }
}

fn assert_met(site: &Site, action: &str) {
    for (fault, _) in TROUBLES {
        assert_eq!(site.cloud.faults_left(action, fault), 0, "{action} never met {fault:?}");
    }
}

/// Asserts that each contact was received once, and no other.
fn assert_once(what: &str, ids: &[String], received: &[Value]) {
    let contacts: Vec<&str> = received.iter().filter_map(|package| package["contactId"].as_str()).collect();
    let expected: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
    let found: BTreeSet<&str> = contacts.iter().copied().collect();
    assert_eq!(
        (found, contacts.len(), received.len()),
        (expected, ids.len(), ids.len()),
        "{what}: {contacts:?}"
    );
}

/// Asserts that each of these voicemails was mailed once, by the ID in its marker.
async fn assert_mailed_once(site: &Site, ids: &[String]) -> Result<(), Error> {
    let bucket = site.output("StateBucket").await?;
    let mut by_markers = BTreeSet::new();
    for id in ids {
        let marker = site.cloud.backend().get_object(&bucket, &format!("delivered/{id}/email")).await?;
        let marker: Value = serde_json::from_slice(&marker)?;
        by_markers.insert(marker["reference"].as_str().ok_or("a mail without an id")?.to_owned());
    }
    let mails = site.mails().await?;
    let sent: BTreeSet<String> =
        mails.iter().filter_map(|mail| mail["MessageId"].as_str().map(str::to_owned)).collect();
    assert_eq!((mails.len(), &sent), (ids.len(), &by_markers), "{mails:#?}");
    Ok(())
}

fn assert_one_task_each(site: &Site, ids: &[String]) {
    for id in ids {
        assert_eq!(site.tasks_of(id).len(), 1, "{id}: {:#?}", site.cloud.connect().tasks());
    }
    assert_eq!(site.cloud.connect().tasks().len(), ids.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_mails_and_events_come_once_or_are_one_dead_letter() -> Result<(), Error> {
    let site = Site::new().await?;
    site.verify_mail("example.com").await?;
    let queue = site.make_queue("events").await?;
    site.lead_events_to("events").await?;
    let lines = "modes: [task, email, other]\ndefault_mode: task\n\
                 email: {from: voicemail@example.com, to: desk@example.com}\n";
    install(&site, lines).await?;
    site.ask_for("task,email,other").await?;
    site.bring_again(SOON, MANY).await?;
    for action in DELIVERIES {
        plan(&site, action);
    }
    let mut ids = leave(&site, 4).await?;
    settled(&site, &ids).await?;
    for action in DELIVERIES {
        assert_met(&site, action);
    }
    assert_one_task_each(&site, &ids);
    assert_mailed_once(&site, &ids).await?;
    assert_once("events", &ids, &details(&site.news(&queue).await?));

    // All of them are unreachable for longer than the queue retries.
    for action in DELIVERIES {
        site.cloud.plan_fault(action, Fault::CutBefore, u32::MAX);
    }
    site.bring_again(SOON, 2).await?;
    let lost = leave(&site, 1).await?;
    site.until("there is a dead letter", async || {
        Ok(site.depth("TranscriptsQueueDeadLettersUrl").await? == 1)
    })
    .await?;
    let trace = site.operate(&["trace", &lost[0]]).await?;
    let told = trace.said();
    assert!(told.contains("stopped at the step deliver"), "{trace:#?}");
    assert_one_task_each(&site, &ids);
    assert_mailed_once(&site, &ids).await?;
    assert!(site.news(&queue).await?.is_empty());

    // They recover, and the dead letter is redriven.
    for action in DELIVERIES {
        site.cloud.plan_fault(action, Fault::CutBefore, 0);
    }
    site.bring_again(SOON, MANY).await?;
    let run = site.operate(&["redrive", "--yes"]).await?;
    assert_eq!(run.code, Some(0), "{run:#?}");
    settled(&site, &lost).await?;
    assert_once("events", &lost, &details(&site.news(&queue).await?));
    ids.extend(lost);
    assert_one_task_each(&site, &ids);
    assert_mailed_once(&site, &ids).await?;
    site.cloud.stop().await;
    Ok(())
}

/// The packages in events.
fn details(events: &[Value]) -> Vec<Value> {
    events.iter().map(|event| event["detail"].clone()).collect()
}
