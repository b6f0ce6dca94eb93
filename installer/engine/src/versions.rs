//! Deletes objects with all their versions: afterwards nothing of them is left.

use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use crate::cloud::{Cloud, CloudError, wrap};

/// The most objects of a listing, and of a request to delete. Source: the Amazon S3 API reference, DeleteObjects.
pub(crate) const BATCH: i32 = 1000;

/// Deletes everything in a bucket, including old versions and delete markers, and returns how many there were. A missing
/// bucket is empty.
///
/// # Errors
/// [`CloudError`] if something cannot be deleted; the rest is deleted by the next call.
pub(crate) async fn empty(cloud: &Cloud, bucket: &str) -> Result<usize, CloudError> {
    delete(cloud, bucket, None, &format!("empty the bucket {bucket}")).await
}

/// Deletes an object with its old versions and delete markers, and returns how many there were.
///
/// # Errors
/// [`CloudError`] if something cannot be deleted; the rest is deleted by the next call.
pub(crate) async fn delete_object(cloud: &Cloud, bucket: &str, key: &str) -> Result<usize, CloudError> {
    delete(cloud, bucket, Some(key), &format!("delete {key} in the bucket {bucket}")).await
}

async fn delete(cloud: &Cloud, bucket: &str, only: Option<&str>, wanted: &str) -> Result<usize, CloudError> {
    let mut deleted = 0;
    loop {
        // Always the first page, because its objects are deleted before the next request. A key is before all others
        // that begin with it.
        let listed = cloud.s3.list_object_versions().bucket(bucket).set_prefix(only.map(str::to_owned));
        let listed = match listed.max_keys(BATCH).send().await.map_err(wrap(wanted)) {
            Ok(listed) => listed,
            Err(error) if error.is_not_found() => return Ok(deleted),
            Err(error) => return Err(error),
        };
        let versions = listed.versions().iter().map(|version| (version.key(), version.version_id()));
        let markers = listed.delete_markers().iter().map(|marker| (marker.key(), marker.version_id()));
        let objects = versions
            .chain(markers)
            .filter_map(|(key, version)| Some((key?, version)))
            .filter(|(key, _)| only.is_none_or(|only| only == *key))
            .map(|(key, version)| {
                ObjectIdentifier::builder().key(key).set_version_id(version.map(str::to_owned)).build()
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| CloudError::incomplete(wanted, &error.to_string()))?;
        if objects.is_empty() {
            return Ok(deleted);
        }
        deleted += objects.len();
        let delete = Delete::builder()
            .set_objects(Some(objects))
            .quiet(true)
            .build()
            .map_err(|error| CloudError::incomplete(wanted, &error.to_string()))?;
        let answer =
            cloud.s3.delete_objects().bucket(bucket).delete(delete).send().await.map_err(wrap(wanted))?;
        if let Some(error) = answer.errors().first() {
            let (key, message) = (error.key().unwrap_or_default(), error.message().unwrap_or_default());
            return Err(CloudError::incomplete(wanted, &format!("deletion of {key}: {message}")));
        }
    }
}
