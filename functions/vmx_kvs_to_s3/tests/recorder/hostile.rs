//! What whoever calls, or whoever edits a flow, can write into a contact record.

use serde_json::{Value, json};
use vmx_contract::voicemail::Warning;

use crate::world::{CONTACT, INSTANCE, RECORDING, STREAM, World, speech};
use crate::{done, stored_voicemail, wav};

/// The contact record of a world with something changed.
fn changed(world: &World, change: impl FnOnce(&mut Value)) -> String {
    let mut record = serde_json::from_str(&world.record()).unwrap();
    change(&mut record);
    record.to_string()
}

#[tokio::test(start_paused = true)]
async fn media_elsewhere_is_refused_and_never_asked_for() {
    for location in [
        STREAM.replace("111122223333", "444455556666"),
        STREAM.replace("us-east-1", "eu-west-2"),
        STREAM.replace("arn:aws:", "arn:aws-cn:"),
        STREAM.replace("kinesisvideo", "kinesis"),
        STREAM.replace("vm-connect-alias-contact-1", "../../x"),
        STREAM.replace("vm-connect-alias-contact-1", "x\r\nhost: example.com"),
        format!("{STREAM}/../2"),
        "https://example.com/stream".to_owned(),
        "x".repeat(500_000),
        String::new(),
    ] {
        let world = World::with(&speech(40_000));
        let record = changed(&world, |record| record["Recordings"][0]["Location"] = json!(location));
        assert_eq!(world.stream(std::slice::from_ref(&record)).await, done());
        assert_eq!(
            world.aws.actions(),
            ["s3:HeadObject", "s3:HeadObject", "sqs:SendMessage"],
            "{location:.99}"
        );
        let (kept, reason) = world.state().queue[0].clone();
        assert_eq!(kept, record);
        assert!(reason.contains(CONTACT) && reason.contains("rejected"), "{reason}");
        assert!(reason.len() <= 1000 && !reason.chars().any(char::is_control), "{reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_of_another_instance_is_somebody_elses() {
    for instance in [
        INSTANCE.replace("111122223333", "444455556666"),
        INSTANCE.replace("us-east-1", "eu-west-2"),
        INSTANCE.replace("0000000000aa", "0000000000ab"),
    ] {
        let world = World::with(&speech(40_000));
        let record = changed(&world, |record| record["InstanceARN"] = json!(instance));
        assert_eq!(world.stream(&[record]).await, done());
        assert_eq!(world.aws.actions(), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn hostile_attributes_cost_nothing_and_break_nothing() {
    let foreign = INSTANCE.replace("111122223333", "444455556666");
    let long = "x".repeat(30_000);
    for value in [
        "\u{0}",
        "a\r\nx-amz-meta-vm-from: +1",
        "\u{1b}[2J\u{7}",
        "\u{202e}txt.exe\u{200b}",
        "{{ 7*7 }}{% for x in y %}",
        "<script>alert(1)</script>",
        "' OR Id != '",
        "../../../etc/passwd",
        "%00%0d%0a",
        "zoë 🎉",
        &format!("{foreign}/queue/q"),
        &format!("{INSTANCE}/queue/../../user/x"),
        &long,
        "",
        "   ",
    ] {
        let pcm = speech(20_000);
        let world = World::with(&pcm);
        let names = [
            "from",
            "queue_arn",
            "lang",
            "mode",
            "target",
            "preferred_agent",
            "priority",
            "task_flow",
            "email_from",
            "email_to",
            "email_template",
            "genai_summary",
        ];
        let record = changed(&world, |record| {
            for name in names {
                record["Attributes"][format!("vm_{name}")] = json!(value);
            }
            record["CustomerEndpoint"]["Address"] = json!(value);
        });
        assert_eq!(world.stream(&[record]).await, done());
        {
            let state = world.state();
            assert_eq!(state.queue, [], "{value:.99?}");
            let object = &state.buckets.objects[RECORDING];
            assert!(object.body == wav(&pcm), "the recording is what the caller said");
            let bytes: usize = object.metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
            assert!(bytes <= 2048, "{bytes}");
            let mut header = object.metadata.values().flat_map(|value| value.bytes());
            assert!(header.all(|byte| byte.is_ascii_graphic()), "{value:?}");
        }
        let voicemail = stored_voicemail(&world);
        assert_eq!(voicemail.recipient_arn, format!("{INSTANCE}/queue/default"), "{value:.99?}");
        assert!(voicemail.warnings.contains(&Warning::QueueReplaced), "{value:.99?}");
        for text in [&voicemail.from, &voicemail.email_to, &voicemail.task_flow, &voicemail.priority] {
            let is_tame = |text: &String| text.len() <= 128 && !text.chars().any(char::is_control);
            assert!(text.as_ref().is_none_or(is_tame), "{text:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_that_is_deep_or_large_or_of_other_types_is_kept() {
    let world = World::with(&[]);
    let deep = format!(r#"{{"Attributes":{{"vm_flag":"1"}},"x":{}{}}}"#, "[".repeat(5000), "]".repeat(5000));
    let records = [
        deep,
        changed(&world, |record| record["ContactId"] = json!("../../x")),
        changed(&world, |record| record["ContactId"] = json!("x".repeat(100_000))),
        changed(&world, |record| record["Recordings"] = json!("none")),
        changed(&world, |record| record["Attributes"]["vm_from"] = json!(7)),
        changed(&world, |record| record["Recordings"][0]["FragmentStopNumber"] = json!("9".repeat(100_000))),
        changed(&world, |record| {
            record["Recordings"][0]["StartTimestamp"] = json!("-009999-01-01T00:00:00Z")
        }),
    ];
    for record in &records {
        let before = world.state().queue.len();
        assert_eq!(world.stream(std::slice::from_ref(record)).await, done());
        assert_eq!(world.state().queue.len(), before + 1, "{record:.200}");
    }
}
