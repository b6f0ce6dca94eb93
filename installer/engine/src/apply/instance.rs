//! What the Connect API owns besides flows: storage, and the functions that flows can invoke.

use std::collections::BTreeMap;

use aws_sdk_connect::types::{
    EncryptionConfig, EncryptionType, InstanceStorageConfig, InstanceStorageResourceType,
    KinesisStreamConfig, KinesisVideoStreamConfig, StorageType,
};

use super::{Made, Run, StepError};
use crate::cloud::{CloudError, wrap};
use crate::flow_calls;
use crate::progress::Progress;
use vmx_model::change::{Action, Kind};
use vmx_model::ownership::STREAM_OUTPUT;
use vmx_model::plan::{FlowFunction, StorageChange};

/// Sets one of the instance's storage configs.
pub(super) async fn storage(
    run: &mut Run<'_>,
    change: &StorageChange,
    outputs: &BTreeMap<String, String>,
) -> Result<(), StepError> {
    let wanted = format!("set the instance's storage for {}", change.name());
    let invalid =
        |error: aws_sdk_connect::error::BuildError| CloudError::incomplete(&wanted, &error.to_string());
    let (what, config) = match change {
        StorageChange::ContactRecords => {
            let arn = outputs.get(STREAM_OUTPUT).ok_or_else(|| StepError::NoOutput {
                stack: run.plan.stack.name.clone(),
                output: STREAM_OUTPUT,
            })?;
            let stream = KinesisStreamConfig::builder().stream_arn(arn).build().map_err(invalid)?;
            let config = InstanceStorageConfig::builder()
                .storage_type(StorageType::KinesisStream)
                .kinesis_stream_config(stream);
            (InstanceStorageResourceType::ContactTraceRecords, config)
        }
        StorageChange::MediaStreams { prefix, retention_hours, key } => {
            let encryption = EncryptionConfig::builder()
                .encryption_type(EncryptionType::Kms)
                .key_id(key)
                .build()
                .map_err(invalid)?;
            let streams = KinesisVideoStreamConfig::builder()
                .prefix(prefix)
                .retention_period_hours(i32::try_from(*retention_hours).unwrap_or(i32::MAX))
                .encryption_config(encryption)
                .build()
                .map_err(invalid)?;
            let config = InstanceStorageConfig::builder()
                .storage_type(StorageType::KinesisVideoStream)
                .kinesis_video_stream_config(streams);
            (InstanceStorageResourceType::MediaStreams, config)
        }
    };
    let associated = run
        .cloud
        .connect
        .associate_instance_storage_config()
        .instance_id(&run.plan.target.instance_id)
        .resource_type(what.clone())
        .storage_config(config.build().map_err(invalid)?)
        .send()
        .await
        .map_err(wrap(&wanted))?;
    run.made.push(Made::Storage {
        association_id: associated
            .association_id()
            .ok_or_else(|| CloudError::incomplete(&wanted, "association id"))?
            .to_owned(),
        what,
        name: change.name(),
    });
    run.changed(Action::Associated, Kind::StorageConfig, change.name());
    Ok(())
}

/// Allows the instance's flows to invoke a function.
pub(super) async fn associate(
    run: &mut Run<'_>,
    function: &FlowFunction,
    outputs: &BTreeMap<String, String>,
) -> Result<(), StepError> {
    let arn = match function {
        FlowFunction::Arn(arn) => arn,
        FlowFunction::OfStack(output) => outputs
            .get(*output)
            .ok_or_else(|| StepError::NoOutput { stack: run.plan.stack.name.clone(), output })?,
    };
    run.cloud
        .connect
        .associate_lambda_function()
        .instance_id(&run.plan.target.instance_id)
        .function_arn(arn)
        .send()
        .await
        .map_err(wrap(format!("allow flows to invoke {arn}")))?;
    run.made.push(Made::Association { arn: arn.to_owned() });
    run.changed(Action::Associated, Kind::Lambda, arn);
    Ok(())
}

/// Undoes the run's changes in the instance, newest first, and returns what could not be undone.
pub(super) async fn take_back(run: &mut Run<'_>) -> Vec<String> {
    let mut left = Vec::new();
    while let Some(made) = run.made.pop() {
        let (action, kind, name, taken) = match made {
            Made::Flow { key, id, name } => {
                let taken =
                    flow_calls::delete(run.cloud, &run.plan.target.instance_id, key, &id, &name).await;
                (Action::Deleted, Kind::Flow, name, taken)
            }
            Made::Storage { association_id, what, name } => {
                let taken = run
                    .cloud
                    .connect
                    .disassociate_instance_storage_config()
                    .instance_id(&run.plan.target.instance_id)
                    .association_id(association_id)
                    .resource_type(what)
                    .send()
                    .await
                    .map(drop)
                    .map_err(wrap(format!("disassociate the storage of {name}")));
                (Action::Disassociated, Kind::StorageConfig, name.to_owned(), taken)
            }
            Made::Association { arn } => {
                let taken = run
                    .cloud
                    .connect
                    .disassociate_lambda_function()
                    .instance_id(&run.plan.target.instance_id)
                    .function_arn(&arn)
                    .send()
                    .await
                    .map(drop)
                    .map_err(wrap(format!("disassociate {arn}")));
                (Action::Disassociated, Kind::Lambda, arn, taken)
            }
        };
        match taken {
            Ok(()) => run.view.show(&Progress::Changed { action, kind, name }),
            Err(error) => {
                run.view.show(&Progress::Warning { text: error.to_string() });
                left.push(format!("{kind} {name}"));
            }
        }
    }
    left
}
