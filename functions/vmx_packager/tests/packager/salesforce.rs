//! Cases and records in Salesforce: what is said to it, and one record whatever happens.

use std::time::Duration;

use ::salesforce::testing::{Asked, Caller, LocalSalesforce, Trouble, User};
use ::salesforce::{Limits, Loopback};
use serde_json::{Value, json};
use vmx_contract::mode::Mode;
use vmx_packager::{Config, SalesforceConfig};

use crate::world::{CALLER, CONTACT, ENDED, INSTANCE, RECEIPTS, World};

const SECRET: &str = "arn:aws:secretsmanager:us-east-1:111122223333:secret:salesforce-AbCdEf";
const QUERY: &str = "/services/data/v66.0/query";
const SOBJECTS: &str = "/services/data/v66.0/sobjects";
const TOKEN: &str = "/services/oauth2/token";

struct Scene {
    salesforce: LocalSalesforce,
    world: World,
}

fn caller(client_secret: &str) -> Caller {
    Caller::Secret { client_id: "3MVG".into(), client_secret: client_secret.into() }
}

fn secret(salesforce: &LocalSalesforce, client_secret: &str) -> String {
    json!({"login_url": salesforce.url(), "client_id": "3MVG", "client_secret": client_secret}).to_string()
}

/// A voicemail that is to become a record, for the queue or for an agent.
async fn scene(mode: Mode, agent: bool, priority: Option<&str>) -> Scene {
    let salesforce = LocalSalesforce::start(caller("hunter2")).await.unwrap();
    salesforce.add_object("Voicemail__c", "VMX_Contact_Id__c");
    let made = SalesforceConfig {
        settings: serde_json::from_value(json!({
            "secret_arn": SECRET, "api_version": "66.0", "external_id_field": "VMX_Contact_Id__c",
            "default_priority": "Medium", "callback_number_field": "VMX_Callback__c", "attributes_field": null,
            "link_field": "VMX_Link__c",
            "object": {"name": "Voicemail__c", "transcript_field": "VMX_Transcript__c", "subject_field": null},
        }))
        .unwrap(),
        loopback: Loopback::Allowed,
        limits: Limits { time: Duration::from_millis(500), answer: 64 * 1024 },
    };
    let set = |config: &mut Config| {
        config.modes = vec![Mode::Task, mode];
        config.salesforce = Some(made);
    };
    let world = World::configured(set, |voicemail| {
        voicemail.modes = vec![mode];
        voicemail.priority = priority.map(str::to_owned);
        if agent {
            voicemail.recipient_arn = format!("{INSTANCE}/queue/agent/user-1");
        }
    });
    world.state().secret = secret(&salesforce, "hunter2");
    Scene { salesforce, world }
}

impl Scene {
    /// The requests, by method and path without query.
    fn asked(&self) -> Vec<String> {
        let path = |asked: &Asked| asked.path.split('?').next().unwrap().to_owned();
        self.salesforce.asked().iter().map(|asked| format!("{} {}", asked.method, path(asked))).collect()
    }

    /// There is one record, written once, and the voicemail is marked.
    fn assert_delivered_once(&self) -> Value {
        let records = self.salesforce.records();
        assert_eq!(records.len(), 1, "{records:?}");
        assert_eq!(records[0].writes, 1);
        assert!(self.world.state().buckets.objects.contains_key(ENDED));
        let mut fields = Value::Object(records[0].fields.clone());
        fields["object"] = records[0].object.clone().into();
        fields
    }

    fn receipt(&self, mode: &str) -> Value {
        let key = format!("{RECEIPTS}/{mode}");
        serde_json::from_slice(&self.world.state().buckets.objects[&key].body).unwrap()
    }

    fn add_zoe(&self, can_own: bool) {
        let (id, username) = ("005000000000002AAA".to_owned(), "zoe".to_owned());
        self.salesforce.add_user(User { id, username, alias: "zdoe".into(), can_own });
    }
}

#[tokio::test]
async fn a_case_is_made_as_salesforce_documents() {
    let scene = scene(Mode::Sfcase, false, Some("High")).await;
    assert!(scene.world.transcribed().await);
    let case = scene.assert_delivered_once();
    assert_eq!(
        (&case["object"], &case["VMX_Contact_Id__c"], &case["VMX_Callback__c"]),
        (&json!("Case"), &json!(CONTACT), &json!(CALLER))
    );
    assert_eq!(
        (&case["Subject"], &case["Status"], &case["Origin"], &case["Priority"]),
        (
            &json!(format!("Voicemail from {CALLER} for The support team")),
            &json!("New"),
            &json!("Phone"),
            &json!("High")
        )
    );
    assert!(case["Description"].as_str().unwrap().starts_with("Seven of clubs.\n"));
    assert_eq!(case["OwnerId"], Value::Null);
    assert_eq!(
        scene.asked(),
        [
            format!("POST {TOKEN}"),
            format!("GET {QUERY}"),
            format!("PATCH {SOBJECTS}/Case/VMX_Contact_Id__c/{CONTACT}"),
        ]
    );
    assert_eq!(scene.salesforce.asked()[2].auto_assign, None, "Salesforce's rules assign it");
    assert_eq!(scene.receipt("sfcase"), json!({"mode": "sfcase", "reference": "500000000000000001"}));
    assert_eq!(scene.world.aws.calls_of("secretsmanager:GetSecretValue").len(), 1);
}

#[tokio::test]
async fn an_agents_case_is_the_agents() {
    let scene = scene(Mode::Sfcase, true, None).await;
    scene.add_zoe(true);
    assert!(scene.world.transcribed().await);
    assert_eq!(scene.assert_delivered_once()["OwnerId"], "005000000000002AAA");
    let last = scene.salesforce.asked().pop().unwrap();
    assert_eq!(last.auto_assign.as_deref(), Some("FALSE"), "no rule takes it away");
}

#[tokio::test]
async fn an_owner_or_a_priority_that_salesforce_does_not_take_costs_nothing() {
    // Without a user, and with one who cannot own cases.
    for can_own in [None, Some(false)] {
        let scene = scene(Mode::Sfcase, true, Some("Purple")).await;
        if let Some(can_own) = can_own {
            scene.add_zoe(can_own);
        }
        assert!(scene.world.transcribed().await);
        let case = scene.assert_delivered_once();
        assert_eq!((&case["OwnerId"], &case["Priority"]), (&Value::Null, &json!("Medium")));
        let mut warnings: Vec<Value> = scene.receipt("sfcase")["warnings"].as_array().unwrap().clone();
        warnings.sort_by_key(Value::to_string);
        assert_eq!(warnings, [json!("owner_replaced"), json!("priority_replaced")]);
        assert!(case["Description"].as_str().unwrap().contains("does not have this priority"));
    }
}

#[tokio::test]
async fn a_custom_object_gets_a_record() {
    let scene = scene(Mode::Sfother, false, None).await;
    assert!(scene.world.transcribed().await);
    let record = scene.assert_delivered_once();
    assert_eq!(record["object"], "Voicemail__c");
    assert!(record["VMX_Transcript__c"].as_str().unwrap().starts_with("Seven of clubs.\n"));
    assert!(record["VMX_Link__c"].as_str().unwrap().starts_with("https://"));
    assert_eq!(record["Subject"], Value::Null);
}

#[tokio::test]
async fn whatever_fails_once_ends_in_one_case() {
    for path in [TOKEN, QUERY, SOBJECTS] {
        for trouble in [
            Trouble::TooMany,
            Trouble::LimitExceeded,
            Trouble::Broken,
            Trouble::Maintenance,
            Trouble::Silent,
            Trouble::DoneInSilence,
            Trouble::Cut,
            Trouble::Endless,
            Trouble::Redirect,
        ] {
            let scene = scene(Mode::Sfcase, false, None).await;
            scene.salesforce.trouble(path, trouble);
            assert!(
                !scene.world.transcribed().await,
                "{path} {trouble:?}: the message goes back to its queue"
            );
            assert!(!scene.world.state().buckets.objects.contains_key(ENDED));
            assert!(scene.world.transcribed().await, "{path} {trouble:?}");
            scene.assert_delivered_once();
        }
    }
}

#[tokio::test]
async fn a_session_that_ended_is_renewed_and_one_that_ends_at_once_waits() {
    let scene = scene(Mode::Sfcase, false, None).await;
    scene.salesforce.trouble(SOBJECTS, Trouble::SessionEnded);
    assert!(scene.world.transcribed().await);
    scene.assert_delivered_once();
    let logins = |scene: &Scene| scene.asked().iter().filter(|asked| asked.ends_with(TOKEN)).count();
    assert_eq!(logins(&scene), 2);
    let scene = self::scene(Mode::Sfcase, false, None).await;
    // Renewed, and with the secret read again, renewed: then it is given up.
    for _ in 0..4 {
        scene.salesforce.trouble(QUERY, Trouble::SessionEnded);
    }
    assert!(!scene.world.transcribed().await);
    assert_eq!(scene.salesforce.records(), []);
    assert_eq!(scene.world.aws.calls_of("secretsmanager:GetSecretValue").len(), 2);
    assert!(scene.world.transcribed().await);
    scene.assert_delivered_once();
}

#[tokio::test]
async fn a_secret_that_was_changed_is_read_again() {
    let scene = scene(Mode::Sfcase, false, None).await;
    scene.salesforce.trouble(QUERY, Trouble::Broken);
    assert!(!scene.world.transcribed().await);
    scene.salesforce.let_in(caller("hunter3"));
    assert!(!scene.world.transcribed().await, "the secret has not been changed yet");
    scene.world.state().secret = secret(&scene.salesforce, "hunter3");
    assert!(scene.world.transcribed().await);
    scene.assert_delivered_once();
}

#[tokio::test]
async fn a_record_that_is_there_is_left_as_it_is() {
    let scene = scene(Mode::Sfcase, false, None).await;
    let fields = json!({"VMX_Contact_Id__c": CONTACT, "Status": "Working"});
    scene.salesforce.add_record("Case", fields.as_object().unwrap().clone());
    assert!(scene.world.transcribed().await);
    assert_eq!(scene.assert_delivered_once()["Status"], "Working");
    let scene = self::scene(Mode::Sfcase, false, None).await;
    for _ in 0..2 {
        scene.salesforce.add_record("Case", fields.as_object().unwrap().clone());
    }
    assert!(!scene.world.transcribed().await, "nobody can tell which one it is");
}

#[tokio::test]
async fn nobody_else_is_sent_the_token() {
    let scene = scene(Mode::Sfcase, false, None).await;
    scene.salesforce.move_instance("https://evil.example");
    assert!(!scene.world.transcribed().await);
    assert_eq!(scene.asked(), [format!("POST {TOKEN}")]);
}
