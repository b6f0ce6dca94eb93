//! A guided task: routed, opened by an agent, and played by the link that its guide creates at that moment.

use std::time::Duration;

use end_to_end::{Error, Site, Voice};
use local_cloud::call::{AgentStep, open_guide, read_wav};
use local_cloud::download::download;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_opens_a_guided_task_and_hears_the_voicemail() -> Result<(), Error> {
    let site = Site::with("modes: [guided_task]\ndefault_mode: guided_task\n").await?;
    let first = site.install().await?;
    assert_eq!(first.code, Some(0), "{first:#?}");
    let second = site.install().await?;
    assert!(second.said().contains("nothing to change"), "{second:#?}");

    let call = site.leave(Voice::Tone(Duration::from_secs(2))).await?;
    let task = site.task(&call.contact_id).await?;
    assert_eq!(task.attributes["vm_task_contact_id"], call.contact_id);
    // The guide creates a new link each time it is opened.
    assert!(task.references.values().all(|reference| reference.kind != "URL"), "{task:#?}");
    let again = AgentStep::Choose {
        action: "ActionSelected".to_owned(),
        data: json!({"actionName": "Get a new link"}),
    };
    let guide = open_guide(site.cloud.connect(), &task.contact_id, vec![again]).await?;
    assert_eq!(guide.views.len(), 2, "{}\n{}", guide.conversation, site.log_tail());
    for view in &guide.views {
        let shown = &view.data;
        assert_eq!(
            (view.view.as_str(), &shown["Heading"]),
            ("Detail", &json!("Voicemail from +15555550123"))
        );
        let bar = shown["AttributeBar"].as_array().ok_or("no bar")?;
        let link = bar.iter().find_map(|entry| entry["Url"].as_str()).ok_or("no link")?;
        assert!(shown["Sections"][0]["TemplateString"].as_str().is_some_and(|player| player.contains(link)));
        assert!(
            read_wav(&download(site.cloud.endpoint(), link).await?)? == call.caller_pcm,
            "the link leads to something else"
        );
        let labeled = |label: &str| -> Value {
            let all = bar.iter().chain(shown["Sections"][1]["Items"].as_array().into_iter().flatten());
            all.filter(|entry| entry["Label"] == label).map(|entry| entry["Value"].clone()).collect()
        };
        assert_eq!(labeled("For"), json!(["BasicQueue"]));
        for label in ["Received", "Length", "Transcript"] {
            assert!(labeled(label)[0].as_str().is_some_and(|value| !value.is_empty()), "{label}: {shown:#}");
        }
    }

    let torn_down = site.tear_down(&["--yes"]).await?;
    assert_eq!(torn_down.code, Some(0), "{torn_down:#?}");
    assert_eq!(site.flows_of_ours().await?, Vec::<String>::new());
    site.cloud.stop().await;
    Ok(())
}
