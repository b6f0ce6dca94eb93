//! The bucket that records whether and how every voicemail has ended.
//!
//! Stacks of the earlier version have none: callers must work without it.

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::Object;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use vmx_contract::mode::Mode;
use vmx_contract::objects::DELIVERED_PREFIX;
use vmx_contract::state::Undelivered;
use vmx_contract::voicemail_id::VoicemailId;

use crate::cloud::{Cloud, CloudError, wrap};
use crate::pace::Pace;
use crate::status::timestamp;

/// How many objects are read or written concurrently.
pub(crate) const AT_ONCE: usize = 8;

/// S3's answer to a conditional write while the object is being written or deleted. Source: the Amazon S3 user
/// guide, "Conditional writes".
const CONFLICT: &str = "ConditionalRequestConflict";
/// How often such a write is repeated.
const CONFLICTS: usize = 5;

/// An object in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) key: String,
    /// When it was last written.
    pub(crate) at: Timestamp,
}

/// A listing's objects, and whether there are more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    pub(crate) objects: Vec<Listed>,
    pub(crate) more: bool,
}

/// An object's content, and the ETag that shows later changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Read<T> {
    pub(crate) content: T,
    pub(crate) e_tag: Option<String>,
    /// When it was last written.
    pub(crate) at: Option<Timestamp>,
}

/// A bucket with small JSON objects.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket<'a> {
    pub(crate) cloud: &'a Cloud,
    pub(crate) name: &'a str,
}

impl Bucket<'_> {
    /// Lists the objects with a prefix, up to this many pages of a thousand.
    ///
    /// # Errors
    /// [`CloudError`] if the bucket cannot be listed.
    pub(crate) async fn list(self, prefix: &str, pages: usize) -> Result<Listing, CloudError> {
        let wanted = format!("list {prefix} in the bucket {}", self.name);
        let mut found = Listing::default();
        let request = self.cloud.s3.list_objects_v2().bucket(self.name).prefix(prefix);
        let mut all = request.into_paginator().send();
        for _ in 0..pages {
            let Some(page) = all.next().await else { return Ok(found) };
            found.objects.extend(page.map_err(wrap(&wanted))?.contents().iter().filter_map(listed));
        }
        found.more = all.next().await.is_some();
        Ok(found)
    }

    /// An object's description, or `None` if it does not exist.
    ///
    /// # Errors
    /// [`CloudError`] if it cannot be read.
    pub(crate) async fn head(self, key: &str) -> Result<Option<HeadObjectOutput>, CloudError> {
        let head = self.cloud.s3.head_object().bucket(self.name).key(key).send().await;
        match head.map_err(wrap(format!("check {key} in the bucket {}", self.name))) {
            Ok(head) => Ok(Some(head)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// When an object was written, if it exists.
    ///
    /// # Errors
    /// [`CloudError`] if that cannot be read.
    pub(crate) async fn written(self, key: &str) -> Result<Option<Timestamp>, CloudError> {
        let Some(head) = self.head(key).await? else { return Ok(None) };
        let at = head.last_modified().and_then(timestamp);
        at.map(Some).ok_or_else(|| CloudError::incomplete(format!("check {key}"), "time"))
    }

    /// An object's bytes, or `None` if it does not exist.
    ///
    /// # Errors
    /// [`CloudError`] if it cannot be read.
    pub(crate) async fn bytes(self, key: &str) -> Result<Option<Read<Vec<u8>>>, CloudError> {
        let wanted = format!("read {key} in the bucket {}", self.name);
        let object = self.cloud.s3.get_object().bucket(self.name).key(key).send().await;
        let object = match object.map_err(wrap(&wanted)) {
            Ok(object) => object,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        let e_tag = object.e_tag().map(str::to_owned);
        let at = object.last_modified().and_then(timestamp);
        let body = object.body.collect().await;
        let body = body.map_err(|error| CloudError::incomplete(&wanted, &error.to_string()))?;
        Ok(Some(Read { content: body.into_bytes().to_vec(), e_tag, at }))
    }

    /// An object's content, or `None` if it does not exist.
    ///
    /// # Errors
    /// [`CloudError`] if it cannot be read, or its content is invalid.
    pub(crate) async fn read<T: DeserializeOwned>(self, key: &str) -> Result<Option<Read<T>>, CloudError> {
        let Some(Read { content, e_tag, at }) = self.bytes(key).await? else { return Ok(None) };
        let wanted = format!("read {key} in the bucket {}", self.name);
        let content = serde_json::from_slice(&content);
        let content = content.map_err(|error| CloudError::incomplete(wanted, &error.to_string()))?;
        Ok(Some(Read { content, e_tag, at }))
    }

    /// The note about a voicemail that has not ended, or `None` if there is none. An unreadable one counts as new since
    /// it was written, as for the watchdog: it must not hide the others.
    ///
    /// # Errors
    /// [`CloudError`] if the call fails.
    pub(crate) async fn undelivered(self, key: &str) -> Result<Option<Read<Undelivered>>, CloudError> {
        let Some(Read { content, e_tag, at }) = self.bytes(key).await? else { return Ok(None) };
        let content = serde_json::from_slice(&content);
        let content = content.unwrap_or_else(|_| Undelivered::new(at.unwrap_or(Timestamp::UNIX_EPOCH)));
        Ok(Some(Read { content, e_tag, at }))
    }

    /// The modes that have delivered a voicemail.
    ///
    /// # Errors
    /// [`CloudError`] if the bucket cannot be listed.
    pub(crate) async fn delivered_by(self, id: &VoicemailId) -> Result<Vec<Mode>, CloudError> {
        let receipts = self.list(&format!("{DELIVERED_PREFIX}{id}/"), 1).await?.objects;
        let has = |mode: &Mode| receipts.iter().any(|object| object.key == id.delivered_by_key(*mode));
        Ok(Mode::ALL.into_iter().filter(has).collect())
    }

    /// Writes an object unless it exists. Returns whether it did. Retries while another request is writing or deleting
    /// the object, because S3 cannot decide yet.
    ///
    /// # Errors
    /// [`CloudError`] if it cannot be written, or if S3 still cannot decide.
    pub(crate) async fn put_new(self, key: &str, content: &impl Serialize) -> Result<bool, CloudError> {
        let mut waits = Pace::default().waits().take(CONFLICTS);
        loop {
            let request = self.put(key, content)?.if_none_match("*");
            let written = request.send().await.map(drop).map_err(wrap(self.writing(key)));
            match written {
                Ok(()) => return Ok(true),
                Err(error) if is(&error, "PreconditionFailed") => return Ok(false),
                Err(error) if is(&error, CONFLICT) => match waits.next() {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => return Err(error),
                },
                Err(error) => return Err(error),
            }
        }
    }

    /// Replaces the object that was read, unless it was changed or removed in the meantime. Returns whether it did.
    ///
    /// # Errors
    /// [`CloudError`] if it cannot be written.
    pub(crate) async fn replace(
        self,
        key: &str,
        content: &impl Serialize,
        e_tag: &str,
    ) -> Result<bool, CloudError> {
        const UNMET: [&str; 3] = ["PreconditionFailed", CONFLICT, "NoSuchKey"];
        let request = self.put(key, content)?.if_match(e_tag);
        match request.send().await.map_err(wrap(self.writing(key))) {
            Ok(_) => Ok(true),
            Err(error) if UNMET.iter().any(|code| is(&error, code)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes an object, whether it exists or not.
    ///
    /// # Errors
    /// [`CloudError`] if it cannot be written.
    pub(crate) async fn write(self, key: &str, content: &impl Serialize) -> Result<(), CloudError> {
        self.put(key, content)?.send().await.map(drop).map_err(wrap(self.writing(key)))
    }

    /// Deletes an object. A missing one counts as deleted.
    ///
    /// # Errors
    /// [`CloudError`] if it cannot be deleted.
    pub(crate) async fn delete(self, key: &str) -> Result<(), CloudError> {
        let wanted = format!("delete {key} in the bucket {}", self.name);
        self.cloud.s3.delete_object().bucket(self.name).key(key).send().await.map(drop).map_err(wrap(wanted))
    }

    fn put(
        self,
        key: &str,
        content: &impl Serialize,
    ) -> Result<aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder, CloudError> {
        let json = serde_json::to_vec(content)
            .map_err(|error| CloudError::incomplete(self.writing(key), &error.to_string()))?;
        let request = self.cloud.s3.put_object().bucket(self.name).key(key);
        Ok(request.content_type("application/json").body(ByteStream::from(json)))
    }

    fn writing(self, key: &str) -> String {
        format!("write {key} in the bucket {}", self.name)
    }
}

fn is(error: &CloudError, code: &str) -> bool {
    error.code.as_deref() == Some(code)
}

fn listed(object: &Object) -> Option<Listed> {
    Some(Listed { key: object.key()?.to_owned(), at: object.last_modified().and_then(timestamp)? })
}
