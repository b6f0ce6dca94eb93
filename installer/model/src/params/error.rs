//! Problems with a `params.yaml`, with their fixes.

use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};

use super::Foreign;

/// An invalid `params.yaml`: what is wrong, where, and the fix.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{problem}")]
pub struct ParamsError {
    /// What is wrong.
    pub problem: Box<Problem>,
    /// The file.
    #[source_code]
    pub(super) file: Arc<NamedSource<String>>,
    /// The place in it, if there is one.
    #[label("here")]
    pub(super) place: Option<SourceSpan>,
    /// The fix.
    #[help]
    pub(super) remedy: String,
    /// What else is wrong.
    #[related]
    pub(super) others: Vec<ParamsError>,
}

impl ParamsError {
    /// The first of several errors, with the others; `None` if there is none.
    pub(super) fn together(errors: Vec<Self>) -> Option<Self> {
        let mut errors = errors.into_iter();
        let first = errors.next()?;
        Some(Self { others: errors.collect(), ..first })
    }

    /// Everything that is wrong.
    pub fn all(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.others)
    }
}

/// What is wrong with a `params.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The file cannot be opened or is not UTF-8.
    #[error("could not read the parameters: {0}")]
    Unreadable(String),
    /// The file does not exist.
    #[error("no such file: {0}")]
    NoFile(String),
    /// The file is empty.
    #[error("the file has no parameters")]
    Empty,
    /// Not YAML.
    #[error("invalid YAML: {0}")]
    NotYaml(String),
    /// Too deeply nested.
    #[error("this is nested too deeply")]
    TooDeep,
    /// YAML, but not keys and values.
    #[error("the file is YAML, but not a list of keys with values")]
    NotKeys,
    /// A duplicated key.
    #[error("the key `{0}` is duplicated")]
    Twice(String),
    /// Written for a later version of the program.
    #[error("the parameters have version {0}; this program reads version {known}", known = super::VERSION)]
    Newer(u64),
    /// An unknown key.
    #[error("unknown parameter `{key}`")]
    Unknown {
        /// The full key: `prompts.greting`.
        key: String,
        /// The closest known key, if one is close.
        nearest: Option<String>,
    },
    /// A `--set` without `=`.
    #[error("--set needs a key and a value")]
    NoEquals,
    /// A key without a value, or with `~`.
    #[error("`{0}` has no value")]
    NoValue(String),
    /// A required key is missing.
    #[error("`{0}` is missing")]
    Missing(String),
    /// Prompts in a language without built-in text are missing.
    #[error("{} missing: vmx-install has no built-in text in {language}", missing(.keys))]
    NoWords {
        /// The full keys.
        keys: Vec<String>,
        /// The language's code.
        language: String,
    },
    /// The default mode is not in `modes`.
    #[error("`default_mode` is {mode}, which is not in `modes`")]
    ModeNotEnabled {
        /// The default mode.
        mode: String,
    },
    /// A delivery mode lacks a setting.
    #[error("`{key}` is missing: {why}")]
    Needed {
        /// The full key.
        key: &'static str,
        /// What needs it.
        why: &'static str,
    },
    /// Values that are valid on their own but not together.
    #[error("`{}` and `{}` do not fit together: {why}", .keys[0], .keys[1])]
    Conflict {
        /// The full keys, the one that is more likely wrong first.
        keys: &'static [&'static str; 2],
        /// Why.
        why: String,
    },
    /// A resource of another region, account or instance.
    #[error("`{key}` is invalid: {0}", key = .0.key)]
    Foreign(Box<Foreign>),
    /// A value of the wrong type or out of range.
    #[error("`{key}` is invalid: {why}")]
    Wrong {
        /// The full key.
        key: String,
        /// What was found and what was expected.
        why: String,
    },
}

/// Keys, and the verb that agrees with them.
fn missing(keys: &[String]) -> String {
    let quoted: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    format!("{} {}", quoted.join(", "), if keys.len() == 1 { "is" } else { "are" })
}

impl Problem {
    /// The keys whose values can be at fault, the most likely first.
    pub(super) fn keys(&self) -> Vec<&str> {
        match self {
            Self::Conflict { keys, .. } => keys.to_vec(),
            Self::ModeNotEnabled { .. } => vec!["default_mode", "modes"],
            Self::Needed { key, .. } => vec![key, "modes"],
            Self::Foreign(foreign) => vec![&foreign.key],
            Self::NoWords { keys, .. } => keys.iter().map(String::as_str).collect(),
            Self::Wrong { key, .. } => vec![key],
            _ => Vec::new(),
        }
    }

    /// The fix.
    pub(super) fn remedy(&self) -> String {
        match self {
            Self::Unreadable(_) => "use a parameters file; params.example.yaml explains every key".into(),
            Self::NoFile(_) => {
                "create it with `vmx-install wizard`, or use another file with --params".into()
            }
            Self::Empty => "set at least version, region and instance; params.example.yaml explains every \
                            key"
            .into(),
            Self::NotYaml(_) => {
                "fix the line; text that contains `: ` or ` #`, or starts with one of {[*&!|>'\"%@`, needs \
                 quotes"
                    .into()
            }
            Self::TooDeep => "no parameter is a list of lists of lists; see params.example.yaml for every \
                              key"
            .into(),
            Self::NotKeys => "write one `key: value` per line; see params.example.yaml".into(),
            Self::Twice(_) => "keep one of the two lines".into(),
            Self::Newer(_) => "use the newer vmx-install that wrote it".into(),
            Self::Unknown { nearest: Some(name), .. } => format!("did you mean `{name}`?"),
            Self::Unknown { nearest: None, .. } => {
                "remove the line; params.example.yaml lists every key".into()
            }
            Self::NoEquals => "write --set key=value, such as --set retention.logs_days=90".into(),
            Self::NoValue(_) => "set a value, or remove the line to use the default".into(),
            Self::Missing(key) => format!("add a line `{key}: …`; params.example.yaml explains it"),
            Self::NoWords { keys, .. } => match &keys[..] {
                [key] => format!("set `{key}` yourself, in that language"),
                _ => "set them yourself, in that language".into(),
            },
            Self::ModeNotEnabled { mode } => format!("add {mode} to `modes`, or choose one of them"),
            Self::Needed { key, .. } => format!("set `{key}`; docs/delivery.md explains it"),
            Self::Conflict { .. } => "change one of the values; params.example.yaml explains them".into(),
            Self::Foreign(_) | Self::Wrong { .. } => {
                "change the value; params.example.yaml explains it".into()
            }
        }
    }
}
