//! `migrate`: from an earlier system on the same instance.

use aws_sdk_cloudformation::types::Parameter;
use end_to_end::{Error, Site};
use serde_json::{Value, json};

/// The root stack of an earlier system in its shape: a description, parameters, and something in it.
struct Earlier {
    description: &'static str,
    parameters: &'static [(&'static str, &'static str)],
}

const V3: Earlier = Earlier {
    description: "Deploys the Voicemail Express solution for Amazon Connect. Updated for 2025.09.13.",
    parameters: &[
        ("ConnectRecordingsBucketArn", "arn:aws:s3:::shop-recordings"),
        ("EnableVMToConnectTask", "yes"),
        ("EnableVMToConnectGuidedTask", "no"),
        ("EnableVMToEmail", "no"),
        ("EnableGenAISummary", "no"),
        ("ExpiredRecordingBehavior", "delete"),
        ("RecordingsExpireInXDays", "30"),
        ("TaskRecordingLinksExpireInXDays", "7"),
        ("VMDefaultMode", "AmazonConnectTask"),
        ("VMTestAgentId", "jdoe"),
        ("LambdaLoggingLevel", "INFO"),
    ],
};

const V2: Earlier = Earlier {
    description: "Deploys the Voicemail Express solution for Amazon Connect.",
    parameters: &[
        ("EnableVMToConnectTask", "yes"),
        ("EnableVMToSalesforceCase", "no"),
        ("VMDefaultMode", "AmazonConnectTask"),
        ("RecordingsExpireInXDays", "7"),
        ("ExpiredLinkBehavior", "keep"),
    ],
};

async fn create(site: &Site, stack: &str, earlier: &Earlier) -> Result<(), Error> {
    let connect = site.cloud.connect();
    let account = site.cloud.account();
    let arn = format!("arn:aws:connect:{}:{}:instance/{}", account.region, account.id, connect.instance_id());
    let given: Vec<(&str, &str)> = [("ConnectInstanceARN", arn.as_str())]
        .into_iter()
        .chain(earlier.parameters.iter().copied())
        .collect();
    let declared = given.iter().map(|(name, _)| ((*name).to_owned(), json!({ "Type": "String" })));
    let template = json!({
        "Description": earlier.description,
        "Parameters": declared.collect::<serde_json::Map<String, Value>>(),
        "Resources": {"Something": {"Type": "AWS::SQS::Queue"}},
    });
    let parameter = |(name, value): &(&str, &str)| {
        Parameter::builder().parameter_key(*name).parameter_value(*value).build()
    };
    aws_sdk_cloudformation::Client::new(&site.config)
        .create_stack()
        .stack_name(stack)
        .template_body(template.to_string())
        .set_parameters(Some(given.iter().map(parameter).collect()))
        .send()
        .await?;
    Ok(())
}

/// The event of this kind.
fn told(stdout: &str, event: &str) -> Result<Value, Error> {
    let lines = stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(lines
        .into_iter()
        .find(|line| line["event"] == event)
        .ok_or_else(|| format!("no {event}: {stdout}"))?)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_system_becomes_a_file_that_installs() -> Result<(), Error> {
    let site = Site::new().await?;
    let region = site.cloud.account().region.clone();
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("taken over.yaml");
    let path = file.to_str().ok_or("a path")?;
    let plan = async |more: &[&str]| {
        let words = ["migrate", "plan", "--region", region.as_str(), "--params", path];
        site.run(&[&words, more].concat()).await
    };

    let none = plan(&[]).await?;
    assert_eq!(none.code, Some(2), "{none:#?}");
    assert!(none.said().contains("no stack of Voicemail Express V2 or V3 in us-east-1"), "{none:#?}");

    create(&site, "VMX3", &V3).await?;
    let before = site.stacks().await?;
    let first = plan(&[]).await?;
    assert_eq!(first.code, Some(0), "{first:#?}");
    for part in [
        "VMX3 Voicemail Express V3, which reads recordings of the automated interaction",
        "retention.recordings_days=30",
        "link_lifetime_hours=168",
        "name the test line's agent by ID",
        "none refers to the earlier system's flows",
    ] {
        let said = first.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(part), "{part}: {first:#?}");
    }
    assert!(first.said().contains(&format!("`vmx-install plan '{path}'`")), "{first:#?}");
    let text = std::fs::read_to_string(&file)?;
    assert!(
        text.ends_with("# VMTestAgentId: name the test line's agent by ID: `flows.test_agent`\n"),
        "{text}"
    );

    // What it writes is what the installer takes.
    let packages = site.packages()?;
    let packages = packages.to_string_lossy();
    // The instance has no bucket for call recordings.
    let set = ["--set", "read_ivr_recordings=false"];
    let planned = site.run(&[&["plan", path, "--artifacts", &packages], &set[..]].concat()).await?;
    assert_eq!(planned.code, Some(0), "{planned:#?}");

    // The same again asks nothing; another file is kept.
    let again = plan(&["--json"]).await?;
    assert_eq!(again.code, Some(0), "{again:#?}");
    let migration = told(&again.stdout, "migration")?;
    assert_eq!(migration["system"]["stack"], "VMX3");
    let parameters = migration["parameters"].as_array().ok_or("no parameters")?;
    let test_agent = parameters.iter().find(|one| one["name"] == "VMTestAgentId").ok_or("not told")?;
    assert!(test_agent["open"].is_string(), "{test_agent}");
    let edited = format!("{text}# mine\n");
    std::fs::write(&file, &edited)?;
    let kept = plan(&[]).await?;
    assert_eq!((kept.code, std::fs::read_to_string(&file)?), (Some(6), edited), "{kept:#?}");
    assert!(kept.said().contains("--force") && kept.said().contains("-# mine"), "{kept:#?}");
    let forced = plan(&["--force"]).await?;
    assert_eq!((forced.code, std::fs::read_to_string(&file)?), (Some(0), text), "{forced:#?}");

    // Of several, one is named.
    create(&site, "VMX2", &V2).await?;
    let several = plan(&[]).await?;
    assert_eq!(several.code, Some(2), "{several:#?}");
    assert!(several.said().contains("name one with `--stack NAME`"), "{several:#?}");
    let wrong = plan(&["--stack", "VMX"]).await?;
    assert_eq!(wrong.code, Some(2), "{wrong:#?}");
    let second = plan(&["--stack", "VMX2", "--force"]).await?;
    assert_eq!(second.code, Some(0), "{second:#?}");
    assert!(std::fs::read_to_string(&file)?.contains("\nattribute_prefix: vmx\n"));

    // Nothing but what the test made is there.
    let mut made = before;
    made.push("VMX2".to_owned());
    made.sort();
    let mut now = site.stacks().await?;
    now.sort();
    assert_eq!(now, made);
    site.cloud.stop().await;
    Ok(())
}
