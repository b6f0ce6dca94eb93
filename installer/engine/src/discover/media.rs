//! The instance's Kinesis video streams with a retention of 0 hours.
//!
//! Amazon Connect creates a stream for a call when it needs one and reuses it later. A stream keeps its first
//! retention: if that was 0, its calls cannot be read after they end, whatever the instance's current setting.

use aws_sdk_kinesisvideo::types::{ComparisonOperator, StreamNameCondition};

use crate::cloud::{Cloud, CloudError, wrap};
use vmx_model::actual::{Instance, Storage, StorageConfig, UnkeptStream};

/// The instance's streams with a retention of 0 hours, including those created for it by a stack.
pub(super) async fn unkept(
    cloud: &Cloud,
    instance: &Instance,
    stack: &str,
    media: Option<&StorageConfig>,
) -> Result<Vec<UnkeptStream>, CloudError> {
    let prefix = match media.map(|config| &config.storage) {
        Some(Storage::KinesisVideo { prefix, .. }) => prefix.clone(),
        None => format!("{stack}-connect-{}-contact-", instance.alias),
        // Media does not go to video streams: another check reports it.
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use aws_sdk_kinesisvideo::Client as Video;
    use aws_sdk_kinesisvideo::operation::list_streams::ListStreamsOutput;
    use aws_sdk_kinesisvideo::types::StreamInfo;
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    use super::*;
    use crate::testing::{cloud, video_streams};
    use vmx_model::testing::nothing_there;

    #[tokio::test]
    async fn streams_of_every_page_are_looked_at_that_begin_as_the_instance_says() {
        let page = |name: &'static str, hours: i32, next: Option<&str>| {
            let stream = StreamInfo::builder()
                .stream_name(name)
                .stream_arn(format!("arn:of:{name}"))
                .version("v1")
                .data_retention_in_hours(hours)
                .build();
            let page = ListStreamsOutput::builder().stream_info_list(stream);
            page.set_next_token(next.map(str::to_owned)).build()
        };
        let streams = mock!(Video::list_streams)
            .match_requests(|request| {
                let condition = request.stream_name_condition();
                condition.and_then(|one| one.comparison_value()) == Some("vmx-connect-shop-contact-")
            })
            .sequence()
            .output(move || page("a", 24, Some("next")))
            .output(move || page("b", 0, None))
            .build();
        let mut cloud = cloud(&[], &[], &[]);
        cloud.video = mock_client!(aws_sdk_kinesisvideo, RuleMode::MatchAny, &[&streams]);
        let instance = nothing_there().instance;
        let found = unkept(&cloud, &instance, "vmx", None).await.unwrap();
        assert_eq!(found, [UnkeptStream { name: "b".into(), arn: "arn:of:b".into(), version: "v1".into() }]);
    }

    #[tokio::test]
    async fn an_instance_that_streams_elsewhere_has_none() {
        let mut cloud = cloud(&[], &[], &[]);
        let streams = video_streams(vec![("a", 0)]);
        cloud.video = mock_client!(aws_sdk_kinesisvideo, RuleMode::MatchAny, &[&streams]);
        let instance = nothing_there().instance;
        let elsewhere = StorageConfig { association_id: "a".into(), storage: Storage::Other };
        assert_eq!(unkept(&cloud, &instance, "vmx", Some(&elsewhere)).await.unwrap(), []);
        assert_eq!(unkept(&cloud, &instance, "vmx", None).await.unwrap().len(), 1);
    }
}
