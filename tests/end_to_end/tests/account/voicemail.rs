//! A voicemail without a call: recorded speech as media, and a contact record that refers to it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_connect::types::InstanceStorageResourceType::MediaStreams;
use aws_sdk_kinesis::primitives::Blob;
use end_to_end::Error;
use jiff::Timestamp;
use local_cloud::call::read_wav;
use serde_json::{Value, json};

use crate::place::{Place, STACK};
use crate::producer::{Stored, Stream};

/// The time limit for the pipeline; Amazon Transcribe alone takes most of a minute.
const PATIENCE: Duration = Duration::from_secs(600);
/// A person reading a sentence; see `tests/local_cloud/voices/README.md`.
const VOICE: &[u8] = include_bytes!("../../../local_cloud/voices/amiable_woman.wav");
/// A contact record with the fields of real ones.
const RECORD: &str =
    include_str!("../../../../functions/vmx_contract/tests/fixtures/contact-record.sample.json");

/// A voicemail that was delivered.
pub(crate) struct Delivered {
    /// The ID of its instance.
    pub(crate) instance: String,
    /// The flow of its task.
    pub(crate) flow: String,
    /// Its contact, which has ended.
    pub(crate) contact_id: String,
}

/// Sends it through the pipeline and checks the result.
pub(crate) async fn deliver(place: &Place) -> Result<Delivered, Error> {
    let connect = aws_sdk_connect::Client::new(&place.config);
    let instance = instance(&connect, &place.alias).await?;
    let flow = task_flow(&connect, &instance).await?;
    let contact_id = contact(&connect, &instance, &flow).await?;
    let prefix = media_prefix(&connect, &instance).await?;
    let name = format!("{prefix}-connect-{}-contact-{contact_id}", place.alias);
    let stream = Stream::create(&place.config, &name).await?;
    let outcome = deliver_from(place, &instance, &contact_id, &stream).await;
    stream.delete().await?;
    outcome?;
    Ok(Delivered { instance: instance.id, flow, contact_id })
}

async fn deliver_from(
    place: &Place,
    instance: &Instance,
    contact_id: &str,
    stream: &Stream,
) -> Result<(), Error> {
    let pcm = read_wav(VOICE)?;
    let length_ms = pcm.len() as u64 / 16;
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as u64;
    let start_ms = now_ms - length_ms;
    let stored = stream.store(&place.config, contact_id, &instance.id, start_ms, &pcm).await?;

    let record = record(instance, contact_id, stream, &stored, start_ms, length_ms)?;
    let kinesis = aws_sdk_kinesis::Client::new(&place.config);
    let put = kinesis.put_record().stream_arn(place.output("ContactRecordStreamArn").await?);
    put.partition_key(contact_id).data(Blob::new(record.to_string())).send().await?;

    let s3 = place.s3();
    let state = place.output("StateBucket").await?;
    let delivered = async {
        loop {
            let end = s3.head_object().bucket(&state).key(format!("ended/{contact_id}"));
            match end.send().await {
                Ok(_) => return Ok::<_, Error>(()),
                Err(error) if error.as_service_error().is_some_and(|error| error.is_not_found()) => {}
                Err(error) => return Err(error.into()),
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    let trace = ["trace", contact_id, "--params", place.params()];
    if tokio::time::timeout(PATIENCE, delivered).await.is_err() {
        return Err(format!("not delivered in time: {:#?}", place.run(&trace).await?).into());
    }
    let traced = place.run(&trace).await?;
    assert_eq!(traced.code, Some(0), "{traced:#?}");

    let recordings = place.output("RecordingsBucket").await?;
    let recording = s3.get_object().bucket(recordings).key(format!("{contact_id}.wav")).send().await?;
    let wav = recording.body.collect().await?.into_bytes();
    assert!(read_wav(&wav)? == pcm, "the recording is not what was spoken");
    Ok(())
}

struct Instance {
    id: String,
    arn: String,
}

async fn instance(connect: &aws_sdk_connect::Client, alias: &str) -> Result<Instance, Error> {
    let mut pages = connect.list_instances().into_paginator().items().send();
    while let Some(found) = pages.next().await.transpose()? {
        if found.instance_alias() == Some(alias) {
            let (id, arn) = (found.id().ok_or("an instance without an id")?, found.arn().ok_or("no ARN")?);
            return Ok(Instance { id: id.to_owned(), arn: arn.to_owned() });
        }
    }
    Err(format!("there is no instance {alias}").into())
}

async fn task_flow(connect: &aws_sdk_connect::Client, instance: &Instance) -> Result<String, Error> {
    let mut flows = connect.list_contact_flows().instance_id(&instance.id).into_paginator().items().send();
    let mut flow = None;
    while let Some(found) = flows.next().await.transpose()? {
        if found.name() == Some(&format!("{STACK} voicemail task")) {
            flow = found.id().map(str::to_owned);
        }
    }
    flow.ok_or_else(|| "no task flow".into())
}

/// A contact that exists in Connect, to which the voicemail's task relates. Because no call can be placed, it is a
/// task that ends at once.
async fn contact(
    connect: &aws_sdk_connect::Client,
    instance: &Instance,
    flow: &str,
) -> Result<String, Error> {
    let task = connect.start_task_contact().instance_id(&instance.id).contact_flow_id(flow);
    let started = task.name("The caller of an end-to-end test").send().await?;
    let contact_id = started.contact_id().ok_or("a task without an id")?.to_owned();
    connect.stop_contact().instance_id(&instance.id).contact_id(&contact_id).send().await?;
    Ok(contact_id)
}

async fn media_prefix(connect: &aws_sdk_connect::Client, instance: &Instance) -> Result<String, Error> {
    let configs =
        connect.list_instance_storage_configs().instance_id(&instance.id).resource_type(MediaStreams);
    let configs = configs.send().await?;
    let prefix = configs.storage_configs().iter().find_map(|config| config.kinesis_video_stream_config());
    Ok(prefix.ok_or("the instance streams no media")?.prefix().to_owned())
}

/// The recorded contact record, adapted to this contact and stream.
fn record(
    instance: &Instance,
    contact_id: &str,
    stream: &Stream,
    stored: &Stored,
    start_ms: u64,
    length_ms: u64,
) -> Result<Value, Error> {
    // Connect writes whole seconds: rounded down for the start, and up for the end.
    let second = |seconds: u64| Ok::<_, Error>(Timestamp::from_second(seconds.try_into()?)?.to_string());
    let (start, stop) = (second(start_ms / 1000)?, second((start_ms + length_ms) / 1000 + 1)?);
    let mut record: Value = serde_json::from_str(RECORD)?;
    record["AWSAccountId"] = json!(instance.arn.split(':').nth(4));
    record["InstanceARN"] = json!(instance.arn);
    record["ContactId"] = json!(contact_id);
    record["Attributes"] = json!({"vm_flag": "1", "vm_from": "+15555550100", "vm_lang": "en-US"});
    record["DisconnectTimestamp"] = json!(stop);
    let media = &mut record["Recordings"][1];
    media["Location"] = json!(stream.arn);
    media["FragmentStartNumber"] = json!(stored.fragments.0);
    media["FragmentStopNumber"] = json!(stored.fragments.1);
    media["StartTimestamp"] = json!(start);
    media["StopTimestamp"] = json!(stop);
    Ok(record)
}
