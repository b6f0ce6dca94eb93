//! Whether any agent can accept a voicemail's task.

use std::collections::BTreeSet;

use aws_sdk_connect::types::Channel;

use crate::cloud::{Cloud, CloudError, wrap};
use crate::finding::{Code, Finding};
use vmx_model::actual::Actual;

/// The most routing profiles to read: an instance may have hundreds.
const MOST_PROFILES: usize = 100;
/// The most pages of users to read, each with one hundred.
const MOST_PAGES: usize = 10;

/// Whether there is a routing profile with the Task channel, and a user with it.
pub(super) async fn check(cloud: &Cloud, actual: &Actual) -> Finding {
    let id = actual.instance.arn.id();
    let profiles = match task_profiles(cloud, id).await {
        Ok(profiles) => profiles,
        Err(error) => return Finding::unknown(Code::TaskAgents, &error),
    };
    if profiles.is_empty() {
        return Finding::warning(
            Code::TaskAgents,
            "no routing profile has the Task channel",
            "voicemails arrive as tasks, and no agent could accept one",
            "in the instance, under Users, Routing profiles, add the Task channel to the agents' profile, \
             and the voicemails' queue for that channel",
        );
    }
    match has_user(cloud, id, &profiles).await {
        Ok(true) => Finding::ok(Code::TaskAgents, "there are agents who can accept tasks"),
        Ok(false) => Finding::warning(
            Code::TaskAgents,
            "no user has a routing profile with the Task channel",
            "voicemails arrive as tasks, and no agent could accept one",
            "in the instance, under Users, User management, give agents such a routing profile",
        ),
        Err(error) => Finding::unknown(Code::TaskAgents, &error),
    }
}

async fn task_profiles(cloud: &Cloud, instance: &str) -> Result<BTreeSet<String>, CloudError> {
    let mut found = BTreeSet::new();
    let mut pages =
        cloud.connect.list_routing_profiles().instance_id(instance).into_paginator().items().send();
    let mut seen = 0;
    while let Some(summary) = pages.next().await {
        let summary = summary.map_err(wrap("list the routing profiles"))?;
        let Some(id) = summary.id() else { continue };
        let described = cloud
            .connect
            .describe_routing_profile()
            .instance_id(instance)
            .routing_profile_id(id)
            .send()
            .await
            .map_err(wrap("describe a routing profile"))?;
        let channels = described.routing_profile().map(|profile| profile.media_concurrencies());
        if channels.into_iter().flatten().any(|one| *one.channel() == Channel::Task && one.concurrency() > 0)
        {
            found.insert(id.to_owned());
        }
        seen += 1;
        if seen == MOST_PROFILES {
            break;
        }
    }
    Ok(found)
}

async fn has_user(cloud: &Cloud, instance: &str, profiles: &BTreeSet<String>) -> Result<bool, CloudError> {
    let mut pages = cloud.connect.search_users().instance_id(instance).into_paginator().send();
    let mut seen = 0;
    while let Some(page) = pages.next().await {
        let page = page.map_err(wrap("search the instance's users"))?;
        let mut with = page.users().iter().filter_map(|user| user.routing_profile_id());
        if with.any(|id| profiles.contains(id)) {
            return Ok(true);
        }
        seen += 1;
        if seen == MOST_PAGES {
            break;
        }
    }
    Ok(false)
}
