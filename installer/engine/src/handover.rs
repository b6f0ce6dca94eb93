//! Hands contact records over from an earlier system to the installation that replaces it, and back. Each voicemail is
//! delivered by exactly one of them.
//!
//! Both read the same stream, and react to the same attributes. One trigger is disabled before the other is enabled, and
//! the other leaves alone what the one has read: see [`switch`] and [`back`]. No service tells how far a trigger has read,
//! so nothing depends on that.
//!
//! Every step looks at what is there, and there is no other memory: an interrupted run is continued by the next one.

mod back;
mod records;
mod switch;
#[cfg(test)]
mod tests;
mod trigger;

use jiff::{SignedDuration, Timestamp};

use crate::cloud::{Cloud, CloudError};
use crate::discover::describe_stack_with_resources;
use crate::pipeline::{Pipeline, PipelineError, find_stack};
use crate::state_bucket::Bucket;
use trigger::Trigger;
use vmx_model::actual::{StackResource, StackState};
use vmx_model::ancestor::{RECORDERS, RECORDING_BUCKETS};
use vmx_model::ownership::CONTACT_RECORD_TRIGGER;
use vmx_model::params::Params;
use vmx_model::parts::{STATE_BUCKET, Step};

pub use back::back;
pub use switch::switch;

/// The type of a stack within a stack.
const NESTED: &str = "AWS::CloudFormation::Stack";

/// Why a handover failed.
#[derive(Debug, thiserror::Error)]
pub enum HandoverError {
    /// A call failed.
    #[error("{0}; fix that, and run the same command again to continue")]
    Cloud(#[from] CloudError),
    /// The installation cannot be read.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// The parameters name no earlier system.
    #[error(
        "the parameters name no earlier system; set `migrate_from` to the name of its stack, and install before you \
         switch"
    )]
    NoMigration,
    /// There is no such stack.
    #[error(
        "no stack {stack} in {region}; check `migrate_from`: `vmx-install migrate plan` lists earlier systems"
    )]
    NoStack {
        /// The stack.
        stack: String,
        /// The region.
        region: String,
    },
    /// A stack lacks something.
    #[error(
        "the stack {stack} has no {what}; check `migrate_from`: `vmx-install migrate plan` lists earlier systems"
    )]
    Missing {
        /// The stack.
        stack: String,
        /// What it lacks.
        what: &'static str,
    },
    /// The two systems read different streams.
    #[error(
        "the earlier system reads contact records from {theirs}, and this installation from {ours}; name that stream in \
         the instance's data streaming settings, and install again"
    )]
    OtherStream {
        /// The earlier system's stream.
        theirs: String,
        /// This installation's stream.
        ours: String,
    },
    /// The earlier system has deleted recordings of contacts that would be read again.
    #[error(
        "the stream keeps contact records for {hours} hours, and the earlier system its recordings for {days} days, so \
         voicemails would be delivered twice; remove this installation with `vmx-install teardown`, install it again, \
         and switch within {days} days"
    )]
    Expired {
        /// For how long the stream keeps contact records.
        hours: i64,
        /// For how long the earlier system keeps recordings.
        days: i64,
    },
    /// A trigger does not change.
    #[error("the trigger {id} has been {state} for minutes; run the same command again to continue")]
    Slow {
        /// Its ID.
        id: String,
        /// Its state.
        state: String,
    },
    /// A way back was interrupted.
    #[error(
        "going back to {earlier} was interrupted; run `vmx-install migrate back` first, which continues it"
    )]
    BackBegun {
        /// The earlier system's stack.
        earlier: String,
    },
    /// The earlier system's trigger cannot be created as it was.
    #[error(
        "the trigger {id} has a filter that is encrypted with a key, so it cannot be copied; remove that key from it"
    )]
    Encrypted {
        /// Its ID.
        id: String,
    },
    /// Contact records could not be sent on.
    #[error(
        "could not send contact records to the retry queue: {why}; run the same command again to continue"
    )]
    NotSent {
        /// Why.
        why: String,
    },
}

/// The two systems.
#[derive(Debug, Clone, PartialEq)]
pub struct Handover {
    /// The earlier system's stack.
    pub earlier: String,
    /// This installation's stack.
    pub stack: String,
    /// The function with which the earlier system records voicemails.
    recorder: String,
    /// Where it keeps recordings, and for how many days, if it deletes them.
    recordings: String,
    recordings_days: Option<i64>,
    /// Its trigger, unless it is gone.
    theirs: Option<Trigger>,
    ours: Trigger,
    /// The bucket with the state of voicemails.
    state: String,
    /// The URL of the retry queue.
    retry_queue: String,
    /// Whether a way back has begun, and not ended.
    pub back_begun: bool,
}

/// Who reads contact records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// The earlier system only.
    Earlier,
    /// This installation only.
    This,
    /// Both.
    Both,
    /// None of them: a handover was interrupted.
    Neither,
}

impl Handover {
    /// Who reads contact records now.
    #[must_use]
    pub fn readers(&self) -> Readers {
        match (self.theirs.as_ref().is_some_and(Trigger::reads), self.ours.reads()) {
            (true, false) => Readers::Earlier,
            (false, true) => Readers::This,
            (true, true) => Readers::Both,
            (false, false) => Readers::Neither,
        }
    }
}

/// Reads both systems, and changes nothing.
///
/// # Errors
/// [`HandoverError`] if one of them is not there, or they do not read the same stream.
pub async fn look(cloud: &Cloud, params: &Params) -> Result<Handover, HandoverError> {
    let earlier = params.migrate_from.name().ok_or(HandoverError::NoMigration)?.to_owned();
    let root = describe_stack_with_resources(cloud, &earlier).await?;
    let no_stack = || HandoverError::NoStack { stack: earlier.clone(), region: cloud.region.clone() };
    let root = root.ok_or_else(no_stack)?;
    let missing = |what| HandoverError::Missing { stack: earlier.clone(), what };
    let all = with_nested(cloud, &root).await?;
    let named = |kind: &str, starts: &[&str]| {
        let found = all.iter().find(|resource| {
            resource.resource_type == kind
                && starts.iter().any(|start| resource.physical_id.starts_with(start))
        });
        found.map(|resource| resource.physical_id.clone())
    };
    let recorder = named("AWS::Lambda::Function", &RECORDERS)
        .ok_or_else(|| missing("function that records voicemails"))?;
    let recordings =
        named("AWS::S3::Bucket", &RECORDING_BUCKETS).ok_or_else(|| missing("bucket with recordings"))?;

    let stack = find_stack(cloud, params.stack.as_str()).await?;
    let pipeline = Pipeline::of(&stack)?;
    let incomplete = |missing: &str| PipelineError::Incomplete {
        stack: stack.name.clone(),
        status: stack.status.clone(),
        missing: missing.to_owned(),
    };
    let id = stack.physical_id(CONTACT_RECORD_TRIGGER).ok_or_else(|| incomplete(CONTACT_RECORD_TRIGGER))?;
    let ours = trigger::describe(cloud, id).await?.ok_or_else(|| incomplete(CONTACT_RECORD_TRIGGER))?;
    let theirs = trigger::of_function(cloud, &recorder).await?;
    if let Some(theirs) = theirs.iter().find(|theirs| theirs.stream != ours.stream) {
        return Err(HandoverError::OtherStream { theirs: theirs.stream.clone(), ours: ours.stream });
    }
    let state = pipeline.state.clone().ok_or_else(|| incomplete(STATE_BUCKET))?;
    let station = pipeline.station(Step::Record);
    Ok(Handover {
        back_begun: Bucket { cloud, name: &state }.head(back::KEY).await?.is_some(),
        recordings_days: recordings_days(&root),
        retry_queue: station.queue.clone(),
        state,
        stack: stack.name.clone(),
        theirs: theirs.into_iter().next(),
        earlier,
        recorder,
        recordings,
        ours,
    })
}

/// The resources of a stack and of those within it.
async fn with_nested(cloud: &Cloud, root: &StackState) -> Result<Vec<StackResource>, CloudError> {
    let mut all = root.resources.clone();
    for nested in root.resources.iter().filter(|resource| resource.resource_type == NESTED) {
        if let Some(nested) = describe_stack_with_resources(cloud, &nested.physical_id).await? {
            all.extend(nested.resources);
        }
    }
    Ok(all)
}

/// For how many days the earlier system keeps recordings, if it deletes them.
fn recordings_days(root: &StackState) -> Option<i64> {
    let parameter = |name: &str| root.parameters.get(name).map(|value| value.trim());
    let behavior = parameter("ExpiredRecordingBehavior").or_else(|| parameter("ExpiredLinkBehavior"));
    let days = parameter("RecordingsExpireInXDays")?.parse().ok()?;
    (behavior.unwrap_or("delete") == "delete").then_some(days)
}

/// The time so many hours before another.
fn before(at: Timestamp, hours: i64) -> Timestamp {
    at.saturating_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::UNIX_EPOCH)
}
