//! A recording being uploaded to S3.
//!
//! A WAV file starts with its length, which is known only at the end. So the first part is held back and sent last,
//! with the header in it. At most two parts are in memory.
//!
//! An object's metadata is given when its upload starts. A recording of up to two parts (10 MiB, 10.9 minutes) starts
//! when all of it has been measured, so its metadata says how much of it is voiced. A longer one starts earlier,
//! without that value, and counts as voiced.

use std::collections::HashMap;
use std::mem;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use kvs_media::WAV_HEADER_BYTES;
use tracing::warn;
use vmx_contract::metadata;
use vmx_contract::objects::RECORDING_CONTENT_TYPE;
use vmx_contract::retention::Retention;
use vmx_lambda::failure::Failure;

/// The smallest part that S3 accepts, in bytes, except for the last. Source: the S3 user guide, multipart upload
/// limits.
pub(crate) const PART_BYTES: usize = 5 * 1024 * 1024;
/// Write only if the recording does not exist.
const NONE: &str = "*";
/// The checksum algorithm for S3. A multipart upload names it at its start, with each part, and at its end: S3 refuses
/// to complete an upload whose parts used another one.
const CHECKSUM: ChecksumAlgorithm = ChecksumAlgorithm::Crc32;

/// The result for a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored {
    /// It was written.
    Now,
    /// Another delivery of the same contact record had written it.
    Before,
}

/// A recording being uploaded. Nothing is visible in the bucket until [`Upload::finish`] has returned.
#[derive(Debug)]
pub(crate) struct Upload<'a> {
    client: &'a Client,
    bucket: &'a str,
    key: &'a str,
    metadata: HashMap<String, String>,
    /// The first part, with space for the header.
    first: Vec<u8>,
    /// The part being filled, once the first is full.
    filling: Vec<u8>,
    /// The multipart upload, once it has started.
    id: Option<String>,
    parts: Vec<CompletedPart>,
}

impl<'a> Upload<'a> {
    /// An empty recording. `metadata` is the object's.
    pub(crate) fn new(
        client: &'a Client,
        bucket: &'a str,
        key: &'a str,
        metadata: HashMap<String, String>,
    ) -> Self {
        Self {
            client,
            bucket,
            key,
            metadata,
            first: vec![0; WAV_HEADER_BYTES],
            filling: Vec::new(),
            id: None,
            parts: Vec::new(),
        }
    }

    /// Takes audio and leaves `pcm` empty.
    pub(crate) async fn write(&mut self, pcm: &mut Vec<u8>) -> Result<(), Failure> {
        let room = PART_BYTES - self.first.len();
        let mut rest = pcm.as_slice();
        let (head, tail) = rest.split_at(room.min(rest.len()));
        self.first.extend_from_slice(head);
        rest = tail;
        while !rest.is_empty() {
            let room = PART_BYTES - self.filling.len();
            let (head, tail) = rest.split_at(room.min(rest.len()));
            self.filling.extend_from_slice(head);
            rest = tail;
            if self.filling.len() == PART_BYTES {
                self.send_filling().await?;
            }
        }
        pcm.clear();
        Ok(())
    }

    /// Writes the recording, with the voiced length in ms. After an error, no recording exists.
    pub(crate) async fn finish(
        &mut self,
        header: [u8; WAV_HEADER_BYTES],
        voiced_ms: u64,
    ) -> Result<Stored, Failure> {
        self.metadata.insert(metadata::VOICED.to_owned(), voiced_ms.to_string());
        self.first[..WAV_HEADER_BYTES].copy_from_slice(&header);
        if self.id.is_none() && self.filling.is_empty() {
            return self.put().await;
        }
        if !self.filling.is_empty() {
            self.send_filling().await?;
        }
        let first = mem::take(&mut self.first);
        self.send(1, first).await?;
        self.complete().await
    }

    /// Aborts the upload. If that fails, the bucket's lifecycle rule removes it.
    pub(crate) async fn abort(&mut self) {
        let Some(id) = self.id.take() else { return };
        let request = self.client.abort_multipart_upload().bucket(self.bucket).key(self.key).upload_id(id);
        if let Err(error) = request.send().await {
            let failure = Failure::of("s3:AbortMultipartUpload", &error);
            warn!(%failure, "parts of an unfinished recording remain until the bucket's lifecycle rule removes them");
        }
    }

    async fn put(&mut self) -> Result<Stored, Failure> {
        let request = self
            .client
            .put_object()
            .bucket(self.bucket)
            .key(self.key)
            .content_type(RECORDING_CONTENT_TYPE)
            .set_metadata(Some(mem::take(&mut self.metadata)))
            .tagging(Retention::Open.header())
            .checksum_algorithm(CHECKSUM)
            .if_none_match(NONE)
            .body(ByteStream::from(mem::take(&mut self.first)));
        match request.send().await {
            Ok(_) => Ok(Stored::Now),
            Err(error) => stored_before(Failure::of("s3:PutObject", &error)),
        }
    }

    /// Sends the filled part. The first part is number 1 and comes last.
    async fn send_filling(&mut self) -> Result<(), Failure> {
        let body = mem::take(&mut self.filling);
        let number = i32::try_from(self.parts.len()).unwrap_or(i32::MAX).saturating_add(2);
        self.send(number, body).await
    }

    async fn send(&mut self, number: i32, body: Vec<u8>) -> Result<(), Failure> {
        let id = self.begin().await?;
        let request = self
            .client
            .upload_part()
            .bucket(self.bucket)
            .key(self.key)
            .upload_id(id)
            .part_number(number)
            .checksum_algorithm(CHECKSUM)
            .body(ByteStream::from(body));
        let sent = request.send().await.map_err(|error| Failure::of("s3:UploadPart", &error))?;
        // Everything that S3 returns for a part must be sent back at the end.
        self.parts.push(
            CompletedPart::builder()
                .part_number(number)
                .set_e_tag(sent.e_tag)
                .set_checksum_crc32(sent.checksum_crc32)
                .build(),
        );
        Ok(())
    }

    async fn begin(&mut self) -> Result<String, Failure> {
        if let Some(id) = &self.id {
            return Ok(id.clone());
        }
        let request = self
            .client
            .create_multipart_upload()
            .bucket(self.bucket)
            .key(self.key)
            .checksum_algorithm(CHECKSUM)
            .content_type(RECORDING_CONTENT_TYPE)
            .set_metadata(Some(mem::take(&mut self.metadata)))
            .tagging(Retention::Open.header());
        let begun = request.send().await.map_err(|error| Failure::of("s3:CreateMultipartUpload", &error))?;
        let id = begun.upload_id.unwrap_or_default();
        self.id = Some(id.clone());
        Ok(id)
    }

    async fn complete(&mut self) -> Result<Stored, Failure> {
        self.parts.sort_by_key(|part| part.part_number);
        let parts = CompletedMultipartUpload::builder().set_parts(Some(mem::take(&mut self.parts))).build();
        let request = self
            .client
            .complete_multipart_upload()
            .bucket(self.bucket)
            .key(self.key)
            .set_upload_id(self.id.clone())
            .if_none_match(NONE)
            .multipart_upload(parts);
        match request.send().await {
            Ok(_) => {
                self.id = None;
                Ok(Stored::Now)
            }
            Err(error) => stored_before(Failure::of("s3:CompleteMultipartUpload", &error)),
        }
    }
}

/// A failed condition means that the recording exists already.
fn stored_before(failure: Failure) -> Result<Stored, Failure> {
    if failure.is("PreconditionFailed") { Ok(Stored::Before) } else { Err(failure) }
}
