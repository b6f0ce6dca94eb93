//! Who is allowed what: the functions' roles, and the policies for people.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use aws_credential_types::Credentials;
use end_to_end::{Error, Site, Voice, installer, workspace};
use http::Method;
use local_cloud::backend::percent_encode;
use local_cloud::python;

/// The Service Authorization Reference and botocore's models.
const REQUIREMENTS: &str = include_str!("../permissions/requirements.txt");

/// Targets of the mode `other`, each of which the packager reaches by another call.
const TARGETS: [&str; 3] = [
    "lambda:eu-central-1:111122223333:function:f",
    "sns:eu-central-1:111122223333:t",
    "sqs:eu-central-1:111122223333:q",
];

/// Renders a template into a folder below `rendered`.
fn render(rendered: &Path, name: &str, params: &Path, more: &[&str]) -> Result<(), Error> {
    let output = Command::new(installer()?)
        .arg("render")
        .arg("--params")
        .arg(params)
        .arg("--out")
        .arg(rendered.join(name))
        .args(more)
        .output()?;
    if output.status.success() { Ok(()) } else { Err(format!("{name}: {output:#?}").into()) }
}

/// Judged by what nobody here wrote: see `tests/end_to_end/permissions`.
#[tokio::test(flavor = "multi_thread")]
async fn policies_allow_what_is_called_and_nothing_else() -> Result<(), Error> {
    let python = tokio::task::spawn_blocking(|| python::environment(REQUIREMENTS)).await??;
    let rendered = tempfile::tempdir()?;
    let params = workspace().join("installer/tests/params");
    for file in std::fs::read_dir(&params)? {
        let path = file?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        render(rendered.path(), &name, &path, &[])?;
    }
    for (number, target) in TARGETS.iter().enumerate() {
        let target = format!("other.target=arn:aws:{target}");
        let more = ["--set", "modes=[other]", "--set", "default_mode=other", "--set", &target];
        render(rendered.path(), &format!("target-{number}"), &params.join("least.yaml"), &more)?;
    }
    let output = Command::new(python)
        .args(["-m", "unittest", "discover"])
        .current_dir(workspace().join("tests/end_to_end/permissions"))
        .env_clear()
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("RENDERED", rendered.path())
        .output()?;
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !report.contains("Ran 0 tests"), "{report}");
    Ok(())
}

/// The policies of `docs/permissions.md`, in their order: look, operate, install, tear down.
fn policies(site: &Site) -> Result<Vec<String>, Error> {
    let page = std::fs::read_to_string(workspace().join("docs/permissions.md"))?;
    let account = site.cloud.account();
    let blocks = page.split("```json\n").skip(1).filter_map(|block| block.split("```").next());
    let names = [
        ("REGION", account.region.clone()),
        ("ACCOUNT", account.id.clone()),
        ("INSTANCE", site.cloud.connect().instance_id()),
    ];
    let filled = |block: &str| {
        names.iter().fold(block.to_owned(), |text, (placeholder, name)| text.replace(placeholder, name))
    };
    Ok(blocks.map(filled).collect())
}

/// A call of IAM.
async fn iam(site: &Site, action: &str, members: &[(&str, &str)]) -> Result<String, Error> {
    let backend = site.cloud.backend();
    let mut form = format!("Action={action}&Version=2010-05-08");
    for (name, value) in members {
        form.push_str(&format!("&{name}={}", percent_encode(value)));
    }
    let request = backend
        .request("iam", Method::POST, "/")?
        .header("content-type", "application/x-www-form-urlencoded");
    let answer = backend.send("iam", request, form.into()).await?.into_body();
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// A user with policies.
async fn user(site: &Site, name: &str, policies: &[String]) -> Result<Credentials, Error> {
    iam(site, "CreateUser", &[("UserName", name)]).await?;
    for (number, policy) in policies.iter().enumerate() {
        let policy_name = format!("{name}-{number}");
        iam(site, "CreatePolicy", &[("PolicyName", &policy_name), ("PolicyDocument", policy)]).await?;
        let account = site.cloud.account();
        let arn = format!("arn:{}:iam::{}:policy/{policy_name}", account.partition, account.id);
        iam(site, "AttachUserPolicy", &[("UserName", name), ("PolicyArn", &arn)]).await?;
    }
    let key = iam(site, "CreateAccessKey", &[("UserName", name)]).await?;
    let of = |tag: &str| {
        let text = key.split(&format!("<{tag}>")).nth(1).and_then(|rest| rest.split('<').next());
        text.map(str::to_owned).ok_or_else(|| format!("no {tag}: {key}"))
    };
    Ok(Credentials::new(of("AccessKeyId")?, of("SecretAccessKey")?, None, None, "user"))
}

#[tokio::test(flavor = "multi_thread")]
async fn people_do_their_work_with_the_documented_policies() -> Result<(), Error> {
    let site = Site::new().await?;
    let policies = policies(&site)?;
    let viewer = user(&site, "viewer", &policies[..1]).await?;
    let operator = user(&site, "operator", &policies[..2]).await?;
    let admin = user(&site, "admin", &policies[..3]).await?;
    let remover = user(&site, "remover", &policies).await?;
    let params = site.params_file();

    // Whoever installs. Nothing is denied or left unchecked.
    let packages = site.packages()?;
    let install = ["--non-interactive", params, "--artifacts", &packages.to_string_lossy()];
    let refused = site.run_as(&operator, &install).await?;
    assert_eq!(refused.code, Some(3), "{refused:#?}");
    assert!(refused.said().contains("is not allowed: "), "{refused:#?}");
    let run = site.run_as(&admin, &install).await?;
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(!run.said().contains("not authorized"), "{run:#?}");

    // Whoever looks.
    let call = site.leave(Voice::Tone(Duration::from_secs(2))).await?;
    let id = call.contact_id.as_str();
    site.task(id).await?;
    site.until("the trace knows of the delivery", async || {
        let trace = site.run_as(&viewer, &["trace", id, "--params", params]).await?;
        Ok(trace.code == Some(0) && trace.said().contains("log: delivered"))
    })
    .await?;
    let status = site.run_as(&viewer, &["status", "--params", params]).await?;
    assert_eq!(status.code, Some(0), "{status:#?}");
    let by_stack = ["logs", id, "--stack", "voicemail-express", "--region", "us-east-1"];
    let logs = site.run_as(&viewer, &by_stack).await?;
    assert!(logs.code == Some(0) && logs.stdout.contains("delivered"), "{logs:#?}");
    let open = ["open", id, "--params", params];
    for (who, code) in [(&viewer, 3), (&operator, 0)] {
        let heard = site.run_as(who, &open).await?;
        assert_eq!(heard.code, Some(code), "{heard:#?}");
    }
    // It reads all that it checks, and says that a viewer cannot install.
    for (who, code) in [(&viewer, 3), (&admin, 0)] {
        let doctor = site.run_as(who, &["doctor", "--params", params]).await?;
        assert_eq!(doctor.code, Some(code), "{doctor:#?}");
        assert!(!doctor.said().contains("not authorized"), "{doctor:#?}");
    }
    let revoke = ["links", "revoke", id, "--yes", "--params", params];
    let refused = site.run_as(&viewer, &revoke).await?;
    assert_ne!(refused.code, Some(0), "{refused:#?}");

    // Whoever operates.
    let revoked = site.run_as(&operator, &revoke).await?;
    assert_eq!(revoked.code, Some(0), "{revoked:#?}");
    let transcripts = site.output("TranscriptsBucket").await?;
    site.give_up(&site.object_created(&transcripts, &format!("{id}.json"))).await?;
    let hold = ["voicemails", "hold", id, "--params", params];
    let refused = site.run_as(&viewer, &hold).await?;
    assert_eq!(refused.code, Some(3), "{refused:#?}");
    for verb in ["hold", "release"] {
        let held = site.run_as(&operator, &["voicemails", verb, id, "--params", params]).await?;
        assert_eq!(held.code, Some(0), "{held:#?}");
    }
    let listed = site.run_as(&operator, &["voicemails", "list", "--params", params]).await?;
    assert!(listed.code == Some(0) && listed.stdout.contains(id), "{listed:#?}");
    assert!(!listed.said().contains("warning"), "{listed:#?}");
    let redriven = site.run_as(&operator, &["redrive", "--yes", "--params", params]).await?;
    assert_eq!(redriven.code, Some(0), "{redriven:#?}");
    assert!(redriven.said().contains("1 removed because"), "{redriven:#?}");

    let teardown =
        ["teardown", "--params", params, "--yes", "--delete-recordings", "--confirm", "voicemail-express"];
    let refused = site.run_as(&operator, &teardown).await?;
    assert_ne!(refused.code, Some(0), "{refused:#?}");
    let gone = site.run_as(&remover, &teardown).await?;
    assert_eq!(gone.code, Some(0), "{gone:#?}");
    assert!(site.stacks().await?.is_empty());
    site.cloud.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_organization_forbids_is_named_before_anything_is_changed() -> Result<(), Error> {
    let site = Site::new().await?;
    let packages = site.packages()?;
    let install = ["--non-interactive", site.params_file(), "--artifacts", &packages.to_string_lossy()];
    for service in ["bedrock", "events", "iam", "kms", "lambda", "logs", "monitoring", "sqs", "transcribe"] {
        site.cloud.forbid(service, true);
    }
    site.set_params("summary: {when: always}\n")?;
    let refused = site.run(&install).await?;
    assert_eq!(refused.code, Some(3), "{refused:#?}");
    for name in [
        "Amazon Bedrock",
        "Amazon EventBridge",
        "AWS IAM",
        "AWS KMS",
        "AWS Lambda",
        "Amazon CloudWatch Logs",
        "Amazon CloudWatch",
        "Amazon SQS",
        "Amazon Transcribe",
    ] {
        let told = format!("the account's organization forbids {name} (");
        assert!(refused.said().contains(&told), "{name}: {refused:#?}");
    }
    assert!(refused.said().contains("`links: presigned` with `link_lifetime_hours: 12`"), "{refused:#?}");
    assert!(site.stacks().await?.is_empty());

    // With that setting, the installation does without the service, and without summaries it needs no Amazon Bedrock.
    for service in ["events", "iam", "lambda", "logs", "monitoring", "sqs", "transcribe"] {
        site.cloud.forbid(service, false);
    }
    site.set_params("links: presigned\nlink_lifetime_hours: 12\n")?;
    let run = site.run(&install).await?;
    assert_eq!(run.code, Some(0), "{run:#?}");
    site.leave(Voice::Tone(Duration::from_secs(2))).await?;
    site.until("a task is there", async || Ok(!site.cloud.connect().tasks().is_empty())).await?;
    site.cloud.stop().await;
    Ok(())
}
