//! Events for people: results on standard output, progress and problems on standard error.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use miette::{GraphicalReportHandler, GraphicalTheme, ThemeCharacters, ThemeStyles};
use serde::Serialize;

use super::ProgramView;
use super::page::{Page, WIDTH};
use super::place::Place;
use super::table::Table;
use super::terminal::{BOLD, GREEN, MAGENTA, PLAIN, Paint, RED, clean, clean_report, has_marks, is_colored};
use super::tone::Tone;
use super::tree::{Tree, WHEEL};
use super::words::wrapped;
use super::{operating, status, trace, voicemails};
use crate::error::Failure;
use crate::event::{Event, EventView, Purpose};
use vmx_engine::discover::survey::Survey;
use vmx_engine::finding::{Finding, Severity};
use vmx_engine::progress::{Progress, StackEvent, StackOperation, View};
use vmx_engine::redrive::waiting::Source;
use vmx_engine::root_cause::cause::Cause;
use vmx_engine::smoke::link::Health;
use vmx_model::change::{Change, Stays};
use vmx_model::params::Parameter;
use vmx_model::plan::Details;

/// Compiled crates per line of output, without a terminal.
const CRATES_A_LINE: usize = 50;

/// Shows events as lines of text.
pub struct Human {
    state: Arc<Mutex<State>>,
}

/// How much to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volume {
    /// Everything that happens.
    Normal,
    /// Also details that few people need.
    Verbose,
    /// Only problems and the result.
    Quiet,
}

/// Where lines go.
pub struct Output {
    to: Box<dyn Write + Send>,
    colored: bool,
}

impl Output {
    /// Writes to any output, with colors or without.
    #[must_use]
    pub fn new(to: Box<dyn Write + Send>, colored: bool) -> Self {
        Self { to, colored }
    }

    fn write(&mut self, text: &str) {
        // A reader who has gone does not stop the work.
        let _ = if self.colored {
            writeln!(self.to, "{text}")
        } else {
            writeln!(self.to, "{}", anstream::adapter::strip_str(text))
        };
    }
}

struct State {
    page: Page,
    results: Output,
    progress: Output,
    /// Whether the current event is a result.
    is_result: bool,
    /// Whether the text has marks that are not ours.
    forged: bool,
    tree: Option<Tree>,
    /// The tree's lines now on the terminal.
    drawn: Vec<String>,
    spinner: Option<ProgressBar>,
    is_terminal: bool,
    volume: Volume,
    compiled: usize,
    /// What was checked and is fine, to tell in one line.
    fine: Vec<String>,
}

impl Human {
    /// Writes results to standard output, and the rest to standard error. Each has colors only on a terminal without
    /// `NO_COLOR`. Commands in messages are about `place`.
    #[must_use]
    pub fn on_terminal(volume: Volume, place: Place) -> Self {
        let page = Page::of_terminal(place);
        let (stdout, stderr) = (std::io::stdout(), std::io::stderr());
        let is_terminal = stderr.is_terminal();
        let colored = is_colored(&stdout);
        let results = Output::new(Box::new(stdout), colored);
        let colored = is_colored(&stderr);
        Self::on(page, results, Output::new(Box::new(stderr), colored), is_terminal, volume)
    }

    /// Writes to any outputs. On a terminal, progress changes in place.
    #[must_use]
    pub fn new(results: Output, progress: Output, is_terminal: bool, volume: Volume) -> Self {
        Self::on(Page::of_columns(WIDTH), results, progress, is_terminal, volume)
    }

    fn on(page: Page, results: Output, progress: Output, is_terminal: bool, volume: Volume) -> Self {
        let state = State {
            page,
            results,
            progress,
            is_result: false,
            forged: false,
            tree: None,
            drawn: Vec::new(),
            spinner: None,
            is_terminal,
            volume,
            compiled: 0,
            fine: Vec::new(),
        };
        let state = Arc::new(Mutex::new(state));
        if is_terminal {
            let state = Arc::downgrade(&state);
            std::thread::spawn(move || redraw_at_times(&state));
        }
        Self { state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failure(&self, text: &str) {
        let mut state = self.state();
        state.calm();
        state.forged = has_marks(text);
        let (what, remedy) = super::help::split(text);
        state.line(&format!("{RED}{BOLD}error{PLAIN}: {}", wrapped(&what, 2)));
        let remedy = remedy.unwrap_or("fix what the message says, then run the same command again");
        state.line(&format!(" {BOLD}help{PLAIN}: {}", wrapped(remedy, 2)));
    }

    /// Shows a text formatted by a library.
    fn block(&self, text: &str) {
        let mut state = self.state();
        state.calm();
        let text = state.page.symbols(clean_report(text.trim_end()));
        state.written(&text);
    }
}

impl View for Human {
    fn show(&self, progress: &Progress) {
        let mut state = self.state();
        state.suspect(progress);
        let matters = matches!(progress, Progress::Warning { .. } | Progress::RootCause { .. });
        if state.volume == Volume::Quiet && !matters {
            return;
        }
        state.is_result = is_result_of_work(progress);
        match progress {
            Progress::CompilerOutput { line } => state.compiler(line),
            Progress::StackEvent(_) | Progress::Warning { .. } if state.tree.is_some() => {
                state.progress(progress);
                state.draw();
            }
            // A prompt is open: draw nothing until CloudFormation is read again.
            Progress::Interrupted { .. } if state.tree.is_some() => state.erase(),
            // What moves shows that it waits.
            Progress::Waiting { .. } if state.tree.is_some() || state.spinner.is_some() => {}
            _ => {
                state.calm();
                state.progress(progress);
            }
        }
        state.is_result = false;
    }
}

/// Whether work ends with this: people pass it on to other programs.
fn is_result_of_work(progress: &Progress) -> bool {
    matches!(
        progress,
        Progress::Built { .. }
            | Progress::Stays { .. }
            | Progress::SmokeTested { .. }
            | Progress::DeadLetters { .. }
            | Progress::Redriven { .. }
            | Progress::SentOn { .. }
            | Progress::GivingUp { .. }
            | Progress::GivenUp { .. }
            | Progress::Deleting { .. }
            | Progress::Deleted { .. }
    )
}

/// Whether a command exists to show this.
fn is_result(event: &Event) -> bool {
    matches!(
        event,
        Event::Planned { .. }
            | Event::Parameters { .. }
            | Event::Checked(_)
            | Event::Well { .. }
            | Event::Blocked { .. }
            | Event::Status(_)
            | Event::NothingUnderWay { .. }
            | Event::Traced(_)
            | Event::Logged(_)
            | Event::Voicemails { .. }
            | Event::Held { .. }
            | Event::Exported { .. }
            | Event::EarlierSystems { .. }
            | Event::Migration { .. }
            | Event::Handover { .. }
            | Event::Deployments { .. }
            | Event::Finished { .. }
    )
}

impl EventView for Human {
    fn tell(&self, event: &Event) {
        let mut state = self.state();
        state.suspect(event);
        if let Some(region) = region(event) {
            state.page.place.region = Some(region.to_owned());
        }
        match event {
            Event::Document { text } => return document(text),
            Event::FlowChecked { report } => {
                if state.volume == Volume::Normal || report.is_refused() {
                    let _ = writeln!(std::io::stdout(), "{}", clean_report(&report.to_string()));
                }
                return;
            }
            _ => {}
        }
        let matters = match event {
            Event::Finished { .. } | Event::Well { .. } => true,
            Event::Checked(finding) => finding.severity != Severity::Ok,
            _ => false,
        };
        if state.volume != Volume::Quiet || matters {
            state.calm();
            state.is_result = is_result(event);
            state.event(event);
            state.is_result = false;
        }
    }
}

/// The region that a run is about, once it is known.
fn region(event: &Event) -> Option<&str> {
    match event {
        Event::Target { region, .. } | Event::Caller { region, .. } => Some(region),
        Event::Parameters { values } => {
            values.iter().find_map(|one| one.value.as_str().filter(|_| one.key == "region"))
        }
        _ => None,
    }
}

/// Writes a document to standard output, unchanged for a program. On a terminal, control characters in somebody's flow
/// are removed.
fn document(text: &str) {
    let mut stdout = std::io::stdout();
    let text: Cow<'_, str> = if stdout.is_terminal() { clean_report(text).into() } else { text.into() };
    // The reader may have closed the pipe.
    let _ = stdout.write_all(text.as_bytes());
}

impl ProgramView for Human {
    fn ended(&self, ended: Result<(), &Failure>) {
        self.state().fine();
        match ended {
            Ok(()) => self.state().calm(),
            Err(Failure::Params(error)) => {
                let text = report(error.as_ref(), &self.state().page);
                self.block(&text);
            }
            // Declining is not an error.
            Err(failure @ (Failure::Declined | Failure::StoppedEarly | Failure::ChangesFound)) => {
                self.block(&failure.to_string())
            }
            Err(Failure::Unwell(findings)) => {
                for finding in findings {
                    self.failure(&format!("{}: {finding}", finding.code));
                }
            }
            Err(Failure::Broken(links)) => {
                for link in links {
                    self.failure(&format!("everything is installed, but {link}"));
                }
            }
            Err(failure) => self.failure(&failure.to_string()),
        }
    }
}

/// A problem in the parameters, with its place in the file.
fn report(fault: &dyn miette::Diagnostic, page: &Page) -> String {
    // The other styles have colors that a light background hides.
    let styles = if is_colored(&std::io::stderr()) { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let characters = if page.is_ascii { ThemeCharacters::ascii() } else { ThemeCharacters::unicode() };
    let theme = GraphicalTheme { characters, styles };
    let mut text = String::new();
    match GraphicalReportHandler::new_themed(theme).with_width(page.columns).render_report(&mut text, fault) {
        Ok(()) => text,
        Err(_) => fault.to_string(),
    }
}

impl State {
    /// Writes a formatted line.
    fn line(&mut self, text: &str) {
        let how = match (self.forged, self.output().colored) {
            (true, _) => Paint::Bare,
            (false, true) => Paint::Colored,
            (false, false) => Paint::Uncolored,
        };
        let text = self.page.painted(text, how);
        self.written(&text);
    }

    fn written(&mut self, text: &str) {
        self.erase();
        self.output().write(text);
    }

    fn output(&mut self) -> &mut Output {
        if self.is_result { &mut self.results } else { &mut self.progress }
    }

    /// Ends the lines that change in place.
    fn calm(&mut self) {
        self.erase();
        if let Some(tree) = self.tree.take() {
            self.line(&tree.summary(Instant::now()));
        }
        if let Some(spinner) = self.spinner.take() {
            spinner.finish_and_clear();
        }
    }

    /// Checks for our own marks in outside text. They are very rare, and such text is not formatted.
    fn suspect(&mut self, told: &impl Serialize) {
        self.forged = serde_json::to_string(told).is_ok_and(|text| has_marks(&text));
    }

    fn progress(&mut self, progress: &Progress) {
        match progress {
            Progress::BuildStarted { functions, target, compiler } => {
                self.compiled = 0;
                self.line(&format!("building {} functions for {target} with {compiler}", functions.len()));
            }
            Progress::SourcesUnchanged { functions, target } => {
                self.line(&format!("{} functions are up to date for {target}", functions.len()));
            }
            Progress::Built { function, sha256, bytes, .. } => {
                self.line(&format!("  {function:<16}{:>6} kB  sha256 {sha256:.16}…", bytes / 1000))
            }
            Progress::Changed { action, kind, name } => {
                self.line(&format!("{GREEN}{}{PLAIN} {kind} {name}", action.participle()));
            }
            Progress::Kept { kind, name, reason } => {
                self.line(&wrapped(&format!("kept {kind} {name}: {reason}"), 2));
            }
            Progress::Stays { things } => self.stays(things),
            Progress::StackOperation { stack, operation } => self.stack_operation(stack, *operation),
            Progress::StackEvent(event) if self.tree.is_some() => self.tree_event(event),
            Progress::StackEvent(event) => self.stack_event(event),
            Progress::SmokeTested { links } => {
                let working = links.iter().filter(|link| link.health == Health::Works).count();
                let text = match (working, links.len()) {
                    (working, all) if working == all => format!("all {all} parts work"),
                    (working, all) => format!("{working} of {all} parts work"),
                };
                self.line(&format!("tested the installation: {text}"));
            }
            Progress::ReadingFlows { read: 0, all } => {
                let text = format!(
                    "reading {all} flows that could refer to the installation's: about {} seconds, since \
                     Amazon Connect answers 2 a second",
                    all / 2
                );
                self.line(&wrapped(&text, 0));
            }
            Progress::ReadingFlows { read, all } => self.line(&format!("read {read} of {all} flows")),
            Progress::Entering { looked_at, ended, open } => {
                let text = format!(
                    "checked {looked_at} recordings of the earlier version: {ended} delivered, {open} not"
                );
                self.line(&wrapped(&text, 0));
            }
            Progress::Waiting { what, seconds } => {
                self.line(&wrapped(&format!("still waiting for {what}, for {seconds} s"), 0));
            }
            Progress::Warning { text } => {
                self.line(&format!("{MAGENTA}warning{PLAIN}: {}", wrapped(text, 2)))
            }
            Progress::RootCause { causes } => self.causes(causes),
            Progress::DeadLetters { waiting, stream_letters, stuck, dropped } => {
                let letters = operating::dead_letters(waiting, self.page.columns);
                self.line(&letters);
                for (source, count) in [
                    (Source::StreamLetters, *stream_letters),
                    (Source::Undelivered, *stuck),
                    (Source::Dropped, *dropped),
                ] {
                    if count > 0 {
                        self.line(&format!("{RED}{count}{PLAIN} {}", source.as_str()));
                    }
                }
            }
            Progress::Redriven { step, moved, ended, kept } => {
                self.line(&operating::redriven(step.as_str(), *moved, *ended, kept));
            }
            Progress::GivingUp { voicemail, since, recorded, letters } => {
                self.line(&operating::giving_up(voicemail, *since, *recorded, *letters));
            }
            Progress::GivenUp { voicemail, letters, kept } => {
                self.line(&operating::given_up(voicemail, *letters, kept));
            }
            Progress::Deleting { voicemail, has_recording, delivered_by } => {
                self.line(&voicemails::deleting(voicemail, *has_recording, delivered_by));
            }
            Progress::Deleted { voicemail, objects } => {
                self.line(&format!("{GREEN}deleted{PLAIN} {voicemail}: {}", count(*objects, "object")));
            }
            Progress::TriggerSet { stack, id, enabled } => {
                let verb = if *enabled { "enabled" } else { "disabled" };
                self.line(&format!("{GREEN}{verb}{PLAIN} the trigger of {stack}: {id}"));
            }
            Progress::HandedOver { recordings } => {
                let text = format!(
                    "{} of the earlier system entered: their contacts are skipped here",
                    count(*recordings, "recording")
                );
                self.line(&wrapped(&text, 2));
            }
            Progress::SentBack { records } => {
                let text = format!(
                    "{} sent to the retry queue, to be read once more",
                    count(*records, "contact record")
                );
                self.line(&wrapped(&text, 2));
            }
            Progress::SentOn { source, moved, ended, kept } => {
                self.line(&operating::redriven(source.as_str(), *moved, *ended, kept));
            }
            Progress::CompilerOutput { .. } | Progress::Interrupted { .. } => {}
        }
    }

    fn stays(&mut self, things: &[Stays]) {
        if !things.is_empty() {
            self.line(&format!("{BOLD}{}:{PLAIN}", stays(things.len())));
        }
        for thing in things {
            let text = format!("{} {}: {}", thing.kind, thing.name, thing.reason);
            self.line(&format!("  {}", wrapped(&text, 6)));
        }
    }

    fn stack_operation(&mut self, stack: &str, operation: StackOperation) {
        let doing = match operation {
            StackOperation::Create => "creating",
            StackOperation::Update => "updating",
            StackOperation::Delete => "deleting",
        };
        self.line(&format!("{doing} the stack {stack}"));
        if self.is_terminal {
            self.tree = Some(Tree::new(stack, operation, Instant::now()));
        }
    }

    fn causes(&mut self, causes: &[Cause]) {
        for cause in causes {
            let word = if cause.in_rollback { "stuck" } else { "cause" };
            self.line(&format!("{RED}{word}{PLAIN}: {}", wrapped(&cause.to_string(), 2)));
            if let Some(hint) = cause.hint {
                self.line(&format!("  {BOLD}hint{PLAIN}: {}", wrapped(hint, 2)));
            }
        }
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::Target { account, region, principal, stack, instance } => {
                let account = format!("{account}, {region}, as {principal}");
                self.fields(0, &[("account", &account), ("instance", instance), ("stack", stack)]);
            }
            Event::FilesSkipped { files } => {
                const MOST: usize = 20;
                let shown = files.iter().take(MOST).map(|file| file.display().to_string());
                let more = files.len().saturating_sub(MOST);
                let more = (more > 0).then(|| format!("{more} more"));
                let names = shown.chain(more).collect::<Vec<_>>().join(", ");
                let plural = if files.len() == 1 { "" } else { "s" };
                self.line(&format!("skipped {} file{plural} without a readable flow: {names}", files.len()));
            }
            Event::Written { path } => self.line(&format!("wrote {}", path.display())),
            Event::Parameters { values } if self.volume == Volume::Verbose => self.parameters(values),
            Event::Caller { account, region, principal } => {
                let account = format!("{account}, {region}, as {principal}");
                self.fields(2, &[("account", &account)]);
            }
            Event::Surveyed(survey) => self.surveyed(survey),
            Event::Handover { from, to, steps } => {
                self.line(&format!("{BOLD}contact records move from {from} to {to}:{PLAIN}"));
                for step in steps {
                    self.line(&format!("  {}", wrapped(step, 4)));
                }
            }
            Event::EarlierSystems { systems } => {
                super::migration::systems(systems).iter().for_each(|line| self.line(line));
            }
            Event::Migration { parameters, flows, .. } => {
                super::migration::migration(parameters, flows).iter().for_each(|line| self.line(line));
            }
            Event::FileChange { path, diff } => self.file_change(path, diff),
            Event::Discovering => self.line("checking the account and the instance"),
            Event::Planned { purpose, changes, notes, details } => {
                self.planned(*purpose, changes, notes, details);
            }
            Event::Checked(finding) => self.checked(finding),
            Event::Well { checks, warnings } => {
                self.fine();
                let text = match *warnings {
                    0 => format!("all {checks} checks passed"),
                    warnings => format!(
                        "{} of {checks} checks passed, {}",
                        checks - warnings,
                        count(warnings, "warning")
                    ),
                };
                let more = if self.volume == Volume::Normal { "; -v shows each" } else { "" };
                self.line(&format!("{GREEN}healthy{PLAIN}: {text}{more}"));
            }
            Event::PermissionsBroaden { statements } => {
                self.line(&format!("{BOLD}new permissions:{PLAIN}"));
                for statement in statements {
                    self.line(&format!("  {}", wrapped(statement, 6)));
                }
            }
            Event::Blocked { by } => {
                self.line(&format!("{BOLD}blocked by:{PLAIN}"));
                for text in by {
                    self.line(&format!("  {RED}✗{PLAIN} {}", wrapped(text, 4)));
                }
            }
            Event::Story { path } => self.line(&format!("full log: {}", path.display())),
            Event::Finished { changes, next } => {
                let changes = match changes {
                    0 => "nothing was changed".to_owned(),
                    changes => count(*changes, "change"),
                };
                self.line(&format!("{GREEN}done{PLAIN}: {changes}"));
                if !next.is_empty() && self.volume != Volume::Quiet {
                    self.line(&format!("{BOLD}next:{PLAIN}"));
                    for step in next {
                        self.line(&format!("  {}", wrapped(step, 4)));
                    }
                }
            }
            Event::Status(found) => {
                let text = status::status(found, self.volume == Volume::Verbose);
                self.line(&text);
            }
            Event::NothingUnderWay { stack, status } => {
                self.line(&format!("nothing in progress: the stack {stack} is {status}"));
            }
            Event::Traced(found) => self.line(&trace::trace(found)),
            Event::Voicemails { voicemails, more } => self.line(&voicemails::list(voicemails, *more)),
            Event::Held { voicemail, is_held, is_changed } => {
                self.line(&voicemails::held(voicemail, *is_held, *is_changed));
            }
            Event::Exported { folder, voicemails, recordings } => {
                let (voicemails, recordings) =
                    (count(*voicemails, "voicemail"), count(*recordings, "recording"));
                self.line(&format!("{voicemails} with {recordings} copied to {}", folder.display()));
            }
            Event::Logged(line) => self.line(&operating::logged(line)),
            Event::Deployments { deployments, to, .. } => self.line(&operating::deployments(deployments, to)),
            Event::Document { .. }
            | Event::FlowChecked { .. }
            | Event::Parameters { .. }
            | Event::Approved => {}
        }
    }

    /// Names and their values.
    fn fields(&mut self, indent: usize, fields: &[(&str, &String)]) {
        let mut table = Table::plain().indented(indent);
        fields.iter().for_each(|(name, value)| table.row([(*name).into(), format!("{BOLD}{value}{PLAIN}")]));
        self.lines(&table);
    }

    fn lines(&mut self, table: &Table) {
        table.lines().iter().for_each(|line| self.line(line));
    }

    fn planned(&mut self, purpose: Purpose, changes: &[Change], notes: &[String], details: &Details) {
        let heading = match (purpose, changes.len()) {
            (Purpose::Install, 0) => {
                "nothing to change: the stack and the flows match the parameters".to_owned()
            }
            (Purpose::Teardown, 0) => "nothing to remove".to_owned(),
            (Purpose::Install, number) => format!("{} to make:", count(number, "change")),
            (Purpose::Teardown, number) => format!("{} to remove:", count(number, "thing")),
        };
        self.line(&format!("{BOLD}{heading}{PLAIN}"));
        let all = self.volume == Volume::Verbose || purpose == Purpose::Teardown;
        let changes = if all {
            changes.iter().map(ToString::to_string).collect()
        } else {
            super::plan::changes(changes)
        };
        for change in changes {
            self.line(&format!("  {}", wrapped(&change, 6)));
        }
        let mut lines = if all {
            super::plan::lines(details, self.page.columns)
        } else {
            super::plan::brief(details, self.page.columns)
        };
        if all && !details.rates_matter {
            lines.extend(super::capacity::lines(&details.rates));
        }
        for (tone, line) in lines {
            let color = match tone {
                Tone::Heading => BOLD,
                Tone::Plain => PLAIN,
                Tone::Comes => GREEN,
                Tone::Goes | Tone::Loud => RED,
            };
            self.line(&format!("{color}{line}{PLAIN}"));
        }
        for note in notes {
            self.line(&format!("{MAGENTA}note{PLAIN}: {}", wrapped(note, 2)));
        }
    }

    fn surveyed(&mut self, survey: &Survey) {
        self.line(&format!("{BOLD}{} has:{PLAIN}", survey.instance));
        for line in super::survey::lines(survey) {
            self.line(&line);
        }
        if survey.nobody_takes_tasks() {
            let text = "no routing profile allows tasks, so no agent can receive a voicemail; add the Task \
                        channel to your agents' routing profiles in the Amazon Connect console";
            self.line(&format!("{MAGENTA}warning{PLAIN}: {}", wrapped(text, 2)));
        }
    }

    fn file_change(&mut self, path: &Path, diff: &str) {
        if diff.is_empty() {
            return;
        }
        self.line(&format!("{BOLD}{} changes:{PLAIN}", path.display()));
        for line in diff.lines() {
            let color = match line.chars().next() {
                Some('+') => GREEN,
                Some('-') => RED,
                _ => PLAIN,
            };
            // The log file has the whole hash; this part identifies it.
            self.line(&format!("  {color}{line:.77}{PLAIN}"));
        }
    }

    fn parameters(&mut self, values: &[Parameter]) {
        let mut table = Table::plain();
        for Parameter { key, value, source } in values {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            table.row([key.clone(), format!("{value} ({source})")]);
        }
        self.lines(&table);
    }

    /// Tells what was checked and is fine.
    fn fine(&mut self) {
        let mut fine = std::mem::take(&mut self.fine);
        let mut seen = BTreeSet::new();
        fine.retain(|code| seen.insert(code.clone()));
        if !fine.is_empty() {
            let was_result = std::mem::replace(&mut self.is_result, true);
            self.line(&format!("{GREEN}ok{PLAIN}      {}", wrapped(&fine.join(", "), 8)));
            self.is_result = was_result;
        }
    }

    fn checked(&mut self, finding: &Finding) {
        if finding.severity == Severity::Ok && self.volume == Volume::Normal {
            self.fine.push(finding.code.to_string());
            return;
        }
        let (color, word) = match finding.severity {
            Severity::Ok => (GREEN, "ok"),
            Severity::Warning => (MAGENTA, "warning"),
            Severity::Fatal => (RED, "fail"),
        };
        let text = match finding.severity {
            // The fix is the last line of the run.
            Severity::Fatal => format!("{}: {}", finding.code, finding.what),
            _ => format!("{}: {finding}", finding.code),
        };
        self.line(&format!("{color}{word:<8}{PLAIN}{}", wrapped(&text, 8)));
    }

    /// On a terminal the tree shows what is in progress and done; failures remain as lines.
    fn tree_event(&mut self, event: &StackEvent) {
        if let Some(tree) = &mut self.tree {
            tree.note(event, Instant::now());
        }
        if event.status.ends_with("_FAILED") {
            self.stack_event(event);
        }
    }

    fn draw(&mut self) {
        let Some(tree) = &self.tree else { return };
        let (rows, columns) = size();
        let lines = tree.lines(Instant::now(), rows, columns);
        let lines: Vec<String> = lines.into_iter().map(|line| self.page.symbols(line)).collect();
        self.erase();
        // In one write, to prevent flicker.
        let text: String = lines.iter().map(|line| format!("{}\r\n", clean(line))).collect();
        let to = &mut self.progress.to;
        let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
        self.drawn = lines;
    }

    /// Erases the tree's lines, which wrap if the terminal became narrower.
    fn erase(&mut self) {
        let (_, columns) = size();
        let broken = |line: &String| line.chars().count().div_ceil(columns.max(1)).max(1);
        let rows: usize = self.drawn.iter().map(broken).sum();
        self.drawn.clear();
        if rows > 0 {
            let _ = write!(self.progress.to, "\x1b[{rows}A\r\x1b[J");
        }
    }

    fn stack_event(&mut self, event: &StackEvent) {
        let color = if event.status.ends_with("_FAILED") || event.status.contains("ROLLBACK") {
            RED
        } else if event.status.ends_with("_COMPLETE") {
            GREEN
        } else {
            PLAIN
        };
        self.line(&format!("  {color}{:<19}{PLAIN} {}", event.status, event.logical_id));
        if let Some(reason) = event.reason.as_ref().filter(|_| color == RED) {
            self.line(&format!("      {}", wrapped(reason, 6)));
        }
    }

    /// Cargo's own lines: compiled crates are counted, all other messages are shown.
    fn compiler(&mut self, line: &str) {
        let text = line.trim_start();
        let passing =
            ["Compiling ", "Blocking ", "Finished ", "Downloading ", "Downloaded ", "Locking ", "Updating "];
        if !passing.iter().any(|word| text.starts_with(word)) {
            self.calm();
            self.line(&format!("  {line}"));
            return;
        }
        if text.starts_with("Compiling ") {
            self.compiled += 1;
        }
        if self.is_terminal {
            let text = format!("{} crates, {:.60}", self.compiled, clean(text));
            let wheel = self.page.symbols(WHEEL.iter().collect());
            self.spinner.get_or_insert_with(|| spinner(&wheel)).set_message(text);
        } else if text.starts_with("Compiling ") && self.compiled.is_multiple_of(CRATES_A_LINE) {
            self.line(&format!("  {} crates compiled", self.compiled));
        }
    }
}

/// Rows and columns of the terminal.
fn size() -> (usize, usize) {
    let (rows, columns) = console::Term::stderr().size();
    (rows.into(), columns.into())
}

/// Redraws the tree every second while it is shown.
fn redraw_at_times(state: &Weak<Mutex<State>>) {
    loop {
        std::thread::sleep(Duration::from_millis(250));
        let Some(state) = state.upgrade() else { return };
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        // Stay erased until there is something new: a prompt may be open here.
        if !state.drawn.is_empty() {
            state.draw();
        }
    }
}

fn spinner(wheel: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("  {spinner} {wide_msg}").map(|style| style.tick_chars(wheel));
    let spinner =
        ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}

fn stays(number: usize) -> String {
    format!("{} {}", count(number, "thing"), if number == 1 { "stays" } else { "stay" })
}

fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}
