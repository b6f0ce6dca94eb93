//! Kinesis video streams with a retention of 0 hours.

use aws_sdk_kinesisvideo::types::UpdateDataRetentionOperation;

use super::{Run, StepError};
use crate::cloud::wrap;
use vmx_model::change::{Action, Kind};
use vmx_model::plan::KeepMedia;

/// Raises a stream's retention, for media from now on.
pub(super) async fn keep(run: &mut Run<'_>, stream: &KeepMedia) -> Result<(), StepError> {
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
        // If the stream was deleted, Connect creates a new one with the current retention.
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => {
            run.changed(Action::Updated, Kind::VideoStream, &stream.name);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use aws_sdk_kinesisvideo::Client as Video;
    use aws_sdk_kinesisvideo::operation::update_data_retention::UpdateDataRetentionOutput;
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

    use super::*;
    use crate::apply::tests::options;
    use crate::interrupt::Interrupts;
    use crate::testing::{Recorder, cloud};
    use vmx_model::testing::first_plan;

    async fn kept(rule: &Rule) -> (Result<(), StepError>, Vec<String>) {
        let mut cloud = cloud(&[], &[], &[]);
        cloud.video = mock_client!(aws_sdk_kinesisvideo, RuleMode::MatchAny, &[rule]);
        let (plan, interrupts, recorder) = (first_plan(), Interrupts::default(), Recorder::default());
        let mut run = Run::new(&cloud, &plan, options(&interrupts), &recorder);
        let stream = KeepMedia { name: "s".into(), arn: "arn:of:s".into(), version: "v1".into(), hours: 168 };
        (keep(&mut run, &stream).await, recorder.taken())
    }

    #[tokio::test]
    async fn the_retention_rises_by_what_is_wanted() {
        let raised = mock!(Video::update_data_retention)
            .match_requests(|request| {
                request.current_version() == Some("v1")
                    && request.data_retention_change_in_hours() == Some(168)
                    && request.operation() == Some(&UpdateDataRetentionOperation::IncreaseDataRetention)
            })
            .then_output(|| UpdateDataRetentionOutput::builder().build());
        let (ended, told) = kept(&raised).await;
        ended.unwrap();
        assert_eq!(told, ["updated video stream s"]);
    }

    #[tokio::test]
    async fn a_stream_that_is_gone_is_passed_over() {
        let body = r#"{"__type":"ResourceNotFoundException","Message":"none"}"#;
        let gone =
            mock!(Video::update_data_retention).sequence().http_status(404, Some(body.to_owned())).build();
        let (ended, told) = kept(&gone).await;
        ended.unwrap();
        assert_eq!(told, Vec::<String>::new());
    }
}
