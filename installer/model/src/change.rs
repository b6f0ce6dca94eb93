//! One change, in words.

use std::fmt;

use serde::Serialize;

/// One thing that is going to happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What happens.
    pub action: Action,
    /// To which kind of thing.
    pub kind: Kind,
    /// Which one.
    pub name: String,
    /// What else there is to say.
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

/// Something that stays, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stays {
    /// Which kind of thing.
    pub kind: Kind,
    /// Which one.
    pub name: String,
    /// Why it stays.
    pub reason: String,
}

/// What was done to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is new.
    Created,
    /// It is in the artifact bucket now.
    Uploaded,
    /// It was there and is different now.
    Updated,
    /// It is gone.
    Deleted,
    /// All that was in it is gone.
    Emptied,
    /// The instance uses it now.
    Associated,
    /// The instance does not use it any more.
    Disassociated,
}

/// The kinds of things that a run touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An S3 bucket.
    Bucket,
    /// A function's zip in the artifact bucket.
    Artifact,
    /// The CloudFormation stack.
    Stack,
    /// Where the instance puts something: a storage config.
    StorageConfig,
    /// A function that flows of the instance may invoke.
    Lambda,
    /// A contact flow.
    Flow,
    /// A log group.
    LogGroup,
    /// A resource of the stack.
    Resource,
    /// Recordings of voicemails.
    Recordings,
    /// A Kinesis video stream.
    VideoStream,
}

impl Action {
    /// The action as an order: `create`.
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

    /// The action when it is done: `created`.
    #[must_use]
    pub fn participle(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Uploaded => "uploaded",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Emptied => "emptied",
            Self::Associated => "associated",
            Self::Disassociated => "disassociated",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bucket => "bucket",
            Self::Artifact => "code of",
            Self::Stack => "stack",
            Self::StorageConfig => "storage of",
            Self::Lambda => "function",
            Self::Flow => "flow",
            Self::LogGroup => "log group",
            Self::Resource => "resource",
            Self::Recordings => "recordings",
            Self::VideoStream => "video stream",
        })
    }
}
