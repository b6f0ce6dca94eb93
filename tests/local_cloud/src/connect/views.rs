//! Views: what a guide shows to an agent.

use std::collections::BTreeMap;

use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::center::ContactCenter;
use super::document::sha256;
use super::error::{duplicate, invalid_parameter, invalid_request, not_found};
use super::paging::Page;
use super::service::seconds;
use super::tags::{check_tags, shown};
use crate::service::{AwsError, AwsRequest};

/// The views of every instance, by ID, with their names.
const OF_AWS: &[(&str, &str)] = &[
    ("cards", "Cards"),
    ("confirmation", "Confirmation"),
    ("detail", "Detail"),
    ("form", "Form"),
    ("list", "List"),
];

/// A view of the instance, or one of AWS's managed views.
#[derive(Debug, Clone)]
pub(crate) struct View {
    id: String,
    pub(crate) name: String,
    description: Option<String>,
    /// Whether it is managed by AWS.
    of_aws: bool,
    /// The published content; `None` if the view was only saved.
    published: Option<ViewContent>,
    /// The last saved content, published or not.
    saved: ViewContent,
    pub(super) tags: BTreeMap<String, String>,
    created: Timestamp,
    modified: Timestamp,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ViewContent {
    /// JSON, as text.
    template: String,
    /// The actions that an agent can choose.
    #[serde(default)]
    actions: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateView {
    name: String,
    description: Option<String>,
    status: String,
    content: ViewContent,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateContent {
    status: String,
    content: ViewContent,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateMetadata {
    name: Option<String>,
    description: Option<String>,
}

impl View {
    /// AWS's managed views. Their templates are not known here.
    pub(super) fn of_aws(now: Timestamp) -> BTreeMap<String, Self> {
        let views = OF_AWS.iter().map(|(id, name)| {
            let view = Self {
                id: (*id).to_owned(),
                name: (*name).to_owned(),
                description: None,
                of_aws: true,
                published: Some(ViewContent::default()),
                saved: ViewContent::default(),
                tags: BTreeMap::new(),
                created: now,
                modified: now,
            };
            (view.id.clone(), view)
        });
        views.collect()
    }
}

/// Whether a status publishes the view.
fn publishes(status: &str) -> Result<bool, AwsError> {
    match status {
        "PUBLISHED" => Ok(true),
        "SAVED" => Ok(false),
        other => Err(invalid_parameter(format!("there is no status {other}"))),
    }
}

/// Refuses content that cannot be shown.
fn check_content(content: &ViewContent) -> Result<(), AwsError> {
    match serde_json::from_str::<Value>(&content.template) {
        Ok(Value::Object(template)) if template.get("Body").is_some_and(Value::is_array) => Ok(()),
        Ok(_) => Err(invalid_request("the view's template is no JSON object with a list named Body")),
        Err(error) => Err(invalid_request(format!("the view's template is no JSON: {error}"))),
    }
}

/// Splits a view's ID from its qualifier; also returns whether the saved content is meant.
fn parse_id(id: &str) -> (&str, bool) {
    match id.strip_suffix(":$SAVED") {
        Some(id) => (id, true),
        None => (id.strip_suffix(":$LATEST").unwrap_or(id), false),
    }
}

impl ContactCenter {
    /// The published view with an ID or ARN, in a version: only the newest is kept.
    pub(crate) fn view(&self, id_or_arn: &str, version: &str) -> Option<&View> {
        if version == "$SAVED" {
            return None;
        }
        self.view_of(parse_id(id_or_arn).0).filter(|view| view.published.is_some())
    }

    fn view_of(&self, id_or_arn: &str) -> Option<&View> {
        let of_aws = format!("arn:{}:connect:{}:aws:view/", self.account.partition, self.account.region);
        let own = self.arn("view/");
        let id = id_or_arn
            .strip_prefix(&own)
            .or_else(|| Some(id_or_arn.strip_prefix(&of_aws)?.split(':').next().unwrap_or_default()))
            .unwrap_or(id_or_arn);
        self.views.get(id)
    }

    fn view_arn(&self, view: &View) -> String {
        if view.of_aws {
            let Self { account, .. } = self;
            return format!("arn:{}:connect:{}:aws:view/{}:1", account.partition, account.region, view.id);
        }
        self.arn(&format!("view/{}", view.id))
    }

    /// A view of the instance's own, which can be changed.
    fn own_view_mut(&mut self, id: &str) -> Result<&mut View, AwsError> {
        let id = self.view_of(parse_id(id).0).filter(|view| !view.of_aws).map(|view| view.id.clone());
        id.and_then(|id| self.views.get_mut(&id)).ok_or_else(|| not_found("the view"))
    }

    fn check_view_name(&self, name: &str, own_id: Option<&str>) -> Result<(), AwsError> {
        if name.is_empty() || name.chars().count() > 255 {
            return Err(invalid_parameter("a view's name has between 1 and 255 characters"));
        }
        match self.views.values().find(|view| view.name == name) {
            Some(view) if Some(view.id.as_str()) != own_id => {
                Err(duplicate(format!("there is a view named {name:?} already")))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn create_view(&mut self, request: &AwsRequest, now: Timestamp) -> Result<Value, AwsError> {
        let asked: CreateView = request.json()?;
        let publish = publishes(&asked.status)?;
        check_tags(&asked.tags)?;
        self.check_view_name(&asked.name, None)?;
        check_content(&asked.content)?;
        let view = View {
            id: Uuid::new_v4().to_string(),
            name: asked.name,
            description: asked.description,
            of_aws: false,
            published: publish.then(|| asked.content.clone()),
            saved: asked.content,
            tags: asked.tags,
            created: now,
            modified: now,
        };
        let answer = self.described_view(&view, !publish)?;
        self.views.insert(view.id.clone(), view);
        Ok(answer)
    }

    pub(super) fn describe_view(&self, id: &str) -> Result<Value, AwsError> {
        let (id, saved) = parse_id(id);
        let view = self.view_of(id).ok_or_else(|| not_found("the view"))?;
        self.described_view(view, saved)
    }

    fn described_view(&self, view: &View, saved: bool) -> Result<Value, AwsError> {
        let content = if saved { Some(&view.saved) } else { view.published.as_ref() };
        let content = content.ok_or_else(|| {
            AwsError::new(
                StatusCode::NOT_FOUND,
                "ResourceNotFoundException",
                "the view has not been published",
            )
        })?;
        Ok(json!({"View": {
            "Id": view.id,
            "Arn": self.view_arn(view),
            "Name": view.name,
            "Status": if saved { "SAVED" } else { "PUBLISHED" },
            "Type": if view.of_aws { "AWS_MANAGED" } else { "CUSTOMER_MANAGED" },
            "Description": view.description,
            "Version": 1,
            "Content": content,
            "Tags": shown(&view.tags),
            "CreatedTime": seconds(view.created),
            "LastModifiedTime": seconds(view.modified),
            "ViewContentSha256": sha256(&format!("{}{:?}", content.template, content.actions)),
        }}))
    }

    pub(super) fn update_view_content(
        &mut self,
        request: &AwsRequest,
        id: &str,
        now: Timestamp,
    ) -> Result<Value, AwsError> {
        let UpdateContent { status, content } = request.json()?;
        let publish = publishes(&status)?;
        check_content(&content)?;
        let view = self.own_view_mut(id)?;
        if publish {
            view.published = Some(content.clone());
        }
        view.saved = content;
        view.modified = now;
        let view = view.clone();
        self.described_view(&view, !publish)
    }

    pub(super) fn update_view_metadata(&mut self, request: &AwsRequest, id: &str) -> Result<Value, AwsError> {
        let UpdateMetadata { name, description } = request.json()?;
        let own_id = self.own_view_mut(id)?.id.clone();
        if let Some(name) = &name {
            self.check_view_name(name, Some(&own_id))?;
        }
        let view = self.own_view_mut(id)?;
        if let Some(name) = name {
            view.name = name;
        }
        if description.is_some() {
            view.description = description;
        }
        Ok(json!({}))
    }

    pub(super) fn delete_view(&mut self, id: &str) -> Result<Value, AwsError> {
        let id = self.own_view_mut(id)?.id.clone();
        self.views.remove(&id);
        Ok(json!({}))
    }

    pub(super) fn list_views(&self, request: &AwsRequest) -> Result<Value, AwsError> {
        let kind = |view: &View| if view.of_aws { "AWS_MANAGED" } else { "CUSTOMER_MANAGED" };
        let asked = request.query_value("type");
        let views = self
            .views
            .values()
            .filter(|view| asked.is_none_or(|asked| kind(view) == asked))
            .map(|view| {
                json!({
                    "Id": view.id,
                    "Arn": self.view_arn(view),
                    "Name": view.name,
                    "Type": kind(view),
                    "Status": if view.published.is_some() { "PUBLISHED" } else { "SAVED" },
                    "Description": view.description,
                })
            })
            .collect();
        Ok(Page::of_query(request, views, 100)?.into_response("ViewsSummaryList"))
    }
}
