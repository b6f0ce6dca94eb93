//! The common parts of SearchQueues, SearchUsers and SearchContactFlows: criteria, a filter by tags, pages.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::error::invalid_parameter;
use super::paging::Page;
use crate::service::AwsError;

/// A search in a request's body.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Search {
    pub(super) instance_id: String,
    next_token: Option<String>,
    max_results: Option<usize>,
    search_criteria: Option<Criteria>,
    search_filter: Option<Filter>,
}

/// A searchable resource.
pub(super) struct Subject<'a> {
    pub(super) tags: &'a BTreeMap<String, String>,
    /// The fields for a StringCondition.
    pub(super) fields: &'a [(&'static str, &'a str)],
    /// The values for the other conditions, by name.
    pub(super) traits: &'a [(&'static str, &'a str)],
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Criteria {
    or_conditions: Option<Vec<Criteria>>,
    and_conditions: Option<Vec<Criteria>>,
    string_condition: Option<StringCondition>,
    queue_type_condition: Option<String>,
    type_condition: Option<String>,
    state_condition: Option<String>,
    status_condition: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StringCondition {
    field_name: String,
    value: String,
    comparison_type: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Filter {
    tag_filter: Option<TagFilter>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TagFilter {
    or_conditions: Option<Vec<Vec<TagCondition>>>,
    and_conditions: Option<Vec<TagCondition>>,
    tag_condition: Option<TagCondition>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagCondition {
    tag_key: String,
    tag_value: Option<String>,
}

impl Criteria {
    /// Whether the subject matches. Unsupported criteria are refused.
    fn matches(&self, subject: &Subject<'_>) -> Result<bool, AwsError> {
        let mut matches = true;
        if let Some(StringCondition { field_name, value, comparison_type }) = &self.string_condition {
            let found = of(subject.fields, field_name)
                .ok_or_else(|| invalid_parameter(format!("there is no searchable field {field_name}")))?
                .to_lowercase();
            let value = value.to_lowercase();
            matches &= match comparison_type.as_str() {
                "EXACT" => found == value,
                "STARTS_WITH" => found.starts_with(&value),
                "CONTAINS" => found.contains(&value),
                other => return Err(invalid_parameter(format!("there is no comparison {other}"))),
            };
        }
        for (name, wanted) in [
            ("QueueTypeCondition", &self.queue_type_condition),
            ("TypeCondition", &self.type_condition),
            ("StateCondition", &self.state_condition),
            ("StatusCondition", &self.status_condition),
        ] {
            if let Some(wanted) = wanted {
                let found = of(subject.traits, name);
                matches &=
                    found.ok_or_else(|| invalid_parameter(format!("{name} has no meaning here")))? == wanted;
            }
        }
        for criteria in self.and_conditions.iter().flatten() {
            matches &= criteria.matches(subject)?;
        }
        if let Some(any) = &self.or_conditions {
            let mut one = false;
            for criteria in any {
                one |= criteria.matches(subject)?;
            }
            matches &= one;
        }
        Ok(matches)
    }
}

fn of<'a>(pairs: &[(&'static str, &'a str)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

impl TagFilter {
    fn matches(&self, tags: &BTreeMap<String, String>) -> bool {
        let all = |conditions: &[TagCondition]| conditions.iter().all(|condition| condition.matches(tags));
        self.tag_condition.as_ref().is_none_or(|condition| condition.matches(tags))
            && self.and_conditions.as_deref().is_none_or(all)
            && self.or_conditions.as_ref().is_none_or(|any| any.iter().any(|conditions| all(conditions)))
    }
}

impl TagCondition {
    fn matches(&self, tags: &BTreeMap<String, String>) -> bool {
        let value = tags.get(&self.tag_key);
        value.is_some_and(|value| self.tag_value.as_ref().is_none_or(|wanted| wanted == value))
    }
}

impl Search {
    pub(super) fn matches(&self, subject: &Subject<'_>) -> Result<bool, AwsError> {
        let filter = self.search_filter.as_ref().and_then(|filter| filter.tag_filter.as_ref());
        let tagged = filter.is_none_or(|filter| filter.matches(subject.tags));
        let criteria = self.search_criteria.as_ref();
        Ok(tagged & criteria.map_or(Ok(true), |criteria| criteria.matches(subject))?)
    }

    /// The requested page, with `most` results by default.
    pub(super) fn page(&self, items: Vec<Value>, most: usize, name: &str) -> Result<Value, AwsError> {
        let total = items.len();
        let page = Page::of(items, self.max_results, self.next_token.as_deref(), most)?;
        let mut response = page.into_response(name);
        response["ApproximateTotalCount"] = total.into();
        Ok(response)
    }
}
