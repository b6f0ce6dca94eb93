//! Conversations with a Salesforce on loopback that takes what Salesforce documents, and fails on demand.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use salesforce::testing::{Asked, Caller, LocalSalesforce, Trouble};
use salesforce::{Assignment, Client, Credentials, Limits, Loopback, SalesforceError, Written, soql};
use serde_json::{Map, Value, json};
use vmx_contract::salesforce::{ApiName, ApiVersion};

const PRIVATE: &str = include_str!("fixtures/rsa.pkcs1.pem");
const PUBLIC: &[u8] = include_bytes!("fixtures/rsa.public.der");
const QUERY: &str = "/services/data/v66.0/query";
const SOBJECTS: &str = "/services/data/v66.0/sobjects";
const TOKEN: &str = "/services/oauth2/token";
const ID: &str = "00000000-0000-4000-8000-00000000c0de";

fn shared_secret() -> Caller {
    Caller::Secret { client_id: "3MVG&=+".into(), client_secret: "s é/+&".into() }
}

fn client_of(secret: &Value) -> Client {
    let credentials = Credentials::parse(&secret.to_string(), Loopback::Allowed).unwrap();
    let limits = Limits { time: Duration::from_millis(300), answer: 64 * 1024 };
    Client::new(credentials, ApiVersion::parse("66.0").unwrap(), limits).unwrap()
}

async fn start() -> (LocalSalesforce, Client) {
    let salesforce = LocalSalesforce::start(shared_secret()).await.unwrap();
    let secret = json!({"login_url": salesforce.url(), "client_id": "3MVG&=+", "client_secret": "s é/+&"});
    let client = client_of(&secret);
    (salesforce, client)
}

async fn write(client: &Client) -> Result<Written, SalesforceError> {
    let fields = json!({"Subject": "Voicemail", "Description": "Sept de trèfle. \u{1f0b7}"});
    let Value::Object(fields) = fields else { unreachable!() };
    let (object, field) = (ApiName::case(), ApiName::parse("VMX_Contact_Id__c").unwrap());
    client.upsert(&object, &field, ID, fields, Assignment::Rules).await
}

async fn find(client: &Client) -> Result<Vec<Value>, SalesforceError> {
    let soql = format!("SELECT Id FROM Case WHERE VMX_Contact_Id__c = {} LIMIT 2", soql::quote(ID));
    client.query(&soql, &[ID.to_owned()]).await
}

#[tokio::test]
async fn client_credentials_a_query_and_a_write() {
    let (salesforce, client) = start().await;
    assert_eq!(find(&client).await.unwrap(), Vec::<Value>::new());
    let written = write(&client).await.unwrap();
    assert_eq!(written, Written { id: Some("500000000000000001".into()), created: true });
    let again = write(&client).await.unwrap();
    assert_eq!((again.id, again.created), (written.id, false));
    assert_eq!(find(&client).await.unwrap()[0]["Id"], "500000000000000001");
    let bearer = Some("Bearer token-1".to_owned());
    let json = Some("application/json".to_owned());
    let body = json!({"Subject": "Voicemail", "Description": "Sept de trèfle. \u{1f0b7}"}).to_string();
    let asked = |method: &str, path: String| Asked {
        method: method.into(),
        path,
        authorization: bearer.clone(),
        auto_assign: None,
        content_type: None,
        body: String::new(),
    };
    let path = format!("{QUERY}?q=SELECT+Id+FROM+Case+WHERE+VMX_Contact_Id__c+%3D+%27{ID}%27+LIMIT+2");
    let patch = Asked {
        content_type: json,
        body,
        ..asked("PATCH", format!("{SOBJECTS}/Case/VMX_Contact_Id__c/{ID}"))
    };
    let login = Asked {
        authorization: None,
        content_type: Some("application/x-www-form-urlencoded".into()),
        body: "grant_type=client_credentials&client_id=3MVG%26%3D%2B&client_secret=s+%C3%A9%2F%2B%26".into(),
        ..asked("POST", TOKEN.into())
    };
    let query = asked("GET", path);
    assert_eq!(salesforce.asked(), [login, query.clone(), patch.clone(), patch, query]);
}

#[tokio::test]
async fn the_bearer_of_an_assertion_is_let_in_and_others_are_not() {
    let caller = |audience: &str| Caller::Signature {
        client_id: "3MVG".into(),
        username: "voicemail@example.com".into(),
        audience: audience.into(),
        public_key: PUBLIC.to_vec(),
    };
    let salesforce = LocalSalesforce::start(caller("https://login.salesforce.com")).await.unwrap();
    let secret = json!({
        "login_url": salesforce.url(), "client_id": "3MVG", "username": "voicemail@example.com",
        "private_key": PRIVATE,
    });
    write(&client_of(&secret)).await.unwrap();
    salesforce.let_in(caller("https://test.salesforce.com"));
    let error = write(&client_of(&secret)).await.unwrap_err();
    assert!(matches!(error, SalesforceError::NotAuthorized { .. }), "{error}");
    assert!(error.to_string().contains("invalid_grant: audience is invalid"), "{error}");
    let mut other = secret;
    other["username"] = "mallory@example.com".into();
    salesforce.let_in(caller("https://login.salesforce.com"));
    let error = write(&client_of(&other)).await.unwrap_err();
    assert!(error.to_string().contains("invalid_grant: user hasn't approved this consumer"), "{error}");
}

#[tokio::test]
async fn many_calls_at_once_log_in_once() {
    let (salesforce, client) = start().await;
    let (a, b, c) = tokio::join!(find(&client), find(&client), find(&client));
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(salesforce.asked().iter().filter(|asked| asked.path == TOKEN).count(), 1);
}

#[tokio::test]
async fn a_session_is_renewed_once() {
    let (salesforce, client) = start().await;
    salesforce.trouble(SOBJECTS, Trouble::SessionEnded);
    assert!(write(&client).await.unwrap().created);
    let paths: Vec<(String, Option<String>)> =
        salesforce.asked().into_iter().map(|asked| (asked.method, asked.authorization)).collect();
    let token = |number: u32| Some(format!("Bearer token-{number}"));
    assert_eq!(
        paths,
        [
            ("POST".into(), None),
            ("PATCH".into(), token(1)),
            ("POST".into(), None),
            ("PATCH".into(), token(2)),
        ]
    );
    salesforce.trouble(SOBJECTS, Trouble::SessionEnded);
    salesforce.trouble(SOBJECTS, Trouble::SessionEnded);
    let before = salesforce.asked().len();
    let error = write(&client).await.unwrap_err();
    assert!(matches!(error, SalesforceError::NotAuthorized { .. }), "{error}");
    assert_eq!(error.code(), Some("INVALID_SESSION_ID"));
    assert_eq!(salesforce.asked().len() - before, 3, "no third attempt");
}

#[tokio::test]
async fn trouble_is_told_for_what_it_is() {
    for (trouble, transient, said) in [
        (Trouble::TooMany, true, "429"),
        (Trouble::LimitExceeded, true, "REQUEST_LIMIT_EXCEEDED"),
        (Trouble::Broken, true, "UNKNOWN_EXCEPTION"),
        (Trouble::Maintenance, true, "503"),
        (Trouble::Silent, true, "did not answer within"),
        (Trouble::Cut, true, "could not reach"),
        (Trouble::Malformed, false, "not as documented"),
        (Trouble::Endless, false, "larger than 65536 bytes"),
        (Trouble::Redirect, false, "redirects are not followed"),
    ] {
        let (salesforce, client) = start().await;
        salesforce.trouble(QUERY, trouble);
        let error = find(&client).await.unwrap_err();
        assert_eq!(error.is_transient(), transient, "{trouble:?}: {error}");
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(salesforce.asked().len(), 2, "{trouble:?}: nothing is repeated here");
        assert!(find(&client).await.is_ok());
    }
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_makes_no_second_record() {
    let (salesforce, client) = start().await;
    salesforce.trouble(SOBJECTS, Trouble::DoneInSilence);
    assert!(matches!(write(&client).await, Err(SalesforceError::Timeout { .. })));
    assert!(!write(&client).await.unwrap().created);
    assert_eq!(salesforce.records().len(), 1);
}

#[tokio::test]
async fn several_records_of_one_external_id_are_refused() {
    let (salesforce, client) = start().await;
    for _ in 0..2 {
        let fields: Map<String, Value> = [("VMX_Contact_Id__c".to_owned(), ID.into())].into_iter().collect();
        salesforce.add_record("Case", fields);
    }
    let error = write(&client).await.unwrap_err();
    assert!(matches!(error, SalesforceError::Ambiguous { .. }), "{error}");
}

#[tokio::test]
async fn a_host_that_is_down_or_not_trusted() {
    let closed = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let secret =
        json!({"login_url": format!("http://{closed}"), "client_id": "3MVG", "client_secret": "hunter2"});
    let error = write(&client_of(&secret)).await.unwrap_err();
    assert!(matches!(error, SalesforceError::Unreachable { .. }) && error.is_transient(), "{error}");
    let (salesforce, client) = start().await;
    salesforce.move_instance("https://evil.example");
    let error = write(&client).await.unwrap_err();
    assert!(error.to_string().contains("`https://evil.example` is not"), "{error}");
    assert_eq!(salesforce.asked().len(), 1);
}

#[tokio::test]
async fn wrong_credentials_are_refused_and_not_repeated() {
    let (salesforce, _) = start().await;
    let secret = json!({"login_url": salesforce.url(), "client_id": "3MVG&=+", "client_secret": "hunter2"});
    let error = write(&client_of(&secret)).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains("invalid_client") && !text.contains("hunter2"), "{text}");
    assert!(matches!(error, SalesforceError::NotAuthorized { .. }));
}
