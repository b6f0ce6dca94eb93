//! A finding in a flow.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use strum::{EnumIter, EnumMessage, IntoStaticStr};

use crate::designer::{Designer, Position};
use crate::{Action, Flow, Problem};

/// How much a finding matters. More severe is smaller, so that it sorts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The service refuses to publish the flow.
    Refused,
    /// The service accepts the flow, but it does something unwanted, or looks odd in the designer.
    Advice,
    /// Nothing is wrong with the flow: this says what was not checked.
    Note,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Refused => "refused",
            Self::Advice => "advice",
            Self::Note => "note",
        })
    }
}

/// What a finding is about.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    JsonSchema,
    EnumIter,
    EnumMessage,
    IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Code {
    /// A rule of the service is broken.
    Rule,
    /// A rule is broken that only the documentation or custom has. The service may accept the flow.
    DoubtfulRule,
    /// The file is an export of the old designer.
    LegacyExport,
    /// The file is not a flow.
    NoFlow,
    /// A type of action that no documentation has, in a flow that was published.
    UnknownType,
    /// A type of action whose rules are not known here.
    UncheckedType,
    /// A flow type whose rules are not known here.
    UncheckedFlowType,
    /// A block is unreachable.
    Unreachable,
    /// No path leaves the flow.
    NeverEnds,
    /// A contact in a loop never leaves it.
    LoopWithoutExit,
    /// A failed transfer is retried immediately in an endless loop.
    LoopWithoutPause,
    /// Two branches for the same result: the second is never taken.
    RepeatedCondition,
    /// The caller is still streamed when the contact leaves the flow.
    StreamingLeftOn,
    /// A contact attribute is read but never set.
    MissingAttribute,
    /// A flow attribute is read but not set by this flow.
    MissingFlowAttribute,
    /// A contact attribute is set under a name that nearly matches one that is read.
    MisspelledAttribute,
    /// A contact attribute is set to a value that its readers do not know.
    MeaninglessValue,
    /// A block has no position for the designer.
    NoPosition,
    /// Several blocks have the same position.
    SamePosition,
    /// There is metadata about a missing block.
    StaleMetadata,
    /// A template's placeholder is left in a text.
    Placeholder,
    /// An SSML text that is not SSML.
    NotSsml,
}

/// The block that a finding is about.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Block {
    /// Its identifier, which new exports show as its name.
    pub identifier: String,
    /// Its type, for example `MessageParticipant`, if that can be read.
    pub kind: Option<String>,
    /// Its position in the designer.
    pub position: Option<Position>,
}

/// A finding in a flow.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Finding {
    /// Its severity.
    pub severity: Severity,
    /// Its kind.
    pub code: Code,
    /// The block; `None` for the flow as a whole.
    pub block: Option<Block>,
    /// The path in the JSON, for example `Actions[3].Transitions.NextAction`. Empty for the flow as a whole.
    pub path: String,
    /// The line in the file on which the block is, counted from one; `None` for the flow as a whole.
    pub line: Option<usize>,
    /// What is wrong: a sentence without a full stop.
    pub what: String,
    /// What to change: an imperative without a full stop.
    pub fix: String,
    /// The service's text for it.
    pub service: Option<String>,
}

impl Finding {
    /// A problem as a finding, with the block's position from the flow.
    pub(super) fn refused(problem: Problem, flow: &Value) -> Self {
        let service = problem.is_certain.then(|| problem.message());
        let (severity, code) = match problem.is_certain {
            true => (Severity::Refused, Code::Rule),
            false => (Severity::Advice, Code::DoubtfulRule),
        };
        let block = problem.action.map(|identifier| {
            let action =
                flow.get("Actions").and_then(Value::as_array).into_iter().flatten().find(|action| {
                    action.get("Identifier").and_then(Value::as_str) == Some(identifier.as_str())
                });
            let kind = action.and_then(|action| action.get("Type")?.as_str()).map(str::to_owned);
            let metadata = flow.get("Metadata").and_then(Value::as_object);
            let position = metadata.and_then(|metadata| Designer::new(metadata).position(&identifier));
            Block { identifier, kind, position }
        });
        Self {
            severity,
            code,
            block,
            path: problem.path,
            line: None,
            what: problem.detail,
            fix: problem.fix,
            service,
        }
    }

    /// Advice about a flow as a whole.
    pub(super) fn advice(code: Code, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            severity: Severity::Advice,
            code,
            block: None,
            path: String::new(),
            line: None,
            what: what.into(),
            fix: fix.into(),
            service: None,
        }
    }

    /// Something that was not checked.
    pub(super) fn note(code: Code, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { severity: Severity::Note, ..Self::advice(code, what, fix) }
    }

    /// The same about a block.
    pub(super) fn at(mut self, flow: &Flow, number: usize, below: &str) -> Self {
        let Some(Action { identifier, kind, .. }) = flow.actions.get(number) else { return self };
        self.block = Some(Block {
            identifier: identifier.clone(),
            kind: Some(kind.clone()),
            position: Designer::new(&flow.metadata).position(identifier),
        });
        self.path = format!("Actions[{number}]{below}");
        self
    }
}

/// A file of the old designer.
pub(super) fn legacy(modules: usize) -> Finding {
    Finding::advice(
        Code::LegacyExport,
        format!(
            "this is an export of the old flow designer ({modules} modules): the console imports it, the API \
             refuses it. Only its paths were checked"
        ),
        "to create it through the API, import it in the console into a new flow of the same type, save, and use \
         the Content that DescribeContactFlow returns",
    )
}

/// A file that is not a flow. In a directory that may be intended.
pub(super) fn no_flow(why: String, named: bool) -> Finding {
    let severity = if named { Severity::Refused } else { Severity::Advice };
    let fix = "export the flow again, or use the output of DescribeContactFlow";
    Finding { severity, ..Finding::advice(Code::NoFlow, why, fix) }
}

impl fmt::Display for Block {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "block \"{}\"", plain(&self.identifier))?;
        if let Some(kind) = &self.kind {
            write!(formatter, " ({})", plain(kind))?;
        }
        match self.position {
            Some(position) => write!(formatter, " at {position}"),
            None => Ok(()),
        }
    }
}

/// A few lines for a terminal. Text from the flow cannot contain control characters.
impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:<8} ", self.severity)?;
        match &self.block {
            Some(block) => write!(formatter, "{block}: ")?,
            None if self.path.is_empty() => {}
            None => write!(formatter, "{}: ", plain(&self.path))?,
        }
        write!(formatter, "{}\n         fix: {}", plain(&self.what), plain(&self.fix))?;
        match &self.service {
            Some(service) => write!(formatter, "\n         the service says: {}", plain(service)),
            None => Ok(()),
        }
    }
}

/// A text without characters that control or reorder a terminal's output.
pub(super) fn plain(text: &str) -> String {
    let turns = |character| matches!(character, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .flat_map(|character| {
            let escaped = character.is_control() || turns(character);
            let escape = escaped.then(|| character.escape_unicode());
            escape.into_iter().flatten().chain((!escaped).then_some(character))
        })
        .collect()
}
