//! Kinesis video streams of the instance that keep nothing.
//!
//! Amazon Connect makes a stream for a call when it needs one and uses it again later. A stream keeps the retention that
//! it was made with: where that was none, its calls cannot be read after they end, whatever the instance is set to now.

use aws_sdk_kinesisvideo::types::{ComparisonOperator, StreamNameCondition};

use super::instance::{Instance, Storage, StorageConfig};
use crate::cloud::{Cloud, CloudError, wrap};

/// A video stream that keeps nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnkeptStream {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its version, which a change has to name.
    pub version: String,
}

/// The streams of the instance that keep nothing, those that are made for it by a stack included.
pub(super) async fn unkept(
    cloud: &Cloud,
    instance: &Instance,
    stack: &str,
    media: Option<&StorageConfig>,
) -> Result<Vec<UnkeptStream>, CloudError> {
    let prefix = match media.map(|config| &config.storage) {
        Some(Storage::KinesisVideo { prefix, .. }) => prefix.clone(),
        None => format!("{stack}-connect-{}-contact-", instance.alias),
        // They do not go to video streams: that is another fault.
        Some(_) => return Ok(Vec::new()),
    };
    let wanted = format!("list the video streams {prefix}…");
    let condition = StreamNameCondition::builder()
        .comparison_operator(ComparisonOperator::BeginsWith)
        .comparison_value(&prefix)
        .build();
    let mut streams =
        cloud.video.list_streams().stream_name_condition(condition).into_paginator().items().send();
    let mut unkept = Vec::new();
    while let Some(stream) = streams.next().await {
        let stream = stream.map_err(wrap(&wanted))?;
        if stream.data_retention_in_hours().unwrap_or_default() == 0
            && let (Some(name), Some(arn), Some(version)) =
                (stream.stream_name(), stream.stream_arn(), stream.version())
        {
            unkept.push(UnkeptStream { name: name.into(), arn: arn.into(), version: version.into() });
        }
    }
    Ok(unkept)
}
