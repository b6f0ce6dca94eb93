//! Whether the caller has the permissions to install.

use std::collections::BTreeSet;

use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, PolicyEvaluationDecisionType};
use vmx_contract::mode::Mode;

use crate::cloud::{Cloud, CloudError, wrap};
use crate::finding::{Code, Finding};
use crate::permissions::{
    ACCESS_LOGS, ACTIONS, BOUNDARY, GUIDE, LOG_KEY, MODULES, OWN_STREAM, OWN_STREAM_KEPT, PAGE, STORAGE,
    TOPIC, TOPIC_KEY, VERSIONING,
};
use vmx_model::actual::Actual;
use vmx_model::params::{Links, Params, Topic};

/// What a new stream of contact records keeps, in hours.
const SHORTEST_RETENTION: u32 = 24;

/// What the simulation does not cover: added wherever its result is used.
const CAVEAT: &str = "policies of an organization are checked by service only";

/// For the installation's own key. Its policy can allow this even if the caller's policies do not.
const OWN_KEY: &[&str] = &["CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey"];

/// Simulates the actions of an installation.
pub(super) async fn check(cloud: &Cloud, params: &Params, actual: &Actual) -> Finding {
    let principal = &actual.identity.principal;
    if principal.ends_with(":root") {
        return Finding::ok(Code::Permissions, "the account's root user is allowed everything");
    }
    let source = match policy_source(cloud, actual).await {
        Ok(Some(source)) => source,
        Ok(None) => {
            return Finding::warning(
                Code::Permissions,
                format!("cannot simulate the permissions of {principal}"),
                "so they were not checked",
                "ignore this if you know that it is an administrator of the account",
            );
        }
        Err(error) => return Finding::unknown(Code::Permissions, &error),
    };
    let own_stream = actual.facts().contact_records.is_none();
    let lacks_storage = actual.contact_records.is_none() || actual.media_streams.is_none();
    let (mut denied, mut unsure) = (BTreeSet::new(), BTreeSet::new());
    let has_topic = params.alarms.topic == Topic::New;
    let retention = params.retention.contact_records_hours.get();
    let grants = [
        Some(ACTIONS),
        lacks_storage.then_some(STORAGE),
        own_stream.then_some(OWN_STREAM),
        (own_stream && retention > SHORTEST_RETENTION).then_some(OWN_STREAM_KEPT),
        (params.links == Links::Url).then_some(PAGE),
        params.modes.has(Mode::GuidedTask).then_some(GUIDE),
        params.flows.voicemail_module.then_some(MODULES),
        has_topic.then_some(TOPIC),
        (has_topic && params.own_key().is_none()).then_some(TOPIC_KEY),
        params.buckets.versioning.then_some(VERSIONING),
        params.access_logs_bucket().map(|_| ACCESS_LOGS),
        boundary(params).map(|_| BOUNDARY),
        params.own_key().map(|_| LOG_KEY),
    ];
    for (pattern, actions) in grants.into_iter().flatten().flatten() {
        let resource = arn(pattern, params, actual);
        let asked = Asked { source: &source, resource: &resource, actions, boundary: boundary(params) };
        if let Err(error) = simulate(cloud, asked, &mut denied, &mut unsure).await {
            return Finding::unknown(Code::Permissions, &error);
        }
    }
    if let Some(key) = params.own_key() {
        let asked = Asked { source: &source, resource: key, actions: OWN_KEY, boundary: None };
        let mut by_policy = BTreeSet::new();
        if let Err(error) = simulate(cloud, asked, &mut by_policy, &mut unsure).await {
            return Finding::unknown(Code::Permissions, &error);
        }
        unsure.extend(by_policy);
    }
    let list = |actions: BTreeSet<String>| actions.into_iter().collect::<Vec<_>>().join(", ");
    if !denied.is_empty() {
        return Finding::fatal(
            Code::Permissions,
            format!("{principal} is not allowed: {}", list(denied)),
            "the installation would fail halfway",
            "ask an administrator to allow these actions, or use another profile",
        );
    }
    if !unsure.is_empty() {
        return Finding::warning(
            Code::Permissions,
            format!("{principal} is allowed only under conditions: {}", list(unsure)),
            "the conditions cannot be checked beforehand",
            "ignore this if you know that they are met",
        );
    }
    Finding::ok(Code::Permissions, format!("{principal} has the permissions to install ({CAVEAT})"))
}

/// Whose policies to simulate: the user, or the role of a session. A role's ARN has its path, unlike a session's; if
/// the role cannot be read, it is assumed to have none. `None` for other callers.
async fn policy_source(cloud: &Cloud, actual: &Actual) -> Result<Option<String>, CloudError> {
    let identity = &actual.identity;
    let Some(session) = identity.principal.split(":assumed-role/").nth(1) else {
        return Ok(identity.principal.contains(":user/").then(|| identity.principal.clone()));
    };
    let name = session.split('/').next().unwrap_or(session);
    let got = cloud.iam.get_role().role_name(name).send().await.map_err(wrap(format!("get the role {name}")));
    let known = got.ok().and_then(|got| got.role().map(|role| role.arn().to_owned()));
    Ok(Some(
        known.unwrap_or_else(|| format!("arn:{}:iam::{}:role/{name}", identity.partition, identity.account)),
    ))
}

fn arn(pattern: &str, params: &Params, actual: &Actual) -> String {
    if pattern == "*" {
        return pattern.to_owned();
    }
    let identity = &actual.identity;
    let text = pattern
        .replace("{path}", params.iam.path.as_str())
        .replace("{stack}", params.stack.as_str())
        .replace("{region}", actual.instance.arn.region())
        .replace("{account}", &identity.account)
        .replace("{instance}", actual.instance.arn.id());
    format!("arn:{}:{text}", identity.partition)
}

/// The permissions boundary for new roles, if there is one.
fn boundary(params: &Params) -> Option<&str> {
    Some(params.iam.permissions_boundary.as_str()).filter(|arn| !arn.is_empty())
}

/// A simulation.
struct Asked<'a> {
    source: &'a str,
    resource: &'a str,
    actions: &'a [&'a str],
    /// The boundary to simulate: many administrators can only create roles with it.
    boundary: Option<&'a str>,
}

async fn simulate(
    cloud: &Cloud,
    asked: Asked<'_>,
    denied: &mut BTreeSet<String>,
    unsure: &mut BTreeSet<String>,
) -> Result<(), CloudError> {
    let Asked { source, resource, actions, boundary } = asked;
    let service = resource.split(':').nth(2);
    // Actions without a resource have their service in their name.
    let named = |action: &&str| match service {
        Some(service) => format!("{service}:{action}"),
        None => (*action).to_owned(),
    };
    let entry = |name: &str, value: &str| {
        ContextEntry::builder()
            .context_key_name(name)
            .context_key_type(ContextKeyTypeEnum::String)
            .context_key_values(value)
            .build()
    };
    let mut context = vec![entry("aws:RequestedRegion", &cloud.region)];
    context
        .extend(boundary.filter(|_| service == Some("iam")).map(|arn| entry("iam:PermissionsBoundary", arn)));
    let mut pages = cloud
        .iam
        .simulate_principal_policy()
        .policy_source_arn(source)
        .resource_arns(resource)
        .set_context_entries(Some(context))
        .set_action_names(Some(actions.iter().map(named).collect()))
        .into_paginator()
        .items()
        .send();
    while let Some(result) = pages.next().await {
        let result = result.map_err(wrap(format!("simulate the policies of {source}")))?;
        if *result.eval_decision() == PolicyEvaluationDecisionType::Allowed {
            continue;
        }
        let conditional = !result.missing_context_values().is_empty();
        let list = if conditional { &mut *unsure } else { &mut *denied };
        list.insert(result.eval_action_name().to_owned());
    }
    Ok(())
}
