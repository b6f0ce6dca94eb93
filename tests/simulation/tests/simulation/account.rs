//! The account of every message in a run.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::call::Truth;
use crate::chain::Part;
use crate::fault::{Fault, Function};
use crate::outcome::{Left, Outcome, Place};
use crate::world::World;

#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// The seed of all random choices.
    pub(crate) seed: u64,
    /// Messages that were left.
    pub(crate) left: Vec<Left>,
    /// Records among them that can never be used.
    pub(crate) poison: usize,
    /// The outcome when everything first settled.
    pub(crate) before: Outcome,
    /// The number of items redriven after the faults were fixed.
    pub(crate) moved: usize,
    /// The outcome when everything settled again.
    pub(crate) after: Outcome,
    /// The alarms that went off before the faults were fixed.
    pub(crate) rang: Vec<String>,
    /// The number of faults by function, action and fault.
    pub(crate) inflicted: BTreeMap<(Function, String, Fault), u64>,
    /// The number of calls by function and action.
    pub(crate) calls: BTreeMap<(Function, String), u64>,
    /// The counts of other trouble, by name.
    pub(crate) chances: BTreeMap<&'static str, u64>,
    /// Parts that were off, and for how long.
    pub(crate) off: BTreeMap<Part, Duration>,
    /// The tags of the recordings, sorted.
    pub(crate) retentions: Vec<String>,
    /// Writes that the bucket policy denied.
    pub(crate) unconditional: Vec<String>,
    /// Virtual time.
    pub(crate) took: Duration,
    /// A hash of all calls: equal for two runs with the same calls.
    pub(crate) story: u64,
}

impl Account {
    /// Collects a run's account from its world.
    pub(crate) fn of(
        world: &World,
        left: Vec<Left>,
        poison: usize,
        (before, moved, after): (Outcome, usize, Outcome),
        rang: Vec<String>,
        took: Duration,
    ) -> Self {
        let state = world.state();
        let expired: usize = state.queues.values().map(|queue| queue.expired).sum();
        Self {
            seed: state.seed,
            left,
            poison,
            before,
            moved,
            after,
            rang,
            inflicted: state.inflicted.clone(),
            calls: state.calls.clone(),
            chances: BTreeMap::from([
                ("events twice", state.doubled),
                ("events lost", state.lost_events),
                ("processes with a wrong clock", state.skewed),
                ("invocations throttled", state.throttled),
                ("jobs refused by the limit", state.jobs.refused),
                ("jobs failed", state.jobs.failed),
                ("jobs late", state.jobs.late),
                ("messages expired", expired as u64),
                ("records expired", state.expired_records),
                ("objects expired", state.expired_objects as u64),
            ]),
            off: state.was_off.clone(),
            retentions: state.retentions(),
            unconditional: state.unconditional.clone(),
            took,
            story: state.story,
        }
    }

    /// Everything that is wrong with this run, in words. Empty if all is well.
    pub(crate) fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (when, outcome) in [("before redrive", &self.before), ("after redrive", &self.after)] {
            // If access is denied permanently, steps after a delivery are logged and skipped.
            let unfinished: &[String] = if self.is_denied() { &[] } else { &outcome.unfinished };
            let lost: Vec<String> = outcome.at(Place::Lost).into_iter().map(str::to_owned).collect();
            for (what, which) in [
                ("lost", lost.as_slice()),
                ("not as they must be", &outcome.wrong),
                ("not delivered, and no alarm rang", &outcome.unheard_of),
                ("delivered more than once", &outcome.duplicates),
                ("not what the caller said", &outcome.garbled),
                ("with something of an agent's time", &outcome.agents),
                ("delivered, and not finished", unfinished),
            ] {
                if !which.is_empty() {
                    wrong.push(format!("{when}: {what}: {which:?}"));
                }
            }
        }
        let open = |left: &&Left| {
            let is_open = [Place::DeadLettered, Place::Stuck].contains(&self.after.places[&left.message.id]);
            is_open && left.message.truth != Truth::NoMedia
        };
        let open: Vec<&str> = self.left.iter().filter(open).map(|left| left.message.id.as_str()).collect();
        if !open.is_empty() {
            wrong.push(format!("after redrive: not delivered {open:?}"));
        }
        if !self.after.letters_of_ended.is_empty() {
            let which = &self.after.letters_of_ended;
            wrong.push(format!("after redrive: dead letters of messages that have ended: {which:?}"));
        }
        // A duplicate record leaves two letters.
        let may_stay = self.poison + self.without_media();
        if self.after.letters < self.poison || (may_stay == 0 && self.after.letters > 0) {
            let (letters, poison) = (self.after.letters, self.poison);
            wrong.push(format!(
                "after redrive: {letters} dead letters, where {poison} records can never be used"
            ));
        }
        if !self.unconditional.is_empty() {
            wrong.push(format!("written without a condition: {:?}", self.unconditional));
        }
        wrong
    }

    /// The number of messages whose audio was never streamed.
    fn without_media(&self) -> usize {
        self.left.iter().filter(|left| left.message.truth == Truth::NoMedia).count()
    }

    fn is_denied(&self) -> bool {
        self.inflicted.keys().any(|(_, _, fault)| *fault == Fault::Denied)
    }

    /// The number of times a fault hit a function's calls.
    fn count(&self, fault: Fault, function: Function) -> u64 {
        let of_it =
            self.inflicted.iter().filter(|((whose, _, what), _)| *whose == function && *what == fault);
        of_it.map(|(_, count)| count).sum()
    }

    fn write_faults(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
        writeln!(f)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls: u64 = self.calls.values().sum();
        let faults: u64 = self.inflicted.values().sum();
        let saved = self.left.iter().filter(|left| left.message.heard_saved).count();
        let hours = |time: Duration| time.as_secs_f64() / 3600.0;
        writeln!(
            f,
            "seed {}: {} messages, {saved} of which the caller heard that they are saved; {calls} calls, {faults} faults;",
            self.seed,
            self.left.len()
        )?;
        let chances = self.chances.iter().filter(|(_, count)| **count > 0);
        let chances: Vec<String> = chances.map(|(what, count)| format!("{count} {what}")).collect();
        writeln!(f, "{}, {} unusable records;", chances.join(", "), self.poison)?;
        let off: Vec<String> =
            self.off.iter().map(|(part, time)| format!("{part} {:.1} h", hours(*time))).collect();
        if !off.is_empty() {
            writeln!(f, "off for a time: {};", off.join(", "))?;
        }
        writeln!(f, "{:.1} hours of virtual time, story {:016x}\n", hours(self.took), self.story)?;
        self.write_faults(f)?;
        writeln!(f, "{:<34}{:>10}{:>16}", "", "at rest", "after redrive")?;
        let mut line =
            |what: &str, before: usize, after: usize| writeln!(f, "{what:<34}{before:>10}{after:>16}");
        let (before, after) = (&self.before, &self.after);
        line("left", self.left.len(), self.left.len())?;
        for (what, place) in [
            ("delivered", Place::Delivered),
            ("cancelled by an agent", Place::Cancelled),
            ("nothing said", Place::NothingSaid),
            ("dropped", Place::Dropped),
            ("dead-lettered", Place::DeadLettered),
            ("stuck, in no dead letter (1)", Place::Stuck),
            ("lost", Place::Lost),
        ] {
            line(what, before.count(place), after.count(place))?;
        }
        line("not delivered without an alarm", before.unheard_of.len(), after.unheard_of.len())?;
        line("recordings with an agent's time", before.agents.len(), after.agents.len())?;
        line("duplicates", before.duplicates.len(), after.duplicates.len())?;
        line("sent a second time (2)", before.unavoidable as usize, after.unavoidable as usize)?;
        line("dead letters of ended ones (3)", before.letters_of_ended.len(), after.letters_of_ended.len())?;
        line("dead letters in all (4)", before.letters, after.letters)?;
        line("put back by redrive", 0, self.moved)?;
        line("left untidy (6)", before.untidy.len(), after.untidy.len())?;
        line("unfinished uploads (5)", before.abandoned_uploads, after.abandoned_uploads)?;
        let without_media = self.without_media();
        writeln!(f, "\nalarms that rang: {}", self.rang.join(", "))?;
        writeln!(f, "(1) pushed on in vain by the scheduled function, which says so by an alarm")?;
        writeln!(
            f,
            "(2) the answer to the first was lost, or its sender died before it could write that down"
        )?;
        writeln!(f, "(3) of what follows a delivery, or of an event that came again: redrive ends them")?;
        writeln!(
            f,
            "(4) after redrive: the unusable records, and {without_media} messages that never reached the stream"
        )?;
        writeln!(f, "(5) the bucket's lifecycle rule ends them after a day")?;
        writeln!(
            f,
            "(6) a job, a flag or a slot of what has ended, where the scheduled function completed the end"
        )
    }
}
