//! A Salesforce on loopback, which accepts what Salesforce documents, refuses the rest, and fails on demand.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Map, Value};

mod answers;
mod page;
mod rules;

/// An accepted caller, as the secret describes it.
#[derive(Debug, Clone)]
pub enum Caller {
    /// By client credentials.
    Secret {
        /// The consumer key.
        client_id: String,
        /// The consumer secret.
        client_secret: String,
    },
    /// By an assertion.
    Signature {
        /// The consumer key.
        client_id: String,
        /// The approved user.
        username: String,
        /// The expected audience.
        audience: String,
        /// The public key of the app's certificate, DER of PKCS#1.
        public_key: Vec<u8>,
    },
}

/// What happens to a request instead of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The session is no longer valid.
    SessionEnded,
    /// Too many requests: 429.
    TooMany,
    /// The organization's daily requests are used up: 403 with a code.
    LimitExceeded,
    /// An internal error of Salesforce: 500.
    Broken,
    /// In maintenance: 503 with a page for people.
    Maintenance,
    /// No response.
    Silent,
    /// The request is executed, but its response never comes.
    DoneInSilence,
    /// The connection is cut in the middle of the response.
    Cut,
    /// Success, but not JSON.
    Malformed,
    /// A response without end.
    Endless,
    /// A redirect elsewhere.
    Redirect,
}

/// A user of the organization.
#[derive(Debug, Clone)]
pub struct User {
    /// The record's id.
    pub id: String,
    /// The username.
    pub username: String,
    /// The alias.
    pub alias: String,
    /// Whether the user can own records.
    pub can_own: bool,
}

/// A received request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The value of `Authorization`.
    pub authorization: Option<String>,
    /// The value of `Sforce-Auto-Assign`.
    pub auto_assign: Option<String>,
    /// The media type.
    pub content_type: Option<String>,
    /// The body.
    pub body: String,
}

/// A written record.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its id.
    pub id: String,
    /// Its object.
    pub object: String,
    /// Its fields.
    pub fields: Map<String, Value>,
    /// How often it was written.
    pub writes: u32,
}

/// The organization.
#[derive(Debug, Default)]
struct Organization {
    caller: Option<Caller>,
    url: String,
    /// The instance that tokens are for, if not this one.
    instance: Option<String>,
    /// How many tokens were issued; the last one is valid.
    tokens: u32,
    users: Vec<User>,
    /// Objects and their external id fields.
    objects: Vec<(String, String)>,
    /// Values of `Priority` that the restricted list has.
    priorities: Vec<String>,
    records: Vec<Record>,
    asked: Vec<Asked>,
    /// What will happen to the next requests, by path prefix.
    troubles: Vec<(String, Trouble)>,
}

/// A Salesforce on loopback. It stops with its runtime.
#[derive(Debug, Clone)]
pub struct LocalSalesforce {
    address: SocketAddr,
    organization: Arc<Mutex<Organization>>,
}

impl LocalSalesforce {
    /// Starts one that accepts `caller`.
    ///
    /// # Errors
    /// If no port is available.
    pub async fn start(caller: Caller) -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let organization = Organization {
            caller: Some(caller),
            url: format!("http://{address}"),
            objects: vec![("Case".to_owned(), "VMX_Contact_Id__c".to_owned())],
            priorities: ["High", "Medium", "Low"].map(str::to_owned).to_vec(),
            ..Organization::default()
        };
        let salesforce = Self { address, organization: Arc::new(Mutex::new(organization)) };
        let service = Router::new().fallback(answer).with_state(salesforce.clone());
        tokio::spawn(async move { axum::serve(listener, service).await });
        Ok(salesforce)
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Adds a user.
    pub fn add_user(&self, user: User) {
        self.with(|organization| organization.users.push(user));
    }

    /// Adds an object with an external id field.
    pub fn add_object(&self, name: &str, external_id_field: &str) {
        self.with(|organization| organization.objects.push((name.to_owned(), external_id_field.to_owned())));
    }

    /// Adds a record, as another writer would.
    pub fn add_record(&self, object: &str, fields: Map<String, Value>) {
        self.with(|organization| organization.insert(object, fields));
    }

    /// Issues tokens for another instance.
    pub fn move_instance(&self, url: &str) {
        self.with(|organization| organization.instance = Some(url.to_owned()));
    }

    /// Accepts another caller instead of the current one.
    pub fn let_in(&self, caller: Caller) {
        self.with(|organization| {
            organization.caller = Some(caller);
            // No token remains valid.
            organization.tokens += 1;
        });
    }

    /// Makes the next request with this path prefix fail. Several failures queue up.
    pub fn trouble(&self, path: &str, trouble: Trouble) {
        self.with(|organization| organization.troubles.push((path.to_owned(), trouble)));
    }

    /// Clears all failures.
    pub fn recover(&self) {
        self.with(|organization| organization.troubles.clear());
    }

    /// The requests so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.with(|organization| organization.asked.clone())
    }

    /// The records so far.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        self.with(|organization| organization.records.clone())
    }

    /// The address of a record's page, for a person on this machine.
    #[must_use]
    pub fn page_url(&self, record: &Record) -> String {
        format!("{}/lightning/r/{}/{}/view", self.url(), record.object, record.id)
    }

    /// The page at a path, if it is that of a record.
    fn page(&self, path: &str) -> Option<Response> {
        let ["", "lightning", "r", object, id, "view"] = path.split('/').collect::<Vec<_>>()[..] else {
            return None;
        };
        self.with(|organization| {
            let record =
                organization.records.iter().find(|record| record.id == id && record.object == object);
            record.map(|record| answers::page(page::of(record)))
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Organization) -> T) -> T {
        work(&mut self.organization.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The largest request that is read.
const LARGEST: usize = 4 * 1024 * 1024;

async fn answer(State(salesforce): State<LocalSalesforce>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    if let Some(page) = salesforce.page(head.uri.path()).filter(|_| head.method == http::Method::GET) {
        return page;
    }
    let Ok(body) = axum::body::to_bytes(body, LARGEST).await else {
        return answers::error(413, "REQUEST_TOO_LARGE", "too large");
    };
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let asked = Asked {
        method: head.method.to_string(),
        path: head.uri.path_and_query().map_or_else(String::new, ToString::to_string),
        authorization: header("authorization"),
        auto_assign: header("sforce-auto-assign"),
        content_type: header("content-type"),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let (trouble, response) = salesforce.with(|organization| {
        organization.asked.push(asked.clone());
        let met = organization.troubles.iter().position(|(path, _)| asked.path.starts_with(path.as_str()));
        let trouble = met.map(|place| organization.troubles.remove(place).1);
        let response = match trouble {
            None | Some(Trouble::DoneInSilence) => Some(organization.answer(&asked)),
            Some(_) => None,
        };
        (trouble, response)
    });
    match (trouble, response) {
        (None, Some(response)) => response,
        (Some(trouble), _) => answers::trouble(trouble).await,
        (None, None) => answers::error(500, "UNKNOWN_EXCEPTION", "no answer"),
    }
}
