//! The pages. Callers' words and flows' attributes are hostile: the template engine escapes every value.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use vmx_contract::token::Claims;

use crate::store::Kept;

const TEMPLATE: &str = include_str!("../page/page.html.j2");
const STYLE: &str = include_str!("../page/style.css");
const SCRIPT: &str = include_str!("../page/script.js");
/// The longest outside text to show, in characters; a transcript of twenty minutes has about 20,000.
const LONGEST: usize = 100_000;

/// Renders pages, and their content security policies.
#[derive(Debug)]
pub(crate) struct Pages {
    environment: Environment<'static>,
    style_hash: String,
    script_hash: String,
}

/// The facts of a voicemail, as people read them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Facts {
    /// The number, if it can be called.
    pub(crate) number: Option<String>,
    pub(crate) caller: String,
    pub(crate) recipient: String,
    pub(crate) received: String,
    pub(crate) received_iso: String,
    pub(crate) length: String,
    pub(crate) language: String,
    pub(crate) transcript: String,
    pub(crate) summary: Option<String>,
    pub(crate) notes: Vec<&'static str>,
}

impl Facts {
    pub(crate) fn of(kept: &Kept) -> Self {
        let package = &kept.package;
        let seconds = package.duration_ms.div_ceil(1000);
        let caller = package.from.as_deref().unwrap_or("an unknown number");
        let digits = caller.strip_prefix('+').unwrap_or(caller);
        let is_number = (3..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        Self {
            number: is_number.then(|| caller.to_owned()),
            caller: cut(caller),
            recipient: cut(package.recipient.name()),
            received: package.in_words(package.received_at),
            received_iso: package.received_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            length: format!("{}:{:02}", seconds / 60, seconds % 60),
            language: package.language.clone(),
            transcript: cut(package.transcript.text()),
            summary: kept.summary.as_deref().map(cut),
            notes: package.warnings.iter().map(|warning| warning.text()).collect(),
        }
    }
}

impl Pages {
    pub(crate) fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        let added = syntax.and_then(|syntax| {
            environment.set_syntax(syntax);
            environment.add_template("page", TEMPLATE)
        });
        added.unwrap_or_else(|error| unreachable!("the page's template is sound: {error}"));
        Self { environment, style_hash: hash(STYLE), script_hash: hash(SCRIPT) }
    }

    /// The page of a voicemail. With its token it has a player; without, the recording is deleted. Without facts, the
    /// package is deleted.
    pub(crate) fn voicemail(&self, facts: Option<&Facts>, token: Option<&str>, claims: &Claims) -> String {
        let message = match (facts, token) {
            (None, None) => Some("This voicemail has expired and was deleted."),
            (None, Some(_)) => {
                Some("The transcript has expired and was deleted. The recording is still available.")
            }
            _ => None,
        };
        let expires_at = claims.expires_at();
        let until = token.map(|_| {
            context! {
                iso => expires_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), text => text(expires_at),
            }
        });
        let facts = facts.map(|facts| Value::from(Serde(facts)));
        self.render(context! {
            title => "Voicemail", message, facts, player => token, until, style => STYLE, script => SCRIPT,
        })
    }

    /// A page with one message.
    pub(crate) fn plain(&self, title: &str, message: &str) -> String {
        self.render(context! {
            title, message, facts => (), player => (), until => (), style => STYLE, script => (),
        })
    }

    fn render(&self, context: Value) -> String {
        let page = self.environment.get_template("page").and_then(|page| page.render(context));
        page.unwrap_or_else(|error| unreachable!("the page's template is sound: {error:#}"))
    }

    /// What a page can load: its own style and script, by their hashes, and nothing from elsewhere; with a player, the
    /// recording from here and from its redirect.
    pub(crate) fn policy(&self, recording_url: Option<&str>) -> String {
        let mut policy =
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'".to_owned();
        policy += &format!("; style-src '{}'", self.style_hash);
        if let Some(origin) = recording_url.and_then(origin) {
            policy += &format!("; script-src '{}'; media-src 'self' {origin}", self.script_hash);
        }
        policy
    }

    /// The same for pages without a player, but with a script.
    pub(crate) fn policy_without_player(&self) -> String {
        format!("{}; script-src '{}'", self.policy(None), self.script_hash)
    }
}

/// Scheme, host and port of a URL.
fn origin(url: &str) -> Option<&str> {
    let host = url.find("://")? + 3;
    Some(url[host..].find('/').map_or(url, |end| &url[..host + end]))
}

/// A time for people without a script to convert it to their own zone.
pub(crate) fn text(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// The policy's hash of inline content.
fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests;
