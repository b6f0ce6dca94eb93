#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::actual::{Actual, Storage, StorageConfig, UnkeptStream};
use crate::change::{Action, Kind};
use crate::flow_content::fingerprint;
use crate::params::Params;
use crate::parts::Function;
use crate::render::render;
use crate::testing::{after, artifacts, first_plan, nothing_there, params};

fn planned(actual: &Actual) -> Result<Plan, PlanError> {
    let rendered = render(&params(), &actual.facts()).unwrap();
    plan(&params(), actual, &rendered, &artifacts(), PlanOptions::default())
}

fn installed() -> Actual {
    after(&first_plan(), nothing_there())
}

fn told(plan: &Plan) -> Vec<(Action, Kind)> {
    plan.changes().iter().map(|change| (change.action, change.kind)).collect()
}

#[test]
fn a_first_installation_makes_everything() {
    let plan = first_plan();
    assert!(plan.is_first_installation());
    let mut made = vec![(Action::Created, Kind::Bucket)];
    made.extend(Function::ALL.map(|_| (Action::Uploaded, Kind::Artifact)));
    made.extend([
        (Action::Created, Kind::Stack),
        (Action::Associated, Kind::StorageConfig),
        (Action::Associated, Kind::StorageConfig),
        (Action::Created, Kind::Flow),
        (Action::Created, Kind::Flow),
    ]);
    assert_eq!(told(&plan), made);
    let task_flow = plan.stack.parameters.get("TaskFlowId");
    assert_eq!(task_flow, Some(&Value::NewFlow(FlowKey::Task)));
    assert!(plan.flows.iter().all(|flow| flow.before_stack == (flow.key == FlowKey::Task)));
    assert_eq!(plan.notes, Vec::<String>::new());
}

fn guided() -> Params {
    let text = "version: 1\nregion: eu-west-2\ninstance: shop\nstack: vmx\nmodes: [task, guided_task]\n";
    Params::from_yaml("params.yaml", text).unwrap()
}

fn plan_guided(actual: &Actual) -> Plan {
    let rendered = render(&guided(), &actual.facts()).unwrap();
    plan(&guided(), actual, &rendered, &artifacts(), PlanOptions::default()).unwrap()
}

#[test]
fn a_guide_is_made_before_the_stack_and_its_function_is_allowed_after_it() {
    let plan = plan_guided(&nothing_there());
    let flow = |key| plan.flows.iter().find(|flow| flow.key == key).unwrap();
    let (guide, task) = (flow(FlowKey::AgentGuide), flow(FlowKey::GuidedTask));
    // The stack names the task's flow, and that flow the guide.
    assert!(guide.before_stack && task.before_stack && !flow(FlowKey::Voicemail).before_stack);
    let place = |key| plan.flows.iter().position(|flow| flow.key == key);
    assert!(place(FlowKey::AgentGuide) < place(FlowKey::GuidedTask));
    let parameter = plan.stack.parameters.get("GuidedTaskFlowId");
    assert_eq!(parameter, Some(&Value::NewFlow(FlowKey::GuidedTask)));
    assert_eq!(plan.associations, [FlowFunction::OfStack("PlaybackFunctionArn")]);
    let told = plan.changes();
    let association = told.iter().find(|change| change.kind == Kind::Lambda).unwrap();
    assert_eq!(association.to_string(), "associate function vmx_playback");
}

#[test]
fn the_guides_function_is_allowed_once() {
    let arn = "arn:aws:lambda:eu-west-2:111122223333:function:vmx-PlaybackFunction-1";
    let mut actual = after(&plan_guided(&nothing_there()), nothing_there());
    let outputs = &mut actual.stack.as_mut().unwrap().outputs;
    outputs.insert("PlaybackFunctionArn".to_owned(), arn.to_owned());
    assert_eq!(plan_guided(&actual).associations, [FlowFunction::Arn(arn.to_owned())]);
    actual.associated_functions.insert(arn.to_owned());
    assert_eq!(plan_guided(&actual).associations, []);
    // Who gives up guided tasks needs no function any more; the flows stay and are told of.
    let without = planned(&actual).unwrap();
    assert_eq!(without.associations, []);
    assert_eq!(without.notes.iter().filter(|note| note.contains("guide")).count(), 2, "{:?}", without.notes);
}

#[test]
fn what_is_installed_needs_nothing() {
    let plan = planned(&installed()).unwrap();
    assert_eq!(plan.changes(), []);
    assert_eq!(plan.notes, Vec::<String>::new());
}

#[test]
fn a_new_function_is_uploaded_and_changes_the_stack_alone() {
    let actual = installed();
    let rendered = render(&params(), &actual.facts()).unwrap();
    let mut artifacts = artifacts();
    artifacts[1].sha256 = "cd".repeat(32);
    let plan = plan(&params(), &actual, &rendered, &artifacts, PlanOptions::default()).unwrap();
    assert_eq!(told(&plan), [(Action::Uploaded, Kind::Artifact), (Action::Updated, Kind::Stack)]);
    let differs = vec!["parameter TranscriberCode".to_owned()];
    assert_eq!(plan.stack.change, StackChange::Update { differs });
}

#[test]
fn a_flow_that_nobody_edited_is_updated() {
    let mut actual = installed();
    let older = actual.flows[1].content.replace("saved", "kept");
    actual.flows[1].written = Some(fingerprint(&older));
    actual.flows[1].content = older;
    let plan = planned(&actual).unwrap();
    assert_eq!(told(&plan), [(Action::Updated, Kind::Flow)]);
}

#[test]
fn a_flow_that_somebody_edited_is_kept_and_told() {
    let mut actual = installed();
    actual.flows[1].content = actual.flows[1].content.replace("saved", "kept");
    let plan = planned(&actual).unwrap();
    assert_eq!(plan.changes(), []);
    assert!(plan.notes[0].contains("edited in the instance"), "{:?}", plan.notes);
}

#[test]
fn a_run_that_was_stopped_before_the_tag_is_completed() {
    let mut actual = installed();
    actual.flows[0].written = Some("older".into());
    let plan = planned(&actual).unwrap();
    assert!(matches!(plan.flows[0].change, FlowChange::Tag { .. }));
}

#[test]
fn a_task_flow_that_is_gone_is_made_anew_and_told_to_the_stack() {
    let mut actual = installed();
    actual.flows.retain(|flow| flow.key != FlowKey::Task);
    let plan = planned(&actual).unwrap();
    assert_eq!(told(&plan), [(Action::Updated, Kind::Stack), (Action::Created, Kind::Flow)]);
}

#[test]
fn a_flow_of_somebody_else_is_not_touched() {
    let mut actual = nothing_there();
    let name = first_plan().flows[0].name.clone();
    actual.other_flows.push(name.clone());
    assert_eq!(planned(&actual), Err(PlanError::ForeignFlow { name }));
}

#[test]
fn what_the_instance_has_is_adopted() {
    let mut actual = nothing_there();
    let stream = "arn:aws:kinesis:eu-west-2:111122223333:stream/theirs".to_owned();
    actual.contact_records = Some(StorageConfig {
        association_id: "a".into(),
        storage: Storage::KinesisStream { arn: stream.clone() },
    });
    actual.media_streams = Some(StorageConfig {
        association_id: "b".into(),
        storage: Storage::KinesisVideo {
            prefix: "theirs-connect-shop-contact-".into(),
            retention_hours: 24,
            key: Some("arn:aws:kms:eu-west-2:111122223333:key/k".into()),
        },
    });
    let facts = actual.facts();
    assert_eq!(facts.contact_records.unwrap().arn, stream);
    let media = facts.media_streams.unwrap();
    assert_eq!((media.prefix.as_str(), media.kms_key_arn.is_some()), ("theirs", true));
    let first = planned(&actual).unwrap();
    assert_eq!(first.storage, []);
    // The second run sees the same: that the stack names the stream in an output does not make it the stack's.
    let mut second = after(&first, actual.clone());
    (second.contact_records, second.media_streams) = (actual.contact_records, actual.media_streams);
    // Later, too: the stream is read from where it was first.
    second.looked_at += jiff::SignedDuration::from_hours(24);
    assert_eq!(second.facts().contact_records.unwrap().arn, stream);
    assert_eq!(planned(&second).unwrap().changes(), []);
}

/// Parameters with a key of one's own and a bucket for logs.
fn protected() -> Params {
    let key = "arn:aws:kms:eu-west-2:111122223333:key/k";
    let text = format!(
        "version: 1\nregion: eu-west-2\ninstance: shop\nstack: vmx\nkms_key: {key}\nbuckets: {{access_logs_bucket: logs-example}}\n"
    );
    Params::from_yaml("params.yaml", &text).unwrap()
}

fn plan_protected(actual: &Actual) -> Plan {
    let params = protected();
    let rendered = render(&params, &actual.facts()).unwrap();
    plan(&params, actual, &rendered, &artifacts(), PlanOptions::default()).unwrap()
}

#[test]
fn a_key_of_ones_own_reaches_what_the_installer_makes_itself() {
    let key = protected().kms_key.as_str().to_owned();
    let first = plan_protected(&nothing_there());
    assert_eq!(first.bucket.key.as_deref(), Some(key.as_str()));
    assert_eq!(first.bucket.logs_to.as_deref(), Some("logs-example"));
    let of_media = first.storage.iter().find_map(|change| match change {
        StorageChange::MediaStreams { key, .. } => Some(key),
        StorageChange::ContactRecords => None,
    });
    assert_eq!(of_media, Some(&key));
    // A bucket that is there is set up anew, once; media that stream already keep their key, and that is said.
    let mut actual = installed();
    let later = plan_protected(&actual);
    assert!(later.bucket.set_up && later.storage.is_empty());
    assert!(
        later.notes.iter().any(|note| note.contains("alias/aws/kinesisvideo, not with")),
        "{:?}",
        later.notes
    );
    actual.artifacts.key = Some(key);
    actual.artifacts.logs_to = Some("logs-example".into());
    assert!(!plan_protected(&actual).bucket.set_up);
    assert!(planned(&actual).unwrap().bucket.set_up, "and taken back when the parameters ask for it no more");
}

#[test]
fn media_that_are_not_kept_stand_in_the_way() {
    let mut actual = nothing_there();
    actual.media_streams = Some(StorageConfig {
        association_id: "b".into(),
        storage: Storage::KinesisVideo { prefix: "theirs".into(), retention_hours: 0, key: None },
    });
    assert_eq!(planned(&actual), Err(PlanError::MediaNotKept));
}

#[test]
fn the_state_of_the_stack_decides() {
    let with = |status: &str| {
        let mut actual = installed();
        actual.stack.as_mut().unwrap().status = status.to_owned();
        planned(&actual).map(|plan| plan.stack.change)
    };
    assert!(matches!(with("ROLLBACK_COMPLETE"), Ok(StackChange::Replace { .. })));
    assert_eq!(with("REVIEW_IN_PROGRESS"), Ok(StackChange::Create));
    assert!(matches!(with("UPDATE_IN_PROGRESS"), Err(PlanError::Busy { .. })));
    assert!(matches!(with("UPDATE_ROLLBACK_FAILED"), Err(PlanError::Stuck { .. })));
    assert_eq!(with("UPDATE_ROLLBACK_COMPLETE"), Ok(StackChange::None));
}

#[test]
fn edits_are_told_and_written_over_where_that_is_wanted() {
    let mut actual = installed();
    let edited = actual.flows.iter_mut().find(|flow| flow.key == FlowKey::Voicemail).unwrap();
    edited.content = edited.content.replace("has been saved", "has been kept");
    let kept = planned(&actual).unwrap();
    assert_eq!(kept.changes(), []);
    let difference = &kept.details.flows[0];
    assert_eq!((difference.fate, difference.blocks[0].block.as_str()), (FlowFate::Kept, "Goodbye"));
    let to = |difference: &FlowDifference| difference.blocks[0].members[0].to.clone().unwrap();
    assert!(to(difference).contains("has been kept"), "what somebody changed");

    let rendered = render(&params(), &actual.facts()).unwrap();
    let options = PlanOptions { overwrite_flows: true };
    let overwritten = plan(&params(), &actual, &rendered, &artifacts(), options).unwrap();
    assert_eq!(told(&overwritten), [(Action::Updated, Kind::Flow)]);
    let difference = &overwritten.details.flows[0];
    assert_eq!(difference.fate, FlowFate::Overwritten);
    assert!(to(difference).contains("has been saved"), "what will be");
    assert!(overwritten.notes[0].contains("replaces the edits"), "{:?}", overwritten.notes);
}

#[test]
fn an_update_tells_properties_and_permissions_and_a_first_installation_all_and_its_cost() {
    let first = first_plan();
    assert!(first.details.cost.is_some() && !first.details.permissions.broadening.is_empty());
    assert_eq!(first.broadening(), Vec::<String>::new());

    let mut actual = installed();
    let stack = actual.stack.as_mut().unwrap();
    // As it was before: one queue was slower, and the packager could not search for agents.
    stack.template = stack
        .template
        .replace("VisibilityTimeout: 360", "VisibilityTimeout: 300")
        .replace("- connect:SearchUsers", "- connect:DescribeUser");
    let update = planned(&actual).unwrap();
    let queue = update.details.resources.iter().find(|one| one.logical_id == "RecordingsQueue").unwrap();
    assert_eq!(queue.properties[0].path, "VisibilityTimeout");
    assert!(update.details.resources.iter().all(|change| !change.ends_the_old()));
    let broadening = update.broadening().join("\n");
    assert!(
        broadening.contains("PackagerRole") && broadening.contains("connect:SearchUsers"),
        "{broadening}"
    );
    assert!(update.details.cost.is_none());
}

#[test]
fn rates_are_told_first_and_where_what_is_laid_out_changes() {
    assert!(first_plan().details.rates_matter);
    let mut actual = installed();
    assert!(!planned(&actual).unwrap().details.rates_matter);
    let stack = actual.stack.as_mut().unwrap();
    let as_installed = stack.template.clone();
    stack.template = as_installed.replace("VisibilityTimeout: 360", "VisibilityTimeout: 300");
    assert!(!planned(&actual).unwrap().details.rates_matter);
    let fewer = as_installed.replace("ParallelizationFactor: 2", "ParallelizationFactor: 1");
    actual.stack.as_mut().unwrap().template = fewer;
    let details = planned(&actual).unwrap().details;
    assert!(details.rates_matter);
    let rates: Vec<(u32, bool)> =
        details.rates.iter().map(|rate| (rate.capacity.per_hour, rate.expected)).collect();
    assert_eq!(rates, [(100, false), (2_000, true), (20_000, false), (200_000, false)]);
}

#[test]
fn a_template_that_cannot_be_compared_counts_as_nothing() {
    let mut actual = installed();
    actual.stack.as_mut().unwrap().template = "no template".into();
    let update = planned(&actual).unwrap();
    assert!(
        update.notes.iter().any(|note| note.contains("cannot compare the template")),
        "{:?}",
        update.notes
    );
    assert!(!update.broadening().is_empty(), "everything has to be approved");
}

#[test]
fn what_somebody_removed_from_the_instance_is_told_as_that() {
    let mut actual = installed();
    actual.media_streams = None;
    let plan = planned(&actual).unwrap();
    let detail = plan.changes()[0].detail.clone().unwrap();
    assert!(detail.contains("it was removed"), "{detail}");
}

#[test]
fn whispers_come_after_the_stack_and_before_the_flows_that_take_messages() {
    let text = "version: 1\nregion: eu-west-2\ninstance: shop\nstack: vmx\nmodes: [task, guided_task]\nflows: {voicemail_module: true, in_queue_offer: true, test_line: true}\n";
    let params = Params::from_yaml("params.yaml", text).unwrap();
    let planned = |actual: &Actual| {
        let rendered = render(&params, &actual.facts()).unwrap();
        plan(&params, actual, &rendered, &artifacts(), PlanOptions::default()).unwrap()
    };
    let first = planned(&nothing_there());
    let mut older = after(&first, nothing_there());
    for flow in &mut older.flows {
        // As an earlier version wrote it.
        flow.content = flow.content.replace("2019-10-30", "2019-10-29");
        flow.written = Some(fingerprint(&flow.content));
    }
    let upgrade = planned(&older);
    assert!(upgrade.flows.iter().all(|flow| matches!(flow.change, FlowChange::Update { .. })));
    let fills_slots =
        [FlowKey::Voicemail, FlowKey::VoicemailModule, FlowKey::InQueueOffer, FlowKey::TestLine];
    for plan in [first, upgrade] {
        assert_eq!(plan.flows.len(), FlowKey::ALL.len());
        let place = |key| plan.flows.iter().position(|flow| flow.key == key).unwrap();
        for later in fills_slots {
            let later_flow = &plan.flows[place(later)];
            assert!(!later_flow.before_stack, "{later}");
            for whisper in [FlowKey::AgentWhisper, FlowKey::CustomerWhisper] {
                assert!(place(whisper) < place(later), "{whisper} {later}");
                assert!(!plan.flows[place(whisper)].before_stack, "{whisper}");
            }
        }
    }
}

#[test]
fn streams_that_keep_nothing_are_a_change_like_any_other() {
    let mut actual = installed();
    assert_eq!(planned(&actual).unwrap().keep_media, []);
    let stream =
        |name: &str| UnkeptStream { name: name.into(), arn: format!("arn:of:{name}"), version: "v1".into() };
    actual.unkept_streams = Ok(vec![stream("vmx-connect-shop-contact-1")]);
    if let Some(StorageConfig { storage: Storage::KinesisVideo { retention_hours, .. }, .. }) =
        &mut actual.media_streams
    {
        *retention_hours = 48;
    }
    let plan = planned(&actual).unwrap();
    assert_eq!(told(&plan), [(Action::Updated, Kind::VideoStream)]);
    // As the instance is set, which may be other than the parameters.
    let told = plan.changes()[0].to_string();
    assert!(
        told.starts_with("update video stream vmx-connect-shop-contact-1 (set a retention of 48 hours"),
        "{told}"
    );
}

#[test]
fn recordings_of_the_version_before_are_entered_by_a_version_that_lists_them() {
    let mut actual = installed();
    actual.unentered = Some(Unentered { marker_days: Some(90) });
    let plan = planned(&actual).unwrap();
    assert_eq!(told(&plan), [(Action::Updated, Kind::Recordings)]);
    assert!(
        plan.changes()[0]
            .to_string()
            .starts_with("update recordings of the earlier version (each is recorded")
    );
    // Going back to the version before, nothing is entered.
    let mut rendered = render(&params(), &actual.facts()).unwrap();
    rendered.stack.template_body = rendered.stack.template_body.replace("  StateBucket:", "  OtherBucket:");
    let back = super::plan(&params(), &actual, &rendered, &artifacts(), PlanOptions::default()).unwrap();
    assert_eq!(back.enter, None);
}
