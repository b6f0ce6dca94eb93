//! Collects clues about a contact. What cannot be read is reported, and the rest is still read.

use std::collections::BTreeSet;
use std::fmt::Display;

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::Value;
use vmx_contract::delivered::{Delivered, Receipt};
use vmx_contract::metadata;
use vmx_contract::mode::Mode;
use vmx_contract::objects::{DELIVERED_PREFIX, ENDED_PREFIX, UNDELIVERED_PREFIX, recording_duration_ms};
use vmx_contract::staff::Words;
use vmx_contract::state::{Ended, Outcome as Ending, Undelivered};
use vmx_contract::voicemail_id::VoicemailId;

use super::{Call, Clues, DeadLetter, Delivery, Job, LogLine, ModeDelivery, Recording, letters};
use crate::checks;
use crate::cloud::{Cloud, CloudError, wrap};
use crate::dead_letters::{self, BATCH, depth, hold, release};
use crate::discover::find_instance;
use crate::finding::{Finding, Severity};
use crate::outside::one_line;
use crate::pipeline::{Pipeline, Station};
use crate::state_bucket::{Bucket, Read};
use crate::status::{Seen, timestamp};
use vmx_model::actual::StackState;
use vmx_model::params::Params;
use vmx_model::parts::{Function, Step};

/// How far back to search logs for a contact without other clues: dead letters expire after that.
const LOG_SEARCH: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Clocks differ, and logs about a contact come after its end.
const LOG_MARGIN: SignedDuration = SignedDuration::from_hours(1);
/// The most responses of a search to read. Each is a part of the log, with or without matches.
const LOG_PAGES: usize = 100;
/// The most dead letters of a queue to read.
const LETTERS: usize = 1000;
/// The longest outside text to show, in characters.
const LONGEST: usize = 400;

/// The known messages of a contact, in order: a contact's ID stands for all its messages, a later message's ID for
/// itself.
pub async fn messages(cloud: &Cloud, pipeline: &Pipeline, asked: &VoicemailId) -> Vec<VoicemailId> {
    if !asked.number().is_first() {
        return vec![asked.clone()];
    }
    let mut found = BTreeSet::new();
    let (contact, recordings) = (asked.contact(), pipeline.recordings.as_str());
    let state = pipeline.state.iter().flat_map(|state| {
        [UNDELIVERED_PREFIX, ENDED_PREFIX].map(|prefix| (state.as_str(), format!("{prefix}{contact}")))
    });
    for (name, prefix) in state.chain([(recordings, contact.to_string())]) {
        // The read that follows reports what cannot be read here.
        let Ok(listing) = (Bucket { cloud, name }).list(&prefix, 1).await else { continue };
        for object in listing.objects {
            let name = object.key.rsplit('/').next().unwrap_or_default();
            found.extend(VoicemailId::of_key(name).ok().filter(|id| id.contact() == contact));
        }
    }
    if found.is_empty() {
        found.insert(asked.clone());
    }
    found.into_iter().collect()
}

/// Collects clues about a voicemail.
pub async fn look(
    cloud: &Cloud,
    params: &Params,
    stack: &StackState,
    pipeline: &Pipeline,
    id: &VoicemailId,
) -> Clues {
    let mut observer = Observer { cloud, id, unseen: Vec::new() };
    let call = observer.call(params).await;
    let (open, ended) = observer.state(pipeline).await;
    let recording = observer.recording(&pipeline.recordings).await;
    let job = observer.job(params.stack.as_str()).await;
    let mut transcript = observer.written(&pipeline.transcripts, &id.transcript_key()).await;
    if matches!(transcript, Seen::Missing) {
        transcript = observer.written(&pipeline.transcripts, &id.redacted_transcript_key()).await;
    }
    let receipts = observer.receipts(pipeline).await;
    let delivery = match &ended {
        Seen::Found(Ended { outcome: Ending::Delivered, at, .. }) => {
            Seen::Found(Delivery { at: *at, modes: receipts.clone() })
        }
        _ => observer.delivery(&pipeline.transcripts).await,
    };
    let partly = if delivery == Seen::Missing { receipts } else { Vec::new() };
    let now = Timestamp::now();
    let known = recording.found().map(|recording| recording.received.unwrap_or(recording.at));
    let known = known.or(open.found().map(|open| open.since)).or(call.found().and_then(|call| call.began));
    let since = known.map_or(now - LOG_SEARCH, |known| known - LOG_MARGIN);
    let (mut letters, mut queues, mut log) = (Vec::new(), Vec::new(), Vec::new());
    for station in &pipeline.stations {
        letters.extend(observer.dead_letters(station).await);
        let depth = depth(cloud, &station.queue).await;
        queues.extend(Seen::of(depth, &mut observer.unseen).found().map(|depth| (station.step, *depth)));
        log.extend(observer.log(station, since).await);
    }
    let stream_letters = observer.stream_letters(pipeline).await;
    let broken = if ended == Seen::Missing && delivery == Seen::Missing {
        observer.broken(stack, pipeline).await
    } else {
        Vec::new()
    };
    log.sort_by_key(|line| line.at);
    Clues {
        now,
        call,
        recording,
        job,
        transcript,
        open,
        ended,
        delivery,
        partly,
        dead_letters: letters,
        stream_letters,
        broken,
        queues,
        log,
        unseen: observer.unseen,
    }
}

/// Reads, and records what could not be read.
struct Observer<'a> {
    cloud: &'a Cloud,
    id: &'a VoicemailId,
    unseen: Vec<String>,
}

impl Observer<'_> {
    /// Whether and how it has ended. Empty if no bucket records it.
    async fn state(&mut self, pipeline: &Pipeline) -> (Seen<Undelivered>, Seen<Ended>) {
        let Some(name) = &pipeline.state else { return (Seen::Missing, Seen::Missing) };
        let bucket = Bucket { cloud: self.cloud, name };
        let open = bucket.undelivered(&self.id.undelivered_key()).await;
        let ended = bucket.read::<Ended>(&self.id.ended_key()).await;
        let (open, ended) = (open.map(content), ended.map(content));
        (self.there(open), self.there(ended))
    }

    /// What is wrong with the parts that a voicemail needs to arrive.
    async fn broken(&mut self, stack: &StackState, pipeline: &Pipeline) -> Vec<Finding> {
        let mut running = checks::look(self.cloud, stack, Some(pipeline)).await;
        running
            .functions
            .retain(|(function, ..)| !matches!(function, Function::Playback | Function::Watchdog));
        running.rules.retain(|(rule, _)| !rule.logical_id.starts_with("Watchdog"));
        let (checked, unseen): (Vec<_>, Vec<_>) =
            running.findings().into_iter().partition(|finding| finding.checked);
        self.unseen.extend(unseen.into_iter().map(|finding| finding.what));
        checked.into_iter().filter(|finding| finding.severity == Severity::Fatal).collect()
    }

    fn there<T>(&mut self, looked: Result<Option<T>, CloudError>) -> Seen<T> {
        Seen::of_optional(looked, &mut self.unseen)
    }

    /// When Lambda gave up on the contact's record.
    async fn stream_letters(&mut self, pipeline: &Pipeline) -> Vec<Timestamp> {
        let Some(name) = &pipeline.state else { return Vec::new() };
        match letters::about(Bucket { cloud: self.cloud, name }, self.id.contact()).await {
            Ok((found, all)) => {
                if !all {
                    self.unseen.push("Lambda gave up on many records, and only some were searched".into());
                }
                found
            }
            Err(error) => {
                self.unseen.push(error.to_string());
                Vec::new()
            }
        }
    }

    async fn call(&mut self, params: &Params) -> Seen<Call> {
        let instance = match find_instance(self.cloud, params).await {
            Ok(instance) => instance,
            Err(error) => {
                self.unseen.push(error.to_string());
                return Seen::Unseen;
            }
        };
        let request = self.cloud.connect.describe_contact().instance_id(instance.arn.id());
        let described = request.contact_id(self.id.contact().as_str()).send().await;
        let described = described.map_err(wrap("describe the contact"));
        self.there(described.map(|described| described.contact)).map(|contact| Call {
            channel: contact.channel().map(ToString::to_string).unwrap_or_default(),
            began: contact.initiation_timestamp().and_then(timestamp),
            ended: contact.disconnect_timestamp().and_then(timestamp),
        })
    }

    async fn recording(&mut self, bucket: &str) -> Seen<Recording> {
        let head = Bucket { cloud: self.cloud, name: bucket }.head(&self.id.recording_key()).await;
        let read = |head: HeadObjectOutput| {
            let at = head.last_modified().and_then(timestamp);
            let at = at.ok_or_else(|| CloudError::incomplete("check the recording", "time"))?;
            let bytes = head.content_length().and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or_default();
            let none = Default::default();
            let voicemail = metadata::decode(self.id, head.metadata().unwrap_or(&none)).ok();
            Ok(Recording {
                at,
                duration_ms: recording_duration_ms(bytes),
                received: voicemail.as_ref().map(|voicemail| voicemail.received_at),
                language: voicemail.as_ref().map(|voicemail| voicemail.language.clone()),
                warnings: voicemail
                    .map(|voicemail| {
                        voicemail.warnings.iter().map(|warning| Words::english().warning(*warning)).collect()
                    })
                    .unwrap_or_default(),
            })
        };
        let recording = head.and_then(|head| head.map(read).transpose());
        self.there(recording)
    }

    /// The job. The earlier version's has the contact's name.
    async fn job(&mut self, stack: &str) -> Seen<Job> {
        match self.job_named(&self.id.job_name(stack)).await {
            Seen::Missing if self.id.number().is_first() => self.job_named(self.id.contact().as_str()).await,
            looked => looked,
        }
    }

    async fn job_named(&mut self, name: &str) -> Seen<Job> {
        let request = self.cloud.transcribe.get_transcription_job().transcription_job_name(name);
        let answer = request.send().await.map_err(wrap("get the transcription job"));
        match answer {
            Ok(answer) => answer.transcription_job.map_or(Seen::Missing, |job| {
                Seen::Found(Job {
                    status: job.transcription_job_status().map(ToString::to_string).unwrap_or_default(),
                    created: job.creation_time().and_then(timestamp),
                    ended: job.completion_time().and_then(timestamp),
                    reason: job.failure_reason().map(tame),
                })
            }),
            // Transcribe reports a missing job with its general code.
            Err(error)
                if error.is_not_found()
                    || error.code.as_deref() == Some("BadRequestException")
                        && error.message.contains("couldn't be found") =>
            {
                Seen::Missing
            }
            Err(error) => Seen::of(Err(error), &mut self.unseen),
        }
    }

    /// When an object was written.
    async fn written(&mut self, bucket: &str, key: &str) -> Seen<Timestamp> {
        let written = Bucket { cloud: self.cloud, name: bucket }.written(key).await;
        self.there(written)
    }

    async fn delivery(&mut self, bucket: &str) -> Seen<Delivery> {
        let key = self.id.old_delivered_key();
        let written = self.written(bucket, &key).await;
        if written.found().is_none() {
            return written.map(|at| Delivery { at, modes: Vec::new() });
        }
        let marker = self.marker::<Delivered>(bucket, &key).await;
        let modes = Seen::of(marker, &mut self.unseen).found().cloned().unwrap_or_default();
        let modes = modes.deliveries.into_iter().map(|receipt| mode_delivery(receipt, None)).collect();
        written.map(|at| Delivery { at, modes })
    }

    /// The modes that are done: receipts are in the state bucket, the earlier version's with the transcripts.
    async fn receipts(&mut self, pipeline: &Pipeline) -> Vec<ModeDelivery> {
        let mut done: Vec<ModeDelivery> = Vec::new();
        let prefix = format!("{DELIVERED_PREFIX}{}/", self.id);
        for name in pipeline.state.iter().chain([&pipeline.transcripts]) {
            let listed = Bucket { cloud: self.cloud, name }.list(&prefix, 1).await;
            let listed = Seen::of(listed, &mut self.unseen).found().cloned().unwrap_or_default();
            for mode in Mode::ALL {
                let key = self.id.delivered_by_key(mode);
                let object = listed.objects.iter().find(|object| object.key == key);
                let Some(object) = object.filter(|_| done.iter().all(|one| one.mode != mode)) else {
                    continue;
                };
                let marker = self.marker::<Receipt>(name, &key).await;
                let receipt = Seen::of(marker, &mut self.unseen).found().cloned();
                done.push(mode_delivery(receipt.unwrap_or_else(|| Receipt::new(mode)), Some(object.at)));
            }
        }
        done
    }

    /// The content of a delivery marker.
    async fn marker<T: DeserializeOwned>(&self, bucket: &str, key: &str) -> Result<T, CloudError> {
        let wanted = "read the delivery marker";
        let object = self.cloud.s3.get_object().bucket(bucket).key(key).send().await.map_err(wrap(wanted))?;
        let body = object.body.collect().await;
        let incomplete = |error: &dyn Display| CloudError::incomplete(wanted, &error.to_string());
        let body = body.map_err(|error| incomplete(&error))?.into_bytes();
        serde_json::from_slice(&body).map_err(|error| incomplete(&error))
    }

    /// The dead letters that name the contact.
    async fn dead_letters(&mut self, station: &Station) -> Vec<DeadLetter> {
        let mut all = Vec::new();
        let queue = &station.dead_letters;
        let looked = async {
            while all.len() < LETTERS {
                let batch = hold(self.cloud, queue, BATCH).await?;
                if batch.is_empty() {
                    break;
                }
                all.extend(batch);
            }
            release(self.cloud, queue, &all).await
        }
        .await;
        if let Err(error) = looked {
            self.unseen.push(error.to_string());
        }
        let ours = all.iter().filter(|letter| letters::is_about(&letter.body, station.step, self.id));
        ours.map(|letter| DeadLetter { step: station.step, sent: letter.sent, reason: reason(letter) })
            .collect()
    }

    /// A function's log lines about the contact.
    async fn log(&mut self, station: &Station, since: Timestamp) -> Vec<LogLine> {
        let group = &station.log_group;
        let mut pages = self
            .cloud
            .logs
            .filter_log_events()
            .log_group_name(group)
            .start_time(since.as_millisecond())
            .filter_pattern(format!("\"{}\"", self.id.contact()))
            .into_paginator()
            .send();
        let mut lines = Vec::new();
        for _ in 0..LOG_PAGES {
            let Some(page) = pages.next().await else { return lines };
            let page = match page.map_err(wrap(format!("search the log {group}"))) {
                Ok(page) => page,
                Err(error) => {
                    self.unseen.push(error.to_string());
                    return lines;
                }
            };
            lines.extend(page.events().iter().filter_map(|event| {
                let at = Timestamp::from_millisecond(event.timestamp()?).ok()?;
                let message = event.message()?;
                let is_about = match station.step {
                    Step::Record => letters::names_contact(message, self.id),
                    Step::Transcribe | Step::Deliver => letters::names(message, self.id),
                };
                let (bad, text) = line(message);
                is_about.then_some(LogLine { at, step: station.step, bad, text })
            }));
        }
        self.unseen.push(format!("the log {group} is large and was searched only partly"));
        lines
    }
}

fn mode_delivery(receipt: Receipt, at: Option<Timestamp>) -> ModeDelivery {
    ModeDelivery {
        mode: receipt.mode,
        at,
        reference: receipt.reference.as_deref().map(tame),
        warnings: receipt.warnings.into_iter().map(|warning| Words::english().warning(warning)).collect(),
    }
}

/// A log line: whether it reports a problem, and its message.
fn line(message: &str) -> (bool, String) {
    let Ok(line) = serde_json::from_str::<Value>(message) else {
        return (false, tame(message.trim_end()));
    };
    let mut text = line["message"].as_str().unwrap_or("a line without a message").to_owned();
    for field in ["reason", "error", "failure"] {
        if let Some(more) = line[field].as_str() {
            text += &format!(": {more}");
        }
    }
    (matches!(line["level"].as_str(), Some("ERROR" | "WARN")), tame(&text))
}

/// Why a message became a dead letter, from the attributes that our function or EventBridge added.
fn reason(letter: &dead_letters::DeadLetter) -> Option<String> {
    let attribute = ["reason", "ERROR_MESSAGE"].iter().find_map(|name| letter.attributes.get(*name));
    attribute.and_then(|attribute| attribute.string_value()).map(tame)
}

/// Callers can put text into attributes, and attributes can appear in errors.
fn tame(text: &str) -> String {
    one_line(text, LONGEST)
}

fn content<T>(read: Option<Read<T>>) -> Option<T> {
    read.map(|read| read.content)
}
