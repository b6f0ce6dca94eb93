//! A program on a real terminal.
//!
//! The program gets a pseudo-terminal as its controlling terminal (by `setsid`, of util-linux), and its output is
//! drawn on a screen that a test reads. The output is recorded for playback.

mod drawing;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::process::{Child, Command};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcgetattr, tcsetwinsize};
use serde_json::json;

use crate::Error;

/// The size of a terminal: columns and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub NonZeroU16, pub NonZeroU16);

impl Size {
    /// That of most terminals when they open.
    pub const USUAL: Self = Self::of(80, 24);
    /// A narrow one.
    pub const NARROW: Self = Self::of(60, 24);
    /// A large one.
    pub const LARGE: Self = Self::of(120, 40);

    const fn of(columns: u16, rows: u16) -> Self {
        Self(NonZeroU16::new(columns).expect("no zero"), NonZeroU16::new(rows).expect("no zero"))
    }
}

/// The time limit for a screen on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// A program on a terminal.
pub struct Terminal {
    person: File,
    /// The program's side, kept open: its settings outlive the program.
    device: Option<File>,
    reader: Option<JoinHandle<()>>,
    settings: String,
    size: Size,
    shown: Arc<Shown>,
    child: Child,
}

#[derive(Default)]
struct Shown {
    state: Mutex<Option<State>>,
    more: Condvar,
}

struct State {
    screen: vt100::Parser,
    raw: Vec<u8>,
    /// The output with times in seconds at a user's pace: waits are shortened, typing takes time.
    played: Vec<(f64, String)>,
    clock: f64,
    last: Instant,
}

/// How a program on a terminal ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; `None` if a signal ended the program.
    pub code: Option<i32>,
    /// Whether the terminal is restored: its settings, and a visible cursor.
    pub is_restored: bool,
    /// The last screen.
    pub screen: String,
    /// The complete output.
    pub raw: String,
}

impl Terminal {
    pub(crate) fn start(command: &Command, size: Size) -> Result<Self, Error> {
        let Size(columns, rows) = size;
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&person)?;
        unlockpt(&person)?;
        let window = Winsize { ws_row: rows.get(), ws_col: columns.get(), ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&person, window)?;
        let name = ptsname(&person, Vec::new())?.into_string()?;
        let device = File::options().read(true).write(true).open(name)?;
        let settings = settings(&device)?;
        let mut on_terminal = Command::new("setsid");
        on_terminal.args(["--ctty", "--wait"]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => on_terminal.env(name, value),
                None => on_terminal.env_remove(name),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            on_terminal.current_dir(folder);
        }
        on_terminal.stdin(device.try_clone()?).stdout(device.try_clone()?).stderr(device.try_clone()?);
        let child = on_terminal.spawn()?;
        let shown = Arc::new(Shown::default());
        *shown.lock() = Some(State {
            screen: vt100::Parser::new(rows, columns, 0),
            raw: Vec::new(),
            played: Vec::new(),
            clock: 0.0,
            last: Instant::now(),
        });
        let person = File::from(person);
        let (mut output, draw) = (person.try_clone()?, Arc::clone(&shown));
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = output.read(&mut bytes) {
                draw.wrote(&bytes[..read]);
            }
        });
        Ok(Self { person, device: Some(device), reader: Some(reader), settings, size, shown, child })
    }

    /// Waits for a question with this title; returns the screen.
    ///
    /// # Errors
    /// If it does not appear in time, with the screen. If a line is wider than the terminal.
    pub fn asked(&self, title: &str) -> Result<String, Error> {
        let screen = self.until(|screen| {
            let mut lines = screen.lines().skip_while(|line| *line != title);
            // The keys are drawn last, below the choices.
            lines.next().is_some() && lines.any(|line| line.starts_with('[') && line.ends_with(']'))
        });
        let screen = screen.map_err(|screen| format!("waited in vain for “{title}”:\n{screen}"))?;
        let wrapped = !self.wrapped_rows().is_empty();
        if wrapped { Err(format!("a line is too wide:\n{screen}").into()) } else { Ok(screen) }
    }

    /// Waits for a text; returns the screen.
    ///
    /// # Errors
    /// If it does not appear in time, with the screen.
    pub fn shows(&self, text: &str) -> Result<String, Error> {
        self.until(|screen| screen.contains(text))
            .map_err(|screen| format!("waited in vain for “{text}”:\n{screen}").into())
    }

    fn until(&self, holds: impl Fn(&str) -> bool) -> Result<String, String> {
        let end = Instant::now() + PATIENCE;
        let mut state = self.shown.lock();
        loop {
            let screen = state.as_ref().map(|state| state.screen.screen().contents()).unwrap_or_default();
            if holds(&screen) {
                return Ok(screen);
            }
            let Some(left) = end.checked_duration_since(Instant::now()) else { return Err(screen) };
            state = self.shown.more.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The rows that are wider than the terminal, but for commands to paste, which nothing may break.
    #[must_use]
    pub fn wrapped_rows(&self) -> Vec<u16> {
        let is_wrapped = |row: &u16| {
            self.shown.lock().as_ref().is_some_and(|state| {
                let screen = state.screen.screen();
                let text = screen.rows(0, self.size.0.get()).nth(usize::from(*row)).unwrap_or_default();
                screen.row_wrapped(*row) && !text.trim_start().starts_with('`')
            })
        };
        (0..self.size.1.get()).filter(is_wrapped).collect()
    }

    /// Types keys: `\r` is Enter, `\x1b` Esc, `\x03` Ctrl-C, `\x1b[B` down.
    ///
    /// # Errors
    /// If the terminal is gone.
    pub fn press(&mut self, keys: &str) -> Result<(), Error> {
        if let Some(state) = self.shown.lock().as_mut() {
            state.clock += 1.2;
        }
        Ok(self.person.write_all(keys.as_bytes())?)
    }

    /// The screen as an SVG picture with a title.
    #[must_use]
    pub fn picture(&self, title: &str) -> String {
        self.shown.lock().as_ref().map(|state| drawing::svg(state.screen.screen(), title)).unwrap_or_default()
    }

    /// The whole session as an asciinema cast, version 2.
    #[must_use]
    pub fn cast(&self, title: &str) -> String {
        let head = json!({"version": 2, "width": self.size.0, "height": self.size.1, "title": title});
        let mut cast = format!("{head}\n");
        for (at, text) in self.shown.lock().iter().flat_map(|state| &state.played) {
            cast.push_str(&format!("{}\n", json!([(at * 1000.0).round() / 1000.0, "o", text])));
        }
        cast
    }

    /// Waits until the program ends.
    ///
    /// # Errors
    /// If the terminal is gone.
    pub fn ended(&mut self) -> Result<Ended, Error> {
        let code = self.child.wait()?.code();
        let device = self.device.take().ok_or("the program has ended before")?;
        let is_set = settings(&device)? == self.settings;
        // Closing the last writer ends the terminal after everything has been read.
        drop(device);
        if let Some(reader) = self.reader.take() {
            reader.join().map_err(|_| "the screen was not drawn")?;
        }
        let state = self.shown.lock();
        let screen = state.as_ref().map(|state| state.screen.screen());
        Ok(Ended {
            code,
            is_restored: is_set && screen.is_some_and(|screen| !screen.hide_cursor()),
            screen: screen.map(vt100::Screen::contents).unwrap_or_default(),
            raw: state
                .as_ref()
                .map(|state| String::from_utf8_lossy(&state.raw).into_owned())
                .unwrap_or_default(),
        })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A failed test must not leave the program running: `setsid` waits for it, and both end.
        let _ = self.person.write_all(b"\x03");
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Shown {
    fn lock(&self) -> MutexGuard<'_, Option<State>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wrote(&self, bytes: &[u8]) {
        if let Some(state) = self.lock().as_mut() {
            state.screen.process(bytes);
            state.raw.extend(bytes);
            state.clock += state.last.elapsed().as_secs_f64().min(0.3);
            state.last = Instant::now();
            state.played.push((state.clock, String::from_utf8_lossy(bytes).into_owned()));
        }
        self.more.notify_all();
    }
}

/// The output of `stty`.
fn settings(device: &File) -> Result<String, Error> {
    Ok(format!("{:?}", tcgetattr(device)?))
}
