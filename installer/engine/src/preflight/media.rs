//! Whether the existing video streams retain media.

use crate::finding::{Code, Finding};
use vmx_model::actual::Actual;

/// How many streams to name. The others are counted.
const NAMED: usize = 5;
const WHY: &str = "calls that use them cannot be recorded, whatever the instance's current setting";

/// What an installation does about streams with a retention of 0 hours. Empty without them.
pub(super) fn before(actual: &Actual) -> Option<Finding> {
    match &actual.unkept_streams {
        Err(error) => Some(Finding::unknown(Code::MediaStreams, error)),
        Ok(streams) if streams.is_empty() => None,
        Ok(_) => Some(Finding::warning(
            Code::MediaStreams,
            what(actual),
            WHY,
            "the plan raises their retention; voicemails already in them cannot be read",
        )),
    }
}

/// Whether an installation has such streams.
pub(super) fn now(actual: &Actual) -> Option<Finding> {
    let streams = actual.unkept_streams.as_ref().ok().filter(|streams| !streams.is_empty())?;
    let example = streams.first().map(|stream| stream.arn.as_str()).unwrap_or_default();
    Some(Finding::fatal(
        Code::MediaStreams,
        what(actual),
        WHY,
        format!(
            "install again, which raises their retention, or delete each with `aws kinesisvideo \
             delete-stream --stream-arn {example}`: Amazon Connect creates a new one when needed"
        ),
    ))
}

fn what(actual: &Actual) -> String {
    let streams = actual.unkept_streams.as_deref().unwrap_or_default();
    let named: Vec<&str> = streams.iter().take(NAMED).map(|stream| stream.name.as_str()).collect();
    let more = streams.len() - named.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let (streams, have) =
        if streams.len() == 1 { ("video stream", "has") } else { ("video streams", "have") };
    format!("the {streams} {}{more} {have} a retention of 0 hours", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
    use vmx_model::actual::UnkeptStream;
    use vmx_model::testing::nothing_there;

    #[test]
    fn streams_that_keep_nothing_are_named_and_what_cannot_be_seen_is_no_fault() {
        let mut actual = nothing_there();
        assert_eq!((before(&actual), now(&actual)), (None, None));
        let stream = |n: usize| UnkeptStream {
            name: format!("stream-{n}"),
            arn: format!("arn:of:{n}"),
            version: "v".into(),
        };
        actual.unkept_streams = Ok((0..7).map(stream).collect());
        let told = "the video streams stream-0, stream-1, stream-2, stream-3, stream-4 and 2 more have a retention of 0 hours";
        let (plan, doctor) = (before(&actual), now(&actual));
        assert!(plan.is_some_and(|finding| finding.severity == Severity::Warning && finding.what == told));
        let doctor = doctor.map(|finding| (finding.severity, finding.what, finding.remedy));
        assert!(doctor.is_some_and(|(severity, what, remedy)| {
            severity == Severity::Fatal
                && what == told
                && remedy.contains("delete-stream --stream-arn arn:of:0")
        }));
        actual.unkept_streams = Err("could not list the video streams: no".into());
        assert!(before(&actual).is_some_and(|finding| finding.severity == Severity::Warning));
        assert_eq!(now(&actual), None);
    }
}
