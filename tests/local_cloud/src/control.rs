//! What a running local cloud does for people besides being AWS: it places calls.
//!
//! It is a service like the others, with a signature scope of its own, so that only who has the account's keys can
//! use it. `vmx-local call` is its client.

use std::time::Duration;

use aws_credential_types::Credentials;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::future::BoxFuture;
use http::Method;
use serde::{Deserialize, Serialize};

use crate::backend::{Backend, BackendError};
use crate::call::{Call, Dialled, Step, place_call};
use crate::connect::Connect;
use crate::service::{Action, AwsError, AwsRequest, AwsResponse, Service, json_response};

/// The scope that requests for this service are signed for.
pub const SCOPE: &str = "local-cloud";

const CALLS: &str = "/calls";

/// A call that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRequest {
    /// The caller's number.
    pub from: String,
    /// Whom they call. `None`: the first number that the contact centre has claimed.
    pub to: Option<To>,
    /// What they do.
    pub steps: Vec<Act>,
}

/// Whom a caller calls; see [`Dialled`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum To {
    /// A claimed number.
    Number(String),
    /// A flow.
    Flow(String),
}

/// One thing that a caller does; see [`Step`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Stays silent for so many milliseconds.
    WaitMs(u64),
    /// Stays silent until a beep has been heard.
    HearBeep,
    /// Stays silent until a prompt with these words has been heard.
    Hear(String),
    /// Presses keys.
    Press(String),
    /// Speaks: base64 of signed 16-bit little-endian samples, 8 kHz, mono.
    Speak(String),
    /// Hangs up.
    HangUp,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallAnswer {
    /// The contact that the call was.
    pub contact_id: String,
    /// What happened, for people to read.
    pub report: String,
}

impl From<Step> for Act {
    fn from(step: Step) -> Self {
        match step {
            Step::Wait(time) => Self::WaitMs(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
            Step::HearBeep => Self::HearBeep,
            Step::Hear(words) => Self::Hear(words),
            Step::Press(keys) => Self::Press(keys),
            Step::Speak(pcm) => Self::Speak(BASE64.encode(pcm)),
            Step::HangUp => Self::HangUp,
        }
    }
}

impl TryFrom<Act> for Step {
    type Error = base64::DecodeError;

    fn try_from(act: Act) -> Result<Self, Self::Error> {
        Ok(match act {
            Act::WaitMs(time) => Self::Wait(Duration::from_millis(time)),
            Act::HearBeep => Self::HearBeep,
            Act::Hear(words) => Self::Hear(words),
            Act::Press(keys) => Self::Press(keys),
            Act::Speak(pcm) => Self::Speak(BASE64.decode(pcm)?),
            Act::HangUp => Self::HangUp,
        })
    }
}

/// Has the local cloud at `endpoint` place a call.
///
/// # Errors
/// When it cannot be reached, does not know the credentials, or the call cannot be placed.
pub async fn request_call(
    endpoint: &str,
    credentials: Credentials,
    region: &str,
    call: &CallRequest,
) -> Result<CallAnswer, BackendError> {
    let answer_error = |error: serde_json::Error| BackendError::Answer {
        service: SCOPE.to_owned(),
        reason: error.to_string(),
    };
    let client = Backend::new(endpoint, credentials, region);
    let request = client.request(SCOPE, Method::POST, CALLS)?.header("content-type", "application/json");
    let body = serde_json::to_vec(call).map_err(answer_error)?;
    let response = client.send(SCOPE, request, body.into()).await?;
    serde_json::from_slice(response.body()).map_err(answer_error)
}

/// The service.
pub(crate) struct Control {
    connect: Connect,
}

impl Control {
    pub(crate) fn new(connect: Connect) -> Self {
        Self { connect }
    }

    async fn place_call(&self, request: &AwsRequest) -> Result<AwsResponse, AwsError> {
        let CallRequest { from, to, steps } = request.json()?;
        let to = match to {
            Some(To::Number(number)) => Dialled::Number(number),
            Some(To::Flow(flow)) => Dialled::Flow(flow),
            None => Dialled::Number(self.connect.phone_numbers().into_iter().next().unwrap_or_default()),
        };
        let refused = |reason: String| AwsError::bad_request("CallNotPlacedException", reason);
        let steps = steps.into_iter().map(Step::try_from).collect::<Result<_, _>>();
        let steps = steps.map_err(|error| refused(format!("what the caller says is no base64: {error}")))?;
        let call = Call { from, to, steps };
        let outcome = place_call(&self.connect, call).await.map_err(|error| refused(error.to_string()))?;
        json_response(&CallAnswer { report: outcome.to_string(), contact_id: outcome.contact_id })
    }
}

impl Service for Control {
    fn action(&self, request: &AwsRequest) -> Result<Action, AwsError> {
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", CALLS) => Ok(Action::on_everything("local-cloud:PlaceCall")),
            (method, path) => Err(AwsError::unknown_operation(&format!("{method} {path}"))),
        }
    }

    fn handle(&self, request: AwsRequest) -> BoxFuture<'_, Result<AwsResponse, AwsError>> {
        Box::pin(async move { self.place_call(&request).await })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_survive_the_way_to_the_cloud() {
        let steps = [
            Step::Wait(Duration::from_millis(1500)),
            Step::HearBeep,
            Step::Hear("goodbye".to_owned()),
            Step::Press("1#".to_owned()),
            Step::Speak(vec![0, 1, 2, 255]),
            Step::HangUp,
        ];
        for step in steps {
            assert_eq!(Step::try_from(Act::from(step.clone())), Ok(step));
        }
    }
}
