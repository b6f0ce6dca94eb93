//! Clients with scripted responses.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::clock::{Clock, http_date};
use super::{Call, REGION, Reply};

/// A configuration for clients with these responses: their region, and test credentials.
#[must_use]
pub fn configuration(http: impl HttpClient + 'static) -> SdkConfig {
    let credentials = Credentials::new("AKIDTEST", "secret", Some("session".into()), None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http)
        .build()
}

/// AWS as a function of requests.
#[derive(Debug)]
pub struct Aws {
    /// For the clients.
    pub config: SdkConfig,
    calls: Arc<Mutex<Vec<(Instant, Call)>>>,
}

/// The calls that started at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When, since the first call.
    pub at: Duration,
    /// Their actions, sorted.
    pub actions: Vec<String>,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>5} ms  {}", self.at.as_millis(), self.actions.join(" | "))
    }
}

impl Aws {
    /// An AWS with these responses, without delay.
    pub fn new(answer: impl FnMut(&Call) -> Reply + Send + 'static) -> Self {
        Self::telling(None, Duration::ZERO, answer)
    }

    /// The same, with this duration per call. With tokio's clock paused nothing else takes time, so that [`Aws::steps`]
    /// shows which calls wait for which.
    pub fn taking(latency: Duration, answer: impl FnMut(&Call) -> Reply + Send + 'static) -> Self {
        Self::telling(None, latency, answer)
    }

    /// The same, with its own clock for the responses' dates.
    pub fn telling(
        clock: Option<Clock>,
        latency: Duration,
        answer: impl FnMut(&Call) -> Reply + Send + 'static,
    ) -> Self {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let answer: Box<Answer> = Box::new(answer);
        let wire = Wire { answer: Arc::new(Mutex::new(answer)), calls: Arc::clone(&calls), latency, clock };
        let http = http_client_fn(move |_, _| SharedHttpConnector::new(wire.clone()));
        let config = configuration(http).into_builder().retry_config(RetryConfig::standard()).build();
        Self { config, calls }
    }

    /// The calls so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().iter().map(|(_, call)| call.clone()).collect()
    }

    /// The actions of the calls so far.
    #[must_use]
    pub fn actions(&self) -> Vec<String> {
        self.calls().into_iter().map(|call| call.action).collect()
    }

    /// The calls of one action so far.
    #[must_use]
    pub fn calls_of(&self, action: &str) -> Vec<Call> {
        self.calls().into_iter().filter(|call| call.action == action).collect()
    }

    /// Prints [`Aws::steps`] under a heading.
    #[expect(clippy::print_stdout, reason = "people want to see what waits for what")]
    pub fn show_steps(&self, heading: &str) {
        println!("{heading}");
        self.steps().iter().for_each(|step| println!("{step}"));
    }

    /// The calls so far, grouped by their start.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let calls = self.calls.lock().unwrap();
        let Some(first) = calls.iter().map(|(at, _)| *at).min() else { return steps };
        let mut sorted: Vec<(Duration, String)> =
            calls.iter().map(|(at, call)| (at.duration_since(first), call.action.clone())).collect();
        sorted.sort();
        for (at, action) in sorted {
            match steps.last_mut() {
                Some(step) if step.at == at => step.actions.push(action),
                _ => steps.push(Step { at, actions: vec![action] }),
            }
        }
        steps
    }
}

/// Responds to calls.
type Answer = dyn FnMut(&Call) -> Reply + Send;

/// Connects clients to the responses.
#[derive(Clone)]
struct Wire {
    answer: Arc<Mutex<Box<Answer>>>,
    calls: Arc<Mutex<Vec<(Instant, Call)>>>,
    latency: Duration,
    clock: Option<Clock>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("latency", &self.latency).finish_non_exhaustive()
    }
}

impl Wire {
    async fn answered(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
        let call = Call::of(request);
        let begun = Instant::now();
        if !self.latency.is_zero() {
            sleep(self.latency).await;
        }
        let mut reply = (self.answer.lock().unwrap())(&call);
        self.calls.lock().unwrap().push((begun, call.clone()));
        if !reply.delay().is_zero() {
            sleep(reply.delay()).await;
        }
        // Every service dates its responses.
        if !reply.has("date") {
            let now = self.clock.map_or_else(Timestamp::now, |clock| clock.now());
            reply = reply.header("date", &http_date(now));
        }
        reply
            .into_response(&call)
            .try_into()
            .map_err(|error: aws_smithy_runtime_api::http::HttpError| ConnectorError::user(error.into()))
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().answered(request))
    }
}
