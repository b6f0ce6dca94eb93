//! What is wrong with an installation: a pure fold over what was seen.

use jiff::SignedDuration;

use super::{Seen, Status, Trouble};
use crate::discover::{Settled, StackState};
use crate::render::TO_DO;

/// A recording that is older and not delivered is stuck; transcribing takes minutes at most.
const LATE: SignedDuration = SignedDuration::from_mins(30);
/// What is older than this is not judged by: delivery markers expire before recordings do.
const RECENT: SignedDuration = SignedDuration::from_hours(24);
const INSTALL: &str = "run `vmx-install --non-interactive params.yaml` again";

/// What is wrong, in the order in which it should be looked into.
#[must_use]
pub fn judge(status: &Status) -> Vec<Trouble> {
    let mut troubles = Troubles(Vec::new());
    troubles.stack(status);
    troubles.functions(status);
    troubles.triggers(status);
    troubles.instance(status);
    troubles.dead_letters(status);
    troubles.alarms(status);
    troubles.late(status);
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
                    format!("{what}: CloudFormation is at work"),
                    "follow it with `vmx-install status --watch`",
                );
            }
            Settled::Stuck => self.add(what, "mend it in the CloudFormation console, then install again"),
            Settled::Leftover | Settled::Shell | Settled::Gone => self.add(what, INSTALL),
        }
    }

    fn functions(&mut self, status: &Status) {
        for function in &status.functions {
            let name = &function.name;
            let state = match &function.state {
                Seen::Found(state) => state,
                Seen::Missing => {
                    self.gone(&format!("the function {name}"));
                    continue;
                }
                Seen::Unseen => continue,
            };
            let reason = state.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
            // Lambda puts aside what was not called for weeks, and takes it out again at the next call.
            if !["Active", "Inactive"].contains(&state.state.as_str()) {
                self.add(
                    format!("the function {name} is {}{reason}", state.state),
                    "when it is still so in a minute, install again",
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
                    format!("the trigger {name} is disabled: its step does nothing"),
                    format!("run `aws lambda update-event-source-mapping --enabled --uuid {}`", trigger.uuid),
                ),
                Seen::Found(found) => {
                    let problem = found.last_result.as_deref().filter(|result| result.starts_with("PROBLEM"));
                    if let Some(problem) = problem {
                        self.add(
                            format!("the trigger {name} could not do its last work: {problem}"),
                            "look into the function's log; what fails is tried again",
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
                    format!("the rule {} is disabled: what it should bring never arrives", rule.name),
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
        if status.recorded == Seen::Missing {
            self.gone("the recordings bucket");
        }
        if status.delivered == Seen::Missing {
            self.gone("the transcripts bucket");
        }
    }

    fn instance(&mut self, status: &Status) {
        for flow in &status.flows {
            match &flow.state {
                Seen::Missing => self.add(format!("the {} flow is not there", flow.key), INSTALL),
                Seen::Found(found) if !found.published => {
                    self.add(format!("the flow “{}” is not published", found.name), INSTALL);
                }
                Seen::Found(_) | Seen::Unseen => {}
            }
        }
        for association in &status.associations {
            if association.set == Seen::Found(false) {
                self.add(
                    format!("the instance does not hand {} to {}", association.what, association.target),
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
                    "mend the cause, which that function's log tells, then run `vmx-install redrive --step {}`",
                    queue.step
                ),
            );
        }
    }

    /// Those of dead letters say what the queues themselves say.
    fn alarms(&mut self, status: &Status) {
        let on = status.alarms.found().into_iter().flatten();
        for alarm in on.filter(|alarm| !alarm.name.contains("DeadLetters")) {
            let since = alarm.since.map(|since| format!(" for {}", ago(status.at.duration_since(since))));
            let (what, remedy) =
                alarm.says.split_once(TO_DO).unwrap_or((&alarm.says, "look at it in CloudWatch"));
            self.add(
                format!("the alarm {} has been on{}: {what}", alarm.name, since.unwrap_or_default()),
                remedy,
            );
        }
    }

    /// A recording that has long been there and is not the newest delivery either.
    fn late(&mut self, status: &Status) {
        let (Some(Some(recorded)), Some(delivered)) = (status.recorded.found(), status.delivered.found())
        else {
            return;
        };
        let is_delivered = delivered.as_ref().is_some_and(|delivered| delivered.at >= recorded.at);
        let age = status.at.duration_since(recorded.at);
        if !is_delivered && age > LATE && age < RECENT {
            self.add(
                format!("the newest recording is there since {} and not delivered", ago(age)),
                format!("run `vmx-install trace {}`", recorded.contact),
            );
        }
    }

    fn gone(&mut self, what: &str) {
        self.add(
            format!("{what} is gone, and CloudFormation does not know"),
            "take the installation away and make it anew: `vmx-install teardown` keeps the recordings",
        );
    }
}

/// A time span in its largest unit: `3 h`.
#[must_use]
pub(crate) fn ago(span: SignedDuration) -> String {
    match span.as_secs() {
        seconds @ ..60 => format!("{} s", seconds.max(0)),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds @ 3600..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}
