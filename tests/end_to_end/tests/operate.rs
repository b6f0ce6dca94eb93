//! Operating an installation: its status, the trace of a voicemail, and redriving dead letters.

use std::time::Duration;

use end_to_end::{Error, Site, Voice};
use local_cloud::download::download;
use serde_json::{Value, json};

const SHORT: Duration = Duration::from_secs(2);
const NOBODY: &str = "00000000-0000-4000-8000-00000000c0de";

#[tokio::test(flavor = "multi_thread")]
async fn the_state_is_told_and_what_is_wrong_is_named() -> Result<(), Error> {
    let site = Site::new().await?;
    let nothing = site.operate(&["status"]).await?;
    assert_eq!(nothing.code, Some(1), "{nothing:#?}");
    assert!(nothing.said().contains("no stack voicemail-express in us-east-1"), "{nothing:#?}");

    let installed = site.install().await?;
    assert_eq!(installed.code, Some(0), "{installed:#?}");
    let status = site.operate(&["status"]).await?;
    assert_eq!(status.code, Some(0), "{status:#?}");
    assert!(status.said().ends_with("healthy; -v shows every part"), "{status:#?}");
    // Results are not on standard error; a busy machine waits.
    let is_progress =
        |line: &str| line.starts_with("checking the account") || line.starts_with("still waiting for ");
    assert!(status.stderr.lines().all(is_progress), "{status:#?}");
    for word in ["CREATE_COMPLETE", "3 active", "2 published", "2 connected", "none in progress"] {
        assert!(status.said().contains(word), "{word}: {status:#?}");
    }
    let all = site.operate(&["status", "-v"]).await?;
    assert!(all.said().contains("voicemail-express voicemail: published"), "{all:#?}");
    let idle = site.operate(&["status", "--watch"]).await?;
    assert_eq!(idle.code, Some(0), "{idle:#?}");
    assert!(idle.said().contains("nothing in progress"), "{idle:#?}");

    site.set_alarm("TranscriptsQueueOldAlarm", true).await?;
    let alarmed = site.operate(&["status"]).await?;
    assert_eq!(alarmed.code, Some(1), "{alarmed:#?}");
    let told = ["in alarm: TranscriptsQueueOldAlarm", "has been in alarm for", "vmx-install trace"];
    assert!(told.iter().all(|told| alarmed.said().contains(told)), "{alarmed:#?}");
    site.set_alarm("TranscriptsQueueOldAlarm", false).await?;

    // The transcriber's trigger is disabled in the console.
    let status = site.operate(&["status", "--json"]).await?;
    let events: Vec<Value> = status.stdout.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let state = events.iter().find(|event| event["event"] == "status").ok_or("no status in the JSON")?;
    let trigger = state["triggers"].as_array().ok_or("no triggers")?.iter();
    let uuid = trigger
        .filter(|trigger| trigger["name"] == "RecordingsQueueTrigger")
        .find_map(|trigger| trigger["uuid"].as_str())
        .ok_or("no trigger of that name")?;
    site.disable_trigger(uuid).await?;
    site.until("the trigger is told to be disabled", async || {
        let broken = site.operate(&["status"]).await?;
        Ok(broken.code == Some(1)
            && broken.said().contains("the trigger RecordingsQueueTrigger is disabled")
            && broken.said().contains(&format!("--uuid {uuid} --region us-east-1`")))
    })
    .await?;

    // The trace shows that the recording exists, and what stops it.
    let call = site.leave(Voice::Tone(SHORT)).await?;
    site.until("there is a recording", async || {
        let recordings = site.output("RecordingsBucket").await?;
        Ok(site.keys(&recordings).await?.contains(&format!("{}.wav", call.contact_id)))
    })
    .await?;
    let trace = site.operate(&["trace", &call.contact_id]).await?;
    assert_eq!(trace.code, Some(1), "{trace:#?}");
    assert!(trace.said().contains("because the trigger RecordingsQueueTrigger is disabled"), "{trace:#?}");
    assert!(trace.said().contains("help: run `aws lambda update-event-source-mapping"), "{trace:#?}");
    let revoked = site.operate(&["links", "revoke", NOBODY, "--yes"]).await?;
    assert!(revoked.code == Some(1) && revoked.said().contains("no voicemail"), "{revoked:#?}");
    site.cloud.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voicemail_is_traced_through_all_steps() -> Result<(), Error> {
    let site = Site::installed().await?;
    let call = site.leave(Voice::Tone(SHORT)).await?;
    let task = site.task(&call.contact_id).await?;
    let mut trace = site.operate(&["trace", &call.contact_id]).await?;
    // The marker is written after the task, and logs are delayed.
    site.until("the trace knows of the delivery", async || {
        trace = site.operate(&["trace", &call.contact_id]).await?;
        Ok(trace.said().contains("delivered as task") && trace.said().contains("log: delivered"))
    })
    .await?;
    assert_eq!(trace.code, Some(0), "{trace:#?}");
    for step in ["record", "transcribe", "package", "deliver"] {
        let told = trace.stdout.lines().any(|line| line.split_whitespace().nth(1) == Some(step));
        assert!(told, "{step}: {}", trace.stdout);
    }
    assert!(trace.said().contains(&task.contact_id), "{}", trace.stdout);
    assert!(!trace.said().contains("5550123"), "a phone number is told: {}", trace.stdout);

    // Without the parameters, by the stack's name: what the functions logged, and the recording.
    const STACK: [&str; 4] = ["--stack", "voicemail-express", "--region", "us-east-1"];
    let logs = site.run(&[&["logs", &call.contact_id], &STACK[..]].concat()).await?;
    assert_eq!(logs.code, Some(0), "{logs:#?}");
    for told in ["vmx_kvs_to_s3   INFO  recorded", "vmx_packager    INFO  delivered"] {
        assert!(logs.stdout.contains(told), "{told}: {logs:#?}");
    }
    assert!(logs.stdout.lines().all(|line| line.contains(&call.contact_id)), "{logs:#?}");
    assert!(!logs.said().contains("5550123"), "a phone number is told: {}", logs.stdout);
    let opened = site.run(&[&["open", &call.contact_id], &STACK[..]].concat()).await?;
    assert_eq!(opened.code, Some(0), "{opened:#?}");
    let recording = download(site.cloud.endpoint(), opened.stdout.trim()).await?;
    assert!(recording.starts_with(b"RIFF"), "{opened:#?}");
    let console = site.operate(&["open", "dashboard"]).await?;
    assert_eq!(console.code, Some(2), "{console:#?}");
    assert!(console.said().contains("the AWS console does not show the local cloud"), "{console:#?}");
    for (words, why) in [
        (["open", NOBODY, "voicemail-express"], "no recording of the voicemail"),
        (["logs", "deliver", "nothing"], "no stack nothing in us-east-1"),
    ] {
        let [verb, of, stack] = words;
        let ran = site.run(&[verb, of, "--stack", stack, "--region", "us-east-1"]).await?;
        assert!(ran.code == Some(1) && ran.said().contains(why), "{ran:#?}");
    }

    // It is found, and its recording kept longer.
    let listed = site.operate(&["voicemails", "list", "--caller", "5550123", "--json"]).await?;
    let events: Vec<Value> = listed.stdout.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let found = events.iter().find(|event| event["event"] == "voicemails").ok_or("nothing is listed")?;
    let one = &found["voicemails"][0];
    assert_eq!((&one["id"], &one["recipient"]), (&json!(call.contact_id), &json!("BasicQueue")), "{found}");
    assert_eq!(one["state"], "delivered", "{found}");
    // 8,000 samples of two bytes after the header; seconds are rounded up.
    assert_eq!(one["seconds"], json!((recording.len() - 44).div_ceil(16_000)), "{found}");
    let nobody = site.operate(&["voicemails", "list", "--queue", "Support", "--csv"]).await?;
    assert_eq!(nobody.stdout.lines().count(), 1, "{nobody:#?}");
    for (verb, said) in [
        ("hold", "is on hold"),
        ("hold", "was on hold already"),
        ("release", "is released"),
        ("release", "was not on hold"),
    ] {
        let ran = site.operate(&["voicemails", verb, &call.contact_id]).await?;
        assert!(ran.code == Some(0) && ran.stdout.contains(said), "{ran:#?}");
    }
    let missing = site.operate(&["voicemails", "hold", NOBODY]).await?;
    assert!(missing.code == Some(1) && missing.said().contains("has no recording"), "{missing:#?}");

    // It is copied, and deleted.
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("copies");
    let exported =
        site.operate(&["voicemails", "export", &path.to_string_lossy(), "--caller", "5550123"]).await?;
    assert_eq!(exported.code, Some(0), "{exported:#?}");
    assert!(
        std::fs::read(path.join(format!("{}.wav", call.contact_id)))? == recording,
        "other bytes are copied"
    );
    let manifest = std::fs::read_to_string(path.join("voicemails.csv"))?;
    assert!(manifest.contains(&format!("{}.json", call.contact_id)), "{manifest}");
    let asked = site.operate(&["voicemails", "delete", &call.contact_id]).await?;
    assert_eq!(asked.code, Some(6), "{asked:#?}");
    let deleted = site.operate(&["voicemails", "delete", &call.contact_id, "--yes"]).await?;
    assert!(deleted.code == Some(0) && deleted.said().contains("delivered as task"), "{deleted:#?}");
    for bucket in site.buckets().await? {
        let keys = site.keys(&bucket).await?.into_iter().filter(|key| key.contains(&call.contact_id));
        let left: Vec<String> = keys.collect();
        let is_state =
            |key: &String| ["ended/", "delivered/", "revoked/"].iter().any(|of| key.starts_with(of));
        assert!(left.iter().all(is_state), "{bucket}: {left:?}");
    }
    let listed = site.operate(&["voicemails", "list"]).await?;
    assert!(listed.stdout.contains("deleted"), "{listed:#?}");
    let traced = site.operate(&["trace", &call.contact_id]).await?;
    assert!(traced.code == Some(0) && traced.said().contains("by an operator"), "{traced:#?}");

    let unknown = site.operate(&["trace", NOBODY]).await?;
    assert_eq!(unknown.code, Some(1), "{unknown:#?}");
    assert!(unknown.said().contains("unknown contact"), "{unknown:#?}");
    let nonsense = site.operate(&["trace", "../../etc/passwd"]).await?;
    assert_eq!(nonsense.code, Some(2), "{nonsense:#?}");
    site.cloud.stop().await;
    Ok(())
}

/// Without the task flow, no task can be started. SQS would give up after hours of attempts; here, the message is
/// moved to the dead-letter queue at once.
#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_go_back_into_work() -> Result<(), Error> {
    let site = Site::installed().await?;
    let none = site.operate(&["redrive"]).await?;
    assert_eq!(none.code, Some(0), "{none:#?}");
    assert!(none.said().contains("nothing was changed"), "{none:#?}");

    site.break_deliveries().await?;
    let call = site.leave(Voice::Tone(SHORT)).await?;
    let id = call.contact_id.as_str();
    site.until("the packager has failed", async || {
        let trace = site.operate(&["trace", id]).await?;
        Ok(trace.said().contains("the last attempt failed and will be retried"))
    })
    .await?;
    let transcripts = site.output("TranscriptsBucket").await?;
    site.give_up(&site.object_created(&transcripts, &format!("{id}.json"))).await?;

    let status = site.operate(&["status"]).await?;
    assert_eq!(status.code, Some(1), "{status:#?}");
    assert!(status.said().contains("1 voicemail is stuck at the step deliver"), "{status:#?}");
    for told in [id, &format!("`vmx-install trace {id} --params"), "(log group "] {
        assert!(status.said().contains(told), "{told}: {status:#?}");
    }
    let trace = site.operate(&["trace", id]).await?;
    assert_eq!(trace.code, Some(1), "{trace:#?}");
    assert!(trace.said().contains("stopped at the step deliver"), "{trace:#?}");
    assert!(trace.said().contains("vmx-install redrive --step deliver"), "{trace:#?}");
    // Without a terminal, it cannot prompt.
    let unasked = site.operate(&["redrive"]).await?;
    assert_eq!(unasked.code, Some(6), "{unasked:#?}");
    assert!(unasked.said().contains("--yes"), "{unasked:#?}");

    site.mend_deliveries().await?;
    let redriven = site.operate(&["redrive", "--yes"]).await?;
    assert_eq!(redriven.code, Some(0), "{redriven:#?}");
    assert!(redriven.said().contains("deliver: 1 retried"), "{redriven:#?}");
    site.task(id).await?;
    site.delivered(&[id]).await?;
    assert_eq!(site.tasks_of(id).len(), 1);
    let status = site.operate(&["status"]).await?;
    assert_eq!(status.code, Some(0), "{status:#?}");
    site.cloud.stop().await;
    Ok(())
}
