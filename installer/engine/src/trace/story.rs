//! From clues to a history: a pure fold.

use jiff::{SignedDuration, Timestamp};
use vmx_contract::state::Outcome as Ending;

use super::{Clues, ModeDelivery, Moment, Outcome, Stage, Trace};
use crate::status::{Seen, ago};
use vmx_model::parts::Step;

/// Amazon Connect sends a contact record within some minutes of the contact's end.
const RECORD_COMES: SignedDuration = SignedDuration::from_mins(15);

/// Combines the clues about a contact.
#[must_use]
pub fn story(contact: &str, clues: &Clues) -> Trace {
    let mut moments = happened(clues);
    // S3 gives whole seconds: within one second, the order of stages counts.
    let second = |moment: &Moment| moment.at.map_or(i64::MAX, Timestamp::as_second);
    moments.sort_by_key(|moment| (second(moment), moment.stage, moment.at));
    let (outcome, reached, verdict) = held_up(clues, outcome(clues));
    if !matches!(outcome, Outcome::Unknown | Outcome::Ended) {
        let told: Vec<Stage> = moments.iter().map(|moment| moment.stage).collect();
        let missing = Stage::STEPS.into_iter().filter(|stage| *stage >= reached && !told.contains(stage));
        moments.extend(missing.map(|stage| moment(None, stage, false, "not yet")));
    }
    Trace { contact: contact.to_owned(), outcome, verdict, moments, unseen: clues.unseen.clone() }
}

/// Every event in the clues.
fn happened(clues: &Clues) -> Vec<Moment> {
    let mut moments = Vec::new();
    let mut add = |at: Option<Timestamp>, stage, bad, text: String| {
        moments.push(moment(at, stage, bad, text));
    };
    if let Some(call) = clues.call.found() {
        if call.began.is_some() {
            add(call.began, Stage::Call, false, format!("the contact started ({})", call.channel));
        }
        if call.ended.is_some() {
            add(call.ended, Stage::Call, false, "it ended".to_owned());
        }
    } else if let Some(received) = clues.recording.found().and_then(|recording| recording.received) {
        add(Some(received), Stage::Call, false, "the caller hung up".to_owned());
    }
    for line in &clues.log {
        let stage = match line.step {
            Step::Record => Stage::Record,
            Step::Transcribe => Stage::Transcribe,
            Step::Deliver => Stage::Package,
        };
        add(Some(line.at), stage, line.bad, format!("log: {}", line.text));
    }
    if let Some(recording) = clues.recording.found() {
        let seconds = recording.duration_ms.div_ceil(1000);
        let mut text = format!("recording written, {}:{:02} minutes", seconds / 60, seconds % 60);
        if let Some(language) = &recording.language {
            text += &format!(", {language}");
        }
        for warning in &recording.warnings {
            text += &format!("; {warning}");
        }
        add(Some(recording.at), Stage::Record, false, text);
    }
    if let Some(job) = clues.job.found() {
        add(job.created, Stage::Transcribe, false, "transcription job created".to_owned());
        let failed = job.status == "FAILED";
        if job.ended.is_some() {
            let reason = job.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
            let text = format!("transcription job {}{reason}", job.status.to_lowercase());
            add(job.ended, Stage::Transcribe, failed, text);
        }
    }
    if let Some(at) = clues.transcript.found() {
        add(Some(*at), Stage::Transcribe, false, "transcript written".to_owned());
    }
    for letter in &clues.dead_letters {
        let reason = letter.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let stage = stage(letter.step);
        add(letter.sent, stage, true, format!("the message that is now a dead letter was sent{reason}"));
    }
    for at in &clues.stream_letters {
        let text = "Lambda gave up on the contact's record and stored it in the state bucket";
        add(Some(*at), Stage::Record, true, text.to_owned());
    }
    if let Some(open) = clues.open.found() {
        let stage = reached(clues);
        if open.pushes > 0 {
            let times = if open.pushes == 1 { "once".to_owned() } else { format!("{} times", open.pushes) };
            add(open.pushed_at, stage, false, format!("it stalled, and the watchdog retried it {times}"));
        }
        if open.stuck_since.is_some() {
            add(open.stuck_since, stage, true, "stuck: retrying did not help".to_owned());
        }
    }
    if let Some(ended) = clues.ended.found().filter(|ended| ended.outcome != Ending::Delivered) {
        add(Some(ended.at), ending_stage(ended.outcome), false, format!("ended: {}", ending(ended.outcome)));
    }
    if let Some(delivery) = clues.delivery.found() {
        // The packager's own line may have expired.
        if !clues.log.iter().any(|line| line.step == Step::Deliver) {
            add(Some(delivery.at), Stage::Package, false, "gathered, according to the delivery".to_owned());
        }
        let modes: Vec<String> = delivery.modes.iter().map(mode_text).collect();
        let modes = if modes.is_empty() { String::new() } else { format!(" {}", modes.join(", ")) };
        add(Some(delivery.at), Stage::Deliver, false, format!("delivered{modes}"));
    }
    for mode in &clues.partly {
        add(mode.at, Stage::Deliver, false, format!("delivered {}; not yet by all modes", mode_text(mode)));
    }
    moments
}

/// A mode's delivery as text.
fn mode_text(delivery: &ModeDelivery) -> String {
    let mut text = match &delivery.reference {
        Some(reference) => format!("as {} {reference}", delivery.mode),
        None => format!("as {}", delivery.mode),
    };
    for warning in &delivery.warnings {
        text += &format!(" ({})", warning.trim_end_matches('.'));
    }
    text
}

/// The meaning of an end, as text.
fn ending(outcome: Ending) -> &'static str {
    match outcome {
        Ending::Delivered => "delivered",
        Ending::Cancelled => "an agent answered while the caller was leaving it, so there is no voicemail",
        Ending::NothingSaid => "the caller hung up without a word, so there is no voicemail",
        Ending::Dropped => "it contains no speech, and `silent` is drop; the recording is kept",
        Ending::GivenUp => "it could not be delivered and was given up",
        Ending::Earlier => "the earlier system recorded it before the switch, and delivers it",
    }
}

fn ending_stage(outcome: Ending) -> Stage {
    match outcome {
        Ending::Cancelled | Ending::NothingSaid | Ending::Earlier => Stage::Record,
        Ending::Dropped => Stage::Package,
        Ending::Delivered | Ending::GivenUp => Stage::Deliver,
    }
}

/// The stage of a voicemail in progress.
fn reached(clues: &Clues) -> Stage {
    match (clues.transcript.found(), clues.recording.found()) {
        (Some(_), _) => Stage::Package,
        (None, Some(_)) => Stage::Transcribe,
        (None, None) => Stage::Record,
    }
}

/// How far the voicemail has come, its last stage, and both in a sentence.
fn outcome(clues: &Clues) -> (Outcome, Stage, String) {
    if let Some(deleted_at) = clues.ended.found().and_then(|ended| ended.deleted_at) {
        let text = format!("deleted {} ago by an operator", ago(clues.now.duration_since(deleted_at)));
        return (Outcome::Ended, Stage::Deliver, text);
    }
    if let Some(delivery) = clues.delivery.found() {
        let began = clues.recording.found().and_then(|recording| recording.received);
        let after = began
            .map(|began| format!(" {} after the caller hung up", ago(delivery.at.duration_since(began))));
        return (Outcome::Delivered, Stage::Deliver, format!("delivered{}", after.unwrap_or_default()));
    }
    if let Some(ended) = clues.ended.found() {
        let mut text =
            format!("ended {} ago: {}", ago(clues.now.duration_since(ended.at)), ending(ended.outcome));
        if ended.outcome == Ending::Dropped {
            text += "; `vmx-install redrive --dropped` delivers it anyway";
        }
        return (Outcome::Ended, ending_stage(ended.outcome), text);
    }
    if let Some(letter) = clues.dead_letters.first() {
        let step = letter.step;
        let why = last_error(clues, step).or(letter.reason.clone());
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        let done = done_by(clues);
        let text = format!(
            "stopped at the step {step}{done}{why}; fix the cause, then run `vmx-install redrive --step \
             {step}`"
        );
        return (Outcome::Stopped, stage(step), text);
    }
    if let Some(at) = clues.stream_letters.first() {
        let why = last_error(clues, Step::Record).map(|why| format!(": {why}")).unwrap_or_default();
        let text = format!(
            "stopped at the step record: Lambda gave up on the contact's record {} ago{why}; fix the cause, then run `vmx-install redrive`",
            ago(clues.now.duration_since(*at))
        );
        return (Outcome::Stopped, Stage::Record, text);
    }
    if let Some(since) = clues.open.found().and_then(|open| open.stuck_since) {
        let stage = reached(clues);
        let step = match stage {
            Stage::Call | Stage::Record => Step::Record,
            Stage::Transcribe => Step::Transcribe,
            Stage::Package | Stage::Deliver => Step::Deliver,
        };
        let done = done_by(clues);
        let why = last_error(clues, step).map(|why| format!(": {why}")).unwrap_or_default();
        let text = format!(
            "stuck at the step {step} for {}{done}{why}; fix the cause, then run `vmx-install redrive`",
            ago(clues.now.duration_since(since))
        );
        return (Outcome::Stopped, stage, text);
    }
    if clues.recording.found().is_none() {
        return not_recorded(clues);
    }
    let job_failed = clues.job.found().is_some_and(|job| job.status == "FAILED");
    let (step, doing) = if clues.transcript.found().is_some() || job_failed {
        (Step::Deliver, "the packager has not delivered it yet")
    } else if clues.job.found().is_some() {
        (Step::Transcribe, "Amazon Transcribe is transcribing it")
    } else {
        (Step::Transcribe, "its transcription has not started yet")
    };
    (Outcome::UnderWay, stage(step), under_way(clues, step, doing))
}

/// A voicemail that is still to come does not, while a part is broken that it needs.
fn held_up(clues: &Clues, (outcome, stage, verdict): (Outcome, Stage, String)) -> (Outcome, Stage, String) {
    let is_expected = match outcome {
        Outcome::UnderWay => true,
        Outcome::Unknown => clues.call.found().is_some(),
        Outcome::Delivered | Outcome::Ended | Outcome::Stopped => false,
    };
    match clues.broken.first().filter(|_| is_expected) {
        Some(broken) => (Outcome::Stopped, stage, format!("not there yet, because {broken}")),
        None => (outcome, stage, verdict),
    }
}

fn not_recorded(clues: &Clues) -> (Outcome, Stage, String) {
    if clues.open.found().is_some() || clues.log.iter().any(|line| line.step == Step::Record) {
        let text = under_way(clues, Step::Record, "it has not been recorded yet");
        return (Outcome::UnderWay, Stage::Record, text);
    }
    match &clues.call {
        Seen::Found(call) => match call.ended {
            None => {
                (Outcome::UnderWay, Stage::Call, "not there yet: the contact is still in progress".to_owned())
            }
            Some(ended) if clues.now.duration_since(ended) < RECORD_COMES => {
                let text = format!(
                    "not there yet: the contact ended {} ago, and its record can take some minutes",
                    ago(clues.now.duration_since(ended))
                );
                (Outcome::UnderWay, Stage::Call, text)
            }
            Some(_) => (
                Outcome::Unknown,
                Stage::Call,
                "no voicemail: the contact is over, with no recording and no log lines; check that its flow \
                 transfers to the voicemail flow, unless the recording has expired"
                    .to_owned(),
            ),
        },
        Seen::Missing | Seen::Unseen => (
            Outcome::Unknown,
            Stage::Call,
            "unknown contact; check the ID, and that the parameters name its stack".to_owned(),
        ),
    }
}

/// What a voicemail waits for, and its problems so far.
fn under_way(clues: &Clues, step: Step, doing: &str) -> String {
    let mut text = format!("not there yet{}: {doing}", done_by(clues));
    if let Some(error) = last_error(clues, step) {
        text += &format!("; the last attempt failed and will be retried: {error}");
    }
    if let Some((_, depth)) = clues.queues.iter().find(|(of, depth)| *of == step && depth.total() > 0) {
        text += &format!(
            "; in the step's queue: {} waiting, {} in progress, {} delayed",
            depth.waiting, depth.in_flight, depth.delayed
        );
    }
    text
}

/// The modes that are done while others are not.
fn done_by(clues: &Clues) -> String {
    let modes: Vec<&str> = clues.partly.iter().map(|delivery| delivery.mode.as_str()).collect();
    if modes.is_empty() { String::new() } else { format!(" (delivered by {})", modes.join(", ")) }
}

fn last_error(clues: &Clues, step: Step) -> Option<String> {
    clues.log.iter().rfind(|line| line.step == step && line.bad).map(|line| line.text.clone())
}

fn stage(step: Step) -> Stage {
    match step {
        Step::Record => Stage::Record,
        Step::Transcribe => Stage::Transcribe,
        Step::Deliver => Stage::Package,
    }
}

fn moment(at: Option<Timestamp>, stage: Stage, bad: bool, text: impl Into<String>) -> Moment {
    Moment { at, stage, bad, text: text.into() }
}
