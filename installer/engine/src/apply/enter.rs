//! Enters the earlier version's recordings in the state bucket.
//!
//! That version kept no list of voicemails in progress. Each of its recordings is checked once: delivered ones,
//! according to their markers, get the tag that lets them expire; all others are listed as undelivered and then handled
//! like any voicemail. Every step is idempotent, and the position is saved after each page, so an interrupted run
//! continues from there.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use vmx_contract::objects::{MIGRATED_KEY, RECORDING_SUFFIX};
use vmx_contract::retention::Retention;
use vmx_contract::state::{self, Undelivered};
use vmx_contract::voicemail_id::VoicemailId;

use super::{Run, StepError};
use crate::cloud::{Cloud, CloudError, wrap};
use crate::pipeline::{Pipeline, PipelineError, find_stack};
use crate::progress::{Progress, View};
use crate::recording_tags::{self, Tags};
use crate::state_bucket::{Bucket, Listed};
use crate::status::timestamp;
use vmx_model::actual::Unentered;
use vmx_model::change::{Action, Kind};
use vmx_model::parts::STATE_BUCKET;
use vmx_model::plan::ENTERED;

/// Where the position is saved.
const PROGRESS_KEY: &str = "watchdog/migrating";
/// How many recordings are entered concurrently.
const AT_ONCE: usize = 16;
/// The minimum number of days that the earlier version kept its markers.
const LEAST_MARKER_DAYS: u32 = 15;

/// The position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reached {
    /// How many days the earlier version kept its markers.
    marker_days: u32,
    /// The last key that was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    #[serde(default)]
    counts: Counts,
}

/// The counts so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    looked_at: u64,
    ended: u64,
    open: u64,
    /// How many of the ended ones are older than their markers' retention.
    too_old: u64,
}

/// Marks that nothing is left to enter.
#[derive(Serialize)]
struct Entered {
    v: u32,
    at: Timestamp,
    counts: Counts,
}

/// The result for a recording.
enum Fate {
    /// Not a recording, deleted, or already known.
    Passed,
    Ended,
    TooOld,
    Open,
}

/// Marks a new installation as having nothing to enter. If that fails, the next run checks again.
pub(super) async fn nothing(run: &Run<'_>, outputs: &BTreeMap<String, String>) {
    let Some(name) = outputs.get(STATE_BUCKET) else { return };
    if let Err(error) = done(Bucket { cloud: run.cloud, name }, Counts::default()).await {
        run.view.show(&Progress::Warning { text: error.to_string() });
    }
}

/// Walks over the recordings once.
pub(super) async fn enter(run: &mut Run<'_>, unentered: &Unentered) -> Result<(), StepError> {
    let Some(pipeline) = pipeline(run).await? else { return Ok(()) };
    let Some(name) = &pipeline.state else { return Ok(()) };
    let cloud = run.cloud;
    let bucket = Bucket { cloud, name };
    let mut progress = match bucket.read::<Reached>(PROGRESS_KEY).await? {
        Some(read) => read.content,
        None => {
            let marker_days = unentered.marker_days.unwrap_or(LEAST_MARKER_DAYS);
            let progress = Reached { marker_days, after: None, counts: Counts::default() };
            bucket.write(PROGRESS_KEY, &progress).await?;
            progress
        }
    };
    let (view, now) = (run.view, Timestamp::now());
    let walk = Walk { cloud, pipeline: &pipeline, bucket, view, now };
    loop {
        let page = walk.page(progress.after.as_deref()).await?;
        let Some(last) = page.last() else { break };
        progress.after = Some(last.key.clone());
        let (marker_days, walk) = (progress.marker_days, &walk);
        let fates = stream::iter(page).map(|object| walk.one(object, marker_days));
        let fates: Vec<_> = fates.buffer_unordered(AT_ONCE).collect().await;
        for fate in fates {
            let counts = &mut progress.counts;
            match fate? {
                Fate::Passed => {}
                Fate::Ended => counts.ended += 1,
                Fate::TooOld => (counts.ended, counts.too_old) = (counts.ended + 1, counts.too_old + 1),
                Fate::Open => counts.open += 1,
            }
            counts.looked_at += 1;
        }
        bucket.write(PROGRESS_KEY, &progress).await?;
        let Counts { looked_at, ended, open, .. } = progress.counts;
        run.view.show(&Progress::Entering { looked_at, ended, open });
    }
    let counts = progress.counts;
    done(bucket, counts).await?;
    bucket.delete(PROGRESS_KEY).await?;
    if counts.too_old > 0 {
        let text = format!(
            "{} recordings have no delivery record any more and are treated as delivered",
            counts.too_old
        );
        run.view.show(&Progress::Warning { text });
    }
    run.changed(Action::Updated, Kind::Recordings, ENTERED);
    Ok(())
}

async fn pipeline(run: &Run<'_>) -> Result<Option<Pipeline>, StepError> {
    let stack = match find_stack(run.cloud, &run.plan.stack.name).await {
        Ok(stack) => stack,
        Err(PipelineError::Cloud(error)) => return Err(error.into()),
        Err(_) => return Ok(None),
    };
    Ok(Pipeline::of(&stack).ok())
}

async fn done(bucket: Bucket<'_>, counts: Counts) -> Result<(), CloudError> {
    let entered = Entered { v: state::VERSION, at: Timestamp::now(), counts };
    bucket.put_new(MIGRATED_KEY, &entered).await.map(drop)
}

struct Walk<'a> {
    cloud: &'a Cloud,
    pipeline: &'a Pipeline,
    bucket: Bucket<'a>,
    view: &'a dyn View,
    now: Timestamp,
}

impl Walk<'_> {
    /// The next thousand objects of the recordings bucket.
    async fn page(&self, after: Option<&str>) -> Result<Vec<Listed>, CloudError> {
        let bucket = &self.pipeline.recordings;
        let request =
            self.cloud.s3.list_objects_v2().bucket(bucket).set_start_after(after.map(str::to_owned));
        let page = request.send().await.map_err(wrap(format!("list the bucket {bucket}")))?;
        let listed = page.contents().iter().filter_map(|object| {
            Some(Listed { key: object.key()?.to_owned(), at: object.last_modified().and_then(timestamp)? })
        });
        Ok(listed.collect())
    }

    async fn one(&self, Listed { key, at }: Listed, marker_days: u32) -> Result<Fate, CloudError> {
        let id = key.strip_suffix(RECORDING_SUFFIX).and_then(|id| VoicemailId::parse(id).ok());
        let Some(id) = id else { return Ok(Fate::Passed) };
        let tags = Tags::read(self.cloud, &self.pipeline.recordings, &key).await?;
        let Some(tags) = tags else { return Ok(Fate::Passed) };
        let state = tags.retention();
        if state.is_some_and(Retention::is_settled) {
            return Ok(Fate::Passed);
        }
        if let Some(ended_at) = self.bucket.written(&id.ended_key()).await? {
            return self.ended(&id, &key, tags, Retention::ended(at, ended_at)).await;
        }
        let transcripts = Bucket { cloud: self.cloud, name: &self.pipeline.transcripts };
        if let Some(ended_at) = transcripts.written(&id.old_delivered_key()).await? {
            return self.ended(&id, &key, tags, Retention::ended(at, ended_at)).await;
        }
        // One day less, because a marker may have just expired.
        let marked = SignedDuration::from_hours(24 * i64::from(marker_days.saturating_sub(1)));
        if state.is_none() && self.now.duration_since(at) > marked {
            self.tag(&key, tags, Retention::Done).await?;
            return Ok(Fate::TooOld);
        }
        self.bucket.put_new(&id.undelivered_key(), &Undelivered::new(at)).await?;
        self.tag(&key, tags.clone(), Retention::Open).await?;
        // The functions are running: a voicemail that has just ended must not stay listed.
        if let Some(ended_at) = self.bucket.written(&id.ended_key()).await? {
            return self.ended(&id, &key, tags, Retention::ended(at, ended_at)).await;
        }
        Ok(Fate::Open)
    }

    async fn ended(
        &self,
        id: &VoicemailId,
        key: &str,
        tags: Tags,
        retention: Retention,
    ) -> Result<Fate, CloudError> {
        self.tag(key, tags, retention).await?;
        self.bucket.delete(&id.undelivered_key()).await?;
        Ok(Fate::Ended)
    }

    /// Sets the retention tag of a recording. One that takes no more tags is kept, with a warning.
    async fn tag(&self, key: &str, tags: Tags, retention: Retention) -> Result<(), CloudError> {
        if tags.keep(self.cloud, &self.pipeline.recordings, key, retention).await? {
            self.view.show(&Progress::Warning { text: recording_tags::full(key) });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use aws_sdk_cloudformation::Client as CloudFormation;
    use aws_sdk_cloudformation::operation::describe_stacks::DescribeStacksOutput;
    use aws_sdk_cloudformation::operation::list_stack_resources::ListStackResourcesOutput;
    use aws_sdk_cloudformation::types::StackResourceSummary;
    use aws_smithy_mocks::{Rule, mock};

    use super::*;
    use crate::apply::tests::options;
    use crate::interrupt::Interrupts;
    use crate::testing::{Objects, Recorder, cloud, pipeline_stack, stack};
    use vmx_model::testing::first_plan;

    const RECORDINGS: &str = "the-RecordingsBucket";
    const STATE: &str = "the-StateBucket";

    fn id(n: u32) -> String {
        format!("00000000-0000-4000-8000-0000000000{n:02}")
    }

    /// Whole seconds, like S3's times.
    fn days_ago(days: i64) -> Timestamp {
        static NOW: std::sync::LazyLock<Timestamp> = std::sync::LazyLock::new(Timestamp::now);
        let now = Timestamp::from_second(NOW.as_second()).unwrap();
        now - SignedDuration::from_hours(24 * days)
    }

    fn stack_rules() -> [Rule; 2] {
        let described = mock!(CloudFormation::describe_stacks)
            .then_output(|| DescribeStacksOutput::builder().stacks(stack("UPDATE_COMPLETE")).build());
        let resources = mock!(CloudFormation::list_stack_resources).then_output(|| {
            let summary = |resource: vmx_model::actual::StackResource| {
                StackResourceSummary::builder()
                    .logical_resource_id(resource.logical_id)
                    .physical_resource_id(resource.physical_id)
                    .resource_type(resource.resource_type)
                    .build()
            };
            let all = pipeline_stack().resources.into_iter().map(summary).collect();
            ListStackResourcesOutput::builder().set_stack_resource_summaries(Some(all)).build()
        });
        [described, resources]
    }

    /// Enters what is in the buckets; returns the reports.
    async fn entered(objects: &Objects) -> Vec<String> {
        let rules = stack_rules();
        let mut cloud = cloud(&rules.each_ref(), &[], &[]);
        objects.serve(&mut cloud);
        let (plan, interrupts, recorder) = (first_plan(), Interrupts::default(), Recorder::default());
        let mut run = Run::new(&cloud, &plan, options(&interrupts), &recorder);
        enter(&mut run, &Unentered { marker_days: Some(30) }).await.unwrap();
        recorder.taken()
    }

    #[tokio::test]
    async fn what_was_delivered_may_expire_and_what_was_not_is_listed() {
        let objects = Objects::default();
        let recording = |n: u32, days: i64| {
            objects.put(RECORDINGS, &format!("{}.wav", id(n)), "audio", days_ago(days));
        };
        // Delivered by the previous version; undelivered; older than its markers; ended since; tagged by this one.
        for (n, days) in [(1, 3), (2, 3), (3, 29), (4, 1), (5, 1), (6, 90)] {
            recording(n, days);
        }
        objects.put("the-TranscriptsBucket", &format!("delivered/{}", id(1)), "{}", days_ago(3));
        objects.tag(RECORDINGS, &format!("{}.wav", id(1)), "theirs", "kept");
        let ended = r#"{"v":1,"outcome":"delivered","at":"2026-11-23T10:00:00Z"}"#;
        objects.put(STATE, &format!("ended/{}", id(4)), ended, days_ago(0));
        objects.put(STATE, &format!("undelivered/{}", id(4)), "{}", days_ago(0));
        objects.tag(RECORDINGS, &format!("{}.wav", id(5)), "vm-state", "open");
        objects.tag(RECORDINGS, &format!("{}.wav", id(6)), "vm-state", "done");
        objects.put(RECORDINGS, "theirs.wav", "no voicemail", days_ago(1));

        let told = entered(&objects).await;
        let tags = |n: u32| objects.tags(RECORDINGS, &format!("{}.wav", id(n))).join(" ");
        assert_eq!(
            [1, 2, 3, 4, 5, 6].map(tags),
            [
                "theirs=kept vm-state=done",
                "vm-state=open",
                "vm-state=done",
                "vm-state=late-60",
                "vm-state=open",
                "vm-state=done"
            ]
        );
        assert_eq!(objects.tags(RECORDINGS, "theirs.wav"), Vec::<String>::new());
        assert_eq!(
            objects.keys(STATE),
            [
                format!("ended/{}", id(4)),
                format!("undelivered/{}", id(2)),
                format!("undelivered/{}", id(5)),
                MIGRATED_KEY.to_owned()
            ]
        );
        let open: Undelivered =
            serde_json::from_str(&objects.text(STATE, &format!("undelivered/{}", id(2))).unwrap()).unwrap();
        assert_eq!(open.since, days_ago(3));
        assert!(
            told.iter().any(|line| line.starts_with("warning 1 recordings have no delivery record")),
            "{told:?}"
        );
        assert_eq!(told.last().unwrap(), "updated recordings of the earlier version");
    }

    #[tokio::test]
    async fn a_run_that_was_stopped_goes_on_where_it_was() {
        let objects = Objects::default();
        for n in [1, 2, 3] {
            objects.put(RECORDINGS, &format!("{}.wav", id(n)), "audio", days_ago(1));
        }
        let progress = format!(
            r#"{{"markerDays":20,"after":"{}.wav","counts":{{"lookedAt":2,"ended":1,"open":1,"tooOld":0}}}}"#,
            id(2)
        );
        objects.put(STATE, PROGRESS_KEY, &progress, days_ago(0));
        let told = entered(&objects).await;
        assert_eq!(objects.keys(STATE), [format!("undelivered/{}", id(3)), MIGRATED_KEY.to_owned()]);
        assert!(told.contains(&"Entering { looked_at: 3, ended: 1, open: 2 }".to_owned()), "{told:?}");
    }
}
