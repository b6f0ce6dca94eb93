//! What operators get: alarms, the topic that they are published to, the dashboard, traces, and triggers that are laid
//! out for the expected rate.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::stack::{of_type, read};
use super::{Facts, SHORTEST, params, render};

const TOPIC: &str = "arn:aws:sns:eu-west-2:111122223333:operations";

fn template(yaml: &str) -> Value {
    let params = params(&format!("{SHORTEST}{yaml}"));
    read(&render(&params, &Facts::example(&params)).unwrap())
}

#[test]
fn every_alarm_goes_to_the_topic_and_says_what_to_do() {
    for (yaml, actions) in [
        (String::new(), Value::Null),
        ("alarms: {topic: new}\n".to_owned(), json!(["AlarmTopic"])),
        (format!("alarms: {{topic: '{TOPIC}'}}\n"), json!([TOPIC])),
    ] {
        let template = template(&yaml);
        let alarms = of_type(&template, "AWS::CloudWatch::Alarm");
        assert_eq!(alarms.len(), 19);
        for (name, alarm) in alarms {
            assert_eq!(alarm["AlarmActions"], actions, "{name}");
            assert!([&Value::Null, &actions].contains(&&alarm["OKActions"]), "{name}");
            assert!(alarm["AlarmDescription"].as_str().unwrap().contains("What to do: "), "{name}");
        }
        let topics = of_type(&template, "AWS::SNS::Topic").len();
        assert_eq!(topics, usize::from(yaml.contains("new")), "{yaml}");
    }
}

#[test]
fn only_own_alarms_may_publish_to_the_new_topic_and_use_its_key() {
    let template = template("alarms: {topic: new, emails: [a@example.com, b@example.com]}\n");
    let policies = of_type(&template, "AWS::SNS::TopicPolicy");
    let statements = policies["AlarmTopicPolicy"]["PolicyDocument"]["Statement"].as_array().unwrap();
    let allowed: Vec<&Value> = statements.iter().filter(|one| one["Effect"] == "Allow").collect();
    let key = &of_type(&template, "AWS::KMS::Key")["AlarmKey"]["KeyPolicy"]["Statement"];
    assert_eq!(allowed.len(), 1);
    for one in [allowed[0], &key[1]] {
        assert_eq!(one["Principal"], json!({"Service": "cloudwatch.amazonaws.com"}));
        assert_eq!(one["Condition"]["StringEquals"]["aws:SourceAccount"], "AWS::AccountId");
        let alarms = one["Condition"]["ArnLike"]["aws:SourceArn"].as_str().unwrap();
        assert!(alarms.ends_with(":${AWS::AccountId}:alarm:${AWS::StackName}-*"), "{alarms}");
    }
    assert_eq!(of_type(&template, "AWS::SNS::Topic")["AlarmTopic"]["KmsMasterKeyId"], "AlarmKey.Arn");
    let mails = of_type(&template, "AWS::SNS::Subscription");
    let addresses: BTreeSet<&str> = mails.values().map(|mail| mail["Endpoint"].as_str().unwrap()).collect();
    assert_eq!(addresses, BTreeSet::from(["a@example.com", "b@example.com"]));
    // An address that goes leaves the others' subscriptions as they are.
    let fewer = self::template("alarms: {topic: new, emails: [b@example.com]}\n");
    let left = of_type(&fewer, "AWS::SNS::Subscription");
    assert!(left.len() == 1 && left.keys().all(|name| mails.contains_key(name)));
}

#[test]
fn the_dashboard_is_json_and_refers_to_what_is_there() {
    let template = template("");
    let dashboards = of_type(&template, "AWS::CloudWatch::Dashboard");
    let body = dashboards["Dashboard"]["DashboardBody"].as_str().unwrap();
    let widgets: Value = serde_json::from_str(body).unwrap();
    assert!(widgets["widgets"].as_array().unwrap().len() > 10);
    let mut referred = BTreeSet::new();
    for part in body.split("${").skip(1) {
        referred.insert(part.split(['}', '.']).next().unwrap());
    }
    let resources = template["Resources"].as_object().unwrap();
    let missing: Vec<&&str> = referred
        .iter()
        .filter(|name| !name.starts_with("AWS::") && !resources.contains_key(**name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    let alarms = of_type(&template, "AWS::CloudWatch::Alarm");
    assert!(alarms.keys().all(|name| referred.contains(name)));
}

#[test]
fn traces_are_sent_where_they_are_asked_for_and_nowhere_else() {
    let sends = |template: &Value| template.to_string().matches("xray:PutTraceSegments").count();
    let (off, on) = (template(""), template("tracing: true\n"));
    assert_eq!((sends(&off), sends(&on)), (0, 5));
    for (name, function) in of_type(&on, "AWS::Lambda::Function") {
        assert_eq!(function["TracingConfig"], json!({"Mode": "Active"}), "{name}");
    }
    assert!(of_type(&off, "AWS::Lambda::Function").values().all(|one| one.get("TracingConfig").is_none()));
}

#[test]
fn triggers_and_stream_are_laid_out_for_the_expected_rate() {
    let of = |per_hour: u32| {
        let template = template(&format!("expected_voicemails_per_hour: {per_hour}\n"));
        let triggers = of_type(&template, "AWS::Lambda::EventSourceMapping");
        let at_once = |name: &str| triggers[name]["ScalingConfig"]["MaximumConcurrency"].as_u64().unwrap();
        let stream = of_type(&template, "AWS::Kinesis::Stream")["ContactRecordStream"].clone();
        (
            triggers["ContactRecordTrigger"]["ParallelizationFactor"].as_u64().unwrap(),
            ["RetryQueueTrigger", "RecordingsQueueTrigger", "TranscriptsQueueTrigger"].map(at_once),
            stream.get("ShardCount").cloned(),
            stream["StreamModeDetails"]["StreamMode"].clone(),
        )
    };
    assert_eq!(of(2_000), (2, [3, 2, 2], Some(json!(1)), Value::Null));
    assert_eq!(of(200_000), (10, [278, 14, 95], None, json!("ON_DEMAND")));
}
