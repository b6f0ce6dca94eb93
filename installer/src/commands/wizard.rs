//! `wizard`: questions, the plan, the file, and the installation.

mod draft;

use std::path::Path;

use similar::TextDiff;

use draft::{Draft, RESUME};

use super::prepare::{Functions, Prepared, carry_out, check, prepare, show};
use super::session::Session;
use crate::approval::CommandKind;
use crate::cli::{ApprovalArgs, FunctionsArgs};
use crate::error::Failure;
use crate::event::Event;
use crate::ui::Unechoed;
use crate::wizard::{Answers, Asker, Choice, Kind, Question, Reply, Start, Wizard, of_machine};
use vmx_engine::cloud::{Cloud, profiles};
use vmx_engine::files::write_atomically;
use vmx_engine::progress::Progress;
use vmx_model::params::{Architecture, Params, ParamsError, read_file, written};
use vmx_model::plan::PlanOptions;

/// Runs the wizard.
pub(super) async fn wizard(
    file: &Path,
    functions: FunctionsArgs,
    asker: &dyn Asker,
    session: Session<'_>,
) -> Result<(), Failure> {
    if !session.approver.is_there() {
        return Err(Failure::NobodyToAsk);
    }
    let text = existing(file)?;
    let mut saved =
        text.as_deref().map(|text| Params::from_yaml(&file.display().to_string(), text)).transpose()?;
    let draft = Draft::of(file);
    if let Some(answers) = draft.read() {
        match asker.ask(&draft.question()).await {
            Reply::Answer(answer) if answer == RESUME => saved = Some(answers),
            Reply::Answer(_) => draft.remove(),
            Reply::Back | Reply::Interrupted => return Err(Failure::StoppedEarly),
        }
    }
    let known = saved.clone();
    let start = start(session.profile, saved, &functions);
    if start.architectures.is_empty() {
        // Nothing could be installed: say so before the questions.
        functions.origin().offers(Architecture::X86_64)?;
    }
    let open = async |profile: Option<String>, region: Option<String>| {
        Cloud::from_environment(profile.as_deref(), region.as_deref()).await
    };
    // Until something is created, Ctrl-C means that nothing was.
    let mut signals = session.interrupts.listener();
    let mut wizard = Wizard::new(asker, session.view, open, start);
    let asked = async {
        let _unechoed = Unechoed::begin();
        loop {
            let answers = wizard.answers().await?;
            let Some(prepared) = review(&answers, &functions, &session).await? else { continue };
            show(&prepared.plan, session.view);
            let new = written(text.as_deref(), &answers.params);
            session
                .view
                .tell(&Event::FileChange { path: file.to_owned(), diff: diff(text.as_deref(), &new) });
            match asker.ask(&last_question(file)).await {
                Reply::Answer(answer) if answer == INSTALL => return Ok((answers, prepared, new, true)),
                Reply::Answer(answer) if answer == WRITE => return Ok((answers, prepared, new, false)),
                Reply::Answer(answer) if answer == LEAVE => return Err(Failure::Declined),
                Reply::Answer(_) | Reply::Back => {}
                Reply::Interrupted => return Err(Failure::StoppedEarly),
            }
        }
    };
    let asked = tokio::select! {
        asked = asked => asked,
        _ = signals.next() => Err(Failure::StoppedEarly),
    };
    drop(signals);
    if asked.is_err()
        && let Some(answers) = wizard.so_far().filter(|answers| Some(*answers) != known.as_ref())
    {
        draft.keep(text.as_deref(), answers, session.view);
    }
    let (answers, prepared, new, install) = asked?;
    if text.as_deref() != Some(&new) {
        let failed = |source| Failure::Write { path: file.to_owned(), source };
        write_atomically(file, new.as_bytes()).map_err(failed)?;
        session.view.tell(&Event::Written { path: file.to_owned() });
    }
    draft.remove();
    if !install {
        let profile = answers.profile.map(|name| format!(" --profile {name}")).unwrap_or_default();
        let command = format!("vmx-install{profile} --non-interactive {}", file.display());
        let next = vec![format!("to install, run `{command}`")];
        session.view.tell(&Event::Finished { changes: 0, next });
        return Ok(());
    }
    // The last answer approved the shown changes. New permissions still need an answer.
    let approval = ApprovalArgs { yes: true, ..session.approval };
    carry_out(&prepared, CommandKind::Asking, Session { approval, ..session }).await
}

/// The plan, and what it warns of. `None` for what would be refused: it is not offered, and the answers stay, to be
/// changed.
async fn review(
    answers: &Answers,
    functions: &FunctionsArgs,
    session: &Session<'_>,
) -> Result<Option<Prepared>, Failure> {
    let (params, profile) = (answers.params.clone(), answers.profile.as_deref());
    let (functions, options) = (Functions::Given(functions.clone()), PlanOptions { overwrite_flows: false });
    let prepared = prepare(params, profile, functions, options, session.view).await;
    match prepared.and_then(|prepared| check(&prepared, session.view).map(|()| prepared)) {
        Err(Failure::Unwell(findings)) => {
            for finding in findings {
                let text = format!("{}: {finding}", finding.code);
                session.view.show(&Progress::Warning { text });
            }
            Ok(None)
        }
        // Its warnings are shown: not again after the approval.
        prepared => prepared.map(|prepared| Some(Prepared { findings: Vec::new(), ..prepared })),
    }
}

const INSTALL: &str = "install";
const WRITE: &str = "write";
const LEAVE: &str = "leave";

/// Enter alone changes nothing: the first choice goes back.
fn last_question(file: &Path) -> Question {
    let file = file.display();
    Question {
        title: "Install?".into(),
        why: format!("The plan above is what will be changed. {file} saves your answers."),
        default: None,
        kind: Kind::Choose(vec![
            Choice::new("back", "go back to the questions"),
            Choice::new(INSTALL, &format!("write {file} and make these changes")),
            Choice::new(WRITE, &format!("write {file} only")),
            Choice::new(LEAVE, "quit: write nothing, change nothing"),
        ]),
        can_go_back: true,
    }
}

/// The file's text, or `None` if the file does not exist yet.
fn existing(file: &Path) -> Result<Option<String>, ParamsError> {
    if file.exists() { read_file(file).map(Some) } else { Ok(None) }
}

fn diff(old: Option<&str>, new: &str) -> String {
    let Some(old) = old else { return String::new() };
    TextDiff::from_lines(old, new).unified_diff().context_radius(1).to_string()
}

fn start(profile: Option<&str>, saved: Option<Params>, functions: &FunctionsArgs) -> Start {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let all = [Architecture::Arm64, Architecture::X86_64];
    Start {
        profiles: profiles(),
        profile: profile.map(str::to_owned).or_else(|| variable("AWS_PROFILE")),
        keys_in_environment: variable("AWS_ACCESS_KEY_ID").is_some(),
        saved,
        time_zone: of_machine(),
        architectures: all.into_iter().filter(|one| functions.origin().offers(*one).is_ok()).collect(),
    }
}
