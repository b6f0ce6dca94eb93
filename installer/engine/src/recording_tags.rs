//! The tags of a recording: our retention tag, and tags that others have set.

use aws_sdk_s3::types::{Tag, Tagging};
use vmx_contract::retention::{Change, Retention, TAG};

use crate::cloud::{Cloud, CloudError, wrap};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tags(Vec<(String, String)>);

impl Tags {
    /// Reads the tags of a recording; `None` if it is gone.
    ///
    /// # Errors
    /// [`CloudError`] if they cannot be read.
    pub(crate) async fn read(cloud: &Cloud, bucket: &str, key: &str) -> Result<Option<Self>, CloudError> {
        let request = cloud.s3.get_object_tagging().bucket(bucket).key(key);
        match request.send().await.map_err(wrap(format!("read the tags of {key}"))) {
            Ok(found) => Ok(Some(Self(found.tag_set.into_iter().map(|tag| (tag.key, tag.value)).collect()))),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The retention in the tags, if any.
    pub(crate) fn retention(&self) -> Option<Retention> {
        let ours = self.0.iter().find(|(key, _)| key == TAG);
        ours.and_then(|(_, value)| Retention::parse(value))
    }

    /// The other tags.
    pub(crate) fn without_retention(mut self) -> Self {
        self.0.retain(|(key, _)| key != TAG);
        self
    }

    /// Sets the retention tag and keeps other tags and holds. Returns whether there was no room for it because of
    /// other tags: then the recording is kept. A missing recording needs no tag.
    ///
    /// # Errors
    /// [`CloudError`] if the tags cannot be written.
    pub(crate) async fn keep(
        self,
        cloud: &Cloud,
        bucket: &str,
        key: &str,
        retention: Retention,
    ) -> Result<bool, CloudError> {
        let tags = match retention.change(self.0) {
            Change::Tags(tags) => tags,
            Change::None | Change::Held => return Ok(false),
            Change::Full => return Ok(true),
        };
        let wanted = format!("tag the recording {key}");
        let invalid =
            |error: aws_sdk_s3::error::BuildError| CloudError::incomplete(&wanted, &error.to_string());
        let tags = tags.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
        let tags = tags.collect::<Result<Vec<_>, _>>().map_err(invalid)?;
        let tagging = Tagging::builder().set_tag_set(Some(tags)).build().map_err(invalid)?;
        let request = cloud.s3.put_object_tagging().bucket(bucket).key(key).tagging(tagging);
        match request.send().await.map_err(wrap(&wanted)) {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(false),
        }
    }
}

/// Reads a recording's tags and applies [`Tags::keep`].
///
/// # Errors
/// [`CloudError`] if its tags cannot be read or written.
pub(crate) async fn keep(
    cloud: &Cloud,
    bucket: &str,
    key: &str,
    retention: Retention,
) -> Result<bool, CloudError> {
    match Tags::read(cloud, bucket, key).await? {
        Some(tags) => tags.keep(cloud, bucket, key, retention).await,
        None => Ok(false),
    }
}

/// The message for a recording that has no room for another tag.
pub(crate) fn full(key: &str) -> String {
    format!("{key} already has ten tags, so it is kept until you delete it")
}
