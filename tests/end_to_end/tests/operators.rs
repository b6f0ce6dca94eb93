//! Monitoring for operators: alarms with notifications, a dashboard, traces, and metrics.

use std::time::Duration;

use end_to_end::{Error, Site, Voice};
use serde_json::Value;

const PARAMS: &str = "alarms: {topic: new, emails: [operations@example.com]}\ntracing: true\n\
    expected_voicemails_per_hour: 20000\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_voicemail_is_counted_once_and_what_operators_get_comes_and_goes_with_the_stack()
-> Result<(), Error> {
    let site = Site::with(PARAMS).await?;
    let first = site.install().await?;
    assert_eq!(first.code, Some(0), "{first:#?}");
    let told: String = first.said();
    assert!(told.contains("Request 20000 open tasks of the instance"), "{told}");
    assert!(site.output("AlarmTopic").await?.starts_with("arn:aws:sns:us-east-1:"));
    assert_eq!(site.output("Dashboard").await?, "voicemail-express-us-east-1");
    let second = site.install().await?;
    assert!(second.code == Some(0) && second.said().contains("nothing to change"), "{second:#?}");

    let call = site.leave(Voice::Tone(Duration::from_secs(3))).await?;
    site.task(&call.contact_id).await?;
    // A repeated contact record creates no second voicemail and is not counted twice.
    site.repeat_contact_record(&call).await?;
    site.until("the voicemail is counted", async || {
        Ok(!site.counted("vmx_packager", "Delivered").await?.is_empty())
    })
    .await?;
    let later = site.leave(Voice::Tone(Duration::from_secs(2))).await?;
    site.task(&later.contact_id).await?;
    site.until("both are counted", async || {
        let by_mode = |line: &&Value| line["Mode"] == "task";
        let delivered = site.counted("vmx_packager", "Delivered").await?;
        Ok(delivered.iter().filter(by_mode).count() == 2 && delivered.len() == 4)
    })
    .await?;
    let captured = site.counted("vmx_kvs_to_s3", "Captured").await?;
    assert_eq!(captured.len(), 2, "{captured:#?}");
    for line in &captured {
        assert_eq!(line["Stack"], "voicemail-express");
        assert!(!line.to_string().contains(call.contact_id.as_str()), "{line}");
    }

    let torn_down = site.tear_down(&["--yes"]).await?;
    assert_eq!(torn_down.code, Some(0), "{torn_down:#?}");
    assert!(site.stacks().await?.is_empty());
    site.cloud.stop().await;
    Ok(())
}
