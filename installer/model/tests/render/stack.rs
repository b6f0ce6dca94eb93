use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::Value;
use vmx_model::render::{ParameterValue, Rendered};

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
    assert_eq!((functions.len(), roles.len()), (5, 5));
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
/// transcription job, which is bound to the bucket that its transcript goes to, the reading of metrics, and the sending of
/// traces.
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
                    let metrics = texts("Action") == ["cloudwatch:GetMetricStatistics"];
                    let everywhere = texts("Resource").iter().any(|resource| resource == "*");
                    assert!(!everywhere || bounded || metrics || traces, "{name}: {statement}");
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
    assert!(used.contains("StartingPosition: AT_TIMESTAMP\n      StartingPositionTimestamp: 1795428000\n"));
    assert!(!used.contains("AWS::Kinesis::Stream\n"));
    let new = super::new_instance().stack.template_body;
    assert!(!new.contains("kms:Decrypt"));
    assert!(new.contains("StartingPosition: TRIM_HORIZON"));
}

/// The statements about Amazon Bedrock of a set of parameters.
fn summaries(yaml: &str) -> Vec<serde_json::Value> {
    let params = super::params(yaml);
    let rendered = vmx_model::render::render(&params, &vmx_model::facts::Facts::example(&params)).unwrap();
    let template = read(&rendered);
    let roles = of_type(&template, "AWS::IAM::Role");
    let statements = roles["PackagerRole"]["Policies"][0]["PolicyDocument"]["Statement"].as_array().unwrap();
    statements.iter().filter(|statement| statement["Action"] == "bedrock:InvokeModel").cloned().collect()
}

#[test]
fn a_model_is_granted_where_voicemails_are_summarized_and_no_other() {
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
    let flagged = ["vm_flag", "vmx_flag", "vmx3_flag"]
        .map(|flag| serde_json::json!({"data": {"Attributes": {flag: [{"prefix": "1"}, {"prefix": " "}]}}}));
    let taken = serde_json::json!({"data": {"Attributes": {"vm_taking": [{"exists": true}]}}});
    assert_eq!(patterns, flagged.into_iter().chain([taken]).collect::<Vec<_>>());
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
    assert!(on["SendMail"]["Action"] == "ses:SendEmail" && !on.contains_key("SendMailBySubdomain"));
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

#[test]
fn mail_from_a_subdomain_may_use_the_identity_of_a_domain_above_it() {
    let (on, _) = packager(
        "modes: [task, email]\nemail: {from: v@mail.eu.example.com, to: d@example.com, attach_recording: when_small}\n",
    );
    for name in ["SendMail", "SendMailBySubdomain"] {
        assert_eq!(on[name]["Action"], serde_json::json!(["ses:SendEmail", "ses:SendRawEmail"]));
    }
    let identity = |name: &str| {
        format!("arn:${{AWS::Partition}}:ses:${{AWS::Region}}:${{AWS::AccountId}}:identity/{name}")
    };
    let above = ["eu.example.com", "example.com"].map(identity);
    assert_eq!(on["SendMailBySubdomain"]["Resource"], serde_json::json!(above));
    let condition = &on["SendMailBySubdomain"]["Condition"]["StringLike"];
    assert_eq!(*condition, serde_json::json!({"ses:FromAddress": "*@mail.eu.example.com"}));
}

/// A stream that was installed to be read from its end stays so: another position makes the trigger anew.
#[test]
fn an_adopted_stream_is_read_from_a_time_or_from_where_it_was_installed() {
    let params = super::params(super::SHORTEST);
    let trigger = |read_from| {
        let stream = super::ContactRecordStream {
            arn: "arn:aws:kinesis:eu-west-2:111122223333:stream/s".into(),
            kms_key_arn: None,
            read_from,
        };
        let facts = super::Facts { contact_records: Some(stream), ..super::Facts::example(&params) };
        let template = read(&super::render(&params, &facts).unwrap());
        template["Resources"]["ContactRecordTrigger"]["Properties"].clone()
    };
    let (latest, at) = (trigger(None), trigger(Some(7)));
    assert_eq!(
        (&latest["StartingPosition"], latest.get("StartingPositionTimestamp")),
        (&"LATEST".into(), None)
    );
    assert_eq!(
        (&at["StartingPosition"], &at["StartingPositionTimestamp"]),
        (&"AT_TIMESTAMP".into(), &7.into())
    );
}

/// Until the switch from an earlier system, contact records are not read, and nobody finds that wrong. An update leaves
/// it as it is.
#[test]
fn contact_records_are_read_from_the_switch_on() {
    let trigger = |lines: &str, reading| {
        let params = super::params(&format!("{}{lines}", super::SHORTEST));
        let facts = super::Facts { reading, ..super::Facts::example(&params) };
        let template = read(&super::render(&params, &facts).unwrap());
        let watched =
            template["Resources"]["WatchdogFunction"]["Properties"]["Environment"]["Variables"].to_string();
        (
            template["Resources"]["ContactRecordTrigger"]["Properties"].get("Enabled").cloned(),
            watched.contains("ContactRecordTrigger"),
            template["Outputs"].get("EarlierStack").map(|output| output["Value"].clone()),
        )
    };
    let migrates = "migrate_from: VMX3\n";
    assert_eq!(trigger("", None), (None, true, None));
    assert_eq!(trigger(migrates, Some(false)), (Some(false.into()), false, Some("VMX3".into())));
    assert_eq!(trigger(migrates, Some(true)), (Some(true.into()), true, Some("VMX3".into())));
    let params = super::params(&format!("{}{migrates}", super::SHORTEST));
    assert_eq!(super::Facts::example(&params).reading, Some(false));
}

/// The recorder may read recordings of the automated interaction only if it is to, and never those of agents.
#[test]
fn call_recordings_can_be_read_only_where_the_interactions_are() {
    let statements = |lines: &str, key: Option<&str>| {
        let params = super::params(&format!("{}{lines}", super::SHORTEST));
        let mut facts = super::Facts::example(&params);
        let key = key.map(str::to_owned);
        facts.call_recordings = Some(super::CallRecordings {
            bucket: "calls".into(),
            prefix: "connect/shop/CallRecordings".into(),
            kms_key_arn: key,
        });
        let template = read(&super::render(&params, &facts).unwrap());
        let role = &template["Resources"]["KvsToS3Role"]["Properties"]["Policies"][0]["PolicyDocument"];
        let of_calls =
            role["Statement"].as_array().unwrap().iter().filter(|statement| {
                statement["Sid"].as_str().is_some_and(|sid| sid.ends_with("IvrRecordings"))
            });
        of_calls.map(|one| (one["Action"].clone(), one["Resource"].clone())).collect::<Vec<_>>()
    };
    let key = "arn:aws:kms:eu-west-2:111122223333:key/00000000-0000-4000-8000-00000000e004";
    assert_eq!(statements("", Some(key)), []);
    let place = "arn:${AWS::Partition}:s3:::calls/connect/shop/CallRecordings/ivr/*";
    let on = "read_ivr_recordings: true\n";
    assert_eq!(statements(on, None), [("s3:GetObject".into(), place.into())]);
    let with_key = [("s3:GetObject".into(), place.into()), ("kms:Decrypt".into(), key.into())];
    assert_eq!(statements(on, Some(key)), with_key);
}

/// A record that cannot be read becomes a letter before the stream forgets it.
#[test]
fn contact_records_that_cannot_be_read_are_kept_before_the_stream_forgets_them() {
    for (hours, seconds) in [(24, 82_800), (168, 601_200), (8760, 604_800)] {
        let params =
            super::params(&format!("{}retention: {{contact_records_hours: {hours}}}\n", super::SHORTEST));
        let template = read(&super::render(&params, &super::Facts::example(&params)).unwrap());
        let trigger = &template["Resources"]["ContactRecordTrigger"]["Properties"];
        assert_eq!(trigger["MaximumRecordAgeInSeconds"], seconds);
        assert_eq!(trigger["DestinationConfig"]["OnFailure"]["Destination"], "StateBucket.Arn");
    }
}

/// Which keys of the buckets a role may do something with, by bucket.
fn may(template: &serde_json::Value, role: &str, action: &str) -> BTreeSet<String> {
    let policy = &template["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"];
    let texts = |value: &serde_json::Value| match value {
        serde_json::Value::Array(list) => list.iter().map(|one| one.as_str().unwrap().to_owned()).collect(),
        one => vec![one.as_str().unwrap_or_default().to_owned()],
    };
    let statements = policy.as_array().unwrap().iter();
    let allowed = statements.filter(|one| texts(&one["Action"]).iter().any(|allowed| allowed == action));
    let short = |resource: String| resource.replace("${", "").replace("Bucket.Arn}", "").replace(".Arn", "");
    allowed.flat_map(|one| texts(&one["Resource"])).map(short).collect()
}

/// Who may write, tag and remove what: nobody changes how a voicemail ended or what was delivered, and Amazon Transcribe
/// writes transcripts alone. That what is written once is not written over the buckets' policies see to.
#[test]
fn each_role_has_its_own_keys() {
    let template = read(&super::new_instance());
    let set = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<BTreeSet<_>>();
    for (role, writes, removes, tags) in [
        (
            "KvsToS3Role",
            set(&["Recordings/*.wav", "State/undelivered/*", "State/ended/*", "State/aws/lambda/*"]),
            set(&["State/undelivered/*"]),
            set(&["Recordings/*.wav"]),
        ),
        (
            "TranscriberRole",
            set(&["Transcripts/*.json", "Transcripts/.write_access_check_file.temp"]),
            set(&[]),
            set(&[]),
        ),
        (
            "PackagerRole",
            set(&["State/ended/*", "State/delivered/*", "State/claims/*", "Transcripts/packages/*"]),
            set(&["State/undelivered/*"]),
            set(&["Recordings/*.wav"]),
        ),
        ("PlaybackRole", set(&[]), set(&[]), set(&[])),
        (
            "WatchdogRole",
            set(&["State/undelivered/*", "State/ended/*", "State/watchdog/last"]),
            set(&["State/undelivered/*"]),
            set(&["Recordings/*.wav"]),
        ),
    ] {
        assert_eq!(may(&template, role, "s3:PutObject"), writes, "{role}");
        assert_eq!(may(&template, role, "s3:DeleteObject"), removes, "{role}");
        assert_eq!(may(&template, role, "s3:PutObjectTagging"), tags, "{role}");
    }
    for role in ["PackagerRole", "WatchdogRole"] {
        let statements =
            template["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
                .as_array()
                .unwrap();
        let tags = statements.iter().find(|statement| statement["Action"] == "s3:PutObjectTagging").unwrap();
        let unless = serde_json::json!({"StringNotEquals": {"s3:ExistingObjectTag/vm-state": "hold"}});
        assert_eq!(tags["Condition"], unless, "{role}");
        assert_eq!(may(&template, role, "s3:GetObjectTagging"), set(&["Recordings/*.wav"]), "{role}");
    }
    for action in ["transcribe:GetTranscriptionJob", "transcribe:DeleteTranscriptionJob"] {
        let jobs = may(&template, "PackagerRole", action);
        assert!(
            jobs.len() == 1 && jobs.iter().all(|job| job.ends_with(":transcription-job/AWS::StackName}.*"))
        );
    }
    let reads = may(&template, "WatchdogRole", "s3:GetObject");
    assert!(reads.iter().all(|keys| keys.starts_with("State/")), "{reads:?}");
    let reads = may(&template, "PlaybackRole", "s3:GetObject");
    assert_eq!(
        reads,
        set(&["Recordings/*.wav", "Transcripts/packages/*", "Transcripts/revoked/*", "State/revoked/*"])
    );
}

/// Source: the Amazon S3 user guide, "Enforce conditional writes on Amazon S3 buckets".
#[test]
fn recordings_ends_and_receipts_are_written_once() {
    for (_, rendered) in super::all() {
        let template = read(&rendered);
        let policies = of_type(&template, "AWS::S3::BucketPolicy");
        let once = |name: &str| {
            let statements = policies[name]["PolicyDocument"]["Statement"].as_array().unwrap();
            statements.iter().find(|one| one["Sid"] == "OnlyOnce").cloned()
        };
        let state = once("StateBucketPolicy").unwrap();
        assert_eq!(
            state["Resource"],
            serde_json::json!(["${StateBucket.Arn}/ended/*", "${StateBucket.Arn}/delivered/*"])
        );
        assert_eq!(
            state["Condition"],
            serde_json::json!({
                "Null": {"s3:if-none-match": "true"},
                "Bool": {"s3:ObjectCreationOperation": "true"},
            })
        );
        let recordings = once("RecordingsBucketPolicy").unwrap();
        assert_eq!(recordings["Resource"], serde_json::json!(["${RecordingsBucket.Arn}/*.wav"]));
        assert_eq!(recordings["Condition"], state["Condition"]);
        assert_eq!(once("TranscriptsBucketPolicy"), None);
    }
}

/// What the scheduled function looks after is everything of its kind in the stack, but for itself.
#[test]
fn the_watchdog_looks_after_everything_and_may() {
    for (_, rendered) in super::all() {
        let template = read(&rendered);
        let variables = &template["Resources"]["WatchdogFunction"]["Properties"]["Environment"]["Variables"];
        let watched: vmx_contract::watchdog::Watched =
            serde_json::from_str(variables["VMX_WATCHDOG"].as_str().unwrap()).unwrap();
        let names = |kind: &str| {
            let but_for = |name: &&&str| !name.starts_with("Watchdog");
            of_type(&template, kind).keys().filter(but_for).map(|name| (*name).to_owned()).collect::<Vec<_>>()
        };
        let keys = |map: &BTreeMap<String, String>| map.keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&watched.triggers), names("AWS::Lambda::EventSourceMapping"));
        assert_eq!(keys(&watched.functions), names("AWS::Lambda::Function"));
        assert_eq!(keys(&watched.rules), names("AWS::Events::Rule"));
        let dead: Vec<String> =
            names("AWS::SQS::Queue").into_iter().filter(|name| name.ends_with("DeadLetters")).collect();
        assert_eq!(keys(&watched.dead_letters), dead);
        for named in [&watched.triggers, &watched.functions, &watched.rules, &watched.dead_letters] {
            assert!(named.iter().all(|(name, reference)| *reference == format!("${{{name}}}")));
        }
        let of = |action| may(&template, "WatchdogRole", action).len();
        let asked = [
            ("lambda:GetEventSourceMapping", watched.triggers.len()),
            ("lambda:GetFunctionConcurrency", watched.functions.len()),
            ("events:DescribeRule", watched.rules.len()),
            ("sqs:GetQueueAttributes", watched.dead_letters.len()),
        ];
        for (action, count) in asked {
            assert_eq!(of(action), count, "{action}");
        }
        let permission = &of_type(&template, "AWS::Lambda::Permission")["WatchdogPermission"];
        assert_eq!(permission["SourceArn"], "WatchdogSchedule.Arn");
    }
}
