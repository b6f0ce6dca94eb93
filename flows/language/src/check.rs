//! Checks flow files, one's own or a stranger's: what the service refuses, and what it takes but callers regret.
//!
//! [`read_files`] finds the files, [`flows`] checks them without touching anything. Every [`Finding`] names the block and
//! its position in the designer, says what is wrong and what to change, and displays as a few lines for a terminal.

mod advice;
mod finding;
mod read;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use serde_json::Value;
use strum::IntoEnumIterator as _;

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
    /// The contact attributes that a program reads, each with the values that mean something to it; none where any value
    /// may. What flows set has to be spelled exactly so.
    pub read_attributes: BTreeMap<String, BTreeSet<String>>,
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
            return formatter.write_str(": OK");
        }
        let (refused, advice) = (self.count(Severity::Refused), self.count(Severity::Advice));
        write!(formatter, ": {refused} refused, {advice} warnings")?;
        for finding in &self.findings {
            write!(formatter, "\n{finding}")?;
        }
        Ok(())
    }
}

/// Checks flows that belong together: an attribute that one of them sets is there for all.
#[must_use]
pub fn flows(sources: &[Source], options: &Options) -> Vec<Report> {
    let files: Vec<File<'_>> =
        sources.iter().map(|source| File::new(&source.name, &source.text, source.named)).collect();
    let attributes = attributes(&files, options);
    files.into_iter().map(|file| file.report(options, &attributes)).collect()
}

/// Checks one flow on its own.
#[must_use]
pub fn flow(name: &str, text: &str, options: &Options) -> Report {
    let file = File::new(name, text, true);
    let attributes = attributes(std::slice::from_ref(&file), options);
    file.report(options, &attributes)
}

/// The attributes that the flows set, and those that are given.
fn attributes(files: &[File<'_>], options: &Options) -> BTreeSet<String> {
    let set = files.iter().filter_map(|file| file.flow.as_ref()).flat_map(advice::attributes_set);
    set.map(str::to_owned).chain(options.given_attributes.iter().cloned()).collect()
}

/// A file and what was read from it.
struct File<'a> {
    name: &'a str,
    named: bool,
    document: Document,
    /// The flow, if its shape is one.
    flow: Option<Flow>,
}

impl<'a> File<'a> {
    fn new(name: &'a str, text: &str, named: bool) -> Self {
        let document = recognise(text);
        let flow = match &document {
            Document::Flow { content, .. } => Flow::parse(content).ok(),
            _ => None,
        };
        Self { name, named, document, flow }
    }

    fn report(self, options: &Options, attributes: &BTreeSet<String>) -> Report {
        let source = self.name.to_owned();
        let no_flow = |name, finding| Report {
            source: self.name.to_owned(),
            name,
            flow_type: None,
            type_is_assumed: false,
            findings: vec![finding],
        };
        let (content, name, stated) = match self.document {
            Document::Flow { content, name, flow_type } => (content, name, flow_type),
            Document::Legacy { blocks, name } => return no_flow(name, finding::legacy(blocks)),
            Document::Other { why } => return no_flow(None, finding::no_flow(why, self.named)),
        };
        let known = stated.or(options.flow_type);
        let flow_type = known.unwrap_or_else(|| fitting_type(&content));
        let mut findings = refused(&content, flow_type);
        if let Some(flow) = &self.flow {
            findings.extend(advice::about(flow, flow_type, attributes, options));
        }
        // Stable: within a severity the order stays.
        findings.sort_by_key(|finding| finding.severity);
        // What the API answers says the name beside the flow; an export says it inside.
        let inside = || Some(Designer::new(&self.flow.as_ref()?.metadata).name()?.to_owned());
        let name = name.or_else(inside);
        Report { source, name, flow_type: Some(flow_type), type_is_assumed: known.is_none(), findings }
    }
}

/// What the service refuses, and what these rules do not know.
fn refused(content: &str, flow_type: FlowType) -> Vec<Finding> {
    let value: Value = serde_json::from_str(content).unwrap_or_default();
    let problems = validate(content, flow_type).into_iter();
    problems
        .map(|problem| match &problem.kind {
            ProblemKind::InvalidType(kind) if is_unheard_of(kind) => Finding {
                severity: Severity::Advice,
                code: Code::UnknownType,
                service: None,
                what: format!(
                    "{kind} is unknown to this program, which knows {} types of actions; only its branches' \
                     targets were checked",
                    rules().actions.len()
                ),
                fix: "publish the flow once in the console to have the service check it".to_owned(),
                ..Finding::refused(problem, &value)
            },
            _ => Finding::refused(problem, &value),
        })
        .collect()
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
    FlowType::iter().min_by_key(problems).unwrap_or(FlowType::ContactFlow)
}
