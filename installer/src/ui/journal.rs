//! The full log of a run, for people who ask later what happened. The program never reads it.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Json, ProgramView};
use crate::error::Failure;
use crate::event::{Event, EventView};
use crate::home::directory;
use vmx_engine::progress::{Progress, View};

/// How many logs to keep.
const KEPT: usize = 20;

/// A view that also writes every event to a file, in the format of [`Json`]. The file starts with the first change, or
/// with a failure after the caller is known.
pub struct Journal {
    inner: Box<dyn ProgramView>,
    json: Json,
    pages: Pages,
}

#[derive(Clone)]
struct Pages(Arc<Mutex<Story>>);

struct Story {
    /// The file's path, or `None` if there is no place for it.
    path: Option<PathBuf>,
    file: Option<File>,
    before: Vec<u8>,
    acts: bool,
    is_approved: bool,
}

impl Journal {
    /// Wraps another view. The file is `run-<id>.ndjson` in the user's state directory.
    #[must_use]
    pub fn beside(inner: Box<dyn ProgramView>, run_id: &str) -> Self {
        Self::in_folder(inner, run_id, directory("XDG_STATE_HOME", ".local/state").as_deref())
    }

    /// Whether changes were approved, and may have begun.
    #[must_use]
    pub fn is_approved(&self) -> bool {
        self.pages.story().is_approved
    }

    fn in_folder(inner: Box<dyn ProgramView>, run_id: &str, folder: Option<&Path>) -> Self {
        // A run's ID starts with the program's name.
        let name = format!("run-{}.ndjson", run_id.trim_start_matches("vmx-"));
        let path = folder.map(|folder| folder.join(name));
        let story = Story { path, file: None, before: Vec::new(), acts: false, is_approved: false };
        let pages = Pages(Arc::new(Mutex::new(story)));
        Self { inner, json: Json::new(Box::new(pages.clone()), run_id), pages }
    }
}

impl View for Journal {
    fn show(&self, progress: &Progress) {
        self.json.show(progress);
        if matches!(progress, Progress::Changed { .. } | Progress::StackOperation { .. }) {
            self.pages.story().begin();
        }
        self.inner.show(progress);
    }
}

impl EventView for Journal {
    fn tell(&self, event: &Event) {
        // A document is output, not an event of the run.
        if !matches!(event, Event::Document { .. }) {
            self.json.tell(event);
        }
        match event {
            Event::Target { .. } => self.pages.story().acts = true,
            Event::Approved => self.pages.story().is_approved = true,
            _ => {}
        }
        self.inner.tell(event);
    }
}

impl ProgramView for Journal {
    fn ended(&self, ended: Result<(), &Failure>) {
        self.json.ended(ended);
        if ended.is_err() && self.pages.story().acts {
            self.pages.story().begin();
        }
        let written = {
            let story = self.pages.story();
            story.path.clone().filter(|_| story.file.is_some())
        };
        if let (Err(_), Some(path)) = (ended, written) {
            self.inner.tell(&Event::Story { path });
        }
        self.inner.ended(ended);
    }
}

impl Pages {
    fn story(&self) -> std::sync::MutexGuard<'_, Story> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Pages {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut story = self.story();
        match &mut story.file {
            Some(file) => file.write(bytes),
            None => story.before.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Story {
    /// Creates the file. A failure is ignored, because nothing depends on the log.
    fn begin(&mut self) {
        if self.file.is_some() {
            return;
        }
        let Some(path) = self.path.clone() else { return };
        let Some(folder) = path.parent() else { return };
        let made = fs::create_dir_all(folder).and_then(|()| private(&path)).and_then(|mut file| {
            file.write_all(&std::mem::take(&mut self.before))?;
            Ok(file)
        });
        match made {
            Ok(file) => {
                self.file = Some(file);
                forget_old(folder);
            }
            Err(_) => self.path = None,
        }
    }
}

/// Creates a file that only its owner can read.
fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Removes all logs but the newest.
fn forget_old(folder: &Path) {
    let Ok(files) = fs::read_dir(folder) else { return };
    let mut stories: Vec<_> = files
        .flatten()
        .filter(|file| {
            let name = file.file_name().to_string_lossy().into_owned();
            name.starts_with("run-") && name.ends_with(".ndjson")
        })
        .filter_map(|file| Some((file.metadata().ok()?.modified().ok()?, file.path())))
        .collect();
    stories.sort();
    for (_, path) in stories.iter().rev().skip(KEPT) {
        // Another run may have removed it.
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use vmx_engine::testing::Recorder;
    use vmx_model::change::{Action, Kind};

    /// Notes what it is shown, and how the run ended.
    struct Inner(Recorder);

    impl View for Inner {
        fn show(&self, progress: &Progress) {
            self.0.show(progress);
        }
    }

    impl EventView for Inner {
        fn tell(&self, event: &Event) {
            self.0.tell(event);
        }
    }

    impl ProgramView for Inner {
        fn ended(&self, ended: Result<(), &Failure>) {
            self.0.note(format!("ended {}", ended.is_ok()));
        }
    }

    fn journal(folder: &Path) -> (Journal, Recorder) {
        let recorder = Recorder::default();
        (Journal::in_folder(Box::new(Inner(recorder.clone())), "vmx-1", Some(folder)), recorder)
    }

    fn target() -> Event {
        let text = || "x".to_owned();
        Event::Target { account: text(), region: text(), principal: text(), stack: text(), instance: text() }
    }

    #[test]
    fn what_changes_nothing_and_succeeds_leaves_no_story() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, _) = journal(folder.path());
        journal.tell(&target());
        journal.ended(Ok(()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_change_is_told_from_the_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, _) = journal(folder.path());
        journal.tell(&target());
        journal.show(&Progress::Changed { action: Action::Created, kind: Kind::Flow, name: "f".into() });
        journal.ended(Ok(()));
        let text = fs::read_to_string(folder.path().join("run-1.ndjson")).unwrap();
        let kinds: Vec<String> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["event"].to_string())
            .collect();
        assert_eq!(kinds, ["\"started\"", "\"target\"", "\"changed\"", "\"ended\""]);
    }

    #[test]
    fn a_failure_names_the_story_before_the_last_word() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, recorder) = journal(folder.path());
        journal.tell(&target());
        journal.ended(Err(&Failure::Interrupted));
        let told = recorder.taken();
        assert!(told[1].contains("run-1.ndjson"), "{told:?}");
        assert_eq!(told[2], "ended false");
    }

    #[test]
    fn only_the_newest_stories_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        for n in 0..KEPT + 5 {
            fs::write(folder.path().join(format!("run-old-{n}.ndjson")), "").unwrap();
        }
        fs::write(folder.path().join("notes.txt"), "").unwrap();
        forget_old(folder.path());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), KEPT + 1);
    }
}
