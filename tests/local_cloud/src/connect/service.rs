//! The service: handles requests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::{BoxFuture, FutureExt as _};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::center::ContactCenter;
use super::integrations::Integrations;
use super::operation::{Asked, Operation};
use super::seed::Seed;
use crate::clock::{Clock, system_clock};
use crate::kinesis_video::KinesisVideo;
use crate::service::{Account, Action, AwsError, AwsRequest, AwsResponse, Service, json_response};

/// Amazon Connect with one instance. Clones share it.
#[derive(Clone)]
pub struct Connect {
    center: Arc<Mutex<ContactCenter>>,
    kinesis_video: KinesisVideo,
    integrations: Arc<dyn Integrations>,
    clock: Clock,
}

/// A time in the JSON protocol: seconds with a fraction.
pub(super) fn seconds(at: Timestamp) -> Value {
    json!(at.as_millisecond() as f64 / 1000.0)
}

impl Connect {
    /// The service with the instance of a seed.
    #[must_use]
    pub fn new(
        account: Account,
        seed: Seed,
        kinesis_video: KinesisVideo,
        integrations: Arc<dyn Integrations>,
    ) -> Self {
        Self::with_clock(account, seed, kinesis_video, integrations, system_clock())
    }

    /// The service with another clock.
    #[must_use]
    pub fn with_clock(
        account: Account,
        seed: Seed,
        kinesis_video: KinesisVideo,
        integrations: Arc<dyn Integrations>,
        clock: Clock,
    ) -> Self {
        let center = ContactCenter::new(account, seed, clock());
        Self { center: Arc::new(Mutex::new(center)), kinesis_video, integrations, clock }
    }

    /// The instance's ID.
    #[must_use]
    pub fn instance_id(&self) -> String {
        self.center().id.clone()
    }

    /// The instance's ARN.
    #[must_use]
    pub fn instance_arn(&self) -> String {
        self.center().instance_arn()
    }

    /// The instance's alias, its readable name.
    #[must_use]
    pub fn instance_alias(&self) -> String {
        self.center().alias.clone()
    }

    /// The claimed phone numbers.
    #[must_use]
    pub fn phone_numbers(&self) -> Vec<String> {
        let center = self.center();
        center.phone_numbers.iter().map(|number| number.number.clone()).collect()
    }

    pub(crate) fn center(&self) -> MutexGuard<'_, ContactCenter> {
        self.center.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn kinesis_video(&self) -> &KinesisVideo {
        &self.kinesis_video
    }

    pub(crate) fn integrations(&self) -> &dyn Integrations {
        self.integrations.as_ref()
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    async fn carry_out(&self, request: &AwsRequest) -> Result<Value, AwsError> {
        let asked = Asked::of(request)?;
        if let Some(instance) = asked.instance() {
            self.center().check_instance(instance)?;
        }
        let id = asked.name(1);
        let now = self.now();
        match asked.operation {
            Operation::AssociateInstanceStorageConfig => self.associate_storage_config(request).await,
            Operation::AssociateLambdaFunction => self.associate_function(request).await,
            Operation::AssociatePhoneNumberContactFlow => {
                self.center().associate_phone_number(request, asked.name(0))
            }
            Operation::CreateContactFlow => self.center().create_flow(request, now),
            Operation::CreateContactFlowModule => self.center().create_module(request),
            Operation::CreateView => self.center().create_view(request, now),
            Operation::DeleteContactFlowModule => self.center().delete_module(id),
            Operation::DeleteView => self.center().delete_view(id),
            Operation::DescribeContactFlowModule => self.center().describe_module(id),
            Operation::DescribeView => self.center().describe_view(id),
            Operation::ListContactFlowModules => self.center().list_modules(request),
            Operation::ListViews => self.center().list_views(request),
            Operation::UpdateContactFlowModuleContent => self.center().update_module_content(request, id),
            Operation::UpdateContactFlowModuleMetadata => self.center().update_module_metadata(request, id),
            Operation::UpdateViewContent => self.center().update_view_content(request, id, now),
            Operation::UpdateViewMetadata => self.center().update_view_metadata(request, id),
            Operation::DeleteContactFlow => self.center().delete_flow(id),
            Operation::DescribeContact => self.center().describe_contact(id),
            Operation::DescribeContactFlow => self.center().describe_flow(id),
            Operation::DescribeHoursOfOperation => self.center().describe_hours_of_operation(id),
            Operation::DescribeInstance => Ok(self.center().describe_instance()),
            Operation::DescribeInstanceAttribute => self.center().describe_instance_attribute(id),
            Operation::DescribeInstanceStorageConfig => self.center().describe_storage_config(request, id),
            Operation::DescribePhoneNumber => self.center().describe_phone_number(asked.name(0)),
            Operation::DescribeQueue => self.center().describe_queue(id),
            Operation::DescribeRoutingProfile => self.center().describe_routing_profile(id),
            Operation::DescribeUser => self.center().describe_user(id),
            Operation::DisassociateInstanceStorageConfig => {
                self.center().disassociate_storage_config(request, id)
            }
            Operation::DisassociateLambdaFunction => self.center().disassociate_function(request),
            Operation::DisassociatePhoneNumberContactFlow => {
                self.center().disassociate_phone_number(request, asked.name(0))
            }
            Operation::GetContactAttributes => self.center().get_contact_attributes(id),
            Operation::GetMetricDataV2 => self.center().metric_data(request),
            Operation::ListContactFlows => self.center().list_flows(request),
            Operation::ListContactReferences => self.center().list_contact_references(request, id),
            Operation::ListFlowAssociations => self.center().list_flow_associations(request),
            Operation::ListHoursOfOperations => self.center().list_hours_of_operations(request),
            Operation::ListInstanceAttributes => self.center().list_instance_attributes(request),
            Operation::ListInstanceStorageConfigs => self.center().list_storage_configs(request),
            Operation::ListInstances => self.center().list_instances(request),
            Operation::ListLambdaFunctions => self.center().list_functions(request),
            Operation::ListPhoneNumbersV2 => self.center().list_phone_numbers(request),
            Operation::ListQueues => self.center().list_queues(request),
            Operation::ListRoutingProfileQueues => self.center().list_routing_profile_queues(request, id),
            Operation::ListRoutingProfiles => self.center().list_routing_profiles(request),
            Operation::ListTagsForResource => self.center().list_tags(asked.name(0)),
            Operation::ListUsers => self.center().list_users(request),
            Operation::SearchContactFlows => self.center().search_flows(request),
            Operation::SearchQueues => self.center().search_queues(request),
            Operation::SearchUsers => self.center().search_users(request),
            Operation::StartTaskContact => self.start_task_contact(request).await,
            Operation::StopContact => self.stop_contact(request).await,
            Operation::TagResource => self.center().tag_resource(request, asked.name(0)),
            Operation::UntagResource => self.center().untag_resource(request, asked.name(0)),
            Operation::UpdateContactAttributes => self.update_contact_attributes(request).await,
            Operation::UpdateContactFlowContent => self.center().update_flow_content(request, id, now),
            Operation::UpdateContactFlowMetadata | Operation::UpdateContactFlowName => {
                self.center().update_flow_metadata(request, id, now)
            }
            Operation::UpdateInstanceStorageConfig => self.update_storage_config(request, id).await,
        }
    }
}

impl Service for Connect {
    fn action(&self, request: &AwsRequest) -> Result<Action, AwsError> {
        Asked::of(request)?.action(request, &self.center())
    }

    fn handle(&self, request: AwsRequest) -> BoxFuture<'_, Result<AwsResponse, AwsError>> {
        async move { json_response(&self.carry_out(&request).await?) }.boxed()
    }

    fn throttled(&self) -> AwsError {
        AwsError::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException", "Too Many Requests")
    }
}
