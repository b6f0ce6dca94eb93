//! Every flow of an installation: created, linked, run, and removed.

use std::time::Duration;

use end_to_end::{Error, Site};
use local_cloud::call::{Call, Dialed, Disposition, Step, place_call};

const EVERYTHING: &str = "languages: {es-US: {}}\nflows: {voicemail_module: true, in_queue_offer: true, \
    offer_every_seconds: 20, test_line: true, test_agent: c0ffee00-0000-4000-8000-000000000041}\n";

#[tokio::test(flavor = "multi_thread")]
async fn every_flow_is_made_and_leads_to_the_others() -> Result<(), Error> {
    let site = Site::with(EVERYTHING).await?;
    let first = site.install().await?;
    assert_eq!(first.code, Some(0), "{first:#?}");
    let named = |name: &str| format!("voicemail-express voicemail{name}");
    let names = ["", " agent whisper", " customer whisper", " in queue", " module", " task", " test line"];
    assert_eq!(site.flows_of_ours().await?, names.map(named));
    // Linked content is not reported as edited.
    let second = site.install().await?;
    assert!(second.said().contains("nothing to change"), "{second:#?}");

    // The test line transfers to the queue, whose flow takes the message, which the whispers cancel.
    let hear = |words: &str| Step::Hear(words.to_owned());
    let press = |keys: &str| Step::Press(keys.to_owned());
    let steps = vec![
        hear("Español"),
        press("2"),
        hear("presione 3"),
        press("3"),
        hear("Si prefiere dejar un mensaje"),
        press("1"),
        Step::HearBeep,
        Step::AgentAnswers { after: Duration::from_secs(2), agent: None },
        Step::Wait(Duration::from_secs(20)),
        Step::HangUp,
    ];
    let to = Dialed::Flow(named(" test line"));
    let call = place_call(site.cloud.connect(), Call { from: "+15555550100".to_owned(), to, steps }).await?;
    assert!(matches!(call.disposition, Disposition::Answered { .. }), "{call}");
    assert_eq!(call.attributes["vm_answered"], "1", "{call}");
    assert_eq!(call.attributes.get("vm_saved_1"), None, "{call}");
    assert_eq!(call.attributes["vm_lang"], "es-US", "{call}");

    let torn_down = site.tear_down(&["--yes"]).await?;
    assert_eq!(torn_down.code, Some(0), "{torn_down:#?}");
    assert_eq!(site.flows_of_ours().await?, Vec::<String>::new());
    site.cloud.stop().await;
    Ok(())
}
