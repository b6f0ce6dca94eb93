//! Compares templates resource by resource and property by property.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::read::{Resource, Template, text_of};

/// The change of a resource in the stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceChange {
    /// Its logical ID.
    pub logical_id: String,
    /// For example `AWS::S3::Bucket`.
    pub resource_type: String,
    /// What happens to it.
    pub action: ResourceAction,
    /// The differences. Empty if the whole resource is added or removed.
    pub properties: Vec<PropertyChange>,
    /// What is lost with the old one, if anything: `the messages waiting in it`.
    pub loses: Option<String>,
}

/// What happens to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceAction {
    /// Created.
    Added,
    /// Updated in place.
    Changed,
    /// Replaced by a new one.
    Replaced,
    /// Deleted.
    Removed,
    /// Removed from the stack, but kept.
    Released,
}

/// A property that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PropertyChange {
    /// Its path, for example `Environment.Variables.VMX_LOG_LEVEL`.
    pub path: String,
    /// The old value; `None` if it is new.
    pub from: Option<String>,
    /// The new value; `None` if it is removed.
    pub to: Option<String>,
    /// Whether changing it requires replacing the resource.
    pub replaces: bool,
}

/// Create-only properties, by type. Source: `createOnlyProperties` and
/// `conditionalCreateOnlyProperties` of the CloudFormation resource provider schemas, November 2026.
const CREATE_ONLY: &[(&str, &[&str])] = &[
    ("AWS::CloudWatch::Alarm", &["AlarmName"]),
    ("AWS::CloudWatch::Dashboard", &["DashboardName"]),
    ("AWS::Events::Rule", &["Name", "EventBusName"]),
    ("AWS::IAM::Role", &["Path", "RoleName"]),
    ("AWS::Kinesis::Stream", &["Name"]),
    ("AWS::KMS::Key", &["KeySpec", "KeyUsage", "MultiRegion", "Origin"]),
    (
        "AWS::Lambda::EventSourceMapping",
        &["EventSourceArn", "StartingPosition", "StartingPositionTimestamp", "SelfManagedEventSource"],
    ),
    ("AWS::Lambda::Function", &["FunctionName", "PackageType", "TenancyConfig", "DurableConfig"]),
    (
        "AWS::Lambda::Permission",
        &[
            "Action",
            "EventSourceToken",
            "FunctionName",
            "FunctionUrlAuthType",
            "InvokedViaFunctionUrl",
            "Principal",
            "PrincipalOrgID",
            "SourceAccount",
            "SourceArn",
        ],
    ),
    ("AWS::Lambda::Url", &["Qualifier", "TargetFunctionArn"]),
    ("AWS::Logs::LogGroup", &["LogGroupName"]),
    ("AWS::S3::Bucket", &["BucketName", "BucketNamePrefix", "BucketNamespace"]),
    ("AWS::S3::BucketPolicy", &["Bucket"]),
    ("AWS::SNS::Subscription", &["Endpoint", "Protocol", "TopicArn"]),
    ("AWS::SNS::Topic", &["FifoTopic", "TopicName"]),
    ("AWS::SNS::TopicPolicy", &[]),
    ("AWS::SQS::Queue", &["FifoQueue", "QueueName"]),
    ("AWS::SQS::QueuePolicy", &[]),
];

/// Data in resources that a template cannot restore, by type.
const DATA: &[(&str, &str)] = &[
    ("AWS::Kinesis::Stream", "the contact records in it"),
    ("AWS::Logs::LogGroup", "the logs in it"),
    ("AWS::S3::Bucket", "everything in it"),
    ("AWS::SQS::Queue", "the messages waiting in it"),
];

/// The changes from the first template to the second, by logical ID.
#[must_use]
pub fn compare(old: &Template, new: &Template) -> Vec<ResourceChange> {
    let names: BTreeSet<&String> = old.resources.keys().chain(new.resources.keys()).collect();
    let mut changes: Vec<ResourceChange> = names
        .into_iter()
        .filter_map(|name| match (old.resources.get(name), new.resources.get(name)) {
            (None, Some(new)) => Some(whole(name, new, ResourceAction::Added)),
            (Some(old), None) => Some(removed(name, old)),
            (Some(old), Some(new)) => changed(name, old, new),
            (None, None) => None,
        })
        .collect();
    follow_replacements(old, new, &mut changes);
    changes
}

fn whole(name: &str, resource: &Resource, action: ResourceAction) -> ResourceChange {
    ResourceChange {
        logical_id: name.to_owned(),
        resource_type: resource.resource_type.clone(),
        action,
        properties: Vec::new(),
        loses: None,
    }
}

fn removed(name: &str, old: &Resource) -> ResourceChange {
    // `RetainExceptOnCreate` keeps a resource once it was created.
    if old.when_deleted.starts_with("Retain") {
        return whole(name, old, ResourceAction::Released);
    }
    ResourceChange { loses: data_of(&old.resource_type), ..whole(name, old, ResourceAction::Removed) }
}

fn changed(name: &str, old: &Resource, new: &Resource) -> Option<ResourceChange> {
    let mut properties = differences(&old.properties, &new.properties);
    for property in &mut properties {
        property.replaces = is_create_only(&new.resource_type, &property.path);
    }
    for (path, from, to) in [
        ("Type", &old.resource_type, &new.resource_type),
        ("DeletionPolicy", &old.when_deleted, &new.when_deleted),
        ("UpdateReplacePolicy", &old.when_replaced, &new.when_replaced),
    ] {
        if from != to {
            properties.push(PropertyChange {
                path: path.to_owned(),
                from: Some(from.clone()),
                to: Some(to.clone()),
                replaces: path == "Type",
            });
        }
    }
    if properties.is_empty() {
        return None;
    }
    let mut change = ResourceChange { properties, ..whole(name, new, ResourceAction::Changed) };
    if change.properties.iter().any(|property| property.replaces) {
        replace(&mut change, old, new);
    }
    Some(change)
}

fn replace(change: &mut ResourceChange, old: &Resource, new: &Resource) {
    change.action = ResourceAction::Replaced;
    // AWS does not document which template decides: data counts as kept only if both keep it.
    let kept = old.when_replaced.starts_with("Retain") && new.when_replaced.starts_with("Retain");
    change.loses = data_of(&old.resource_type).filter(|_| !kept);
}

/// A resource whose create-only property refers to a replaced one is replaced too.
fn follow_replacements(old: &Template, new: &Template, changes: &mut Vec<ResourceChange>) {
    let mut pending: Vec<String> = changes
        .iter()
        .filter(|change| change.action == ResourceAction::Replaced)
        .map(|change| change.logical_id.clone())
        .collect();
    while let Some(replaced) = pending.pop() {
        for (name, is) in &new.resources {
            let (Some(was), Some(members)) = (old.resources.get(name), is.properties.as_object()) else {
                continue;
            };
            let follows = members.iter().find(|(property, value)| {
                is_create_only(&is.resource_type, property) && refers(value, &replaced)
            });
            let Some((property, value)) = follows else { continue };
            let at = changes.iter().position(|change| change.logical_id == *name).unwrap_or_else(|| {
                changes.push(whole(name, is, ResourceAction::Changed));
                changes.len() - 1
            });
            if changes[at].action != ResourceAction::Changed {
                continue;
            }
            changes[at].properties.push(PropertyChange {
                path: property.clone(),
                from: Some(format!("{} of the old {replaced}", text_of(value))),
                to: Some(format!("{} of the new {replaced}", text_of(value))),
                replaces: true,
            });
            replace(&mut changes[at], was, is);
            pending.push(name.clone());
        }
    }
    changes.sort_by(|one, other| one.logical_id.cmp(&other.logical_id));
}

fn refers(value: &Value, name: &str) -> bool {
    match value {
        Value::String(text) => {
            text.contains(&format!("${{{name}}}")) || text.contains(&format!("${{{name}."))
        }
        Value::Array(items) => items.iter().any(|item| refers(item, name)),
        Value::Object(members) => members.values().any(|member| refers(member, name)),
        _ => false,
    }
}

fn is_create_only(resource_type: &str, path: &str) -> bool {
    let first = path.split(['.', '[']).next().unwrap_or(path);
    CREATE_ONLY.iter().any(|(known, properties)| *known == resource_type && properties.contains(&first))
}

fn data_of(resource_type: &str) -> Option<String> {
    DATA.iter().find(|(known, _)| *known == resource_type).map(|(_, data)| (*data).to_owned())
}

/// The differences of two values, leaf by leaf. Lists of texts are compared as sets, other lists item by item.
#[must_use]
pub fn differences(old: &Value, new: &Value) -> Vec<PropertyChange> {
    let mut found = Vec::new();
    walk(String::new(), Some(old), Some(new), &mut found);
    found
}

fn walk(path: String, old: Option<&Value>, new: Option<&Value>, found: &mut Vec<PropertyChange>) {
    match (old, new) {
        (Some(old), Some(new)) if old == new => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                walk(path, old.get(key), new.get(key), found);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            if let (Some(was), Some(is)) = (texts(old), texts(new)) {
                let parts = |from: &BTreeSet<&str>, to: &BTreeSet<&str>| {
                    from.difference(to).map(|text| (*text).to_owned()).collect::<Vec<_>>()
                };
                let (gone, come) = (parts(&was, &is), parts(&is, &was));
                if gone.is_empty() && come.is_empty() {
                    return;
                }
                let told = |texts: Vec<String>| (!texts.is_empty()).then(|| texts.join(", "));
                found.push(PropertyChange { path, from: told(gone), to: told(come), replaces: false });
                return;
            }
            for index in 0..old.len().max(new.len()) {
                walk(format!("{path}[{index}]"), old.get(index), new.get(index), found);
            }
        }
        (old, new) => {
            found.push(PropertyChange { path, from: old.map(text_of), to: new.map(text_of), replaces: false })
        }
    }
}

fn texts(items: &[Value]) -> Option<BTreeSet<&str>> {
    items.iter().map(Value::as_str).collect()
}

impl ResourceChange {
    /// Whether the existing resource is deleted or leaves the stack.
    #[must_use]
    pub fn ends_the_old(&self) -> bool {
        matches!(self.action, ResourceAction::Replaced | ResourceAction::Removed | ResourceAction::Released)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn template(resources: &str) -> Template {
        Template::read(&format!("Resources:\n{resources}"), &BTreeMap::new()).unwrap()
    }

    const BASE: &str = "
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: a
      VisibilityTimeout: 30
  Trigger:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Queue.Arn
      BatchSize: 1
  Bucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties:
      BucketName: b
";

    fn told(changes: &[ResourceChange]) -> Vec<(&str, ResourceAction, bool)> {
        changes.iter().map(|one| (one.logical_id.as_str(), one.action, one.loses.is_some())).collect()
    }

    #[test]
    fn the_same_is_no_change() {
        assert_eq!(compare(&template(BASE), &template(BASE)), []);
    }

    #[test]
    fn a_property_that_can_change_is_told_with_both_values() {
        let changes = compare(&template(BASE), &template(&BASE.replace("30", "60")));
        assert_eq!(told(&changes), [("Queue", ResourceAction::Changed, false)]);
        let property = &changes[0].properties[0];
        assert_eq!(
            (property.path.as_str(), property.from.as_deref(), property.to.as_deref(), property.replaces),
            ("VisibilityTimeout", Some("30"), Some("60"), false)
        );
    }

    #[test]
    fn a_replacement_reaches_what_hangs_on_it() {
        let changes = compare(&template(BASE), &template(&BASE.replace("QueueName: a", "QueueName: c")));
        assert_eq!(
            told(&changes),
            [("Queue", ResourceAction::Replaced, true), ("Trigger", ResourceAction::Replaced, false)]
        );
        assert!(changes[0].loses.as_ref().unwrap().contains("messages"));
    }

    #[test]
    fn what_is_kept_is_not_lost() {
        let replaced = compare(&template(BASE), &template(&BASE.replace("BucketName: b", "BucketName: c")));
        assert_eq!(told(&replaced), [("Bucket", ResourceAction::Replaced, false)]);
        let without = &BASE[..BASE.find("  Bucket").unwrap()];
        let released = compare(&template(BASE), &template(without));
        assert_eq!(told(&released), [("Bucket", ResourceAction::Released, false)]);
        let deleted = compare(&template(&BASE.replace("RetainExceptOnCreate", "Delete")), &template(without));
        assert_eq!(told(&deleted), [("Bucket", ResourceAction::Removed, true)]);
    }

    #[test]
    fn lists_of_texts_have_no_order() {
        let list = |items: &str| serde_json::from_str::<Value>(items).unwrap();
        assert_eq!(differences(&list(r#"{"a": ["x", "y"]}"#), &list(r#"{"a": ["y", "x"]}"#)), []);
        let found = differences(&list(r#"{"a": ["x", "y"]}"#), &list(r#"{"a": ["x", "z"]}"#));
        assert_eq!((found[0].from.as_deref(), found[0].to.as_deref()), (Some("y"), Some("z")));
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i8>().prop_map(Value::from),
            "[a-c]{0,2}".prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[a-c]", inner, 0..3)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// Every difference has a mirror image, and only what is the same has none.
        #[test]
        fn differences_are_symmetrical(one in json(), other in json()) {
            let mirrored: Vec<_> = differences(&other, &one)
                .into_iter()
                .map(|change| PropertyChange { from: change.to, to: change.from, ..change })
                .collect();
            prop_assert_eq!(differences(&one, &other), mirrored);
            prop_assert_eq!(differences(&one, &one), vec![]);
        }
    }

    #[test]
    fn every_type_of_the_templates_is_known() {
        let mut params = crate::testing::params();
        params.alarms.topic = crate::params::Topic::New;
        params.alarms.emails = vec!["a@example.com".to_owned()].try_into().unwrap();
        let facts = crate::facts::Facts::example(&params);
        let rendered = crate::render::render(&params, &facts).unwrap();
        let template = Template::read(&rendered.stack.template_body, &BTreeMap::new()).unwrap();
        for resource in template.resources.values() {
            assert!(CREATE_ONLY.iter().any(|(known, _)| *known == resource.resource_type), "{resource:?}");
        }
    }
}
