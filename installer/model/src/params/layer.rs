//! One layer of parameters: a file, an environment variable, or a `--set`.
//!
//! A layer keeps its text, to show the place of a problem.

use std::fmt;
use std::sync::Arc;

use miette::{NamedSource, SourceSpan};
use serde_json::{Map, Value};

use super::locate::{OPEN, Part, locate, path, place};
use super::near::near;
use super::source::Source;
use super::{ParamsError, Problem, tree};

/// The prefix of environment variables for parameters.
const PREFIX: &str = "VMX_";
/// Variables with this prefix that are not parameters: those of tests, and those that cargo sets.
const RESERVED: [&str; 2] = ["VMX_TEST_ARTIFACTS", "VMX_VERSION"];
/// The separator between the levels of a key in a variable's name.
const LEVEL: &str = "__";

/// A variable of the environment that looks like a parameter and is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoredVariable {
    name: String,
    /// The closest parameter's variable, if one is close.
    nearest: Option<String>,
}

impl fmt::Display for IgnoredVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ignored the environment variable {}, which is not a parameter", self.name)?;
        match &self.nearest {
            Some(nearest) => write!(f, "; did you mean {nearest}?"),
            None => Ok(()),
        }
    }
}

/// A text of parameters.
#[derive(Debug)]
pub(super) struct Layer<'a> {
    origin: Origin<'a>,
    text: &'a str,
    pub(super) tree: Map<String, Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin<'a> {
    File(&'a str),
    /// A variable, as the text `NAME=value`.
    Environment(&'a str),
    /// The text `key=value`.
    Set,
}

impl<'a> Layer<'a> {
    /// Reads a file's text.
    pub(super) fn file(name: &'a str, text: &'a str) -> Result<Self, ParamsError> {
        let mut layer = Self { origin: Origin::File(name), text, tree: Map::new() };
        match layer.parse(text)? {
            Value::Object(tree) => layer.tree = tree,
            Value::Null => return Err(layer.error(Problem::Empty, None)),
            _ => return Err(layer.error(Problem::NotKeys, None)),
        }
        Ok(layer)
    }

    /// Reads a `--set`.
    pub(super) fn set(text: &'a str, known: &Map<String, Value>) -> Result<Self, ParamsError> {
        let layer = Self { origin: Origin::Set, text, tree: Map::new() };
        match text.split_once('=') {
            Some((key, _)) => layer.assign(&path(key), known),
            None => Err(layer.error(Problem::NoEquals, Some((0, text.len()).into()))),
        }
    }

    /// Reads an environment variable given as `NAME=value`, or returns `None` if its name has not the prefix of
    /// parameters. Other programs use the prefix too: theirs are no errors.
    pub(super) fn environment(
        text: &'a str,
        known: &Map<String, Value>,
    ) -> Result<Option<Result<Self, IgnoredVariable>>, ParamsError> {
        let Some((name, _)) = text.split_once('=') else { return Ok(None) };
        let Some(key) = name.strip_prefix(PREFIX).filter(|_| !RESERVED.contains(&name)) else {
            return Ok(None);
        };
        let names = variables(known, &[]);
        if !names.iter().any(|known| known == name) {
            let nearest = near(key, names.iter().filter_map(|name| name.strip_prefix(PREFIX)))
                .map(|near| format!("{PREFIX}{near}"));
            return Ok(Some(Err(IgnoredVariable { name: name.to_owned(), nearest })));
        }
        let layer = Self { origin: Origin::Environment(name), text, tree: Map::new() };
        let key = key.to_lowercase();
        layer.assign(&key.split(LEVEL).collect::<Vec<_>>(), known).map(|layer| Some(Ok(layer)))
    }

    /// Builds the tree of a text with `=`.
    fn assign(mut self, path: &[&str], known: &Map<String, Value>) -> Result<Self, ParamsError> {
        let text = self.text.get(self.equals() + 1..).unwrap_or_default();
        let value = match self.parse(text) {
            Ok(Value::Null) => Value::Null,
            // The shell has already removed the quotes, so plain text needs none.
            _ if is_text(path, known) && !text.starts_with(['"', '\'']) => text.into(),
            read => read?,
        };
        let value = path
            .iter()
            .rev()
            .fold(value, |value, key| Value::Object(Map::from_iter([((*key).to_owned(), value)])));
        if let Value::Object(tree) = value {
            self.tree = tree;
        }
        Ok(self)
    }

    /// Reads YAML: the layer's text, or the part after its `=`.
    fn parse(&self, text: &str) -> Result<Value, ParamsError> {
        tree::parse(text).map_err(|error| {
            let problem = match tree::twice(&error) {
                Some(key) => Problem::Twice(key),
                None if tree::is_too_deep(&error) => Problem::TooDeep,
                None => Problem::NotYaml(error.to_string()),
            };
            match self.origin {
                Origin::File(_) => self.error(problem, place(text, &error)),
                _ => self.error_at(problem, "", Part::Value),
            }
        })
    }

    fn equals(&self) -> usize {
        self.text.find('=').unwrap_or(self.text.len())
    }

    /// An error about this layer.
    pub(super) fn error(&self, problem: Problem, place: Option<SourceSpan>) -> ParamsError {
        let name = match self.origin {
            Origin::File(name) => name,
            Origin::Environment(_) => "environment",
            Origin::Set => "--set",
        };
        let remedy = match (&self.origin, &problem) {
            (Origin::Environment(name), Problem::NoValue(_)) => format!("give {name} a value, or unset it"),
            (Origin::Set, Problem::NoValue(_)) => "write a value after the `=`, or omit the --set".into(),
            (Origin::Environment(_) | Origin::Set, Problem::Unknown { nearest: None, .. }) => {
                "params.example.yaml lists every key".into()
            }
            _ => problem.remedy(),
        };
        let file = Arc::new(NamedSource::new(name, self.text.to_owned()).with_language("yaml"));
        ParamsError { remedy, problem: problem.into(), file, place, others: Vec::new() }
    }

    /// An error about a key of this layer, or about its value.
    pub(super) fn error_at(&self, problem: Problem, key: &str, part: Part) -> ParamsError {
        let place = match (self.origin, part) {
            (Origin::File(_), _) => locate(self.text, key, part),
            (_, Part::Key) => Some((0, self.equals()).into()),
            (_, Part::Value) => Some((self.equals() + 1, self.text.len() - self.equals() - 1).into()),
        };
        self.error(problem, place)
    }

    /// Whether this layer gives a key a value.
    pub(super) fn says(&self, key: &str) -> bool {
        let mut keys = path(key).into_iter();
        let first = keys.next().and_then(|first| self.tree.get(first));
        keys.fold(first, |value, key| value.and_then(|value| value.get(key))).is_some()
    }

    /// The source of a key's value in this layer.
    pub(super) fn source(&self, key: &str) -> Source {
        match self.origin {
            Origin::File(name) => {
                let start = locate(self.text, key, Part::Key).map_or(0, |place| place.offset());
                let line = 1 + self.text[..start].matches('\n').count();
                Source::File { path: name.to_owned(), line }
            }
            Origin::Environment(name) => Source::Environment { variable: name.to_owned() },
            Origin::Set => Source::Set,
        }
    }
}

/// Whether a parameter is text, judging by its default.
fn is_text(path: &[&str], known: &Map<String, Value>) -> bool {
    let Some((first, rest)) = path.split_first() else { return false };
    match known.get(*first) {
        Some(Value::Object(_)) if *first == OPEN => !rest.is_empty(),
        Some(Value::Object(known)) => is_text(rest, known),
        value => rest.is_empty() && matches!(value, Some(Value::String(_))),
    }
}

/// The variables of parameters. Keys that an administrator chooses have none, because variables' names are
/// case-insensitive here.
fn variables(known: &Map<String, Value>, within: &[&str]) -> Vec<String> {
    let mut names = Vec::new();
    for (key, value) in known {
        let path = [within, &[key.as_str()]].concat();
        names.push(format!("{PREFIX}{}", path.join(LEVEL).to_uppercase()));
        if let Value::Object(known) = value {
            names.extend(variables(known, &path));
        }
    }
    names
}
