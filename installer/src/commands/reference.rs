//! `completions`, `man` and `schema`: the command line and the parameters, as shells, `man` and editors read them.

use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::cli::Cli;
use crate::error::Failure;
use crate::event::{Event, EventView};

/// Prints a shell's completion script.
pub(super) fn completions(shell: Shell, view: &dyn EventView) {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "vmx-install", &mut script);
    view.tell(&Event::Document { text: String::from_utf8_lossy(&script).into_owned() });
}

/// Prints the JSON Schema of the parameters.
pub(super) fn schema(view: &dyn EventView) {
    view.tell(&Event::Document { text: format!("{:#}\n", vmx_model::params::schema()) });
}

/// Prints the main manual page, or writes all pages to a directory, one per command.
pub(super) fn man(out: Option<&Path>, view: &dyn EventView) -> Result<(), Failure> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let Some(folder) = out else {
        let mut page = Vec::new();
        let rendered = Man::new(command).render(&mut page);
        rendered.map_err(|source| Failure::Write { path: "the manual page".into(), source })?;
        view.tell(&Event::Document { text: String::from_utf8_lossy(&page).into_owned() });
        return Ok(());
    };
    let failed = |source| Failure::Write { path: folder.to_owned(), source };
    fs::create_dir_all(folder).map_err(failed)?;
    for command in with_all_under(command) {
        let path = Man::new(command).generate_to(folder).map_err(failed)?;
        view.tell(&Event::Written { path });
    }
    Ok(())
}

fn with_all_under(command: Command) -> Vec<Command> {
    let under: Vec<_> = command.get_subcommands().cloned().flat_map(with_all_under).collect();
    [command].into_iter().chain(under).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::sync::Mutex;

    use super::*;
    use vmx_engine::progress::{Progress, View};

    #[derive(Default)]
    struct Told(Mutex<Vec<Event>>);

    impl View for Told {
        fn show(&self, progress: &Progress) {
            panic!("{progress:?}");
        }
    }

    impl EventView for Told {
        fn tell(&self, event: &Event) {
            self.0.lock().unwrap().push(event.clone());
        }
    }

    impl Told {
        fn text(self) -> String {
            match self.0.into_inner().unwrap().pop() {
                Some(Event::Document { text }) => text,
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn every_shell_learns_every_command() {
        let names: Vec<_> =
            Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish] {
            let told = Told::default();
            completions(shell, &told);
            let script = told.text();
            for name in &names {
                assert!(script.contains(name.as_str()), "{shell} does not know {name}");
            }
        }
    }

    #[test]
    fn the_manual_has_a_page_for_every_command() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("man");
        man(Some(&out), &Told::default()).unwrap();
        for command in Cli::command().get_subcommands() {
            let page = fs::read_to_string(out.join(format!("vmx-install-{}.1", command.get_name()))).unwrap();
            assert!(page.contains(".SH SYNOPSIS"), "{page}");
        }
        assert!(!out.join("vmx-install-help.1").exists());
        let told = Told::default();
        man(None, &told).unwrap();
        assert_eq!(told.text(), fs::read_to_string(out.join("vmx-install.1")).unwrap());
    }
}
