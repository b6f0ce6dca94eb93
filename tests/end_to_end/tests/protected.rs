//! An installation with a customer key, a permissions boundary, versioning and access logs takes voicemails, reports
//! no changes to make, and can be removed.

use std::time::Duration;

use end_to_end::{Error, Site, Voice};
use http::Method;
use local_cloud::backend::percent_encode;
use serde_json::json;

const LOGS: &str = "access-logs-example";

/// A key whose policy grants the required access, and its ARN.
async fn key(site: &Site) -> Result<String, Error> {
    let account = site.cloud.account();
    let root = format!("arn:{}:iam::{}:root", account.partition, account.id);
    let services = ["events.amazonaws.com".to_owned(), format!("logs.{}.amazonaws.com", account.region)];
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"Service": services}, "Action": "kms:*", "Resource": "*"},
        ],
    });
    let made = site
        .cloud
        .backend()
        .json_call("kms", "TrentService.CreateKey", &json!({"Policy": policy.to_string()}))
        .await?;
    Ok(made["KeyMetadata"]["Arn"].as_str().ok_or_else(|| format!("no key: {made}"))?.to_owned())
}

/// A managed policy that allows everything, and its ARN.
async fn boundary(site: &Site) -> Result<String, Error> {
    let backend = site.cloud.backend();
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    });
    let form = format!(
        "Action=CreatePolicy&Version=2010-05-08&PolicyName=boundary&PolicyDocument={}",
        percent_encode(&policy.to_string())
    );
    let request = backend
        .request("iam", Method::POST, "/")?
        .header("content-type", "application/x-www-form-urlencoded");
    backend.send("iam", request, form.into()).await?;
    let account = site.cloud.account();
    Ok(format!("arn:{}:iam::{}:policy/boundary", account.partition, account.id))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protected_installation_takes_voicemails_and_goes() -> Result<(), Error> {
    let site = Site::new().await?;
    let backend = site.cloud.backend();
    let before = backend.request("s3", Method::PUT, &format!("/{LOGS}"))?;
    backend.send("s3", before, Default::default()).await?;
    let (key, boundary) = (key(&site).await?, boundary(&site).await?);
    site.set_params(&format!(
        "kms_key: {key}\niam: {{permissions_boundary: \"{boundary}\", path: /voicemail/}}\n\
         buckets: {{versioning: true, archive_after_days: 30, access_logs_bucket: {LOGS}}}\n"
    ))?;

    let run = site.install().await?;
    assert_eq!(run.code, Some(0), "{run:#?}");
    let left = site.leave(Voice::AmiableWoman).await?;
    let task = site.task(&left.contact_id).await?;
    assert!(!site.listen(&task).await?.is_empty(), "the page plays the recording");

    // The emulator supports versioning, but not encryption and lifecycle of the stack's buckets.
    let recordings = site.output("RecordingsBucket").await?;
    let request = backend.request("s3", Method::GET, &format!("/{recordings}?versioning"))?;
    let answer = backend.send("s3", request, Default::default()).await?.into_body();
    assert!(String::from_utf8_lossy(&answer).contains("Enabled"), "{answer:?}");

    let again = site.install().await?;
    assert_eq!(again.code, Some(0), "{again:#?}");
    assert!(again.said().contains("nothing to change"), "{again:#?}");

    let gone = site.tear_down(&["--yes", "--delete-recordings", "--confirm", "voicemail-express"]).await?;
    assert_eq!(gone.code, Some(0), "{gone:#?}");
    assert_eq!(site.buckets().await?, [LOGS], "old versions went with their buckets");
    site.cloud.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_account_stops_it_before_the_first_write() -> Result<(), Error> {
    let site = Site::new().await?;
    let before = (site.buckets().await?, site.stacks().await?);
    let region = &site.cloud.account().region;
    site.set_params(&format!("kms_key: arn:aws:kms:{region}:444455556666:key/k\n"))?;
    let run = tokio::time::timeout(Duration::from_secs(300), site.install()).await??;
    assert_eq!(run.code, Some(1), "{run:#?}");
    let said = run.said();
    assert!(
        said.contains("`kms_key`: arn:aws:kms:") && said.contains("belongs to the account 444455556666"),
        "{said}"
    );
    assert_eq!((site.buckets().await?, site.stacks().await?), before);
    site.cloud.stop().await;
    Ok(())
}
