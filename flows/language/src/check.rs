//! Checks flow files, your own or others': what the service refuses, and what it accepts but callers regret.
//!
//! [`read_files`] finds the files, [`flows`] checks them without changing anything. Every [`Finding`] names the block
//! and its position in the designer, says what is wrong and how to fix it, and displays as a few lines for a terminal.

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

/// The findings of one file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The file's name.
    pub source: String,
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
        let plural = if advice == 1 { "" } else { "s" };
        write!(formatter, ": {refused} refused, {advice} warning{plural}")?;
        for finding in &self.findings {
            write!(formatter, "\n{finding}")?;
        }
        Ok(())
    }
}

/// Checks flows that belong together: an attribute set by one of them is available to all.
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

/// The attributes that the flows set, and those that are set elsewhere.
fn attributes(files: &[File<'_>], options: &Options) -> BTreeSet<String> {
    let set = files.iter().filter_map(|file| file.flow.as_ref()).flat_map(advice::attributes_set);
    set.map(str::to_owned).chain(options.given_attributes.iter().cloned()).collect()
}

/// A file and its content.
struct File<'a> {
    name: &'a str,
    named: bool,
    document: Document,
    /// The flow, if it has a flow's structure.
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
        // Stable: the order within a severity is kept.
        findings.sort_by_key(|finding| finding.severity);
        // An API response has the name beside the flow; an export has it inside.
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

/// Whether a type of action is unknown here and not a typo. The rules cover part of the language, so using the rest is
/// not an error.
fn is_unheard_of(kind: &str) -> bool {
    let known = &rules().actions;
    !known.contains_key(kind) && nearest(kind, known.keys().map(String::as_str)).is_none()
}

/// The type whose rules a flow breaks least; an inbound flow, if several match.
fn fitting_type(content: &str) -> FlowType {
    let problems = |flow_type: &FlowType| validate(content, *flow_type).len();
    FlowType::iter().min_by_key(problems).unwrap_or(FlowType::ContactFlow)
}
