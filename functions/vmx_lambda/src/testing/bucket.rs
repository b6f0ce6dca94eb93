//! Amazon S3, as far as recordings and transcripts need it.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use jiff::Timestamp;

use super::clock::{Clock, http_date};
use super::{Call, Reply};

/// The objects of all buckets, by `<bucket>/<key>`.
#[derive(Debug, Clone, Default)]
pub struct Buckets {
    /// The objects.
    pub objects: BTreeMap<String, Object>,
    /// The unfinished multipart uploads: the future object, and its parts.
    pub uploads: BTreeMap<String, (Object, BTreeMap<u32, Vec<u8>>)>,
    /// The clock for objects' dates; this machine's if there is none.
    pub clock: Option<Clock>,
    begun: u32,
}

/// One object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Object {
    /// Its content.
    pub body: Vec<u8>,
    /// Its content type.
    pub content_type: String,
    /// Its metadata, without `x-amz-meta-`.
    pub metadata: BTreeMap<String, String>,
    /// When it was written, as in the header `last-modified`; omitted if empty.
    pub last_modified: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

impl Buckets {
    /// Responds to an S3 call; part sizes, conditions and metadata are as on AWS.
    ///
    /// # Panics
    /// If a call is invalid: a part that is too small, or is not in the list of them.
    pub fn answer(&mut self, call: &Call) -> Reply {
        let (bucket, _) = call.host.split_once(".s3.").expect("an S3 host");
        let name = format!("{bucket}{}", call.path);
        let upload = call.query.get("uploadId").cloned().unwrap_or_default();
        let is_there = self.objects.contains_key(&name);
        let tag = self.objects.get(&name).map(Object::tag);
        let is_refused = is_there && call.headers.get("if-none-match").is_some_and(|value| value == "*")
            || call.headers.get("if-match").is_some_and(|value| tag.as_ref() != Some(value));
        match call.action.as_str() {
            "s3:GetObject" if is_there && is_refused => Reply::error(call, 412, "PreconditionFailed"),
            "s3:HeadObject" | "s3:GetObject" => match self.objects.get(&name) {
                Some(object) => object.reply(call),
                None => Reply::error(call, 404, "NoSuchKey"),
            },
            "s3:PutObject" | "s3:CompleteMultipartUpload" if is_refused => {
                Reply::error(call, 412, "PreconditionFailed")
            }
            "s3:PutObject" => {
                let mut object = Object { body: call.body.to_vec(), ..Object::announced(call) };
                object.last_modified = self.now();
                let reply = Reply::bytes("").header("etag", &object.tag());
                self.objects.insert(name, object);
                reply
            }
            "s3:DeleteObject" => {
                self.objects.remove(&name);
                Reply::empty()
            }
            "s3:ListBucket" => self.list(bucket, call),
            "s3:PutObjectTagging" | "s3:GetObjectTagging" if !is_there => {
                Reply::error(call, 404, "NoSuchKey")
            }
            "s3:PutObjectTagging" => {
                self.objects.get_mut(&name).expect("an object that is there").tags = tags_of_xml(call);
                Reply::bytes("")
            }
            "s3:GetObjectTagging" => {
                let pair = |(key, value): (&String, &String)| {
                    format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>")
                };
                let tags: String = self.objects[&name].tags.iter().map(pair).collect();
                Reply::bytes(format!("<Tagging><TagSet>{tags}</TagSet></Tagging>"))
            }
            "s3:CreateMultipartUpload" => {
                self.begun += 1;
                let id = format!("upload-{}", self.begun);
                self.uploads.insert(id.clone(), (Object::announced(call), BTreeMap::new()));
                Reply::bytes(format!(
                    "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
                ))
            }
            // It is completed or aborted: a response was lost, and the call is repeated.
            "s3:UploadPart" | "s3:CompleteMultipartUpload" | "s3:AbortMultipartUpload"
                if !self.uploads.contains_key(&upload) =>
            {
                Reply::error(call, 404, "NoSuchUpload")
            }
            "s3:UploadPart" => {
                let number = call.query["partNumber"].parse().unwrap();
                self.uploads
                    .get_mut(&upload)
                    .expect("an upload that was begun")
                    .1
                    .insert(number, call.body.to_vec());
                Reply::bytes("").header("etag", &format!("\"{number}\""))
            }
            "s3:CompleteMultipartUpload" => {
                let (mut object, parts) = self.uploads.remove(&upload).expect("an upload that was begun");
                let last = parts.len() as u32;
                for (number, part) in parts {
                    assert!(
                        number == last || part.len() >= 5 << 20,
                        "part {number} has {} bytes",
                        part.len()
                    );
                    let listed = format!("<PartNumber>{number}</PartNumber>");
                    assert!(
                        String::from_utf8_lossy(&call.body).contains(&listed),
                        "part {number} is not in the list"
                    );
                    object.body.extend(part);
                }
                object.last_modified = self.now();
                self.objects.insert(name, object);
                Reply::bytes("<CompleteMultipartUploadResult><ETag>1</ETag></CompleteMultipartUploadResult>")
            }
            "s3:AbortMultipartUpload" => {
                self.uploads.remove(&upload).expect("an upload that was begun");
                Reply::bytes("")
            }
            other => panic!("{other} is not expected"),
        }
    }

    fn now(&self) -> String {
        http_date(self.clock.map_or_else(Timestamp::now, |clock| clock.now()))
    }

    /// A page of the keys of a bucket, sorted.
    fn list(&self, bucket: &str, call: &Call) -> Reply {
        let asked = |name: &str| call.query.get(name).map(|value| decoded(value)).unwrap_or_default();
        let most = asked("max-keys").parse().unwrap_or(1000).min(1000);
        let after = Some(asked("continuation-token")).filter(|token| !token.is_empty());
        let (prefix, after) = (asked("prefix"), after.unwrap_or_else(|| asked("start-after")));
        let keys = self.objects.iter().filter_map(|(name, object)| {
            let key = name.strip_prefix(bucket)?.strip_prefix('/')?;
            (key.starts_with(&prefix) && key > after.as_str()).then_some((key, object))
        });
        let mut keys: Vec<(&str, &Object)> = keys.take(most + 1).collect();
        let is_truncated = keys.len() > most;
        keys.truncate(most);
        let next = keys
            .last()
            .filter(|_| is_truncated)
            .map(|(key, _)| format!("<NextContinuationToken>{key}</NextContinuationToken>"));
        let contents: String = keys
            .iter()
            .map(|(key, object)| {
                let at = jiff::civil::DateTime::strptime("%a, %d %b %Y %H:%M:%S GMT", &object.last_modified);
                let at = at.and_then(|at| jiff::tz::TimeZone::UTC.to_timestamp(at));
                let at = at.unwrap_or(Timestamp::UNIX_EPOCH);
                let (tag, size) = (object.tag(), object.body.len());
                format!(
                    "<Contents><Key>{key}</Key><LastModified>{at}</LastModified><ETag>{tag}</ETag>\
                     <Size>{size}</Size></Contents>"
                )
            })
            .collect();
        let (count, next) = (keys.len(), next.unwrap_or_default());
        Reply::bytes(format!(
            "<ListBucketResult><Name>{bucket}</Name><KeyCount>{count}</KeyCount><MaxKeys>{most}</MaxKeys>\
             <IsTruncated>{is_truncated}</IsTruncated>{next}{contents}</ListBucketResult>"
        ))
    }
}

/// The tags in a header, in the form of a URL's query.
fn tags_of_header(header: &str) -> BTreeMap<String, String> {
    let pairs = header.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (decoded(key), decoded(value))).collect()
}

/// The tags in the body of a request.
fn tags_of_xml(call: &Call) -> BTreeMap<String, String> {
    let xml = String::from_utf8_lossy(&call.body).into_owned();
    let between = |text: &str, name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        Some(rest.split_once(&format!("</{name}>"))?.0.to_owned())
    };
    let tags = xml.split("<Tag>").skip(1);
    tags.filter_map(|tag| Some((between(tag, "Key")?, between(tag, "Value")?))).collect()
}

/// A value of a query, decoded.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits: Vec<u8> = rest.by_ref().take(2).collect();
        let digits = String::from_utf8(digits).expect("two digits");
        bytes.push(u8::from_str_radix(&digits, 16).expect("two hexadecimal digits"));
    }
    String::from_utf8(bytes).expect("a key is UTF-8")
}

impl Object {
    fn announced(call: &Call) -> Self {
        let metadata = call
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix("x-amz-meta-")?.to_owned(), value.clone())));
        Self {
            body: Vec::new(),
            content_type: call.headers.get("content-type").cloned().unwrap_or_default(),
            metadata: metadata.collect(),
            last_modified: String::new(),
            tags: call.headers.get("x-amz-tagging").map(|tags| tags_of_header(tags)).unwrap_or_default(),
        }
    }

    /// Its ETag: here, as on S3, derived from its content.
    fn tag(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.body.hash(&mut hasher);
        format!("\"{:x}\"", hasher.finish())
    }

    /// The first and the last byte of a requested range, as far as they are there.
    fn range(&self, header: &str) -> Option<(usize, usize)> {
        let (from, to) = header.strip_prefix("bytes=").expect("a range of bytes").split_once('-')?;
        let (from, to): (usize, usize) = (from.parse().ok()?, to.parse().ok()?);
        (from <= to && from < self.body.len()).then(|| (from, to.min(self.body.len() - 1)))
    }

    fn reply(&self, call: &Call) -> Reply {
        let mut reply = if call.method == "HEAD" {
            Reply::bytes("").header("content-length", &self.body.len().to_string())
        } else if let Some(range) = call.headers.get("range") {
            let Some((from, to)) = self.range(range) else {
                return Reply::error(call, 416, "InvalidRange");
            };
            let total = self.body.len();
            Reply::bytes(&self.body[from..=to])
                .with_status(206)
                .header("content-range", &format!("bytes {from}-{to}/{total}"))
        } else {
            Reply::bytes(self.body.clone())
        };
        for (name, value) in &self.metadata {
            reply = reply.header(&format!("x-amz-meta-{name}"), value);
        }
        if !self.last_modified.is_empty() {
            reply = reply.header("last-modified", &self.last_modified);
        }
        reply.header("content-type", &self.content_type).header("etag", &self.tag())
    }
}
