//! The simulation's limits are those of the stack that the installer renders, and every dead letter has its alarm there.

use std::time::Duration;

use vmx_install::params::Params;
use vmx_install::render::{Facts, render};

use crate::fault::Function;
use crate::lambda::{STREAM_BATCH, STREAM_RETRIES, time_limit};
use crate::world::{LIMITS, QueueName};

/// A resource of the rendered template, as text: from its name to the next one's.
fn resource<'a>(template: &'a str, name: &str) -> &'a str {
    let start = template.find(&format!("\n  {name}:\n")).unwrap_or_else(|| panic!("no {name}")) + 1;
    let rest = &template[start..];
    let is_next =
        |(at, _): &(usize, &str)| rest[at + 1..].starts_with("  ") && !rest[at + 1..].starts_with("   ");
    let end = rest.match_indices('\n').skip(1).find(is_next).map_or(rest.len(), |(at, _)| at);
    &rest[..end]
}

fn assert_has(template: &str, name: &str, line: &str) {
    let text = resource(template, name);
    assert!(text.lines().any(|found| found.trim() == line), "{name} has no `{line}`:\n{text}");
}

#[test]
fn the_limits_are_those_of_the_stack() {
    let params =
        Params::from_yaml("params.yaml", "version: 1\nregion: us-east-1\ninstance: my-contact-centre\n")
            .unwrap();
    let rendered = render(&params, &Facts::example(&params)).unwrap();
    let template = rendered.stack.template_body.as_str();
    for (queue, visibility, receives) in LIMITS {
        let name = format!("{queue:?}Queue");
        assert_has(template, &name, &format!("VisibilityTimeout: {visibility}"));
        assert_has(template, &name, &format!("maxReceiveCount: {receives}"));
        assert_has(
            template,
            &format!("{name}DeadLettersAlarm"),
            &format!("- {{Name: QueueName, Value: !GetAtt {name}DeadLetters.QueueName}}"),
        );
    }
    let names = ["KvsToS3Function", "TranscriberFunction", "PackagerFunction"];
    for (function, name) in Function::ALL.into_iter().zip(names) {
        assert_has(template, name, &format!("Timeout: {}", time_limit(function).as_secs()));
    }
    assert_has(template, "ContactRecordTrigger", &format!("BatchSize: {STREAM_BATCH}"));
    assert_has(template, "ContactRecordTrigger", &format!("MaximumRetryAttempts: {STREAM_RETRIES}"));
    assert_has(template, "ContactRecordTrigger", "BisectBatchOnFunctionError: true");
    for (queue, batch) in [(QueueName::Retry, 1), (QueueName::Recordings, 10), (QueueName::Transcripts, 10)] {
        assert_has(template, &format!("{queue:?}QueueTrigger"), &format!("BatchSize: {batch}"));
    }
    assert!(time_limit(Function::Packager) <= Duration::from_secs(120), "a claim outlives its invocation");
}
