//! An in-memory contact center with the rendered flows.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, pending, ready};
use http::{HeaderMap, Method};
use http_body_util::BodyExt as _;
use local_cloud::backend::{BackendError, Invocation};
use local_cloud::call::{AgentStep, Call, CallOutcome, Dialed, GuideOutcome, Step, open_guide, place_call};
use local_cloud::connect::{Connect, Integrations, Seed, Task};
use local_cloud::kinesis_video::KinesisVideo;
use local_cloud::service::{Account, AwsRequest, Caller, Service as _};
use serde_json::{Value, json};
use vmx_model::facts::{Facts, QueueFacts};
use vmx_model::flow_content::linked;
use vmx_model::params::Params;
use vmx_model::render::{FlowDocument, render};

const STREAM: &str = "arn:aws:kinesis:us-east-1:111122223333:stream/records";
const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/0b9c1d2e";
/// The queue in which callers wait, and the one for voicemails without a queue.
pub(crate) const SUPPORT: &str = "c0ffee00-0000-4000-8000-000000000022";
const BASIC: &str = "c0ffee00-0000-4000-8000-000000000021";

/// A function's response to an invocation.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// It returns this.
    Given(Value),
    /// It fails.
    Fails,
    /// It does not return before the flow's timeout.
    Late,
}

/// In-memory Kinesis and Lambda.
#[derive(Default)]
struct Memory {
    records: Mutex<Vec<Value>>,
    answers: Mutex<VecDeque<Answer>>,
    events: Mutex<Vec<Value>>,
}

impl Integrations for Memory {
    fn put_record<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        data: Vec<u8>,
    ) -> BoxFuture<'a, Result<(), BackendError>> {
        self.records.lock().unwrap().push(serde_json::from_slice(&data).unwrap());
        ready(Ok(())).boxed()
    }

    fn stream_exists<'a>(&'a self, stream: &'a str) -> BoxFuture<'a, Result<bool, BackendError>> {
        ready(Ok(stream == STREAM)).boxed()
    }

    fn function_exists<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<bool, BackendError>> {
        ready(Ok(true)).boxed()
    }

    fn invoke<'a>(
        &'a self,
        function: &'a str,
        event: Value,
    ) -> BoxFuture<'a, Result<Invocation, BackendError>> {
        self.events.lock().unwrap().push(event);
        let answer = self.answers.lock().unwrap().pop_front();
        let (function_error, answer) = match answer {
            Some(Answer::Given(answer)) => (None, answer),
            Some(Answer::Fails) => (Some("Unhandled".to_owned()), json!({"errorMessage": "no package"})),
            Some(Answer::Late) => return pending().boxed(),
            None => panic!("{function} is invoked once too often"),
        };
        ready(Ok(Invocation { function_error, payload: Bytes::from(answer.to_string()) })).boxed()
    }
}

/// A contact center with the flows of an installation.
pub(crate) struct Center {
    connect: Connect,
    memory: Arc<Memory>,
    /// ARNs of the flows, by key.
    flows: BTreeMap<String, String>,
    entries: Mutex<usize>,
}

impl Center {
    /// `lines` are added to the required lines of `params.yaml`.
    pub(crate) async fn new(lines: &str, streams: bool, default_queue: bool) -> Self {
        let account = Account {
            partition: "aws".to_owned(),
            region: "us-east-1".to_owned(),
            id: "111122223333".to_owned(),
        };
        let media = KinesisVideo::new(account.clone(), "http://127.0.0.1:4566");
        let memory = Arc::new(Memory::default());
        let connect = Connect::new(account, Seed::newcomer(), media, memory.clone());
        let mut center = Self { connect, memory, flows: BTreeMap::new(), entries: Mutex::default() };
        let records = json!({"StorageType": "KINESIS_STREAM", "KinesisStreamConfig": {"StreamArn": STREAM}});
        center.store("CONTACT_TRACE_RECORDS", records).await;
        if streams {
            let encryption = json!({"EncryptionType": "KMS", "KeyId": KEY});
            let streams =
                json!({"Prefix": "calls", "RetentionPeriodHours": 24, "EncryptionConfig": encryption});
            let config = json!({"StorageType": "KINESIS_VIDEO_STREAM", "KinesisVideoStreamConfig": streams});
            center.store("MEDIA_STREAMS", config).await;
        }
        let text =
            format!("version: 1\nregion: us-east-1\ninstance: {}\n{lines}", center.connect.instance_arn());
        let params = Params::from_yaml("params.yaml", &text).unwrap();
        let queue = if default_queue { BASIC } else { "c0ffee00-0000-4000-8000-00000000dead" };
        let facts = Facts {
            default_queue: QueueFacts { arn: center.queue(queue), name: "BasicQueue".to_owned() },
            ..Facts::example(&params)
        };
        let mut arns = BTreeMap::new();
        for flow in render(&params, &facts).unwrap().flows {
            let content = linked(&flow.content, &arns);
            let arn = center.publish(&FlowDocument { content, ..flow.clone() }).await;
            arns.insert(flow.key.stand_in(&facts.instance), arn.clone());
            center.flows.insert(flow.key.to_string(), arn);
        }
        center
    }

    pub(crate) fn queue(&self, id: &str) -> String {
        format!("{}/queue/{id}", self.connect.instance_arn())
    }

    async fn store(&self, what: &str, config: Value) {
        let body = json!({"ResourceType": what, "StorageConfig": config});
        self.put(&format!("/instance/{}/storage-config", self.connect.instance_id()), &body).await;
    }

    async fn publish(&self, flow: &FlowDocument) -> String {
        let id = self.connect.instance_id();
        let mut body = json!({"Name": flow.name, "Content": flow.content});
        if flow.flow_type == flow_language::FlowType::Module {
            return text(&self.put(&format!("/contact-flow-modules/{id}"), &body).await["Arn"]);
        }
        body["Type"] = json!(flow.flow_type);
        text(&self.put(&format!("/contact-flows/{id}"), &body).await["ContactFlowArn"])
    }

    /// Creates a flow that transfers to one of the installation's, and returns its ID.
    pub(crate) async fn entry(&self, key: &str, given: &BTreeMap<String, String>, in_queue: bool) -> String {
        let block = |id: &str, kind: &str, parameters: Value, next: &str, errors: &[&str]| {
            let errors: Vec<Value> =
                errors.iter().map(|error| json!({"ErrorType": error, "NextAction": "lost"})).collect();
            json!({"Identifier": id, "Type": kind, "Parameters": parameters,
                   "Transitions": {"NextAction": next, "Errors": errors}})
        };
        let any = &["NoMatchingError"][..];
        let mut blocks = Vec::new();
        let first = if in_queue { "queue" } else { "lead" };
        if !given.is_empty() {
            blocks.push(block(
                "given",
                "UpdateContactAttributes",
                json!({ "Attributes": given }),
                first,
                any,
            ));
        }
        if in_queue {
            let queue = json!({"QueueId": self.queue(SUPPORT)});
            blocks.push(block("queue", "UpdateContactTargetQueue", queue, "lead", any));
        }
        let arn = &self.flows[key];
        blocks.extend(match key {
            "in_queue_offer" => vec![
                block(
                    "lead",
                    "UpdateContactEventHooks",
                    json!({"EventHooks": {"CustomerQueue": arn}}),
                    "wait",
                    any,
                ),
                block(
                    "wait",
                    "TransferContactToQueue",
                    json!({}),
                    "lost",
                    &["QueueAtCapacity", "NoMatchingError"],
                ),
            ],
            "voicemail_module" => vec![
                block("lead", "InvokeFlowModule", json!({ "FlowModuleId": arn }), "again", any),
                block("again", "MessageParticipant", json!({"Text": "And now?"}), "second", &[]),
                block("second", "InvokeFlowModule", json!({ "FlowModuleId": arn }), "lost", any),
            ],
            _ => vec![block("lead", "TransferToFlow", json!({ "ContactFlowId": arn }), "lost", any)],
        });
        blocks.push(json!({"Identifier": "lost", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}));
        let content =
            json!({"Version": "2019-10-30", "StartAction": blocks[0]["Identifier"], "Actions": blocks});
        let number = {
            let mut entries = self.entries.lock().unwrap();
            *entries += 1;
            *entries
        };
        let body = json!({"Name": format!("entry {number}"), "Type": "CONTACT_FLOW", "Content": content.to_string()});
        let id = self.connect.instance_id();
        text(&self.put(&format!("/contact-flows/{id}"), &body).await["ContactFlowId"])
    }

    pub(crate) async fn dial(&self, flow: &str, steps: Vec<Step>) -> CallOutcome {
        let call = Call { from: "+15555550100".to_owned(), to: Dialed::Flow(flow.to_owned()), steps };
        place_call(&self.connect, call).await.unwrap()
    }

    /// The contact record of the last call.
    pub(crate) fn record(&self) -> Value {
        self.memory.records.lock().unwrap().last().unwrap().clone()
    }

    /// Allows flows to invoke a function.
    pub(crate) async fn associate(&self, function: &str) {
        let path = format!("/instance/{}/lambda-function", self.connect.instance_id());
        self.put(&path, &json!({ "FunctionArn": function })).await;
    }

    /// Sets the functions' responses to the next invocations.
    pub(crate) fn answers(&self, answers: impl Iterator<Item = Answer>) {
        self.memory.answers.lock().unwrap().extend(answers);
    }

    /// The functions' inputs.
    pub(crate) fn invocations(&self) -> Vec<Value> {
        self.memory.events.lock().unwrap().clone()
    }

    /// Starts a task with one of the installation's flows, and returns its contact.
    pub(crate) async fn start_task(&self, key: &str, attributes: BTreeMap<String, String>) -> String {
        let body = json!({
            "InstanceId": self.connect.instance_id(),
            "ContactFlowId": self.flows[key].rsplit('/').next().unwrap(),
            "Name": "Voicemail",
            "Attributes": attributes,
        });
        text(&self.put("/contact/task", &body).await["ContactId"])
    }

    /// The only task.
    pub(crate) fn task(&self) -> Task {
        let mut tasks = self.connect.tasks();
        assert_eq!(tasks.len(), 1, "{tasks:?}");
        tasks.remove(0)
    }

    /// Opens a task like an agent who has accepted it.
    pub(crate) async fn open_guide(&self, task: &str, steps: Vec<AgentStep>) -> GuideOutcome {
        open_guide(&self.connect, task, steps).await.unwrap()
    }

    async fn put(&self, path: &str, body: &Value) -> Value {
        let request = AwsRequest {
            method: Method::PUT,
            path: path.to_owned(),
            query: Default::default(),
            headers: HeaderMap::new(),
            body: Bytes::from(body.to_string()),
            caller: Caller {
                access_key_id: "AKIAEXAMPLE".to_owned(),
                account_id: "111122223333".to_owned(),
                arn: "arn:aws:iam::111122223333:root".to_owned(),
                region: "us-east-1".to_owned(),
            },
        };
        let response = self.connect.handle(request).await;
        let response = response.unwrap_or_else(|error| panic!("{path}: {error} {:?}", error.members));
        let answer = response.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&answer).unwrap()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
