//! What became of every voicemail.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use kvs_media::wav_header;
use serde_json::Value;

use crate::fault::{Fault, Function};
use crate::voicemail::Left;
use crate::world::{QueueName, RECORDINGS, TRANSCRIPTS, Way, World, contact_in};

/// The account of a run.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// From which everything was drawn.
    pub(crate) seed: u64,
    /// Voicemails that were left.
    pub(crate) left: usize,
    /// Records among them that can never be used.
    pub(crate) poison: usize,
    /// When all had come to rest.
    pub(crate) before: Outcome,
    /// Dead letters that went back into work once all was mended.
    pub(crate) moved: usize,
    /// When all had come to rest again.
    pub(crate) after: Outcome,
    /// How often what went wrong with which action of which function.
    pub(crate) inflicted: BTreeMap<(Function, String, Fault), u64>,
    /// How often each action was called by each function.
    pub(crate) calls: BTreeMap<(Function, String), u64>,
    /// Events that came twice.
    pub(crate) doubled: u64,
    /// Processes whose clock was wrong.
    pub(crate) skewed: u64,
    /// Invocations that Lambda refused because too many ran.
    pub(crate) throttled: u64,
    /// Jobs that Transcribe refused because too many ran.
    pub(crate) jobs_refused: u64,
    /// Jobs that failed.
    pub(crate) jobs_failed: u64,
    /// Jobs that took hours.
    pub(crate) jobs_late: u64,
    /// Virtual time.
    pub(crate) took: Duration,
    /// A number that two runs share if they are the same in every call.
    pub(crate) story: u64,
}

/// Where the voicemails are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    /// Delivered by every mode.
    pub(crate) delivered: usize,
    /// Not delivered by every mode, and a dead letter tells of it.
    pub(crate) dead_lettered: usize,
    /// Neither.
    pub(crate) lost: Vec<String>,
    /// Delivered more than once without need.
    pub(crate) duplicates: Vec<String>,
    /// Deliveries that came after one whose sender never learned of it, by services that know no repetitions.
    pub(crate) unavoidable: u64,
    /// Delivered, and a dead letter is there all the same: of work that follows the delivery.
    pub(crate) letters_of_delivered: usize,
    /// Dead letters in all.
    pub(crate) letters: usize,
    /// Recordings that are not what the caller said.
    pub(crate) garbled: Vec<String>,
    /// Delivered, but the flag, the marker or the job is not as it should be then.
    pub(crate) unfinished: Vec<String>,
    /// Uploads in parts that nobody ended: the bucket's lifecycle rule does.
    pub(crate) abandoned_uploads: usize,
}

impl Outcome {
    pub(crate) fn of(world: &World, left: &[Left]) -> Self {
        let letters = world.letters();
        let state = world.state();
        let mut outcome = Self { abandoned_uploads: state.buckets.uploads.len(), ..Self::default() };
        outcome.letters = QueueName::ALL
            .into_iter()
            .filter(|name| name.is_dead())
            .map(|name| state.queues[&name].messages.len())
            .sum();
        let jobs: BTreeSet<&str> = state.jobs.names().collect();
        for voicemail in left {
            let id = voicemail.contact_id.to_string();
            let deliveries =
                |way| state.centre.deliveries.get(&(id.clone(), way)).cloned().unwrap_or_default();
            let ways = voicemail.modes.iter().flat_map(|mode| Way::of(*mode));
            let counts: Vec<_> = ways.map(deliveries).collect();
            let is_delivered = counts.iter().all(|one| one.count > 0);
            let has_letter = letters.contains(&id);
            match (is_delivered, has_letter) {
                (true, _) => outcome.delivered += 1,
                (false, true) => outcome.dead_lettered += 1,
                (false, false) => outcome.lost.push(id.clone()),
            }
            outcome.letters_of_delivered += usize::from(is_delivered && has_letter);
            outcome.unavoidable += counts.iter().map(|one| one.unavoidable).sum::<u64>();
            if counts.iter().any(|one| one.count > 1 + one.unavoidable) {
                outcome.duplicates.push(id.clone());
            }
            let recording = state.buckets.objects.get(&format!("{RECORDINGS}/{id}.wav"));
            let header = wav_header(u32::try_from(voicemail.pcm.len()).unwrap_or(u32::MAX));
            let is_what_was_said = recording.is_none_or(|recording| {
                recording.body.len() == header.len() + voicemail.pcm.len()
                    && recording.body.starts_with(&header)
                    && recording.body.ends_with(&voicemail.pcm)
            });
            if !is_what_was_said || (is_delivered && recording.is_none()) {
                outcome.garbled.push(id.clone());
            }
            let flag =
                state.centre.attributes.get(&id).and_then(|all| all.get("vm_flag")).map(String::as_str);
            let is_marked = state.buckets.objects.contains_key(&format!("{TRANSCRIPTS}/delivered/{id}"));
            let is_finished = flag == Some("0") && is_marked && !jobs.contains(id.as_str());
            if is_delivered && !has_letter && !is_finished {
                outcome.unfinished.push(format!(
                    "{id} (flag {flag:?}, marked {is_marked}, job {})",
                    jobs.contains(id.as_str())
                ));
            }
        }
        outcome
    }
}

impl World {
    /// The contacts of which dead letters tell.
    fn letters(&self) -> BTreeSet<String> {
        let state = self.state();
        let dead = QueueName::ALL.into_iter().filter(|name| name.is_dead());
        let bodies = dead.flat_map(|name| &state.queues[&name].messages).map(|message| &message.body);
        let mut found = BTreeSet::new();
        for body in bodies {
            found.extend(contact_in(body));
            let letter: Value = serde_json::from_str(body).unwrap_or_default();
            let place = |name: &str| letter["KinesisBatchInfo"][name].as_str()?.parse::<usize>().ok();
            if let (Some(first), Some(last)) = (place("startSequenceNumber"), place("endSequenceNumber")) {
                let records = state.stream.records.iter().take(last + 1).skip(first);
                found.extend(records.filter_map(|record| contact_in(&String::from_utf8_lossy(&record.data))));
            }
        }
        found
    }
}

impl Account {
    /// What must not be: everything that is wrong with this run, in words. Empty when all is well.
    pub(crate) fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (when, outcome) in [("before redrive", &self.before), ("after redrive", &self.after)] {
            if outcome.delivered + outcome.dead_lettered != self.left {
                wrong.push(format!("{when}: lost {:?}", outcome.lost));
            }
            if !outcome.duplicates.is_empty() {
                wrong.push(format!("{when}: delivered more than once {:?}", outcome.duplicates));
            }
            if !outcome.garbled.is_empty() {
                wrong.push(format!("{when}: not what the caller said {:?}", outcome.garbled));
            }
            // What follows a delivery and is refused for good is logged and let be.
            if !outcome.unfinished.is_empty() && !self.is_denied() {
                wrong.push(format!("{when}: delivered, and not finished {:?}", outcome.unfinished));
            }
        }
        if self.after.delivered != self.left {
            wrong.push(format!("after redrive: {} of {} are delivered", self.after.delivered, self.left));
        }
        if self.after.letters_of_delivered > 0 {
            wrong.push(format!(
                "after redrive: {} dead letters of delivered voicemails",
                self.after.letters_of_delivered
            ));
        }
        // One that came twice is there twice.
        if self.after.letters < self.poison || (self.poison == 0 && self.after.letters > 0) {
            wrong.push(format!(
                "after redrive: {} dead letters, where {} records can never be used",
                self.after.letters, self.poison
            ));
        }
        wrong
    }

    fn is_denied(&self) -> bool {
        self.inflicted.keys().any(|(_, _, fault)| *fault == Fault::Denied)
    }

    /// How often a fault was inflicted on a function's calls.
    fn count(&self, fault: Fault, function: Function) -> u64 {
        let of_it =
            self.inflicted.iter().filter(|((whose, _, what), _)| *whose == function && *what == fault);
        of_it.map(|(_, count)| count).sum()
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls: u64 = self.calls.values().sum();
        let faults: u64 = self.inflicted.values().sum();
        writeln!(
            f,
            "seed {}: {} voicemails, {calls} calls, {faults} faults, {} events twice, {} processes with a wrong clock,",
            self.seed, self.left, self.doubled, self.skewed
        )?;
        writeln!(
            f,
            "{} invocations throttled, {} jobs refused by the limit, {} failed, {} late, {} unusable records;",
            self.throttled, self.jobs_refused, self.jobs_failed, self.jobs_late, self.poison
        )?;
        writeln!(
            f,
            "{:.1} hours of virtual time, story {:016x}",
            self.took.as_secs_f64() / 3600.0,
            self.story
        )?;
        writeln!(f)?;
        write!(f, "{:<14}", "fault")?;
        for function in Function::ALL {
            write!(f, "{:>17}", function.name())?;
        }
        writeln!(f)?;
        for fault in Fault::ALL {
            if Function::ALL.iter().all(|function| self.count(fault, *function) == 0) {
                continue;
            }
            write!(f, "{fault:<14}")?;
            for function in Function::ALL {
                write!(f, "{:>17}", self.count(fault, function))?;
            }
            writeln!(f)?;
        }
        writeln!(f)?;
        writeln!(f, "{:<34}{:>10}{:>16}", "", "at rest", "after redrive")?;
        let mut line = |what: &str, before: u64, after: u64| writeln!(f, "{what:<34}{before:>10}{after:>16}");
        let (before, after) = (&self.before, &self.after);
        line("left", self.left as u64, self.left as u64)?;
        line("delivered", before.delivered as u64, after.delivered as u64)?;
        line("dead-lettered", before.dead_lettered as u64, after.dead_lettered as u64)?;
        line("lost", before.lost.len() as u64, after.lost.len() as u64)?;
        line("duplicates", before.duplicates.len() as u64, after.duplicates.len() as u64)?;
        line("sent a second time (1)", before.unavoidable, after.unavoidable)?;
        line(
            "dead letters of delivered ones (2)",
            before.letters_of_delivered as u64,
            after.letters_of_delivered as u64,
        )?;
        line("dead letters in all (3)", before.letters as u64, after.letters as u64)?;
        line("put back by redrive", 0, self.moved as u64)?;
        line("unfinished uploads (4)", before.abandoned_uploads as u64, after.abandoned_uploads as u64)?;
        writeln!(f)?;
        writeln!(
            f,
            "(1) the answer to the first was lost, or its sender died before it could write that down"
        )?;
        writeln!(f, "(2) of what follows a delivery, or of an event that came again: redrive ends them")?;
        writeln!(f, "(3) after redrive: the unusable records, which stay until somebody removes them")?;
        writeln!(f, "(4) the bucket's lifecycle rule ends them after a day")
    }
}
