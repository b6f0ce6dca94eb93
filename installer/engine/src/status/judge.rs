//! An installation's problems: a pure fold over what was read.

use jiff::SignedDuration;

use super::{Seen, StackStatus, Status, Trouble};
use crate::checks::{self, INSTALL};
use crate::finding::{Finding, Severity};
use vmx_model::actual::{Settled, StackState};
use vmx_model::render::TO_DO;

/// The watchdog runs every five minutes: after this long without a round, it does not run.
const SILENT: SignedDuration = SignedDuration::from_mins(20);

/// The problems, in the order in which to fix them: of the stack, of its parts, and of what waits.
#[must_use]
pub fn judge(status: &Status, findings: Vec<Finding>) -> Vec<Trouble> {
    let mut troubles = Troubles(Vec::new());
    troubles.stack(status);
    let round = status.watchdog.as_ref().and_then(|watchdog| watchdog.last.found());
    let reported = round.map(|round| checks::reported(&round.broken, &findings)).unwrap_or_default();
    let wrong = findings
        .into_iter()
        .chain(reported)
        .filter(|finding| finding.checked && finding.severity != Severity::Ok);
    troubles.0.extend(wrong.map(Trouble::from));
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
        let StackStatus { name, status, .. } = &status.stack;
        let what = format!("the stack {name} is {status}");
        let stack = StackState { name: name.clone(), status: status.clone(), ..StackState::default() };
        match stack.settled() {
            Settled::Working => {}
            Settled::Busy => {
                self.add(
                    format!("{what}: CloudFormation is updating it"),
                    "follow it with `vmx-install status --watch`",
                );
            }
            Settled::Stuck => self.0.push(checks::stuck(&stack).into()),
            Settled::Leftover | Settled::Shell | Settled::Gone => self.add(what, INSTALL),
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
        let remedy =
            "read its log with `vmx-install logs watchdog`, and check its rule and reserved concurrency";
        match &watchdog.last {
            Seen::Found(round) => {
                let age = status.at.duration_since(round.at);
                if age > SILENT {
                    self.add(
                        format!("the watchdog last ran {} ago: stalled voicemails are not retried", ago(age)),
                        remedy,
                    );
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
                format!(
                    "Lambda gave up on {} of contact records{since}",
                    batches(letters.count, letters.more)
                ),
                "see why with `vmx-install logs record`, fix the cause, then run `vmx-install redrive`",
            );
        }
        let Some(backlog) = status.undelivered.as_ref().and_then(Seen::found) else { return };
        if let [first, ..] = backlog.stuck.as_slice() {
            let named: Vec<&str> = backlog.stuck.iter().map(|open| open.id.as_str()).collect();
            self.add(
                format!(
                    "{} stuck, the oldest for {}{}",
                    voicemails(backlog.stuck.len() as u64, "is", "are"),
                    ago(status.at.duration_since(first.since)),
                    checks::names(&named)
                ),
                format!(
                    "see the reason with `vmx-install trace {0}`, and what the functions logged with \
                     `vmx-install logs {0}`; fix it, then run `vmx-install redrive`",
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
