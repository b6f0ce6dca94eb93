//! The code bucket and its objects.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketLoggingStatus, CreateBucketConfiguration, LoggingEnabled,
    PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, Tag, Tagging,
};
use serde_json::json;

use super::{Run, StepError};
use crate::cloud::{CloudError, ErrorKind, wrap};
use vmx_model::change::{Action, Kind};
use vmx_model::ownership::{ACCESS_LOGS_TAG, KEY_TAG, VERSION_TAG};

/// Creates the bucket and sets it up: encrypted, not public, TLS only. Its tags come last and mark it as complete.
pub(super) async fn bucket(run: &mut Run<'_>) -> Result<(), StepError> {
    let plan = run.plan;
    let name = &plan.bucket.name;
    if plan.bucket.create {
        create(run, name).await?;
        run.changed(Action::Created, Kind::Bucket, name);
    }
    if plan.bucket.set_up {
        set_up(run, name).await?;
        if !plan.bucket.create {
            run.changed(Action::Updated, Kind::Bucket, name);
        }
    }
    Ok(())
}

async fn create(run: &Run<'_>, name: &str) -> Result<(), CloudError> {
    let region = &run.plan.target.region;
    // us-east-1 takes no location constraint.
    let place = (region != "us-east-1").then(|| {
        CreateBucketConfiguration::builder()
            .location_constraint(BucketLocationConstraint::from(region.as_str()))
            .build()
    });
    let request = run.cloud.s3.create_bucket().bucket(name).set_create_bucket_configuration(place);
    match request.send().await.map_err(wrap(format!("create the bucket {name}"))) {
        Ok(_) => Ok(()),
        // Another run, or an interrupted one, created it.
        Err(error)
            if error.kind == ErrorKind::Conflict
                && error.code.as_deref() == Some("BucketAlreadyOwnedByYou") =>
        {
            Ok(())
        }
        Err(error) => Err(error),
    }
}

async fn set_up(run: &Run<'_>, name: &str) -> Result<(), CloudError> {
    let (s3, target) = (&run.cloud.s3, &run.plan.target);
    let wanted = || format!("set up the bucket {name}");
    let key = &run.plan.bucket.key;
    let algorithm = if key.is_some() { ServerSideEncryption::AwsKms } else { ServerSideEncryption::Aes256 };
    let by_default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(algorithm)
        .set_kms_master_key_id(key.clone())
        .build()
        .map_err(|error| CloudError::incomplete(wanted(), &error.to_string()))?;
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(by_default)
        .set_bucket_key_enabled(key.is_some().then_some(true))
        .build();
    let encryption = ServerSideEncryptionConfiguration::builder()
        .rules(rule)
        .build()
        .map_err(|error| CloudError::incomplete(wanted(), &error.to_string()))?;
    s3.put_bucket_encryption()
        .bucket(name)
        .expected_bucket_owner(&target.account)
        .server_side_encryption_configuration(encryption)
        .send()
        .await
        .map_err(wrap(wanted()))?;
    let closed = PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .block_public_policy(true)
        .ignore_public_acls(true)
        .restrict_public_buckets(true)
        .build();
    s3.put_public_access_block()
        .bucket(name)
        .expected_bucket_owner(&target.account)
        .public_access_block_configuration(closed)
        .send()
        .await
        .map_err(wrap(wanted()))?;
    s3.put_bucket_policy()
        .bucket(name)
        .expected_bucket_owner(&target.account)
        .policy(tls_only(&target.partition, name))
        .send()
        .await
        .map_err(wrap(wanted()))?;
    access_logs(run, name).await?;
    let tag = |(key, value): (&str, &str)| Tag::builder().key(key).value(value).build();
    let of_stack = run.plan.stack.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let of_bucket = [(KEY_TAG, key.as_deref()), (ACCESS_LOGS_TAG, run.plan.bucket.logs_to.as_deref())];
    let of_bucket = of_bucket.into_iter().filter_map(|(key, value)| Some((key, value?)));
    let tags = of_stack.filter(|(key, _)| *key != VERSION_TAG).chain(of_bucket).map(tag);
    let tags = tags.collect::<Result<Vec<_>, _>>();
    let tagging = tags
        .and_then(|tags| Tagging::builder().set_tag_set(Some(tags)).build())
        .map_err(|error| CloudError::incomplete(wanted(), &error.to_string()))?;
    s3.put_bucket_tagging()
        .bucket(name)
        .expected_bucket_owner(&target.account)
        .tagging(tagging)
        .send()
        .await
        .map_err(wrap(wanted()))?;
    Ok(())
}

/// Sets the bucket's access logs. A new bucket without them needs no call.
async fn access_logs(run: &Run<'_>, name: &str) -> Result<(), CloudError> {
    let plan = run.plan;
    if plan.bucket.create && plan.bucket.logs_to.is_none() {
        return Ok(());
    }
    let wanted = || format!("set up the access logs of the bucket {name}");
    let to = plan.bucket.logs_to.as_ref().map(|bucket| {
        let prefix = format!("{}/code/", plan.stack.name);
        LoggingEnabled::builder().target_bucket(bucket).target_prefix(prefix).build()
    });
    let to = to.transpose().map_err(|error| CloudError::incomplete(wanted(), &error.to_string()))?;
    run.cloud
        .s3
        .put_bucket_logging()
        .bucket(name)
        .expected_bucket_owner(&plan.target.account)
        .bucket_logging_status(BucketLoggingStatus::builder().set_logging_enabled(to).build())
        .send()
        .await
        .map(drop)
        .map_err(wrap(wanted()))
}

/// A bucket policy that denies requests without TLS.
fn tls_only(partition: &str, bucket: &str) -> String {
    let arn = format!("arn:{partition}:s3:::{bucket}");
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, format!("{arn}/*")],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }],
    })
    .to_string()
}

/// Uploads what is missing.
pub(super) async fn upload(run: &mut Run<'_>) -> Result<(), StepError> {
    let plan = run.plan;
    for upload in &plan.uploads {
        let body = std::fs::read(&upload.path)
            .map_err(|source| StepError::File { path: upload.path.display().to_string(), source })?;
        put(run, &upload.key, body, "application/zip").await?;
        run.changed(Action::Uploaded, Kind::Artifact, &upload.function);
    }
    Ok(())
}

/// Puts an object into the code bucket.
pub(super) async fn put(
    run: &Run<'_>,
    key: &str,
    body: Vec<u8>,
    content_type: &str,
) -> Result<(), CloudError> {
    let bucket = &run.plan.bucket.name;
    run.cloud
        .s3
        .put_object()
        .bucket(bucket)
        .key(key)
        .expected_bucket_owner(&run.plan.target.account)
        .content_type(content_type)
        .body(ByteStream::from(body))
        .send()
        .await
        .map_err(wrap(format!("upload {key} to the bucket {bucket}")))?;
    Ok(())
}
