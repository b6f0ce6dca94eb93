//! Tags of the instance's resources.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::center::ContactCenter;
use super::error::{invalid_parameter, invalid_request, not_found};
use crate::service::{AwsError, AwsRequest};

/// The maximum number of tags per resource.
const MOST_TAGS: usize = 50;

#[derive(Debug, Deserialize)]
struct TagResource {
    tags: BTreeMap<String, String>,
}

/// Tags as answers show them: they have none rather than an empty map, whose minimum is one tag.
pub(super) fn shown(tags: &BTreeMap<String, String>) -> Value {
    if tags.is_empty() { Value::Null } else { json!(tags) }
}

/// Refuses tags that break AWS's general rules.
pub(super) fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), AwsError> {
    let allowed = |character: char| {
        character.is_alphanumeric() || character.is_whitespace() || "_.:/=+-@".contains(character)
    };
    for (key, value) in tags {
        if key.is_empty() || key.chars().count() > 128 || key.starts_with("aws:") || !key.chars().all(allowed)
        {
            return Err(invalid_parameter(format!("{key:?} is no key of a tag")));
        }
        if value.chars().count() > 256 {
            return Err(invalid_parameter(format!(
                "the value of the tag {key} has more than 256 characters"
            )));
        }
    }
    if tags.len() > MOST_TAGS {
        return Err(invalid_request(format!("a resource has at most {MOST_TAGS} tags")));
    }
    Ok(())
}

impl ContactCenter {
    fn tags_mut(&mut self, arn: &str) -> Result<&mut BTreeMap<String, String>, AwsError> {
        let missing = || not_found(format!("resource {arn}"));
        if arn == self.instance_arn() {
            return Ok(&mut self.tags);
        }
        let number_prefix = self.phone_number_arn("");
        if let Some(id) = arn.strip_prefix(&number_prefix) {
            let number = self.phone_numbers.iter_mut().find(|number| number.id == id);
            return number.map(|number| &mut number.tags).ok_or_else(missing);
        }
        let resource = arn.strip_prefix(&self.arn("")).ok_or_else(missing)?;
        let (kind, id) = resource.split_once('/').ok_or_else(missing)?;
        let tags = match kind {
            "contact-flow" => self.flows.get_mut(id).map(|flow| &mut flow.document.tags),
            "flow-module" => self.modules.get_mut(id).map(|module| &mut module.document.tags),
            "view" => self.views.get_mut(id).map(|view| &mut view.tags),
            "queue" => find(&mut self.queues, |queue| queue.id == id).map(|queue| &mut queue.tags),
            "agent" => find(&mut self.users, |user| user.id == id).map(|user| &mut user.tags),
            "operating-hours" => find(&mut self.hours, |hours| hours.id == id).map(|hours| &mut hours.tags),
            "routing-profile" => {
                find(&mut self.routing_profiles, |profile| profile.id == id).map(|profile| &mut profile.tags)
            }
            _ => None,
        };
        tags.ok_or_else(missing)
    }

    pub(super) fn tag_resource(&mut self, request: &AwsRequest, arn: &str) -> Result<Value, AwsError> {
        let TagResource { tags: new } = request.json()?;
        if new.is_empty() {
            return Err(invalid_parameter("at least one tag must be given"));
        }
        let tags = self.tags_mut(arn)?;
        let mut merged = tags.clone();
        merged.extend(new);
        check_tags(&merged)?;
        *tags = merged;
        Ok(json!({}))
    }

    pub(super) fn untag_resource(&mut self, request: &AwsRequest, arn: &str) -> Result<Value, AwsError> {
        let tags = self.tags_mut(arn)?;
        for key in request.query_values("tagKeys") {
            tags.remove(key);
        }
        Ok(json!({}))
    }

    pub(super) fn list_tags(&mut self, arn: &str) -> Result<Value, AwsError> {
        let tags = self.tags_mut(arn)?;
        Ok(json!({ "tags": shown(tags) }))
    }
}

fn find<T>(items: &mut [T], wanted: impl Fn(&T) -> bool) -> Option<&mut T> {
    items.iter_mut().find(|item| wanted(item))
}
