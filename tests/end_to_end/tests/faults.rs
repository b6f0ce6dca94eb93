//! Voicemails on the local cloud while calls fail on a schedule: each becomes one task, or a dead letter for
//! `redrive`. The simulation (`tests/simulation`) does this with thousands; here the functions are processes that are
//! killed, the connections are real and get cut, and the mappings are MiniStack's.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use end_to_end::{Error, Mailbox, Site, Voice};
use local_cloud::faults::{Fault, Seeded};
use serde_json::json;

const SHORT: Duration = Duration::from_secs(1);
/// The faults. Missing responses are left to the simulation: here, functions would wait for half a minute.
const FAULTS: [Fault; 11] = [
    Fault::Throttled,
    Fault::InternalError,
    Fault::Unavailable,
    Fault::ClockSkew,
    Fault::CutBefore,
    Fault::CutAfter,
    Fault::BrokenOff,
    Fault::AnswerLost,
    Fault::SlowBody(Duration::from_millis(800)),
    Fault::KilledBefore,
    Fault::KilledAfter,
];
const QUEUES: [&str; 3] = ["RetryQueueUrl", "RecordingsQueueUrl", "TranscriptsQueueUrl"];
const DEAD_LETTERS: [&str; 3] =
    ["RetryQueueDeadLettersUrl", "RecordingsQueueDeadLettersUrl", "TranscriptsQueueDeadLettersUrl"];

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// The number of messages in these queues.
async fn depth(site: &Site, queues: &[&str]) -> Result<u64, Error> {
    let mut sum = 0;
    for queue in queues {
        sum += site.depth(queue).await?;
    }
    Ok(sum)
}

/// `FAULTS_VOICEMAILS` voicemails, with `FAULTS_SEED`.
#[tokio::test(flavor = "multi_thread")]
async fn every_voicemail_is_one_task_whatever_goes_wrong() -> Result<(), Error> {
    let voicemails = number("FAULTS_VOICEMAILS").unwrap_or(8);
    let seed = number("FAULTS_SEED").unwrap_or(7);
    let site = Site::installed().await?;
    // After its function was killed, a message is retried in seconds here, not minutes.
    for (mailbox, seconds) in
        [(Mailbox::Retry, "10"), (Mailbox::Recordings, "20"), (Mailbox::Transcripts, "20")]
    {
        site.set_queue(mailbox, "VisibilityTimeout", seconds).await?;
    }
    let schedule = Arc::new(Seeded::new(seed, 8, FAULTS));
    site.cloud.follow(Some(Arc::clone(&schedule) as Arc<_>));
    let (recordings, transcripts) =
        (site.output("RecordingsBucket").await?, site.output("TranscriptsBucket").await?);
    let mut left = Vec::new();
    for n in 0..voicemails {
        let call = site.leave(Voice::Tone(SHORT)).await?;
        let id = call.contact_id.clone();
        if n == 0 {
            // A useless record at the head of the shard delays nothing and is not forgotten.
            let unusable = json!({"ContactId": "../x", "Attributes": {"vm_flag": "1"}});
            site.put_contact_record(&call, &unusable).await?;
        }
        // Events are duplicated and unordered: one for a transcript precedes it.
        if n % 3 == 0 {
            site.repeat_contact_record(&call).await?;
        }
        if n % 4 == 1 {
            site.redeliver(Mailbox::Recordings, &site.object_created(&recordings, &format!("{id}.wav")))
                .await?;
            site.redeliver(Mailbox::Transcripts, &site.object_created(&transcripts, &format!("{id}.json")))
                .await?;
        }
        left.push(id);
    }
    let tasks = |id: &String| site.tasks_of(id).len();
    site.until("every voicemail is a task or a dead letter", async || {
        let missing = left.iter().filter(|id| tasks(id) == 0).count() as u64;
        Ok(missing <= depth(&site, &DEAD_LETTERS).await?
            && (missing == 0 || depth(&site, &QUEUES).await? == 0))
    })
    .await?;
    let delivered = left.iter().filter(|id| tasks(id) > 0).count();
    site.cloud.follow(None);
    let mut out = std::io::stdout();
    writeln!(out, "seed {seed}: {} left, {delivered} delivered under faults", left.len())?;
    for ((action, fault), count) in schedule.inflicted() {
        writeln!(out, "{count:>5} {fault:<24} {action}")?;
    }
    // All faults end. Work in progress completes, and dead letters are redriven.
    let redriven = site.operate(&["redrive", "--yes"]).await?;
    assert!(redriven.code == Some(0), "{redriven:#?}");
    site.until("every voicemail is a task", async || Ok(left.iter().all(|id| tasks(id) > 0))).await?;
    site.delivered(&left).await?;
    site.until("the unusable record is a dead letter", async || {
        Ok(depth(&site, &["RetryQueueDeadLettersUrl"]).await? >= 1)
    })
    .await?;
    for id in &left {
        assert_eq!(tasks(id), 1, "{id}: {:#?}", site.tasks_of(id));
    }
    assert!(schedule.inflicted().values().sum::<u64>() > voicemails, "so few faults show nothing");
    site.cloud.stop().await;
    Ok(())
}
