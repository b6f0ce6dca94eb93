//! An installation's health, for people: what does not work, and how much does.

use jiff::Timestamp;

use super::table::Table;
use super::terminal::{BREAK, GREEN, MAGENTA, PLAIN, RED};
use super::words::wrapped;
use vmx_engine::dead_letters::Depth;
use vmx_engine::status::{
    AlarmStatus, Backlog, DeadLetters, FlowState, FunctionStatus, QueueStatus, Seen, Status, StreamLetters,
    ago,
};

/// The whole status. Says if it is healthy; otherwise the failure that follows lists the problems. `all` shows also the
/// parts that work.
pub(super) fn status(status: &Status, all: bool) -> String {
    let mut facts = Table::plain();
    stack(status, &mut facts);
    if !all {
        working(status, &mut facts);
    }
    switches(status, &mut facts);
    facts.row(["alarms".into(), alarms(&status.alarms)]);
    instance(status, all, &mut facts);
    facts.row(["watchdog".into(), watchdog(status)]);
    facts.row(["voicemails".into(), voicemails(status)]);
    let mut lines = facts.lines();
    for table in [functions(status, all), queues(status, all)].into_iter().flatten() {
        lines.push(String::new());
        lines.extend(table.lines());
    }
    if !status.unseen.is_empty() {
        lines.push(String::new());
    }
    for reason in &status.unseen {
        lines.push(format!("{MAGENTA}unknown{PLAIN}: {}", wrapped(reason, 2)));
    }
    lines.push(String::new());
    for trouble in &status.troubles {
        let text = format!("{}; {}", trouble.what, trouble.remedy);
        lines.push(format!("{RED}problem{PLAIN}: {}", wrapped(&text, 2)));
    }
    let more = if all { "" } else { "; -v shows every part" };
    match (status.troubles.is_empty(), status.unseen.is_empty()) {
        (true, true) => lines.push(format!("{GREEN}healthy{PLAIN}{more}")),
        (true, false) => lines.push(format!("{GREEN}healthy{PLAIN}, as far as could be checked{more}")),
        (false, _) => {}
    }
    lines.join(BREAK)
}

fn stack(status: &Status, facts: &mut Table) {
    let stack = &status.stack;
    let since = stack.since.map(|since| format!(" since {}", moment(since))).unwrap_or_default();
    let version = match &stack.installed {
        Some(installed) if *installed == stack.program => format!("{installed}, same as this program"),
        Some(installed) => format!("{installed}; this program is {}", stack.program),
        None => format!("not recorded; this program is {}", stack.program),
    };
    facts.row(["stack".into(), format!("{}, {}{since}", stack.name, stack.status)]);
    facts.row(["version".into(), version]);
    if let Some(reason) = &stack.reason {
        facts.row([String::new(), reason.clone()]);
    }
}

/// The functions and queues that work, counted: those that do not have tables.
fn working(status: &Status, facts: &mut Table) {
    let active = status.functions.iter().filter(|function| is_active(function)).count();
    if active > 0 {
        facts.row(["functions".into(), format!("{GREEN}{active} active{PLAIN}")]);
    }
    let empty = status.queues.iter().filter(|queue| is_empty(queue)).count();
    if empty > 0 {
        facts.row(["queues".into(), format!("{GREEN}{empty} empty{PLAIN}, without dead letters")]);
    }
}

fn is_active(function: &FunctionStatus) -> bool {
    matches!(&function.state, Seen::Found(found) if found.state == "Active")
}

fn is_empty(queue: &QueueStatus) -> bool {
    matches!(&queue.queue, Seen::Found(depth) if depth.total() == 0)
        && matches!(queue.dead_letters, Seen::Found(DeadLetters { count: 0, .. }))
}

fn functions(status: &Status, all: bool) -> Option<Table> {
    let mut table = Table::headed(&["function", "state", "memory", "changed", "code"], &[2]);
    let mut some = false;
    for function in status.functions.iter().filter(|function| all || !is_active(function)) {
        some = true;
        let name = function.step.as_str().to_owned();
        match &function.state {
            Seen::Found(state) => {
                let color = if state.state == "Active" { GREEN } else { MAGENTA };
                table.row([
                    name,
                    format!("{color}{}{PLAIN}", state.state),
                    format!("{} MB", state.memory),
                    state.modified.map(moment).unwrap_or_default(),
                    format!("{:.8}", state.code_sha256),
                ]);
            }
            Seen::Missing => table.row([name, format!("{RED}missing{PLAIN}")]),
            Seen::Unseen => table.row([name, "unknown".to_owned()]),
        }
    }
    some.then_some(table)
}

fn queues(status: &Status, all: bool) -> Option<Table> {
    let heading = ["queue", "waiting", "in flight", "delayed", "dead letters"];
    let mut table = Table::headed(&heading, &[1, 2, 3]);
    let mut some = false;
    for queue in status.queues.iter().filter(|queue| all || !is_empty(queue)) {
        some = true;
        let (name, none) = (queue.step.as_str().to_owned(), String::new);
        let letters = match &queue.dead_letters {
            Seen::Found(DeadLetters { count: 0, .. }) => "0".to_owned(),
            Seen::Found(DeadLetters { count, oldest, more, .. }) => {
                let least = if *more { "at least " } else { "" };
                let age = oldest.map(|oldest| status.at.duration_since(oldest));
                let age = age.map(|age| format!(", the oldest {least}{} old", ago(age)));
                format!("{RED}{count}{PLAIN}{}", age.unwrap_or_default())
            }
            Seen::Missing => format!("{RED}missing{PLAIN}"),
            Seen::Unseen => "unknown".to_owned(),
        };
        match &queue.queue {
            Seen::Found(Depth { waiting, in_flight, delayed }) => {
                let [waiting, in_flight, delayed] = [waiting, in_flight, delayed].map(ToString::to_string);
                table.row([name, waiting, in_flight, delayed, letters]);
            }
            Seen::Missing => table.row([name, format!("{RED}missing{PLAIN}"), none(), none(), letters]),
            Seen::Unseen => table.row([name, "unknown".to_owned(), none(), none(), letters]),
        }
    }
    some.then_some(table)
}

/// Triggers and rules, on one line if all are enabled.
fn switches(status: &Status, facts: &mut Table) {
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
            facts.row([kind.into(), format!("{GREEN}{} enabled{PLAIN}", all.len())]);
            continue;
        }
        for (n, (name, state)) in all.iter().enumerate() {
            let color = match state.as_str() {
                "enabled" => GREEN,
                "disabled" | "disabling" | "missing" => RED,
                _ => MAGENTA,
            };
            let kind = if n == 0 { kind } else { "" };
            facts.row([kind.into(), format!("{name} {color}{state}{PLAIN}")]);
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

/// Flows and connections. Without `all`, those that are as they should be are counted.
fn instance(status: &Status, all: bool, facts: &mut Table) {
    let flows = status.flows.iter().map(|flow| match &flow.state {
        Seen::Found(FlowState { name, published: true, edited: false }) => {
            (true, format!("{name}: published"))
        }
        Seen::Found(FlowState { name, published, edited }) => {
            let published =
                if *published { "published".to_owned() } else { format!("{RED}not published{PLAIN}") };
            let edited = if *edited { ", edited by hand" } else { "" };
            (false, format!("{name}: {published}{edited}"))
        }
        Seen::Missing => (false, format!("{}: {RED}missing{PLAIN}", flow.key)),
        Seen::Unseen => (false, format!("{}: unknown", flow.key)),
    });
    let associations = status.associations.iter().map(|association| {
        let (is_set, arrow) = match association.set {
            Seen::Found(true) => (true, "→".to_owned()),
            Seen::Found(false) | Seen::Missing => (false, format!("{RED}not{PLAIN} →")),
            Seen::Unseen => (false, "(unknown) →".to_owned()),
        };
        (is_set, format!("{} {arrow} {}", association.what, association.target))
    });
    for (kind, parts, fine) in
        [("flows", flows.collect::<Vec<_>>(), "published"), ("instance", associations.collect(), "connected")]
    {
        let mut shown: Vec<String> =
            parts.iter().filter(|(is_fine, _)| all || !is_fine).map(|(_, text)| text.clone()).collect();
        let number = parts.len() - shown.len();
        if number > 0 {
            shown.insert(0, format!("{GREEN}{number} {fine}{PLAIN}"));
        }
        for (n, text) in shown.into_iter().enumerate() {
            facts.row([if n == 0 { kind.into() } else { String::new() }, text]);
        }
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
        Seen::Missing => format!("{MAGENTA}has not run yet{PLAIN}"),
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

/// A time for people, in UTC.
pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::ui::page::WIDTH;
    use crate::ui::terminal;
    use vmx_engine::finding::{Code, Finding};
    use vmx_engine::status::sample::well;
    use vmx_engine::status::{OpenVoicemail, Round, judge};

    fn shown(mut status: Status, findings: Vec<Finding>) -> [String; 2] {
        status.troubles = judge(&status, findings);
        [false, true].map(|all| {
            let text = terminal::shown(&super::status(&status, all));
            // A command is never broken.
            let fits = |line: &str| line.chars().count() <= WIDTH || line.contains('`');
            assert!(text.lines().all(fits), "{text}");
            text
        })
    }

    #[test]
    fn all_well() {
        let [brief, all] = shown(well(), Vec::new());
        // One screen, with the command above and the prompt below.
        assert!(brief.lines().count() <= 20, "{brief}");
        insta::assert_snapshot!("all_well", brief);
        insta::assert_snapshot!("all_well_in_full", all);
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
            voicemails: Vec::new(),
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
        )
        .of("ContactRecordTrigger");
        let [brief, all] = shown(status, vec![trigger]);
        insta::assert_snapshot!("much_is_wrong", brief);
        insta::assert_snapshot!("much_is_wrong_in_full", all);
    }
}
