//! Voicemails become Salesforce cases: each request, and one case despite failures.

use std::time::Duration;

use end_to_end::{Browser, Error, Mailbox, Site, Voice};
use local_cloud::call::{CallOutcome, read_wav};
use local_cloud::download::download;
use salesforce::testing::{Asked, Caller, LocalSalesforce, Trouble};
use serde_json::{Value, json};

const SHORT: Duration = Duration::from_secs(2);
const TOKEN: &str = "/services/oauth2/token";
const QUERY: &str = "/services/data/v66.0/query";
const SOBJECTS: &str = "/services/data/v66.0/sobjects";
const CLIENT_ID: &str = "3MVG";
const CLIENT_SECRET: &str = "hunter2";

struct Scene {
    site: Site,
    salesforce: LocalSalesforce,
    secret_arn: String,
}

/// The secret according to docs/salesforce.md.
fn secret(login_url: &str) -> String {
    json!({"login_url": login_url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}).to_string()
}

impl Scene {
    /// An installation that creates cases, with a secret for this address.
    async fn installed(login_url: Option<&str>) -> Result<Self, Error> {
        let caller = Caller::Secret { client_id: CLIENT_ID.into(), client_secret: CLIENT_SECRET.into() };
        let salesforce = LocalSalesforce::start(caller).await?;
        let site = Site::new().await?;
        let login_url = login_url.map_or_else(|| salesforce.url(), str::to_owned);
        let body = json!({"Name": "salesforce", "SecretString": secret(&login_url)});
        let made =
            site.cloud.backend().json_call("secretsmanager", "secretsmanager.CreateSecret", &body).await?;
        let secret_arn = made["ARN"].as_str().ok_or("the secret has no ARN")?.to_owned();
        site.set_params(&format!(
            "modes: [task, sfcase]\ndefault_mode: sfcase\nsalesforce:\n  secret_arn: {secret_arn}\n  \
             callback_number_field: VMX_Callback__c\n  link_field: VMX_Link__c\n"
        ))?;
        let run = site.install().await?;
        if run.code != Some(0) {
            return Err(format!("{run:#?}").into());
        }
        Ok(Self { site, salesforce, secret_arn })
    }

    /// The requests, by method and path without query.
    fn asked(&self) -> Vec<String> {
        let path = |asked: &Asked| asked.path.split('?').next().unwrap_or_default().to_owned();
        self.salesforce.asked().iter().map(|asked| format!("{} {}", asked.method, path(asked))).collect()
    }

    /// The cases of a contact.
    fn cases(&self, contact_id: &str) -> Vec<Value> {
        let records = self.salesforce.records().into_iter();
        let cases = records.filter(|record| record.object == "Case" && record.writes == 1);
        cases
            .map(|record| Value::Object(record.fields))
            .filter(|fields| fields["VMX_Contact_Id__c"] == contact_id)
            .collect()
    }

    /// Waits until the voicemail has ended as delivered with one case.
    async fn one_case(&self, contact_id: &str) -> Result<Value, Error> {
        self.site.delivered(&[contact_id]).await?;
        let cases = self.cases(contact_id);
        assert_eq!(cases.len(), 1, "{:#?}", self.salesforce.records());
        cases.into_iter().next().ok_or_else(|| "no case".into())
    }

    /// Checks the case in a browser, if there is one: every field, and that the link plays the recording.
    async fn read_in_browser(&self, call: &CallOutcome) -> Result<(), Error> {
        let contact_id = call.contact_id.as_str();
        let Some(browser) = Browser::start("Europe/Paris").await? else { return Ok(()) };
        let records = self.salesforce.records();
        let case = records.iter().find(|record| record.fields["VMX_Contact_Id__c"] == contact_id);
        browser.open(&self.salesforce.page_url(case.ok_or("no case")?)).await?;
        let shown = browser.run("return document.body.innerText").await?;
        let shown = shown.as_str().unwrap_or_default();
        for part in ["Voicemail from +15555550123", "respectable", "New", "Phone", "Medium", contact_id] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        let links = browser.run("return [...document.links].map((link) => link.href)").await?;
        let link = links[0].as_str().ok_or("no link in the case")?;
        let heard = read_wav(&download(self.site.cloud.endpoint(), link).await?)?;
        assert!(heard == call.caller_pcm, "the link leads to something else");
        // A screenshot for the documentation, if the variable is set.
        if let Some(folder) = std::env::var_os("TEST_PICTURES") {
            let picture = browser.picture(760, 700, "light").await?;
            std::fs::write(std::path::Path::new(&folder).join("salesforce.png"), picture)?;
        }
        Ok(())
    }

    /// Waits until the packager has tried and failed.
    async fn failed(&self, contact_id: &str) -> Result<(), Error> {
        let told = async || {
            let trace = self.site.operate(&["trace", contact_id]).await?;
            let said = trace.said();
            Ok(said.contains("the last attempt failed and will be retried"))
        };
        self.site.until("the packager has failed", told).await
    }

    /// The event of a contact's transcript.
    async fn transcript_event(&self, contact_id: &str) -> Result<Value, Error> {
        let bucket = self.site.output("TranscriptsBucket").await?;
        Ok(self.site.object_created(&bucket, &format!("{contact_id}.json")))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voicemail_becomes_a_case_request_by_request() -> Result<(), Error> {
    let scene = Scene::installed(None).await?;
    let call = scene.site.leave(Voice::AmiableWoman).await?;
    let id = call.contact_id.as_str();
    let case = scene.one_case(id).await?;
    assert_eq!(
        (&case["Status"], &case["Origin"], &case["Priority"]),
        (&json!("New"), &json!("Phone"), &json!("Medium"))
    );
    assert_eq!(case["VMX_Callback__c"], "+15555550123");
    assert!(
        case["Subject"].as_str().is_some_and(|text| text.starts_with("Voicemail from +15555550123 for ")),
        "{case}"
    );
    assert!(case["VMX_Link__c"].as_str().is_some_and(|link| link.starts_with("http")), "{case}");
    assert_eq!(
        scene.asked(),
        [
            format!("POST {TOKEN}"),
            format!("GET {QUERY}"),
            format!("PATCH {SOBJECTS}/Case/VMX_Contact_Id__c/{id}"),
        ]
    );
    let asked = scene.salesforce.asked();
    assert_eq!(
        asked[0].body,
        format!("grant_type=client_credentials&client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}")
    );
    assert!(
        asked[1..].iter().all(|asked| asked.authorization.as_deref() == Some("Bearer token-1")),
        "{asked:#?}"
    );
    assert_eq!(scene.site.tasks_of(id).len(), 0, "the voicemail asked for a case alone");
    scene.read_in_browser(&call).await?;
    // The event again: the voicemail is already delivered, and Salesforce is not called again.
    scene.site.redeliver(Mailbox::Transcripts, &scene.transcript_event(id).await?).await?;
    let next = scene.site.leave(Voice::Tone(SHORT)).await?;
    scene.one_case(next.contact_id.as_str()).await?;
    assert_eq!(scene.cases(id).len(), 1);
    assert_eq!(scene.asked().iter().filter(|asked| asked.ends_with(id)).count(), 1);
    scene.site.cloud.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_fails_once_ends_in_one_case() -> Result<(), Error> {
    let scene = Scene::installed(None).await?;
    for (trouble, is_mended_at_once) in [
        (Trouble::SessionEnded, true),
        (Trouble::TooMany, false),
        (Trouble::LimitExceeded, false),
        (Trouble::Broken, false),
        (Trouble::Cut, false),
        (Trouble::Silent, false),
        (Trouble::DoneInSilence, false),
    ] {
        scene.salesforce.trouble(SOBJECTS, trouble);
        let call = scene.site.leave(Voice::Tone(SHORT)).await?;
        let id = call.contact_id.as_str();
        if !is_mended_at_once {
            scene.failed(id).await?;
            let met = scene.asked().iter().any(|asked| asked.ends_with(id));
            assert!(met, "{trouble:?}");
            // Redelivered as the queue would.
            scene.site.redeliver(Mailbox::Transcripts, &scene.transcript_event(id).await?).await?;
        }
        scene.one_case(id).await?;
    }
    scene.site.cloud.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn while_salesforce_is_down_a_voicemail_is_a_dead_letter_that_comes_back() -> Result<(), Error> {
    let port = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let scene = Scene::installed(Some(&format!("http://127.0.0.1:{port}"))).await?;
    let call = scene.site.leave(Voice::Tone(SHORT)).await?;
    let id = call.contact_id.as_str();
    scene.failed(id).await?;
    assert_eq!(scene.salesforce.records(), []);
    let event = scene.transcript_event(id).await?;
    scene.site.give_up(&event).await?;
    assert_eq!(scene.site.depth("TranscriptsQueueDeadLettersUrl").await?, 1);
    let mended = json!({"SecretId": scene.secret_arn, "SecretString": secret(&scene.salesforce.url())});
    let backend = scene.site.cloud.backend();
    backend.json_call("secretsmanager", "secretsmanager.PutSecretValue", &mended).await?;
    let run = scene.site.operate(&["redrive", "--yes"]).await?;
    assert_eq!(run.code, Some(0), "{run:#?}");
    scene.one_case(id).await?;
    assert_eq!(scene.site.depth("TranscriptsQueueDeadLettersUrl").await?, 0);
    scene.site.cloud.stop().await;
    Ok(())
}
