//! Who else reads a stream of contact records that would be removed.

use crate::cloud::{Cloud, CloudError, wrap};
use vmx_model::actual::StackState;
use vmx_model::ownership::STREAM_OUTPUT;

/// A line for each reader of the stack's own stream that does not belong to the stack.
pub(super) async fn notes(cloud: &Cloud, stack: &StackState) -> Vec<String> {
    let Some(stream) = stack.outputs.get(STREAM_OUTPUT).filter(|arn| stack.made(arn)) else {
        return Vec::new();
    };
    let name = stream.rsplit('/').next().unwrap_or(stream);
    let mut notes = Vec::new();
    match functions(cloud, stack, stream).await {
        Ok(functions) => notes.extend(functions.into_iter().map(|function| {
            format!(
                "the function {function} also reads the stream {name}, which will be deleted: it will get \
                 no contact records; if it belongs to another installation, reinstall that one afterwards"
            )
        })),
        Err(error) => notes.push(format!(
            "could not check which other functions read the stream {name}: \
                                          {error}"
        )),
    }
    match consumers(cloud, stream).await {
        Ok(consumers) => notes.extend(consumers.into_iter().map(|consumer| {
            format!(
                "the consumer {consumer} also reads the stream {name}, which will \
                                         be deleted"
            )
        })),
        Err(error) => notes.push(format!("could not check which consumers the stream {name} has: {error}")),
    }
    notes
}

/// ARNs of functions outside the stack that the stream invokes.
async fn functions(cloud: &Cloud, stack: &StackState, stream: &str) -> Result<Vec<String>, CloudError> {
    let mut found = Vec::new();
    let asked = cloud.lambda.list_event_source_mappings().event_source_arn(stream);
    let mut mappings = asked.into_paginator().items().send();
    while let Some(mapping) = mappings.next().await {
        let mapping = mapping.map_err(wrap("list the triggers of the stream"))?;
        found.extend(mapping.function_arn().filter(|arn| !stack.made(arn)).map(str::to_owned));
    }
    Ok(found)
}

/// Names of the stream's registered consumers. The stack has none.
async fn consumers(cloud: &Cloud, stream: &str) -> Result<Vec<String>, CloudError> {
    let mut found = Vec::new();
    let mut pages = cloud.kinesis.list_stream_consumers().stream_arn(stream).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(wrap("list the consumers of the stream"))?;
        found.extend(page.consumers().iter().map(|consumer| consumer.consumer_name().to_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use aws_sdk_kinesis::Client as Kinesis;
    use aws_sdk_kinesis::operation::list_stream_consumers::ListStreamConsumersOutput;
    use aws_sdk_kinesis::primitives::DateTime;
    use aws_sdk_kinesis::types::{Consumer, ConsumerStatus};
    use aws_sdk_lambda::Client as Lambda;
    use aws_sdk_lambda::operation::list_event_source_mappings::ListEventSourceMappingsOutput;
    use aws_sdk_lambda::types::EventSourceMappingConfiguration;
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    use super::*;
    use crate::testing::cloud;
    use vmx_model::actual::StackResource;

    const STREAM: &str = "arn:aws:kinesis:eu-west-2:111122223333:stream/vmx-records";
    const THEIRS: &str = "arn:aws:lambda:eu-west-2:111122223333:function:other-KvsToS3Function-2";

    fn stack() -> StackState {
        let resource = |resource_type: &str, physical_id: &str| StackResource {
            logical_id: "X".into(),
            resource_type: resource_type.into(),
            physical_id: physical_id.into(),
        };
        StackState {
            outputs: BTreeMap::from([(STREAM_OUTPUT.to_owned(), STREAM.to_owned())]),
            resources: vec![
                resource("AWS::Kinesis::Stream", "vmx-records"),
                resource("AWS::Lambda::Function", "vmx-KvsToS3Function-1"),
            ],
            ..StackState::default()
        }
    }

    #[tokio::test]
    async fn whoever_else_reads_the_stream_is_named() {
        let mappings = mock!(Lambda::list_event_source_mappings).then_output(|| {
            let mapping = |arn: &str| EventSourceMappingConfiguration::builder().function_arn(arn).build();
            let ours = "arn:aws:lambda:eu-west-2:111122223333:function:vmx-KvsToS3Function-1";
            ListEventSourceMappingsOutput::builder()
                .event_source_mappings(mapping(ours))
                .event_source_mappings(mapping(THEIRS))
                .build()
        });
        let consumers = mock!(Kinesis::list_stream_consumers).then_output(|| {
            let consumer = Consumer::builder()
                .consumer_name("firehose")
                .consumer_arn("arn:c")
                .consumer_status(ConsumerStatus::Active)
                .consumer_creation_timestamp(DateTime::from_secs(0))
                .build();
            ListStreamConsumersOutput::builder().set_consumers(consumer.ok().map(|one| vec![one])).build()
        });
        let mut cloud = cloud(&[], &[], &[]);
        cloud.lambda = mock_client!(aws_sdk_lambda, RuleMode::MatchAny, &[&mappings]);
        cloud.kinesis = mock_client!(aws_sdk_kinesis, RuleMode::MatchAny, &[&consumers]);
        let told = notes(&cloud, &stack()).await;
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains(THEIRS) && told[0].contains("reinstall that one"), "{told:?}");
        assert!(told[1].contains("firehose"), "{told:?}");
    }

    #[tokio::test]
    async fn a_stream_that_stays_needs_no_note() {
        let stack = StackState { resources: Vec::new(), ..stack() };
        assert_eq!(notes(&cloud(&[], &[], &[]), &stack).await, Vec::<String>::new());
    }
}
