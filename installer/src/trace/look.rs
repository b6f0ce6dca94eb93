//! Looks for clues of a contact. What may not be looked at is told, and the rest is looked at all the same.

use std::fmt::Display;

use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::Value;
use vmx_contract::delivered::{Delivered, Receipt};
use vmx_contract::metadata;
use vmx_contract::objects::{ContactId, recording_duration_ms};
use vmx_contract::voicemail::{Mode, Warning};

use super::{Call, Clues, DeadLetter, Delivery, Job, LogLine, ModeDelivery, Recording};
use crate::cloud::{Cloud, CloudError, wrap};
use crate::dead_letters::{self, BATCH, depth, hold, release};
use crate::discover::{DiscoverError, Instance, identity, instance};
use crate::params::Params;
use crate::pipeline::{Pipeline, Station};
use crate::status::Seen;

/// How far back logs are searched for a contact of which nothing else is known: a dead letter lives no longer.
const LOG_SEARCH: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Clocks differ, and a contact is logged after its end.
const LOG_MARGIN: SignedDuration = SignedDuration::from_hours(1);
/// Answers of a search that are read at most; each is a piece of the log, with findings or without.
const LOG_PAGES: usize = 100;
/// Dead letters of a queue that are looked at.
const LETTERS: usize = 1000;
/// The longest text of outside that is repeated, in characters.
const LONGEST: usize = 400;

/// Looks for clues of a contact.
pub async fn look(cloud: &Cloud, params: &Params, pipeline: &Pipeline, contact: &ContactId) -> Clues {
    let mut eyes = Eyes { cloud, contact, unseen: Vec::new() };
    let call = eyes.call(params).await;
    let recording = eyes.recording(&pipeline.recordings).await;
    let job = eyes.job().await;
    let mut transcript = eyes.written(&pipeline.transcripts, &contact.transcript_key()).await;
    if matches!(transcript, Seen::Missing) {
        transcript = eyes.written(&pipeline.transcripts, &contact.redacted_transcript_key()).await;
    }
    let delivery = eyes.delivery(&pipeline.transcripts).await;
    let partly =
        if delivery == Seen::Missing { eyes.partly(&pipeline.transcripts).await } else { Vec::new() };
    let now = Timestamp::now();
    let known = recording.found().map(|recording| recording.received.unwrap_or(recording.at));
    let known = known.or(call.found().and_then(|call| call.began));
    let since = known.map_or(now - LOG_SEARCH, |known| known - LOG_MARGIN);
    let (mut letters, mut queues, mut log) = (Vec::new(), Vec::new(), Vec::new());
    for station in &pipeline.stations {
        letters.extend(eyes.dead_letters(station).await);
        let depth = depth(cloud, &station.queue).await;
        queues.extend(Seen::of(depth, &mut eyes.unseen).found().map(|depth| (station.step, *depth)));
        log.extend(eyes.log(station, since).await);
    }
    log.sort_by_key(|line| line.at);
    Clues {
        now,
        call,
        recording,
        job,
        transcript,
        delivery,
        partly,
        dead_letters: letters,
        queues,
        log,
        unseen: eyes.unseen,
    }
}

/// Looks, and remembers what could not be looked at.
struct Eyes<'a> {
    cloud: &'a Cloud,
    contact: &'a ContactId,
    unseen: Vec<String>,
}

impl Eyes<'_> {
    async fn call(&mut self, params: &Params) -> Seen<Call> {
        let instance = match self.find_instance(params).await {
            Ok(instance) => instance,
            Err(error) => {
                self.unseen.push(error.to_string());
                return Seen::Unseen;
            }
        };
        let request = self.cloud.connect.describe_contact().instance_id(instance.arn.id());
        let described = request.contact_id(self.contact.as_str()).send().await;
        let described = described.map_err(wrap("ask Amazon Connect for the contact"));
        match Seen::of(described.map(|described| described.contact), &mut self.unseen) {
            Seen::Found(Some(contact)) => Seen::Found(Call {
                channel: contact.channel().map(ToString::to_string).unwrap_or_default(),
                began: contact.initiation_timestamp().and_then(timestamp),
                ended: contact.disconnect_timestamp().and_then(timestamp),
            }),
            Seen::Found(None) | Seen::Missing => Seen::Missing,
            Seen::Unseen => Seen::Unseen,
        }
    }

    async fn find_instance(&self, params: &Params) -> Result<Instance, DiscoverError> {
        let identity = identity(self.cloud).await?;
        instance(self.cloud, params, &identity).await
    }

    async fn recording(&mut self, bucket: &str) -> Seen<Recording> {
        let request = self.cloud.s3.head_object().bucket(bucket).key(self.contact.recording_key());
        let head = request.send().await.map_err(wrap("look at the recording"));
        let recording = head.and_then(|head| {
            let at = head.last_modified().and_then(timestamp);
            let at = at.ok_or_else(|| CloudError::incomplete("look at the recording", "time"))?;
            let bytes = head.content_length().and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or_default();
            let none = Default::default();
            let voicemail = metadata::decode(self.contact, head.metadata().unwrap_or(&none)).ok();
            Ok(Recording {
                at,
                duration_ms: recording_duration_ms(bytes),
                received: voicemail.as_ref().map(|voicemail| voicemail.received_at),
                language: voicemail.as_ref().map(|voicemail| voicemail.language.clone()),
                warnings: voicemail
                    .map(|voicemail| voicemail.warnings.iter().map(|warning| warning.text()).collect())
                    .unwrap_or_default(),
            })
        });
        Seen::of(recording, &mut self.unseen)
    }

    async fn job(&mut self) -> Seen<Job> {
        let request =
            self.cloud.transcribe.get_transcription_job().transcription_job_name(self.contact.as_str());
        let answer = request.send().await.map_err(wrap("look at the transcription job"));
        match answer {
            Ok(answer) => answer.transcription_job.map_or(Seen::Missing, |job| {
                Seen::Found(Job {
                    status: job.transcription_job_status().map(ToString::to_string).unwrap_or_default(),
                    created: job.creation_time().and_then(timestamp),
                    ended: job.completion_time().and_then(timestamp),
                    reason: job.failure_reason().map(tame),
                })
            }),
            // Transcribe says so with its general code.
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
        let wanted = format!("look at {key}");
        let head = self.cloud.s3.head_object().bucket(bucket).key(key).send().await.map_err(wrap(&wanted));
        let at = head.and_then(|head| {
            let at = head.last_modified().and_then(timestamp);
            at.ok_or_else(|| CloudError::incomplete(wanted, "time"))
        });
        Seen::of(at, &mut self.unseen)
    }

    async fn delivery(&mut self, bucket: &str) -> Seen<Delivery> {
        let key = self.contact.delivered_key();
        let at = match self.written(bucket, &key).await {
            Seen::Found(at) => at,
            Seen::Missing => return Seen::Missing,
            Seen::Unseen => return Seen::Unseen,
        };
        let marker = self.marker::<Delivered>(bucket, &key).await;
        let modes = Seen::of(marker, &mut self.unseen).found().cloned().unwrap_or_default();
        let modes = modes.deliveries.into_iter().map(|receipt| mode_delivery(receipt, None)).collect();
        Seen::Found(Delivery { at, modes })
    }

    /// The modes that are done.
    async fn partly(&mut self, bucket: &str) -> Vec<ModeDelivery> {
        let mut done = Vec::new();
        for mode in Mode::ALL {
            let key = self.contact.delivered_by_key(mode);
            let Seen::Found(at) = self.written(bucket, &key).await else { continue };
            let marker = self.marker::<Receipt>(bucket, &key).await;
            let receipt = Seen::of(marker, &mut self.unseen).found().cloned();
            done.push(mode_delivery(receipt.unwrap_or_else(|| Receipt::new(mode)), Some(at)));
        }
        done
    }

    /// What a delivery marker says.
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
        let ours = all.iter().filter(|letter| letter.body.contains(self.contact.as_str()));
        ours.map(|letter| DeadLetter { step: station.step, sent: letter.sent, reason: reason(letter) })
            .collect()
    }

    /// What a function logged about the contact.
    async fn log(&mut self, station: &Station, since: Timestamp) -> Vec<LogLine> {
        let group = &station.log_group;
        let mut pages = self
            .cloud
            .logs
            .filter_log_events()
            .log_group_name(group)
            .start_time(since.as_millisecond())
            .filter_pattern(format!("\"{}\"", self.contact))
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
                let (bad, text) = line(event.message()?);
                Some(LogLine { at, step: station.step, bad, text })
            }));
        }
        self.unseen.push(format!("the log {group} is large and was searched only in part"));
        lines
    }
}

fn mode_delivery(receipt: Receipt, at: Option<Timestamp>) -> ModeDelivery {
    ModeDelivery {
        mode: receipt.mode,
        at,
        reference: receipt.reference.as_deref().map(tame),
        warnings: receipt.warnings.into_iter().map(Warning::text).collect(),
    }
}

/// A line of a log: whether something went wrong, and what it says.
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

/// Why a message became a dead letter: what our function, or EventBridge, put beside it.
fn reason(letter: &dead_letters::DeadLetter) -> Option<String> {
    let attribute = ["reason", "ERROR_MESSAGE"].iter().find_map(|name| letter.attributes.get(*name));
    attribute.and_then(|attribute| attribute.string_value()).map(tame)
}

/// A text of outside, cut, without what a terminal would obey: callers can put text into attributes, and attributes can
/// come to be in errors.
fn tame(text: &str) -> String {
    let is_tame = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(is_tame).take(LONGEST).collect()
}

fn timestamp(at: &aws_sdk_s3::primitives::DateTime) -> Option<Timestamp> {
    Timestamp::from_millisecond(at.to_millis().ok()?).ok()
}
