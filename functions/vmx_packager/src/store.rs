//! Small objects of a bucket: read completely, and written conditionally.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use vmx_lambda::date::{Date, timestamp};
use vmx_lambda::failure::{Failure, Kind};

/// The largest object to read, in bytes.
const LARGEST: usize = 16 * 1024;

/// A bucket with small objects.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Store<'a> {
    pub(crate) s3: &'a Client,
    pub(crate) bucket: &'a str,
}

/// The condition of a write.
#[derive(Debug)]
pub(crate) enum Only<'a> {
    /// The object does not exist.
    IfAbsent,
    /// It has this ETag.
    IfUnchanged(&'a str),
}

/// The result of a conditional write.
#[derive(Debug)]
pub(crate) enum Written {
    /// The object was written, with this ETag.
    Now(Option<String>),
    /// The condition failed.
    Not,
}

/// An object that was read.
#[derive(Debug)]
pub(crate) struct Found {
    /// Its content, or the start of it.
    pub(crate) body: Vec<u8>,
    /// Its ETag.
    pub(crate) tag: Option<String>,
    /// Its age, by S3's clock only; `None` if S3 does not say.
    pub(crate) age: Option<SignedDuration>,
}

impl Store<'_> {
    /// An object; `None` if it does not exist.
    pub(crate) async fn get(self, key: &str) -> Result<Option<Found>, Failure> {
        let date = Date::default();
        let request = self.s3.get_object().bucket(self.bucket).key(key).customize().interceptor(date.clone());
        let mut object = match request.send().await.map_err(|error| Failure::of("s3:GetObject", &error)) {
            Ok(object) => object,
            Err(failure) if failure.kind == Kind::NotFound => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let mut body = Vec::new();
        while let Some(chunk) = object.body.next().await {
            let chunk = chunk.map_err(|error| Failure::broken_off("s3:GetObject", &error))?;
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST {
                break;
            }
        }
        let written = object.last_modified.as_ref().and_then(timestamp);
        let age = date.get().zip(written).map(|(now, written)| now.duration_since(written));
        Ok(Some(Found { body, tag: object.e_tag, age }))
    }

    /// When an object was written, if S3 says so; `None` if it does not exist.
    pub(crate) async fn written_at(self, key: &str) -> Result<Option<Option<Timestamp>>, Failure> {
        let request = self.s3.head_object().bucket(self.bucket).key(key);
        match request.send().await.map_err(|error| Failure::of("s3:HeadObject", &error)) {
            Ok(head) => Ok(Some(head.last_modified.as_ref().and_then(timestamp))),
            Err(failure) if failure.kind == Kind::NotFound => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Whether an object exists.
    pub(crate) async fn has(self, key: &str) -> Result<bool, Failure> {
        Ok(self.written_at(key).await?.is_some())
    }

    /// Writes an object as JSON, conditionally.
    pub(crate) async fn put(
        self,
        key: &str,
        content: &impl Serialize,
        only: Only<'_>,
    ) -> Result<Written, Failure> {
        let json = serde_json::to_vec(content)
            .map_err(|error| Failure::new("s3:PutObject", Kind::Refused, error.to_string()))?;
        let request = self.s3.put_object().bucket(self.bucket).key(key).content_type("application/json");
        let request = match only {
            Only::IfAbsent => request.if_none_match("*"),
            Only::IfUnchanged(tag) => request.if_match(tag),
        };
        let sent = request.body(ByteStream::from(json)).send().await;
        match sent.map_err(|error| Failure::of("s3:PutObject", &error)) {
            Ok(written) => Ok(Written::Now(written.e_tag)),
            // Source: the S3 user guide, conditional writes.
            Err(failure) if failure.is("PreconditionFailed") => Ok(Written::Not),
            Err(failure) if failure.is("ConditionalRequestConflict") => {
                // Another writer is active, and the winner is not known yet.
                Err(Failure::new("s3:PutObject", Kind::Transient, failure.to_string()))
            }
            Err(failure) => Err(failure),
        }
    }

    /// Removes an object, if it exists.
    pub(crate) async fn delete(self, key: &str) -> Result<(), Failure> {
        let request = self.s3.delete_object().bucket(self.bucket).key(key);
        match request.send().await.map_err(|error| Failure::of("s3:DeleteObject", &error)) {
            Err(failure) if failure.kind == Kind::NotFound => Ok(()),
            answer => answer.map(drop),
        }
    }
}
