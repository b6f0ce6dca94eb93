//! Installs Voicemail Express on an Amazon Connect instance, and takes it away again.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use miette::{GraphicalReportHandler, GraphicalTheme};
use vmx_install::cli::Cli;
use vmx_install::commands;
use vmx_install::error::Failure;
use vmx_install::exit::{Exit, exit_code};
use vmx_install::ui::{Human, Terminal};

fn main() -> ExitCode {
    // Clap ends the program itself for --help, --version and a wrong command line, which is exit code 2.
    let cli = Cli::from_command_line();
    let view = Human::on_stderr();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            view.failure(&format!("the program could not start: {error}"));
            return Exit::Failed.into();
        }
    };
    let ended = runtime.block_on(async {
        tokio::select! {
            ended = commands::run(cli, &view, &Terminal) => ended,
            _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted),
        }
    });
    // A prompt may still wait for a key: nobody waits for it.
    runtime.shutdown_background();
    match ended {
        Ok(()) => Exit::Ok.into(),
        Err(failure) => {
            match &failure {
                Failure::Params(error) => view.block(&report(error.as_ref())),
                // A person's no is no error.
                Failure::Declined => view.block(&failure.to_string()),
                failure => view.failure(&failure.to_string()),
            }
            exit_code(&failure).into()
        }
    }
}

/// A fault of the parameters, with its place in the file.
fn report(fault: &dyn miette::Diagnostic) -> String {
    let coloured =
        std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let theme = if coloured { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let mut text = String::new();
    match GraphicalReportHandler::new_themed(theme).with_width(80).render_report(&mut text, fault) {
        Ok(()) => text,
        Err(_) => fault.to_string(),
    }
}
