//! The simulation's limits match the rendered stack, and every dead-letter queue has an alarm there.

use std::sync::OnceLock;
use std::time::Duration;

use vmx_contract::retention::Retention;
use vmx_model::facts::Facts;
use vmx_model::params::Params;
use vmx_model::render::render;

use crate::fault::Function;
use crate::lambda::{RECORD_AGE, STREAM_BATCH, STREAM_RETRIES, time_limit};
use crate::run::EVERY;
use crate::world::objects::RECORDINGS_DAYS;
use crate::world::queue::KEPT;
use crate::world::{LIMITS, QueueName};

/// The parameters of an installation with default settings.
pub(crate) fn params() -> Params {
    let text = "version: 1\nregion: us-east-1\ninstance: my-contact-center\n";
    Params::from_yaml("params.yaml", text).unwrap()
}

/// The rendered template.
pub(crate) fn template() -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let params = params();
        render(&params, &Facts::example(&params)).unwrap().stack.template_body
    })
}

/// The resources and outputs of a template, each as its name and text.
pub(crate) fn resources(template: &str) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for line in template.lines() {
        let is_name = line.starts_with("  ") && !line.starts_with("   ") && line.ends_with(':');
        if is_name {
            all.push((line.trim().trim_end_matches(':').to_owned(), String::new()));
        }
        if let Some((_, text)) = all.last_mut() {
            *text += line;
            *text += "\n";
        }
    }
    all
}

fn assert_has(template: &str, name: &str, line: &str) {
    let all = resources(template);
    let (_, text) = all.iter().find(|(found, _)| found == name).unwrap_or_else(|| panic!("no {name}"));
    assert!(text.lines().any(|found| found.trim() == line), "{name} has no `{line}`:\n{text}");
}

#[test]
fn the_limits_are_those_of_the_stack() {
    let template = template();
    for (queue, visibility, receives) in LIMITS {
        let name = format!("{queue:?}Queue");
        assert_has(template, &name, &format!("VisibilityTimeout: {visibility}"));
        assert_has(template, &name, &format!("maxReceiveCount: {receives}"));
        for queue in [name.clone(), format!("{name}DeadLetters")] {
            assert_has(template, &queue, &format!("MessageRetentionPeriod: {}", KEPT.as_secs()));
        }
        assert_has(
            template,
            &format!("{name}DeadLettersAlarm"),
            &format!("- {{Name: QueueName, Value: !GetAtt {name}DeadLetters.QueueName}}"),
        );
    }
    for function in Function::ALL {
        assert_has(template, function.resource(), &format!("Timeout: {}", time_limit(function).as_secs()));
    }
    assert_has(
        template,
        "WatchdogSchedule",
        &format!("ScheduleExpression: rate({} minutes)", EVERY.as_secs() / 60),
    );
    assert_has(template, "ContactRecordTrigger", &format!("BatchSize: {STREAM_BATCH}"));
    assert_has(template, "ContactRecordTrigger", &format!("MaximumRetryAttempts: {STREAM_RETRIES}"));
    assert_has(template, "ContactRecordTrigger", "BisectBatchOnFunctionError: true");
    assert_has(
        template,
        "ContactRecordTrigger",
        &format!("MaximumRecordAgeInSeconds: {}", RECORD_AGE.as_secs()),
    );
    assert_has(template, "ContactRecordTrigger", "Destination: !GetAtt StateBucket.Arn");
    for (queue, batch) in [(QueueName::Retry, 1), (QueueName::Recordings, 10), (QueueName::Transcripts, 10)] {
        assert_has(template, &format!("{queue:?}QueueTrigger"), &format!("BatchSize: {batch}"));
    }
    let done = Retention::Done.expires_after(RECORDINGS_DAYS).unwrap();
    assert_has(template, "RecordingsBucket", &format!("ExpirationInDays: {done}"));
    for bucket in ["RecordingsBucket", "StateBucket"] {
        assert_has(template, &format!("{bucket}Policy"), "s3:if-none-match: \"true\"");
    }
    assert!(time_limit(Function::Packager) <= Duration::from_secs(120), "a claim outlives its invocation");
}
