//! What an error says to do, for a line of its own.

/// How advice begins.
const VERBS: [&str; 37] = [
    "add", "allow", "ask", "change", "check", "choose", "create", "delete", "enable", "fix", "follow",
    "free", "give", "ignore", "in the", "install", "keep", "name", "open", "plan", "publish", "read",
    "remove", "rename", "report", "restore", "review", "run", "see", "set", "sign", "specify", "try",
    "unset", "use", "wait", "write",
];
/// What many errors end with. It is no advice.
const UNCHANGED: &str = "; nothing was changed";

/// An error's text, and its advice: what follows the first semicolon before a verb.
pub(super) fn split(text: &str) -> (String, Option<&str>) {
    let (text, end) = text.strip_suffix(UNCHANGED).map_or((text, ""), |text| (text, UNCHANGED));
    let advises = |rest: &str| {
        VERBS.iter().any(|verb| rest.strip_prefix(verb).is_some_and(|rest| rest.starts_with([' ', ':', '`'])))
    };
    let mut signs = text.match_indices("; ");
    match signs.find_map(|(place, sign)| Some(place).filter(|_| advises(&text[place + sign.len()..]))) {
        Some(place) => (format!("{}{end}", &text[..place]), Some(&text[place + 2..])),
        None => (format!("{text}{end}"), None),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::error::Failure;
    use crate::plan_file::PlanFileError;
    use vmx_engine::apply::{ApplyError, StepError};
    use vmx_engine::build::BuildError;
    use vmx_engine::cloud::{CloudError, ErrorKind};
    use vmx_engine::deployments::DeploymentError;
    use vmx_engine::discover::DiscoverError;
    use vmx_engine::pipeline::PipelineError;
    use vmx_engine::redrive::RedriveError;
    use vmx_model::plan::PlanError;

    #[test]
    fn advice_is_told_from_causes_and_from_what_became_of_changes() {
        for (text, what, advice) in [
            ("a; b; run `c`; then d", "a; b", Some("run `c`; then d")),
            (
                "could not x: no; give the caller that permission; nothing was changed",
                "could not x: no; nothing was changed",
                Some("give the caller that permission"),
            ),
            ("a; nothing was changed; see `b`", "a; nothing was changed", Some("see `b`")),
            ("a; running; users: b", "a; running; users: b", None),
            ("nothing was changed", "nothing was changed", None),
        ] {
            assert_eq!(split(text), (what.to_owned(), advice), "{text}");
        }
    }

    #[test]
    fn every_error_says_what_to_do() {
        let call = |kind| CloudError { wanted: "x".into(), kind, code: None, message: "y".into() };
        let none = || io::Error::other("no");
        let applied =
            |step, changed| Failure::from(ApplyError { step, changed, taken_back: false, left: Vec::new() });
        for failure in [
            Failure::Cloud(call(ErrorKind::NoRegion)),
            Failure::Cloud(call(ErrorKind::NoProfile)),
            Failure::Cloud(call(ErrorKind::Credentials)),
            Failure::Cloud(call(ErrorKind::Denied)),
            Failure::Cloud(call(ErrorKind::Throttled)),
            Failure::Cloud(call(ErrorKind::Unreachable)),
            Failure::NoEarlierSystem { region: "x".into() },
            Failure::NotEarlier { stack: "x".into(), region: "y".into(), found: vec!["z".into()] },
            Failure::SeveralEarlier { region: "x".into(), found: vec!["y".into(), "z".into()] },
            Failure::FileExists { path: "x".into() },
            Failure::Build(BuildError::NoSource { looked_in: "x".into() }),
            Failure::Build(BuildError::NotTheSource { folder: "x".into(), missing: "y".into() }),
            Failure::Build(BuildError::NoToolchain { program: "cargo".into(), source: none() }),
            Failure::Build(BuildError::Toolchain { command: "x".into(), output: "y".into() }),
            Failure::Build(BuildError::NoTarget { target: "x", package: None }),
            Failure::Build(BuildError::NoLinker { target: "x", linker: "y".into() }),
            Failure::Build(BuildError::Compile { status: "x".into() }),
            Failure::Build(BuildError::NoExecutable { function: "x".into() }),
            Failure::Build(BuildError::NotInside { architecture: "x" }),
            Failure::Build(BuildError::File { action: "write", path: "x".into(), source: none() }),
            Failure::Discover(DiscoverError::NoInstance {
                wanted: "x".into(),
                region: "y".into(),
                found: Vec::new(),
            }),
            Failure::Discover(DiscoverError::NoQueue { wanted: "x".into(), found: vec!["y".into()] }),
            Failure::Discover(DiscoverError::OtherAccount {
                instance: "x".into(),
                owner: "y".into(),
                account: "z".into(),
            }),
            Failure::Deployments(DeploymentError::None),
            Failure::Deployments(DeploymentError::NotOne { wanted: "x".into(), times: vec!["y".into()] }),
            Failure::Pipeline(PipelineError::NoStack { stack: "x".into(), region: "y".into() }),
            Failure::Redrive(RedriveError::NoState),
            Failure::Redrive(RedriveError::Kept { moved: 1, kept: 1 }),
            Failure::Plan(PlanError::Busy { stack: "x".into(), status: "y".into() }),
            Failure::PlanFile(PlanFileError::Read { path: "x".into(), source: none() }),
            Failure::PlanFile(PlanFileError::NotAPlan { path: "x".into(), reason: "y".into() }),
            Failure::PlanFile(PlanFileError::OtherPackage { path: "x".into() }),
            Failure::PlanFile(PlanFileError::Moved { moved: vec!["x".into()] }),
            applied(StepError::Cloud(call(ErrorKind::Denied)), false),
            applied(StepError::Cloud(call(ErrorKind::Refused)), true),
            applied(StepError::File { path: "x".into(), source: none() }, false),
            applied(StepError::Flow { name: "x".into(), problems: vec!["y".into()] }, true),
            applied(StepError::Busy { stack: "x".into(), reason: "y".into() }, false),
            applied(StepError::NotExpress, false),
            applied(StepError::NoOutput { stack: "x".into(), output: "y" }, true),
            applied(StepError::Interrupted, true),
            Failure::NoInstallation { file: "x".into() },
            Failure::NoRecord { stack: "x".into(), region: "y".into() },
            Failure::NoPage { stack: "x".into(), what: "y" },
            Failure::NoConsole { endpoint: "x".into() },
            Failure::NotWell { troubles: 1 },
            Failure::NotWell { troubles: 2 },
            Failure::Write { path: "x".into(), source: none() },
            Failure::FlowsRefused { refused: 1, checked: "2 files".into() },
            Failure::NotDrawn { file: "x".into(), why: "y".into() },
            Failure::ApprovalNeeded { flag: "--yes" },
            Failure::Start { source: none() },
            Failure::OtherName { given: "x".into(), name: "y".into() },
            Failure::NobodyToAsk,
            Failure::Interrupted,
            Failure::Busy { stack: "x".into(), status: "y".into(), since: None, holder: None },
        ] {
            let text = failure.to_string();
            let (what, advice) = split(&text);
            assert!(advice.is_some_and(|advice| !advice.contains("nothing was changed")), "{text}");
            assert!(!what.is_empty(), "{text}");
        }
    }
}
