//! One change, as text.

use std::fmt;

use serde::Serialize;

/// A planned change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What is done.
    pub action: Action,
    /// To which kind of thing.
    pub kind: Kind,
    /// Which one.
    pub name: String,
    /// Details.
    pub detail: Option<String>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.action.imperative(), self.kind, self.name)?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}

/// Something that is kept, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stays {
    /// Which kind of thing.
    pub kind: Kind,
    /// Which one.
    pub name: String,
    /// Why it is kept.
    pub reason: String,
}

/// A change to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "lowercase")]
pub enum Action {
    /// Created.
    Created,
    /// Uploaded to the code bucket.
    Uploaded,
    /// Updated.
    Updated,
    /// Deleted.
    Deleted,
    /// All contents deleted.
    Emptied,
    /// The instance uses it from now on.
    Associated,
    /// The instance no longer uses it.
    Disassociated,
}

/// The kinds of things that a run changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "lowercase")]
pub enum Kind {
    /// An S3 bucket.
    Bucket,
    /// A function's zip in the code bucket.
    #[strum(to_string = "code of")]
    Artifact,
    /// The CloudFormation stack.
    Stack,
    /// A storage config of the instance.
    #[strum(to_string = "storage of")]
    StorageConfig,
    /// A function that the instance's flows can invoke.
    #[strum(to_string = "function")]
    Lambda,
    /// A contact flow.
    Flow,
    /// A log group.
    #[strum(to_string = "log group")]
    LogGroup,
    /// A resource of the stack.
    Resource,
    /// Recordings of voicemails.
    Recordings,
    /// A Kinesis video stream.
    #[strum(to_string = "video stream")]
    VideoStream,
}

impl Action {
    /// The action as an imperative: `create`.
    #[must_use]
    pub fn imperative(self) -> &'static str {
        match self {
            Self::Created => "create",
            Self::Uploaded => "upload",
            Self::Updated => "update",
            Self::Deleted => "delete",
            Self::Emptied => "empty",
            Self::Associated => "associate",
            Self::Disassociated => "disassociate",
        }
    }

    /// The completed action: `created`.
    #[must_use]
    pub fn participle(self) -> &'static str {
        self.into()
    }
}
