//! Operations of producers other than Connect: CreateStream, PutMedia, DeleteStream.

use axum::body::Body;
use bytes::Bytes;
use http::Response;
use kvs_writer::append_service_tags;
use serde::Deserialize;
use serde_json::json;

use super::api::{StreamNames, invalid_argument};
use super::store::{BYTES_PER_MS, KinesisVideo, StoredFragment, fragment_number};
use crate::service::{AwsError, AwsRequest, AwsResponse, json_response};

/// The time and size stated in a PutMedia document.
#[derive(Debug, PartialEq, Eq)]
struct Cluster {
    /// In milliseconds since 1970, because timecodes are absolute here.
    timecode_ms: i64,
    /// Of all tracks, in bytes.
    audio_bytes: usize,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateStream {
    stream_name: String,
    data_retention_in_hours: Option<u32>,
    kms_key_id: Option<String>,
}

impl KinesisVideo {
    pub(super) fn create_stream(&self, request: &AwsRequest) -> Result<AwsResponse, AwsError> {
        let asked: CreateStream = request.json()?;
        let key = asked.kms_key_id.unwrap_or_else(|| self.account.arn("kms", "alias/aws/kinesisvideo"));
        let arn = self.create(&asked.stream_name, asked.data_retention_in_hours.unwrap_or_default(), &key);
        let arn = arn.ok_or_else(|| {
            AwsError::bad_request("ResourceInUseException", "The stream is already created.")
        })?;
        json_response(&json!({ "StreamARN": arn }))
    }

    pub(super) fn delete_stream(&self, request: &AwsRequest) -> Result<AwsResponse, AwsError> {
        let names: StreamNames = request.json()?;
        let name = names.with(self, |stream| stream.name.clone())?;
        self.delete(&name);
        json_response(&json!({}))
    }

    /// Takes one document of one fragment, with absolute timecodes. The service allows any number per session, but a
    /// producer may also use a session for each.
    pub(super) fn put_media(&self, request: &AwsRequest) -> Result<AwsResponse, AwsError> {
        if request.header("x-amzn-fragment-timecode-type") != Some("ABSOLUTE") {
            return Err(invalid_argument("the local cloud takes absolute timecodes alone"));
        }
        let cluster = cluster(&request.body).ok_or_else(|| invalid_argument("this is no fragment"))?;
        let now_ms = self.now_ms();
        let number = StreamNames::of_headers(request).with(self, |stream| {
            // No two fragments of a stream arrive at the same time.
            let server_ms = stream.fragments.last().map_or(now_ms, |last| now_ms.max(last.server_ms + 1));
            let number = fragment_number(server_ms);
            let producer_ms = cluster.timecode_ms;
            let mut document = request.body.to_vec();
            append_service_tags(&number, server_ms.unsigned_abs(), producer_ms.unsigned_abs(), &mut document);
            stream.fragments.push(StoredFragment {
                number: number.clone(),
                producer_ms,
                server_ms,
                length_ms: cluster.audio_bytes / BYTES_PER_MS,
                document: document.into(),
            });
            number
        })?;
        // One acknowledgement for each of a fragment's states.
        let acknowledgements: String = ["BUFFERING", "RECEIVED", "PERSISTED"]
            .map(|event| {
                let timecode = cluster.timecode_ms;
                json!({"EventType": event, "FragmentTimecode": timecode, "FragmentNumber": number})
                    .to_string()
            })
            .concat();
        Ok(Response::new(Body::from(acknowledgements)))
    }
}

/// Reads a document's first Cluster, of known or unknown size. Source: RFC 8794 and RFC 9559.
fn cluster(document: &Bytes) -> Option<Cluster> {
    const SEGMENT: u64 = 0x1853_8067;
    const CLUSTER: u64 = 0x1F43_B675;
    const TIMECODE: u64 = 0xE7;
    const SIMPLE_BLOCK: u64 = 0xA3;
    let mut found = Cluster { timecode_ms: -1, audio_bytes: 0 };
    let mut rest = &document[..];
    while !rest.is_empty() {
        let (id, after) = number(rest, false)?;
        let (size, after) = number(after, true)?;
        // A master to descend into, whether its size is known or not.
        if matches!(id, SEGMENT | CLUSTER) {
            rest = after;
            continue;
        }
        let (data, after) = after.split_at_checked(usize::try_from(size).ok()?)?;
        match id {
            TIMECODE => {
                found.timecode_ms = data
                    .iter()
                    .try_fold(0_i64, |sum, byte| sum.checked_mul(256)?.checked_add((*byte).into()))?;
            }
            // Track number, relative time and flags come first.
            SIMPLE_BLOCK => found.audio_bytes += data.len().checked_sub(4)?,
            _ => {}
        }
        rest = after;
    }
    (found.timecode_ms >= 0).then_some(found)
}

/// A number of one to eight bytes whose first one determines the length: an identifier, or a size without its marker.
fn number(bytes: &[u8], is_size: bool) -> Option<(u64, &[u8])> {
    let first = *bytes.first()?;
    let (digits, rest) = bytes.split_at_checked(first.leading_zeros() as usize + 1)?;
    let whole =
        digits.iter().try_fold(0_u64, |sum, byte| sum.checked_mul(256)?.checked_add((*byte).into()))?;
    let marker = 1_u64.checked_shl(7 * digits.len() as u32)?;
    Some((if is_size { whole - marker } else { whole }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kvs_writer::{FROM_CUSTOMER, Fragment, Layout, Track, write_fragment};

    #[test]
    fn a_fragment_tells_its_time_and_its_length() {
        let pcm = [7; 5000];
        let fragment = Fragment {
            number: "1",
            producer_timestamp_ms: 1_782_912_654_536,
            server_timestamp_ms: 0,
            contact_id: "c",
            instance_id: "i",
            tracks: &[Track { number: 1, name: FROM_CUSTOMER, pcm: &pcm }],
        };
        let mut document = Vec::new();
        write_fragment(&fragment, &Layout { service_tags: false, ..Layout::default() }, &mut document);
        let expected = Cluster { timecode_ms: 1_782_912_654_536, audio_bytes: 5000 };
        assert_eq!(cluster(&document.clone().into()), Some(expected));
        for bad in [&b""[..], b"\x00", b"hello", &document[..1500]] {
            assert_eq!(cluster(&Bytes::copy_from_slice(bad)), None);
        }
    }
}
