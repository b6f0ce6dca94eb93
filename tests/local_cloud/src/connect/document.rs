//! The common parts of contact flows and flow modules: a name, a state, saved content and published content.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::error::invalid_parameter;
use super::tags::shown;
use crate::service::AwsError;

/// The common part of a flow or a module.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) name: String,
    pub(super) description: Option<String>,
    /// `ACTIVE` or `ARCHIVED`.
    pub(super) state: String,
    /// The published content; `None` if the document was only saved.
    pub(crate) published: Option<String>,
    /// The last saved content, published or not.
    saved: String,
    pub(super) tags: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateContent {
    content: String,
}

/// A request's changes to a document except its content.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) state: Option<String>,
}

impl Document {
    pub(super) fn new(
        name: String,
        description: Option<String>,
        content: &str,
        publish: bool,
        tags: BTreeMap<String, String>,
    ) -> Self {
        let saved = rewritten(content);
        let published = publish.then(|| saved.clone());
        Self { name, description, state: "ACTIVE".to_owned(), published, saved, tags }
    }

    pub(super) fn status(&self) -> &'static str {
        if self.published.is_some() { "PUBLISHED" } else { "SAVED" }
    }

    /// The published content, or the last saved one.
    pub(super) fn content(&self, saved: bool) -> Option<&str> {
        if saved { Some(&self.saved) } else { self.published.as_deref() }
    }

    /// Saves content, and publishes it unless told to only save it. Only published content must be valid.
    pub(super) fn update_content(
        &mut self,
        asked: &UpdateContent,
        save_only: bool,
        check: impl FnOnce(&str) -> Result<(), AwsError>,
    ) -> Result<(), AwsError> {
        if !save_only {
            check(&asked.content)?;
        }
        self.saved = rewritten(&asked.content);
        if !save_only {
            self.published = Some(self.saved.clone());
        }
        Ok(())
    }

    /// Applies a request's changes. Its name was checked by [`Metadata::check`] and for conflicts.
    pub(super) fn update_metadata(&mut self, asked: Metadata) {
        if let Some(name) = asked.name {
            self.name = name;
        }
        if asked.description.is_some() {
            self.description = asked.description;
        }
        if let Some(state) = asked.state {
            self.state = state;
        }
    }

    /// The document without its content, as in descriptions and searches.
    pub(super) fn summary(&self, id: &str, arn: String, saved: bool) -> Value {
        json!({
            "Arn": arn,
            "Id": id,
            "Name": self.name,
            "State": self.state,
            "Status": if saved { "SAVED" } else { self.status() },
            "Description": self.description,
            "Tags": shown(&self.tags),
        })
    }
}

impl Metadata {
    pub(super) fn check(&self) -> Result<(), AwsError> {
        match self.state.as_deref() {
            None | Some("ACTIVE" | "ARCHIVED") => Ok(()),
            Some(other) => Err(invalid_parameter(format!("there is no state {other}"))),
        }
    }
}

/// Content as the service returns it: the same JSON, but not the same text.
fn rewritten(content: &str) -> String {
    serde_json::from_str::<Value>(content).map_or_else(|_| content.to_owned(), |content| content.to_string())
}

pub(super) fn sha256(content: &str) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Splits a document's ID or ARN from the qualifier for saved content: `…:$SAVED`.
pub(super) fn parse_id(id: &str) -> (&str, bool) {
    match id.strip_suffix(":$SAVED") {
        Some(id) => (id, true),
        None => (id, false),
    }
}
