//! The answers of a run that did not end, to resume it: a file next to the parameters.

use std::fs;
use std::path::{Path, PathBuf};

use crate::event::EventView;
use crate::wizard::{Choice, Kind, Question};
use vmx_engine::files::write_atomically;
use vmx_engine::progress::Progress;
use vmx_model::params::{Params, written};

pub(super) const RESUME: &str = "resume";

/// Where the answers are kept.
pub(super) struct Draft(PathBuf);

impl Draft {
    pub(super) fn of(file: &Path) -> Self {
        let mut path = file.as_os_str().to_owned();
        path.push(".draft");
        Self(path.into())
    }

    /// The answers, if there are any that can be used.
    pub(super) fn read(&self) -> Option<Params> {
        let text = fs::read_to_string(&self.0).ok()?;
        Params::from_yaml(&self.0.display().to_string(), &text).ok()
    }

    /// Keeps answers, and says so. If that fails, nothing else is lost.
    pub(super) fn keep(&self, text: Option<&str>, answers: &Params, view: &dyn EventView) {
        let path = self.0.display();
        let text = match write_atomically(&self.0, written(text, answers).as_bytes()) {
            Ok(()) => format!("your answers are in {path}; run the same command again to resume"),
            Err(error) => format!("could not keep your answers in {path}: {error}"),
        };
        view.show(&Progress::Warning { text });
    }

    /// They are in the parameters file now, or not wanted.
    pub(super) fn remove(&self) {
        let _ = fs::remove_file(&self.0);
    }

    pub(super) fn question(&self) -> Question {
        Question {
            title: "Resume?".into(),
            why: format!("{} has the answers of a run that did not end.", self.0.display()),
            default: Some(RESUME.into()),
            kind: Kind::Choose(vec![
                Choice::new(RESUME, "use them as the defaults"),
                Choice::new("forget", "start over"),
            ]),
            can_go_back: false,
        }
    }
}
