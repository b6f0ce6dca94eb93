//! A plan as text.

use super::{ENTERED, FlowChange, Plan, StackChange, StorageChange};
use crate::change::{Action, Change, Kind};

impl Plan {
    /// All changes. Empty if everything matches.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut add = |action, kind, name: &str, detail: Option<String>| {
            changes.push(Change { action, kind, name: name.to_owned(), detail });
        };
        if self.bucket.create {
            add(Action::Created, Kind::Bucket, &self.bucket.name, None);
        } else if self.bucket.set_up {
            let detail = "encryption, access, tags".to_owned();
            add(Action::Updated, Kind::Bucket, &self.bucket.name, Some(detail));
        }
        for upload in &self.uploads {
            let detail = format!("{} kB, sha256 {:.12}…", upload.bytes / 1000, upload.sha256);
            add(Action::Uploaded, Kind::Artifact, &upload.function, Some(detail));
        }
        match &self.stack.change {
            StackChange::None => {}
            StackChange::Create => add(Action::Created, Kind::Stack, &self.stack.name, None),
            StackChange::Replace { status } => {
                let detail = format!("left by a failed first installation, {status}");
                add(Action::Deleted, Kind::Stack, &self.stack.name, Some(detail));
                add(Action::Created, Kind::Stack, &self.stack.name, None);
            }
            StackChange::Update { differs } => {
                add(Action::Updated, Kind::Stack, &self.stack.name, Some(differs.join(", ")));
            }
        }
        for storage in &self.storage {
            let mut detail = match storage {
                StorageChange::ContactRecords => "to the stack's Kinesis stream".to_owned(),
                StorageChange::MediaStreams { prefix, retention_hours, .. } => {
                    format!("to Kinesis video streams {prefix}-…, kept {retention_hours} hours")
                }
            };
            if !self.is_first_installation() {
                detail.push_str("; it is missing because it was removed or a run was stopped");
            }
            add(Action::Associated, Kind::StorageConfig, storage.name(), Some(detail));
        }
        for stream in &self.keep_media {
            let detail = format!(
                "set a retention of {} hours; it is 0, so its calls cannot be recorded",
                stream.hours
            );
            add(Action::Updated, Kind::VideoStream, &stream.name, Some(detail));
        }
        for function in &self.associations {
            add(Action::Associated, Kind::Lambda, &function.to_string(), None);
        }
        for flow in &self.flows {
            match flow.change {
                FlowChange::None { .. } => {}
                FlowChange::Create => add(Action::Created, Kind::Flow, &flow.name, None),
                FlowChange::Update { .. } => add(Action::Updated, Kind::Flow, &flow.name, None),
                FlowChange::Tag { .. } => {
                    add(Action::Updated, Kind::Flow, &flow.name, Some("its tag only".to_owned()));
                }
            }
        }
        if self.enter.is_some() {
            let detail = "each is recorded as delivered or undelivered, so that none is lost".to_owned();
            add(Action::Updated, Kind::Recordings, ENTERED, Some(detail));
        }
        changes
    }
}
