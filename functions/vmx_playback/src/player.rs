//! From events to responses.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tracing::{Instrument as _, debug, error, info};
use vmx_contract::token::Claims;
use vmx_lambda::failure::Failure;
use vmx_lambda::logs::voicemail_span;

use crate::access::{self, Denied};
use crate::config::{Clients, Config};
use crate::event::{Asked, What, route};
use crate::flow;
use crate::page::{Facts, Pages};
use crate::response::Response;
use crate::store::{self, Purpose};

/// How long a page can play a recording: longer than the longest message.
const LISTENING: Duration = Duration::from_mins(30);
/// How long a download or a header request may take to start.
const BEGINNING: Duration = Duration::from_mins(5);

/// Serves voicemails to people with access.
#[derive(Debug)]
pub struct Player {
    clients: Clients,
    config: Config,
    pages: Pages,
}

impl Player {
    /// A player. One serves all invocations of a process.
    #[must_use]
    pub fn new(clients: Clients, config: Config) -> Self {
        Self { clients, pages: Pages::new(config.words), config }
    }

    /// Handles one invocation: a request of the function URL, or a block of a contact flow.
    pub async fn handle(&self, event: &Value, now: Timestamp) -> Value {
        match Asked::of(event) {
            Asked::Request { method, path, source_ip } => {
                debug!(source_ip, "a request");
                let is_head = method == "HEAD";
                let response = match route(path).filter(|_| is_head || method == "GET") {
                    Some((token, what)) => self.open(token, what, is_head, now).await,
                    None => {
                        info!(outcome = "refused: no such address", "link opened");
                        self.forbidden()
                    }
                };
                response.into_json(is_head)
            }
            Asked::Flow { instance_arn, id, minutes } => {
                let question = flow::Question { instance_arn, id, minutes };
                flow::answer(&self.clients, &self.config, &question).await
            }
            Asked::Other => {
                error!("invoked by something other than a function URL or a contact flow");
                self.forbidden().into_json(false)
            }
        }
    }

    async fn open(&self, token: &str, what: What, is_head: bool, now: Timestamp) -> Response {
        let what_word = what.as_str();
        let claims = match access::check(&self.clients, &self.config, token, now).await {
            Ok(claims) => claims,
            Err(Denied::Refused { claimed, why }) => {
                let contact_id = claimed.as_ref().map(ToString::to_string);
                info!(contact_id, what = what_word, outcome = format!("refused: {why}"), "link opened");
                return self.forbidden();
            }
            Err(Denied::Unknown { claimed, failure }) => {
                error!(contact_id = %claimed, what = what_word, %failure, "cannot check the link");
                return self.unavailable();
            }
        };
        let span = voicemail_span(claims.id());
        let opening = async {
            let opened = match what {
                What::Page => self.page(&claims, token).await,
                What::Audio | What::Download => self.recording(&claims, what, is_head).await,
            };
            match opened {
                Ok((response, outcome)) => {
                    info!(what = what_word, outcome, "link opened");
                    response
                }
                Err(failure) => {
                    error!(what = what_word, %failure, "cannot show the voicemail");
                    self.unavailable()
                }
            }
        };
        opening.instrument(span).await
    }

    /// The page, and its log message.
    async fn page(&self, claims: &Claims, token: &str) -> Result<(Response, &'static str), Failure> {
        let id = claims.id();
        let (kept, has_recording) = tokio::join!(
            store::kept(&self.clients, &self.config, id),
            store::has_recording(&self.clients, &self.config, id),
        );
        let (kept, has_recording) = (kept?, has_recording?);
        let facts = kept.as_ref().map(|kept| Facts::of(kept, self.config.words));
        if !has_recording {
            let page = self.pages.voicemail(facts.as_ref(), None, claims);
            let response = Response::page(410, &self.pages.policy_without_player(), page);
            return Ok((response, "shown: the recording has expired"));
        }
        let url = self.presigned(claims, Purpose::Listen, LISTENING).await?;
        let page = self.pages.voicemail(facts.as_ref(), Some(token), claims);
        Ok((Response::page(200, &self.pages.policy(Some(&url)), page), "shown"))
    }

    /// The redirect to the recording, and its log message.
    async fn recording(
        &self,
        claims: &Claims,
        what: What,
        is_head: bool,
    ) -> Result<(Response, &'static str), Failure> {
        if !store::has_recording(&self.clients, &self.config, claims.id()).await? {
            let page = self.pages.voicemail(None, None, claims);
            let response = Response::page(410, &self.pages.policy_without_player(), page);
            return Ok((response, "the recording has expired"));
        }
        let (purpose, lifetime) = match what {
            _ if is_head => (Purpose::Look, BEGINNING),
            What::Download => (Purpose::Save, BEGINNING),
            What::Page | What::Audio => (Purpose::Listen, LISTENING),
        };
        let url = self.presigned(claims, purpose, lifetime).await?;
        Ok((Response::redirect(url, &self.pages.policy(None)), "redirected to the recording"))
    }

    async fn presigned(
        &self,
        claims: &Claims,
        purpose: Purpose,
        lifetime: Duration,
    ) -> Result<String, Failure> {
        let id = claims.id();
        let url = store::presigned(&self.clients, &self.config, id, purpose, lifetime).await;
        url.map_err(|reason| Failure::broken_off("presigning a URL", &std::io::Error::other(reason)))
    }

    /// The response to everyone without access: always the same.
    fn forbidden(&self) -> Response {
        Response::page(403, &self.pages.policy(None), self.pages.refused())
    }

    fn unavailable(&self) -> Response {
        Response::page(503, &self.pages.policy(None), self.pages.unavailable())
    }
}
