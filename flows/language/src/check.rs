//! Checks flow files, one's own or a stranger's: what the service refuses, and what it takes but callers regret.
//!
//! [`read_files`] finds the files, [`flows`] checks them without touching anything. Every [`Finding`] names the block and
//! its position in the designer, says what is wrong and what to change, and displays as a few lines for a terminal.

mod advice;
mod finding;
mod read;
mod source;

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

pub use finding::{Block, Code, Finding, Severity};
pub use read::{LARGEST_FILE, ReadError, read_files};
pub use source::{Document, recognise};

use crate::designer::Designer;
use crate::rules::rules;
use crate::validate::nearest;
use crate::{Flow, FlowType, ProblemKind, validate};

/// A flow file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What to call it, usually its path.
    pub name: String,
    /// What is in it.
    pub text: String,
    /// Whether somebody said that it is a flow, instead of its being found in a directory.
    pub named: bool,
}

/// What is known about the flows from outside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The type of the flows, for those that do not state their own.
    pub flow_type: Option<FlowType>,
    /// The contact attributes that somebody else sets: other flows, `StartTaskContact`, an agent's desktop.
    pub given_attributes: BTreeSet<String>,
}

/// What was found in one file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// What the file is called.
    pub source: String,
    /// The flow's name, where the file states it.
    pub name: Option<String>,
    /// The type by which the flow was checked; none if the file holds no flow.
    pub flow_type: Option<FlowType>,
    /// Whether that type is only the one that fits best, because nobody stated any.
    pub type_is_assumed: bool,
    /// What was found: first what the service refuses, in the order of the text, then advice.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether the service would refuse the flow.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.count(Severity::Refused) > 0
    }

    /// How many findings are of a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", finding::plain(&self.source))?;
        if let Some(name) = &self.name {
            write!(formatter, ": {}", finding::plain(name))?;
        }
        if let Some(flow_type) = self.flow_type {
            let assumed = if self.type_is_assumed { ", assumed" } else { "" };
            write!(formatter, " ({flow_type}{assumed})")?;
        }
        if self.findings.is_empty() {
            return formatter.write_str(": in order");
        }
        let (refused, advice) = (self.count(Severity::Refused), self.count(Severity::Advice));
        write!(formatter, ": {refused} refused, {advice} advised")?;
        for finding in &self.findings {
            write!(formatter, "\n{finding}")?;
        }
        Ok(())
    }
}

/// Checks flows that belong together: an attribute that one of them sets is there for all.
#[must_use]
pub fn flows(sources: &[Source], options: &Options) -> Vec<Report> {
    let documents: Vec<(&Source, Document)> =
        sources.iter().map(|source| (source, recognise(&source.text))).collect();
    let parsed: Vec<Option<Flow>> = documents
        .iter()
        .map(|(_, document)| match document {
            Document::Flow { content, .. } => Flow::parse(content).ok(),
            _ => None,
        })
        .collect();
    let mut attributes = options.given_attributes.clone();
    for flow in parsed.iter().flatten() {
        attributes.extend(advice::attributes_set(flow).map(str::to_owned));
    }
    documents
        .into_iter()
        .zip(&parsed)
        .map(|((source, document), flow)| report(source, document, flow.as_ref(), options, &attributes))
        .collect()
}

/// Checks one flow on its own.
#[must_use]
pub fn flow(name: &str, text: &str, options: &Options) -> Report {
    let source = Source { name: name.to_owned(), text: text.to_owned(), named: true };
    let report = flows(&[source], options).pop();
    report.unwrap_or_else(|| Report {
        source: name.to_owned(),
        name: None,
        flow_type: None,
        type_is_assumed: false,
        findings: Vec::new(),
    })
}

fn report(
    source: &Source,
    document: Document,
    flow: Option<&Flow>,
    options: &Options,
    attributes: &BTreeSet<String>,
) -> Report {
    let none = |finding| Report {
        source: source.name.clone(),
        name: None,
        flow_type: None,
        type_is_assumed: false,
        findings: vec![finding],
    };
    let (content, name, stated) = match document {
        Document::Flow { content, name, flow_type } => (content, name, flow_type),
        Document::Legacy { blocks, name } => return Report { name, ..none(finding::legacy(blocks)) },
        Document::Other { why } => return none(finding::no_flow(why, source.named)),
    };
    let known = stated.or(options.flow_type);
    let flow_type = known.unwrap_or_else(|| fitting_type(&content));
    let value: Value = serde_json::from_str(&content).unwrap_or_default();
    let mut findings: Vec<Finding> = validate(&content, flow_type)
        .into_iter()
        .map(|problem| {
            let mut finding = Finding::refused(problem.clone(), &value);
            if let ProblemKind::InvalidType(kind) = &problem.kind
                && is_unheard_of(kind)
            {
                finding.severity = Severity::Advice;
                finding.code = Code::UnknownType;
                finding.service = None;
                finding.what = format!(
                    "{kind} is unknown to these rules, which cover {} types of action; only its branches' targets \
                     were checked",
                    rules().actions.len()
                );
                finding.fix = "publish the flow once in the console to have the service check it".to_owned();
            }
            finding
        })
        .collect();
    if let Some(flow) = flow {
        findings.extend(advice::about(flow, flow_type, attributes));
    }
    // Stable: within a severity the order stays.
    findings.sort_by_key(|finding| finding.severity);
    let name = name.or_else(|| Some(Designer::new(&flow?.metadata).name()?.to_owned()));
    Report {
        source: source.name.clone(),
        name,
        flow_type: Some(flow_type),
        type_is_assumed: known.is_none(),
        findings,
    }
}

/// Whether a type of action is not known here and no slip of the keys either. The rules cover a part of the language, so
/// a stranger's flow is not wrong for using the rest.
fn is_unheard_of(kind: &str) -> bool {
    let known = &rules().actions;
    !known.contains_key(kind) && nearest(kind, known.keys().map(String::as_str)).is_none()
}

/// The type whose rules a flow breaks least; an inbound flow, if several fit.
fn fitting_type(content: &str) -> FlowType {
    let problems = |flow_type: &FlowType| validate(content, *flow_type).len();
    FlowType::ALL.into_iter().min_by_key(problems).unwrap_or(FlowType::ContactFlow)
}
