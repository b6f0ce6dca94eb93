//! Reads and changes the retention tag of a recording, and keeps its other tags.
//!
//! S3 has no conditional writes for tags. A change that somebody makes between the two calls of [`begin`] is lost,
//! except for a hold: the function's role may not change it (`s3:ExistingObjectTag`).

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{Tag, Tagging};
use tracing::{debug, warn};
use vmx_contract::retention::{Change, Retention};

use crate::failure::{Failure, Kind};

/// Sets a recording's retention tag. Does nothing if the recording is gone.
///
/// # Errors
/// If S3 is unreachable or refuses: then repeat this.
pub async fn begin(client: &Client, bucket: &str, key: &str, retention: Retention) -> Result<(), Failure> {
    let request = client.get_object_tagging().bucket(bucket).key(key);
    let tags = match request.send().await.map_err(|error| Failure::of("s3:GetObjectTagging", &error)) {
        Ok(found) => found.tag_set,
        Err(failure) if failure.kind == Kind::NotFound => return Ok(()),
        Err(failure) => return Err(failure),
    };
    let tags = tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
    let tags = match retention.change(tags) {
        Change::Tags(tags) => tags,
        Change::None => return Ok(()),
        Change::Held => {
            debug!(key, "the recording is on hold: keeping its tag");
            return Ok(());
        }
        Change::Full => {
            warn!(
                key,
                "the recording already has the maximum number of tags: it is kept until it is deleted by hand"
            );
            return Ok(());
        }
    };
    let request = client.put_object_tagging().bucket(bucket).key(key).tagging(tagging(tags)?);
    match request.send().await.map_err(|error| Failure::of("s3:PutObjectTagging", &error)) {
        Err(failure) if failure.kind == Kind::NotFound => Ok(()),
        answer => answer.map(drop),
    }
}

fn tagging(tags: Vec<(String, String)>) -> Result<Tagging, Failure> {
    let invalid = |error: aws_sdk_s3::error::BuildError| {
        Failure::new("s3:PutObjectTagging", Kind::Refused, error.to_string())
    };
    let tags = tags.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    let tags = tags.collect::<Result<Vec<_>, _>>().map_err(invalid)?;
    Tagging::builder().set_tag_set(Some(tags)).build().map_err(invalid)
}
