//! `completions`, `man`, `schema` and `explain`: the command line and the parameters, as shells, `man`, editors and people
//! read them.

use std::fs;
use std::path::Path;

use clap::builder::PossibleValuesParser;
use clap::{Command, CommandFactory as _};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::cli::{Cli, DEFAULT_FILE};
use crate::error::Failure;
use crate::event::{Event, EventView};
use vmx_model::params::{Params, StackName};

/// Prints a shell's completion script. It knows the name of a stack by default, and the one that the parameters file
/// of this directory has.
pub(super) fn completions(shell: Shell, view: &dyn EventView) {
    let mut stacks = vec![StackName::default().to_string()];
    stacks.extend(Params::load(Path::new(DEFAULT_FILE)).ok().map(|params| params.stack.to_string()));
    stacks.dedup();
    // A script's words live as long as the program, which ends with it.
    let stacks: Vec<&'static str> = stacks.into_iter().map(|name| &*name.leak()).collect();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut with_stacks(Cli::command(), &stacks), "vmx-install", &mut script);
    view.tell(&Event::Document { text: String::from_utf8_lossy(&script).into_owned() });
}

/// A command that completes `--stack` with these names.
fn with_stacks(command: Command, stacks: &[&'static str]) -> Command {
    let has_it = command.get_arguments().any(|argument| argument.get_id() == "stack");
    let names = || PossibleValuesParser::new(stacks.to_vec());
    let command =
        if has_it { command.mut_arg("stack", |stack| stack.value_parser(names())) } else { command };
    command.mut_subcommands(|command| with_stacks(command, stacks))
}

/// Every parameter, explained, at its default.
const EXAMPLE: &str = include_str!("../../params.example.yaml");

/// Prints the JSON Schema of the parameters, or the example.
pub(super) fn schema(example: bool, view: &dyn EventView) {
    let text = if example { EXAMPLE.to_owned() } else { format!("{:#}\n", vmx_model::params::schema()) };
    view.tell(&Event::Document { text });
}

/// Explains a parameter by its schema, or lists the parameters.
pub(super) fn explain(key: Option<&str>, view: &dyn EventView) -> Result<(), Failure> {
    let schema = vmx_model::params::schema();
    let path = key.into_iter().flat_map(|key| key.split('.')).map(|part| format!("/properties/{part}"));
    let found = schema.pointer(&path.collect::<String>());
    let found = found.ok_or_else(|| Failure::NoKey { key: key.unwrap_or_default().to_owned() })?;
    let mut text = String::new();
    if let Some(key) = key {
        text += &format!("{key}\n");
        for line in found["description"].as_str().unwrap_or_default().lines() {
            text += &format!("  {line}\n");
        }
        let limits = ["type", "default", "enum", "minimum", "maximum", "maxLength", "pattern"];
        for (name, value) in limits.into_iter().filter_map(|name| Some((name, found.get(name)?))) {
            text += &format!("  {name:<10}{value}\n");
        }
    }
    for (name, under) in found["properties"].as_object().into_iter().flatten() {
        let name = key.map_or_else(|| name.clone(), |key| format!("{key}.{name}"));
        let about = under["description"].as_str().and_then(|text| text.lines().next()).unwrap_or_default();
        text += &format!("{name:<32}{about}\n");
    }
    view.tell(&Event::Document { text });
    Ok(())
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
    fn every_parameter_is_explained() {
        let explained = |key: Option<&str>| {
            let told = Told::default();
            explain(key, &told).map(|()| told.text())
        };
        let all = explained(None).unwrap();
        assert!(all.lines().any(|line| line.starts_with("stack ")), "{all}");
        for name in all.lines().filter_map(|line| line.split(' ').next()) {
            assert!(explained(Some(name)).is_ok_and(|text| text.lines().count() > 1), "{name}");
        }
        let one = explained(Some("retention.recordings_days")).unwrap();
        for part in ["0 keeps them forever", "type      \"integer\"", "default   90", "maximum   3653"] {
            assert!(one.contains(part), "{part}\n{one}");
        }
        assert!(explained(Some("retention")).unwrap().contains("retention.logs_days "));
        let unknown = explained(Some("stack.name")).unwrap_err().to_string();
        assert_eq!(unknown, "no parameter `stack.name`; see all of them with `vmx-install explain`");
        let told = Told::default();
        schema(true, &told);
        assert!(told.text().contains("\nretention:\n"));
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
