//! `docs/cli.md` is what the program says of itself: `UPDATE_DOCS=1 cargo test --workspace --test reference` writes it.

use std::fmt::Write as _;
use std::path::Path;

use clap::{Arg, Command, CommandFactory as _};
use vmx_install::cli::Cli;

const HEADING: &str = "\
# The command line

The output of `vmx-install help COMMAND`. The options under “Every command” work with every command. A test generates
this page from the program; do not edit it.
";

#[test]
fn the_reference_is_what_the_program_says() {
    let mut command = Cli::command().term_width(80);
    command.build();
    let mut page = HEADING.to_owned();
    section(&mut page, &mut command);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cli.md");
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        std::fs::write(&path, page).expect("the page is written");
        return;
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/cli.md is not what the program says; run UPDATE_DOCS=1 cargo test --workspace --test reference"
    );
}

/// Every option and command is told in a sentence or two, and commands end with examples that fit on a terminal.
#[test]
fn everything_is_told() {
    let command = Cli::command();
    for command in [&command].into_iter().chain(command.get_subcommands()) {
        let examples = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
        assert!(examples.contains("Examples:\n"), "{} has no examples", command.get_name());
        assert!(examples.lines().all(|line| line.len() <= 80), "{examples}");
    }
    check(&command);
}

fn check(command: &Command) {
    let name = command.get_name();
    assert!(command.get_about().is_some(), "{name} says nothing");
    for argument in command.get_arguments() {
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let is_short = (1..=140).contains(&help.len()) && !help.ends_with('.');
        assert!(is_short, "{name} {}: {help:?}", argument.get_id());
    }
    command.get_subcommands().for_each(check);
}

fn section(page: &mut String, command: &mut Command) {
    let name = command.get_bin_name().unwrap_or("vmx-install").to_owned();
    let help = command.render_long_help().to_string();
    let lines = help.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    let _ = write!(page, "\n## {name}\n\n```text\n{}\n```\n", lines.trim_end());
    for under in command.get_subcommands_mut().filter(|under| under.get_name() != "help") {
        let is_said = |argument: &Arg| argument.is_global_set() || argument.get_id() == "help";
        *under = under
            .clone()
            .mut_args(|argument| if is_said(&argument) { argument.hide(true) } else { argument });
        section(page, under);
    }
}
