//! What the parameters that protect an installation reach, in all of the stack.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use vmx_model::facts::Facts;
use vmx_model::render::{Rendered, render};

use super::stack::{of_type, read};

const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-00000000e001";

fn with(lines: &str) -> Rendered {
    let params = super::params(&format!("{}{lines}\n", super::SHORTEST));
    render(&params, &Facts::example(&params)).unwrap()
}

#[test]
fn one_key_encrypts_everything_that_is_kept() {
    let template = read(&super::protected());
    let mut seen = 0;
    for (kind, pointer) in [
        (
            "AWS::S3::Bucket",
            "/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/KMSMasterKeyID",
        ),
        ("AWS::SQS::Queue", "/KmsMasterKeyId"),
        ("AWS::Kinesis::Stream", "/StreamEncryption/KeyId"),
        ("AWS::Logs::LogGroup", "/KmsKeyId"),
        ("AWS::Lambda::Function", "/KmsKeyArn"),
    ] {
        for (name, properties) in of_type(&template, kind) {
            assert_eq!(properties.pointer(pointer), Some(&KEY.into()), "{name}");
            seen += 1;
        }
    }
    assert_eq!(seen, 3 + 6 + 1 + 5 + 5);
    let bucket = &of_type(&template, "AWS::S3::Bucket")["RecordingsBucket"]["BucketEncryption"];
    assert_eq!(bucket["ServerSideEncryptionConfiguration"][0]["BucketKeyEnabled"], true);
    let variables =
        &of_type(&template, "AWS::Lambda::Function")["TranscriberFunction"]["Environment"]["Variables"];
    assert_eq!(variables["VMX_TRANSCRIPTS_KEY_ARN"], KEY);
    let off = with("").stack.template_body;
    assert!(!off.contains("VMX_TRANSCRIPTS_KEY_ARN") && !off.contains("ViaService"));
}

/// Through which services a role may use the key, by action.
fn uses(template: &Value, role: &str) -> BTreeMap<String, BTreeSet<String>> {
    let statements =
        of_type(template, "AWS::IAM::Role")[role]["Policies"][0]["PolicyDocument"]["Statement"].clone();
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for statement in statements.as_array().unwrap().iter().filter(|statement| statement["Resource"] == KEY) {
        let via = &statement["Condition"]["StringEquals"]["kms:ViaService"];
        let via = via.as_array().cloned().unwrap_or_else(|| vec![via.clone()]);
        let services = via.iter().map(|one| one.as_str().unwrap().split('.').next().unwrap().to_owned());
        uses.entry(statement["Action"].as_str().unwrap().to_owned()).or_default().extend(services);
    }
    uses
}

#[test]
fn each_role_uses_the_key_for_what_it_reads_and_writes_and_through_no_other_service() {
    let template = read(&super::protected());
    for (role, reads, writes) in [
        ("KvsToS3Role", vec!["kinesis", "kinesisvideo", "s3", "sqs"], vec!["s3", "sqs"]),
        ("TranscriberRole", vec!["s3", "sqs", "transcribe"], vec!["s3", "sqs", "transcribe"]),
        ("PackagerRole", vec!["s3", "secretsmanager", "sqs"], vec!["s3", "sqs"]),
        ("PlaybackRole", vec!["s3"], vec![]),
        ("WatchdogRole", vec!["s3", "sqs"], vec!["s3", "sqs"]),
    ] {
        let set = |services: Vec<&str>| services.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
        let mut expected = BTreeMap::from([("kms:Decrypt".to_owned(), set(reads))]);
        if !writes.is_empty() {
            expected.insert("kms:GenerateDataKey".to_owned(), set(writes));
        }
        assert_eq!(uses(&template, role), expected, "{role}");
    }
    // Without a secret the packager reads none; a stream that was there has a key of its own.
    let template = read(&with(&format!("kms_key: {}", KEY.replace("eu-central-1", "eu-west-2"))));
    let text = template["Resources"]["PackagerRole"].to_string();
    assert!(text.contains("kms:ViaService") && !text.contains("secretsmanager"), "{text}");
}

#[test]
fn every_role_has_the_boundary_and_the_path() {
    let template = read(&super::protected());
    let roles = of_type(&template, "AWS::IAM::Role");
    assert_eq!(roles.len(), 5);
    for (name, role) in roles {
        assert_eq!(role["PermissionsBoundary"], "arn:aws:iam::111122223333:policy/team/boundary", "{name}");
        assert_eq!(role["Path"], "/voicemail/", "{name}");
    }
    // The key of playback links knows the roles by their names, path and all.
    let policy = of_type(&template, "AWS::KMS::Key")["LinkKey"]["KeyPolicy"].to_string();
    assert!(policy.contains(":role/voicemail/${AWS::StackName}-PackagerRole-*"), "{policy}");
    for (name, role) in of_type(&read(&with("")), "AWS::IAM::Role") {
        assert!(role.get("PermissionsBoundary").is_none() && role.get("Path").is_none(), "{name}");
    }
}

/// The days after which objects expire, by the tag or the beginning of the key that they have to have; after which they
/// move, and after which old versions go.
fn lifecycle(bucket: &Value) -> (BTreeMap<String, u64>, Option<u64>, u64) {
    let rules = bucket["LifecycleConfiguration"]["Rules"].as_array().unwrap();
    let days = |pointer: &str| rules.iter().find_map(|rule| rule.pointer(pointer)?.as_u64());
    let expiring = rules.iter().filter_map(|rule| {
        let tag = rule.pointer("/TagFilters/0/Value").or(rule.get("Prefix")).and_then(Value::as_str);
        Some((tag.unwrap_or_default().to_owned(), rule.get("ExpirationInDays")?.as_u64().unwrap()))
    });
    (
        expiring.collect(),
        days("/Transitions/0/TransitionInDays"),
        days("/NoncurrentVersionExpiration/NoncurrentDays").unwrap(),
    )
}

#[test]
fn what_has_expired_is_gone_with_its_versions_when_retention_says() {
    let both = |rendered: &Rendered| {
        let template = read(rendered);
        let buckets = of_type(&template, "AWS::S3::Bucket");
        (lifecycle(buckets["RecordingsBucket"]), lifecycle(buckets["TranscriptsBucket"]))
    };
    let tags = ["done", "late", "late-60", "late-120", "late-240", "late-480", "open"];
    let days = [91, 121, 151, 211, 331, 571, 480];
    let tagged = || tags.map(str::to_owned).into_iter().zip(days).collect::<BTreeMap<_, _>>();
    let all = |days| BTreeMap::from([(String::new(), days)]);
    assert_eq!(both(&with("")), ((tagged(), None, 1), (all(90), None, 1)));
    assert_eq!(both(&super::protected()), ((tagged(), Some(30), 1), (all(89), None, 1)));
    let for_ever = |lines| both(&with(&format!("retention: {{recordings_days: 0}}\n{lines}"))).0;
    assert_eq!(for_ever(""), (BTreeMap::new(), None, 1));
    let archived = for_ever("buckets: {archive_after_days: 3652, versioning: true}");
    assert_eq!(archived, (BTreeMap::new(), Some(3652), 1));
    let state = |rendered: &Rendered| lifecycle(of_type(&read(rendered), "AWS::S3::Bucket")["StateBucket"]).0;
    let expected = [
        ("aws/lambda/", 14),
        ("claims/", 2),
        ("delivered/", 400),
        ("ended/", 800),
        ("revoked/", 90),
        ("undelivered/", 606),
    ];
    assert_eq!(state(&with("")), expected.map(|(prefix, days)| (prefix.to_owned(), days)).into());
    let template = read(&super::protected());
    for (name, bucket) in of_type(&template, "AWS::S3::Bucket") {
        assert_eq!(bucket["VersioningConfiguration"], json!({"Status": "Enabled"}), "{name}");
        assert_eq!(
            bucket["LoggingConfiguration"],
            json!({"DestinationBucketName": "access-logs-example", "LogFilePrefix": format!("voicemail-express/{name}/")})
        );
    }
}

/// A service is let in for its own thing in this account and for no other.
#[test]
fn resource_policies_let_services_in_by_their_source_alone() {
    for (_, rendered) in super::all() {
        let template = read(&rendered);
        let mut allowed = 0;
        for (name, policy) in of_type(&template, "AWS::SQS::QueuePolicy") {
            for statement in policy["PolicyDocument"]["Statement"].as_array().unwrap() {
                if statement["Effect"] == "Allow" {
                    let conditions = &statement["Condition"];
                    assert_eq!(conditions["StringEquals"]["aws:SourceAccount"], "AWS::AccountId", "{name}");
                    assert!(conditions["ArnEquals"]["aws:SourceArn"].is_array(), "{name}");
                    allowed += 1;
                }
            }
        }
        assert_eq!(allowed, 4);
        for (name, policy) in of_type(&template, "AWS::S3::BucketPolicy") {
            let statements = policy["PolicyDocument"]["Statement"].as_array().unwrap();
            assert!(statements.iter().all(|statement| statement["Effect"] == "Deny"), "{name}");
        }
    }
}

/// Why a check of a scanner does not apply stands where it does not.
#[test]
fn every_exception_has_a_reason() {
    for (_, rendered) in super::all() {
        let template = read(&rendered);
        for (name, resource) in template["Resources"].as_object().unwrap() {
            let skipped = resource.pointer("/Metadata/checkov/skip").and_then(Value::as_array);
            for skip in skipped.into_iter().flatten() {
                assert!(skip["comment"].as_str().is_some_and(|reason| reason.len() > 30), "{name}: {skip}");
            }
        }
    }
}
