//! What an instance already has: a quick overview before installing.
//!
//! It only informs. A part that the caller cannot read is shown as unknown, and stops nothing.

use aws_sdk_connect::types::{Channel, InstanceStorageResourceType, InstanceSummary};
use serde::Serialize;
use vmx_contract::arn::InstanceArn;

use super::instance::{self};
use super::stack;
use super::volume::busiest_hour;
use crate::cloud::{Cloud, CloudError, ErrorKind, wrap};
use vmx_model::actual::{Identity, Instance, Storage};
use vmx_model::ancestor::is_flow_of_one;
use vmx_model::ownership::STACK_TAG;

pub use super::volume::Calls;

/// The most routing profiles to describe: each takes a call, and Connect allows two per second.
const PROFILES_DESCRIBED: usize = 20;

/// An account with its instances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The caller.
    pub identity: Identity,
    /// The instances of the region.
    pub instances: Vec<FoundInstance>,
}

/// An instance to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundInstance {
    /// Its reference.
    pub instance: Instance,
    /// For example `ACTIVE`.
    pub status: String,
}

/// A discovered value, or why it is unknown.
pub type Part<T> = Result<T, String>;

/// What an instance already has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Survey {
    /// The instance's alias.
    pub instance: String,
    /// Where contact records go.
    pub contact_records: Part<Option<String>>,
    /// Where callers' media goes, and its encryption key.
    pub media_streams: Part<Option<String>>,
    /// The bucket of call recordings.
    pub call_recordings: Part<Option<String>>,
    /// The names of the queues for callers.
    pub queues: Part<Vec<String>>,
    /// The calls of the busiest hour of the last week, if there were any.
    pub calls: Part<Option<Calls>>,
    /// The verified email identities in Amazon SES: addresses and domains.
    pub senders: Part<Vec<String>>,
    /// How many users there are.
    pub users: Part<usize>,
    /// The routing profiles.
    pub routing_profiles: Part<Vec<RoutingProfile>>,
    /// How many phone numbers are claimed.
    pub numbers: Part<usize>,
    /// This program's stacks in the account and region.
    pub installations: Part<Vec<String>>,
    /// Stacks and flows of earlier voicemail systems.
    pub ancestors: Part<Vec<String>>,
}

/// A routing profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoutingProfile {
    /// Its name.
    pub name: String,
    /// The channels that its agents accept, such as `VOICE` and `TASK`, or `None` if unknown.
    pub channels: Option<Vec<String>>,
}

impl Survey {
    /// Whether no agent can accept a task, as far as known.
    #[must_use]
    pub fn nobody_takes_tasks(&self) -> bool {
        let takes = |profile: &RoutingProfile| {
            let task = Channel::Task.as_str();
            profile.channels.as_ref().is_none_or(|channels| channels.iter().any(|channel| channel == task))
        };
        self.routing_profiles.as_ref().is_ok_and(|profiles| !profiles.iter().any(takes))
    }
}

/// The caller, and the instances to choose from.
///
/// # Errors
/// [`CloudError`]: nothing works without these.
pub async fn account(cloud: &Cloud) -> Result<Account, CloudError> {
    let identity = super::identity(cloud).await?;
    let mut instances = Vec::new();
    let mut pages = cloud.connect.list_instances().into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(wrap("list the Amazon Connect instances"))?;
        instances.extend(page.instance_summary_list().iter().filter_map(found));
    }
    Ok(Account { identity, instances })
}

fn found(summary: &InstanceSummary) -> Option<FoundInstance> {
    let arn = InstanceArn::parse(summary.arn()?).ok()?;
    let alias = summary.instance_alias().unwrap_or(arn.id()).to_owned();
    let status = summary.instance_status().map_or("ACTIVE", |status| status.as_str()).to_owned();
    Some(FoundInstance { instance: Instance { arn, alias }, status })
}

/// Reads what an instance already has.
pub async fn survey(cloud: &Cloud, instance: &Instance) -> Survey {
    let ((records, media, recordings), ((queues, calls), users, profiles), (numbers, stacks, flows, senders)) = tokio::join!(
        async {
            tokio::join!(
                stored(cloud, instance, InstanceStorageResourceType::ContactTraceRecords),
                stored(cloud, instance, InstanceStorageResourceType::MediaStreams),
                recordings(cloud, instance),
            )
        },
        async {
            tokio::join!(queues_and_calls(cloud, instance), users(cloud, instance), profiles(cloud, instance))
        },
        async {
            tokio::join!(numbers(cloud, instance), stacks(cloud), flow_names(cloud, instance), senders(cloud))
        },
    );
    let (installations, ancestors) = match seen(stacks) {
        Ok((ours, theirs)) => (Ok(ours), Ok(theirs)),
        Err(why) => (Err(why.clone()), Err(why)),
    };
    let ours = installations.as_deref().unwrap_or_default();
    let old_flows = seen(flows).map(|names| flows_of_ancestors(names, ours));
    let ancestors = both(ancestors, old_flows);
    Survey {
        instance: instance.alias.clone(),
        contact_records: seen(records),
        media_streams: seen(media),
        call_recordings: seen(recordings),
        queues: seen(queues),
        calls: seen(calls),
        senders: seen(senders),
        users: seen(users),
        routing_profiles: seen(profiles),
        numbers: seen(numbers),
        installations,
        ancestors,
    }
}

fn seen<T>(part: Result<T, CloudError>) -> Part<T> {
    part.map_err(|error| match error.kind {
        ErrorKind::Denied => format!("unknown: you have no permission to {}", error.wanted),
        _ => error.to_string(),
    })
}

async fn stored(
    cloud: &Cloud,
    instance: &Instance,
    what: InstanceStorageResourceType,
) -> Result<Option<String>, CloudError> {
    let name = |arn: &str| arn.rsplit(['/', ':']).next().unwrap_or(arn).to_owned();
    let config = instance::storage(cloud, instance, what).await?;
    Ok(config.map(|config| match config.storage {
        Storage::KinesisStream { arn } => format!("Kinesis stream {}", name(&arn)),
        Storage::Firehose { arn } => format!("Firehose {}", name(&arn)),
        Storage::KinesisVideo { prefix, retention_hours, key } => {
            let key = key.map_or_else(|| "no key".to_owned(), |key| format!("key {}", name(&key)));
            format!("video streams {prefix}…, kept {retention_hours} h, {key}")
        }
        Storage::Bucket { name, prefix, .. } => format!("{name}/{prefix}"),
        Storage::Other => "somewhere else".to_owned(),
    }))
}

async fn recordings(cloud: &Cloud, instance: &Instance) -> Result<Option<String>, CloudError> {
    let listed = cloud
        .connect
        .list_instance_storage_configs()
        .instance_id(instance.arn.id())
        .resource_type(InstanceStorageResourceType::CallRecordings)
        .send()
        .await
        .map_err(wrap("see where call recordings are kept"))?;
    let bucket = listed.storage_configs().iter().find_map(|config| config.s3_config());
    Ok(bucket.map(|s3| s3.bucket_name().to_owned()))
}

/// The names of the queues, sorted, and the calls in them.
async fn queues_and_calls(
    cloud: &Cloud,
    instance: &Instance,
) -> (Result<Vec<String>, CloudError>, Result<Option<Calls>, CloudError>) {
    match queues_of(cloud, instance).await {
        Ok(queues) => {
            let (ids, mut names): (Vec<_>, Vec<_>) = queues.into_iter().unzip();
            names.sort();
            (Ok(names), busiest_hour(cloud, instance, &ids).await)
        }
        Err(error) => (Err(error.clone()), Err(error)),
    }
}

/// The queues for callers: ID and name.
pub(crate) async fn queues_of(
    cloud: &Cloud,
    instance: &Instance,
) -> Result<Vec<(String, String)>, CloudError> {
    let asked = cloud.connect.list_queues().instance_id(instance.arn.id());
    let mut pages =
        asked.queue_types(aws_sdk_connect::types::QueueType::Standard).into_paginator().items().send();
    let mut queues = Vec::new();
    while let Some(queue) = pages.next().await {
        let queue = queue.map_err(wrap("list the queues"))?;
        queues.extend(queue.id.zip(queue.name));
    }
    Ok(queues)
}

/// The identities that can send email, addresses before domains. One page is usually enough.
async fn senders(cloud: &Cloud) -> Result<Vec<String>, CloudError> {
    let listed = cloud.ses.list_email_identities().send().await.map_err(wrap("list the email senders"))?;
    let verified = listed.email_identities().iter().filter(|identity| identity.sending_enabled());
    let mut names: Vec<String> =
        verified.filter_map(|identity| identity.identity_name().map(str::to_owned)).collect();
    names.sort_by_key(|name| (!name.contains('@'), name.clone()));
    Ok(names)
}

/// A search counts what it finds: an instance can have tens of thousands, and a list takes a call for each thousand.
async fn users(cloud: &Cloud, instance: &Instance) -> Result<usize, CloudError> {
    let asked = cloud.connect.search_users().instance_id(instance.arn.id()).max_results(1);
    let found = asked.send().await.map_err(wrap("count the users"))?;
    Ok(found.approximate_total_count().and_then(|count| count.try_into().ok()).unwrap_or_default())
}

async fn profiles(cloud: &Cloud, instance: &Instance) -> Result<Vec<RoutingProfile>, CloudError> {
    let id = instance.arn.id();
    let mut pages = cloud.connect.list_routing_profiles().instance_id(id).into_paginator().items().send();
    let mut profiles = Vec::new();
    while let Some(summary) = pages.next().await {
        let summary = summary.map_err(wrap("list the routing profiles"))?;
        let name = summary.name().unwrap_or_default().to_owned();
        let channels = match summary.id() {
            Some(profile) if profiles.len() < PROFILES_DESCRIBED => Some(channels(cloud, id, profile).await?),
            _ => None,
        };
        profiles.push(RoutingProfile { name, channels });
    }
    Ok(profiles)
}

async fn channels(cloud: &Cloud, instance: &str, profile: &str) -> Result<Vec<String>, CloudError> {
    let asked = cloud.connect.describe_routing_profile().instance_id(instance).routing_profile_id(profile);
    let described = asked.send().await.map_err(wrap("read the routing profiles"))?;
    let concurrencies = described.routing_profile().map(|profile| profile.media_concurrencies());
    let taken = concurrencies.unwrap_or_default().iter().filter(|one| one.concurrency() > 0);
    Ok(taken.map(|one| one.channel().as_str().to_owned()).collect())
}

async fn numbers(cloud: &Cloud, instance: &Instance) -> Result<usize, CloudError> {
    let asked = cloud.connect.list_phone_numbers_v2().target_arn(instance.arn.to_string());
    let mut pages = asked.into_paginator().items().send();
    let mut count = 0;
    while let Some(number) = pages.next().await {
        number.map_err(wrap("list the claimed numbers"))?;
        count += 1;
    }
    Ok(count)
}

/// Names of this program's stacks, and of earlier systems' stacks.
async fn stacks(cloud: &Cloud) -> Result<(Vec<String>, Vec<String>), CloudError> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for stack in stack::stacks(cloud).await? {
        let name = stack.stack_name().unwrap_or_default().to_owned();
        if stack.tags().iter().any(|tag| tag.key() == Some(STACK_TAG)) {
            ours.push(name);
            continue;
        }
        let outputs = stack.outputs().iter().filter_map(|output| output.output_key());
        let parameters = stack.parameters().iter().filter_map(|parameter| parameter.parameter_key());
        let words = [stack.stack_name(), stack.description()];
        if words.into_iter().flatten().chain(outputs).chain(parameters).any(is_of_an_ancestor) {
            theirs.push(name);
        }
    }
    Ok((ours, theirs))
}

/// The names of the instance's flows.
async fn flow_names(cloud: &Cloud, instance: &Instance) -> Result<Vec<String>, CloudError> {
    let asked = cloud.connect.list_contact_flows().instance_id(instance.arn.id());
    let mut pages = asked.into_paginator().items().send();
    let mut names = Vec::new();
    while let Some(flow) = pages.next().await {
        names.extend(flow.map_err(wrap("list the flows"))?.name().map(str::to_owned));
    }
    Ok(names)
}

/// An earlier system's flows, by their names. Ours start with the stack's name.
fn flows_of_ancestors(names: Vec<String>, installations: &[String]) -> Vec<String> {
    let is_of = |stack: &String, name: &str| {
        name.strip_prefix(stack.as_str()).is_some_and(|rest| rest.starts_with(' '))
    };
    let old = names
        .into_iter()
        .filter(|name| is_flow_of_one(name) && !installations.iter().any(|stack| is_of(stack, name)));
    old.map(|name| format!("flow {name}")).collect()
}

/// Combines findings from two places. If one is unknown, the other's findings count, if there are any.
fn both(one: Part<Vec<String>>, other: Part<Vec<String>>) -> Part<Vec<String>> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok([one, other].concat()),
        (Ok(found), Err(why)) | (Err(why), Ok(found)) if found.is_empty() => Err(why),
        (Ok(found), Err(_)) | (Err(_), Ok(found)) => Ok(found),
        (Err(why), Err(_)) => Err(why),
    }
}

/// Whether a stack's name, description or key is an earlier system's: VMX2, VMX3 or Voicemail Express.
fn is_of_an_ancestor(word: &str) -> bool {
    let word = word.to_lowercase().replace([' ', '-', '_'], "");
    ["vmx", "voicemailexpress"].iter().any(|mark| word.contains(mark))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use aws_sdk_cloudformation::Client as CloudFormation;
    use aws_sdk_cloudformation::operation::describe_stacks::DescribeStacksOutput;
    use aws_sdk_cloudformation::types::{Output, Stack, Tag};
    use aws_sdk_connect::Client as Connect;
    use aws_sdk_connect::operation::describe_routing_profile::DescribeRoutingProfileOutput;
    use aws_sdk_connect::operation::get_metric_data_v2::GetMetricDataV2Output;
    use aws_sdk_connect::operation::list_contact_flows::ListContactFlowsOutput;
    use aws_sdk_connect::operation::list_phone_numbers_v2::ListPhoneNumbersV2Output;
    use aws_sdk_connect::operation::list_routing_profiles::ListRoutingProfilesOutput;
    use aws_sdk_connect::primitives::DateTime;
    use aws_sdk_connect::types::{
        ContactFlowSummary, ListPhoneNumbersSummary, MediaConcurrency, MetricDataV2, MetricInterval,
        MetricResultV2, MetricV2, RoutingProfile as SdkProfile, RoutingProfileSummary,
    };
    use aws_smithy_mocks::{Rule, mock};

    use super::*;
    use crate::testing;

    fn rules(channel: Channel) -> Vec<Rule> {
        let profiles = mock!(Connect::list_routing_profiles).then_output(|| {
            let profile = RoutingProfileSummary::builder().id("p").name("Basic").build();
            ListRoutingProfilesOutput::builder().routing_profile_summary_list(profile).build()
        });
        let described = mock!(Connect::describe_routing_profile).then_compute_output(move |_| {
            let taken = MediaConcurrency::builder().channel(channel.clone()).concurrency(1).build().unwrap();
            let not = MediaConcurrency::builder().channel(Channel::Task).concurrency(0).build().unwrap();
            let profile = SdkProfile::builder().media_concurrencies(not).media_concurrencies(taken).build();
            DescribeRoutingProfileOutput::builder().routing_profile(profile).build()
        });
        let numbers = mock!(Connect::list_phone_numbers_v2).then_output(|| {
            ListPhoneNumbersV2Output::builder()
                .list_phone_numbers_summary_list(ListPhoneNumbersSummary::builder().build())
                .build()
        });
        let users = mock!(Connect::search_users)
            .sequence()
            .http_status(403, Some(r#"{"__type":"AccessDeniedException","message":"no"}"#.to_owned()))
            .repeatedly()
            .build();
        let flows = mock!(Connect::list_contact_flows).then_output(|| {
            let flow = |name: &str| ContactFlowSummary::builder().name(name).build();
            ListContactFlowsOutput::builder()
                .set_contact_flow_summary_list(Some(
                    ["VMX3-Main", "vmx voicemail", "Main line"].map(flow).to_vec(),
                ))
                .build()
        });
        // The same hour in each window, so that it adds up.
        let calls = mock!(Connect::get_metric_data_v2).then_output(|| {
            let value = |name: &str, value: f64| {
                MetricDataV2::builder().metric(MetricV2::builder().name(name).build()).value(value).build()
            };
            let hour = MetricInterval::builder().start_time(DateTime::from_secs(3600)).build();
            let result = MetricResultV2::builder()
                .metric_interval(hour)
                .collections(value("CONTACTS_HANDLED", 100.0))
                .collections(value("CONTACTS_ABANDONED", 10.0))
                .build();
            GetMetricDataV2Output::builder().metric_results(result).build()
        });
        [vec![flows, calls], testing::instance([None, None]), vec![profiles, described, numbers, users]]
            .concat()
    }

    async fn look(channel: Channel) -> Survey {
        let stacks = mock!(CloudFormation::describe_stacks).then_output(|| {
            let stack = |name: &str| Stack::builder().stack_name(name);
            let tag = Tag::builder().key(STACK_TAG).value("vmx").build();
            let key = Output::builder().output_key("VMX3PackagerFunction").build();
            DescribeStacksOutput::builder()
                .stacks(stack("vmx").tags(tag).build())
                .stacks(stack("old-one").description("Voicemail Express V2").build())
                .stacks(stack("old-two").outputs(key.clone()).build())
                .stacks(stack("old-two-nested").outputs(key).root_id("r").build())
                .stacks(stack("website").build())
                .build()
        });
        let rules = rules(channel);
        let cloud = testing::cloud(&[&stacks], &rules.iter().collect::<Vec<_>>(), &[]);
        let account = account(&cloud).await.unwrap();
        assert_eq!(account.instances[0].status, "ACTIVE");
        survey(&cloud, &account.instances[0].instance).await
    }

    #[test]
    fn flows_of_earlier_systems_are_known_by_their_names() {
        let names = [
            "VMX3-Voicemail",
            "VMXCoreFlow-shop",
            "vmx3 voicemail",
            "vmx voicemail",
            "Main line",
            "001-VMX-Main",
        ];
        let found = flows_of_ancestors(names.map(str::to_owned).to_vec(), &["vmx3".to_owned()]);
        assert_eq!(found, ["flow VMX3-Voicemail", "flow VMXCoreFlow-shop", "flow 001-VMX-Main"]);
        let (some, none, denied) = (Ok(found), Ok(Vec::new()), Err("denied".to_owned()));
        assert_eq!(both(denied.clone(), some.clone()), some);
        assert_eq!(both(denied.clone(), none.clone()), denied);
        assert_eq!(both(none.clone(), none.clone()), none);
    }

    #[tokio::test]
    async fn what_is_there_is_seen_and_what_is_denied_is_told() {
        let survey = look(Channel::Voice).await;
        assert_eq!(survey.queues, Ok(vec!["BasicQueue".to_owned()]));
        assert_eq!(survey.calls, Ok(Some(Calls { handled: 300, abandoned: 30 })));
        assert_eq!(survey.contact_records, Ok(None));
        assert_eq!(survey.users, Err("unknown: you have no permission to count the users".to_owned()));
        assert_eq!(survey.numbers, Ok(1));
        assert_eq!(survey.installations, Ok(vec!["vmx".to_owned()]));
        assert_eq!(
            survey.ancestors,
            Ok(["old-one", "old-two", "flow VMX3-Main"].map(str::to_owned).to_vec())
        );
        assert!(survey.nobody_takes_tasks());
        assert!(!look(Channel::Task).await.nobody_takes_tasks());
    }
}
