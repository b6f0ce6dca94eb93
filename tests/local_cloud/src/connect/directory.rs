//! Resources that the pipeline only reads: queues, users, routing profiles, hours of operation.

use serde_json::{Value, json};

use super::center::ContactCenter;
use super::error::not_found;
use super::paging::Page;
use super::search::{Search, Subject};
use super::seed::{HoursOfOperation, Queue, RoutingProfile, User};
use super::service::seconds;
use super::tags::shown;
use crate::service::{AwsError, AwsRequest};

impl ContactCenter {
    /// Adds when and where the initial resources were last changed.
    fn with_modification(&self, mut item: Value) -> Value {
        item["LastModifiedTime"] = seconds(self.created);
        item["LastModifiedRegion"] = json!(self.account.region);
        item
    }

    pub(super) fn list_queues(&self, request: &AwsRequest) -> Result<Value, AwsError> {
        let types: Vec<&str> = request.query_values("queueTypes").collect();
        let wanted = |queue_type: &str| types.is_empty() || types.contains(&queue_type);
        let mut queues = Vec::new();
        if wanted("STANDARD") {
            queues.extend(self.queues.iter().map(|queue| {
                self.with_modification(json!({
                    "Id": queue.id,
                    "Arn": self.arn(&format!("queue/{}", queue.id)),
                    "Name": queue.name,
                    "QueueType": "STANDARD",
                }))
            }));
        }
        if wanted("AGENT") {
            queues.extend(self.users.iter().map(|user| {
                self.with_modification(json!({
                    "Id": user.id,
                    "Arn": self.arn(&format!("queue/agent/{}", user.id)),
                    "QueueType": "AGENT",
                }))
            }));
        }
        Ok(Page::of_query(request, queues, 1000)?.into_response("QueueSummaryList"))
    }

    pub(super) fn describe_queue(&self, id: &str) -> Result<Value, AwsError> {
        let queue = self.queue(id).ok_or_else(|| not_found(format!("queue {id}")))?;
        Ok(json!({ "Queue": self.queue_detail(queue) }))
    }

    fn queue_detail(&self, queue: &Queue) -> Value {
        self.with_modification(json!({
            "Name": queue.name,
            "QueueArn": self.arn(&format!("queue/{}", queue.id)),
            "QueueId": queue.id,
            "Description": queue.description,
            "HoursOfOperationId": queue.hours_of_operation_id,
            "Status": "ENABLED",
            "Tags": shown(&queue.tags),
        }))
    }

    pub(super) fn search_queues(&self, request: &AwsRequest) -> Result<Value, AwsError> {
        let search: Search = request.json()?;
        self.check_instance(&search.instance_id)?;
        let mut found = Vec::new();
        for queue in &self.queues {
            let subject = Subject {
                tags: &queue.tags,
                fields: &[
                    ("name", &queue.name),
                    ("description", &queue.description),
                    ("resourceID", &queue.id),
                ],
                traits: &[("QueueTypeCondition", "STANDARD")],
            };
            if search.matches(&subject)? {
                found.push(self.queue_detail(queue));
            }
        }
        search.page(found, 500, "Queues")
    }

    pub(super) fn list_users(&self, request: &AwsRequest) -> Result<Value, AwsError> {
        let users = self
            .users
            .iter()
            .map(|user| {
                self.with_modification(json!({
                    "Id": user.id,
                    "Arn": self.arn(&format!("agent/{}", user.id)),
                    "Username": user.username,
                }))
            })
            .collect();
        Ok(Page::of_query(request, users, 1000)?.into_response("UserSummaryList"))
    }

    pub(super) fn describe_user(&self, id: &str) -> Result<Value, AwsError> {
        let user = self.user(id).ok_or_else(|| not_found(format!("user {id}")))?;
        let mut detail = self.with_modification(self.user_detail(user));
        detail["IdentityInfo"]["Email"] = json!(user.email);
        Ok(json!({ "User": detail }))
    }

    /// A search's result for a user, which omits the addresses.
    fn user_detail(&self, user: &User) -> Value {
        json!({
            "Id": user.id,
            "Arn": self.arn(&format!("agent/{}", user.id)),
            "Username": user.username,
            "IdentityInfo": {"FirstName": user.first_name, "LastName": user.last_name},
            "PhoneConfig": {"PhoneType": "SOFT_PHONE", "AutoAccept": false, "AfterContactWorkTimeLimit": 0},
            "RoutingProfileId": user.routing_profile_id,
            "Tags": shown(&user.tags),
        })
    }

    pub(super) fn search_users(&self, request: &AwsRequest) -> Result<Value, AwsError> {
        let search: Search = request.json()?;
        self.check_instance(&search.instance_id)?;
        let mut found = Vec::new();
        for user in &self.users {
            let subject = Subject {
                tags: &user.tags,
                fields: &[
                    ("Username", &user.username),
                    ("username", &user.username),
                    ("FirstName", &user.first_name),
                    ("firstName", &user.first_name),
                    ("LastName", &user.last_name),
                    ("lastName", &user.last_name),
                    ("RoutingProfileId", &user.routing_profile_id),
                    ("routingProfileId", &user.routing_profile_id),
                    ("ResourceId", &user.id),
                    ("resourceId", &user.id),
                ],
                traits: &[],
            };
            if search.matches(&subject)? {
                found.push(self.user_detail(user));
            }
        }
        search.page(found, 500, "Users")
    }

    fn routing_profile(&self, id: &str) -> Result<&RoutingProfile, AwsError> {
        self.routing_profiles
            .iter()
            .find(|profile| profile.id == id || self.arn(&format!("routing-profile/{}", profile.id)) == id)
            .ok_or_else(|| not_found(format!("routing profile {id}")))
    }

    pub(super) fn list_routing_profiles(&self, request: &AwsRequest) -> Result<Value, AwsError> {
        let profiles = self
            .routing_profiles
            .iter()
            .map(|profile| {
                self.with_modification(json!({
                    "Id": profile.id,
                    "Arn": self.arn(&format!("routing-profile/{}", profile.id)),
                    "Name": profile.name,
                }))
            })
            .collect();
        Ok(Page::of_query(request, profiles, 1000)?.into_response("RoutingProfileSummaryList"))
    }

    pub(super) fn describe_routing_profile(&self, id: &str) -> Result<Value, AwsError> {
        let profile = self.routing_profile(id)?;
        let concurrencies: Vec<Value> = profile
            .concurrencies
            .iter()
            .map(|(channel, concurrency)| {
                json!({
                    "Channel": channel,
                    "Concurrency": concurrency,
                    "CrossChannelBehavior": {"BehaviorType": "ROUTE_CURRENT_CHANNEL_ONLY"},
                })
            })
            .collect();
        let users = self.users.iter().filter(|user| user.routing_profile_id == profile.id).count();
        Ok(json!({"RoutingProfile": self.with_modification(json!({
            "InstanceId": self.id,
            "Name": profile.name,
            "RoutingProfileArn": self.arn(&format!("routing-profile/{}", profile.id)),
            "RoutingProfileId": profile.id,
            "Description": profile.description,
            "MediaConcurrencies": concurrencies,
            "DefaultOutboundQueueId": profile.default_outbound_queue_id,
            "Tags": shown(&profile.tags),
            "NumberOfAssociatedQueues": profile.queue_ids.len(),
            "NumberOfAssociatedUsers": users,
            "AgentAvailabilityTimer": "TIME_SINCE_LAST_ACTIVITY",
            "IsDefault": false,
            "AssociatedQueueIds": profile.queue_ids,
        }))}))
    }

    pub(super) fn list_routing_profile_queues(
        &self,
        request: &AwsRequest,
        id: &str,
    ) -> Result<Value, AwsError> {
        let profile = self.routing_profile(id)?;
        let mut queues = Vec::new();
        for queue in profile.queue_ids.iter().filter_map(|id| self.queue(id)) {
            for channel in profile.concurrencies.keys() {
                queues.push(json!({
                    "QueueId": queue.id,
                    "QueueArn": self.arn(&format!("queue/{}", queue.id)),
                    "QueueName": queue.name,
                    "Priority": 1,
                    "Delay": 0,
                    "Channel": channel,
                }));
            }
        }
        Ok(Page::of_query(request, queues, 100)?.into_response("RoutingProfileQueueConfigSummaryList"))
    }

    pub(super) fn list_hours_of_operations(&self, request: &AwsRequest) -> Result<Value, AwsError> {
        let hours = self
            .hours
            .iter()
            .map(|hours| {
                self.with_modification(json!({
                    "Id": hours.id,
                    "Arn": self.arn(&format!("operating-hours/{}", hours.id)),
                    "Name": hours.name,
                }))
            })
            .collect();
        Ok(Page::of_query(request, hours, 1000)?.into_response("HoursOfOperationSummaryList"))
    }

    pub(super) fn describe_hours_of_operation(&self, id: &str) -> Result<Value, AwsError> {
        let hours: &HoursOfOperation = self
            .hours
            .iter()
            .find(|hours| hours.id == id || self.arn(&format!("operating-hours/{}", hours.id)) == id)
            .ok_or_else(|| not_found(format!("hours of operation {id}")))?;
        let config: Vec<Value> = hours
            .days
            .iter()
            .map(|day| {
                json!({
                    "Day": day,
                    "StartTime": {"Hours": hours.from_hour, "Minutes": 0},
                    "EndTime": {"Hours": hours.to_hour, "Minutes": 0},
                })
            })
            .collect();
        Ok(json!({"HoursOfOperation": self.with_modification(json!({
            "HoursOfOperationId": hours.id,
            "HoursOfOperationArn": self.arn(&format!("operating-hours/{}", hours.id)),
            "Name": hours.name,
            "Description": hours.description,
            "TimeZone": hours.time_zone,
            "Config": config,
            "Tags": shown(&hours.tags),
        }))}))
    }
}
