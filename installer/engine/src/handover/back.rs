//! Back to the earlier system.
//!
//! Its trigger knows where it stopped, and would read all contacts since the switch once more. So it is recreated, and
//! reads from a time at which this installation reads nothing any more. What arrived before that is this installation's:
//! what it had not read is sent to its retry queue, which stays on, and what it has taken is delivered by it.

use aws_sdk_lambda::primitives::DateTime;
use aws_sdk_lambda::types::{
    DestinationConfig, EventSourcePosition, Filter, FilterCriteria, FunctionResponseType, OnFailure,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::records::send_on;
use super::{Handover, HandoverError, Readers, before, trigger};
use crate::cloud::{Cloud, CloudError, ErrorKind, wrap};
use crate::pace::Pace;
use crate::progress::{Progress, View};
use crate::state_bucket::Bucket;

/// Where the earlier system's trigger is noted, from before anything changes until all is done.
pub(super) const KEY: &str = "migration/back";
/// Written once this installation reads nothing any more: the earlier system reads from that time, by the bucket's clock.
const FROM_KEY: &str = "migration/back-from";
/// How late this installation may have been when its trigger was disabled, in hours.
const LATE_HOURS: i64 = 3;
/// How often to look whether a trigger is gone, or try to make one: for some minutes.
const TRIES: usize = 60;

/// A trigger, to be recreated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Kept {
    id: String,
    batch: Option<i32>,
    window: Option<i32>,
    lanes: Option<i32>,
    bisect: Option<bool>,
    retries: Option<i32>,
    age: Option<i32>,
    on_failure: Option<String>,
    filters: Vec<String>,
    responses: Vec<String>,
}

/// Goes back to the earlier system, and returns how many changes that took.
///
/// # Errors
/// [`HandoverError`]. The same call continues.
pub async fn back(
    cloud: &Cloud,
    handover: &Handover,
    pace: Pace,
    view: &dyn View,
) -> Result<usize, HandoverError> {
    let mut run = Run { cloud, handover, pace, view, changes: 0 };
    match (handover.readers(), &handover.theirs) {
        _ if handover.back_begun => run.all().await?,
        (Readers::This, _) => run.all().await?,
        // The earlier system has read along, and goes on.
        (Readers::Both, _) => run.ours_off().await?,
        // This installation has read nothing since the other trigger was disabled, which continues where it stopped.
        (Readers::Neither, Some(theirs)) => run.theirs_on(&theirs.id).await?,
        (Readers::Neither, None) => return Err(no_trigger(handover)),
        (Readers::Earlier, _) => {}
    }
    Ok(run.changes)
}

fn no_trigger(handover: &Handover) -> HandoverError {
    HandoverError::Missing { stack: handover.earlier.clone(), what: "trigger of contact records" }
}

struct Run<'a> {
    cloud: &'a Cloud,
    handover: &'a Handover,
    pace: Pace,
    view: &'a dyn View,
    changes: usize,
}

impl Run<'_> {
    async fn all(&mut self) -> Result<(), HandoverError> {
        let (cloud, handover) = (self.cloud, self.handover);
        let state = Bucket { cloud, name: &handover.state };
        if !handover.back_begun {
            let theirs = handover.theirs.as_ref().ok_or_else(|| no_trigger(handover))?;
            // That of an earlier way back.
            state.delete(FROM_KEY).await?;
            state.put_new(KEY, &keep(cloud, &theirs.id).await?).await?;
        }
        let kept = state.read::<Kept>(KEY).await?.ok_or_else(|| no_trigger(handover))?.content;
        self.ours_off().await?;
        trigger::settled(cloud, &handover.ours.id).await?;
        state.put_new(FROM_KEY, &true).await?;
        let at = state.written(FROM_KEY).await?;
        let at = at.ok_or_else(|| CloudError::incomplete(format!("check {FROM_KEY}"), "answer"))?;
        delete(cloud, &kept.id, self.pace).await?;
        if let Some(id) = create(cloud, handover, &kept, at).await? {
            self.theirs_on(&id).await?;
        }
        let between = [before(at, LATE_HOURS), at];
        let records = send_on(cloud, &handover.ours.stream, between, &handover.retry_queue).await?;
        self.view.show(&Progress::SentBack { records });
        state.delete(KEY).await?;
        Ok(state.delete(FROM_KEY).await?)
    }

    async fn ours_off(&mut self) -> Result<(), HandoverError> {
        let Handover { stack, ours, .. } = self.handover;
        let changed = trigger::set(self.cloud, &ours.id, false, self.pace).await?;
        self.note(changed, stack, &ours.id, false);
        Ok(())
    }

    async fn theirs_on(&mut self, id: &str) -> Result<(), HandoverError> {
        trigger::set(self.cloud, id, true, self.pace).await?;
        self.note(true, &self.handover.earlier, id, true);
        Ok(())
    }

    fn note(&mut self, changed: bool, stack: &str, id: &str, enabled: bool) {
        if changed {
            self.changes += 1;
            self.view.show(&Progress::TriggerSet { stack: stack.to_owned(), id: id.to_owned(), enabled });
        }
    }
}

/// The settings of a trigger.
async fn keep(cloud: &Cloud, id: &str) -> Result<Kept, HandoverError> {
    let found = trigger::get(cloud, id).await?;
    let found = found.ok_or_else(|| CloudError::incomplete(format!("get the trigger {id}"), "answer"))?;
    if found.kms_key_arn().is_some_and(|key| !key.is_empty()) {
        return Err(HandoverError::Encrypted { id: id.to_owned() });
    }
    let on_failure = found.destination_config().and_then(DestinationConfig::on_failure);
    let filters = found.filter_criteria().map(FilterCriteria::filters).unwrap_or_default();
    Ok(Kept {
        id: id.to_owned(),
        batch: found.batch_size(),
        window: found.maximum_batching_window_in_seconds(),
        lanes: found.parallelization_factor(),
        bisect: found.bisect_batch_on_function_error(),
        retries: found.maximum_retry_attempts(),
        age: found.maximum_record_age_in_seconds(),
        on_failure: on_failure.and_then(OnFailure::destination).map(str::to_owned),
        filters: filters.iter().filter_map(Filter::pattern).map(str::to_owned).collect(),
        responses: found.function_response_types().iter().map(|one| one.as_str().to_owned()).collect(),
    })
}

/// Deletes a trigger, and waits until it is gone.
async fn delete(cloud: &Cloud, id: &str, pace: Pace) -> Result<(), HandoverError> {
    let mut waits = pace.waits().take(TRIES);
    loop {
        let Some(found) = trigger::describe(cloud, id).await? else { return Ok(()) };
        if found.state != "Deleting" {
            let asked = cloud.lambda.delete_event_source_mapping().uuid(id).send().await;
            match asked.map_err(wrap(format!("delete the trigger {id}"))) {
                Ok(_) => {}
                Err(error) if error.is_not_found() => return Ok(()),
                Err(error) if error.kind == ErrorKind::Conflict => {}
                Err(error) => return Err(error.into()),
            }
        }
        match waits.next() {
            Some(wait) => tokio::time::sleep(wait).await,
            None => return Err(HandoverError::Slow { id: id.to_owned(), state: found.state }),
        }
    }
}

/// Recreates the trigger, unless an interrupted run did. Returns its ID.
async fn create(
    cloud: &Cloud,
    handover: &Handover,
    kept: &Kept,
    at: Timestamp,
) -> Result<Option<String>, HandoverError> {
    if let Some(theirs) = trigger::of_function(cloud, &handover.recorder).await?.into_iter().next() {
        return Ok(Some(theirs.id));
    }
    let filter = |pattern: &String| Filter::builder().pattern(pattern).build();
    let filters = kept.filters.iter().map(filter).collect::<Vec<_>>();
    let filters = (!filters.is_empty()).then(|| FilterCriteria::builder().set_filters(Some(filters)).build());
    let on_failure = kept.on_failure.as_ref().map(|destination| {
        let on_failure = OnFailure::builder().destination(destination).build();
        DestinationConfig::builder().on_failure(on_failure).build()
    });
    let responses = kept.responses.iter().map(|one| FunctionResponseType::from(one.as_str())).collect();
    let asked = cloud
        .lambda
        .create_event_source_mapping()
        .function_name(&handover.recorder)
        .event_source_arn(&handover.ours.stream)
        .starting_position(EventSourcePosition::AtTimestamp)
        .starting_position_timestamp(DateTime::from_secs(at.as_second()))
        .enabled(true)
        .set_batch_size(kept.batch)
        .set_maximum_batching_window_in_seconds(kept.window)
        .set_parallelization_factor(kept.lanes)
        .set_bisect_batch_on_function_error(kept.bisect)
        .set_maximum_retry_attempts(kept.retries)
        .set_maximum_record_age_in_seconds(kept.age)
        .set_destination_config(on_failure)
        .set_filter_criteria(filters)
        .set_function_response_types(Some(responses))
        .send()
        .await;
    let made = asked.map_err(wrap(format!("create a trigger of the function {}", handover.recorder)))?;
    Ok(made.uuid().map(str::to_owned))
}
