//! The pages. Callers' words and flows' attributes are hostile: the template engine escapes every value.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use vmx_contract::package::Transcript;
use vmx_contract::staff::{Words, length};
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
    words: &'static Words,
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
    /// The transcript's; `None` for a note in its place.
    pub(crate) language: Option<String>,
    pub(crate) transcript: String,
    pub(crate) summary: Option<String>,
    pub(crate) notes: Vec<&'static str>,
}

impl Facts {
    pub(crate) fn of(kept: &Kept, words: &Words) -> Self {
        let package = &kept.package;
        let caller = words.caller_of(package);
        let digits = caller.strip_prefix('+').unwrap_or(caller);
        let is_number = (3..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        Self {
            number: is_number.then(|| caller.to_owned()),
            caller: cut(caller),
            recipient: cut(package.recipient.name()),
            received: words.moment(package.received_at, &package.time_zone),
            received_iso: package.received_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            length: length(package),
            language: matches!(package.transcript, Transcript::Completed { .. })
                .then(|| package.language.clone()),
            transcript: cut(words.transcript_of(package)),
            summary: kept.summary.as_deref().map(cut),
            notes: package.warnings.iter().map(|warning| words.warning(*warning)).collect(),
        }
    }
}

impl Pages {
    pub(crate) fn new(words: &'static Words) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        let added = syntax.and_then(|syntax| {
            environment.set_syntax(syntax);
            environment.add_template("page", TEMPLATE)
        });
        added.unwrap_or_else(|error| unreachable!("the page's template is sound: {error}"));
        Self { environment, words, style_hash: hash(STYLE), script_hash: hash(SCRIPT) }
    }

    /// The page of a voicemail. With its token it has a player; without, the recording is deleted. Without facts, the
    /// package is deleted.
    pub(crate) fn voicemail(&self, facts: Option<&Facts>, token: Option<&str>, claims: &Claims) -> String {
        let words = self.words;
        let message: &[&'static str] = match (facts, token) {
            (None, None) => &[words.voicemail_expired, words.expired_advice],
            (None, Some(_)) => &[words.transcript_expired],
            _ => &[],
        };
        let expires_at = claims.expires_at();
        let until = token.map(|_| {
            let (before, after) = words.link_until.split_once("{time}").unwrap_or((words.link_until, ""));
            context! {
                before, after,
                iso => expires_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
                // For people without a script to convert it to their own zone.
                text => words.moment(expires_at, "UTC"),
            }
        });
        let facts = facts.map(|facts| Value::from(Serde(facts)));
        self.render(context! {
            title => words.voicemail, words => Value::from(Serde(words)), message => message.to_vec(), facts, player => token, until,
            style => STYLE, script => SCRIPT,
        })
    }

    /// The page for everyone without access: the same whatever the reason is. It says what to do.
    pub(crate) fn refused(&self) -> String {
        self.plain(self.words.refused_title, &[self.words.refused, self.words.refused_advice])
    }

    /// The page while a service fails.
    pub(crate) fn unavailable(&self) -> String {
        self.plain(self.words.unavailable_title, &[self.words.unavailable])
    }

    /// A page with nothing but a message.
    fn plain(&self, title: &'static str, message: &[&'static str]) -> String {
        self.render(context! {
            title, words => Value::from(Serde(self.words)), message => message.to_vec(), facts => (), player => (), until => (),
            style => STYLE, script => (),
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

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// The policy's hash of inline content.
fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests;
