//! Undoing ends and giving up voicemails: after any interruption, something completes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use vmx_contract::state::{Ended, Outcome};
use vmx_contract::voicemail_id::VoicemailId;

use super::states::{
    CONTACT, RECORDINGS, STATE, TRANSCRIPTS, minutes_ago, open, run, site, still_open, witness,
};
use super::*;
use crate::testing::Objects;

fn recording() -> String {
    format!("{CONTACT}.wav")
}

fn id() -> VoicemailId {
    VoicemailId::parse(CONTACT).unwrap()
}

/// How the voicemail ended, if it has.
fn outcome(objects: &Objects) -> Option<Outcome> {
    let ended = objects.text(STATE, &format!("ended/{CONTACT}"))?;
    Some(serde_json::from_str::<Ended>(&ended).unwrap().outcome)
}

/// The watchdog handles what is listed as undelivered. Everything else must be complete.
fn assert_somebody_goes_on(objects: &Objects, when: &str) {
    let is_listed = objects.text(STATE, &format!("undelivered/{CONTACT}")).is_some();
    let tags = objects.tags(RECORDINGS, &recording()).join(" ");
    match outcome(objects) {
        None => assert!(is_listed, "{when}: it has not ended, and nobody looks after it"),
        Some(_) => assert!(is_listed || !tags.contains("vm-state=open"), "{when}: {tags}"),
    }
}

/// A dropped voicemail whose recording has one of the operator's tags.
fn dropped() -> Objects {
    let objects = Objects::default();
    witness(&objects, CONTACT, Outcome::Dropped);
    objects.put(RECORDINGS, &recording(), "audio", minutes_ago(60));
    objects.tag(RECORDINGS, &recording(), "vm-state", "done");
    objects.tag(RECORDINGS, &recording(), "case", "7");
    objects
}

fn wanted() -> Selection {
    Selection { dropped: Some(Some(id())), ..Selection::default() }
}

#[tokio::test]
async fn a_dropped_voicemail_is_dropped_or_open_wherever_redrive_dies() {
    let mut is_over = false;
    for writes in 0..9 {
        let (objects, queues) = (dropped(), Queues::default());
        let cloud = site(&objects, &queues);
        objects.die_after(Some(writes));
        let (ended, _) = run(&cloud, &wanted()).await;
        is_over = ended.is_ok();
        assert_somebody_goes_on(&objects, &format!("after {writes} writes"));
        let was_open = outcome(&objects).is_none();
        // It can be repeated. The watchdog retries what is already open.
        objects.die_after(None);
        let (again, _) = run(&cloud, &wanted()).await;
        assert!(again.is_ok(), "after {writes} writes: {again:?}");
        assert!(still_open(&objects, CONTACT).wanted && outcome(&objects).is_none());
        assert_eq!(objects.tags(RECORDINGS, &recording()), ["case=7", "vm-state=open"]);
        assert_eq!(queues.sent().len(), usize::from(is_over || !was_open), "after {writes} writes");
        if is_over {
            break;
        }
    }
    assert!(is_over, "it never comes to its end");
}

/// A repeated message finds the old end and completes it at the very moment in which it is undone.
#[tokio::test]
async fn an_old_end_that_is_completed_meanwhile_leaves_nobody_out() {
    for writes in 0..5 {
        let (objects, queues) = (dropped(), Queues::default());
        objects.meanwhile(writes, |objects| {
            if outcome(objects).is_some() {
                objects.tag(RECORDINGS, &recording(), "vm-state", "done");
                objects.remove(STATE, &format!("undelivered/{CONTACT}"));
            }
        });
        let (ended, told) = run(&site(&objects, &queues), &wanted()).await;
        assert!(ended.is_ok(), "{told:?}");
        assert!(still_open(&objects, CONTACT).wanted && outcome(&objects).is_none(), "{writes}");
        assert_eq!(objects.tags(RECORDINGS, &recording()), ["case=7", "vm-state=open"], "{writes}");
    }
}

#[tokio::test]
async fn what_somebody_else_had_delivered_meanwhile_keeps_its_end() {
    let (objects, queues) = (dropped(), Queues::default());
    objects.meanwhile(1, |objects| witness(objects, CONTACT, Outcome::Delivered));
    let (ended, told) = run(&site(&objects, &queues), &wanted()).await;
    assert!(matches!(ended, Err(RedriveError::Kept { moved: 0, kept: 1 })), "{ended:?}");
    assert!(told[0].contains("another run has delivered it"), "{told:?}");
    assert_eq!((outcome(&objects), queues.sent().len()), (Some(Outcome::Delivered), 0));
    assert_somebody_goes_on(&objects, "then");
}

#[tokio::test]
async fn a_recording_on_hold_stays_on_hold() {
    let (objects, queues) = (dropped(), Queues::default());
    objects.tag(RECORDINGS, &recording(), "vm-state", "hold");
    assert!(run(&site(&objects, &queues), &wanted()).await.0.is_ok());
    assert_eq!(objects.tags(RECORDINGS, &recording()), ["case=7", "vm-state=hold"]);
}

/// A stuck voicemail, and letters about it, about another message of its contact, and about others.
fn undeliverable() -> (Objects, Queues) {
    let body = |key: &str| json!({"detail": {"object": {"key": format!("{key}.json")}}}).to_string();
    let bodies = [body(CONTACT), body(&format!("{CONTACT}-2")), body("theirs"), body(CONTACT)];
    let (objects, queues) = (Objects::default(), Queues::with(bodies));
    open(&objects, CONTACT, true, 300);
    objects.put(RECORDINGS, &recording(), "audio", minutes_ago(300));
    objects.tag(RECORDINGS, &recording(), "vm-state", "open");
    objects.tag(RECORDINGS, &recording(), "case", "7");
    (objects, queues)
}

async fn give_it_up(cloud: &Cloud) -> Result<(usize, Vec<String>), RedriveError> {
    let recorder = Recorder::default();
    let found = look_to_give_up(cloud, &pipeline(), &id()).await?;
    recorder.show(&found.event());
    let changes = give_up(cloud, &pipeline(), &found, &recorder).await?;
    Ok((changes, recorder.taken()))
}

#[tokio::test]
async fn what_is_given_up_has_ended_for_good_and_its_letters_go() {
    let (objects, queues) = undeliverable();
    let cloud = site(&objects, &queues);
    let (changes, told) = give_it_up(&cloud).await.unwrap();
    assert_eq!(changes, 3);
    assert!(told[0].contains("letters: 2"), "{told:?}");
    assert!(told[1].contains("letters: 2, kept: []"), "{told:?}");
    assert_eq!(outcome(&objects), Some(Outcome::GivenUp));
    assert_eq!(objects.keys(STATE), [format!("ended/{CONTACT}")]);
    assert_eq!(objects.tags(RECORDINGS, &recording()), ["case=7", "vm-state=done"]);
    let left = queues.letters();
    assert!(left.len() == 2 && left[0].contains("-2.json") && left[1].contains("theirs"), "{left:?}");
    assert!(queues.sent().is_empty());
    // Other voicemails' letters are released.
    let site = site(&objects, &queues);
    assert_eq!(give_it_up(&site).await.unwrap().0, 0, "once more does nothing");
    // It is no longer redriven.
    assert!(matches!(run(&site, &Selection::default()).await.0, Ok(2)));
}

#[tokio::test]
async fn wherever_giving_up_stops_the_same_command_goes_on() {
    let mut is_over = false;
    for writes in 0..9 {
        let (objects, queues) = undeliverable();
        // Its entry has expired.
        objects.remove(STATE, &format!("undelivered/{CONTACT}"));
        let cloud = site(&objects, &queues);
        objects.die_after(Some(writes));
        is_over = give_it_up(&cloud).await.is_ok();
        if writes > 0 {
            assert_somebody_goes_on(&objects, &format!("after {writes} writes"));
        }
        objects.die_after(None);
        assert!(give_it_up(&site(&objects, &queues)).await.is_ok(), "after {writes} writes");
        assert_eq!(objects.keys(STATE), [format!("ended/{CONTACT}")]);
        assert_eq!(objects.tags(RECORDINGS, &recording()), ["case=7", "vm-state=done"]);
        assert_eq!(queues.letters().len(), 2);
        if is_over {
            break;
        }
    }
    assert!(is_over, "it never comes to its end");
}

#[tokio::test]
async fn a_letter_that_is_about_other_messages_as_well_stays() {
    let record = |contact: &str| {
        let arn = "arn:aws:connect:us-east-1:111122223333:instance/00000000-0000-4000-8000-0000000000aa";
        json!({"ContactId": contact, "InstanceARN": arn, "Attributes": {"vm_flag": "1"}, "Recordings": []})
            .to_string()
    };
    let encode = |text: String| STANDARD.encode(text);
    let letter = |contacts: &[&str]| {
        let records: Vec<_> =
            contacts.iter().map(|contact| json!({"kinesis": {"data": encode(record(contact))}})).collect();
        json!({"payload": json!({"Records": records}).to_string()}).to_string()
    };
    let other = "00000000-0000-4000-8000-0000000000bb";
    let (objects, queues) = (Objects::default(), Queues::default());
    objects.put(STATE, "aws/lambda/1", &letter(&[CONTACT]), minutes_ago(9));
    objects.put(STATE, "aws/lambda/2", &letter(&[other, CONTACT]), minutes_ago(9));
    objects.put(STATE, "aws/lambda/3", &letter(&[other]), minutes_ago(9));
    let cloud = site(&objects, &queues);
    let ended = give_it_up(&cloud).await;
    assert!(matches!(ended, Err(RedriveError::Kept { moved: 2, kept: 1 })), "{ended:?}");
    assert_eq!(objects.keys(STATE), ["aws/lambda/2", "aws/lambda/3", &format!("ended/{CONTACT}")]);
    // It was never recorded, so there is no recording to keep.
    witness(&objects, other, Outcome::Delivered);
    assert_eq!(give_it_up(&cloud).await.unwrap().0, 1);
}

#[tokio::test]
async fn what_has_ended_or_was_never_there_cannot_be_given_up() {
    let (objects, queues) = (Objects::default(), Queues::default());
    let cloud = site(&objects, &queues);
    assert!(matches!(give_it_up(&cloud).await, Err(RedriveError::Unknown { .. })));
    objects.put(TRANSCRIPTS, &format!("delivered/{CONTACT}"), "{}", minutes_ago(9));
    let ended = give_it_up(&cloud).await.unwrap_err();
    assert!(ended.to_string().contains("has already ended: delivered"), "{ended}");
    witness(&objects, CONTACT, Outcome::Cancelled);
    let ended = give_it_up(&cloud).await.unwrap_err();
    assert!(ended.to_string().contains("has already ended: cancelled"), "{ended}");
    let before = Pipeline { state: None, ..pipeline() };
    assert!(matches!(look_to_give_up(&cloud, &before, &id()).await, Err(RedriveError::NoState)));
    // It is delivered at the very moment in which it is given up.
    let (objects, queues) = undeliverable();
    let cloud = site(&objects, &queues);
    objects.meanwhile(0, |objects| witness(objects, CONTACT, Outcome::Delivered));
    let ended = give_it_up(&cloud).await.unwrap_err();
    assert!(ended.to_string().contains("has already ended: delivered"), "{ended}");
    assert_eq!(queues.letters().len(), 4);
}
