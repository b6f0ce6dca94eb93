//! Storage configurations: where an instance stores its media streams, contact records and files.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::center::ContactCenter;
use super::error::{conflict, internal, invalid_parameter, invalid_request, not_found};
use super::paging::Page;
use super::service::Connect;
use crate::service::{AwsError, AwsRequest};

/// The resource type of the configuration for media streams.
pub(super) const MEDIA_STREAMS: &str = "MEDIA_STREAMS";
/// The resource type of the configuration for files attached to contacts.
const ATTACHMENTS: &str = "ATTACHMENTS";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StorageConfig {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) association_id: Option<String>,
    pub(super) storage_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) s3_config: Option<S3Config>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kinesis_video_stream_config: Option<KinesisVideoStreamConfig>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kinesis_stream_config: Option<KinesisStreamConfig>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kinesis_firehose_config: Option<KinesisFirehoseConfig>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct S3Config {
    bucket_name: String,
    bucket_prefix: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    encryption_config: Option<EncryptionConfig>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct KinesisVideoStreamConfig {
    pub(crate) prefix: String,
    pub(crate) retention_period_hours: u32,
    pub(crate) encryption_config: EncryptionConfig,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct EncryptionConfig {
    pub(crate) encryption_type: String,
    pub(crate) key_id: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct KinesisStreamConfig {
    pub(super) stream_arn: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct KinesisFirehoseConfig {
    firehose_arn: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Association {
    /// In the body of AssociateInstanceStorageConfig only.
    resource_type: Option<String>,
    storage_config: StorageConfig,
}

/// The storage types allowed for a resource type.
fn storage_types(resource_type: &str) -> Option<&'static [&'static str]> {
    Some(match resource_type {
        MEDIA_STREAMS => &["KINESIS_VIDEO_STREAM"],
        "CONTACT_TRACE_RECORDS" => &["KINESIS_STREAM", "KINESIS_FIREHOSE"],
        "AGENT_EVENTS"
        | "REAL_TIME_CONTACT_ANALYSIS_SEGMENTS"
        | "REAL_TIME_CONTACT_ANALYSIS_CHAT_SEGMENTS"
        | "REAL_TIME_CONTACT_ANALYSIS_VOICE_SEGMENTS" => &["KINESIS_STREAM"],
        "CHAT_TRANSCRIPTS"
        | "CALL_RECORDINGS"
        | "SCHEDULED_REPORTS"
        | ATTACHMENTS
        | "CONTACT_EVALUATIONS"
        | "SCREEN_RECORDINGS"
        | "EMAIL_MESSAGES" => &["S3"],
        _ => return None,
    })
}

impl ContactCenter {
    /// Whether files can be attached to tasks.
    pub(super) fn keeps_attachments(&self) -> bool {
        self.storage.contains_key(ATTACHMENTS)
    }
}

impl StorageConfig {
    /// Refuses what is incomplete or does not fit the resource type.
    fn check(&self, resource_type: &str) -> Result<(), AwsError> {
        let allowed = storage_types(resource_type)
            .ok_or_else(|| invalid_parameter(format!("there is no resource type {resource_type}")))?;
        if !allowed.contains(&self.storage_type.as_str()) {
            return Err(invalid_request(format!(
                "{resource_type} cannot be stored as {}, only as {}",
                self.storage_type,
                allowed.join(" or ")
            )));
        }
        let given = [
            ("S3", self.s3_config.is_some()),
            ("KINESIS_VIDEO_STREAM", self.kinesis_video_stream_config.is_some()),
            ("KINESIS_STREAM", self.kinesis_stream_config.is_some()),
            ("KINESIS_FIREHOSE", self.kinesis_firehose_config.is_some()),
        ];
        if given.iter().any(|(name, given)| (*name == self.storage_type) != *given) {
            let message = format!("exactly the configuration of {} must be given", self.storage_type);
            return Err(invalid_request(message));
        }
        let encryption = self
            .kinesis_video_stream_config
            .as_ref()
            .map(|config| &config.encryption_config)
            .or(self.s3_config.as_ref().and_then(|config| config.encryption_config.as_ref()));
        if let Some(EncryptionConfig { encryption_type, key_id }) = encryption {
            if encryption_type != "KMS" {
                return Err(invalid_parameter(format!("there is no encryption type {encryption_type}")));
            }
            if !(key_id.starts_with("arn:") && key_id.contains(":kms:")) {
                return Err(invalid_request("the KeyId must be the full ARN of a KMS key"));
            }
        }
        if let Some(config) = &self.kinesis_video_stream_config {
            if config.prefix.is_empty() || config.prefix.chars().count() > 128 {
                return Err(invalid_parameter("a Prefix has between 1 and 128 characters"));
            }
            if config.retention_period_hours > 87_600 {
                return Err(invalid_parameter("RetentionPeriodHours is at most 87600"));
            }
        }
        Ok(())
    }
}

impl Connect {
    pub(super) async fn associate_storage_config(&self, request: &AwsRequest) -> Result<Value, AwsError> {
        let Association { resource_type, storage_config } = request.json()?;
        let resource_type = resource_type.ok_or_else(|| invalid_parameter("ResourceType is missing"))?;
        storage_config.check(&resource_type)?;
        self.check_stream(&storage_config).await?;
        let id = Uuid::new_v4().to_string();
        let mut center = self.center();
        if center.storage.contains_key(&resource_type) {
            return Err(conflict(format!("{resource_type} has a storage configuration already")));
        }
        let config = center.complete(storage_config, id.clone());
        center.storage.insert(resource_type, config);
        Ok(json!({ "AssociationId": id }))
    }

    pub(super) async fn update_storage_config(
        &self,
        request: &AwsRequest,
        id: &str,
    ) -> Result<Value, AwsError> {
        let resource_type = resource_type(request)?;
        let Association { storage_config, .. } = request.json()?;
        storage_config.check(resource_type)?;
        self.check_stream(&storage_config).await?;
        let mut center = self.center();
        center.association(resource_type, id)?;
        let config = center.complete(storage_config, id.to_owned());
        center.storage.insert(resource_type.to_owned(), config);
        Ok(json!({}))
    }

    /// The service reads the stream to be associated, so it must exist.
    async fn check_stream(&self, config: &StorageConfig) -> Result<(), AwsError> {
        let Some(KinesisStreamConfig { stream_arn }) = &config.kinesis_stream_config else {
            return Ok(());
        };
        match self.integrations().stream_exists(stream_arn).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(invalid_request(format!("there is no Kinesis stream {stream_arn}"))),
            Err(error) => Err(internal(error.to_string())),
        }
    }
}

impl ContactCenter {
    /// A configuration as the instance stores it. The service extends a prefix, so it never reads back as given.
    fn complete(&self, mut config: StorageConfig, id: String) -> StorageConfig {
        config.association_id = Some(id);
        if let Some(video) = &mut config.kinesis_video_stream_config {
            let suffix = format!("-connect-{}-contact-", self.alias);
            if !video.prefix.ends_with(&suffix) {
                video.prefix.push_str(&suffix);
            }
        }
        config
    }

    fn association(&self, resource_type: &str, id: &str) -> Result<&StorageConfig, AwsError> {
        self.storage
            .get(resource_type)
            .filter(|config| config.association_id.as_deref() == Some(id))
            .ok_or_else(|| not_found(format!("association {id} of {resource_type}")))
    }

    pub(super) fn list_storage_configs(&self, request: &AwsRequest) -> Result<Value, AwsError> {
        let configs = self.storage.get(resource_type(request)?).map(|config| json!(config));
        let page = Page::of_query(request, configs.into_iter().collect(), 10)?;
        Ok(page.into_response("StorageConfigs"))
    }

    pub(super) fn describe_storage_config(&self, request: &AwsRequest, id: &str) -> Result<Value, AwsError> {
        let config = self.association(resource_type(request)?, id)?;
        Ok(json!({ "StorageConfig": config }))
    }

    pub(super) fn disassociate_storage_config(
        &mut self,
        request: &AwsRequest,
        id: &str,
    ) -> Result<Value, AwsError> {
        let resource_type = resource_type(request)?;
        self.association(resource_type, id)?;
        self.storage.remove(resource_type);
        Ok(json!({}))
    }

    /// Where calls are streamed, if configured.
    pub(crate) fn media_streams(&self) -> Option<&KinesisVideoStreamConfig> {
        self.storage.get(MEDIA_STREAMS)?.kinesis_video_stream_config.as_ref()
    }
}

fn resource_type(request: &AwsRequest) -> Result<&str, AwsError> {
    let resource_type =
        request.query_value("resourceType").ok_or_else(|| invalid_parameter("resourceType is missing"))?;
    match storage_types(resource_type) {
        Some(_) => Ok(resource_type),
        None => Err(invalid_parameter(format!("there is no resource type {resource_type}"))),
    }
}
