//! Reads every part of an installation. What cannot be read is reported, and the rest is still read.

use std::collections::BTreeSet;

use aws_sdk_cloudwatch::types::StateValue;
use jiff::{SignedDuration, Timestamp};
use vmx_contract::chain::RuleId;
use vmx_contract::voicemail_id::VoicemailId;

use super::{
    AlarmStatus, AssociationStatus, BucketStatus, DeadLetters, FlowState, FlowStatus, FunctionStatus,
    QueueStatus, RuleStatus, Seen, StackStatus, Status, TriggerStatus, WatchdogStatus, backlog, judge,
};
use crate::checks::{self, Looked};
use crate::cloud::{Cloud, wrap};
use crate::dead_letters::{BATCH, DeadLetter, Queue, about, hold, release};
use crate::discover::{associated_functions, find_instance, flows_of, storage};
use crate::finding::{Code, Finding, Severity};
use crate::pipeline::{Pipeline, Station};
use crate::state_bucket::Bucket;
use vmx_model::actual::{Instance, StackResource, StackState, Storage};
use vmx_model::ownership::{STREAM_OUTPUT, VERSION_TAG, media_prefix};
use vmx_model::params::Params;
use vmx_model::parts::{Function, Step};
use vmx_model::render::wanted_flows;

/// The most dead letters of a queue to read for the oldest.
const LETTERS: usize = 50;

/// Reads an installation, and judges it.
pub async fn look(cloud: &Cloud, params: &Params, stack: &StackState) -> Status {
    // A stack that was never completed has no pipeline; its status says enough.
    let pipeline = Pipeline::of(stack).ok();
    let running = checks::look(cloud, stack, pipeline.as_ref()).await;
    let mut observer = Observer { cloud, findings: running.findings(), unseen: Vec::new() };
    let mut status = Status {
        at: Timestamp::now(),
        stack: StackStatus {
            name: stack.name.clone(),
            status: stack.status.clone(),
            reason: stack.reason.clone(),
            since: stack.since,
            installed: stack.tags.get(VERSION_TAG).cloned(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
        },
        functions: Vec::new(),
        triggers: Vec::new(),
        rules: Vec::new(),
        alarms: observer.alarms(stack).await,
        queues: Vec::new(),
        buckets: Vec::new(),
        undelivered: None,
        stream_letters: None,
        watchdog: None,
        flows: Vec::new(),
        associations: Vec::new(),
        unseen: Vec::new(),
        troubles: Vec::new(),
    };
    for (trigger, looked) in running.triggers {
        let (name, uuid) = (trigger.logical_id.clone(), trigger.physical_id.clone());
        status.triggers.push(TriggerStatus { name, uuid, state: Seen::of(looked, &mut observer.unseen) });
    }
    for (rule, looked) in running.rules {
        let (name, rule) = (rule.logical_id.clone(), RuleId::parse(&rule.physical_id).name.to_owned());
        status.rules.push(RuleStatus { name, rule, enabled: Seen::of(looked, &mut observer.unseen) });
    }
    let mut dead_letters = Vec::new();
    if let Some(pipeline) = &pipeline {
        for (function, name, looked) in running.functions {
            let (name, state) = (name.to_owned(), Seen::of(looked, &mut observer.unseen));
            if let Some(step) = Step::ALL.into_iter().find(|step| step.function() == function) {
                status.functions.push(FunctionStatus { step, name, state });
            } else if function == Function::Watchdog {
                status.watchdog = Some(WatchdogStatus { name, state, last: Seen::Missing });
            }
        }
        for (station, queue, letters) in checks::look_at_queues(cloud, pipeline).await {
            observer.findings.push(checks::queue(station.step, &queue));
            let queue = Seen::of(queue.map(|queue| queue.depth), &mut observer.unseen);
            let held = observer.held(station, &letters).await;
            let about: BTreeSet<VoicemailId> =
                held.iter().flat_map(|letter| about(&letter.body, station.step, &stack.name)).collect();
            let about: Vec<VoicemailId> = about.into_iter().collect();
            dead_letters.push(checks::dead_letters(station, &letters, &about));
            let depth = Seen::of(letters.map(|queue| queue.depth), &mut observer.unseen);
            let letters = depth.map(|depth| {
                let count = depth.waiting + depth.in_flight;
                DeadLetters {
                    count,
                    oldest: held.iter().filter_map(|letter| letter.sent).min(),
                    more: count > held.len() as u64,
                    voicemails: about.iter().map(ToString::to_string).collect(),
                }
            });
            status.queues.push(QueueStatus { step: station.step, queue, dead_letters: letters });
        }
        let buckets = [
            ("recordings", Some(&pipeline.recordings)),
            ("transcripts", Some(&pipeline.transcripts)),
            ("state", pipeline.state.as_ref()),
        ];
        for (what, name) in buckets {
            if let Some(name) = name {
                status.buckets.push(observer.bucket(what, name).await);
            }
        }
        if let Some(name) = &pipeline.state {
            let bucket = Bucket { cloud, name };
            let deadline = SignedDuration::from_mins(params.transcription.deadline_minutes.get().into());
            let open = backlog::backlog(bucket, deadline, status.at).await;
            status.undelivered = Some(Seen::of(open, &mut observer.unseen));
            let letters = backlog::stream_letters(bucket).await;
            status.stream_letters = Some(Seen::of(letters, &mut observer.unseen));
            if let Some(watchdog) = &mut status.watchdog {
                watchdog.last = Seen::of_optional(checks::last_round(bucket).await, &mut observer.unseen);
            }
        }
    }
    observer.instance(params, stack, &mut status).await;
    observer.findings.extend(dead_letters);
    status.unseen = observer.unseen;
    status.troubles = judge(&status, observer.findings);
    status
}

/// Reads, and records what is wrong and what could not be read.
struct Observer<'a> {
    cloud: &'a Cloud,
    findings: Vec<Finding>,
    unseen: Vec<String>,
}

impl Observer<'_> {
    async fn bucket(&mut self, what: &str, name: &str) -> BucketStatus {
        let listed = self.cloud.s3.list_objects_v2().bucket(name).max_keys(1).send().await;
        let listed = listed.map(drop).map_err(wrap(format!("list the bucket {name}")));
        let state = Seen::of(listed, &mut self.unseen);
        if state == Seen::Missing {
            self.findings.push(checks::gone(Code::Stack, &format!("the {what} bucket")));
        }
        BucketStatus { what: what.to_owned(), name: name.to_owned(), state }
    }

    async fn alarms(&mut self, stack: &StackState) -> Seen<Vec<AlarmStatus>> {
        let alarms: Vec<&StackResource> = stack.of_type("AWS::CloudWatch::Alarm").collect();
        if alarms.is_empty() {
            return Seen::Found(Vec::new());
        }
        let names = alarms.iter().map(|alarm| alarm.physical_id.clone()).collect();
        let request = self.cloud.alarms.describe_alarms().set_alarm_names(Some(names));
        let looked = request.state_value(StateValue::Alarm).send().await.map_err(wrap("describe the alarms"));
        let on = looked.map(|found| {
            let on = found.metric_alarms().iter().filter_map(|alarm| {
                let resource =
                    alarms.iter().find(|resource| alarm.alarm_name() == Some(&resource.physical_id))?;
                Some(AlarmStatus {
                    name: resource.logical_id.clone(),
                    says: alarm.alarm_description().unwrap_or_default().to_owned(),
                    since: alarm
                        .state_transitioned_timestamp()
                        .or(alarm.state_updated_timestamp())
                        .and_then(timestamp),
                })
            });
            on.collect()
        });
        Seen::of(on, &mut self.unseen)
    }

    /// Reads some dead letters. Their number is known even if they cannot be received.
    async fn held(&mut self, station: &Station, looked: &Looked<Queue>) -> Vec<DeadLetter> {
        let waiting = looked.as_ref().map_or(0, |queue| queue.depth.waiting);
        let (queue, mut letters) = (&station.dead_letters, Vec::new());
        let held = async {
            while waiting > 0 && letters.len() < LETTERS {
                let batch = hold(self.cloud, queue, BATCH).await?;
                if batch.is_empty() {
                    break;
                }
                letters.extend(batch);
            }
            release(self.cloud, queue, &letters).await
        }
        .await;
        if let Err(error) = held {
            self.unseen.push(error.to_string());
        }
        letters
    }

    /// The flows and the instance's settings.
    async fn instance(&mut self, params: &Params, stack: &StackState, status: &mut Status) {
        let instance = match find_instance(self.cloud, params).await {
            Ok(instance) => instance,
            Err(error) => return self.unseen.push(error.to_string()),
        };
        let flows = flows_of(self.cloud, &instance, &stack.name, Some(stack)).await;
        let flows = Seen::of(flows, &mut self.unseen);
        if let Some(flows) = flows.found() {
            for key in wanted_flows(params) {
                let flow = flows.iter().find(|flow| flow.key == key);
                let finding = checks::flow(key, flow);
                // That a flow was edited is not a problem.
                self.findings.extend((finding.severity == Severity::Fatal).then_some(finding));
                let state = flow.map_or(Seen::Missing, |flow| {
                    let edited = checks::is_edited(flow);
                    Seen::Found(FlowState { name: flow.name.clone(), published: flow.published, edited })
                });
                status.flows.push(FlowStatus { key: key.to_string(), state });
            }
        }
        self.storage(&instance, params, stack, status).await;
        let called = checks::called(flows.found().map_or(&[], Vec::as_slice), stack);
        if called.is_empty() {
            return;
        }
        let allowed = associated_functions(self.cloud, &instance).await;
        let allowed = Seen::of(allowed, &mut self.unseen);
        self.findings.extend(allowed.found().map(|allowed| checks::calls(&called, allowed)));
        status.associations.extend(called.into_iter().map(|target| AssociationStatus {
            what: "calls of flows".to_owned(),
            set: allowed.found().map_or(Seen::Unseen, |allowed| Seen::Found(allowed.contains(&target))),
            target,
        }));
    }

    async fn storage(&mut self, wanted: &Instance, params: &Params, stack: &StackState, status: &mut Status) {
        let configs = Seen::of(storage(self.cloud, wanted).await, &mut self.unseen);
        let configs = configs.found();
        let stream = stack.outputs.get(STREAM_OUTPUT).map(String::as_str).unwrap_or_default();
        let streams = match configs.and_then(|[_, media]| Some(&media.as_ref()?.storage)) {
            Some(Storage::KinesisVideo { prefix, .. }) => media_prefix(prefix, &wanted.alias),
            _ => params.stack.as_str(),
        };
        let records = configs.map(|[records, _]| checks::contact_records(records.as_ref(), stack));
        let media = configs.map(|[_, media]| checks::media(media.as_ref()));
        for (what, target, finding) in [
            (
                "contact records",
                format!("the stream {}", stream.rsplit('/').next().unwrap_or_default()),
                records,
            ),
            ("callers' media", format!("video streams {streams}-…"), media),
        ] {
            let is_ok = finding.as_ref().map(|finding| finding.severity == Severity::Ok);
            let set = is_ok.map_or(Seen::Unseen, Seen::Found);
            status.associations.push(AssociationStatus { what: what.to_owned(), target, set });
            self.findings.extend(finding);
        }
    }
}

pub(crate) fn timestamp(at: &aws_sdk_s3::primitives::DateTime) -> Option<Timestamp> {
    Timestamp::from_millisecond(at.to_millis().ok()?).ok()
}
