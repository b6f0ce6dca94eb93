//! That no name from outside steers the terminal, whatever shows it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write;
use std::sync::{Arc, Mutex};

use super::{Human, Output, ProgramView, Volume};
use crate::error::Failure;
use crate::event::{Event, EventView as _, Purpose};
use vmx_contract::mode::Mode;
use vmx_engine::deployments::Past;
use vmx_engine::discover::survey::{RoutingProfile, Survey};
use vmx_engine::finding::{Code, Finding};
use vmx_engine::logs::LogLine;
use vmx_engine::progress::{Progress, StackEvent, StackOperation, View};
use vmx_engine::redrive::waiting::{Source, Waiting};
use vmx_engine::status::sample::well;
use vmx_engine::status::{AssociationStatus, FlowState, Seen, Trouble};
use vmx_engine::trace::sample::{CONTACT, refused};
use vmx_engine::trace::story;
use vmx_model::change::{Action, Change, Kind, Stays};
use vmx_model::parts::{Function, Step};
use vmx_model::plan::{Details, FlowDifference, FlowFate};

/// A name that clears the screen, colors, forges a line and turns the writing direction.
const NAME: &str = "Sales\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\nerror:\u{202e}\u{2066}\u{200b} all\ris\u{85}lost";

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn written(colored: bool, tell: impl FnOnce(&Human)) -> String {
    let written = Written::default();
    let output = || Output::new(Box::new(written.clone()), colored);
    tell(&Human::new(output(), output(), false, Volume::Verbose));
    let bytes = written.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

/// What shows one event.
type Told = Box<dyn Fn(&Human)>;

/// One event of every kind that shows a name from AWS, the instance or a caller.
fn events(name: &str) -> Vec<Told> {
    let name = name.to_owned();
    let change = |name: &str| Change {
        action: Action::Created,
        kind: Kind::Flow,
        name: name.to_owned(),
        detail: Some(name.to_owned()),
    };
    let mut status = well();
    status.stack.reason = Some(name.clone());
    status.flows[0].state = Seen::Found(FlowState { name: name.clone(), published: true, edited: true });
    status.associations.push(AssociationStatus {
        what: name.clone(),
        target: name.clone(),
        set: Seen::Found(false),
    });
    status.functions[0].name.clone_from(&name);
    status.unseen.push(name.clone());
    status.troubles.push(Trouble { what: name.clone(), remedy: name.clone() });
    let mut traced = story(CONTACT, &refused());
    traced.moments[0].text.clone_from(&name);
    traced.verdict.clone_from(&name);
    traced.unseen.push(name.clone());
    let survey = Survey {
        instance: name.clone(),
        contact_records: Ok(Some(name.clone())),
        media_streams: Err(name.clone()),
        call_recordings: Ok(None),
        queues: Ok(vec![name.clone()]),
        calls: Err(name.clone()),
        senders: Ok(vec![name.clone()]),
        users: Ok(1),
        routing_profiles: Ok(vec![RoutingProfile { name: name.clone(), channels: Some(vec![name.clone()]) }]),
        numbers: Ok(1),
        installations: Ok(vec![name.clone()]),
        ancestors: Ok(vec![name.clone()]),
    };
    let flows = vec![FlowDifference { flow: name.clone(), fate: FlowFate::Kept, blocks: Vec::new() }];
    let progress = vec![
        Progress::CompilerOutput { line: name.clone() },
        Progress::Changed { action: Action::Deleted, kind: Kind::Flow, name: name.clone() },
        Progress::Kept { kind: Kind::Flow, name: name.clone(), reason: name.clone() },
        Progress::Stays {
            things: vec![Stays { kind: Kind::Bucket, name: name.clone(), reason: name.clone() }],
        },
        Progress::StackOperation { stack: name.clone(), operation: StackOperation::Update },
        Progress::StackEvent(StackEvent {
            id: String::new(),
            at_ms: 0,
            logical_id: name.clone(),
            resource_type: name.clone(),
            status: "CREATE_FAILED".into(),
            reason: Some(name.clone()),
        }),
        Progress::Warning { text: name.clone() },
        Progress::Waiting { what: name.clone(), seconds: 4 },
        Progress::DeadLetters {
            waiting: vec![Waiting { step: Step::Record, queue: name.clone(), count: 1, in_flight: 1 }],
            stream_letters: 1,
            stuck: 1,
            dropped: 1,
        },
        Progress::Redriven { step: Step::Record, moved: 1, ended: 1, kept: vec![name.clone()] },
        Progress::GivingUp { voicemail: name.clone(), since: None, recorded: None, letters: 1 },
        Progress::GivenUp { voicemail: name.clone(), letters: 1, kept: vec![name.clone()] },
        Progress::Deleting { voicemail: name.clone(), has_recording: true, delivered_by: vec![Mode::Task] },
        Progress::Deleted { voicemail: name.clone(), objects: 1 },
        Progress::SentOn { source: Source::Dropped, moved: 1, ended: 0, kept: vec![name.clone()] },
    ];
    let events = vec![
        Event::Target {
            account: name.clone(),
            region: name.clone(),
            principal: name.clone(),
            stack: name.clone(),
            instance: name.clone(),
        },
        Event::Caller { account: name.clone(), region: name.clone(), principal: name.clone() },
        Event::Surveyed(Box::new(survey)),
        Event::Planned {
            purpose: Purpose::Install,
            changes: vec![change(&name)],
            notes: vec![name.clone()],
            details: Box::new(Details { flows, ..Details::default() }),
        },
        Event::Checked(Finding::fatal(Code::Flows, name.clone(), "why", name.clone())),
        Event::Checked(Finding::ok(Code::Flows, name.clone())),
        Event::PermissionsBroaden { statements: vec![name.clone()] },
        Event::Blocked { by: vec![name.clone()] },
        Event::Status(Box::new(status)),
        Event::NothingUnderWay { stack: name.clone(), status: name.clone() },
        Event::Traced(Box::new(traced)),
        Event::Logged(LogLine {
            logged_at: "2026-11-23T10:00:34Z".parse().unwrap(),
            function: Function::Packager,
            level: Some(name.clone()),
            text: name.clone(),
            line: name.clone(),
        }),
        Event::Deployments {
            times: vec![name.clone()],
            deployments: vec![Past {
                time: name.clone(),
                version: name.clone(),
                principal: name.clone(),
                changes: vec![name.clone()],
            }],
            to: name.clone(),
        },
        Event::Finished { changes: 1, next: vec![name] },
    ];
    let progress = progress.into_iter().map(|one| Box::new(move |view: &Human| view.show(&one)) as Told);
    let events = events.into_iter().map(|one| Box::new(move |view: &Human| view.tell(&one)) as Told);
    progress.chain(events).collect()
}

/// What a terminal gets has the lines and colors of a harmless name, and no other control character.
#[test]
fn no_name_steers_the_terminal() {
    // As long as what is left of the other one.
    let harmless = "Sales [2J ]0;x  31m error: all is lost";
    for (hostile, harmless) in events(NAME).iter().zip(events(harmless)) {
        for colored in [false, true] {
            let [hostile, expected] = [hostile, &harmless].map(|tell| written(colored, |view| tell(view)));
            let is_ours = |c: char| c == '\n' || (c == '\u{1b}' && colored);
            assert!(hostile.chars().all(|c| !c.is_control() || is_ours(c)), "{hostile:?}");
            assert!(!hostile.contains(['\u{202e}', '\u{2066}', '\u{200b}', '\u{2028}']), "{hostile:?}");
            let count = |text: &str| (text.lines().count(), text.matches('\u{1b}').count());
            assert_eq!(count(&hostile), count(&expected), "{hostile}");
            assert!(hostile.lines().all(|line| !line.starts_with("error")), "{hostile}");
        }
    }
}

#[test]
fn results_are_apart_from_progress_and_problems() {
    let (results, progress) = (Written::default(), Written::default());
    let output = |written: &Written| Output::new(Box::new(written.clone()), false);
    let view = Human::new(output(&results), output(&progress), false, Volume::Normal);
    view.tell(&Event::Discovering);
    view.tell(&Event::Status(Box::new(well())));
    for code in [Code::Flows, Code::Triggers, Code::Flows] {
        view.tell(&Event::Checked(Finding::ok(code, "checked")));
    }
    view.show(&Progress::Warning { text: "wait".into() });
    view.tell(&Event::Finished { changes: 1, next: Vec::new() });
    view.ended(Err(&Failure::NotWell { troubles: 1 }));
    let [results, progress] =
        [results, progress].map(|written| String::from_utf8(written.0.lock().unwrap().clone()).unwrap());
    for part in ["stack ", "healthy", "ok      flows, triggers\n", "done: 1 change"] {
        assert!(results.contains(part) && !progress.contains(part), "{part}\n{results}\n{progress}");
    }
    for part in ["checking the account", "warning: wait", "error: 1 problem found", " help: fix it"] {
        assert!(progress.contains(part) && !results.contains(part), "{part}\n{results}\n{progress}");
    }
}

#[test]
fn a_failure_says_what_aws_says_on_its_own_lines() {
    let failure = Failure::NotDelivered { verdict: format!("stopped: {NAME}") };
    let text = written(false, |view| view.ended(Err(&failure)));
    assert_eq!(text.lines().next(), Some("error: stopped: Sales [2J ]0;x  31m error: all is lost"));
    assert_eq!(text.lines().count(), 2, "{text}");
}

#[test]
fn marks_of_our_own_in_a_name_forge_nothing() {
    let text = "Sales\u{fdd5}\u{fdd1}error: all is lost".to_owned();
    let text = written(true, |view| {
        view.show(&Progress::Changed { action: Action::Created, kind: Kind::Flow, name: text });
        view.show(&Progress::Changed { action: Action::Created, kind: Kind::Flow, name: "next".into() });
    });
    assert_eq!(text, "created flow Saleserror: all is lost\n\u{1b}[32mcreated\u{1b}[0m flow next\n");
}
