//! The buckets of an installation, and what is in them.

use std::collections::BTreeSet;
use std::fmt;

use aws_sdk_s3::types::{Tag, Tagging};

use crate::cloud::{Cloud, CloudError, ErrorKind, wrap};
use crate::versions::BATCH;
use vmx_model::actual::StackState;
use vmx_model::ownership::STACK_TAG;

/// A stack's buckets: those deleted with it, and those that are kept.
pub(super) fn of_stack(stack: &StackState) -> (Vec<String>, Vec<String>) {
    let template: serde_yaml::Value = serde_yaml::from_str(&stack.template).unwrap_or_default();
    let stays = |logical_id: &str| {
        let resource = template.get("Resources").and_then(|resources| resources.get(logical_id));
        let policy = resource.and_then(|resource| resource.get("DeletionPolicy")?.as_str());
        // Unless it is known to be deleted, it is kept.
        resource.is_none() || policy.is_some_and(|policy| policy.starts_with("Retain"))
    };
    let (left, with_stack): (Vec<_>, Vec<_>) =
        stack.of_type("AWS::S3::Bucket").partition(|resource| stays(&resource.logical_id));
    let names = |resources: Vec<&vmx_model::actual::StackResource>| {
        resources.into_iter().map(|resource| resource.physical_id.clone()).collect()
    };
    (names(with_stack), names(left))
}

/// The buckets in this region with the stack's tag, whether the stack exists or not, and those whose tags cannot be read.
pub(super) async fn left_by(
    cloud: &Cloud,
    stack: &str,
) -> Result<(BTreeSet<String>, Vec<String>), CloudError> {
    let (mut found, mut foreign) = (BTreeSet::new(), Vec::new());
    let listed = cloud.s3.list_buckets().prefix(format!("{stack}-")).bucket_region(&cloud.region);
    let mut pages = listed.into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(wrap("list the buckets"))?;
        for name in page.buckets().iter().filter_map(|bucket| bucket.name()) {
            match tags(cloud, name).await {
                Ok(tags) if tags.iter().any(|tag| is_mark(tag, stack)) => {
                    found.insert(name.to_owned());
                }
                Ok(_) => {}
                Err(error) if is_foreign(&error) => foreign.push(name.to_owned()),
                Err(error) => return Err(error),
            }
        }
    }
    Ok((found, foreign))
}

fn is_mark(tag: &Tag, stack: &str) -> bool {
    tag.key() == STACK_TAG && tag.value() == stack
}

/// Whether a bucket is in another region, or closed to the caller.
fn is_foreign(error: &CloudError) -> bool {
    error.kind == ErrorKind::Denied || error.code.as_deref() == Some("PermanentRedirect")
}

async fn tags(cloud: &Cloud, bucket: &str) -> Result<Vec<Tag>, CloudError> {
    let tags = cloud.s3.get_bucket_tagging().bucket(bucket).send().await;
    match tags.map_err(wrap(format!("read the tags of the bucket {bucket}"))) {
        Ok(tags) => Ok(tags.tag_set().to_vec()),
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Tags a bucket that outlives its stack, so that it can be found again.
pub(super) async fn mark(cloud: &Cloud, bucket: &str, stack: &str) -> Result<(), CloudError> {
    let mut tags = tags(cloud, bucket).await?;
    if tags.iter().any(|tag| is_mark(tag, stack)) {
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

/// A bucket's contents, including old versions and delete markers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contents {
    /// How many objects.
    pub objects: usize,
    /// Their size.
    pub bytes: u64,
    /// Whether there are more than were read.
    pub more: bool,
}

/// The most pages of a bucket's listing to read.
const PAGES: usize = 10;
/// The price of a byte in S3 per month, in USD: storage class Standard in us-east-1, from Amazon S3's price list. Most
/// other regions are within a third of it.
const USD_A_MONTH: f64 = 0.023e-9;

impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.objects == 0 {
            return f.write_str("empty");
        }
        let more = if self.more { "more than " } else { "" };
        let objects = if self.objects == 1 { "object" } else { "objects" };
        let megabytes = self.bytes as f64 / 1e6;
        write!(f, "{more}{} {objects}, {megabytes:.1} MB, {more}", self.objects)?;
        match self.bytes as f64 * USD_A_MONTH {
            cost if cost < 0.01 => f.write_str("0.01 USD a month or less"),
            cost => write!(f, "about {cost:.2} USD a month"),
        }
    }
}

/// Reads a bucket's contents. A missing bucket is empty.
pub(super) async fn contents(cloud: &Cloud, bucket: &str) -> Result<Contents, CloudError> {
    let mut contents = Contents::default();
    let (mut key, mut version) = (None, None);
    for page in 1..=PAGES {
        let listed = cloud.s3.list_object_versions().bucket(bucket).max_keys(BATCH);
        let listed = listed.set_key_marker(key.take()).set_version_id_marker(version.take()).send().await;
        let listed = match listed.map_err(wrap(format!("list the bucket {bucket}"))) {
            Ok(listed) => listed,
            Err(error) if error.is_not_found() => break,
            Err(error) => return Err(error),
        };
        contents.objects += listed.versions().len() + listed.delete_markers().len();
        let sizes = listed.versions().iter().filter_map(|version| u64::try_from(version.size()?).ok());
        contents.bytes += sizes.sum::<u64>();
        if !listed.is_truncated().unwrap_or_default() {
            break;
        }
        contents.more = page == PAGES;
        key = listed.next_key_marker().map(str::to_owned);
        version = listed.next_version_id_marker().map(str::to_owned);
    }
    Ok(contents)
}

/// Deletes an empty bucket. A missing one counts as deleted.
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
    use vmx_model::actual::StackResource;

    #[test]
    fn what_is_in_a_bucket_is_told_with_its_price() {
        let told = |objects, bytes, more| Contents { objects, bytes, more }.to_string();
        assert_eq!(told(0, 0, false), "empty");
        assert_eq!(told(1, 480_000, false), "1 object, 0.5 MB, 0.01 USD a month or less");
        assert_eq!(told(900, 20_000_000_000, false), "900 objects, 20000.0 MB, about 0.46 USD a month");
        assert!(told(10_000, 1, true).starts_with("more than 10000 objects"));
    }

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
