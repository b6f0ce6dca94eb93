//! Controls a running local cloud: places calls and fires schedules.
//!
//! It is a service like the others, with its own signature scope, so only holders of the account's keys can use it.
//! `vmx-local call` and `vmx-local tick` are its clients.

use aws_credential_types::Credentials;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::future::BoxFuture;
use http::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::backend::{Backend, BackendError};
use crate::call::{Call, Dialed, Step, place_call};
use crate::connect::Connect;
use crate::internal_calls::InternalCalls;
use crate::service::{Action, AwsError, AwsRequest, AwsResponse, Service, json_response};

/// The signature scope of requests for this service.
pub const SCOPE: &str = "local-cloud";

const CALLS: &str = "/calls";
const TICK: &str = "/tick";

/// A request to place a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRequest {
    /// The caller's number.
    pub from: String,
    /// The number or flow to call. `None`: the first number that the contact center has claimed.
    pub to: Option<To>,
    /// What they do.
    pub steps: Vec<Act>,
}

/// The number or flow to call; see [`Dialed`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum To {
    /// A claimed number.
    Number(String),
    /// A flow.
    Flow(String),
}

/// An action in a call; see [`Step`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// A step in the format of [`Step::parse`].
    Word(String),
    /// The caller speaks: base64 of signed 16-bit little-endian samples, 8 kHz, mono.
    Speak(String),
}

/// The result of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallAnswer {
    /// The call's contact.
    pub contact_id: String,
    /// A readable report.
    pub report: String,
}

/// A request to fire schedules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TickRequest {
    /// The rule with this name. `None`: every enabled rule.
    pub rule: Option<String>,
}

/// The rules whose schedules fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TickAnswer {
    /// Their names.
    pub rules: Vec<String>,
}

impl From<Dialed> for To {
    fn from(dialed: Dialed) -> Self {
        match dialed {
            Dialed::Number(number) => Self::Number(number),
            Dialed::Flow(flow) => Self::Flow(flow),
        }
    }
}

impl From<Step> for Act {
    fn from(step: Step) -> Self {
        match step {
            Step::Speak(pcm) => Self::Speak(BASE64.encode(pcm)),
            other => Self::Word(other.to_string()),
        }
    }
}

impl Act {
    fn into_step(self) -> Result<Step, String> {
        match self {
            // The files are the client's, not the cloud's.
            Self::Word(word) if word.starts_with("speak:") => {
                Err("a recording must be sent, not named".to_owned())
            }
            Self::Word(word) => Step::parse(&word).map_err(|error| error.to_string()),
            Self::Speak(pcm) => BASE64
                .decode(pcm)
                .map(Step::Speak)
                .map_err(|error| format!("what the caller says is no base64: {error}")),
        }
    }
}

/// Asks the local cloud at `endpoint` to place a call.
///
/// # Errors
/// If it cannot be reached, does not know the credentials, or the call cannot be placed.
pub async fn request_call(
    endpoint: &str,
    credentials: Credentials,
    region: &str,
    call: &CallRequest,
) -> Result<CallAnswer, BackendError> {
    ask(endpoint, credentials, region, CALLS, call).await
}

/// Asks the local cloud at `endpoint` to fire schedules.
///
/// # Errors
/// If it cannot be reached or does not know the credentials.
pub async fn request_tick(
    endpoint: &str,
    credentials: Credentials,
    region: &str,
    tick: &TickRequest,
) -> Result<TickAnswer, BackendError> {
    ask(endpoint, credentials, region, TICK, tick).await
}

async fn ask<T: DeserializeOwned>(
    endpoint: &str,
    credentials: Credentials,
    region: &str,
    path: &str,
    asked: &impl Serialize,
) -> Result<T, BackendError> {
    let answer_error = |error: serde_json::Error| BackendError::Answer {
        service: SCOPE.to_owned(),
        reason: error.to_string(),
    };
    let client = Backend::new(endpoint, credentials, region);
    let request = client.request(SCOPE, Method::POST, path)?.header("content-type", "application/json");
    let body = serde_json::to_vec(asked).map_err(answer_error)?;
    let response = client.send(SCOPE, request, body.into()).await?;
    serde_json::from_slice(response.body()).map_err(answer_error)
}

pub(crate) struct Control {
    connect: Connect,
    internal_calls: InternalCalls,
}

impl Control {
    pub(crate) fn new(connect: Connect, internal_calls: InternalCalls) -> Self {
        Self { connect, internal_calls }
    }

    async fn tick(&self, request: &AwsRequest) -> Result<AwsResponse, AwsError> {
        let TickRequest { rule } = request.json()?;
        json_response(&TickAnswer { rules: self.internal_calls.tick(rule.as_deref()).await? })
    }

    async fn place_call(&self, request: &AwsRequest) -> Result<AwsResponse, AwsError> {
        let CallRequest { from, to, steps } = request.json()?;
        let to = match to {
            Some(To::Number(number)) => Dialed::Number(number),
            Some(To::Flow(flow)) => Dialed::Flow(flow),
            None => Dialed::Number(self.connect.phone_numbers().into_iter().next().unwrap_or_default()),
        };
        let refused = |reason: String| AwsError::bad_request("CallNotPlacedException", reason);
        let steps = steps.into_iter().map(Act::into_step).collect::<Result<_, _>>().map_err(refused)?;
        let call = Call { from, to, steps };
        let outcome = place_call(&self.connect, call).await.map_err(|error| refused(error.to_string()))?;
        json_response(&CallAnswer { report: outcome.to_string(), contact_id: outcome.contact_id })
    }
}

impl Service for Control {
    fn action(&self, request: &AwsRequest) -> Result<Action, AwsError> {
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", CALLS) => Ok(Action::on_everything("local-cloud:PlaceCall")),
            ("POST", TICK) => Ok(Action::on_everything("local-cloud:Tick")),
            (method, path) => Err(AwsError::unknown_operation(&format!("{method} {path}"))),
        }
    }

    fn handle(&self, request: AwsRequest) -> BoxFuture<'_, Result<AwsResponse, AwsError>> {
        Box::pin(async move {
            match request.path.as_str() {
                TICK => self.tick(&request).await,
                _ => self.place_call(&request).await,
            }
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn steps_survive_the_way_to_the_cloud() {
        let voice = concat!("speak:", env!("CARGO_MANIFEST_DIR"), "/voices/amiable_woman.wav");
        for word in [
            "wait:1.5",
            "wait:0.000125",
            "beep",
            "hear:goodbye",
            "press:1#",
            voice,
            "hang-up",
            "agent-answers",
            "agent-answers:0.1:agent.one",
            "agent-hangs-up",
            "agent-holds:1.5",
            "agent-transfers:my flow",
            "given:streaming-fails=2",
        ] {
            let step = Step::parse(word).unwrap();
            assert_eq!(Act::from(step.clone()).into_step(), Ok(step));
        }
    }

    #[test]
    fn the_cloud_reads_no_file_of_its_own() {
        assert!(Act::Word("speak:/etc/passwd".to_owned()).into_step().is_err());
    }
}
