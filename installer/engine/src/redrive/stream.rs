//! Redrives contact records that Lambda gave up: the state bucket holds them in full.

use std::collections::HashSet;

use vmx_contract::objects::{ContactId, LETTERS_PREFIX};
use vmx_contract::retry;

use super::outgoing::{Outgoing, send};
use super::{Moved, lost_records, witness};
use crate::cloud::{Cloud, CloudError};
use crate::dead_letters::of_record;
use crate::pipeline::Pipeline;
use crate::state_bucket::{Bucket, Listed};
use crate::trace::records;
use vmx_model::parts::Step;

/// The maximum number of pages of letters per run.
const PAGES: usize = 20;

/// Lists the letters.
pub(super) async fn list(cloud: &Cloud, pipeline: &Pipeline) -> Result<Vec<Listed>, CloudError> {
    let Some(name) = &pipeline.state else { return Ok(Vec::new()) };
    Ok(Bucket { cloud, name }.list(LETTERS_PREFIX, PAGES).await?.objects)
}

/// Sends the contact records of letters to the retry queue, then deletes the letters. Notes their contacts.
pub(super) async fn redrive(
    cloud: &Cloud,
    pipeline: &Pipeline,
    letters: &[Listed],
    contacts: &mut HashSet<ContactId>,
) -> Moved {
    let mut moved = Moved::default();
    let Some(name) = &pipeline.state else { return moved };
    let bucket = Bucket { cloud, name };
    for letter in letters {
        match one(bucket, pipeline, &letter.key, contacts).await {
            Ok(Done::Sent) => moved.moved += 1,
            Ok(Done::Ended) => moved.ended += 1,
            Ok(Done::Gone) => {}
            Err(why) => moved.kept.push(format!("{}: {why}", letter.key)),
        }
    }
    moved
}

enum Done {
    Sent,
    /// Every voicemail in it has ended: there is nothing to send.
    Ended,
    /// Another run was faster.
    Gone,
}

async fn one(
    bucket: Bucket<'_>,
    pipeline: &Pipeline,
    key: &str,
    contacts: &mut HashSet<ContactId>,
) -> Result<Done, String> {
    let text = |error: CloudError| error.to_string();
    let Some(letter) = bucket.bytes(key).await.map_err(text)? else { return Ok(Done::Gone) };
    let records = match records(&letter.content)? {
        Some(records) => records,
        None => {
            let place = std::str::from_utf8(&letter.content).ok().and_then(lost_records::Place::of);
            let place = place.ok_or("it has neither contact records nor their position in the stream")?;
            lost_records::read(bucket.cloud, &place).await?
        }
    };
    let mut messages = Vec::new();
    for record in &records {
        let ids = of_record(record);
        if !witness::have_ended(bucket.cloud, pipeline, &ids).await {
            contacts.extend(ids.iter().map(|id| id.contact().clone()));
            messages.push(Outgoing::new(messages.len(), retry::to_body(record)));
        }
    }
    let sent = send(bucket.cloud, &pipeline.station(Step::Record).queue, &messages).await;
    if let Some(why) = sent.refused.into_values().next() {
        return Err(why);
    }
    let deleted = bucket.delete(key).await;
    match deleted {
        Ok(()) if messages.is_empty() => Ok(Done::Ended),
        Ok(()) => Ok(Done::Sent),
        Err(error) => Err(format!("sent, but {error}")),
    }
}
