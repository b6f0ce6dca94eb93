//! Templates that the version before messages and states got wrong.

use serde_json::Value;

use super::stack::{of_type, read};
use super::{Facts, SHORTEST, params, render};

fn template(lines: &str) -> Value {
    let params = params(&format!("{SHORTEST}{lines}"));
    read(&render(&params, &Facts::example(&params)).unwrap())
}

/// A source queue expired its messages after four days.
#[test]
fn every_queue_keeps_messages_for_as_long_as_amazon_sqs_can() {
    let template = template("");
    for (name, queue) in of_type(&template, "AWS::SQS::Queue") {
        assert_eq!(queue["MessageRetentionPeriod"], 1_209_600, "{name}");
    }
}

/// A dead letter names its recording for fourteen days, and the recording expired by its age alone.
#[test]
fn what_is_not_delivered_outlives_a_short_retention() {
    for days in [1, 13] {
        let template = template(&format!("retention: {{recordings_days: {days}}}\n"));
        let bucket = &of_type(&template, "AWS::S3::Bucket")["RecordingsBucket"];
        for rule in bucket["LifecycleConfiguration"]["Rules"].as_array().unwrap() {
            let Some(after) = rule["ExpirationInDays"].as_u64() else { continue };
            let tag = rule["TagFilters"][0]["Value"].as_str();
            assert!(tag.is_some_and(|tag| tag != "open" || after > 365), "{days}: {rule}");
        }
    }
}
