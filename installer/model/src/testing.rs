//! Shared test helpers: an installation to plan.

use vmx_contract::arn::InstanceArn;

use crate::actual::{Actual, ActualFlow, Artifacts, Identity, Instance, StackState};
use crate::artifact::Artifact;
use crate::facts::QueueFacts;
use crate::flow_content::fingerprint;
use crate::params::Params;
use crate::parts::{FlowKey, Function};
use crate::plan::{Plan, PlanOptions, plan};
use crate::render::render;

/// ARN of the instance.
pub const INSTANCE: &str =
    "arn:aws:connect:eu-west-2:111122223333:instance/00000000-0000-4000-8000-0000000000aa";

/// The minimal parameters.
pub fn params() -> Params {
    Params::from_yaml("params.yaml", "version: 1\nregion: eu-west-2\ninstance: shop\nstack: vmx\n")
        .expect("the parameters are sound")
}

/// An account and an instance without an installation.
pub fn nothing_there() -> Actual {
    Actual {
        identity: Identity {
            account: "111122223333".into(),
            partition: "aws".into(),
            principal: "arn:aws:iam::111122223333:user/admin".into(),
        },
        instance: Instance {
            arn: InstanceArn::parse(INSTANCE).expect("the ARN is sound"),
            alias: "shop".into(),
        },
        default_queue: QueueFacts { arn: format!("{INSTANCE}/queue/q"), name: "BasicQueue".into() },
        contact_records: None,
        contact_records_key: None,
        media_streams: None,
        call_recordings: None,
        associated_functions: Default::default(),
        stack: None,
        reading: None,
        flows: Vec::new(),
        other_flows: Vec::new(),
        artifacts: Artifacts { bucket: "vmx-code-111122223333-eu-west-2".into(), ..Artifacts::default() },
        unentered: None,
        unkept_streams: Ok(Vec::new()),
        looked_at: jiff::Timestamp::UNIX_EPOCH,
    }
}

/// The functions, as if built.
pub fn artifacts() -> Vec<Artifact> {
    let artifact = |function: Function| Artifact {
        function: function.to_string(),
        path: format!("/nowhere/{function}.zip").into(),
        sha256: "ab".repeat(32),
        bytes: 2_900_000,
    };
    Function::ALL.map(artifact).to_vec()
}

/// The plan of a first installation.
pub fn first_plan() -> Plan {
    let (params, actual) = (params(), nothing_there());
    let rendered = render(&params, &actual.facts()).expect("the documents are rendered");
    plan(&params, &actual, &rendered, &artifacts(), PlanOptions::default())
        .expect("nothing stands in the way")
}

/// The account after a plan was applied.
pub fn after(plan: &Plan, mut actual: Actual) -> Actual {
    use crate::actual::{StackResource, Storage, StorageConfig};
    use crate::plan::Value;
    let id = |key: FlowKey| format!("id-of-{key}");
    let stream = "arn:aws:kinesis:eu-west-2:111122223333:stream/vmx-records";
    actual.flows = plan
        .flows
        .iter()
        .map(|flow| ActualFlow {
            key: flow.key,
            id: id(flow.key),
            arn: format!("{INSTANCE}/contact-flow/{}", id(flow.key)),
            name: flow.name.clone(),
            content: flow.content.clone(),
            published: true,
            written: Some(fingerprint(&flow.content)),
        })
        .collect();
    actual.stack = Some(StackState {
        id: "arn:aws:cloudformation:eu-west-2:111122223333:stack/vmx/1".into(),
        name: "vmx".into(),
        status: "CREATE_COMPLETE".into(),
        parameters: plan
            .stack
            .parameters
            .iter()
            .map(|(name, value)| {
                let value = match value {
                    Value::Known(value) => value.clone(),
                    Value::NewFlow(key) => id(*key),
                };
                (name.clone(), value)
            })
            .collect(),
        tags: plan.stack.tags.clone(),
        template: plan.stack.template.clone(),
        resources: vec![StackResource {
            logical_id: "ContactRecordStream".into(),
            resource_type: "AWS::Kinesis::Stream".into(),
            physical_id: "vmx-records".into(),
        }],
        ..StackState::default()
    });
    actual.contact_records = Some(StorageConfig {
        association_id: "records".into(),
        storage: Storage::KinesisStream { arn: stream.into() },
    });
    actual.media_streams = Some(StorageConfig {
        association_id: "media".into(),
        storage: Storage::KinesisVideo {
            prefix: "vmx-connect-shop-contact-".into(),
            retention_hours: params().retention.media_hours.get(),
            key: Some("arn:aws:kms:eu-west-2:111122223333:alias/aws/kinesisvideo".into()),
        },
    });
    actual.artifacts.exists = true;
    actual.artifacts.ready = true;
    actual.artifacts.keys = plan.uploads.iter().map(|upload| upload.key.clone()).collect();
    actual
}
