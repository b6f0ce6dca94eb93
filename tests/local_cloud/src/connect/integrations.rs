//! An instance's connections to other services.

use futures_util::future::{BoxFuture, FutureExt as _};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::backend::{Backend, BackendError, Invocation, percent_encode};

/// An instance's connections to other services: Kinesis and Lambda.
pub trait Integrations: Send + Sync {
    /// Puts a record on a Kinesis stream.
    fn put_record<'a>(
        &'a self,
        stream_arn: &'a str,
        partition_key: &'a str,
        data: Vec<u8>,
    ) -> BoxFuture<'a, Result<(), BackendError>>;

    /// Whether a Kinesis stream exists.
    fn stream_exists<'a>(&'a self, stream_arn: &'a str) -> BoxFuture<'a, Result<bool, BackendError>>;

    /// Whether a Lambda function exists.
    fn function_exists<'a>(&'a self, function_arn: &'a str) -> BoxFuture<'a, Result<bool, BackendError>>;

    /// Invokes a Lambda function and waits for its response.
    fn invoke<'a>(
        &'a self,
        function_arn: &'a str,
        event: Value,
    ) -> BoxFuture<'a, Result<Invocation, BackendError>>;
}

impl Integrations for Backend {
    fn put_record<'a>(
        &'a self,
        stream_arn: &'a str,
        partition_key: &'a str,
        data: Vec<u8>,
    ) -> BoxFuture<'a, Result<(), BackendError>> {
        async move { self.put_kinesis_record(stream_arn, partition_key, &data).await }.boxed()
    }

    fn stream_exists<'a>(&'a self, stream_arn: &'a str) -> BoxFuture<'a, Result<bool, BackendError>> {
        async move {
            let target = "Kinesis_20131202.DescribeStreamSummary";
            let answer = self.json_call("kinesis", target, &json!({ "StreamARN": stream_arn })).await;
            found(answer.map(drop))
        }
        .boxed()
    }

    fn function_exists<'a>(&'a self, function_arn: &'a str) -> BoxFuture<'a, Result<bool, BackendError>> {
        async move {
            let path = format!("/2015-03-31/functions/{}", percent_encode(function_arn));
            let request = self.request("lambda", Method::GET, &path)?;
            found(self.send("lambda", request, bytes::Bytes::new()).await.map(drop))
        }
        .boxed()
    }

    fn invoke<'a>(
        &'a self,
        function_arn: &'a str,
        event: Value,
    ) -> BoxFuture<'a, Result<Invocation, BackendError>> {
        async move { self.invoke_lambda(function_arn, &event).await }.boxed()
    }
}

/// Turns the error "not found" into an answer.
fn found(answer: Result<(), BackendError>) -> Result<bool, BackendError> {
    match answer {
        Ok(()) => Ok(true),
        Err(BackendError::Refused { status, .. }) if status == StatusCode::NOT_FOUND => Ok(false),
        Err(BackendError::Refused { body, .. }) if body.contains("ResourceNotFoundException") => Ok(false),
        Err(error) => Err(error),
    }
}
