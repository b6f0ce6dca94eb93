use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::Value;
use vmx_install::render::{ParameterValue, Rendered};

#[test]
fn templates_are_as_they_were() {
    for (name, rendered) in super::all() {
        insta::assert_snapshot!(format!("{name}_stack"), rendered.stack.template_body);
    }
}

/// Source: AWS CloudFormation user guide, quotas: the largest template that it takes from S3.
#[test]
fn cloudformation_takes_every_template() {
    for (name, rendered) in super::all() {
        let bytes = rendered.stack.template_body.len();
        assert!(bytes <= 1_000_000, "{name}: {bytes}");
    }
}

/// A template without CloudFormation's tags: `!Ref X` is `X`.
pub(crate) fn read(rendered: &Rendered) -> serde_json::Value {
    fn plain(value: Value) -> serde_json::Value {
        match value {
            Value::Tagged(tagged) => plain(tagged.value),
            Value::Mapping(map) => {
                map.into_iter().map(|(key, value)| (key.as_str().unwrap().to_owned(), plain(value))).collect()
            }
            Value::Sequence(list) => list.into_iter().map(plain).collect(),
            other => serde_json::to_value(other).unwrap(),
        }
    }
    plain(serde_yaml::from_str(&rendered.stack.template_body).unwrap())
}

pub(crate) fn of_type<'a>(
    template: &'a serde_json::Value,
    kind: &str,
) -> BTreeMap<&'a str, &'a serde_json::Value> {
    template["Resources"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, resource)| resource["Type"] == kind)
        .map(|(name, resource)| (name.as_str(), &resource["Properties"]))
        .collect()
}

#[test]
fn every_parameter_has_a_value_and_every_value_a_parameter() {
    for (_, rendered) in super::all() {
        let template = read(&rendered);
        let declared: BTreeSet<&str> =
            template["Parameters"].as_object().unwrap().keys().map(String::as_str).collect();
        let given: BTreeSet<&str> =
            rendered.stack.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
        assert_eq!(declared, given);
    }
    let first = super::new_instance().stack.parameters[0].value;
    assert_eq!(first, ParameterValue::ArtifactBucket);
}

/// AWS Lambda asks for six times the time limit, or a message comes back while it is still worked on.
#[test]
fn messages_stay_hidden_for_six_times_the_time_limit() {
    let template = read(&super::new_instance());
    let queues = of_type(&template, "AWS::SQS::Queue");
    let functions = of_type(&template, "AWS::Lambda::Function");
    let triggers = of_type(&template, "AWS::Lambda::EventSourceMapping");
    let mut seen = 0;
    for trigger in triggers.values() {
        let source = trigger["EventSourceArn"].as_str().unwrap();
        let Some(queue) = source.strip_suffix(".Arn").and_then(|name| queues.get(name)) else {
            continue;
        };
        let timeout = functions[trigger["FunctionName"].as_str().unwrap()]["Timeout"].as_u64().unwrap();
        assert!(queue["VisibilityTimeout"].as_u64().unwrap() >= 6 * timeout);
        assert!(queue["RedrivePolicy"]["maxReceiveCount"].as_u64().unwrap() >= 5);
        seen += 1;
    }
    assert_eq!(seen, 3);
}

#[test]
fn each_function_has_a_role_and_a_log_of_its_own() {
    let template = read(&super::new_instance());
    let functions = of_type(&template, "AWS::Lambda::Function");
    let roles: BTreeSet<&str> =
        functions.values().map(|function| function["Role"].as_str().unwrap()).collect();
    assert_eq!((functions.len(), roles.len()), (4, 4));
    for (name, function) in functions {
        let stem = name.strip_suffix("Function").unwrap();
        assert_eq!(function["Role"], format!("{stem}Role.Arn"));
        assert_eq!(function["LoggingConfig"]["LogGroup"], format!("{stem}Logs"));
        // By which what it counts is told from what others count.
        let variables = &function["Environment"]["Variables"];
        assert_eq!(variables[vmx_contract::environment::STACK], "AWS::StackName");
    }
}

/// Nothing in the template is allowed everywhere or everything, but for what has no resource level: the start of a
/// transcription job, which is bound to the bucket that its transcript goes to, and the sending of traces.
#[test]
fn no_statement_allows_everything() {
    for (_, rendered) in super::all() {
        for (name, role) in of_type(&read(&rendered), "AWS::IAM::Role") {
            for policy in role["Policies"].as_array().unwrap() {
                for statement in policy["PolicyDocument"]["Statement"].as_array().unwrap() {
                    let texts = |key: &str| match &statement[key] {
                        serde_json::Value::Array(list) => list.clone(),
                        one => vec![one.clone()],
                    };
                    let bounded = statement["Action"] == "transcribe:StartTranscriptionJob"
                        && statement["Condition"]["StringEquals"]["transcribe:OutputBucketName"]
                            == "TranscriptsBucket";
                    let traces = texts("Action") == ["xray:PutTraceSegments", "xray:PutTelemetryRecords"];
                    let everywhere = texts("Resource").iter().any(|resource| resource == "*");
                    assert!(!everywhere || bounded || traces, "{name}: {statement}");
                    let actions = texts("Action");
                    assert!(
                        actions.iter().all(|action| !action.as_str().unwrap().contains('*')),
                        "{name}: {statement}"
                    );
                }
            }
        }
    }
}

#[test]
fn keys_are_granted_where_there_are_keys_and_nowhere_else() {
    let used = super::used_instance().stack.template_body;
    assert_eq!(used.matches("Action: kms:Decrypt").count(), 2);
    assert!(used.contains("StartingPosition: LATEST"));
    assert!(!used.contains("AWS::Kinesis::Stream\n"));
    let new = super::new_instance().stack.template_body;
    assert!(!new.contains("kms:Decrypt"));
    assert!(new.contains("StartingPosition: TRIM_HORIZON"));
}

/// The statements about Amazon Bedrock of a set of parameters.
fn summaries(yaml: &str) -> Vec<serde_json::Value> {
    let params = super::params(yaml);
    let rendered =
        vmx_install::render::render(&params, &vmx_install::render::Facts::example(&params)).unwrap();
    let template = read(&rendered);
    let roles = of_type(&template, "AWS::IAM::Role");
    let statements = roles["PackagerRole"]["Policies"][0]["PolicyDocument"]["Statement"].as_array().unwrap();
    statements.iter().filter(|statement| statement["Action"] == "bedrock:InvokeModel").cloned().collect()
}

#[test]
fn a_model_is_granted_where_voicemails_are_summarised_and_no_other() {
    let region = "version: 1\nregion: eu-central-1\ninstance: shop\n";
    assert_eq!(summaries(region), [serde_json::Value::Null; 0]);
    let profile = "arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:inference-profile/eu.amazon.nova-lite-v1:0";
    for when in ["per_call", "always"] {
        let granted = summaries(&format!("{region}summary: {{when: {when}}}\n"));
        assert_eq!(granted.len(), 2);
        assert_eq!(granted[0]["Resource"], profile);
        assert_eq!(
            granted[1]["Resource"],
            "arn:${AWS::Partition}:bedrock:*::foundation-model/amazon.nova-lite-v1:0"
        );
        assert_eq!(granted[1]["Condition"]["ArnEquals"]["bedrock:InferenceProfileArn"], profile);
    }
    let granted = summaries(&format!("{region}summary: {{when: always, model: amazon.nova-micro-v1:0}}\n"));
    assert_eq!(granted.len(), 1);
    assert_eq!(
        granted[0]["Resource"],
        "arn:${AWS::Partition}:bedrock:${AWS::Region}::foundation-model/amazon.nova-micro-v1:0"
    );
}

#[test]
fn only_records_of_voicemails_reach_the_function() {
    let template = read(&super::new_instance());
    let triggers = of_type(&template, "AWS::Lambda::EventSourceMapping");
    let patterns: Vec<serde_json::Value> = triggers["ContactRecordTrigger"]["FilterCriteria"]["Filters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|filter| serde_json::from_str(filter["Pattern"].as_str().unwrap()).unwrap())
        .collect();
    let expected = ["vm_flag", "vmx_flag", "vmx3_flag"]
        .map(|flag| serde_json::json!({"data": {"Attributes": {flag: ["1"]}}}));
    assert_eq!(patterns, expected);
}

/// What the packager may do, by the names of its statements, and its environment variables.
fn packager(yaml: &str) -> (BTreeMap<String, serde_json::Value>, serde_json::Value) {
    let params = super::params(&format!("{}{yaml}", super::SHORTEST));
    let rendered = super::render(&params, &super::Facts::example(&params)).unwrap();
    let template = read(&rendered);
    let policy = &template["Resources"]["PackagerRole"]["Properties"]["Policies"][0]["PolicyDocument"];
    let statements = policy["Statement"].as_array().unwrap().iter();
    let by_name = statements.map(|one| (one["Sid"].as_str().unwrap().to_owned(), one.clone())).collect();
    let function = &template["Resources"]["PackagerFunction"]["Properties"];
    (by_name, function["Environment"]["Variables"].clone())
}

#[test]
fn a_mode_that_is_off_has_no_permissions_and_one_that_is_on_the_smallest() {
    let of_modes = ["SendMail", "ReadMailTemplates", "SendEvents", "ReachOtherTarget", "ReadSigningKey"];
    let (off, variables) = packager("");
    assert!(of_modes.iter().all(|name| !off.contains_key(*name)), "{off:#?}");
    assert_eq!((&variables["VMX_MODES"], variables.get("VMX_EMAIL")), (&"task".into(), None));

    let queue = "arn:aws:sqs:eu-west-2:111122223333:voicemails";
    let (on, variables) = packager(&format!(
        "modes: [task, email, other]\nemail: {{from: v@example.com, to: d@example.com}}\nother: {{target: \"{queue}\"}}\n"
    ));
    assert_eq!(variables["VMX_MODES"], "task,email,other");
    let identity = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/";
    assert_eq!(
        on["SendMail"]["Resource"],
        serde_json::json!([format!("{identity}example.com"), format!("{identity}*@example.com")])
    );
    assert_eq!(on["ReachOtherTarget"]["Resource"], queue);
    assert_eq!(on["ReachOtherTarget"]["Action"], serde_json::json!(["sqs:GetQueueUrl", "sqs:SendMessage"]));
    assert!(on["SendEvents"]["Resource"].as_str().unwrap().ends_with(":event-bus/default"));
    assert!(!on.contains_key("ReadSigningKey"));

    let secret = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:hook-AbCdEf";
    let (hook, variables) = packager(&format!(
        "modes: [task, other]\nother: {{target: \"https://crm.example.com\", secret: \"{secret}\"}}\n"
    ));
    assert_eq!(hook["ReadSigningKey"]["Resource"], secret);
    assert!(!hook.contains_key("ReachOtherTarget") && !hook.contains_key("SendMail"));
    let settings: serde_json::Value = serde_json::from_str(variables["VMX_OTHER"].as_str().unwrap()).unwrap();
    assert_eq!(settings["target"], "https://crm.example.com");
}
