//! Who is allowed what by a template, and how two templates differ. Pure.
//!
//! Statements are split into [`Grant`]s of one principal, action and resource, which can be compared, and are merged
//! again for display.

mod cover;
mod extract;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::template::Template;

pub use cover::pattern_covers;
pub use extract::grants;

/// One principal is allowed, or denied, one action on one resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// The template's resource with this policy.
    pub holder: String,
    /// Whether it denies.
    pub denies: bool,
    /// The principal; `None` for the holder itself.
    pub principal: Option<String>,
    /// The action, with wildcards: `s3:Get*`.
    pub action: String,
    /// The resource, with wildcards.
    pub resource: String,
    /// The conditions: operator and key, and the values.
    pub conditions: BTreeMap<String, BTreeSet<String>>,
    /// Whether it can only be compared as a whole, because it says to whom, what or where it does *not* apply.
    pub inverted: bool,
}

/// How a template's permissions differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permissions {
    /// What is newly allowed, or no longer denied.
    pub broadening: Vec<Statement>,
    /// What is no longer allowed, or newly denied.
    pub narrowing: Vec<Statement>,
}

/// Grants that differ only in their actions, for display.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Statement {
    /// The template's resource with this policy.
    pub holder: String,
    /// Whether it denies.
    pub denies: bool,
    /// The principal; `None` for the holder itself.
    pub principal: Option<String>,
    /// The actions.
    pub actions: Vec<String>,
    /// The resources.
    pub resource: String,
    /// The conditions, for people.
    pub conditions: Vec<String>,
}

/// Compares the permissions of two templates. Without an old one, everything is new.
#[must_use]
pub fn compare(old: Option<&Template>, new: &Template) -> Permissions {
    let before = old.map(grants).unwrap_or_default();
    let after = grants(new);
    let uncovered = |of: &BTreeSet<Grant>, by: &BTreeSet<Grant>, denies: bool| {
        let alone =
            |grant: &&Grant| grant.denies == denies && !by.iter().any(|other| cover::covers(other, grant));
        of.iter().filter(alone).cloned().collect::<Vec<_>>()
    };
    let both = |allowed: Vec<Grant>, denied: Vec<Grant>| together(allowed.into_iter().chain(denied));
    Permissions {
        broadening: both(uncovered(&after, &before, false), uncovered(&before, &after, true)),
        narrowing: both(uncovered(&before, &after, false), uncovered(&after, &before, true)),
    }
}

/// Merges grants that differ only in their actions.
fn together(grants: impl Iterator<Item = Grant>) -> Vec<Statement> {
    let mut statements: BTreeMap<Grant, Vec<String>> = BTreeMap::new();
    for grant in grants {
        let shared = Grant { action: String::new(), ..grant.clone() };
        statements.entry(shared).or_default().push(grant.action);
    }
    let statement = |(grant, actions): (Grant, Vec<String>)| Statement {
        holder: grant.holder,
        denies: grant.denies,
        principal: grant.principal,
        actions,
        resource: grant.resource,
        conditions: grant
            .conditions
            .into_iter()
            .map(|(key, values)| format!("{key} {}", values.into_iter().collect::<Vec<_>>().join(", ")))
            .collect(),
    };
    statements.into_iter().map(statement).collect()
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.holder)?;
        if self.denies {
            f.write_str("no longer denied: ")?;
        }
        if let Some(principal) = &self.principal {
            write!(f, "{principal} may ")?;
        }
        f.write_str(&self.what())
    }
}

impl Statement {
    /// The permission without its holder.
    #[must_use]
    pub fn what(&self) -> String {
        let mut text = format!("{} on {}", self.actions.join(", "), self.resource);
        if !self.conditions.is_empty() {
            text.push_str(&format!(" if {}", self.conditions.join(" and ")));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::testing;

    fn role(statements: &str) -> Template {
        let text = format!(
            "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {{Statement: {{Effect: Allow, Principal: {{Service: lambda.amazonaws.com}}, Action: sts:AssumeRole}}}}\n      Policies:\n        - PolicyName: p\n          PolicyDocument:\n            Statement: {statements}\n"
        );
        Template::read(&text, &BTreeMap::new()).unwrap()
    }

    /// How many statements broaden and narrow from one to the other.
    fn judged(old: &str, new: &str) -> (usize, usize) {
        let permissions = compare(Some(&role(old)), &role(new));
        (permissions.broadening.len(), permissions.narrowing.len())
    }

    const READ: &str = "[{Effect: Allow, Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*.wav'}]";

    #[test]
    fn what_broadens_is_told_apart_from_what_narrows() {
        for (old, new, expected) in [
            (READ, READ, (0, 0)),
            // Another way to say the same.
            (READ, "[{Effect: Allow, Action: ['S3:getobject'], Resource: ['arn:aws:s3:::b/*.wav']}]", (0, 0)),
            // A new action; one less.
            (
                READ,
                "[{Effect: Allow, Action: ['s3:GetObject', 's3:PutObject'], Resource: 'arn:aws:s3:::b/*.wav'}]",
                (1, 0),
            ),
            (
                "[{Effect: Allow, Action: ['s3:GetObject', 's3:PutObject'], Resource: 'arn:aws:s3:::b/*.wav'}]",
                READ,
                (0, 1),
            ),
            // A wider resource; a narrower one.
            (READ, "[{Effect: Allow, Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*'}]", (1, 0)),
            ("[{Effect: Allow, Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*'}]", READ, (0, 1)),
            // Another resource is both.
            (READ, "[{Effect: Allow, Action: 's3:GetObject', Resource: 'arn:aws:s3:::c/*.wav'}]", (1, 1)),
            // A wildcard in the action.
            (READ, "[{Effect: Allow, Action: 's3:Get*', Resource: 'arn:aws:s3:::b/*.wav'}]", (1, 0)),
            ("[{Effect: Allow, Action: 's3:Get*', Resource: 'arn:aws:s3:::b/*.wav'}]", READ, (0, 1)),
            // A condition that is dropped; one that is added; one with a further value.
            (
                "[{Effect: Allow, Action: a:B, Resource: '*', Condition: {StringEquals: {k: v}}}]",
                "[{Effect: Allow, Action: a:B, Resource: '*'}]",
                (1, 0),
            ),
            (
                "[{Effect: Allow, Action: a:B, Resource: '*'}]",
                "[{Effect: Allow, Action: a:B, Resource: '*', Condition: {StringEquals: {k: v}}}]",
                (0, 1),
            ),
            (
                "[{Effect: Allow, Action: a:B, Resource: '*', Condition: {StringEquals: {k: v}}}]",
                "[{Effect: Allow, Action: a:B, Resource: '*', Condition: {StringEquals: {k: [v, w]}}}]",
                (1, 0),
            ),
            (
                "[{Effect: Allow, Action: a:B, Resource: '*', Condition: {StringNotEquals: {k: v}}}]",
                "[{Effect: Allow, Action: a:B, Resource: '*', Condition: {StringNotEquals: {k: [v, w]}}}]",
                (0, 1),
            ),
            // A prohibition that goes; one that comes.
            ("[{Effect: Deny, Action: 's3:*', Resource: '*'}]", "[]", (1, 0)),
            ("[]", "[{Effect: Deny, Action: 's3:*', Resource: '*'}]", (0, 1)),
            // What says where it does not apply is compared as a whole.
            (
                "[{Effect: Allow, NotAction: 'iam:*', Resource: '*'}]",
                "[{Effect: Allow, NotAction: 'iam:*', Resource: '*'}]",
                (0, 0),
            ),
            (
                "[{Effect: Allow, NotAction: 'iam:*', Resource: '*'}]",
                "[{Effect: Allow, NotAction: 'iam:Get*', Resource: '*'}]",
                (1, 1),
            ),
        ] {
            assert_eq!(judged(old, new), expected, "{old} → {new}");
        }
    }

    #[test]
    fn who_may_take_the_role_counts() {
        let text = |service: &str| {
            format!(
                "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {{Statement: [{{Effect: Allow, Principal: {{Service: {service}}}, Action: sts:AssumeRole}}]}}\n"
            )
        };
        let read = |service: &str| Template::read(&text(service), &BTreeMap::new()).unwrap();
        let more = compare(Some(&read("a.amazonaws.com")), &read("[a.amazonaws.com, b.amazonaws.com]"));
        assert_eq!(more.broadening[0].to_string(), "R: Service b.amazonaws.com may sts:AssumeRole on R");
        assert!(more.narrowing.is_empty());
        assert_eq!(compare(Some(&read("a.amazonaws.com")), &read("'*'")).broadening.len(), 1);
    }

    #[test]
    fn managed_policies_and_boundaries_count() {
        let read = |members: &str| {
            let text = format!("Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties: {{{members}}}\n");
            Template::read(&text, &BTreeMap::new()).unwrap()
        };
        let plain = read("ManagedPolicyArns: [a]");
        let more = read("ManagedPolicyArns: [a, b]");
        let bound = read("ManagedPolicyArns: [a], PermissionsBoundary: c");
        assert_eq!(compare(Some(&plain), &more).broadening.len(), 1);
        assert_eq!(compare(Some(&more), &plain).narrowing.len(), 1);
        assert_eq!(compare(Some(&plain), &bound).narrowing.len(), 1);
        assert_eq!(compare(Some(&bound), &plain).broadening.len(), 1);
    }

    #[test]
    fn policies_of_queues_and_buckets_count() {
        let read = |principal: &str| {
            let text = format!(
                "Resources:\n  P:\n    Type: AWS::SQS::QueuePolicy\n    Properties:\n      PolicyDocument: {{Statement: [{{Effect: Allow, Principal: {principal}, Action: 'sqs:SendMessage', Resource: !GetAtt Q.Arn}}]}}\n"
            );
            Template::read(&text, &BTreeMap::new()).unwrap()
        };
        let permissions = compare(
            Some(&read("{Service: events.amazonaws.com}")),
            &read("{Service: [events.amazonaws.com, s3.amazonaws.com]}"),
        );
        assert_eq!(
            permissions.broadening[0].to_string(),
            "P: Service s3.amazonaws.com may sqs:SendMessage on ${Q.Arn}"
        );
    }

    #[test]
    fn a_first_installation_tells_all_of_its_roles() {
        let plan = testing::first_plan();
        let template = Template::read(&plan.stack.template, &BTreeMap::new()).unwrap();
        let permissions = compare(None, &template);
        let holders: BTreeSet<&str> =
            permissions.broadening.iter().map(|statement| statement.holder.as_str()).collect();
        assert!(["KvsToS3Role", "TranscriberRole", "PackagerRole"].iter().all(|role| holders.contains(role)));
        assert!(permissions.broadening.iter().all(|statement| !statement.denies));
        let itself = compare(Some(&template), &template);
        assert_eq!(itself, Permissions::default());
    }
}
