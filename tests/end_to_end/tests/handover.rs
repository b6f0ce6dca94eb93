//! `migrate switch` and `migrate back`: contact records move between an earlier system and this one while people call.
//!
//! The earlier system has its ancestors' shape: a stack with their description, a function, a trigger and a bucket with
//! their names. Its function is our recorder, with buckets of its own: what it has recorded counts as delivered by it.

use std::time::Duration;

use aws_sdk_cloudformation::types::Capability;
use end_to_end::{Error, Site, Voice};
use serde_json::{Value, json};
use vmx_contract::state::Outcome;

const STACK: &str = "VMX3-local";
const RECORDINGS: &str = "vmx3-recordings-local";
const STATE: &str = "earlier-state-local";
const CODE: &str = "earlier-code-local";
const STREAM: &str = "contact-records-local";

/// How many voicemails are left while each handover is under way: `MIGRATION_VOICEMAILS`.
fn voicemails() -> usize {
    std::env::var("MIGRATION_VOICEMAILS").ok().and_then(|number| number.parse().ok()).unwrap_or(8)
}

/// Whole numbers that look random and are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        // Knuth's constants for a linear congruential generator.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Installs the earlier system, and has the instance send contact records and media to where it reads them.
async fn earlier_system(site: &Site) -> Result<(), Error> {
    let (connect, account) = (site.cloud.connect(), site.cloud.account());
    let (region, account_id) = (account.region.as_str(), account.id.as_str());
    let instance = format!("arn:aws:connect:{region}:{account_id}:instance/{}", connect.instance_id());
    let s3 = aws_sdk_s3::Client::from_conf(
        aws_sdk_s3::config::Builder::from(&site.config).force_path_style(true).build(),
    );
    s3.create_bucket().bucket(CODE).send().await?;
    let zip = std::fs::read(site.packages()?.join("vmx_kvs_to_s3.zip"))?;
    site.put_object(CODE, "recorder.zip", zip).await?;
    let policy = |service: &str| {
        json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]
        })
    };
    let all = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["kinesis:*", "kinesisvideo:*", "s3:*", "sqs:*", "kms:*", "logs:*"],
                       "Resource": "*"}]
    });
    let environment = json!({
        "VMX_RECORDINGS_BUCKET": RECORDINGS,
        "VMX_STATE_BUCKET": STATE,
        "VMX_INSTANCE_ARN": instance,
        "VMX_RETRY_QUEUE_URL": {"Ref": "RetryQueue"},
        "VMX_DEFAULT_LANGUAGE": "en-US",
        "VMX_DEFAULT_MODE": "task",
        "VMX_DEFAULT_QUEUE_ARN": format!("{instance}/queue/00000000-0000-4000-8000-0000000000ff"),
    });
    let bucket = |name: &str| json!({"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}});
    let template = json!({
        "Description": "Deploys the Voicemail Express solution for Amazon Connect. Updated for 2025.09.13.",
        "Parameters": {"ConnectInstanceARN": {"Type": "String", "Default": instance}},
        "Resources": {
            "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": STREAM, "ShardCount": 1}},
            "VMXS3RecordingsBucket": bucket(RECORDINGS),
            "State": bucket(STATE),
            "RetryQueue": {"Type": "AWS::SQS::Queue"},
            "Role": {"Type": "AWS::IAM::Role", "Properties": {
                "AssumeRolePolicyDocument": policy("lambda.amazonaws.com"),
                "Policies": [{"PolicyName": "all", "PolicyDocument": all}]
            }},
            "VMXRecorder": {"Type": "AWS::Lambda::Function", "Properties": {
                "FunctionName": "VMX3-KVStoS3-local", "Runtime": "provided.al2023", "Handler": "bootstrap",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Timeout": 12, "MemorySize": 512,
                "Code": {"S3Bucket": CODE, "S3Key": "recorder.zip"},
                "Environment": {"Variables": environment}
            }},
            "CTRStreamMapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
                "BatchSize": 1, "Enabled": true, "StartingPosition": "TRIM_HORIZON", "MaximumRetryAttempts": 3,
                "FunctionName": {"Ref": "VMXRecorder"}, "EventSourceArn": {"Fn::GetAtt": ["Stream", "Arn"]},
                "FilterCriteria": {"Filters": [{"Pattern": r#"{"data":{"Attributes":{"vm_flag":["1"]}}}"#}]}
            }},
        },
    });
    let cloud_formation = aws_sdk_cloudformation::Client::new(&site.config);
    cloud_formation
        .create_stack()
        .stack_name(STACK)
        .template_body(template.to_string())
        .capabilities(Capability::CapabilityIam)
        .send()
        .await?;
    site.until("the earlier system is installed", async || {
        let stack = cloud_formation.describe_stacks().stack_name(STACK).send().await?;
        let status = stack
            .stacks()
            .first()
            .and_then(|stack| stack.stack_status())
            .map(|status| status.as_str().to_owned());
        match status.as_deref() {
            Some("CREATE_COMPLETE") => Ok(true),
            Some("CREATE_IN_PROGRESS") => Ok(false),
            other => Err(format!("the earlier system is {other:?}").into()),
        }
    })
    .await?;
    let stream = format!("arn:aws:kinesis:{region}:{account_id}:stream/{STREAM}");
    let records = json!({"StorageType": "KINESIS_STREAM", "KinesisStreamConfig": {"StreamArn": stream}});
    site.store("CONTACT_TRACE_RECORDS", &records).await?;
    let key = aws_sdk_kms::Client::new(&site.config).create_key().send().await?;
    let key = key.key_metadata().and_then(|key| key.arn()).ok_or("no key")?.to_owned();
    let media = json!({"StorageType": "KINESIS_VIDEO_STREAM", "KinesisVideoStreamConfig": {
        "Prefix": "calls", "RetentionPeriodHours": 24, "EncryptionConfig": {"EncryptionType": "KMS", "KeyId": key}}});
    site.store("MEDIA_STREAMS", &media).await
}

/// People who call, one after another, at random moments.
struct People<'a> {
    site: &'a Site,
    numbers: Numbers,
    contacts: Vec<String>,
}

impl People<'_> {
    async fn call(&mut self, times: usize) -> Result<(), Error> {
        for _ in 0..times {
            tokio::time::sleep(Duration::from_millis(self.numbers.below(900))).await;
            let call = self.site.leave(Voice::Tone(Duration::from_secs(2))).await?;
            self.contacts.push(call.contact_id);
        }
        Ok(())
    }

    /// Who has delivered each voicemail, how often: the earlier system, and this one.
    async fn delivered(&self) -> Result<Vec<(String, usize, usize)>, Error> {
        let theirs = self.site.keys(RECORDINGS).await?;
        let one = |contact: &String| {
            let earlier = theirs.iter().filter(|key| **key == format!("{contact}.wav")).count();
            (contact.clone(), earlier, self.site.tasks_of(contact).len())
        };
        Ok(self.contacts.iter().map(one).collect())
    }

    /// Waits until each is delivered, and holds that none is twice. Returns how many the two systems have.
    async fn once(&self) -> Result<(usize, usize), Error> {
        self.site
            .until("each voicemail is delivered", async || {
                Ok(self.delivered().await?.iter().all(|(_, earlier, this)| earlier + this > 0))
            })
            .await?;
        let all = self.delivered().await?;
        let twice: Vec<_> = all.iter().filter(|(_, earlier, this)| earlier + this != 1).collect();
        assert!(twice.is_empty(), "{twice:?}");
        Ok((all.iter().map(|one| one.1).sum(), all.iter().map(|one| one.2).sum()))
    }
}

/// Runs a command again and again, killed at each of these lines, and then until it ends.
async fn killed_at(site: &Site, command: &str, lines: &[&str]) -> Result<(), Error> {
    let arguments = ["migrate", command, site.params_file(), "--yes"];
    for line in lines {
        site.run_and_kill(&arguments, line).await?;
    }
    let last = site.run(&arguments).await?;
    assert_eq!(last.code, Some(0), "{last:#?}");
    let again = site.run(&arguments).await?;
    assert!(again.code == Some(0) && again.said().contains("nothing was changed"), "{again:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_voicemail_is_delivered_once_there_and_back_and_there_again() -> Result<(), Error> {
    let site = Site::new().await?;
    earlier_system(&site).await?;
    site.set_params(&format!("migrate_from: {STACK}\n"))?;
    let installed = site.install().await?;
    assert_eq!(installed.code, Some(0), "{installed:#?}");
    let status = site.operate(&["status", "-v"]).await?;
    assert_eq!(status.code, Some(1), "it takes no voicemails yet: {status:#?}");
    assert!(
        status.said().contains(&format!("ContactRecordTrigger is off: {STACK} takes voicemails")),
        "{status:#?}"
    );
    let update = site.install().await?;
    assert!(update.code == Some(0) && update.said().contains("nothing to change"), "{update:#?}");

    let number = voicemails();
    let mut people = People { site: &site, numbers: Numbers(42), contacts: Vec::new() };
    people.call(number / 2).await?;
    assert_eq!(people.once().await?, (number / 2, 0), "before the switch, the earlier system delivers");

    let lines = ["disabled the trigger of VMX3-local", "entered: their contacts"];
    let (called, switched) = tokio::join!(people.call(number), killed_at(&site, "switch", &lines));
    called?;
    switched?;
    people.call(number / 2).await?;
    let (earlier, this) = people.once().await?;
    assert!(earlier >= number / 2 && this >= number / 2, "{earlier} {this}");
    let first = people.contacts.first().cloned().unwrap_or_default();
    assert_eq!(site.outcome(&first).await?, Some(Outcome::Earlier));

    // An update while the migration lasts keeps the trigger as it is, and has the watchdog monitor it.
    let update = site.install().await?;
    assert_eq!(update.code, Some(0), "{update:#?}");
    people.call(1).await?;
    assert_eq!(people.once().await?.0, earlier, "this installation goes on");

    let lines = ["disabled the trigger of voicemail-express", "enabled the trigger of VMX3-local"];
    let (called, returned) = tokio::join!(people.call(number), killed_at(&site, "back", &lines));
    called?;
    returned?;
    let (_, this) = people.once().await?;
    people.call(number / 2).await?;
    let (earlier, still) = people.once().await?;
    assert_eq!(still, this, "the earlier system delivers again");

    let (called, switched) = tokio::join!(people.call(number), killed_at(&site, "switch", &[]));
    called?;
    switched?;
    people.call(1).await?;
    let (again, now) = people.once().await?;
    assert!(again >= earlier && now > still, "{again} {now}");
    site.cloud.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_earlier_system_nothing_is_handed_over() -> Result<(), Error> {
    let site = Site::installed().await?;
    for command in ["switch", "back"] {
        let run = site.run(&["migrate", command, site.params_file(), "--yes", "--json"]).await?;
        assert_eq!(run.code, Some(2), "{run:#?}");
        let last: Value = serde_json::from_str(run.stdout.lines().last().ok_or("nothing was told")?)?;
        let error = last["error"].as_str().unwrap_or_default();
        assert!(error.contains("set `migrate_from`"), "{error}");
    }
    site.set_params("migrate_from: VMX3-gone\n")?;
    let run = site.run(&["migrate", "switch", site.params_file(), "--yes"]).await?;
    assert!(run.code == Some(2) && run.said().contains("no stack VMX3-gone"), "{run:#?}");
    site.cloud.stop().await;
    Ok(())
}
