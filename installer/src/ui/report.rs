//! An installation as one page, for people without a terminal. Names and texts come from AWS, flows and callers: the
//! template engine escapes every value, and the page runs nothing and loads nothing.

use std::collections::BTreeMap;

use flow_language::draw::LOOK;
use jiff::Timestamp;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use vmx_contract::state::Outcome;
use vmx_engine::dead_letters::Depth;
use vmx_engine::finding::{Finding, Severity};
use vmx_engine::status::{Backlog, DeadLetters, Recent, Seen, Status, Trouble, ago};
use vmx_engine::voicemails::{FoundVoicemail, State};

use super::place::Place;
use super::status::moment;
use super::terminal::clean;
use super::voicemails::{modes, state};

const TEMPLATE: &str = include_str!("report.html.j2");
const STYLE: &str = include_str!("report.css");
/// In place of what is not known.
const UNKNOWN: &str = "unknown";

/// What a page is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The region.
    pub region: String,
    /// The instance, as the parameters name it.
    pub instance: String,
    /// The health, as `status` knows it.
    pub status: Status,
    /// The checks, as `doctor` knows them.
    pub findings: Vec<Finding>,
    /// The last voicemails.
    pub recent: Recent,
    /// The names of all alarms.
    pub alarms: Vec<String>,
    /// What the commands in it are about.
    pub place: Place,
}

/// The page.
#[must_use]
pub fn page(report: &Report) -> String {
    let Report { region, instance, status, findings, recent, place, .. } = report;
    let problems = problems(report);
    let warnings = findings.iter().filter(|finding| finding.severity == Severity::Warning);
    let warnings: Vec<Trouble> =
        warnings.cloned().map(Trouble::from).filter(|one| !problems.contains(one)).collect();
    let unseen: Vec<Value> =
        status.unseen.iter().chain(&recent.unseen).map(|reason| text(reason, place)).collect();
    let verdict = match (problems.len(), unseen.is_empty()) {
        (0, true) => "Healthy".to_owned(),
        (0, false) => "Healthy, as far as could be checked".to_owned(),
        (1, _) => "1 problem".to_owned(),
        (count, _) => format!("{count} problems"),
    };
    let style = format!("{LOOK}{STYLE}");
    let context = context! {
        style, region, instance, verdict, unseen,
        stack => status.stack.name.as_str(),
        at => time(status.at),
        well => problems.is_empty(),
        facts => facts(report),
        problems => problems.iter().map(|one| problem(one, place)).collect::<Vec<_>>(),
        warnings => warnings.iter().map(|one| problem(one, place)).collect::<Vec<_>>(),
        queues => queues(status, recent),
        backlog => backlog(status),
        voicemails => recent.voicemails.iter().map(voicemail).collect::<Vec<_>>(),
        more => recent.more,
        alarms => alarms(report),
        steps => steps(status),
        parts => parts(status),
    };
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    let page = syntax.and_then(|syntax| {
        environment.set_syntax(syntax);
        environment.template_from_str(TEMPLATE)?.render(context)
    });
    page.unwrap_or_else(|error| unreachable!("the report's template is sound: {error:#}"))
}

/// What is wrong, as `status` says, and what else `doctor` found.
fn problems(report: &Report) -> Vec<Trouble> {
    let fatal = report.findings.iter().filter(|finding| finding.severity == Severity::Fatal);
    let mut all = report.status.troubles.clone();
    for trouble in fatal.cloned().map(Trouble::from) {
        if !all.contains(&trouble) {
            all.push(trouble);
        }
    }
    all
}

fn facts(report: &Report) -> Vec<String> {
    let stack = &report.status.stack;
    let version = match &stack.installed {
        Some(installed) => format!("Version {installed}"),
        None => "The installed version is not recorded".to_owned(),
    };
    let since = stack.since.map(|since| format!(" since {}", moment(since))).unwrap_or_default();
    let fine = report.findings.iter().filter(|finding| finding.severity == Severity::Ok).count();
    let state = format!("{version}. The stack is {}{since}.", stack.status);
    let checks =
        format!("{fine} of {} checks of the account and the instance passed.", report.findings.len());
    [state, checks].into_iter().chain(stack.reason.clone()).collect()
}

fn problem(trouble: &Trouble, place: &Place) -> Value {
    context! { what => text(&trouble.what, place), remedy => text(&trouble.remedy, place) }
}

/// A text with its commands, which can be pasted, apart from the rest.
fn text(text: &str, place: &Place) -> Value {
    let completed = place.completed(text);
    let clean = clean(&completed);
    let parts = clean.split('`').enumerate().filter(|(_, part)| !part.is_empty());
    parts.map(|(number, text)| context! { command => number % 2 == 1, text }).collect()
}

fn time(at: Timestamp) -> Value {
    context! { iso => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), text => moment(at) }
}

/// A queue's voicemails.
#[derive(Default)]
struct Queue {
    waiting: usize,
    oldest: Option<Timestamp>,
    delivered: usize,
}

/// The queues and agents of the voicemails that were read.
fn queues(status: &Status, recent: &Recent) -> Vec<Value> {
    let mut all: BTreeMap<&str, Queue> = BTreeMap::new();
    for voicemail in &recent.voicemails {
        let queue = all.entry(recipient(voicemail)).or_default();
        match voicemail.state {
            State::InProgress | State::Stuck => {
                queue.waiting += 1;
                queue.oldest = Some(queue.oldest.map_or(voicemail.at, |oldest| oldest.min(voicemail.at)));
            }
            State::Ended(Outcome::Delivered) => queue.delivered += 1,
            State::Ended(_) | State::Deleted => {}
        }
    }
    let queue = |(name, Queue { waiting, oldest, delivered }): (&str, Queue)| {
        let oldest = oldest.map(|oldest| ago(status.at.duration_since(oldest)));
        context! { name => clean(name), waiting, oldest, delivered }
    };
    all.into_iter().map(queue).collect()
}

/// How many voicemails are in progress beyond those that were read.
fn backlog(status: &Status) -> Option<String> {
    let backlog = status.undelivered.as_ref().and_then(Seen::found)?;
    let Backlog { count, more, read, .. } = backlog;
    let least = if *more { "More than " } else { "" };
    (*count > read.len() as u64)
        .then(|| format!("{least}{count} voicemails are in progress; the {} oldest are shown.", read.len()))
}

fn recipient(voicemail: &FoundVoicemail) -> &str {
    voicemail.recipient.as_deref().unwrap_or(UNKNOWN)
}

fn voicemail(voicemail: &FoundVoicemail) -> Value {
    let class = match voicemail.state {
        State::InProgress => "look",
        State::Stuck | State::Ended(Outcome::GivenUp) => "wrong",
        State::Ended(Outcome::Delivered) => "good",
        State::Ended(Outcome::Cancelled | Outcome::NothingSaid | Outcome::Dropped | Outcome::Earlier)
        | State::Deleted => "",
    };
    context! {
        at => time(voicemail.at), recipient => clean(recipient(voicemail)), class,
        state => state(voicemail.state), modes => modes(&voicemail.modes),
        id => clean(&voicemail.id),
    }
}

fn alarms(report: &Report) -> Vec<Value> {
    let on = report.status.alarms.found();
    let alarm = |name: &String| {
        let ringing = on.and_then(|on| on.iter().find(|alarm| alarm.name == *name));
        let (class, state) = match (on, ringing) {
            (_, Some(_)) => ("wrong", "in alarm"),
            (Some(_), None) => ("good", "not in alarm"),
            (None, None) => ("look", UNKNOWN),
        };
        let since = ringing.and_then(|alarm| alarm.since).map(moment).unwrap_or_default();
        let says = ringing.map(|alarm| clean(&alarm.says)).unwrap_or_default();
        (ringing.is_none(), context! { name => clean(name), class, state, since, says })
    };
    let mut all: Vec<_> = report.alarms.iter().map(alarm).collect();
    // Those in alarm first.
    all.sort_by_key(|(is_quiet, _)| *is_quiet);
    all.into_iter().map(|(_, alarm)| alarm).collect()
}

fn steps(status: &Status) -> Vec<Value> {
    let step = |queue: &vmx_engine::status::QueueStatus| {
        let function = status.functions.iter().find(|function| function.step == queue.step);
        let (class, function) = match function.map(|function| &function.state) {
            Some(Seen::Found(found)) if found.state == "Active" => ("good", found.state.as_str()),
            Some(Seen::Found(found)) => ("look", found.state.as_str()),
            Some(Seen::Missing) => ("wrong", "missing"),
            Some(Seen::Unseen) | None => ("look", UNKNOWN),
        };
        let depth = |count: fn(&Depth) -> u64| known(&queue.queue, |depth| count(depth).to_string());
        let letters = queue.dead_letters.found();
        let oldest = letters.and_then(|letters| letters.oldest);
        context! {
            name => queue.step.as_str(), class, function => clean(function),
            waiting => depth(|depth| depth.waiting + depth.delayed), in_flight => depth(|depth| depth.in_flight),
            letters => known(&queue.dead_letters, |letters: &DeadLetters| letters.count.to_string()),
            is_bad => letters.is_some_and(|letters| letters.count > 0),
            oldest => oldest.map(|oldest| ago(status.at.duration_since(oldest))).unwrap_or_default(),
        }
    };
    status.queues.iter().map(step).collect()
}

/// What was read, as text.
fn known<T>(seen: &Seen<T>, text: impl FnOnce(&T) -> String) -> String {
    match seen {
        Seen::Found(found) => text(found),
        Seen::Missing => "missing".to_owned(),
        Seen::Unseen => UNKNOWN.to_owned(),
    }
}

/// Triggers, rules, flows, settings of the instance, buckets and the watchdog.
fn parts(status: &Status) -> Vec<Value> {
    let part = |kind: &str, name: &str, state: String, is_well: Option<bool>| {
        let class = match is_well {
            Some(true) => "good",
            Some(false) => "wrong",
            None => "look",
        };
        context! { kind, name => clean(name), state => clean(&state), class }
    };
    let switch = |on: &bool| if *on { "enabled" } else { "disabled" }.to_owned();
    let well = |seen: &Seen<bool>| match seen {
        Seen::Found(well) => Some(*well),
        Seen::Missing => Some(false),
        Seen::Unseen => None,
    };
    let mut parts = Vec::new();
    for trigger in &status.triggers {
        let state = known(&trigger.state, |found| found.state.to_lowercase());
        let enabled = trigger.state.clone().map(|found| found.state == "Enabled");
        parts.push(part("trigger", &trigger.name, state, well(&enabled)));
    }
    for rule in &status.rules {
        parts.push(part("rule", &rule.name, known(&rule.enabled, switch), well(&rule.enabled)));
    }
    for flow in &status.flows {
        let name = flow.state.found().map_or(flow.key.as_str(), |found| found.name.as_str());
        let state = known(&flow.state, |found| {
            let published = if found.published { "published" } else { "not published" };
            let edited = if found.edited { ", edited by hand" } else { "" };
            format!("{published}{edited}")
        });
        let published = flow.state.clone().map(|found| found.published);
        parts.push(part("flow", name, state, well(&published)));
    }
    for association in &status.associations {
        let set = |set: &bool| if *set { "set" } else { "not set" }.to_owned();
        let name = format!("{} → {}", association.what, association.target);
        parts.push(part("instance", &name, known(&association.set, set), well(&association.set)));
    }
    for bucket in &status.buckets {
        let exists = bucket.state.clone().map(|()| true);
        let state = known(&bucket.state, |()| "exists".to_owned());
        parts.push(part("bucket", &format!("{}: {}", bucket.what, bucket.name), state, well(&exists)));
    }
    if let Some(watchdog) = &status.watchdog {
        let last = known(&watchdog.last, |round| {
            format!("ran {} ago, {} broken", ago(status.at.duration_since(round.at)), round.broken.len())
        });
        let sound = watchdog.last.clone().map(|round| round.broken.is_empty());
        parts.push(part("watchdog", &watchdog.name, last, well(&sound)));
    }
    parts
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;
    use vmx_contract::mode::Mode;
    use vmx_engine::finding::Code;
    use vmx_engine::status::sample::well;
    use vmx_engine::status::{AlarmStatus, judge};

    fn recent() -> Vec<FoundVoicemail> {
        let one = |n: u32, at: &str, recipient: Option<&str>, state, modes: &[Mode]| FoundVoicemail {
            id: format!("00000000-0000-4000-8000-00000000000{n}"),
            at: at.parse().unwrap(),
            recipient: recipient.map(str::to_owned),
            caller: Some("+15555550123".into()),
            seconds: Some(13),
            state,
            modes: modes.to_vec(),
        };
        let ended = State::Ended;
        vec![
            one(1, "2026-11-23T11:58:00Z", Some("Support"), State::InProgress, &[]),
            one(
                2,
                "2026-11-23T11:40:00Z",
                Some("agent zoe"),
                ended(Outcome::Delivered),
                &[Mode::Task, Mode::Email],
            ),
            one(3, "2026-11-23T10:50:00Z", Some("Support"), State::Stuck, &[]),
            one(4, "2026-11-23T09:12:00Z", Some("Sales"), ended(Outcome::Dropped), &[]),
            one(5, "2026-11-23T08:03:00Z", None, ended(Outcome::NothingSaid), &[]),
        ]
    }

    fn healthy() -> Report {
        Report {
            region: "eu-west-2".into(),
            instance: "shop".into(),
            status: well(),
            findings: vec![Finding::ok(Code::Region, "eu-west-2 has every service")],
            recent: Recent { voicemails: recent(), ..Recent::default() },
            alarms: vec!["PackagerErrorsAlarm".into(), "RecorderLateAlarm".into()],
            place: Place::default(),
        }
    }

    fn broken() -> Report {
        let mut report = healthy();
        let status = &mut report.status;
        status.alarms = Seen::Found(vec![AlarmStatus {
            name: "RecorderLateAlarm".into(),
            says: "Contact records are read late. What to do: read the log of the step record".into(),
            since: Some("2026-11-23T11:20:00Z".parse().unwrap()),
        }]);
        status.queues[2].dead_letters = Seen::Found(DeadLetters {
            count: 12,
            oldest: Some("2026-11-20T09:00:00Z".parse().unwrap()),
            more: false,
            ..DeadLetters::default()
        });
        status.rules[1].enabled = Seen::Found(false);
        status.unseen = vec!["could not list the bucket vmx-transcripts: not allowed".into()];
        let trigger = Finding::fatal(
            Code::Triggers,
            "the trigger ContactRecordTrigger is disabled",
            "voicemails wait there until they expire",
            "run `aws lambda update-event-source-mapping --enabled --uuid 00000000-0000-4000-8000-0000000000ee`",
        );
        status.troubles = judge(status, vec![trigger.clone()]);
        let mail =
            Finding::fatal(Code::Mail, "sending is paused", "SES sends nothing", "see the SES console");
        let mut agents = Finding::ok(Code::TaskAgents, "no agent can accept tasks");
        agents.severity = Severity::Warning;
        agents.why = "tasks would wait".into();
        agents.remedy = "add the task channel to a routing profile".into();
        report.findings.extend([trigger, mail, agents]);
        report
    }

    /// A page without its style.
    fn body(report: &Report) -> String {
        let page = page(report);
        let (head, rest) = page.split_once("<style>").unwrap();
        format!("{head}{}", rest.split_once("</style>").unwrap().1)
    }

    #[test]
    fn a_page_says_what_is_wrong_and_what_to_do() {
        insta::assert_snapshot!("healthy", body(&healthy()));
        let told = body(&broken());
        insta::assert_snapshot!("broken", told);
        // What both status and doctor know is told once.
        assert_eq!(told.matches("ContactRecordTrigger is disabled").count(), 1, "{told}");
        assert!(told.contains("<code>aws lambda update-event-source-mapping"), "{told}");
        // For pictures of the documentation and checks of accessibility.
        if let Some(folder) = std::env::var_os("TEST_PICTURES") {
            let write = |name: &str, report: &Report| {
                std::fs::write(std::path::Path::new(&folder).join(name), page(report)).unwrap();
            };
            write("report-healthy.html", &healthy());
            write("report-broken.html", &broken());
        }
    }

    #[test]
    fn a_page_runs_nothing_and_loads_nothing() {
        for page in [page(&healthy()), page(&broken())] {
            for banned in
                ["<script", "<link", "<img", "<iframe", "@import", "url(", "src=", "href=", "http:", "https:"]
            {
                assert!(!page.contains(banned), "{banned}");
            }
            assert!(page.contains("default-src 'none'"), "{page}");
        }
    }

    proptest! {
        #[test]
        fn no_name_makes_a_tag(name in "\\PC{0,60}|[<>&\"'/a-z]{0,60}") {
            let with = |name: &str| {
                let mut report = broken();
                let status = &mut report.status;
                status.stack.name = name.into();
                status.stack.reason = Some(name.into());
                status.unseen = vec![name.into()];
                status.triggers[0].name = name.into();
                status.rules[0].name = name.into();
                status.flows[0].state = Seen::Missing;
                status.flows[0].key = name.into();
                status.associations[0].target = name.into();
                status.buckets[0].name = name.into();
                status.troubles[0].what = name.into();
                status.troubles[0].remedy = name.into();
                report.recent.voicemails[0].recipient = Some(name.into());
                report.recent.voicemails[0].id = name.into();
                report.alarms[0] = name.into();
                report.instance = name.into();
                page(&report)
            };
            let (plain, hostile) = (with("name"), with(&name.replace('`', "")));
            for sign in ["<", ">", "\""] {
                prop_assert_eq!(hostile.matches(sign).count(), plain.matches(sign).count(), "{}", sign);
            }
        }
    }
}
