//! The control plane's operations, and the dispatch of all of them.

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::future::{BoxFuture, FutureExt as _, ready};
use http::{HeaderValue, Response, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::fragments::{ListFragments, Media};
use super::store::{KinesisVideo, Stream};
use crate::service::{Action, AwsError, AwsRequest, AwsResponse, Service, json_response};

/// A stream's names in every operation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StreamNames {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
}

impl StreamNames {
    /// PutMedia's names are in headers, because its body is media.
    pub(super) fn of_headers(request: &AwsRequest) -> Self {
        let header = |name| request.header(name).map(str::to_owned);
        Self { stream_name: header("x-amzn-stream-name"), stream_arn: header("x-amzn-stream-arn") }
    }

    /// Calls a function with the given stream.
    pub(super) fn with<T>(
        &self,
        service: &KinesisVideo,
        work: impl FnOnce(&mut Stream) -> T,
    ) -> Result<T, AwsError> {
        if self.stream_name.is_some() == self.stream_arn.is_some() {
            return Err(invalid_argument("either StreamName or StreamARN must be given"));
        }
        service.with_stream(self.stream_name.as_deref(), self.stream_arn.as_deref(), work).ok_or_else(|| {
            let message = "The requested stream is not found or not active.";
            AwsError::new(StatusCode::NOT_FOUND, "ResourceNotFoundException", message)
        })
    }

    /// The ARN for IAM; for a missing stream, it cannot be fully known.
    fn resource(&self, service: &KinesisVideo) -> String {
        match (&self.stream_arn, &self.stream_name) {
            (Some(arn), _) => arn.clone(),
            (None, Some(name)) => service
                .with_stream(Some(name), None, |stream| stream.arn.clone())
                .unwrap_or_else(|| service.account.arn("kinesisvideo", &format!("stream/{name}/*"))),
            (None, None) => service.account.arn("kinesisvideo", "stream/*"),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListStreams {
    max_results: Option<usize>,
    next_token: Option<String>,
    stream_name_condition: Option<NameCondition>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NameCondition {
    comparison_operator: Option<String>,
    comparison_value: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetDataEndpoint {
    #[serde(rename = "APIName")]
    api_name: String,
}

pub(super) fn invalid_argument(message: impl Into<String>) -> AwsError {
    AwsError::bad_request("InvalidArgumentException", message)
}

/// Converts milliseconds to a time in the JSON protocol: seconds with a fraction.
pub(super) fn seconds(ms: i64) -> Value {
    json!(ms as f64 / 1000.0)
}

impl KinesisVideo {
    fn describe_stream(&self, request: &AwsRequest) -> Result<AwsResponse, AwsError> {
        let names: StreamNames = request.json()?;
        let stream = names.with(self, |stream| describe(stream))?;
        json_response(&json!({ "StreamInfo": stream }))
    }

    fn list_streams(&self, request: &AwsRequest) -> Result<AwsResponse, AwsError> {
        let asked: ListStreams = request.json()?;
        let condition = asked.stream_name_condition;
        if let Some(operator) = condition.as_ref().and_then(|by| by.comparison_operator.as_deref())
            && operator != "BEGINS_WITH"
        {
            return Err(invalid_argument(format!("unknown comparison operator {operator}")));
        }
        let prefix = condition.and_then(|by| by.comparison_value).unwrap_or_default();
        let most = asked.max_results.unwrap_or(10_000).clamp(1, 10_000);
        // Names are listed in order, so the next name is a good token.
        let from = asked.next_token.unwrap_or_default();
        let mut streams = self.each_stream(|stream| (stream.name.clone(), describe(stream)));
        streams.retain(|(name, _)| name.starts_with(&prefix) && base64_of(name) >= from);
        streams.sort_by_key(|(name, _)| base64_of(name));
        let next = streams.get(most).map(|(name, _)| base64_of(name));
        let page: Vec<Value> = streams.into_iter().take(most).map(|(_, stream)| stream).collect();
        json_response(&json!({"StreamInfoList": page, "NextToken": next}))
    }

    fn get_data_endpoint(&self, request: &AwsRequest) -> Result<AwsResponse, AwsError> {
        const SERVED: [&str; 3] = ["LIST_FRAGMENTS", "GET_MEDIA_FOR_FRAGMENT_LIST", "PUT_MEDIA"];
        request.json::<StreamNames>()?.with(self, |_| ())?;
        let asked: GetDataEndpoint = request.json()?;
        if !SERVED.contains(&asked.api_name.as_str()) {
            let message = format!("the local cloud has no data endpoint for {}", asked.api_name);
            return Err(invalid_argument(message));
        }
        json_response(&json!({ "DataEndpoint": self.endpoint }))
    }

    fn list_fragments(&self, request: &AwsRequest) -> Result<AwsResponse, AwsError> {
        let names: StreamNames = request.json()?;
        let asked: ListFragments = request.json()?;
        let now_ms = self.now_ms();
        let page = names.with(self, |stream| asked.list(stream, &self.settings, now_ms))??;
        json_response(&page)
    }

    fn get_media(&self, request: &AwsRequest) -> Result<AwsResponse, AwsError> {
        let names: StreamNames = request.json()?;
        let asked: Media = request.json()?;
        let now_ms = self.now_ms();
        let documents = names.with(self, |stream| asked.documents(stream, now_ms))??;
        let parts = documents.into_iter().map(Ok::<_, std::convert::Infallible>);
        let mut response = Response::new(Body::from_stream(futures_util::stream::iter(parts)));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("video/webm"));
        Ok(response)
    }
}

impl Service for KinesisVideo {
    fn action(&self, request: &AwsRequest) -> Result<Action, AwsError> {
        let operation = match request.path.as_str() {
            "/describeStream" => "DescribeStream",
            "/getDataEndpoint" => "GetDataEndpoint",
            "/listFragments" => "ListFragments",
            "/getMediaForFragmentList" => "GetMediaForFragmentList",
            "/listStreams" => return Ok(Action::on_everything("kinesisvideo:ListStreams")),
            "/createStream" => "CreateStream",
            "/deleteStream" => "DeleteStream",
            "/putMedia" => {
                let names = StreamNames::of_headers(request);
                return Ok(Action::new("kinesisvideo:PutMedia", names.resource(self)));
            }
            path => return Err(AwsError::unknown_operation(path)),
        };
        let names: StreamNames = request.json()?;
        Ok(Action::new(format!("kinesisvideo:{operation}"), names.resource(self)))
    }

    fn handle(&self, request: AwsRequest) -> BoxFuture<'_, Result<AwsResponse, AwsError>> {
        let answer = match request.path.as_str() {
            "/describeStream" => self.describe_stream(&request),
            "/getDataEndpoint" => self.get_data_endpoint(&request),
            "/listFragments" => self.list_fragments(&request),
            "/getMediaForFragmentList" => self.get_media(&request),
            "/listStreams" => self.list_streams(&request),
            "/createStream" => self.create_stream(&request),
            "/deleteStream" => self.delete_stream(&request),
            "/putMedia" => self.put_media(&request),
            path => Err(AwsError::unknown_operation(path)),
        };
        ready(answer).boxed()
    }

    fn throttled(&self) -> AwsError {
        AwsError::bad_request(
            "ClientLimitExceededException",
            "You have exceeded the limit of allowed client calls. Try making the call later.",
        )
    }
}

fn describe(stream: &Stream) -> Value {
    json!({
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "KmsKeyId": stream.key_id,
        "Version": "1",
        "Status": "ACTIVE",
        "CreationTime": seconds(stream.created_ms),
        "DataRetentionInHours": stream.retention_hours,
    })
}

pub(super) fn base64_of(text: &str) -> String {
    BASE64.encode(text)
}

pub(super) fn text_of(base64: &str) -> Option<String> {
    String::from_utf8(BASE64.decode(base64).ok()?).ok()
}
