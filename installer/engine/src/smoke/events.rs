//! Events in each function's format that have no effect.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use vmx_model::parts::Function;

/// An event that the function accepts and ignores: a contact record without the flag, an object in another bucket, an
/// invalid link.
pub(super) fn no_voicemail(function: Function, region: &str, account: &str) -> Value {
    match function {
        Function::KvsToS3 => contact_record(region),
        Function::Transcriber | Function::Packager => foreign_object(region, account),
        Function::Playback => request_without_token(),
        Function::Watchdog => round(region, account),
    }
}

/// The schedule's event. An extra round does no harm.
fn round(region: &str, account: &str) -> Value {
    json!({
        "version": "0",
        "id": "00000000-0000-4000-8000-000000000000",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": account,
        "time": "1970-01-01T00:00:00Z",
        "region": region,
        "resources": [],
        "detail": {},
    })
}

/// A function URL request with an invalid token: it gets the response for everybody without access.
fn request_without_token() -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/v/smoke-test",
        "rawQueryString": "",
        "headers": {},
        "requestContext": {"http": {"method": "GET", "path": "/v/smoke-test", "sourceIp": "0.0.0.0"}},
        "isBase64Encoded": false,
    })
}

fn contact_record(region: &str) -> Value {
    let record = json!({
        "ContactId": "00000000-0000-4000-8000-000000000000",
        "Channel": "VOICE",
        "Attributes": {},
    });
    json!({"Records": [{
        "eventSource": "aws:kinesis",
        "eventID": "shardId-000000000000:0",
        "eventName": "aws:kinesis:record",
        "eventVersion": "1.0",
        "awsRegion": region,
        "eventSourceARN": "smoke-test",
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "smoke-test",
            "sequenceNumber": "0",
            "approximateArrivalTimestamp": 0.0,
            "data": BASE64_STANDARD.encode(record.to_string()),
        },
    }]})
}

fn foreign_object(region: &str, account: &str) -> Value {
    let event = json!({
        "version": "0",
        "id": "00000000-0000-4000-8000-000000000000",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": account,
        "time": "1970-01-01T00:00:00Z",
        "region": region,
        "resources": [],
        "detail": {
            "version": "0",
            "bucket": {"name": "smoke-test"},
            "object": {"key": "smoke-test", "size": 0, "etag": "0", "sequencer": "0"},
            "request-id": "0",
            "requester": account,
            "reason": "PutObject",
        },
    });
    json!({"Records": [{
        "messageId": "00000000-0000-4000-8000-000000000000",
        "receiptHandle": "smoke-test",
        "body": event.to_string(),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "0",
            "SenderId": account,
            "ApproximateFirstReceiveTimestamp": "0",
        },
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "smoke-test",
        "awsRegion": region,
    }]})
}

/// Whether a function's response lists records that it could not process, or shows something without a token.
pub(super) fn has_failures(function: Function, answer: &str) -> bool {
    let answer: Value = serde_json::from_str(answer).unwrap_or_default();
    match function {
        Function::Playback => answer["statusCode"] != 403,
        _ => answer["batchItemFailures"].as_array().is_some_and(|failures| !failures.is_empty()),
    }
}
