//! A contact center whose Kinesis and Lambda are in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use http::{HeaderMap, Method};
use http_body_util::BodyExt as _;
use local_cloud::backend::{BackendError, Invocation};
use local_cloud::call::{Call, CallError, CallOutcome, Dialed, Step, place_call};
use local_cloud::clock::Clock;
use local_cloud::connect::{Connect, Integrations, Seed};
use local_cloud::kinesis_video::{KinesisVideo, Settings};
use local_cloud::service::{Account, AwsError, AwsRequest, Caller, Service};
use serde_json::{Value, json};

pub(crate) const STREAM: &str = "arn:aws:kinesis:us-east-1:111122223333:stream/records";
pub(crate) const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:lookup";
pub(crate) const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/0b9c1d2e";
pub(crate) const QUEUE: &str = "c0ffee00-0000-4000-8000-000000000022";
pub(crate) const AGENT: &str = "c0ffee00-0000-4000-8000-000000000041";
pub(crate) const NUMBER_ID: &str = "c0ffee00-0000-4000-8000-000000000051";
pub(crate) const NUMBER: &str = "+15555550199";
pub(crate) const CALLER: &str = "+15555550100";

/// Kinesis and Lambda in memory.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) streams: BTreeSet<String>,
    /// What each function answers, and whether that is a failure.
    pub(crate) functions: Mutex<BTreeMap<String, (Value, bool)>>,
    pub(crate) records: Mutex<Vec<(String, String, Value)>>,
    pub(crate) events: Mutex<Vec<Value>>,
}

impl Integrations for Memory {
    fn put_record<'a>(
        &'a self,
        stream_arn: &'a str,
        partition_key: &'a str,
        data: Vec<u8>,
    ) -> BoxFuture<'a, Result<(), BackendError>> {
        let record = serde_json::from_slice(&data).unwrap();
        self.records.lock().unwrap().push((stream_arn.to_owned(), partition_key.to_owned(), record));
        ready(Ok(())).boxed()
    }

    fn stream_exists<'a>(&'a self, stream_arn: &'a str) -> BoxFuture<'a, Result<bool, BackendError>> {
        ready(Ok(self.streams.contains(stream_arn))).boxed()
    }

    fn function_exists<'a>(&'a self, function_arn: &'a str) -> BoxFuture<'a, Result<bool, BackendError>> {
        ready(Ok(self.functions.lock().unwrap().contains_key(function_arn))).boxed()
    }

    fn invoke<'a>(
        &'a self,
        function_arn: &'a str,
        event: Value,
    ) -> BoxFuture<'a, Result<Invocation, BackendError>> {
        self.events.lock().unwrap().push(event);
        let (answer, fails) = self.functions.lock().unwrap()[function_arn].clone();
        ready(Ok(Invocation {
            function_error: fails.then(|| "Unhandled".to_owned()),
            payload: answer.to_string().into(),
        }))
        .boxed()
    }
}

pub(crate) struct Center {
    pub(crate) connect: Connect,
    pub(crate) media: KinesisVideo,
    pub(crate) memory: Arc<Memory>,
    pub(crate) id: String,
}

/// Noon of a day, plus what the test adds.
pub(crate) const NOON: &str = "2026-11-23T12:00:00.250Z";

pub(crate) fn at(time: &str) -> Clock {
    let time = time.parse().unwrap();
    Arc::new(move || time)
}

impl Center {
    /// A new contact center at noon, with one stream and one function around that nothing is associated with.
    pub(crate) fn new() -> Self {
        Self::with(Settings::default(), at(NOON))
    }

    pub(crate) fn with(settings: Settings, clock: Clock) -> Self {
        let memory = Arc::new(Memory {
            streams: [STREAM.to_owned()].into(),
            functions: Mutex::new([(FUNCTION.to_owned(), (json!({"name": "Kim"}), false))].into()),
            ..Memory::default()
        });
        let account = Account {
            partition: "aws".to_owned(),
            region: "us-east-1".to_owned(),
            id: "111122223333".to_owned(),
        };
        let media = KinesisVideo::new(account.clone(), "http://127.0.0.1:4566")
            .with_settings(settings)
            .with_clock(clock.clone());
        let connect = Connect::with_clock(account, Seed::newcomer(), media.clone(), memory.clone(), clock);
        let id = connect.instance_id();
        Self { connect, media, memory, id }
    }

    /// The same with storage configurations for media streams and contact records.
    pub(crate) async fn configured() -> Self {
        let center = Self::new();
        center.configure().await;
        center
    }

    pub(crate) async fn configure(&self) {
        for (resource_type, config) in
            [("MEDIA_STREAMS", media_config("calls", 24)), ("CONTACT_TRACE_RECORDS", record_config(STREAM))]
        {
            let body = json!({"ResourceType": resource_type, "StorageConfig": config});
            self.put(&format!("/instance/{}/storage-config", self.id), body).await.unwrap();
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value, AwsError> {
        self.call(Method::GET, path, Value::Null).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Result<Value, AwsError> {
        self.call(Method::PUT, path, body).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Result<Value, AwsError> {
        self.call(Method::POST, path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<Value, AwsError> {
        self.call(Method::DELETE, path, Value::Null).await
    }

    /// Sends a request to Connect. The path may have a query.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Value) -> Result<Value, AwsError> {
        answer(&self.connect, request(method, path, &body)).await
    }

    /// Sends a request to Kinesis Video Streams.
    pub(crate) async fn ask_media(&self, operation: &str, body: Value) -> Result<Value, AwsError> {
        answer(&self.media, request(Method::POST, &format!("/{operation}"), &body)).await
    }

    /// The bytes of fragments.
    pub(crate) async fn fragments(&self, stream: &str, numbers: &[String]) -> Result<Bytes, AwsError> {
        let body = json!({"StreamARN": stream, "Fragments": numbers});
        let request = request(Method::POST, "/getMediaForFragmentList", &body);
        let response = self.media.handle(request).await?;
        assert_eq!(response.headers()["content-type"], "video/webm");
        Ok(response.into_body().collect().await.unwrap().to_bytes())
    }

    /// Publishes a flow of actions that calls may come in on, and gives its id.
    pub(crate) async fn publish(&self, name: &str, actions: Value) -> String {
        self.publish_as("CONTACT_FLOW", name, actions).await
    }

    /// Publishes a flow of another type.
    pub(crate) async fn publish_as(&self, flow_type: &str, name: &str, actions: Value) -> String {
        let body = json!({"Name": name, "Type": flow_type, "Content": flow(actions)});
        let answer = self.put(&format!("/contact-flows/{}", self.id), body).await;
        let answer = answer.unwrap_or_else(|error| panic!("{name}: {error} {:?}", error.members));
        answer["ContactFlowId"].as_str().unwrap().to_owned()
    }

    /// Makes a module of actions and gives its id.
    pub(crate) async fn publish_module(&self, name: &str, actions: Value) -> String {
        let body = json!({"Name": name, "Content": module(actions)});
        let answer = self.put(&format!("/contact-flow-modules/{}", self.id), body).await;
        let answer = answer.unwrap_or_else(|error| panic!("{name}: {error} {:?}", error.members));
        answer["Id"].as_str().unwrap().to_owned()
    }

    /// Lets a function answer otherwise.
    pub(crate) fn answer(&self, function: &str, answer: Value, fails: bool) {
        self.memory.functions.lock().unwrap().insert(function.to_owned(), (answer, fails));
    }

    /// Places a call to a flow that is expected not to be carried through.
    pub(crate) async fn dial_in_vain(&self, flow: &str, steps: Vec<Step>) -> CallError {
        let call = Call { from: CALLER.to_owned(), to: Dialed::Flow(flow.to_owned()), steps };
        place_call(&self.connect, call).await.unwrap_err()
    }

    /// Places a call to a flow.
    pub(crate) async fn dial(&self, flow: &str, steps: Vec<Step>) -> CallOutcome {
        let call = Call { from: CALLER.to_owned(), to: Dialed::Flow(flow.to_owned()), steps };
        place_call(&self.connect, call).await.unwrap()
    }

    /// The contact records sent so far.
    pub(crate) fn records(&self) -> Vec<Value> {
        let records = self.memory.records.lock().unwrap();
        records.iter().map(|(_, _, record)| record.clone()).collect()
    }
}

pub(crate) fn media_config(prefix: &str, hours: u32) -> Value {
    json!({"StorageType": "KINESIS_VIDEO_STREAM", "KinesisVideoStreamConfig": {
        "Prefix": prefix, "RetentionPeriodHours": hours,
        "EncryptionConfig": {"EncryptionType": "KMS", "KeyId": KEY},
    }})
}

pub(crate) fn record_config(stream: &str) -> Value {
    json!({"StorageType": "KINESIS_STREAM", "KinesisStreamConfig": {"StreamArn": stream}})
}

/// A flow's text. It starts with its first action.
pub(crate) fn flow(actions: Value) -> String {
    json!({"Version": "2019-10-30", "StartAction": actions[0]["Identifier"], "Actions": actions}).to_string()
}

/// A module's text.
pub(crate) fn module(actions: Value) -> String {
    json!({"Version": "2019-10-30", "StartAction": actions[0]["Identifier"], "Actions": actions, "Settings": {}})
        .to_string()
}

/// The words that a caller heard.
pub(crate) fn words(outcome: &CallOutcome) -> Vec<&str> {
    outcome.heard.iter().map(|utterance| utterance.text.as_str()).collect()
}

/// Sets contact attributes.
pub(crate) fn set(id: &str, attributes: Value, next: &str) -> Value {
    action(id, "UpdateContactAttributes", json!({ "Attributes": attributes }), next, &["NoMatchingError"])
}

pub(crate) fn end(id: &str) -> Value {
    json!({"Identifier": id, "Type": "EndFlowExecution", "Parameters": {}, "Transitions": {}})
}

/// The same action with another branch for an error.
pub(crate) fn on_error(mut action: Value, error: &str, next: &str) -> Value {
    let branches = action["Transitions"]["Errors"].as_array_mut().unwrap();
    branches.retain(|branch| branch["ErrorType"] != error);
    branches.push(json!({"ErrorType": error, "NextAction": next}));
    action
}

/// An action. Each of the errors leads to the action `failed`.
pub(crate) fn action(id: &str, kind: &str, parameters: Value, next: &str, errors: &[&str]) -> Value {
    let errors: Vec<Value> =
        errors.iter().map(|error| json!({"ErrorType": error, "NextAction": "failed"})).collect();
    json!({"Identifier": id, "Type": kind, "Parameters": parameters,
           "Transitions": {"NextAction": next, "Errors": errors}})
}

/// The same action with branches for results.
pub(crate) fn with_results(mut action: Value, results: &[(&str, &str, &str)]) -> Value {
    action["Transitions"]["Conditions"] = results
        .iter()
        .map(|(operator, operand, next)| {
            json!({"NextAction": next, "Condition": {"Operator": operator, "Operands": [operand]}})
        })
        .collect();
    action
}

pub(crate) fn say(id: &str, text: &str, next: &str) -> Value {
    action(id, "MessageParticipant", json!({ "Text": text }), next, &[])
}

pub(crate) fn beep(id: &str, next: &str) -> Value {
    let ssml = "<speak><say-as interpret-as=\"expletive\">beep</say-as></speak>";
    action(id, "MessageParticipant", json!({ "SSML": ssml }), next, &[])
}

pub(crate) fn hang_up(id: &str) -> Value {
    json!({"Identifier": id, "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}})
}

pub(crate) fn stream_media(id: &str, state: &str, directions: &[&str], next: &str) -> Value {
    action(
        id,
        "UpdateContactMediaStreamingBehavior",
        json!({"MediaStreamingState": state, "MediaStreamType": "Audio",
               "Participants": [{"ParticipantType": "Customer", "MediaDirections": directions}]}),
        next,
        &["NoMatchingError"],
    )
}

/// Something that sounds like nothing, but whose every byte is known.
pub(crate) fn voice(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|n| ((n * 31 + n / 256 * 7) % 256) as u8).collect()
}

pub(crate) fn request(method: Method, path: &str, body: &Value) -> AwsRequest {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let query = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    AwsRequest {
        method,
        path: path.to_owned(),
        query,
        headers: HeaderMap::new(),
        body: if body.is_null() { Bytes::new() } else { body.to_string().into() },
        caller: Caller {
            access_key_id: "AKIAEXAMPLE".to_owned(),
            account_id: "111122223333".to_owned(),
            arn: "arn:aws:iam::111122223333:root".to_owned(),
            region: "us-east-1".to_owned(),
        },
    }
}

async fn answer(service: &dyn Service, request: AwsRequest) -> Result<Value, AwsError> {
    let response = service.handle(request).await?;
    let body = response.into_body().collect().await.unwrap().to_bytes();
    Ok(serde_json::from_slice(&body).unwrap())
}
