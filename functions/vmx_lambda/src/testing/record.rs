//! Records requests and answers for another program, which holds them against the services' published models: see
//! `tests/local_cloud/python/recorded.py`.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::fs::{File, OpenOptions};
use std::hash::BuildHasher as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex};

use serde_json::json;

use super::{Call, Reply};

/// Names the folder for the records, one file for each process. Without it, nothing is recorded.
const FOLDER: &str = "RECORD_CALLS";

/// Requests and answers whose bodies are objects or media, which can be long, and about which no model says anything.
const SENT: [&str; 2] = ["s3:PutObject", "s3:UploadPart"];
const RECEIVED: [&str; 2] = ["s3:GetObject", "kinesisvideo:GetMediaForFragmentList"];

/// Headers that differ in every request.
const VOLATILE: [&str; 7] = [
    "authorization",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-user-agent",
    "user-agent",
    "amz-sdk-invocation-id",
    "amz-sdk-request",
];

static RECORD: LazyLock<Option<Mutex<Record>>> = LazyLock::new(|| {
    let folder = PathBuf::from(std::env::var_os(FOLDER)?);
    let program = std::env::current_exe().unwrap();
    let name = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{name}.{}.jsonl", std::process::id()));
    let file = OpenOptions::new().create(true).append(true).open(file).unwrap();
    Some(Mutex::new(Record { file, known: HashSet::new(), hash: RandomState::new() }))
});

struct Record {
    file: File,
    /// What is recorded already.
    known: HashSet<u64>,
    hash: RandomState,
}

/// Records a request, or its answer, unless the same is recorded already.
pub(super) fn record(call: &Call, reply: Option<&Reply>) {
    let Some(record) = &*RECORD else { return };
    let headers: Vec<_> =
        call.headers.iter().filter(|(name, _)| !VOLATILE.contains(&name.as_str())).collect();
    let known = |bodies: &[&str], body| if bodies.contains(&call.action.as_str()) { &[][..] } else { body };
    let body = known(&SENT, &call.body[..]);
    let answer = reply.map(|reply| {
        let body = reply.body.bytes().unwrap_or_default();
        (reply.status, &reply.headers, known(&RECEIVED, body))
    });
    let mut record = record.lock().unwrap();
    let hash = record.hash.hash_one((&call.action, &call.path, &call.query, &headers, body, &answer));
    if !record.known.insert(hash) {
        return;
    }
    // Bytes as characters.
    let text = |body: &[u8]| body.iter().map(|&byte| char::from(byte)).collect::<String>();
    let query: Vec<_> = call.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let line = json!({
        "service": call.service(),
        "method": call.method,
        // The bucket is in the host's name.
        "path": call.host.split_once(".s3.").map(|(bucket, _)| format!("/{bucket}")).unwrap_or_default() + &call.path,
        "query": query.join("&"),
        "headers": headers,
        "body": text(body),
        "answer": answer.map(|(status, headers, body)| json!([status, headers, text(body)])),
    });
    record.file.write_all(format!("{line}\n").as_bytes()).unwrap();
}
