//! The commands. Each reads its arguments, looks, prompts if needed, acts, and says what to do next.

mod apply;
mod busy;
mod doctor;
mod documents;
mod execute;
mod flows;
mod install;
mod links;
mod means;
mod open;
mod prepare;
mod redrive;
mod reference;
mod rollback;
mod status;
mod teardown;
mod trace;
mod wizard;

use crate::cli::{ApprovalArgs, Cli, Command, LinksCommand, ParamsArgs};
use crate::error::Failure;
use crate::event::EventView;
use crate::ui::Terminal;
use means::Means;
use vmx_engine::approver::Approver;
use vmx_engine::architecture::{Circumstances, settle};
use vmx_engine::build::{Request, build, compiler_for};
use vmx_engine::interrupt::Interrupts;
use vmx_engine::redrive::Wish as Redrive;
use vmx_model::plan::Wish;

/// Runs a command. `run_id` marks the run's changes: letters, digits and hyphens, starting with a letter.
///
/// # Errors
/// [`Failure`], for the program to show and exit with.
pub async fn run(
    cli: Cli,
    run_id: &str,
    interrupts: &Interrupts,
    view: &dyn EventView,
    approver: &dyn Approver,
) -> Result<(), Failure> {
    let profile = cli.profile.as_deref();
    let means = |approval, apply| Means { profile, approval, apply, run_id, interrupts, view, approver };
    match cli.command {
        None => match cli.install.non_interactive {
            Some(file) => {
                let params = ParamsArgs { file: Some(file), set: cli.install.set };
                let wish = Wish { overwrite_flows: cli.install.overwrite_flows };
                let means = means(cli.install.approval, cli.install.apply);
                install::install(&params, cli.install.functions, wish, means).await
            }
            // Parsing refuses this command line.
            None => Ok(()),
        },
        Some(Command::Wizard { params, functions, apply }) => {
            wizard::wizard(&params, functions, &Terminal, means(ApprovalArgs::default(), apply)).await
        }
        Some(Command::Plan(args)) => install::show_plan(args, profile, view).await,
        Some(Command::Doctor { params }) => doctor::doctor(&params, profile, view).await,
        Some(Command::Apply { plan, approval, apply }) => {
            apply::apply_file(&plan, means(approval, apply)).await
        }
        Some(Command::Build { out, architecture, source }) => {
            let nothing = Circumstances::default();
            let (architecture, _) =
                settle(architecture, nothing, |architecture| compiler_for(source.as_deref(), architecture));
            let request = Request { source, architecture, out };
            build(&request, view).map(drop).map_err(Failure::from)
        }
        Some(Command::Render(documents)) => documents::render_all(&documents, view),
        Some(Command::Flows(args)) => flows::flows(args, view),
        Some(Command::Status { params, watch: true }) => status::watch(&params, profile, view).await,
        Some(Command::Status { params, watch: false }) => status::status(&params, profile, view).await,
        Some(Command::Trace { voicemail, params }) => trace::trace(&params, profile, &voicemail, view).await,
        Some(Command::Redrive { params, give_up: Some(id), yes, .. }) => {
            redrive::give_up(&params, profile, &id, yes, view, approver).await
        }
        Some(Command::Redrive { params, step, dropped, give_up: None, yes }) => {
            let wish = Redrive { step, dropped, all_open: false };
            redrive::redrive(&params, profile, wish, yes, view, approver).await
        }
        Some(Command::Links { command: LinksCommand::Revoke { voicemail, all: _, params, yes } }) => {
            links::revoke(&params, profile, voicemail.as_ref(), yes, view, approver).await
        }
        Some(Command::Rollback { params, to, overwrite_flows, approval, apply }) => {
            let wish = Wish { overwrite_flows };
            rollback::rollback(&params, to.as_deref(), wish, means(approval, apply)).await
        }
        Some(Command::Teardown(wish)) => teardown::teardown(&wish, profile, view, approver).await,
        Some(Command::Completions { shell }) => {
            reference::completions(shell, view);
            Ok(())
        }
        Some(Command::Schema) => {
            reference::schema(view);
            Ok(())
        }
        Some(Command::Man { out }) => reference::man(out.as_deref(), view),
    }
}
