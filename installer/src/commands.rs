//! The commands. Each reads its arguments, looks, prompts if needed, acts, and says what to do next.

mod apply;
mod busy;
mod doctor;
mod documents;
mod execute;
mod flows;
mod handover;
mod install;
mod installation;
mod links;
mod logs;
mod migrate;
mod next;
mod open;
mod prepare;
mod redrive;
mod reference;
mod report;
mod rollback;
mod session;
mod status;
mod teardown;
mod trace;
mod voicemails;
mod wizard;

use crate::approval::CommandKind;
use crate::cli::{ApprovalArgs, Cli, Command, LinksCommand, MigrateCommand, VoicemailsCommand};
use crate::error::Failure;
use crate::event::EventView;
use crate::ui::Terminal;
use session::Session;
use vmx_engine::approver::Approver;
use vmx_engine::architecture::{Circumstances, settle};
use vmx_engine::build::{Request, build, compiler_for};
use vmx_engine::interrupt::Interrupts;
use vmx_engine::redrive::Selection;
use vmx_model::plan::PlanOptions;

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
    let place = cli.place();
    let profile = cli.profile.as_deref();
    let session = |approval, apply| Session { profile, approval, apply, run_id, interrupts, view, approver };
    match cli.command {
        Command::Install(args) => {
            let session = session(args.approval, args.apply);
            install::install(args, CommandKind::Asking, session).await
        }
        Command::NonInteractive(args) => {
            let session = session(args.approval, args.apply);
            install::install(args, CommandKind::Unasking, session).await
        }
        Command::Wizard { file, functions, apply } => {
            wizard::wizard(file.path(), functions, &Terminal, session(ApprovalArgs::default(), apply)).await
        }
        Command::Plan(args) => install::show_plan(args, profile, view).await,
        Command::Doctor { installation } => doctor::doctor(&installation, profile, view).await,
        Command::Apply { plan, approval, apply } => apply::apply_file(&plan, session(approval, apply)).await,
        Command::Build { out, architecture, source } => {
            let nothing = Circumstances::default();
            let (architecture, _) =
                settle(architecture, nothing, |one| compiler_for(source.as_deref(), one).map(drop));
            let request = Request { source, architecture, out };
            build(&request, view).map(drop).map_err(Failure::from)
        }
        Command::Render(documents) => documents::render_all(&documents, view),
        Command::Flows(args) => flows::flows(args, view),
        Command::Status { installation, watch: true } => status::watch(&installation, profile, view).await,
        Command::Status { installation, watch: false } => status::status(&installation, profile, view).await,
        Command::Report { installation, html } => {
            report::report(&installation, profile, &html, place, view).await
        }
        Command::Trace { voicemail, installation } => {
            trace::trace(&installation, profile, &voicemail, view).await
        }
        Command::Logs(args) => logs::logs(&args, profile, view).await,
        Command::Open(args) => open::open(&args, profile, view, approver).await,
        Command::Redrive { installation, give_up: Some(id), yes, .. } => {
            redrive::give_up(&installation, profile, &id, yes, view, approver).await
        }
        Command::Redrive { installation, step, dropped, give_up: None, yes } => {
            let selection = Selection { step, dropped, all_open: false };
            redrive::redrive(&installation, profile, selection, yes, view, approver).await
        }
        Command::Links { command: LinksCommand::Revoke { voicemail, all: _, installation, yes } } => {
            links::revoke(&installation, profile, voicemail.as_ref(), yes, view, approver).await
        }
        Command::Rollback { installation, to, overwrite_flows, approval, apply } => {
            let options = PlanOptions { overwrite_flows };
            rollback::rollback(&installation, to.as_deref(), options, session(approval, apply)).await
        }
        Command::Voicemails { command } => match command {
            VoicemailsCommand::List(args) => voicemails::list(&args, profile, view).await,
            VoicemailsCommand::Hold(args) => voicemails::hold(&args, true, profile, view).await,
            VoicemailsCommand::Release(args) => voicemails::hold(&args, false, profile, view).await,
            VoicemailsCommand::Export(args) => voicemails::export(&args, profile, view).await,
            VoicemailsCommand::Delete(args) => voicemails::delete(&args, profile, view, approver).await,
        },
        Command::Migrate { command: MigrateCommand::Plan(args) } => {
            migrate::plan(&args, profile, view, approver).await
        }
        Command::Migrate { command: MigrateCommand::Switch(args) } => {
            handover::switch(&args, profile, view, approver).await
        }
        Command::Migrate { command: MigrateCommand::Back(args) } => {
            handover::back(&args, profile, view, approver).await
        }
        Command::Teardown(args) => teardown::teardown(&args, profile, view, approver).await,
        Command::Completions { shell } => {
            reference::completions(shell, view);
            Ok(())
        }
        Command::Schema { example } => {
            reference::schema(example, view);
            Ok(())
        }
        Command::Explain { key } => reference::explain(key.as_deref(), view),
        Command::Man { out } => reference::man(out.as_deref(), view),
    }
}
