//! Reads every part of an installation. What cannot be read is reported, and the rest is still read.

use std::collections::BTreeSet;

use aws_sdk_cloudwatch::types::StateValue;
use jiff::{SignedDuration, Timestamp};
use vmx_contract::objects::WATCHDOG_KEY;
use vmx_contract::watchdog::Last;

use super::{
    AlarmStatus, AssociationStatus, BucketStatus, DeadLetters, FlowState, FlowStatus, FunctionState,
    FunctionStatus, QueueStatus, Round, RuleStatus, Seen, StackStatus, Status, TriggerState, TriggerStatus,
    WatchdogStatus, backlog, judge,
};
use crate::cloud::{Cloud, CloudError, wrap};
use crate::dead_letters::{BATCH, depth, hold, release};
use crate::discover::{DiscoverError, associated_functions, flows_of, identity, instance, storage};
use crate::pipeline::{Pipeline, Station, Watchdog};
use crate::state_bucket::Bucket;
use vmx_model::actual::{Instance, StackResource, StackState, Storage};
use vmx_model::flow_content::{fingerprint, invoked_functions};
use vmx_model::ownership::{STREAM_OUTPUT, VERSION_TAG, media_prefix};
use vmx_model::params::Params;
use vmx_model::render::wanted_flows;

/// The most dead letters of a queue to read for the oldest.
const LETTERS: usize = 50;

/// Reads an installation, and judges it.
pub async fn look(cloud: &Cloud, params: &Params, stack: &StackState) -> Status {
    let mut eyes = Eyes { cloud, unseen: Vec::new() };
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
        triggers: eyes.triggers(stack).await,
        rules: eyes.rules(stack).await,
        alarms: eyes.alarms(stack).await,
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
    // A stack that was never completed has no pipeline; its status says enough.
    if let Ok(pipeline) = Pipeline::of(stack) {
        for station in &pipeline.stations {
            status.functions.push(eyes.function(station).await);
            status.queues.push(eyes.queue(station).await);
        }
        let buckets = [
            ("recordings", Some(&pipeline.recordings)),
            ("transcripts", Some(&pipeline.transcripts)),
            ("state", pipeline.state.as_ref()),
        ];
        for (what, name) in buckets {
            if let Some(name) = name {
                status.buckets.push(eyes.bucket(what, name).await);
            }
        }
        if let Some(name) = &pipeline.state {
            let bucket = Bucket { cloud, name };
            let deadline = SignedDuration::from_mins(params.transcription.deadline_minutes.get().into());
            let open = backlog::backlog(bucket, deadline, status.at).await;
            status.undelivered = Some(Seen::of(open, &mut eyes.unseen));
            let letters = backlog::stream_letters(bucket).await;
            status.stream_letters = Some(Seen::of(letters, &mut eyes.unseen));
            if let Some(watchdog) = &pipeline.watchdog {
                status.watchdog = Some(eyes.watchdog(watchdog, bucket).await);
            }
        }
    }
    eyes.instance(params, stack, &mut status).await;
    status.unseen = eyes.unseen;
    status.troubles = judge(&status);
    status
}

/// Reads, and records what could not be read.
struct Eyes<'a> {
    cloud: &'a Cloud,
    unseen: Vec<String>,
}

impl Eyes<'_> {
    async fn function(&mut self, station: &Station) -> FunctionStatus {
        let state = self.function_state(&station.function).await;
        FunctionStatus { step: station.step, name: station.function.clone(), state }
    }

    async fn watchdog(&mut self, watchdog: &Watchdog, bucket: Bucket<'_>) -> WatchdogStatus {
        let state = self.function_state(&watchdog.function).await;
        let last = match Seen::of(bucket.read::<Last>(WATCHDOG_KEY).await, &mut self.unseen) {
            Seen::Found(Some(read)) => {
                let broken = read.content.broken.iter();
                let broken = broken.map(|part| format!("{}: {}", part.what, part.why)).collect();
                // The bucket's clock takes precedence over the function's.
                Seen::Found(Round { at: read.at.unwrap_or(read.content.at), broken })
            }
            Seen::Found(None) | Seen::Missing => Seen::Missing,
            Seen::Unseen => Seen::Unseen,
        };
        WatchdogStatus { name: watchdog.function.clone(), state, last }
    }

    async fn bucket(&mut self, what: &str, name: &str) -> BucketStatus {
        let listed = self.cloud.s3.list_objects_v2().bucket(name).max_keys(1).send().await;
        let listed = listed.map(drop).map_err(wrap(format!("list the bucket {name}")));
        BucketStatus {
            what: what.to_owned(),
            name: name.to_owned(),
            state: Seen::of(listed, &mut self.unseen),
        }
    }

    async fn function_state(&mut self, name: &str) -> Seen<FunctionState> {
        let request = self.cloud.lambda.get_function_configuration().function_name(name);
        let looked = request.send().await.map_err(wrap(format!("get the function {name}")));
        let state = looked.map(|found| FunctionState {
            state: text(found.state().map(ToString::to_string)),
            reason: found.state_reason().or(found.last_update_status_reason()).map(str::to_owned),
            last_update: text(found.last_update_status().map(ToString::to_string)),
            code_sha256: text(found.code_sha256().map(str::to_owned)),
            // Lambda writes the offset without a colon, unlike RFC 3339.
            modified: found.last_modified().and_then(|at| at.replace("+0000", "Z").parse().ok()),
            memory: found.memory_size().unwrap_or_default(),
        });
        Seen::of(state, &mut self.unseen)
    }

    async fn triggers(&mut self, stack: &StackState) -> Vec<TriggerStatus> {
        let mut all = Vec::new();
        for resource in resources(stack, "AWS::Lambda::EventSourceMapping") {
            let request = self.cloud.lambda.get_event_source_mapping().uuid(&resource.physical_id);
            let looked =
                request.send().await.map_err(wrap(format!("get the trigger {}", resource.logical_id)));
            let state = looked.map(|found| TriggerState {
                state: text(found.state().map(str::to_owned)),
                last_result: found.last_processing_result().map(str::to_owned),
            });
            all.push(TriggerStatus {
                name: resource.logical_id.clone(),
                uuid: resource.physical_id.clone(),
                state: Seen::of(state, &mut self.unseen),
            });
        }
        all
    }

    async fn rules(&mut self, stack: &StackState) -> Vec<RuleStatus> {
        let mut all = Vec::new();
        for resource in resources(stack, "AWS::Events::Rule") {
            // The ID of a rule is its name; on a custom bus it would have the bus as prefix.
            let rule = resource.physical_id.rsplit(['|', '/']).next().unwrap_or_default();
            let request = self.cloud.events.describe_rule().name(rule);
            let looked =
                request.send().await.map_err(wrap(format!("describe the rule {}", resource.logical_id)));
            let enabled =
                looked.map(|found| found.state().is_some_and(|state| state.as_str().starts_with("ENABLED")));
            all.push(RuleStatus {
                name: resource.logical_id.clone(),
                rule: rule.to_owned(),
                enabled: Seen::of(enabled, &mut self.unseen),
            });
        }
        all
    }

    async fn alarms(&mut self, stack: &StackState) -> Seen<Vec<AlarmStatus>> {
        let alarms: Vec<&StackResource> = resources(stack, "AWS::CloudWatch::Alarm").collect();
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
                    says: text(alarm.alarm_description().map(str::to_owned)),
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

    async fn queue(&mut self, station: &Station) -> QueueStatus {
        let queue = depth(self.cloud, &station.queue).await;
        let dead_letters = self.dead_letters(&station.dead_letters).await;
        QueueStatus {
            step: station.step,
            queue: Seen::of(queue, &mut self.unseen),
            dead_letters: Seen::of(dead_letters, &mut self.unseen),
        }
    }

    async fn dead_letters(&mut self, queue: &str) -> Result<DeadLetters, CloudError> {
        let depth = depth(self.cloud, queue).await?;
        let count = depth.waiting + depth.in_flight;
        let mut letters = Vec::new();
        // Their number is known, but not their age if they cannot be received.
        let held = async {
            while depth.waiting > 0 && letters.len() < LETTERS {
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
        Ok(DeadLetters {
            count,
            oldest: letters.iter().filter_map(|letter| letter.sent).min(),
            more: count > letters.len() as u64,
        })
    }

    /// The flows and the instance's settings.
    async fn instance(&mut self, params: &Params, stack: &StackState, status: &mut Status) {
        let instance = match self.find_instance(params).await {
            Ok(instance) => instance,
            Err(error) => return self.unseen.push(error.to_string()),
        };
        let mut needed = BTreeSet::new();
        match flows_of(self.cloud, &instance, &stack.name, Some(stack)).await {
            Ok(flows) => {
                for key in wanted_flows(params) {
                    let flow = flows.iter().find(|flow| flow.key == key);
                    let state = flow.map_or(Seen::Missing, |flow| {
                        needed.extend(invoked_functions(&flow.content));
                        Seen::Found(FlowState {
                            name: flow.name.clone(),
                            published: flow.published,
                            edited: flow.written.as_ref() != Some(&fingerprint(&flow.content)),
                        })
                    });
                    status.flows.push(FlowStatus { key: key.to_string(), state });
                }
            }
            Err(error) => self.unseen.push(error.to_string()),
        }
        self.storage(&instance, params, stack, status).await;
        if needed.is_empty() {
            return;
        }
        let allowed = associated_functions(self.cloud, &instance).await;
        let allowed = Seen::of(allowed, &mut self.unseen);
        for function in needed {
            let set = match &allowed {
                Seen::Found(allowed) => Seen::Found(allowed.contains(&function)),
                Seen::Missing | Seen::Unseen => Seen::Unseen,
            };
            status.associations.push(AssociationStatus {
                what: "calls of flows".to_owned(),
                target: function,
                set,
            });
        }
    }

    async fn find_instance(&self, params: &Params) -> Result<Instance, DiscoverError> {
        let identity = identity(self.cloud).await?;
        instance(self.cloud, params, &identity).await
    }

    async fn storage(&mut self, wanted: &Instance, params: &Params, stack: &StackState, status: &mut Status) {
        let looked = storage(self.cloud, wanted).await;
        let configs = Seen::of(looked, &mut self.unseen);
        let configs = configs.found();
        let stream = text(stack.outputs.get(STREAM_OUTPUT).cloned());
        let records = configs.map(|[records, _]| {
            records.as_ref().is_some_and(
                |config| matches!(&config.storage, Storage::KinesisStream { arn } if *arn == stream),
            )
        });
        let media = configs.map(|[_, media]| {
            media.as_ref().map(|config| match &config.storage {
                Storage::KinesisVideo { prefix, retention_hours, .. } if *retention_hours > 0 => {
                    Some(media_prefix(prefix, &wanted.alias).to_owned())
                }
                _ => None,
            })
        });
        let set = |set: Option<bool>| set.map_or(Seen::Unseen, Seen::Found);
        let media_target = media.clone().flatten().flatten().unwrap_or_else(|| params.stack.to_string());
        status.associations.push(AssociationStatus {
            what: "contact records".to_owned(),
            target: format!("the stream {}", stream.rsplit('/').next().unwrap_or_default()),
            set: set(records),
        });
        status.associations.push(AssociationStatus {
            what: "callers' media".to_owned(),
            target: format!("video streams {media_target}-…"),
            set: set(media.map(|media| media.flatten().is_some())),
        });
    }
}

fn resources<'a>(stack: &'a StackState, kind: &'a str) -> impl Iterator<Item = &'a StackResource> {
    stack.resources.iter().filter(move |resource| resource.resource_type == kind)
}

fn text(text: Option<String>) -> String {
    text.unwrap_or_default()
}

pub(crate) fn timestamp(at: &aws_sdk_s3::primitives::DateTime) -> Option<Timestamp> {
    Timestamp::from_millisecond(at.to_millis().ok()?).ok()
}
