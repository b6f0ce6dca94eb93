//! What can be wrong with a `params.yaml`, said so that it can be mended.

use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};

/// A `params.yaml` that cannot be used: what is wrong, where, and what to do.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{problem}")]
pub struct ParamsError {
    /// What is wrong.
    pub problem: Problem,
    /// The file.
    #[source_code]
    pub(super) file: Arc<NamedSource<String>>,
    /// The place in it, when there is one.
    #[label("here")]
    pub(super) place: Option<SourceSpan>,
    /// What to do.
    #[help]
    pub(super) remedy: String,
}

/// What is wrong with a `params.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The file cannot be opened or is not UTF-8.
    #[error("could not read the parameters: {0}")]
    Unreadable(String),
    /// There is no such file.
    #[error("no such file: {0}")]
    NoFile(String),
    /// There is nothing in it.
    #[error("the file has no parameters")]
    Empty,
    /// Not YAML.
    #[error("invalid YAML: {0}")]
    NotYaml(String),
    /// Lists in lists, or keys in keys, without end.
    #[error("this is nested too deeply")]
    TooDeep,
    /// YAML, but no keys and values.
    #[error("the file is YAML, but not a list of keys with values")]
    NotKeys,
    /// A key stands there twice.
    #[error("the key `{0}` is duplicated")]
    Twice(String),
    /// Written for a later version of the program.
    #[error("the parameters have version {0}; this program reads version {known}", known = super::VERSION)]
    Newer(u64),
    /// A key that is not known.
    #[error("unknown parameter `{key}`")]
    Unknown {
        /// The key, with what it stands in: `prompts.greting`.
        key: String,
        /// The known key that is nearest, if one is near.
        nearest: Option<String>,
    },
    /// A variable of the environment that looks like a parameter and is none.
    #[error("the environment variable {name} is not a parameter")]
    UnknownVariable {
        /// The variable.
        name: String,
        /// The parameter's variable that is nearest, if one is near.
        nearest: Option<String>,
    },
    /// A `--set` without `=`.
    #[error("--set needs a key and a value")]
    NoEquals,
    /// A key without a value, or with `~`.
    #[error("`{0}` has no value")]
    NoValue(String),
    /// A key that must be there and is not.
    #[error("`{0}` is missing")]
    Missing(String),
    /// Something is said in a language in which nothing comes with the program.
    #[error("`{key}` is missing: vmx-install has no built-in text in {language}")]
    NoWords {
        /// The key, with what it stands in.
        key: String,
        /// The language's code.
        language: String,
    },
    /// The default mode cannot be delivered.
    #[error("`default_mode` is {mode}, which is not in `modes`")]
    ModeNotEnabled {
        /// The default mode.
        mode: String,
    },
    /// A delivery mode lacks what it needs.
    #[error("`{key}` is missing: {why}")]
    Needed {
        /// The key, with what it stands in.
        key: &'static str,
        /// What needs it.
        why: &'static str,
    },
    /// A value of the wrong type or outside its limits.
    #[error("`{key}` is invalid: {why}")]
    Wrong {
        /// The key, with what it stands in.
        key: String,
        /// What was found and what was expected.
        why: String,
    },
}

impl Problem {
    /// What to do.
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
            Self::UnknownVariable { nearest: Some(name), .. } => format!("did you mean {name}?"),
            Self::UnknownVariable { nearest: None, .. } => {
                "unset it: VMX_ is the prefix of parameters, such as VMX_RETENTION__LOGS_DAYS".into()
            }
            Self::NoEquals => "write --set key=value, such as --set retention.logs_days=90".into(),
            Self::NoValue(_) => "set a value, or remove the line to use the default".into(),
            Self::Missing(key) => format!("add a line `{key}: …`; params.example.yaml explains it"),
            Self::NoWords { key, .. } => format!("set `{key}` yourself, in that language"),
            Self::ModeNotEnabled { mode } => format!("add {mode} to `modes`, or choose one of them"),
            Self::Needed { key, .. } => format!("set `{key}`; docs/delivery.md explains it"),
            Self::Wrong { .. } => "change the value; params.example.yaml explains it".into(),
        }
    }
}
