//! Dead letters back into work.
//!
//! They are moved by hand, not by SQS's own move task: that one tells neither which message failed nor why, goes on
//! unseen after the program has ended, and would move what Lambda leaves in place of a contact record as it is, to be
//! dropped. A message is sent before it is deleted. Should anything stop in between it is in both queues, and is
//! worked on twice, which makes no second voicemail.

mod lost_records;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use aws_sdk_sqs::types::{MessageAttributeValue, SendMessageBatchRequestEntry};
use serde::Serialize;

use crate::cloud::{Cloud, CloudError, wrap};
use crate::dead_letters::{BATCH, DeadLetter, delete, depth, hold, queue_name, release};
use crate::event::{Event, View};
use crate::pipeline::{Pipeline, PipelineError, Station, Step};

/// The most bytes of one call, all messages together: what every queue takes.
/// Source: the SQS API reference, SendMessageBatch.
const BATCH_BYTES: usize = 256 * 1024;
/// How often in a row a queue that still counts messages may give none: they may be held by somebody else.
const EMPTY_HANDED: usize = 3;

/// Why not every dead letter was moved.
#[derive(Debug, thiserror::Error)]
pub enum RedriveError {
    /// The installation could not be looked at; nothing was changed.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// The dead letters could not be counted; nothing was changed.
    #[error(transparent)]
    Count(#[from] CloudError),
    /// Some stay where they are.
    #[error(
        "{kept} of {} dead letters stay where they are, for the reasons above; nothing is lost, and the same command can be run again",
        .kept + .moved
    )]
    Kept {
        /// How many were moved.
        moved: usize,
        /// How many were not.
        kept: usize,
    },
}

/// How many dead letters wait for a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// The step that gave them up.
    pub step: Step,
    /// Name of the dead-letter queue.
    pub queue: String,
    /// How many can be moved now.
    pub count: u64,
    /// How many somebody else has received just now.
    pub in_flight: u64,
}

/// Counts the dead letters of all steps, or of one.
///
/// # Errors
/// [`RedriveError::Count`].
pub async fn count(
    cloud: &Cloud,
    pipeline: &Pipeline,
    only: Option<Step>,
) -> Result<Vec<Waiting>, RedriveError> {
    let mut all = Vec::new();
    for station in chosen(pipeline, only) {
        let depth = depth(cloud, &station.dead_letters).await?;
        all.push(Waiting {
            step: station.step,
            queue: queue_name(&station.dead_letters).to_owned(),
            count: depth.waiting,
            in_flight: depth.in_flight,
        });
    }
    Ok(all)
}

fn chosen(pipeline: &Pipeline, only: Option<Step>) -> impl Iterator<Item = &Station> {
    pipeline.stations.iter().filter(move |station| only.is_none_or(|step| step == station.step))
}

/// Moves the counted dead letters to the queues that they came from, and tells what became of each queue's. Gives how
/// many were moved. What becomes a dead letter meanwhile is left for the next time.
///
/// # Errors
/// [`RedriveError::Kept`] when some stay.
pub async fn redrive(
    cloud: &Cloud,
    pipeline: &Pipeline,
    waiting: &[Waiting],
    view: &dyn View,
) -> Result<usize, RedriveError> {
    let (mut moved, mut kept) = (0, 0);
    for waiting in waiting.iter().filter(|waiting| waiting.count > 0) {
        for station in chosen(pipeline, Some(waiting.step)) {
            let mut run =
                Run { cloud, station, moved: 0, kept: Vec::new(), unreached: 0, sent: HashSet::new() };
            run.take(usize::try_from(waiting.count).unwrap_or(usize::MAX)).await;
            moved += run.moved;
            kept += run.kept.len() + run.unreached.saturating_sub(1);
            view.show(&Event::Redriven { step: station.step, moved: run.moved, kept: run.kept });
        }
    }
    if kept > 0 { Err(RedriveError::Kept { moved, kept }) } else { Ok(moved) }
}

/// The dead letters of one queue on their way.
struct Run<'a> {
    cloud: &'a Cloud,
    station: &'a Station,
    moved: usize,
    /// Why some stay, one line each.
    kept: Vec<String>,
    /// How many of them the last of these lines is about, when the run was broken off.
    unreached: usize,
    /// Ids of the messages that were sent: one that comes straight back keeps its id.
    sent: HashSet<String>,
}

/// A message to be sent for a dead letter.
struct Outgoing {
    /// Which of the batch.
    letter: usize,
    body: String,
    attributes: HashMap<String, MessageAttributeValue>,
}

impl Outgoing {
    /// What SQS counts of it, in bytes.
    fn size(&self) -> usize {
        let attribute = |(name, value): (&String, &MessageAttributeValue)| {
            let binary = value.binary_value().map_or(0, |value| value.as_ref().len());
            name.len() + value.data_type().len() + value.string_value().map_or(0, str::len) + binary
        };
        self.body.len() + self.attributes.iter().map(attribute).sum::<usize>()
    }
}

impl Run<'_> {
    /// Moves as many as there were at the start.
    async fn take(&mut self, count: usize) {
        let queue = &self.station.dead_letters;
        let (mut taken, mut empty_handed) = (0, 0);
        while taken < count && empty_handed < EMPTY_HANDED {
            let held = match hold(self.cloud, queue, count - taken).await {
                Ok(held) => held,
                Err(error) => return self.give_up(count - taken, &error),
            };
            let (returned, letters): (Vec<_>, Vec<_>) =
                held.into_iter().partition(|letter| self.sent.contains(&letter.id));
            // They stay held until their time is over, so that this run does not meet them again and again.
            if letters.is_empty() {
                empty_handed += 1;
            } else {
                empty_handed = 0;
            }
            taken += letters.len() + returned.len();
            self.kept.extend(returned.iter().map(|letter| format!("{}: it came straight back", letter.id)));
            if let Err(error) = self.forward(&letters).await {
                return self.give_up(count - taken, &error);
            }
        }
    }

    /// The rest stays where it is.
    fn give_up(&mut self, rest: usize, error: &CloudError) {
        if rest > 0 {
            self.unreached = rest;
            self.kept.push(format!("{rest} more: {error}"));
        }
    }

    /// Sends a batch and deletes what was sent.
    async fn forward(&mut self, letters: &[DeadLetter]) -> Result<(), CloudError> {
        let mut refused: HashMap<usize, String> = HashMap::new();
        let mut outgoing = Vec::new();
        for (n, letter) in letters.iter().enumerate() {
            match self.messages(letter).await {
                Ok(messages) => outgoing.extend(messages.into_iter().map(|(body, attributes)| Outgoing {
                    letter: n,
                    body,
                    attributes,
                })),
                Err(reason) => {
                    refused.insert(n, reason);
                }
            }
        }
        let mut failed = None;
        for batch in batches(&outgoing) {
            if let Err(error) = self.send(batch, &mut refused).await {
                refused.extend(batch.iter().map(|message| (message.letter, error.to_string())));
                failed = Some(error);
            }
        }
        let (stay, go): (Vec<_>, Vec<_>) =
            letters.iter().enumerate().partition(|(n, _)| refused.contains_key(n));
        let reason = |n: &usize, letter: &DeadLetter| {
            format!("{}: {}", letter.id, refused.get(n).map_or("", String::as_str))
        };
        self.kept.extend(stay.iter().map(|(n, letter)| reason(n, letter)));
        let queue = &self.station.dead_letters;
        let go: Vec<_> = go.into_iter().map(|(_, letter)| letter).collect();
        if !go.is_empty() {
            let left = match delete(self.cloud, queue, &go).await {
                Ok(left) => left,
                Err(error) => {
                    let both = |letter: &&DeadLetter| format!("{}: sent, but {error}", letter.id);
                    self.kept.extend(go.iter().map(both));
                    return Err(error);
                }
            };
            self.moved += go.len() - left.len();
            self.kept.extend(left.iter().map(|id| format!("{id}: sent, but it could not be deleted")));
        }
        // Whoever looks next need not wait.
        release(self.cloud, queue, stay.into_iter().map(|(_, letter)| letter)).await?;
        failed.map_or(Ok(()), Err)
    }

    /// What is to be sent for a dead letter: itself as it is, or the contact records that it stands for.
    async fn messages(
        &self,
        letter: &DeadLetter,
    ) -> Result<Vec<(String, HashMap<String, MessageAttributeValue>)>, String> {
        match lost_records::Place::of(&letter.body) {
            None => Ok(vec![(letter.body.clone(), letter.attributes.clone())]),
            Some(place) => {
                let records = lost_records::read(self.cloud, &place).await?;
                Ok(records.into_iter().map(|record| (record, HashMap::new())).collect())
            }
        }
    }

    /// Sends a batch; notes what the queue did not take.
    async fn send(
        &mut self,
        batch: &[Outgoing],
        refused: &mut HashMap<usize, String>,
    ) -> Result<(), CloudError> {
        let queue = &self.station.queue;
        let wanted = format!("send to the queue {}", queue_name(queue));
        let entry = |(n, message): (usize, &Outgoing)| {
            let attributes = Some(message.attributes.clone()).filter(|attributes| !attributes.is_empty());
            SendMessageBatchRequestEntry::builder()
                .id(n.to_string())
                .message_body(&message.body)
                .set_message_attributes(attributes)
                .build()
        };
        let entries = batch
            .iter()
            .enumerate()
            .map(entry)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| CloudError::incomplete(&wanted, &error.to_string()))?;
        let request = self.cloud.sqs.send_message_batch().queue_url(queue).set_entries(Some(entries));
        let sent = request.send().await.map_err(wrap(&wanted))?;
        self.sent.extend(sent.successful().iter().map(|one| one.message_id().to_owned()));
        let answered: HashSet<&str> = sent.successful().iter().map(|one| one.id()).collect();
        for (n, message) in batch.iter().enumerate() {
            let id = n.to_string();
            if !answered.contains(id.as_str()) {
                let why = sent.failed().iter().find(|failed| failed.id() == id);
                let why = why.map_or("the queue did not take it".to_owned(), |failed| {
                    format!("{} ({})", failed.message().unwrap_or("the queue refused it"), failed.code())
                });
                refused.insert(message.letter, why);
            }
        }
        Ok(())
    }
}

/// Cuts messages into batches that one call takes.
fn batches(messages: &[Outgoing]) -> Vec<&[Outgoing]> {
    let mut batches = Vec::new();
    let (mut from, mut bytes) = (0, 0);
    for (n, message) in messages.iter().enumerate() {
        let size = message.size();
        if n > from && (n - from == BATCH || bytes + size > BATCH_BYTES) {
            batches.push(&messages[from..n]);
            (from, bytes) = (n, 0);
        }
        bytes += size;
    }
    if from < messages.len() {
        batches.push(&messages[from..]);
    }
    batches
}
