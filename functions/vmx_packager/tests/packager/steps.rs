//! What a voicemail waits for: AWS calls one after another. Each takes 30 ms here, and nothing else takes any time.

use std::time::Duration;

use tokio::time::Instant;
use vmx_contract::mode::Mode;
use vmx_packager::LinkKind;

use crate::world::{World, created};

const CALL: Duration = Duration::from_millis(30);

fn world(modes: &[Mode]) -> World {
    let links = LinkKind::Url {
        key_arn: "arn:of:key".into(),
        base: "https://abc.lambda-url.us-east-1.on.aws".into(),
    };
    World::taking(
        CALL,
        |config| {
            config.links = links;
            config.modes = modes.to_vec();
            config.default_mode = modes[0];
        },
        |voicemail| voicemail.modes = modes.to_vec(),
    )
}

fn actions(world: &World) -> Vec<String> {
    world.aws.steps().iter().map(|step| step.actions.join(" ")).collect()
}

#[tokio::test(start_paused = true)]
async fn a_queues_task_with_a_link_is_the_fourth_step() {
    let world = world(&[Mode::Task]);
    let began = Instant::now();
    assert!(world.transcribed().await);
    world.aws.show_steps("from the event about a transcript, a task with a link");
    assert_eq!(
        actions(&world),
        [
            "connect:GetContactAttributes s3:GetObject s3:HeadObject s3:HeadObject s3:HeadObject",
            "connect:DescribeQueue kms:GenerateMac s3:GetObject s3:GetObject",
            "s3:PutObject",
            "connect:StartTaskContact",
            "s3:PutObject",
            "s3:PutObject",
            "connect:UpdateContactAttributes s3:GetObjectTagging transcribe:DeleteTranscriptionJob",
            "s3:PutObjectTagging",
            "s3:DeleteObject",
        ]
    );
    assert_eq!(began.elapsed(), 9 * CALL);
}

#[tokio::test(start_paused = true)]
async fn modes_do_not_wait_for_each_other() {
    let world = world(&[Mode::Task, Mode::GuidedTask, Mode::Email, Mode::Other]);
    let began = Instant::now();
    assert!(world.transcribed().await);
    world.aws.show_steps("from the event about a transcript, four modes");
    let steps = world.aws.steps();
    let at =
        |action: &str| steps.iter().find(|step| step.actions.iter().any(|one| one == action)).unwrap().at;
    assert_eq!(at("connect:StartTaskContact"), 3 * CALL);
    // A claim comes before what knows no repetitions, then another look at the receipts, and then where the mail goes.
    assert_eq!(at("events:PutEvents"), 5 * CALL);
    assert_eq!(at("ses:SendEmail"), 6 * CALL);
    assert_eq!(began.elapsed(), 12 * CALL);
}

#[tokio::test(start_paused = true)]
async fn a_message_among_others_waits_one_call_longer() {
    let world = world(&[Mode::Task]);
    let attributes = [("vm_saved_1", "saved"), ("vm_saved_2", "saved")];
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned()));
    world.state().attributes.extend(attributes);
    let began = Instant::now();
    assert!(world.transcribed().await);
    world.aws.show_steps("the same, for the first of two messages");
    assert_eq!(began.elapsed(), 9 * CALL);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_business_of_ours_costs_no_call() {
    let world = world(&[Mode::Task]);
    assert!(world.message(&created("transcripts", "packages/x")).await);
    assert_eq!(actions(&world), [""; 0]);
}
