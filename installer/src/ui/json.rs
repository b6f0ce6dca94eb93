//! Events for programs: one JSON object per line, and nothing else.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use miette::Diagnostic;
use serde::Serialize;

use super::ProgramView;
use crate::error::Failure;
use crate::event::{EVENTS_VERSION, Event, EventView};
use crate::exit::{Exit, exit_code};
use vmx_engine::progress::{Progress, View};

/// Shows events as newline-delimited JSON. Every line has `event`, its kind, and `at`, the time in UTC.
///
/// The first line (`started`) has the version of this format, [`EVENTS_VERSION`]; the last one (`ended`) has the exit
/// code and the error.
pub struct Json {
    out: Mutex<Box<dyn Write + Send>>,
}

/// The first line.
#[derive(Serialize)]
struct Started<'a> {
    event: &'static str,
    at: Timestamp,
    version: u32,
    program: &'static str,
    program_version: &'static str,
    run: &'a str,
}

/// The last line.
#[derive(Serialize)]
struct Ended {
    event: &'static str,
    at: Timestamp,
    outcome: Exit,
    exit_code: u8,
    error: Option<String>,
    place: Option<Place>,
}

/// A position in a file, counted from one.
#[derive(Debug, PartialEq, Serialize)]
struct Place {
    file: String,
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct Line<'a, T> {
    at: Timestamp,
    #[serde(flatten)]
    event: &'a T,
}

impl Json {
    /// Writes to standard output.
    #[must_use]
    pub fn on_stdout(run: &str) -> Self {
        Self::new(Box::new(std::io::stdout()), run)
    }

    /// Writes to any output, starting with the first line.
    #[must_use]
    pub fn new(out: Box<dyn Write + Send>, run: &str) -> Self {
        let json = Self { out: Mutex::new(out) };
        json.line(&Started {
            event: "started",
            at: Timestamp::now(),
            version: EVENTS_VERSION,
            program: "vmx-install",
            program_version: env!("CARGO_PKG_VERSION"),
            run,
        });
        json
    }

    /// Writes the last line for an error that is not a [`Failure`], such as an invalid command line.
    pub fn ended_with(&self, exit: Exit, error: Option<String>) {
        self.last(exit, error, None);
    }

    fn last(&self, exit: Exit, error: Option<String>, place: Option<Place>) {
        let at = Timestamp::now();
        self.line(&Ended { event: "ended", at, outcome: exit, exit_code: exit as u8, error, place });
    }

    /// Writes and flushes a line. A reader who has gone does not stop the work.
    fn line(&self, line: &impl Serialize) {
        let Ok(mut bytes) = serde_json::to_vec(line) else { return };
        bytes.push(b'\n');
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = out.write_all(&bytes).and_then(|()| out.flush());
    }
}

impl View for Json {
    fn show(&self, progress: &Progress) {
        self.line(&Line { at: Timestamp::now(), event: progress });
    }
}

impl EventView for Json {
    fn tell(&self, event: &Event) {
        self.line(&Line { at: Timestamp::now(), event });
    }
}

impl ProgramView for Json {
    fn ended(&self, ended: Result<(), &Failure>) {
        match ended {
            Ok(()) => self.last(Exit::Ok, None, None),
            Err(failure) => {
                let (error, place) = match failure {
                    Failure::Params(error) => {
                        let all: Vec<String> = error.all().map(ToString::to_string).collect();
                        (all.join("; "), place(error.as_ref()))
                    }
                    _ => (failure.to_string(), None),
                };
                self.last(exit_code(failure), Some(error), place);
            }
        }
    }
}

/// The position of a problem.
fn place(fault: &dyn Diagnostic) -> Option<Place> {
    let label = fault.labels()?.next()?;
    let contents = fault.source_code()?.read_span(label.inner(), 0, 0).ok()?;
    let file = contents.name().unwrap_or_default().to_owned();
    Some(Place { file, line: contents.line() + 1, column: contents.column() + 1 })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::sync::Arc;

    use serde_json::Value;

    use super::*;
    use vmx_engine::logs::LogLine;
    use vmx_model::params::Params;
    use vmx_model::parts::Function;

    /// What is written, for a test to read.
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

    fn lines(tell: impl Fn(&Json)) -> Vec<Value> {
        let written = Written::default();
        tell(&Json::new(Box::new(written.clone()), "vmx-1"));
        let bytes = written.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_run_is_told_from_its_version_to_its_exit_code() {
        let lines = lines(|view| {
            view.show(&Progress::Warning { text: "two\nlines".into() });
            view.ended(Ok(()));
        });
        assert_eq!(lines.len(), 3);
        assert_eq!((&lines[0]["event"], &lines[0]["version"]), (&"started".into(), &EVENTS_VERSION.into()));
        assert_eq!((&lines[0]["run"], &lines[1]["text"]), (&"vmx-1".into(), &"two\nlines".into()));
        assert_eq!((&lines[2]["event"], &lines[2]["outcome"]), (&"ended".into(), &"ok".into()));
        assert_eq!((&lines[2]["exit_code"], &lines[2]["error"]), (&0.into(), &Value::Null));
        assert!(lines.iter().all(|line| line["at"].as_str().unwrap().ends_with('Z')), "{lines:?}");
    }

    #[test]
    fn every_key_of_a_line_is_there_once() {
        let written = Written::default();
        let json = Json::new(Box::new(written.clone()), "vmx-1");
        json.tell(&Event::Status(Box::new(vmx_engine::status::sample::well())));
        json.tell(&Event::Logged(LogLine {
            logged_at: "2026-11-23T10:00:34Z".parse().unwrap(),
            function: Function::Packager,
            level: None,
            text: "x".into(),
            line: "x".into(),
        }));
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let [.., status, logged] = text.lines().collect::<Vec<_>>()[..] else { panic!("{text}") };
        for top in [status.split_once(r#""stack":"#).unwrap().0, logged] {
            assert_eq!(top.matches(r#""at":"#).count(), 1, "{top}");
        }
    }

    #[test]
    fn a_fault_of_the_parameters_has_its_place() {
        let yaml = "version: 1\nregion: eu-west-2\ninstance: shop\nstak: vmx\n";
        let failure = Failure::from(Params::from_yaml("params.yaml", yaml).unwrap_err());
        let lines = lines(|view| view.ended(Err(&failure)));
        assert_eq!((&lines[1]["outcome"], &lines[1]["exit_code"]), (&"usage".into(), &2.into()));
        assert!(lines[1]["error"].as_str().unwrap().contains("`stak`"), "{lines:?}");
        let place = serde_json::json!({"file": "params.yaml", "line": 4, "column": 1});
        assert_eq!(lines[1]["place"], place);
    }
}
