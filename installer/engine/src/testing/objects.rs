//! Buckets in memory, for code that reads and writes small objects.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use aws_sdk_s3::Client as S3;
use aws_sdk_s3::error::ErrorMetadata;
use aws_sdk_s3::operation::delete_object::{DeleteObjectError, DeleteObjectOutput};
use aws_sdk_s3::operation::delete_objects::{DeleteObjectsError, DeleteObjectsOutput};
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::operation::get_object_tagging::{GetObjectTaggingError, GetObjectTaggingOutput};
use aws_sdk_s3::operation::head_object::{HeadObjectError, HeadObjectOutput};
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::operation::put_object::{PutObjectError, PutObjectOutput};
use aws_sdk_s3::operation::put_object_tagging::{PutObjectTaggingError, PutObjectTaggingOutput};
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{Object, ObjectVersion, Tag};
use aws_smithy_mocks::{MockResponse, Rule, RuleMode, mock, mock_client};
use jiff::Timestamp;

use crate::cloud::Cloud;

/// An object: its bytes, time of writing, and tags.
#[derive(Debug, Clone, Default)]
struct Stored {
    bytes: Vec<u8>,
    at: i64,
    tags: BTreeMap<String, String>,
    metadata: HashMap<String, String>,
}

impl Stored {
    fn e_tag(&self) -> String {
        format!("{:?}", self.bytes)
    }

    fn last_modified(&self) -> DateTime {
        DateTime::from_secs(self.at)
    }
}

type All = BTreeMap<(String, String), Stored>;

/// Objects by bucket and key.
#[derive(Debug, Clone, Default)]
pub struct Objects(Arc<Mutex<All>>, Arc<Mutex<Writes>>);

/// What somebody else does.
type Act = fn(&Objects);

/// The calls that change something.
#[derive(Debug, Default)]
struct Writes {
    made: usize,
    /// Whoever makes them dies after so many.
    last: Option<usize>,
    /// What somebody else does after so many.
    meanwhile: Option<(usize, Act)>,
}

impl Objects {
    /// Puts an object with its time of writing.
    pub fn put(&self, bucket: &str, key: &str, text: &str, at: Timestamp) {
        let stored = Stored { bytes: text.into(), at: at.as_second(), ..Stored::default() };
        self.all().insert((bucket.to_owned(), key.to_owned()), stored);
    }

    /// Gives an object its metadata.
    pub fn describe(&self, bucket: &str, key: &str, metadata: HashMap<String, String>) {
        if let Some(stored) = self.all().get_mut(&(bucket.to_owned(), key.to_owned())) {
            stored.metadata = metadata;
        }
    }

    /// Tags an object.
    pub fn tag(&self, bucket: &str, key: &str, name: &str, value: &str) {
        if let Some(stored) = self.all().get_mut(&(bucket.to_owned(), key.to_owned())) {
            stored.tags.insert(name.to_owned(), value.to_owned());
        }
    }

    /// An object's content, if it exists.
    pub fn text(&self, bucket: &str, key: &str) -> Option<String> {
        let stored = self.find(Some(bucket), Some(key))?;
        Some(String::from_utf8_lossy(&stored.bytes).into_owned())
    }

    /// The tags of an object, as `name=value`.
    pub fn tags(&self, bucket: &str, key: &str) -> Vec<String> {
        let stored = self.find(Some(bucket), Some(key)).unwrap_or_default();
        stored.tags.iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    /// The keys of a bucket.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        self.all().keys().filter(|(of, _)| of == bucket).map(|(_, key)| key.clone()).collect()
    }

    /// Connects a client to these buckets.
    pub fn serve(&self, cloud: &mut Cloud) {
        let rules = [self.reading(), self.writing()].concat();
        let rules: Vec<&Rule> = rules.iter().collect();
        cloud.s3 = mock_client!(aws_sdk_s3, RuleMode::MatchAny, &rules);
    }

    /// Whoever calls dies once it has made so many further calls that change something.
    pub fn die_after(&self, writes: Option<usize>) {
        let mut state = self.1.lock().expect("no test panics while it holds the calls");
        *state = Writes { last: writes, ..Writes::default() };
    }

    /// Somebody else does this after so many further calls that change something.
    pub fn meanwhile(&self, writes: usize, act: Act) {
        let mut state = self.1.lock().expect("no test panics while it holds the calls");
        *state = Writes { meanwhile: Some((writes, act)), ..Writes::default() };
    }

    /// Whether a call is still made.
    fn is_made(&self) -> bool {
        let mut state = self.1.lock().expect("no test panics while it holds the calls");
        if state.last.is_some_and(|last| state.made >= last) {
            return false;
        }
        let due = state.meanwhile.filter(|(after, _)| *after == state.made);
        state.made += 1;
        drop(state);
        if let Some((_, act)) = due {
            act(self);
        }
        true
    }

    /// Removes an object.
    pub fn remove(&self, bucket: &str, key: &str) {
        self.all().remove(&(bucket.to_owned(), key.to_owned()));
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.0.lock().expect("no test panics while it holds the buckets")
    }

    fn find(&self, bucket: Option<&str>, key: Option<&str>) -> Option<Stored> {
        let place = (bucket.unwrap_or_default().to_owned(), key.unwrap_or_default().to_owned());
        self.all().get(&place).cloned()
    }

    fn reading(&self) -> Vec<Rule> {
        let [getting, heading, listing, tagging, versions] = std::array::from_fn(|_| self.clone());
        vec![
            mock!(S3::get_object).then_compute_response(move |request| {
                let Some(stored) = getting.find(request.bucket(), request.key()) else {
                    return MockResponse::Error(GetObjectError::generic(code("NoSuchKey")));
                };
                let object =
                    GetObjectOutput::builder().e_tag(stored.e_tag()).last_modified(stored.last_modified());
                MockResponse::Output(object.body(stored.bytes.into()).build())
            }),
            mock!(S3::head_object).then_compute_response(move |request| {
                let Some(stored) = heading.find(request.bucket(), request.key()) else {
                    return MockResponse::Error(HeadObjectError::generic(code("NotFound")));
                };
                let head = HeadObjectOutput::builder().last_modified(stored.last_modified());
                let head = head.set_metadata(Some(stored.metadata.clone()));
                MockResponse::Output(head.build())
            }),
            // Pages have two objects, so that clients request further pages.
            mock!(S3::list_objects_v2).then_compute_output(move |request| {
                let prefix = request.prefix().unwrap_or_default();
                let after = request.continuation_token().or(request.start_after()).unwrap_or_default();
                let objects = listing.all();
                let mut found: Vec<_> = objects
                    .iter()
                    .filter(|((bucket, key), _)| {
                        Some(bucket.as_str()) == request.bucket()
                            && key.starts_with(prefix)
                            && key.as_str() > after
                    })
                    .map(|((_, key), stored)| {
                        Object::builder().key(key).last_modified(stored.last_modified()).build()
                    })
                    .take(3)
                    .collect();
                let more = found.len() > 2;
                found.truncate(2);
                let next = found.last().and_then(|object| object.key().map(str::to_owned)).filter(|_| more);
                ListObjectsV2Output::builder()
                    .set_contents(Some(found))
                    .is_truncated(more)
                    .set_next_continuation_token(next)
                    .build()
            }),
            // There is one version of each.
            mock!(S3::list_object_versions).then_compute_output(move |request| {
                let keys = versions.keys(request.bucket().unwrap_or_default());
                let prefix = request.prefix().unwrap_or_default();
                let keys = keys.into_iter().filter(|key| key.starts_with(prefix));
                let found = keys.map(|key| ObjectVersion::builder().key(key).version_id("null").build());
                ListObjectVersionsOutput::builder().set_versions(Some(found.collect())).build()
            }),
            mock!(S3::get_object_tagging).then_compute_response(move |request| {
                let Some(stored) = tagging.find(request.bucket(), request.key()) else {
                    return MockResponse::Error(GetObjectTaggingError::generic(code("NoSuchKey")));
                };
                let tags = stored.tags.iter().map(|(name, value)| {
                    Tag::builder().key(name).value(value).build().expect("a tag has a key and a value")
                });
                let tags = GetObjectTaggingOutput::builder().set_tag_set(Some(tags.collect())).build();
                MockResponse::Output(tags.expect("the tags are set"))
            }),
        ]
    }

    fn writing(&self) -> Vec<Rule> {
        let [putting, deleting, emptying, tagging] = std::array::from_fn(|_| self.clone());
        vec![
            mock!(S3::put_object).then_compute_response(move |request| {
                if !putting.is_made() {
                    return MockResponse::Error(PutObjectError::generic(code("Dead")));
                }
                let stored = putting.find(request.bucket(), request.key());
                let unmet = match (request.if_none_match(), request.if_match()) {
                    (Some(_), _) => stored.is_some(),
                    (None, Some(e_tag)) => stored.is_none_or(|stored| stored.e_tag() != e_tag),
                    (None, None) => false,
                };
                if unmet {
                    return MockResponse::Error(PutObjectError::generic(code("PreconditionFailed")));
                }
                let text = request.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
                let (bucket, key) = (request.bucket().unwrap_or_default(), request.key().unwrap_or_default());
                putting.put(bucket, key, &text, Timestamp::now());
                MockResponse::Output(PutObjectOutput::builder().build())
            }),
            mock!(S3::delete_object).then_compute_response(move |request| {
                if !deleting.is_made() {
                    return MockResponse::Error(DeleteObjectError::generic(code("Dead")));
                }
                deleting.remove(request.bucket().unwrap_or_default(), request.key().unwrap_or_default());
                MockResponse::Output(DeleteObjectOutput::builder().build())
            }),
            mock!(S3::delete_objects).then_compute_response(move |request| {
                if !emptying.is_made() {
                    return MockResponse::Error(DeleteObjectsError::generic(code("Dead")));
                }
                for object in request.delete().map(|delete| delete.objects()).unwrap_or_default() {
                    emptying.remove(request.bucket().unwrap_or_default(), object.key());
                }
                MockResponse::Output(DeleteObjectsOutput::builder().build())
            }),
            mock!(S3::put_object_tagging).then_compute_response(move |request| {
                if !tagging.is_made() {
                    return MockResponse::Error(PutObjectTaggingError::generic(code("Dead")));
                }
                let (bucket, key) = (request.bucket().unwrap_or_default(), request.key().unwrap_or_default());
                if let Some(stored) = tagging.all().get_mut(&(bucket.to_owned(), key.to_owned())) {
                    let tags = request.tagging().map(|tagging| tagging.tag_set()).unwrap_or_default();
                    let tag = |tag: &Tag| (tag.key().to_owned(), tag.value().to_owned());
                    stored.tags = tags.iter().map(tag).collect();
                }
                MockResponse::Output(PutObjectTaggingOutput::builder().build())
            }),
        ]
    }
}

fn code(code: &str) -> ErrorMetadata {
    ErrorMetadata::builder().code(code).build()
}
