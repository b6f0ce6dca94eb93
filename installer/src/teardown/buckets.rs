//! The buckets of an installation: which there are, and how they are emptied.

use std::collections::BTreeSet;

use aws_sdk_s3::types::{Delete, ObjectIdentifier, Tag, Tagging};

use crate::cloud::{Cloud, CloudError, wrap};
use crate::discover::StackState;
use crate::render::STACK_TAG;

/// The most objects that one request deletes. Source: `DeleteObjects` of the Amazon S3 API.
const BATCH: i32 = 1000;

/// Buckets in a stack: those that CloudFormation deletes with it, and those that it leaves.
pub(super) fn of_stack(stack: &StackState) -> (Vec<String>, Vec<String>) {
    let template: serde_yaml::Value = serde_yaml::from_str(&stack.template).unwrap_or_default();
    let stays = |logical_id: &str| {
        let resource = template.get("Resources").and_then(|resources| resources.get(logical_id));
        let policy = resource.and_then(|resource| resource.get("DeletionPolicy")?.as_str());
        // What is not known to go is left alone.
        resource.is_none() || policy.is_some_and(|policy| policy.starts_with("Retain"))
    };
    let (left, with_stack): (Vec<_>, Vec<_>) = stack
        .resources
        .iter()
        .filter(|resource| resource.resource_type == "AWS::S3::Bucket")
        .partition(|resource| stays(&resource.logical_id));
    let names = |resources: Vec<&crate::discover::StackResource>| {
        resources.into_iter().map(|resource| resource.physical_id.clone()).collect()
    };
    (names(with_stack), names(left))
}

/// Buckets that carry the stack's tag, whether the stack is there or not.
pub(super) async fn left_by(cloud: &Cloud, stack: &str) -> Result<BTreeSet<String>, CloudError> {
    let mut found = BTreeSet::new();
    let mut pages = cloud.s3.list_buckets().prefix(format!("{stack}-")).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(wrap("list the buckets"))?;
        for name in page.buckets().iter().filter_map(|bucket| bucket.name()) {
            if tags(cloud, name).await?.iter().any(|tag| tag.key() == STACK_TAG && tag.value() == stack) {
                found.insert(name.to_owned());
            }
        }
    }
    Ok(found)
}

async fn tags(cloud: &Cloud, bucket: &str) -> Result<Vec<Tag>, CloudError> {
    let tags = cloud.s3.get_bucket_tagging().bucket(bucket).send().await;
    match tags.map_err(wrap(format!("read the tags of the bucket {bucket}"))) {
        Ok(tags) => Ok(tags.tag_set().to_vec()),
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Makes sure that a bucket which outlives its stack can be found again by its tag.
pub(super) async fn mark(cloud: &Cloud, bucket: &str, stack: &str) -> Result<(), CloudError> {
    let mut tags = tags(cloud, bucket).await?;
    if tags.iter().any(|tag| tag.key() == STACK_TAG && tag.value() == stack) {
        return Ok(());
    }
    let wanted = format!("tag the bucket {bucket}");
    let invalid = |error: aws_sdk_s3::error::BuildError| CloudError::incomplete(&wanted, &error.to_string());
    tags.retain(|tag| tag.key() != STACK_TAG && !tag.key().starts_with("aws:"));
    tags.push(Tag::builder().key(STACK_TAG).value(stack).build().map_err(invalid)?);
    let tagging = Tagging::builder().set_tag_set(Some(tags)).build().map_err(invalid)?;
    let tagged = cloud.s3.put_bucket_tagging().bucket(bucket).tagging(tagging).send().await;
    tagged.map(drop).map_err(wrap(&wanted))
}

/// Deletes everything in a bucket, old versions and delete markers too, and gives the number of objects. A bucket that
/// is not there is empty.
pub(super) async fn empty(cloud: &Cloud, bucket: &str) -> Result<usize, CloudError> {
    let wanted = format!("empty the bucket {bucket}");
    let mut deleted = 0;
    loop {
        // Always the first page: what it lists is gone when the next one is asked for.
        let listed = cloud.s3.list_object_versions().bucket(bucket).max_keys(BATCH).send().await;
        let listed = match listed.map_err(wrap(&wanted)) {
            Ok(listed) => listed,
            Err(error) if error.is_not_found() => return Ok(deleted),
            Err(error) => return Err(error),
        };
        let versions = listed.versions().iter().map(|version| (version.key(), version.version_id()));
        let markers = listed.delete_markers().iter().map(|marker| (marker.key(), marker.version_id()));
        let objects = versions
            .chain(markers)
            .filter_map(|(key, version)| Some((key?, version)))
            .map(|(key, version)| {
                ObjectIdentifier::builder().key(key).set_version_id(version.map(str::to_owned)).build()
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| CloudError::incomplete(&wanted, &error.to_string()))?;
        if objects.is_empty() {
            return Ok(deleted);
        }
        deleted += objects.len();
        let delete = Delete::builder()
            .set_objects(Some(objects))
            .quiet(true)
            .build()
            .map_err(|error| CloudError::incomplete(&wanted, &error.to_string()))?;
        let answer =
            cloud.s3.delete_objects().bucket(bucket).delete(delete).send().await.map_err(wrap(&wanted))?;
        if let Some(error) = answer.errors().first() {
            let (key, message) = (error.key().unwrap_or_default(), error.message().unwrap_or_default());
            return Err(CloudError::incomplete(&wanted, &format!("deletion of {key}: {message}")));
        }
    }
}

/// Deletes an empty bucket; one that is not there is deleted.
pub(super) async fn delete(cloud: &Cloud, bucket: &str) -> Result<(), CloudError> {
    let deleted = cloud.s3.delete_bucket().bucket(bucket).send().await;
    match deleted.map_err(wrap(format!("delete the bucket {bucket}"))) {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::StackResource;

    #[test]
    fn the_template_says_which_buckets_stay() {
        let bucket = |logical_id: &str| StackResource {
            logical_id: logical_id.into(),
            resource_type: "AWS::S3::Bucket".into(),
            physical_id: format!("vmx-{}", logical_id.to_lowercase()),
        };
        let stack = StackState {
            template: "Resources:\n  A: {Type: X, DeletionPolicy: RetainExceptOnCreate}\n  B: {Type: X, DeletionPolicy: Delete}\n  C: {Type: X, Properties: {N: !Sub \"${A}-x\"}}\n".into(),
            resources: ["A", "B", "C", "Unknown"].map(bucket).to_vec(),
            ..StackState::default()
        };
        let (with_stack, left) = of_stack(&stack);
        assert_eq!(with_stack, ["vmx-b", "vmx-c"]);
        assert_eq!(left, ["vmx-a", "vmx-unknown"]);
    }
}
