//! `rollback`: plans, shows, approves and applies an earlier deployment like any other change.

use jiff::Timestamp;

use super::busy;
use super::installation::connect;
use super::prepare::{Prepared, approve, carry_out_approved, findings_for, show};
use super::session::Session;
use crate::approval::CommandKind;
use crate::cli::InstallationArgs;
use crate::error::Failure;
use crate::event::{Event, EventView};
use vmx_engine::cloud::Cloud;
use vmx_engine::deployments::{Bucket, choose, history, list, read, time};
use vmx_engine::discover::discover;
use vmx_engine::pipeline::{Pipeline, find_stack};
use vmx_engine::progress::Progress;
use vmx_engine::redrive::{self, RedriveError};
use vmx_model::actual::Actual;
use vmx_model::params::Params;
use vmx_model::parts::STATE_BUCKET;
use vmx_model::plan::{PlanOptions, has_state_bucket, plan};
use vmx_model::render::Rendered;

/// The warning for a version that does not record which voicemails have ended.
const BEFORE_STATES: &str = "the earlier version delivers only a contact's last message and does not detect \
                             lost voicemails; waiting voicemails are retried first, and the bucket that \
                             records which voicemails have ended is kept";

/// Rolls back to an earlier deployment.
pub(super) async fn rollback(
    installation: &InstallationArgs,
    to: Option<&str>,
    options: PlanOptions,
    session: Session<'_>,
) -> Result<(), Failure> {
    let (now, cloud) = connect(installation, session.profile, session.view).await?;
    let (mut prepared, gone_back) = prepare(cloud, &now, to, options, session.view).await?;
    show(&prepared.plan, session.view);
    let Prepared { cloud, params, actual, plan, .. } = &prepared;
    prepared.findings = findings_for(plan, None, cloud, params, actual).await;
    approve(&prepared, CommandKind::Asking, &session).await?;
    if loses_state_bucket(&prepared.actual, &prepared.rendered) && !prepared.plan.changes().is_empty() {
        let Prepared { cloud, params, .. } = &prepared;
        if let Err(error) = retry_everything(cloud, params, session.view).await {
            // What remains waits in its dead-letter queue, where the earlier version finds it too.
            session.view.show(&Progress::Warning { text: error.to_string() });
        }
    }
    carry_out_approved(&prepared, gone_back, session).await
}

/// Whether the target version does not record which voicemails have ended.
fn loses_state_bucket(actual: &Actual, rendered: &Rendered) -> bool {
    let has_one = actual.stack.as_ref().is_some_and(|stack| stack.physical_id(STATE_BUCKET).is_some());
    has_one && !has_state_bucket(&rendered.stack.template_body)
}

/// Retries everything that waits, because the earlier version will not.
async fn retry_everything(cloud: &Cloud, params: &Params, view: &dyn EventView) -> Result<(), RedriveError> {
    let pipeline = Pipeline::of(&find_stack(cloud, params.stack.as_str()).await?)?;
    let selection = redrive::Selection { all_open: true, ..redrive::Selection::default() };
    let found = redrive::find(cloud, &pipeline, params, &selection, Timestamp::now()).await?;
    view.show(&found.event());
    redrive::redrive(cloud, &pipeline, params, &found, None, view).await.map(drop)
}

/// Everything up to the plan, and the final message. Changes nothing.
async fn prepare(
    cloud: Cloud,
    now: &Params,
    to: Option<&str>,
    options: PlanOptions,
    view: &dyn EventView,
) -> Result<(Prepared, Vec<String>), Failure> {
    view.tell(&Event::Discovering);
    let actual = discover(&cloud, now).await?;
    let bucket = Bucket { name: &actual.artifacts.bucket, owner: &actual.identity.account };
    let keys = list(&cloud, bucket).await?;
    let key = choose(&keys, to)?;
    let times = keys.iter().map(|key| time(key).to_owned()).collect();
    let deployments = history(&cloud, bucket, &keys).await;
    view.tell(&Event::Deployments { times, deployments, to: time(key).to_owned() });
    let deployment = read(&cloud, bucket, key).await??;
    let artifacts = deployment.code(&actual.artifacts.keys)?;
    let params = Params::from_yaml(key, &deployment.params.to_string())?;
    // It may name another queue, for example, than today's parameters.
    let actual = discover(&cloud, &params).await?;
    let rendered = deployment.rendered;
    let mut plan = match plan(&params, &actual, &rendered, &artifacts, options) {
        Ok(plan) => plan,
        Err(error) => return Err(busy::explain(&cloud, &actual, error).await),
    };
    plan.notes
        .push("the parameters file is not changed: installing with it again undoes this rollback".to_owned());
    if loses_state_bucket(&actual, &rendered) {
        plan.notes.push(BEFORE_STATES.to_owned());
    }
    view.tell(&Event::target(&plan.target, &plan.stack.name));
    let gone_back = gone_back(keys.first().map(|key| time(key)), time(key));
    Ok((Prepared { cloud, params, actual, rendered, artifacts, plan, findings: Vec::new() }, gone_back))
}

/// The final message: the target, and how to undo the rollback.
fn gone_back(from: Option<&str>, to: &str) -> Vec<String> {
    let mut said = vec![format!("rolled back to the deployment of {to}")];
    if let Some(from) = from.filter(|from| *from != to) {
        said.push(format!("undo it with `vmx-install rollback --to {from}`"));
    }
    said
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use aws_sdk_cloudformation::Client as CloudFormation;
    use aws_sdk_cloudformation::operation::describe_stacks::DescribeStacksOutput;
    use aws_sdk_cloudformation::operation::get_template::GetTemplateOutput;
    use aws_sdk_cloudformation::operation::list_stack_resources::ListStackResourcesOutput;
    use aws_sdk_s3::Client as S3;
    use aws_sdk_s3::operation::get_bucket_tagging::GetBucketTaggingOutput;
    use aws_sdk_s3::operation::get_object::GetObjectOutput;
    use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
    use aws_sdk_s3::types::{Object, Tag};
    use aws_smithy_mocks::{Rule, mock};

    use super::*;
    use crate::exit::{Exit, exit_code};
    use vmx_engine::deployments::Deployment;
    use vmx_engine::testing::{self, Recorder};
    use vmx_model::ownership::artifact_key;
    use vmx_model::plan::StackChange;
    use vmx_model::render::render;
    use vmx_model::testing::nothing_there;

    const NEWEST: &str = "20260103T100000000Z";
    const BEFORE: &str = "20260102T100000000Z";

    /// The deployment that is gone back to: of the same stack, with another setting.
    fn deployment() -> Deployment {
        let yaml =
            "version: 1\nregion: eu-west-2\ninstance: shop\nstack: vmx\nretention: {recordings_days: 30}\n";
        let params = Params::from_yaml("params.yaml", yaml).unwrap();
        let rendered = render(&params, &nothing_there().facts()).unwrap();
        Deployment::new(
            "arn:aws:iam::111122223333:user/admin",
            &params,
            &rendered,
            &vmx_model::testing::artifacts(),
        )
    }

    /// A code bucket with deployments of these times, whose records all say the same, and with code.
    fn bucket(times: &'static [&'static str], record: String, has_code: bool) -> Vec<Rule> {
        let tags = mock!(S3::get_bucket_tagging).then_output(|| {
            let tag = Tag::builder().key("vmx:stack").value("vmx").build().unwrap();
            GetBucketTaggingOutput::builder().tag_set(tag).build().unwrap()
        });
        let listed = mock!(S3::list_objects_v2).then_compute_output(move |request| {
            let keys: Vec<String> = match request.prefix() {
                Some("deployments/") => {
                    times.iter().map(|time| format!("deployments/{time}-run-1.json")).collect()
                }
                _ if has_code => vmx_model::testing::artifacts()
                    .iter()
                    .map(|one| artifact_key(&one.function, &one.sha256))
                    .collect(),
                _ => Vec::new(),
            };
            let objects = keys.into_iter().map(|key| Object::builder().key(key).build()).collect();
            ListObjectsV2Output::builder().set_contents(Some(objects)).build()
        });
        let read = mock!(S3::get_object)
            .then_output(move || GetObjectOutput::builder().body(record.clone().into_bytes().into()).build());
        vec![tags, listed, read]
    }

    async fn prepared(
        s3: &[Rule],
        status: &'static str,
        to: Option<&str>,
    ) -> (Result<(Prepared, Vec<String>), Failure>, Vec<String>) {
        let stack = mock!(CloudFormation::describe_stacks)
            .then_output(move || DescribeStacksOutput::builder().stacks(testing::stack(status)).build());
        let template = mock!(CloudFormation::get_template)
            .then_output(|| GetTemplateOutput::builder().template_body("Resources: {}").build());
        let resources = mock!(CloudFormation::list_stack_resources)
            .then_output(|| ListStackResourcesOutput::builder().build());
        let connect = testing::instance([None, None]);
        let (connect, s3): (Vec<_>, Vec<_>) = (connect.iter().collect(), s3.iter().collect());
        let cloud = testing::cloud(&[&stack, &template, &resources], &connect, &s3);
        let recorder = Recorder::default();
        let ended =
            prepare(cloud, &vmx_model::testing::params(), to, PlanOptions::default(), &recorder).await;
        (ended, recorder.taken())
    }

    fn record() -> String {
        serde_json::to_string(&deployment()).unwrap()
    }

    #[tokio::test]
    async fn what_was_installed_before_is_what_is_planned() {
        let (ended, told) =
            prepared(&bucket(&[BEFORE, NEWEST], record(), true), "UPDATE_COMPLETE", None).await;
        let (prepared, gone_back) = ended.unwrap();
        let plan = &prepared.plan;
        assert_eq!(plan.stack.template, deployment().rendered.stack.template_body);
        assert!(matches!(plan.stack.change, StackChange::Update { .. }), "{:?}", plan.stack.change);
        assert!(plan.uploads.is_empty(), "the code is there: {:?}", plan.uploads);
        assert_eq!(prepared.params.retention.recordings_days.get(), 30);
        assert!(plan.notes.iter().any(|note| note.contains("parameters file is not changed")));
        assert!(told.iter().any(|event| event.contains(&format!("to: \"{BEFORE}\""))), "{told:?}");
        assert_eq!(
            gone_back,
            [
                format!("rolled back to the deployment of {BEFORE}"),
                format!("undo it with `vmx-install rollback --to {NEWEST}`"),
            ]
        );
    }

    #[tokio::test]
    async fn where_there_is_no_way_back_nothing_is_planned() {
        let other_form = record().replacen("\"version\":1", "\"version\":2", 1);
        for (s3, to, why) in [
            (bucket(&[NEWEST], record(), true), None, "no earlier deployment"),
            (bucket(&[], record(), true), None, "no earlier deployment"),
            (bucket(&[BEFORE, NEWEST], record(), true), Some("2025"), "does not match one deployment"),
            (bucket(&[BEFORE, NEWEST], record(), false), None, "is missing from the code bucket"),
            (bucket(&[BEFORE, NEWEST], "{}".into(), true), None, "could not read the deployment"),
            (bucket(&[BEFORE, NEWEST], other_form, true), None, "format version is 2"),
        ] {
            let (ended, _) = prepared(&s3, "UPDATE_COMPLETE", to).await;
            let failure = ended.err().unwrap();
            assert!(failure.to_string().contains(why), "{why}: {failure}");
            assert!(failure.to_string().contains("; nothing was changed"), "{failure}");
            assert_eq!(exit_code(&failure), Exit::Failed);
        }
    }

    #[tokio::test]
    async fn a_stack_that_got_stuck_is_not_gone_back_with() {
        let s3 = bucket(&[BEFORE, NEWEST], record(), true);
        let (ended, _) = prepared(&s3, "UPDATE_ROLLBACK_FAILED", None).await;
        assert_eq!(exit_code(&ended.err().unwrap()), Exit::NeedsRepair);
    }

    #[test]
    fn what_is_installed_already_has_no_way_forth() {
        assert_eq!(gone_back(Some(NEWEST), NEWEST), [format!("rolled back to the deployment of {NEWEST}")]);
    }

    #[test]
    fn going_back_to_a_version_without_states_is_told_as_that() {
        let mut actual = nothing_there();
        let mut rendered = deployment().rendered;
        assert!(!loses_state_bucket(&actual, &rendered));
        actual.stack = Some(testing::pipeline_stack());
        assert!(!loses_state_bucket(&actual, &rendered), "both list what has not ended");
        let template = &mut rendered.stack.template_body;
        *template = template.replace("  StateBucket:", "  OtherBucket:");
        assert!(loses_state_bucket(&actual, &rendered));
        assert!(BEFORE_STATES.contains("only a contact's last message"));
    }
}
