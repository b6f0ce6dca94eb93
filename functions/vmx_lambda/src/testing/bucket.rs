//! Amazon S3, as far as recordings and transcripts need it.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::{Call, Reply};

/// The objects of all buckets, by `<bucket>/<key>`.
#[derive(Debug, Clone, Default)]
pub struct Buckets {
    /// The objects.
    pub objects: BTreeMap<String, Object>,
    /// The multipart uploads that are neither completed nor aborted: the object to be, and its parts.
    pub uploads: BTreeMap<String, (Object, BTreeMap<u32, Vec<u8>>)>,
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
    /// When it was written, as the header `last-modified` says it; not told if empty.
    pub last_modified: String,
}

impl Buckets {
    /// Answers a call of S3; part sizes, conditions and metadata are as on AWS.
    ///
    /// # Panics
    /// When a call makes no sense: a part that is too small, or is not in the list of them.
    pub fn answer(&mut self, call: &Call) -> Reply {
        let (bucket, _) = call.host.split_once(".s3.").expect("an S3 host");
        let name = format!("{bucket}{}", call.path);
        let upload = call.query.get("uploadId").cloned().unwrap_or_default();
        let is_there = self.objects.contains_key(&name);
        let tag = self.objects.get(&name).map(Object::tag);
        let is_refused = is_there && call.headers.get("if-none-match").is_some_and(|value| value == "*")
            || call.headers.get("if-match").is_some_and(|value| tag.as_ref() != Some(value));
        match call.action.as_str() {
            "s3:HeadObject" | "s3:GetObject" => match self.objects.get(&name) {
                Some(object) => object.reply(call),
                None => Reply::error(call, 404, "NoSuchKey"),
            },
            "s3:PutObject" | "s3:CompleteMultipartUpload" if is_refused => {
                Reply::error(call, 412, "PreconditionFailed")
            }
            "s3:PutObject" => {
                let object = Object { body: call.body.to_vec(), ..Object::announced(call) };
                self.objects.insert(name, object);
                Reply::bytes("").header("etag", "\"1\"")
            }
            "s3:CreateMultipartUpload" => {
                self.begun += 1;
                let id = format!("upload-{}", self.begun);
                self.uploads.insert(id.clone(), (Object::announced(call), BTreeMap::new()));
                Reply::bytes(format!(
                    "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
                ))
            }
            // It is completed or aborted: an answer was lost, and the call is made again.
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
        }
    }

    /// Its entity tag: here, as there, made of its content.
    fn tag(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.body.hash(&mut hasher);
        format!("\"{:x}\"", hasher.finish())
    }

    fn reply(&self, call: &Call) -> Reply {
        let mut reply = if call.method == "HEAD" {
            Reply::bytes("").header("content-length", &self.body.len().to_string())
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
