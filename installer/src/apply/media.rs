//! Kinesis video streams that keep nothing.

use aws_sdk_kinesisvideo::types::UpdateDataRetentionOperation;

use super::{Run, Step};
use crate::cloud::wrap;
use crate::event::{Action, Kind};
use crate::plan::KeepMedia;

/// Has a stream keep what it gets from now on.
pub(super) async fn keep(run: &mut Run<'_>, stream: &KeepMedia) -> Result<(), Step> {
    let hours = i32::try_from(stream.hours).unwrap_or(i32::MAX);
    let updated = run
        .cloud
        .video
        .update_data_retention()
        .stream_arn(&stream.arn)
        .current_version(&stream.version)
        .operation(UpdateDataRetentionOperation::IncreaseDataRetention)
        .data_retention_change_in_hours(hours)
        .send()
        .await
        .map_err(wrap(format!("raise the retention of the video stream {}", stream.name)));
    match updated {
        // One that was deleted meanwhile is made anew when it is needed, with the retention of today.
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => {
            run.changed(Action::Updated, Kind::VideoStream, &stream.name);
            Ok(())
        }
    }
}
