//! Whether any agent can accept a voicemail's task.

use aws_sdk_connect::types::{Channel, StringComparisonType, StringCondition, UserSearchCriteria};

use crate::cloud::{Cloud, CloudError, wrap};
use crate::finding::{Code, Finding};
use vmx_model::actual::Actual;

/// The most routing profiles to read: an instance may have hundreds, and each takes a call.
const MOST_PROFILES: usize = 100;

/// Who can accept tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takers {
    /// No routing profile has the Task channel.
    NoProfile,
    /// No user has a routing profile with it.
    NoUser,
    /// A user has.
    Users,
}

/// Whether there is a routing profile with the Task channel, and a user with it.
pub(super) async fn check(cloud: &Cloud, actual: &Actual) -> Finding {
    match takers(cloud, actual.instance.arn.id()).await {
        Ok(Takers::Users) => Finding::ok(Code::TaskAgents, "there are agents who can accept tasks"),
        Ok(Takers::NoProfile) => Finding::warning(
            Code::TaskAgents,
            "no routing profile has the Task channel",
            "voicemails arrive as tasks, and no agent could accept one",
            "in the instance, under Users, Routing profiles, add the Task channel to the agents' profile, \
             and the voicemails' queue for that channel",
        ),
        Ok(Takers::NoUser) => Finding::warning(
            Code::TaskAgents,
            "no user has a routing profile with the Task channel",
            "voicemails arrive as tasks, and no agent could accept one",
            "in the instance, under Users, User management, give agents such a routing profile",
        ),
        Err(error) => Finding::unknown(Code::TaskAgents, &error),
    }
}

/// Reads profiles until one has the channel and a user.
async fn takers(cloud: &Cloud, instance: &str) -> Result<Takers, CloudError> {
    let mut found = Takers::NoProfile;
    let mut pages =
        cloud.connect.list_routing_profiles().instance_id(instance).into_paginator().items().send();
    let mut seen = 0;
    while let Some(summary) = pages.next().await {
        let summary = summary.map_err(wrap("list the routing profiles"))?;
        let Some(id) = summary.id() else { continue };
        if takes_tasks(cloud, instance, id).await? {
            if has_user(cloud, instance, id).await? {
                return Ok(Takers::Users);
            }
            found = Takers::NoUser;
        }
        seen += 1;
        if seen == MOST_PROFILES {
            break;
        }
    }
    Ok(found)
}

async fn takes_tasks(cloud: &Cloud, instance: &str, profile: &str) -> Result<bool, CloudError> {
    let asked = cloud.connect.describe_routing_profile().instance_id(instance).routing_profile_id(profile);
    let described = asked.send().await.map_err(wrap("describe a routing profile"))?;
    let channels = described.routing_profile().map(|profile| profile.media_concurrencies());
    let mut channels = channels.into_iter().flatten();
    Ok(channels.any(|one| *one.channel() == Channel::Task && one.concurrency() > 0))
}

/// Whether a user has a routing profile. The search finds one among any number of users.
async fn has_user(cloud: &Cloud, instance: &str, profile: &str) -> Result<bool, CloudError> {
    let condition = StringCondition::builder()
        .field_name("routingProfileId")
        .value(profile)
        .comparison_type(StringComparisonType::Exact)
        .build();
    let criteria = UserSearchCriteria::builder().string_condition(condition).build();
    let asked = cloud.connect.search_users().instance_id(instance).search_criteria(criteria).max_results(1);
    let found = asked.send().await.map_err(wrap("search the instance's users"))?;
    Ok(!found.users().is_empty())
}
