//! The tables, in Markdown.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use end_to_end::Error;

use crate::function::{FUNCTIONS, Package};
use crate::installer::Installer;
use crate::pipeline::Throughput;
use crate::process::Memory;
use crate::python::Import;
use crate::work::{LENGTHS, Peaks, Starts, Work};

/// What is told, and against which goal.
pub(crate) struct Report {
    text: String,
}

/// Goals, as in `docs/performance.md`.
const LARGEST_ZIP: f64 = 3.3;
const START_RATIO: f64 = 40.0;
const RESIDENT_MIB: f64 = 8.0;
const PEAK_MIB: f64 = 30.0;
const RECORDER_CPU_MS: f64 = 25.0;
const HELP_MS: f64 = 30.0;

impl Report {
    pub(crate) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut text = String::new();
        let _ = writeln!(
            text,
            "Measured on `{} {}`, {cores} processors.\n",
            std::env::consts::OS,
            std::env::consts::ARCH
        );
        Self { text }
    }

    fn table(&mut self, head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
        self.row(head.iter().map(|cell| (*cell).to_owned()).collect());
        self.row(
            head.iter()
                .enumerate()
                .map(|(place, _)| if place == 0 { "---" } else { "---:" }.to_owned())
                .collect(),
        );
        for row in rows {
            self.row(row);
        }
        self.text.push('\n');
    }

    fn row(&mut self, cells: Vec<String>) {
        let _ = writeln!(self.text, "| {} |", cells.join(" | "));
    }

    /// Writing to a text cannot fail.
    fn say(&mut self, line: &str) {
        let _ = writeln!(self.text, "{line}\n");
    }

    pub(crate) fn sizes(&mut self, packages: &[Package]) {
        let mega = |bytes: u64| bytes as f64 / 1e6;
        self.table(
            &["function", "zip, MB", "executable, MB", "goal: zip ≤ 3.3 MB"],
            packages.iter().map(|package| {
                let zip = mega(package.zip_bytes);
                vec![
                    package.name.to_owned(),
                    format!("{zip:.2}"),
                    format!("{:.2}", mega(package.executable_bytes)),
                    verdict(zip <= LARGEST_ZIP),
                ]
            }),
        );
    }

    pub(crate) fn starts(&mut self, starts: &[Starts], python: &Import) {
        let mut rows = vec![vec![
            format!("Python, boto3 {}, three clients", python.version),
            format!("{:.1}", ms(python.start)),
            "1".to_owned(),
            format!("{:.1}", mib(python.resident_kib)),
            String::new(),
        ]];
        rows.extend(starts.iter().map(|start| {
            let ratio = python.start.as_secs_f64() / start.start.as_secs_f64();
            let resident = mib(start.memory.now_kib);
            vec![
                start.function.to_owned(),
                format!("{:.1}", ms(start.start)),
                format!("{ratio:.0}"),
                format!("{resident:.1}"),
                verdict(ratio >= START_RATIO && resident <= RESIDENT_MIB),
            ]
        }));
        self.table(
            &[
                "process",
                "start to first poll, ms",
                "times faster",
                "resident then, MiB",
                "goal: ≥ 40 ×, ≤ 8 MiB",
            ],
            rows,
        );
    }

    pub(crate) fn memory(&mut self, peaks: &[Peaks]) {
        let head: Vec<String> =
            LENGTHS.iter().map(|length| format!("peak, {} min, MiB", length.as_secs() / 60)).collect();
        let head: Vec<&str> = ["function"]
            .into_iter()
            .chain(head.iter().map(String::as_str))
            .chain(["goal: ≤ 30 MiB"])
            .collect();
        self.table(
            &head,
            peaks.iter().map(|function| {
                let mut row = vec![function.function.to_owned()];
                row.extend(function.peaks_kib.iter().map(|peak| format!("{:.1}", mib(*peak))));
                row.push(verdict(function.peaks_kib.iter().all(|peak| mib(*peak) <= PEAK_MIB)));
                row
            }),
        );
    }

    pub(crate) fn work(&mut self, work: &[Work], pipeline: &Throughput) {
        self.table(
            &["function", "processor time for a voicemail of 60 s, ms"],
            work.iter().map(|work| vec![work.function.to_owned(), format!("{:.1}", ms(work.cpu))]),
        );
        if let Some(recorder) = work.first() {
            let met = verdict(ms(recorder.cpu) <= RECORDER_CPU_MS);
            self.say(&format!(
                "Goal: `{}` takes 25 ms at most, here with the SDK, without TLS: {met}.",
                recorder.function
            ));
        }
        let minutes = pipeline.took.as_secs_f64() / 60.0;
        self.say(&format!(
            "The whole pipeline on the local cloud, recognizer and emulated AWS on the same processors: {:.0} voicemails a minute \
             ({} in {:.1} s).",
            pipeline.voicemails as f64 / minutes,
            pipeline.voicemails,
            pipeline.took.as_secs_f64()
        ));
    }

    pub(crate) fn installer(&mut self, runs: &Installer) {
        let rows = [
            ("`--help`", runs.help, format!("≤ 30 ms: {}", verdict(ms(runs.help) <= HELP_MS))),
            ("`render`: every document", runs.render, String::new()),
            ("`plan` of what is installed", runs.plan, String::new()),
            ("first installation, functions built", runs.install, String::new()),
            ("the same again: nothing to do", runs.again, String::new()),
        ];
        self.table(
            &["vmx-install, debug build, local cloud", "ms", "goal"],
            rows.map(|(what, took, goal)| vec![what.to_owned(), format!("{:.0}", ms(took)), goal]),
        );
    }

    pub(crate) fn print(&self) -> Result<(), Error> {
        line(self.text.trim_end())
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

fn verdict(met: bool) -> String {
    if met { "met" } else { "MISSED" }.to_owned()
}

/// The head of the table of a soak.
pub(crate) fn soak_head() -> Result<(), Error> {
    let functions = FUNCTIONS.map(|(function, _)| function).join(" | ");
    let lines = ["---:"; FUNCTIONS.len() + 1].join(" | ");
    line(&format!("| voicemails, KiB resident / at most | {functions} |\n| {lines} |"))
}

/// A row of it: the memory of each function after so many voicemails.
pub(crate) fn soak_row(voicemails: u32, memory: &[Memory]) -> Result<(), Error> {
    let cells: Vec<_> = memory.iter().map(|kib| format!("{} / {}", kib.now_kib, kib.peak_kib)).collect();
    line(&format!("| {voicemails} | {} |", cells.join(" | ")))
}

fn line(text: &str) -> Result<(), Error> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

/// Tells why nothing can be measured.
pub(crate) fn failure(error: &(dyn std::error::Error + Send + Sync)) -> ExitCode {
    // Nothing is left to do when even standard error is gone.
    let _ = writeln!(std::io::stderr(), "error: {error}");
    ExitCode::FAILURE
}
