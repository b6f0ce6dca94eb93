//! What is told of a voicemail in the state bucket, and in which order.

use serde_json::{Value, json};
use vmx_lambda::testing::Captured;

use crate::world::{CONTACT, RECORDING, World, speech};
use crate::{done, wav};

/// The record of the caller's call with something changed.
fn changed(world: &World, change: impl FnOnce(&mut Value)) -> String {
    let mut record = serde_json::from_str(&world.record()).unwrap();
    change(&mut record);
    record.to_string()
}

#[tokio::test(start_paused = true)]
async fn a_voicemail_is_entered_before_it_is_recorded() {
    for bytes in [40_000, 11 << 20] {
        let world = World::with(&speech(bytes));
        assert_eq!(world.stream(&[world.record()]).await, done());
        let state = world.state();
        let objects = state.bucket("state");
        let entered: Value =
            serde_json::from_slice(&objects[format!("undelivered/{CONTACT}").as_str()].body).unwrap();
        assert_eq!(entered, json!({"v": 1, "since": "2024-01-26T03:09:12Z", "pushes": 0}));
        assert_eq!(objects.len(), 1, "nothing has ended");
        drop(state);
        let calls = world.aws.calls();
        let place = |is_it: &dyn Fn(&str) -> bool| calls.iter().position(|call| is_it(&call.path)).unwrap();
        let writes: Vec<&str> = calls
            .iter()
            .filter(|call| matches!(call.action.as_str(), "s3:PutObject" | "s3:CreateMultipartUpload"))
            .map(|call| call.path.as_str())
            .collect();
        assert_eq!(writes, [format!("/undelivered/{CONTACT}"), format!("/{CONTACT}.wav")]);
        let entry = &calls[place(&|path| path.starts_with("/undelivered/"))];
        assert_eq!(entry.headers["if-none-match"], "*");
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_entry_nothing_is_recorded() {
    let world = World::with(&speech(40_000));
    world.state().errors = vec![("s3:PutObject", 1, 403, "AccessDenied")];
    assert_eq!(world.stream(&[world.record()]).await, done());
    {
        let state = world.state();
        assert!(state.buckets.objects.is_empty());
        assert!(
            state.queue[0].1.contains("in the state bucket: s3:PutObject failed"),
            "{}",
            state.queue[0].1
        );
    }
    assert_eq!(world.queue(&world.record()).await, done());
    assert_eq!(world.state().bucket("recordings").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_is_there_keeps_its_age() {
    let world = World::with(&speech(40_000));
    world.state().errors = vec![("kinesisvideo:GetMediaForFragmentList", 9, 403, "AccessDeniedException")];
    world.stream(&[world.record()]).await;
    world.state().errors.clear();
    let world = world.later();
    assert_eq!(world.queue(&world.record()).await, done());
    let state = world.state();
    let entered: Value =
        serde_json::from_slice(&state.bucket("state")[format!("undelivered/{CONTACT}").as_str()].body)
            .unwrap();
    assert_eq!(entered["since"], "2024-01-26T03:09:12Z");
}

#[tokio::test(start_paused = true)]
async fn a_witness_is_met_first() {
    let world = World::with(&speech(40_000));
    let witness = br#"{"v":1,"outcome":"delivered","at":"2024-01-26T03:08:30Z"}"#.to_vec();
    let object = vmx_lambda::testing::Object { body: witness, ..Default::default() };
    world.state().buckets.objects.insert(format!("state/ended/{CONTACT}"), object);
    let broken = changed(&world, |record| record["Recordings"][0]["FragmentStopNumber"] = json!(null));
    let foreign = changed(&world, |record| record["Recordings"] = json!([]));
    let early = changed(&world, |record| record["Recordings"] = json!(null));
    for record in [world.record(), broken, foreign, early] {
        assert_eq!(world.stream(std::slice::from_ref(&record)).await, done());
        assert_eq!(world.queue(&record).await, done());
    }
    let state = world.state();
    assert!(state.bucket("recordings").is_empty() && state.queue.is_empty());
    assert_eq!(state.bucket("state").len(), 1, "it is not entered again");
}

#[tokio::test(start_paused = true)]
async fn a_record_without_its_streams_waits_until_an_updated_one_has_brought_them() {
    let pcm = speech(40_000);
    let world = World::with(&pcm);
    let early = changed(&world, |record| record["Recordings"] = json!(null));
    assert_eq!(world.stream(std::slice::from_ref(&early)).await, done());
    assert_eq!(world.state().queue[0].0, early);
    assert_eq!(world.queue(&early).await.batch_item_failures.len(), 1, "it still waits");
    assert_eq!(world.stream(&[world.record()]).await, done());
    assert!(world.state().buckets.objects[RECORDING].body == wav(&pcm));
    assert_eq!(world.queue(&early).await, done(), "it is no dead letter in the end");
}

/// Its contact record may expire in the retry queue: then this entry is all that is left of it.
#[tokio::test(start_paused = true)]
async fn a_saved_message_is_entered_whatever_keeps_it_from_being_recorded() {
    let is_entered =
        async |is_saved: bool, errors: &[(&'static str, usize, u16, &'static str)], change: Value| {
            let world = World::with(&speech(40_000));
            world.state().errors = errors.to_vec();
            let record = changed(&world, |record| {
                if is_saved {
                    record["Attributes"] = json!({"vm_saved_1": "saved", "vm_taking": "0"});
                }
                change.as_object().unwrap().iter().for_each(|(name, value)| record[name] = value.clone());
            });
            assert_eq!(world.stream(&[record]).await, done());
            assert_eq!(world.state().queue.len(), 1);
            let state = world.state();
            assert!(state.bucket("recordings").is_empty());
            state.bucket("state").contains_key(format!("undelivered/{CONTACT}").as_str())
        };
    let gone = [("kinesisvideo:GetDataEndpoint", 9, 404, "ResourceNotFoundException")];
    for (errors, change) in
        [(&[][..], json!({"Recordings": null})), (&[], json!({"Recordings": []})), (&gone, json!({}))]
    {
        assert!(is_entered(true, errors, change.clone()).await, "{change}");
        // A flag alone may be that of another contact.
        assert!(!is_entered(false, errors, change.clone()).await, "{change}");
    }
}

/// Flows without slots write nothing else than the flag, which a transfer hands on.
#[tokio::test(start_paused = true)]
async fn a_flag_that_a_transfer_brought_is_no_message_once_the_record_is_settled() {
    const EARLIER: &str = "00000000-0000-4000-8000-0000000ea47e";
    let before = |known: bool, now: &'static str| {
        let mut world = World::with(&speech(40_000));
        world.now = now;
        let object = vmx_lambda::testing::Object::default();
        if known {
            world.state().buckets.objects.insert(format!("recordings/{EARLIER}.wav"), object);
        }
        world
    };
    for id in ["PreviousContactId", "InitialContactId"] {
        for recordings in [json!(null), json!([])] {
            for (known, now, ends) in [
                (true, "2024-01-26T04:08:13Z", true),
                (true, "2024-01-26T04:08:12Z", false),
                (false, "2024-01-26T04:08:13Z", false),
            ] {
                let world = before(known, now);
                let inherited = changed(&world, |record| {
                    record["Attributes"] = json!({"vmx3_flag": "1"});
                    record["Recordings"] = recordings.clone();
                    record[id] = json!(EARLIER);
                });
                assert_eq!(world.queue(&inherited).await == done(), ends, "{id} {recordings} {now}");
                // The updated record may come as late as this one.
                let outcome = (ends && !recordings.is_null()).then(|| "nothing_said".to_owned());
                assert_eq!(world.state().outcome(CONTACT), outcome);
            }
        }
    }
    // An entry that cannot be read may be its message.
    let world = before(true, "2024-01-26T04:08:13Z");
    let unusable = changed(&world, |record| {
        record["Recordings"][0]["StopTimestamp"] = json!(null);
        record["PreviousContactId"] = json!(EARLIER);
    });
    assert_ne!(world.queue(&unusable).await, done());
    // What the contact's own streams or slots say counts.
    let world = before(true, "2024-01-26T04:08:13Z");
    let own = changed(&world, |record| record["PreviousContactId"] = json!(EARLIER));
    assert_eq!(world.queue(&own).await, done());
    assert!(world.state().bucket("recordings").contains_key(format!("{CONTACT}.wav").as_str()));
    let world = before(true, "2024-01-26T04:08:13Z");
    let saved = changed(&world, |record| {
        record["Attributes"] = json!({"vm_saved_1": "saved", "vm_taking": "0"});
        record["Recordings"] = json!([]);
        record["PreviousContactId"] = json!(EARLIER);
    });
    assert_ne!(world.queue(&saved).await, done());
}

#[tokio::test(start_paused = true)]
async fn an_end_is_counted_once() {
    let (captured, _guard) = Captured::start(tracing::Level::INFO);
    let world = World::with(&speech(40_000));
    let cancelled = changed(&world, |record| {
        record["Agent"] = json!({
            "ConnectedToAgentTimestamp": "2024-01-26T03:07:50Z",
            "AgentInteractionDuration": 14,
            "AfterContactWorkStartTimestamp": "2024-01-26T03:08:13Z",
        });
    });
    world.stream(&[cancelled.clone(), cancelled.clone()]).await;
    world.queue(&cancelled).await;
    assert_eq!(captured.counted("Cancelled"), [(1.0, String::new())]);
    assert_eq!((captured.counted("FailedAttempts"), captured.counted("Captured")), (vec![], vec![]));
    assert_eq!(world.state().outcome(CONTACT).as_deref(), Some("cancelled"));
    let ended =
        world.aws.calls().into_iter().find(|call| call.path.starts_with("/ended/") && call.method == "PUT");
    assert_eq!(ended.unwrap().headers["if-none-match"], "*");
}
