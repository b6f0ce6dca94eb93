//! The content of a record.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use vmx_contract::mode::Mode;
use vmx_contract::package::Package;
use vmx_contract::salesforce::{ApiName, Settings};
use vmx_contract::staff::Words;
use vmx_contract::voicemail::Warning;

use crate::delivery::words::{cut, description};

/// The longest subject, in UTF-16 code units. Source: Object Reference for the Salesforce Platform, Case.
const LONGEST_SUBJECT: usize = 255;
/// The longest text field. Source: Salesforce Help, *Custom Field Types*; the field `Name` allows 80.
const LONGEST_NAME: usize = 80;
/// The longest description. Source: Object Reference, Case, which says 32 KB; Salesforce counts characters.
const LONGEST_TEXT: usize = 32_000;
/// The longest phone number. Source: Salesforce Help, *Custom Field Types*.
const LONGEST_NUMBER: usize = 40;

/// The object and fields for a voicemail.
#[derive(Debug)]
pub(super) struct Form<'a> {
    pub(super) object: &'a ApiName,
    pub(super) external_id_field: &'a ApiName,
    settings: &'a Settings,
    texts: Texts<'a>,
    words: &'a Words,
}

/// The object's own fields.
#[derive(Debug)]
enum Texts<'a> {
    /// The standard fields of a case.
    Case,
    /// Those of the custom object.
    Custom { transcript: &'a ApiName, subject: Option<&'a ApiName> },
}

/// A voicemail being written to a record.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) package: &'a Package,
    /// ID of the user who will own the record.
    pub(super) owner: Option<String>,
    /// The priority set by the call.
    pub(super) priority: Option<&'a str>,
    warnings: Vec<Warning>,
}

/// The object of cases.
static CASE: std::sync::LazyLock<ApiName> = std::sync::LazyLock::new(ApiName::case);

impl<'a> Form<'a> {
    /// The fields of a mode; `None` if the settings have none for it.
    pub(super) fn of(settings: &'a Settings, mode: Mode, words: &'a Words) -> Option<Self> {
        let (object, texts) = if mode == Mode::Sfcase {
            (&*CASE, Texts::Case)
        } else {
            let object = settings.object.as_ref()?;
            let texts = Texts::Custom {
                transcript: &object.transcript_field,
                subject: object.subject_field.as_ref(),
            };
            (&object.name, texts)
        };
        Some(Self { object, external_id_field: &settings.external_id_field, settings, texts, words })
    }

    /// Whether its records have a priority.
    pub(super) fn has_priority(&self) -> bool {
        matches!(self.texts, Texts::Case)
    }

    /// The fields of a record, and its warnings.
    pub(super) fn fill(&self, draft: &Draft<'_>) -> (Map<String, Value>, Vec<Warning>) {
        let package = draft.package;
        let (attributes, complete) = attributes(&package.attributes);
        let mut warnings = draft.warnings.clone();
        if !complete && self.settings.attributes_field.is_some() {
            warnings.push(Warning::AttributeDropped);
        }
        let mut fields = Map::new();
        let mut set = |field: Option<&str>, value: Option<String>| {
            if let (Some(field), Some(value)) = (field, value) {
                fields.insert(field.to_owned(), value.into());
            }
        };
        let subject = self.words.title_of(package);
        let text = description(self.words, package, None, &warnings, LONGEST_TEXT);
        match self.texts {
            Texts::Case => {
                let priority = draft.priority.unwrap_or(&self.settings.default_priority);
                set(Some("Subject"), Some(cut(&subject, LONGEST_SUBJECT)));
                set(Some("Description"), Some(text));
                set(Some("Status"), Some("New".to_owned()));
                set(Some("Origin"), Some("Phone".to_owned()));
                set(Some("Priority"), Some(priority.to_owned()).filter(|priority| !priority.is_empty()));
            }
            Texts::Custom { transcript, subject: field } => {
                set(Some(transcript.as_str()), Some(text));
                set(field.map(ApiName::as_str), Some(cut(&subject, LONGEST_NAME)));
            }
        }
        let name = |field: &'a Option<ApiName>| field.as_ref().map(ApiName::as_str);
        let number = package.from.clone().filter(|number| number.encode_utf16().count() <= LONGEST_NUMBER);
        set(name(&self.settings.callback_number_field), number);
        set(name(&self.settings.attributes_field), Some(attributes));
        set(name(&self.settings.link_field), package.playback.as_ref().map(|playback| playback.url.clone()));
        set(Some("OwnerId"), draft.owner.clone());
        (fields, warnings)
    }
}

impl<'a> Draft<'a> {
    pub(super) fn new(package: &'a Package, priority: Option<&'a str>) -> Self {
        let priority = priority.map(str::trim).filter(|priority| !priority.is_empty());
        Self { package, owner: None, priority, warnings: Vec::new() }
    }

    /// Leaves the owner to Salesforce.
    pub(super) fn without_owner(&mut self) {
        self.owner = None;
        self.warnings.push(Warning::OwnerReplaced);
    }

    /// Uses the default priority.
    pub(super) fn without_priority(&mut self) {
        self.priority = None;
        self.warnings.push(Warning::PriorityReplaced);
    }
}

/// The attributes as JSON, and whether all of them are included: a field is limited, and cut JSON is invalid. The
/// longest are omitted first.
fn attributes(all: &BTreeMap<String, String>) -> (String, bool) {
    let mut kept: BTreeMap<&str, &str> =
        all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    loop {
        let json = Value::from_iter(kept.iter().map(|(name, value)| (*name, *value))).to_string();
        if json.encode_utf16().count() <= LONGEST_TEXT {
            return (json, kept.len() == all.len());
        }
        let longest = kept.iter().max_by_key(|(name, value)| name.len() + value.len());
        let Some(longest) = longest.map(|(name, _)| *name) else {
            return ("{}".to_owned(), all.is_empty());
        };
        kept.remove(longest);
    }
}

#[cfg(test)]
mod tests;
