//! An installation's health, for people: tables of 80 columns, with the problems at the end.

use jiff::Timestamp;

use super::terminal::{BOLD, BREAK, GREEN, PLAIN, RED, YELLOW};
use super::words::wrap_words;
use vmx_engine::dead_letters::Depth;
use vmx_engine::status::{AlarmStatus, Backlog, DeadLetters, FlowState, Seen, Status, StreamLetters, ago};

/// The whole status. Says if it is healthy; otherwise the failure that follows lists the problems.
pub(super) fn status(status: &Status) -> String {
    let mut lines = stack(status);
    functions(status, &mut lines);
    queues(status, &mut lines);
    lines.push(String::new());
    switches(status, &mut lines);
    lines.push(row("alarms", &alarms(&status.alarms)));
    instance(status, &mut lines);
    lines.push(row("watchdog", &watchdog(status)));
    lines.push(row("voicemails", &voicemails(status)));
    for reason in &status.unseen {
        lines.push(format!("{YELLOW}unknown{PLAIN}: {}", wrap_words(reason, 9, 2)));
    }
    lines.push(String::new());
    for trouble in &status.troubles {
        let text = format!("{}; {}", trouble.what, trouble.remedy);
        lines.push(format!("{RED}problem{PLAIN}: {}", wrap_words(&text, 9, 2)));
    }
    match (status.troubles.is_empty(), status.unseen.is_empty()) {
        (true, true) => lines.push(format!("{GREEN}healthy{PLAIN}")),
        (true, false) => lines.push(format!("{GREEN}healthy{PLAIN}, as far as could be checked")),
        (false, _) => {}
    }
    lines.join(BREAK)
}

fn stack(status: &Status) -> Vec<String> {
    let stack = &status.stack;
    let since = stack.since.map(|since| format!(" since {}", moment(since))).unwrap_or_default();
    let version = match &stack.installed {
        Some(installed) if *installed == stack.program => format!("{installed}, same as this program"),
        Some(installed) => format!("{installed}; this program is {}", stack.program),
        None => format!("not recorded; this program is {}", stack.program),
    };
    let mut lines =
        vec![row("stack", &format!("{}, {}{since}", stack.name, stack.status)), row("version", &version)];
    lines.extend(stack.reason.as_deref().map(|reason| row("", reason)));
    lines
}

fn functions(status: &Status, lines: &mut Vec<String>) {
    if status.functions.is_empty() {
        return;
    }
    lines.push(String::new());
    lines.push(format!(
        "{BOLD}{:<12}{:<11}{:>8}  {:<22}{}{PLAIN}",
        "function", "state", "memory", "changed", "code"
    ));
    for function in &status.functions {
        let rest = match &function.state {
            Seen::Found(state) => {
                let color = if state.state == "Active" { GREEN } else { YELLOW };
                let changed = state.modified.map(moment).unwrap_or_default();
                format!(
                    "{color}{:<11}{PLAIN}{:>5} MB  {changed:<22}{:.12}…",
                    state.state, state.memory, state.code_sha256
                )
            }
            Seen::Missing => format!("{RED}missing{PLAIN}"),
            Seen::Unseen => "unknown".to_owned(),
        };
        lines.push(format!("{:<12}{rest}", function.step.as_str()));
    }
}

fn queues(status: &Status, lines: &mut Vec<String>) {
    if status.queues.is_empty() {
        return;
    }
    lines.push(String::new());
    lines.push(format!(
        "{BOLD}{:<12}{:>7}{:>10}{:>9}  {}{PLAIN}",
        "queue", "waiting", "in flight", "delayed", "dead letters"
    ));
    for queue in &status.queues {
        let depth = match &queue.queue {
            Seen::Found(Depth { waiting, in_flight, delayed }) => {
                format!("{waiting:>7}{in_flight:>10}{delayed:>9}")
            }
            Seen::Missing => format!("{RED}{:>26}{PLAIN}", "missing"),
            Seen::Unseen => format!("{:>26}", "unknown"),
        };
        let letters = match queue.dead_letters {
            Seen::Found(DeadLetters { count: 0, .. }) => "0".to_owned(),
            Seen::Found(DeadLetters { count, oldest, more }) => {
                let least = if more { "at least " } else { "" };
                let age = oldest.map(|oldest| status.at.duration_since(oldest));
                let age = age.map(|age| format!(", the oldest {least}{} old", ago(age)));
                format!("{RED}{count}{PLAIN}{}", age.unwrap_or_default())
            }
            Seen::Missing => format!("{RED}missing{PLAIN}"),
            Seen::Unseen => "unknown".to_owned(),
        };
        lines.push(format!("{:<12}{depth}  {letters}", queue.step.as_str()));
    }
}

/// Triggers and rules, on one line if all are enabled.
fn switches(status: &Status, lines: &mut Vec<String>) {
    let triggers = status.triggers.iter().map(|trigger| {
        let state = match &trigger.state {
            Seen::Found(found) => found.state.to_lowercase(),
            Seen::Missing => "missing".to_owned(),
            Seen::Unseen => "unknown".to_owned(),
        };
        (trigger.name.as_str(), state)
    });
    let rules = status.rules.iter().map(|rule| {
        let state = match rule.enabled {
            Seen::Found(true) => "enabled",
            Seen::Found(false) => "disabled",
            Seen::Missing => "missing",
            Seen::Unseen => "unknown",
        };
        (rule.name.as_str(), state.to_owned())
    });
    for (kind, all) in [("triggers", triggers.collect::<Vec<_>>()), ("rules", rules.collect())] {
        if all.iter().all(|(_, state)| state == "enabled") {
            lines.push(row(kind, &format!("{GREEN}{} enabled{PLAIN}", all.len())));
            continue;
        }
        for (n, (name, state)) in all.iter().enumerate() {
            let color = match state.as_str() {
                "enabled" => GREEN,
                "disabled" | "disabling" | "missing" => RED,
                _ => YELLOW,
            };
            lines.push(row(if n == 0 { kind } else { "" }, &format!("{name} {color}{state}{PLAIN}")));
        }
    }
}

fn alarms(alarms: &Seen<Vec<AlarmStatus>>) -> String {
    match alarms {
        Seen::Found(on) if on.is_empty() => format!("{GREEN}none in alarm{PLAIN}"),
        Seen::Found(on) => {
            let names: Vec<_> = on.iter().map(|alarm| alarm.name.as_str()).collect();
            format!("{RED}in alarm{PLAIN}: {}", names.join(", "))
        }
        Seen::Missing | Seen::Unseen => "unknown".to_owned(),
    }
}

fn instance(status: &Status, lines: &mut Vec<String>) {
    for (n, flow) in status.flows.iter().enumerate() {
        let text = match &flow.state {
            Seen::Found(FlowState { name, published, edited }) => {
                let published =
                    if *published { "published".to_owned() } else { format!("{RED}not published{PLAIN}") };
                let edited = if *edited { ", edited by hand" } else { "" };
                format!("{}: {published}{edited}", name)
            }
            Seen::Missing => format!("{}: {RED}missing{PLAIN}", flow.key),
            Seen::Unseen => format!("{}: unknown", flow.key),
        };
        lines.push(row(if n == 0 { "flows" } else { "" }, &text));
    }
    for (n, association) in status.associations.iter().enumerate() {
        let arrow = match association.set {
            Seen::Found(true) => "→".to_owned(),
            Seen::Found(false) | Seen::Missing => format!("{RED}not{PLAIN} →"),
            Seen::Unseen => "(unknown) →".to_owned(),
        };
        let text = format!("{} {arrow} {}", association.what, association.target);
        lines.push(row(if n == 0 { "instance" } else { "" }, &text));
    }
}

/// When the watchdog last ran.
fn watchdog(status: &Status) -> String {
    let Some(watchdog) = &status.watchdog else {
        return "none: the installed version has none".to_owned();
    };
    match &watchdog.last {
        Seen::Found(round) => {
            let age = ago(status.at.duration_since(round.at));
            match round.broken.len() {
                0 => format!("ran {age} ago"),
                broken => format!("ran {age} ago, {RED}{broken} broken{PLAIN}"),
            }
        }
        Seen::Missing => format!("{YELLOW}has not run yet{PLAIN}"),
        Seen::Unseen => "unknown".to_owned(),
    }
}

/// Voicemails in progress.
fn voicemails(status: &Status) -> String {
    let Some(undelivered) = &status.undelivered else {
        return "not listed: the installed version keeps no list of voicemails in progress".to_owned();
    };
    let mut text = match undelivered {
        Seen::Found(Backlog { count: 0, .. }) => format!("{GREEN}none in progress{PLAIN}"),
        Seen::Found(Backlog { count, more, oldest, stuck, .. }) => {
            let least = if *more { "more than " } else { "" };
            let oldest = oldest.as_ref().map(|oldest| ago(status.at.duration_since(oldest.since)));
            let oldest = oldest.map(|age| format!(", the oldest from {age} ago")).unwrap_or_default();
            let stuck = match stuck.len() {
                0 => String::new(),
                stuck => format!(", {RED}{stuck} stuck{PLAIN}"),
            };
            format!("{least}{count} in progress{oldest}{stuck}")
        }
        Seen::Missing | Seen::Unseen => "unknown".to_owned(),
    };
    if let Some(Seen::Found(StreamLetters { count: count @ 1.., .. })) = &status.stream_letters {
        text += &format!("; {RED}{count} given up by Lambda{PLAIN}");
    }
    text
}

fn row(name: &str, text: &str) -> String {
    format!("{name:<12}{}", wrap_words(text, 12, 12))
}

/// A time for people, in UTC.
pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::ui::terminal;
    use crate::ui::words::WIDTH;
    use vmx_engine::finding::{Code, Finding};
    use vmx_engine::status::sample::well;
    use vmx_engine::status::{OpenVoicemail, Round, judge};

    fn shown(mut status: Status, findings: Vec<Finding>) -> String {
        status.troubles = judge(&status, findings);
        let text = terminal::shown(&super::status(&status));
        // A command is never broken.
        let fits = |line: &str| line.chars().count() <= WIDTH || line.contains('`');
        assert!(text.lines().all(fits), "{text}");
        text
    }

    #[test]
    fn all_well() {
        insta::assert_snapshot!(shown(well(), Vec::new()));
    }

    #[test]
    fn much_is_wrong() {
        let mut status = well();
        status.stack.installed = None;
        status.functions[0].state = Seen::Missing;
        status.functions[2].state = Seen::Unseen;
        if let Seen::Found(trigger) = &mut status.triggers[0].state {
            trigger.state = "Disabled".into();
        }
        status.rules[1].enabled = Seen::Found(false);
        status.queues[0].queue = Seen::Missing;
        status.queues[2].dead_letters = Seen::Found(DeadLetters {
            count: 1200,
            oldest: Some("2026-11-20T09:00:00Z".parse().unwrap()),
            more: true,
        });
        if let Seen::Found(flow) = &mut status.flows[1].state {
            (flow.edited, flow.published) = (true, false);
        }
        status.associations[0].set = Seen::Found(false);
        status.alarms = Seen::Found(vec![AlarmStatus {
            name: "PackagerErrorsAlarm".into(),
            says: "The function keeps failing without a response. What to do: read its log".into(),
            since: Some("2026-11-23T11:20:00Z".parse().unwrap()),
        }]);
        let open = |id: &str, stuck: bool| OpenVoicemail {
            id: id.into(),
            since: "2026-11-23T09:00:00Z".parse().unwrap(),
            stuck_since: stuck.then(|| "2026-11-23T10:50:00Z".parse().unwrap()),
        };
        status.undelivered = Some(Seen::Found(Backlog {
            count: 20_000,
            more: true,
            late: 3,
            oldest: Some(open("00000000-0000-4000-8000-00000000c0de", true)),
            stuck: vec![open("00000000-0000-4000-8000-00000000c0de-2", true); 2],
            ..Backlog::default()
        }));
        status.stream_letters = Some(Seen::Found(StreamLetters {
            count: 2,
            oldest: Some("2026-11-20T09:00:00Z".parse().unwrap()),
            more: false,
        }));
        if let Some(watchdog) = &mut status.watchdog {
            watchdog.last = Seen::Found(Round {
                at: "2026-11-23T11:30:00Z".parse().unwrap(),
                broken: vec!["ContactRecordTrigger: it is Disabled".into()],
            });
        }
        status.unseen = vec!["could not list the bucket vmx-transcripts: not allowed (AccessDenied); give the caller that permission".into()];
        let trigger = Finding::fatal(
            Code::Triggers,
            "the trigger ContactRecordTrigger is disabled",
            "voicemails wait there until they expire",
            "run `aws lambda update-event-source-mapping --enabled --uuid 00000000-0000-4000-8000-0000000000ee`",
        );
        insta::assert_snapshot!(shown(status, vec![trigger]));
    }
}
