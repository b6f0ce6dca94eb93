//! An installation's problems: a pure fold over what was read.

use jiff::SignedDuration;

use super::{Seen, Status, Trouble};
use vmx_model::actual::{Settled, StackState};
use vmx_model::render::TO_DO;

/// The watchdog runs every five minutes: after this long without a round, it does not run.
const SILENT: SignedDuration = SignedDuration::from_mins(20);
/// How many voicemails to name.
const NAMED: usize = 3;
const INSTALL: &str = "run `vmx-install --non-interactive params.yaml` again";

/// The problems, in the order in which to fix them.
#[must_use]
pub fn judge(status: &Status) -> Vec<Trouble> {
    let mut troubles = Troubles(Vec::new());
    troubles.stack(status);
    troubles.functions(status);
    troubles.triggers(status);
    troubles.instance(status);
    troubles.dead_letters(status);
    troubles.alarms(status);
    troubles.watchdog(status);
    troubles.undelivered(status);
    troubles.0
}

struct Troubles(Vec<Trouble>);

impl Troubles {
    fn add(&mut self, what: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Trouble { what: what.into(), remedy: remedy.into() });
    }

    fn stack(&mut self, status: &Status) {
        let stack = &status.stack;
        let what = format!("the stack {} is {}", stack.name, stack.status);
        match (StackState { status: stack.status.clone(), ..StackState::default() }).settled() {
            Settled::Working => {}
            Settled::Busy => {
                self.add(
                    format!("{what}: CloudFormation is updating it"),
                    "follow it with `vmx-install status --watch`",
                );
            }
            Settled::Stuck => self.add(what, "fix it in the CloudFormation console, then install again"),
            Settled::Leftover | Settled::Shell | Settled::Gone => self.add(what, INSTALL),
        }
    }

    fn functions(&mut self, status: &Status) {
        let functions = status.functions.iter().map(|function| (&function.name, &function.state));
        let watchdog = status.watchdog.iter().map(|watchdog| (&watchdog.name, &watchdog.state));
        for (name, state) in functions.chain(watchdog) {
            let state = match state {
                Seen::Found(state) => state,
                Seen::Missing => {
                    self.gone(&format!("the function {name}"));
                    continue;
                }
                Seen::Unseen => continue,
            };
            let reason = state.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
            // Lambda deactivates a function that was not called for weeks, and reactivates it at the next call.
            if !["Active", "Inactive"].contains(&state.state.as_str()) {
                self.add(
                    format!("the function {name} is {}{reason}", state.state),
                    "if it is the same in a minute, install again",
                );
            } else if state.last_update == "Failed" {
                self.add(format!("the last update of the function {name} failed{reason}"), INSTALL);
            }
        }
    }

    fn triggers(&mut self, status: &Status) {
        for trigger in &status.triggers {
            let name = &trigger.name;
            match &trigger.state {
                Seen::Missing => self.gone(&format!("the trigger {name}")),
                Seen::Found(found) if ["Disabled", "Disabling"].contains(&found.state.as_str()) => self.add(
                    format!("the trigger {name} is disabled: its step does not run"),
                    format!("run `aws lambda update-event-source-mapping --enabled --uuid {}`", trigger.uuid),
                ),
                Seen::Found(found) => {
                    let problem = found.last_result.as_deref().filter(|result| result.starts_with("PROBLEM"));
                    if let Some(problem) = problem {
                        self.add(
                            format!("the trigger {name} failed on its last batch: {problem}"),
                            "see the function's log; failed batches are retried",
                        );
                    }
                }
                Seen::Unseen => {}
            }
        }
        for rule in &status.rules {
            match rule.enabled {
                Seen::Missing => self.gone(&format!("the rule {}", rule.name)),
                Seen::Found(false) => self.add(
                    format!("the rule {} is disabled: its events never arrive", rule.name),
                    format!("run `aws events enable-rule --name {}`", rule.rule),
                ),
                Seen::Found(true) | Seen::Unseen => {}
            }
        }
        for queue in &status.queues {
            if queue.queue == Seen::Missing {
                self.gone(&format!("the queue of the step {}", queue.step));
            }
            if queue.dead_letters == Seen::Missing {
                self.gone(&format!("the dead-letter queue of the step {}", queue.step));
            }
        }
        for bucket in status.buckets.iter().filter(|bucket| bucket.state == Seen::Missing) {
            self.gone(&format!("the {} bucket", bucket.what));
        }
    }

    fn instance(&mut self, status: &Status) {
        for flow in &status.flows {
            match &flow.state {
                Seen::Missing => self.add(format!("the {} flow is missing", flow.key), INSTALL),
                Seen::Found(found) if !found.published => {
                    self.add(format!("the flow “{}” is not published", found.name), INSTALL);
                }
                Seen::Found(_) | Seen::Unseen => {}
            }
        }
        for association in &status.associations {
            if association.set == Seen::Found(false) {
                self.add(
                    format!("the instance does not send {} to {}", association.what, association.target),
                    INSTALL,
                );
            }
        }
    }

    fn dead_letters(&mut self, status: &Status) {
        for queue in &status.queues {
            let Some(letters) = queue.dead_letters.found().filter(|letters| letters.count > 0) else {
                continue;
            };
            let (are, voicemails) =
                if letters.count == 1 { ("is", "voicemail") } else { ("are", "voicemails") };
            self.add(
                format!("{} {voicemails} {are} stuck at the step {}", letters.count, queue.step),
                format!(
                    "fix the cause, shown in that function's log, then run `vmx-install redrive --step {}`",
                    queue.step
                ),
            );
        }
    }

    /// All alarms except those of dead letters, which the queues report themselves.
    fn alarms(&mut self, status: &Status) {
        let on = status.alarms.found().into_iter().flatten();
        for alarm in on.filter(|alarm| !alarm.name.contains("DeadLetters")) {
            let since = alarm.since.map(|since| format!(" for {}", ago(status.at.duration_since(since))));
            let (what, remedy) =
                alarm.says.split_once(TO_DO).unwrap_or((&alarm.says, "check it in CloudWatch"));
            self.add(
                format!("the alarm {} has been in alarm{}: {what}", alarm.name, since.unwrap_or_default()),
                remedy,
            );
        }
    }

    /// Whether the watchdog runs, and what it reports.
    fn watchdog(&mut self, status: &Status) {
        let Some(watchdog) = &status.watchdog else { return };
        let remedy = "read the watchdog function's log, and check its rule and reserved concurrency";
        match &watchdog.last {
            Seen::Found(round) => {
                let age = status.at.duration_since(round.at);
                if age > SILENT {
                    self.add(
                        format!("the watchdog last ran {} ago: stalled voicemails are not retried", ago(age)),
                        remedy,
                    );
                }
                for broken in &round.broken {
                    self.add(format!("the watchdog reports {broken}"), "fix it, or install again");
                }
            }
            Seen::Missing
                if status.stack.since.is_none_or(|since| status.at.duration_since(since) > SILENT) =>
            {
                self.add("the watchdog has never run: stalled voicemails are not retried", remedy);
            }
            Seen::Missing | Seen::Unseen => {}
        }
    }

    /// Stuck voicemails, and late ones.
    fn undelivered(&mut self, status: &Status) {
        let letters =
            status.stream_letters.as_ref().and_then(Seen::found).filter(|letters| letters.count > 0);
        if let Some(letters) = letters {
            let since = letters.oldest.map(|oldest| ago(status.at.duration_since(oldest)));
            let since = since.map(|since| format!(", the oldest waiting for {since}")).unwrap_or_default();
            self.add(
                format!("Lambda gave up {} of contact records{since}", batches(letters.count, letters.more)),
                "fix the cause, shown in the log of the step record, then run `vmx-install redrive`",
            );
        }
        let Some(backlog) = status.undelivered.as_ref().and_then(Seen::found) else { return };
        if let [first, ..] = backlog.stuck.as_slice() {
            let named: Vec<&str> = backlog.stuck.iter().take(NAMED).map(|open| open.id.as_str()).collect();
            let more = backlog.stuck.len() - named.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            self.add(
                format!(
                    "{} stuck, the oldest for {}: {}{more}",
                    voicemails(backlog.stuck.len() as u64, "is", "are"),
                    ago(status.at.duration_since(first.since)),
                    named.join(", ")
                ),
                format!(
                    "see the reason with `vmx-install trace {}`, then run `vmx-install redrive`",
                    first.id
                ),
            );
        }
        let late = backlog.late.saturating_sub(backlog.stuck.len() as u64);
        if let (1.., Some(oldest)) = (late, &backlog.oldest) {
            self.add(
                format!(
                    "{} late, the oldest started {} ago",
                    voicemails(late, "is", "are"),
                    ago(status.at.duration_since(oldest.since))
                ),
                format!("run `vmx-install trace {}`", oldest.id),
            );
        }
    }

    fn gone(&mut self, what: &str) {
        self.add(
            format!("{what} was deleted outside CloudFormation"),
            "remove the installation and install again: `vmx-install teardown` keeps the recordings",
        );
    }
}

fn voicemails(count: u64, is: &str, are: &str) -> String {
    if count == 1 { format!("1 voicemail {is}") } else { format!("{count} voicemails {are}") }
}

fn batches(count: u64, more: bool) -> String {
    let least = if more { "more than " } else { "" };
    format!("{least}{count} {}", if count == 1 { "batch" } else { "batches" })
}

/// A time span in its largest unit: `3 h`.
#[must_use]
pub fn ago(span: SignedDuration) -> String {
    match span.as_secs() {
        seconds @ ..60 => format!("{} s", seconds.max(0)),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds @ 3600..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}
