//! Checks flow files, your own or others': what the service refuses, and what it accepts but callers regret.
//!
//! [`read_files`] finds the files, [`flows`] checks them without changing anything. Every [`Finding`] names the block
//! and its position in the designer, says what is wrong and how to fix it, and displays as a few lines for a terminal.

mod advice;
mod finding;
mod legacy;
mod read;
mod sarif;
mod source;
mod terraform;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use strum::IntoEnumIterator as _;

pub use finding::{Block, Code, Finding, Severity};
pub use read::{Files, LARGEST_FILE, ReadError, read_files};
pub use sarif::sarif;
pub use source::{Document, recognize};

use crate::rules::rules;
use crate::validate::{examine, nearest};
use crate::{Flow, FlowType, ProblemKind};

/// A flow file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name, usually its path.
    pub name: String,
    /// Its content.
    pub text: String,
    /// Whether it was named as a flow, instead of being found in a directory.
    pub named: bool,
}

/// What is known about the flows from elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The type of flows that do not state one.
    pub flow_type: Option<FlowType>,
    /// The contact attributes that are set elsewhere: by other flows, `StartTaskContact`, an agent's desktop.
    pub given_attributes: BTreeSet<String>,
    /// The contact attributes that a program reads, with their meaningful values; empty if any value is allowed. Flows
    /// must set them with this exact spelling.
    pub read_attributes: BTreeMap<String, BTreeSet<String>>,
}

/// The findings of one flow, or of a file without any.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// The file's name.
    pub source: String,
    /// Where the flow is in the file, for example `Resources.MainFlow.Properties.Content`. Empty if it is the whole file.
    pub place: String,
    /// The flow's name, if the file states it.
    pub name: Option<String>,
    /// The type by which the flow was checked; `None` if the file is not a flow.
    pub flow_type: Option<FlowType>,
    /// Whether that type is only the best match, because none was stated.
    pub type_is_assumed: bool,
    /// The findings: first what the service refuses, in the order of the text, then advice.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether the service would refuse the flow.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.count(Severity::Refused) > 0
    }

    /// How many findings have a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", finding::plain(&self.source))?;
        if !self.place.is_empty() {
            write!(formatter, ", {}", finding::plain(&self.place))?;
        }
        if let Some(name) = &self.name {
            write!(formatter, ": {}", finding::plain(name))?;
        }
        if let Some(flow_type) = self.flow_type {
            let assumed = if self.type_is_assumed { ", assumed" } else { "" };
            write!(formatter, " ({flow_type}{assumed})")?;
        }
        let (refused, advice) = (self.count(Severity::Refused), self.count(Severity::Advice));
        if refused + advice == 0 {
            formatter.write_str(": OK")?;
        } else {
            let plural = if advice == 1 { "" } else { "s" };
            write!(formatter, ": {refused} refused, {advice} warning{plural}")?;
        }
        for finding in &self.findings {
            write!(formatter, "\n{finding}")?;
        }
        Ok(())
    }
}

/// Checks flows that belong together: an attribute set by one of them is available to all. A file with several flows has
/// a report for each.
#[must_use]
pub fn flows(sources: &[Source], options: &Options) -> Vec<Report> {
    let files: Vec<File<'_>> = sources.iter().flat_map(File::all).collect();
    let set = files.iter().filter_map(|file| file.flow.as_ref()).flat_map(advice::attributes_set);
    let attributes = set.map(str::to_owned).chain(options.given_attributes.iter().cloned()).collect();
    files.into_iter().map(|file| file.report(options, &attributes)).collect()
}

/// A flow and its file, or a file without a flow.
struct File<'a> {
    source: &'a Source,
    document: Result<Document, String>,
    /// The flow, if it has a flow's structure.
    flow: Option<Flow>,
}

impl<'a> File<'a> {
    fn all(source: &'a Source) -> Vec<Self> {
        let documents = match recognize(source) {
            Ok(documents) => documents.into_iter().map(Ok).collect(),
            Err(why) => vec![Err(why)],
        };
        let file = |document: Result<Document, String>| {
            let flow = document.as_ref().ok().and_then(|document| Flow::parse(&document.content).ok());
            Self { source, document, flow }
        };
        documents.into_iter().map(file).collect()
    }

    fn report(self, options: &Options, attributes: &BTreeSet<String>) -> Report {
        let document = match self.document {
            Ok(document) => document,
            Err(why) => {
                return Report {
                    source: self.source.name.clone(),
                    place: String::new(),
                    name: None,
                    flow_type: None,
                    type_is_assumed: false,
                    findings: vec![finding::no_flow(why, self.source.named)],
                };
            }
        };
        let known = document.flow_type.or(options.flow_type);
        let flow_type = known.unwrap_or_else(|| fitting_type(&document));
        let mut findings = match document.modules {
            Some(modules) => vec![finding::legacy(modules)],
            None => problems(&document, flow_type),
        };
        if let Some(word) = &document.unknown_type {
            let what = format!("there is no flow type {word:?}; the flow was checked as {flow_type}");
            findings.push(Finding::note(Code::UncheckedFlowType, what, "state the type, or pass --type"));
        }
        if let Some(flow) = &self.flow {
            findings.extend(advice::about(flow, &document, flow_type, attributes, options));
        }
        for finding in &mut findings {
            let identifier = finding.block.as_ref().map(|block| block.identifier.as_str());
            finding.line = identifier.and_then(|identifier| line_of(&self.source.text, identifier));
        }
        // Stable: the order within a severity is kept.
        findings.sort_by_key(|finding| finding.severity);
        Report {
            source: self.source.name.clone(),
            place: document.place,
            name: document.name,
            flow_type: Some(flow_type),
            type_is_assumed: known.is_none(),
            findings,
        }
    }
}

/// The line that gives a block its identifier, in whatever form the flow is.
fn line_of(text: &str, identifier: &str) -> Option<usize> {
    let quoted = serde_json::to_string(identifier).ok()?;
    let names =
        |line: &str| line.contains(&quoted) && (line.contains("Identifier") || line.contains("\"id\""));
    text.lines().position(names).map(|index| index + 1)
}

/// What the service refuses, and what may be refused.
fn problems(document: &Document, flow_type: FlowType) -> Vec<Finding> {
    let value: Value = serde_json::from_str(&document.content).unwrap_or_default();
    let filled_in_later = |path: &str| {
        document.is_template && text_at(&value, path).is_some_and(|text| advice::placeholder(text).is_some())
    };
    let problems = examine(&document.content, flow_type).into_iter();
    problems
        .filter(|problem| !filled_in_later(&problem.path))
        .map(|problem| match &problem.kind {
            // The service knows more than these rules do.
            ProblemKind::InvalidType(kind) if document.is_published && !rules().knows(kind) => Finding {
                severity: Severity::Advice,
                code: Code::UnknownType,
                service: None,
                what: format!(
                    "no documentation lists the action type {kind} (read on {}), but the flow was published; only \
                     its branches were checked",
                    rules().recorded
                ),
                fix: match nearest(kind, rules().types()) {
                    Some(near) => format!("if you edited the export, did you mean {near}?"),
                    None => "if you edited the export, look up the type in the developer guide".to_owned(),
                },
                ..Finding::refused(problem, &value)
            },
            _ => Finding::refused(problem, &value),
        })
        .collect()
}

/// The text at a path such as `Actions[3].Parameters.Text`.
fn text_at<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    let mut at = value;
    for part in path.split('.') {
        let mut steps = part.split('[');
        at = at.get(steps.next()?)?;
        for index in steps {
            at = at.get(index.strip_suffix(']')?.parse::<usize>().ok()?)?;
        }
    }
    at.as_str()
}

/// The type whose rules a flow breaks least; an inbound flow, if several match. A campaign is recognized by what only
/// campaigns have, because nothing breaks its rules.
fn fitting_type(document: &Document) -> FlowType {
    const OF_CAMPAIGNS: [&str; 1] = ["SendSMS"];
    let value: Value = serde_json::from_str(&document.content).unwrap_or_default();
    let actions = value.get("Actions").and_then(Value::as_array).into_iter().flatten();
    let mut kinds = actions.filter_map(|action| action.get("Type")?.as_str());
    if kinds.any(|kind| OF_CAMPAIGNS.contains(&kind)) {
        return FlowType::Campaign;
    }
    let broken = |flow_type: &FlowType| {
        let problems = examine(&document.content, *flow_type);
        (problems.iter().filter(|problem| problem.is_certain).count(), problems.len())
    };
    let types = FlowType::iter().filter(|flow_type| *flow_type != FlowType::Campaign);
    types.min_by_key(broken).unwrap_or(FlowType::ContactFlow)
}
