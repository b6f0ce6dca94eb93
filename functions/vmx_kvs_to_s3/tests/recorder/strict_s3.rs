//! What Amazon S3 says to the checksums of an upload in parts, which plainer stand-ins overlook.
//!
//! An upload that is begun without an algorithm has none, and parts that are listed with a checksum are not found in it;
//! one that is begun with an algorithm wants each part to come, and to be listed, with it. Sources: the S3 API reference,
//! CreateMultipartUpload, UploadPart and CompleteMultipartUpload; what S3 answered to other clients.

use std::collections::BTreeMap;

use vmx_lambda::testing::{Buckets, Call, Reply};

/// The uploads that were begun: their algorithms, and the checksums of their parts by number.
#[derive(Default)]
pub(crate) struct Uploads {
    algorithms: Vec<Option<String>>,
    parts: BTreeMap<(usize, u32), String>,
}

impl Uploads {
    /// Answers as the buckets do, or refuses.
    pub(crate) fn answer(&mut self, buckets: &mut Buckets, call: &Call) -> Reply {
        let upload =
            call.query.get("uploadId").and_then(|id| id.strip_prefix("upload-")?.parse::<usize>().ok());
        match (call.action.as_str(), upload) {
            ("s3:CreateMultipartUpload", _) => {
                self.algorithms.push(call.headers.get("x-amz-checksum-algorithm").cloned());
                buckets.answer(call)
            }
            ("s3:UploadPart", Some(upload)) => self.part(upload, buckets, call),
            ("s3:CompleteMultipartUpload", Some(upload)) => match self.refusal(upload, call) {
                Some(code) => Reply::error(call, 400, code),
                None => buckets.answer(call),
            },
            _ => buckets.answer(call),
        }
    }

    fn part(&mut self, upload: usize, buckets: &mut Buckets, call: &Call) -> Reply {
        let checksum = call.headers.get("x-amz-checksum-crc32").cloned();
        if checksum.as_ref().is_some_and(|sent| *sent != base64(crc32(&call.body))) {
            return Reply::error(call, 400, "BadDigest");
        }
        let reply = buckets.answer(call);
        match (self.algorithms[upload - 1].as_deref(), checksum) {
            (Some("CRC32"), Some(checksum)) => {
                let number = call.query["partNumber"].parse().unwrap();
                self.parts.insert((upload, number), checksum.clone());
                reply.header("x-amz-checksum-crc32", &checksum)
            }
            (None, Some(checksum)) => reply.header("x-amz-checksum-crc32", &checksum),
            (None, None) => reply,
            (Some(_), _) => Reply::error(call, 400, "InvalidRequest"),
        }
    }

    /// Why the list of parts is not what was uploaded.
    fn refusal(&self, upload: usize, call: &Call) -> Option<&'static str> {
        let list = String::from_utf8_lossy(&call.body).into_owned();
        let algorithm = self.algorithms[upload - 1].as_deref();
        for part in list.split("<Part>").skip(1) {
            let number: u32 = between(part, "PartNumber").unwrap().parse().unwrap();
            match (algorithm, between(part, "ChecksumCRC32")) {
                (None, Some(_)) => return Some("InvalidPart"),
                (Some(_), None) => return Some("InvalidRequest"),
                (Some(_), Some(said))
                    if self.parts.get(&(upload, number)).map(String::as_str) != Some(said) =>
                {
                    return Some("InvalidPart");
                }
                _ => {}
            }
        }
        None
    }
}

fn between<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

/// The checksum of ISO 3309, as in ZIP and PNG.
fn crc32(bytes: &[u8]) -> u32 {
    let table: Vec<u32> = (0..256)
        .map(|byte| (0..8).fold(byte, |crc: u32, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())))
        .collect();
    !bytes.iter().fold(!0, |crc: u32, byte| table[usize::from(crc as u8 ^ byte)] ^ (crc >> 8))
}

fn base64(checksum: u32) -> String {
    aws_smithy_types::base64::encode(checksum.to_be_bytes())
}

#[test]
fn the_checksum_is_the_one_that_everybody_has() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
}
