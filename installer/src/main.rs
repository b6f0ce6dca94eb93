//! Installs and removes Voicemail Express on an Amazon Connect instance.

use std::ffi::OsString;
use std::process::ExitCode;

use vmx_engine::approver::{Approver, Nobody};
use vmx_engine::interrupt::Interrupts;
use vmx_install::cli::Cli;
use vmx_install::commands;
use vmx_install::error::Failure;
use vmx_install::exit::{Exit, exit_code};
use vmx_install::ui::{Human, Journal, Json, Patience, ProgramView, Terminal, Volume};

fn main() -> ExitCode {
    let run_id = format!("vmx-{}", uuid::Uuid::new_v4());
    let words: Vec<OsString> = std::env::args_os().collect();
    let cli = match Cli::read(words.clone()) {
        Ok(cli) => cli,
        Err(error) => return not_understood(&error, &words, &run_id),
    };
    let view: Box<dyn ProgramView> = match (cli.output.json, cli.output.quiet) {
        (true, _) => Box::new(Json::on_stdout(&run_id)),
        (false, true) => Box::new(Human::on_terminal(Volume::Quiet, cli.place())),
        (false, false) => {
            let volume = if cli.output.verbose { Volume::Verbose } else { Volume::Normal };
            Box::new(Human::on_terminal(volume, cli.place()))
        }
    };
    let view = Journal::beside(Box::new(Patience::around(view)), &run_id);
    let approver: &dyn Approver = if cli.output.json || cli.output.quiet { &Nobody } else { &Terminal };
    let ended = match tokio::runtime::Runtime::new() {
        Ok(runtime) => {
            let ended = runtime.block_on(async {
                let interrupts = Interrupts::default();
                let mut signals = interrupts.listener();
                tokio::select! {
                    ended = commands::run(cli, &run_id, &interrupts, &view, approver) => ended,
                    _ = signals.next() => {
                        Err(if view.is_approved() { Failure::Interrupted } else { Failure::StoppedEarly })
                    }
                    Err(source) = interrupts.listen_to_signals() => Err(Failure::Start { source }),
                }
            });
            // A prompt's thread may still wait for a key; do not wait for it.
            runtime.shutdown_background();
            ended
        }
        Err(source) => Err(Failure::Start { source }),
    };
    view.ended(ended.as_ref().copied());
    ended.map_or_else(|failure| exit_code(&failure), |()| Exit::Ok).into()
}

/// Ends the program for `--help`, `--version` and an invalid command line. With `--json`, the error is JSON too.
fn not_understood(error: &clap::Error, words: &[OsString], run_id: &str) -> ExitCode {
    if error.use_stderr() && words.iter().any(|word| word == "--json") {
        Json::on_stdout(run_id).ended_with(Exit::Usage, Some(error.to_string()));
    } else {
        // The reader may have closed the pipe.
        let _ = error.print();
    }
    if error.use_stderr() { Exit::Usage.into() } else { Exit::Ok.into() }
}
