//! Composes an email from a package: pure.
//!
//! Callers' words and flows' attributes are escaped in HTML and cannot break a header. A custom template is limited in
//! its size, its output, its nesting and its work; it reads no files and has no `range`, so it can only loop over the
//! package.

use std::io::Write;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use vmx_contract::package::{Package, Transcript};
use vmx_contract::staff::{Words, fill, length};
use vmx_contract::voicemail::Warning;

/// The largest template, in bytes.
pub(super) const LARGEST_TEMPLATE: usize = 64 * 1024;
/// The largest output of a template, in bytes.
const LONGEST: usize = 1024 * 1024;
/// The longest subject, in characters.
const LONGEST_SUBJECT: usize = 200;
/// How deep templates may go.
const DEEPEST: usize = 64;
/// How many blocks may be nested: the template parser recurses, and the stack is limited.
const MOST_NESTED: usize = 16;
/// How many instructions one template can execute: some ten times as many as writing every attribute of a contact.
/// Three nested loops over them would outlast the invocation.
const FUEL: u64 = 200_000;

/// The texts of one email.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mail {
    pub(super) subject: String,
    pub(super) html: String,
    pub(super) text: String,
}

/// The templates of an email, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Templates {
    pub(super) subject: String,
    pub(super) html: String,
    pub(super) text: String,
}

impl Templates {
    /// The built-in ones.
    pub(super) fn built_in() -> Self {
        Self {
            subject: "{{ title }}".to_owned(),
            html: include_str!("voicemail.html").to_owned(),
            text: include_str!("voicemail.txt").to_owned(),
        }
    }
}

/// The email of a package.
///
/// # Errors
/// Why a template cannot be used.
pub(super) fn compose(
    words: &Words,
    templates: &Templates,
    package: &Package,
    warnings: &[Warning],
    attached: bool,
) -> Result<Mail, String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_recursion_limit(DEEPEST);
    environment.set_fuel(Some(FUEL));
    environment.remove_global("range");
    environment.set_auto_escape_callback(|name| match name {
        "html" => AutoEscape::Html,
        _ => AutoEscape::None,
    });
    let notes: Vec<&str> =
        package.warnings.iter().chain(warnings).map(|warning| words.warning(*warning)).collect();
    let at = |time: jiff::Timestamp| words.moment(time, &package.time_zone);
    let (caller, recipient) = (words.caller_of(package), package.recipient.name());
    let (received, duration) = (at(package.received_at), length(package));
    let link_until = package.playback.as_ref().map(|playback| at(playback.expires_at));
    let is_number = |from: &&str| from.bytes().all(|b| b.is_ascii_digit() || b == b'+');
    let context = context! {
        package => Value::from(Serde(package)),
        attributes => Value::from(Serde(&package.attributes)),
        words => Value::from(Serde(words)),
        language => words.tag,
        title => words.title_of(package),
        heading => fill(words.heading, &[("caller", caller)]),
        line => fill(words.line, &[("recipient", recipient), ("time", &received), ("length", &duration)]),
        summary => package.summary.as_ref().map(|summary| fill(words.summary_line, &[("summary", summary)])),
        note_lines => notes.iter().map(|note| fill(words.note_line, &[("note", note)])).collect::<Vec<_>>(),
        works_until => link_until.as_ref().map(|time| fill(words.link_until, &[("time", time)])),
        has_words => matches!(package.transcript, Transcript::Completed { .. }),
        caller,
        callback => package.from.as_deref().filter(is_number),
        recipient,
        received,
        received_at => package.received_at.to_string(),
        duration,
        transcript => words.transcript_of(package),
        link => package.playback.as_ref().map(|playback| playback.url.as_str()),
        link_until,
        attached,
        link_missing => package.warnings.contains(&Warning::LinkMissing),
        notes,
    };
    let render = |name: &'static str, source: &str| {
        if source.len() > LARGEST_TEMPLATE {
            return Err(format!("the template is larger than {LARGEST_TEMPLATE} bytes"));
        }
        if nested(source) > MOST_NESTED {
            return Err(format!("more than {MOST_NESTED} nested blocks"));
        }
        let template =
            environment.template_from_named_str(name, source).map_err(|error| error.to_string())?;
        let mut bounded = Bounded(Vec::new());
        template.render_captured_to(context.clone(), &mut bounded).map_err(|error| error.to_string())?;
        String::from_utf8(bounded.0).map_err(|error| error.to_string())
    };
    let subject = one_line(&render("subject", &templates.subject)?);
    if subject.is_empty() {
        return Err("the subject is empty".to_owned());
    }
    Ok(Mail { subject, html: render("html", &templates.html)?, text: render("text", &templates.text)? })
}

/// How many blocks of a template are nested.
fn nested(source: &str) -> usize {
    let blocks = ["for", "if", "with", "macro", "call", "filter", "block", "autoescape"];
    let (mut depth, mut deepest) = (0_usize, 0);
    for tag in source.split("{%").skip(1) {
        let tag = tag.trim_start_matches(['-', '+']).trim_start();
        let word = tag.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        if blocks.contains(&word) {
            depth += 1;
            deepest = deepest.max(depth);
        } else if word.strip_prefix("end").is_some_and(|block| blocks.contains(&block)) {
            depth = depth.saturating_sub(1);
        }
    }
    deepest
}

/// Text for a header: no control characters, limited length.
fn one_line(text: &str) -> String {
    let tame: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = tame.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= LONGEST_SUBJECT {
        return words;
    }
    words.chars().take(LONGEST_SUBJECT - 1).chain(['…']).collect()
}

/// Limited output.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > LONGEST {
            return Err(std::io::Error::other("the template's output is too large"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::delivery::task::tests::package;

    fn built_in(text: &str, from: &str) -> Mail {
        let mut package = package(text, "https://example.com/r?a=1&b=2");
        package.from = Some(from.into());
        compose(Words::english(), &Templates::built_in(), &package, &[Warning::EmailTemplateReplaced], false)
            .unwrap()
    }

    #[test]
    fn a_mail_says_who_called_what_was_said_and_where_to_listen() {
        let mail = built_in("Seven of clubs.", "+15555550100");
        assert_eq!(mail.subject, "Voicemail from +15555550100 for Support");
        for part in [
            "<html lang=\"en-US\"",
            "prefers-color-scheme: dark",
            "max-width:600px",
            "lang=\"en-US\"",
            "Seven of clubs.",
            "ses:no-track href=\"https://example.com/r?a=1&amp;b=2\"",
            "went to the queue.",
            "tel:+15555550100",
        ] {
            assert!(mail.html.replace("&#x2f;", "/").contains(part), "{part} in {}", mail.html);
        }
        assert!(mail.text.contains("https://example.com/r?a=1&b=2"), "{}", mail.text);
        // Nothing is fetched when a mail is opened.
        for fetched in ["<img", "<script", "url(", "@import", "<link"] {
            assert!(!mail.html.contains(fetched), "{fetched}");
        }
    }

    #[test]
    fn a_mail_speaks_the_language_of_its_readers() {
        let package = package("Sept de trèfle.", "https://example.com/r");
        let package = Package {
            from: None,
            time_zone: "Europe/Paris".into(),
            warnings: vec![Warning::Silent],
            ..package
        };
        let mail = compose(Words::of("fr-FR"), &Templates::built_in(), &package, &[], true).unwrap();
        assert_eq!(mail.subject, "Message vocal (numéro inconnu) pour Support");
        assert_eq!(
            mail.text,
            "Message vocal (numéro inconnu)\nPour Support · 23/11/2026 à 11:00 (CET) · 1:02 minutes\n\n\
             Sept de trèfle.\n\nÉcouter l’enregistrement : https://example.com/r\n\
             Le lien vers l’enregistrement fonctionne jusqu’au 23/11/2026 à 23:00 (CET).\n\
             L’enregistrement est joint.\nRemarque : Aucune parole n’a été trouvée dans le message."
        );
        assert!(
            mail.html.contains("<html lang=\"fr-FR\"") && mail.html.contains("Remarques</h2>"),
            "{}",
            mail.html
        );
        assert!(!mail.html.contains("the recording") && !mail.html.contains("Notes<"), "{}", mail.html);
    }

    #[test]
    fn an_own_template_has_the_words_and_the_language() {
        let mut own = Templates::built_in();
        own.html = "{{ language }}: {{ words.listen }}, {{ title }}, {{ words.no_speech }}".into();
        let package = package("x", "https://example.com/r");
        let mail = compose(Words::of("it-CH"), &own, &package, &[], false).unwrap();
        assert_eq!(
            mail.html,
            "it-IT: Ascolta la registrazione, Messaggio vocale da +15555550100 per Support, \
             (Non è stata riconosciuta alcuna voce. Ascolti la registrazione.)"
        );
    }

    #[test]
    fn what_a_caller_says_is_text() {
        let evil = "<script>alert(1)</script>\" onload=\"x";
        let mail = built_in(evil, "1\r\nBcc: b@example.com<b>");
        assert!(!mail.html.contains("<script>") && !mail.html.contains("<b>"), "{}", mail.html);
        assert_eq!(mail.subject, "Voicemail from 1 Bcc: b@example.com<b> for Support");
        assert!(!mail.html.contains("tel:"), "no link to what is no number");
    }

    #[test]
    fn an_own_template_has_the_attributes_and_its_limits() {
        let mut package = package("words", "https://example.com/r");
        package.attributes.insert("customer".into(), "<42>".into());
        let mut own = Templates::built_in();
        own.subject = "For {{ attributes.customer }}\n{{ attributes.nothing }}".into();
        own.html = "<b>{{ attributes.customer }}</b>".into();
        let mail = compose(Words::english(), &own, &package, &[], true).unwrap();
        assert_eq!((mail.subject.as_str(), mail.html.as_str()), ("For <42>", "<b>&lt;42&gt;</b>"));
        package.attributes.extend((0..30).map(|n| (format!("a{n}"), "z".to_owned())));
        for broken in [
            "{{".to_owned(),
            "{% for n in range(9) %}{% endfor %}".to_owned(),
            "{% include 'html' %}".to_owned(),
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}".to_owned(),
            "x".repeat(LARGEST_TEMPLATE + 1),
            format!("{{% for a in attributes %}}{}{{% endfor %}}", "y".repeat(60_000)),
            // Loops within loops that write nothing: without a bound on what is done they would run for years.
            format!("{}{}", "{% for a in attributes %}".repeat(12), "{% endfor %}".repeat(12)),
            // So deep that to read it would take all of the stack.
            format!("{}{}", "{%- if caller %}".repeat(2000), "{% endif -%}".repeat(2000)),
        ] {
            own.html.clone_from(&broken);
            assert!(
                compose(Words::english(), &own, &package, &[], false).is_err(),
                "{}",
                &broken[..broken.len().min(60)]
            );
        }
        own = Templates { subject: " ".into(), ..Templates::built_in() };
        assert!(compose(Words::english(), &own, &package, &[], false).is_err(), "a mail has a subject");
    }
}
