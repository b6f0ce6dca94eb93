//! Everything from parameters to a running installation, shared by all commands that install.

use super::busy;
use super::execute::execute;
use super::next::next;
use super::session::Session;
use crate::approval::{CommandKind, Request as ApprovalRequest, gate};
use crate::cli::FunctionsArgs;
use crate::error::Failure;
use crate::event::{Event, EventView, Purpose};
use crate::packages::{Origin, unpack};
use vmx_engine::architecture::{Circumstances, of_stack, settle};
use vmx_engine::build::{Ready, prebuilt};
use vmx_engine::cloud::Cloud;
use vmx_engine::deployments::Deployment;
use vmx_engine::discover::discover;
use vmx_engine::finding::{Finding, Severity};
use vmx_engine::preflight::{installed, preflight};
use vmx_model::actual::{Actual, Settled, StackState};
use vmx_model::artifact::Artifact;
use vmx_model::params::Params;
use vmx_model::plan::{Plan, PlanOptions, plan};
use vmx_model::render::{Rendered, render};

/// A plan and its inputs.
pub(super) struct Prepared {
    pub(super) cloud: Cloud,
    pub(super) params: Params,
    pub(super) actual: Actual,
    pub(super) rendered: Rendered,
    pub(super) artifacts: Vec<Artifact>,
    pub(super) plan: Plan,
    /// Whether it can work, or with nothing to do, whether it does.
    pub(super) findings: Vec<Finding>,
}

/// The source of the functions' packages.
pub(super) enum Functions {
    /// As the command line says.
    Given(FunctionsArgs),
    /// They exist already.
    Ready(Vec<Artifact>),
}

/// Everything up to the plan. Nothing is changed.
pub(super) async fn prepare(
    mut params: Params,
    profile: Option<&str>,
    functions: Functions,
    options: PlanOptions,
    view: &dyn EventView,
) -> Result<Prepared, Failure> {
    let cloud = Cloud::from_environment(profile, Some(params.region.as_str())).await?;
    // Checked before the build, which takes minutes: a wrong profile or instance fails at once.
    view.tell(&Event::Discovering);
    let actual = discover(&cloud, &params).await?;
    let why = settle_architecture(&mut params, &cloud, &actual, &functions);
    let mut findings = None;
    let artifacts = match functions {
        Functions::Given(args) => match args.origin() {
            Origin::Directory(folder) => prebuilt(folder, params.processor())?,
            Origin::Program => unpack(params.processor())?,
            Origin::Checkout(source) => {
                let ready = Ready::look(source, params.processor())?;
                if !ready.is_fresh() && !is_at_work(&actual) {
                    // What cannot work fails before minutes of compiling. Without compiling, it is checked once there
                    // is something to change.
                    let found = preflight(&cloud, &params, &actual).await;
                    refuse_fatal(&found)?;
                    findings = Some(found);
                }
                ready.artifacts(view)?
            }
        },
        Functions::Ready(artifacts) => artifacts,
    };
    let rendered = render(&params, &actual.facts())?;
    let mut plan = match plan(&params, &actual, &rendered, &artifacts, options) {
        Ok(plan) => plan,
        Err(error) => return Err(busy::explain(&cloud, &actual, error).await),
    };
    plan.notes.extend(why);
    view.tell(&Event::target(&plan.target, &plan.stack.name));
    let findings = findings_for(&plan, findings, &cloud, &params, &actual).await;
    if plan.is_first_installation() {
        plan.notes.extend(findings.iter().filter(|finding| finding.is_quota()).map(quota_note));
    }
    Ok(Prepared { cloud, params, actual, rendered, artifacts, plan, findings })
}

/// Checks whether a plan can work, if it was not checked yet. Without anything to do, whether what is installed works:
/// parts that were switched off or deleted by hand are no change of the template.
pub(super) async fn findings_for(
    plan: &Plan,
    found: Option<Vec<Finding>>,
    cloud: &Cloud,
    params: &Params,
    actual: &Actual,
) -> Vec<Finding> {
    match found {
        _ if plan.changes().is_empty() => installed(cloud, params, actual).await,
        Some(found) => found,
        None => preflight(cloud, params, actual).await,
    }
}

fn quota_note(finding: &Finding) -> String {
    format!("{}: {finding}", finding.code)
}

/// Whether CloudFormation is updating the stack, or the stack is stuck: the plan reports it with the fix.
fn is_at_work(actual: &Actual) -> bool {
    let settled = actual.stack.as_ref().map(StackState::settled);
    matches!(settled, Some(Settled::Busy | Settled::Stuck))
}

/// Chooses the architecture if the parameters do not, and says why.
fn settle_architecture(
    params: &mut Params,
    cloud: &Cloud,
    actual: &Actual,
    functions: &Functions,
) -> Option<String> {
    let origin = match functions {
        Functions::Given(args) => args.origin(),
        Functions::Ready(_) => Origin::Checkout(None),
    };
    let known = Circumstances {
        deployed: actual.stack.as_ref().and_then(of_stack),
        packages: origin.architecture(),
        own_endpoint: cloud.endpoint.is_some(),
    };
    let (architecture, why) = settle(params.architecture, known, |architecture| origin.offers(architecture));
    params.architecture = architecture.into();
    why
}

/// Shows a plan.
pub(super) fn show(plan: &Plan, view: &dyn EventView) {
    view.tell(&Event::Planned {
        purpose: Purpose::Install,
        changes: plan.changes(),
        notes: plan.notes.clone(),
        details: Box::new(plan.details.clone()),
    });
}

/// Shows possible problems, and ends the run if it cannot work.
pub(super) fn check(prepared: &Prepared, view: &dyn EventView) -> Result<(), Failure> {
    for finding in prepared.findings.iter().filter(|finding| finding.severity == Severity::Warning) {
        view.tell(&Event::Checked(finding.clone()));
    }
    refuse_fatal(&prepared.findings)
}

/// Ends the run if it cannot work.
fn refuse_fatal(findings: &[Finding]) -> Result<(), Failure> {
    let is_fatal = |finding: &&Finding| finding.severity == Severity::Fatal;
    let fatal: Vec<Finding> = findings.iter().filter(is_fatal).cloned().collect();
    if fatal.is_empty() { Ok(()) } else { Err(Failure::Unwell(fatal)) }
}

/// Applies a shown plan once it is approved, and says what to do next.
pub(super) async fn carry_out(
    prepared: &Prepared,
    command: CommandKind,
    session: Session<'_>,
) -> Result<(), Failure> {
    approve(prepared, command, &session).await?;
    carry_out_approved(prepared, next(&prepared.plan, &prepared.params), session).await
}

/// Ends the run if a shown plan cannot work or is declined.
pub(super) async fn approve(
    prepared: &Prepared,
    command: CommandKind,
    session: &Session<'_>,
) -> Result<(), Failure> {
    let plan = &prepared.plan;
    check(prepared, session.view)?;
    let nothing_to_do = plan.changes().is_empty();
    let request = ApprovalRequest {
        question: "Make these changes?",
        command,
        changes: !nothing_to_do,
        broadening: &plan.broadening(),
    };
    gate(request, session.approval, session.view, session.approver).await
}

/// Applies an approved plan.
pub(super) async fn carry_out_approved(
    prepared: &Prepared,
    next: Vec<String>,
    session: Session<'_>,
) -> Result<(), Failure> {
    let Prepared { cloud, params, actual, rendered, artifacts, plan, .. } = prepared;
    let deployment = Deployment::new(&actual.identity.principal, params, rendered, artifacts);
    execute(cloud, plan, &deployment, next, &session).await
}
