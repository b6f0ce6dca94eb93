//! Logs: one JSON object a line on standard output, which Lambda hands to CloudWatch Logs.
//!
//! ```json
//! {"timestamp":"…","level":"INFO","message":"recorded","duration_ms":2048,"from":"…0100","target":"vmx_kvs_to_s3","span":{"contact_id":"…","name":"voicemail"}}
//! ```
//!
//! Every line about a voicemail carries its contact, because the work on it runs within [`voicemail_span`].
//! Phone numbers and transcripts appear only as [`Phone`] and [`Words`]. Among the lines are those of
//! [`metrics`], at any level.

use std::fmt;

use tracing::{Level, Span, Subscriber, info_span};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use vmx_contract::environment::{LOG_LEVEL, STACK};

use crate::metrics::{self, MetricLines};
use crate::settings::{SettingError, Settings};

/// The prefix of our own crates' names. Other crates' logs are only useful as warnings.
const OUR_TARGETS: &str = "vmx_";

/// Starts logging to standard output at the level of `VMX_LOG_LEVEL`, by default `info`.
///
/// # Errors
/// [`SettingError::Unusable`] if the level is invalid.
pub fn start(settings: &Settings) -> Result<(), SettingError> {
    let level = if settings.optional(LOG_LEVEL).is_some() {
        settings.read(LOG_LEVEL, "one of error, warn, info, debug", |text| text.parse().ok())?
    } else {
        Level::INFO
    };
    // A second start, which only a test could try, keeps the first.
    let _ =
        tracing::subscriber::set_global_default(subscriber(level, settings.optional(STACK), std::io::stdout));
    Ok(())
}

/// Like [`start`], but writing elsewhere. Without a stack's name there are no metrics.
pub fn subscriber<W>(level: Level, stack: Option<&str>, writer: W) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'w> MakeWriter<'w> + Clone + Send + Sync + 'static,
{
    let counted = stack.map(|stack| {
        let only_metrics = Targets::new().with_target(metrics::TARGET, Level::INFO);
        MetricLines::new(stack, writer.clone()).with_filter(only_metrics)
    });
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(writer);
    let filter = Targets::new()
        .with_default(LevelFilter::WARN.min(LevelFilter::from_level(level)))
        .with_target(OUR_TARGETS, level)
        .with_target(metrics::TARGET, LevelFilter::OFF);
    tracing_subscriber::registry().with(counted).with(lines.with_filter(filter))
}

/// The span of all work on one voicemail.
#[must_use]
pub fn voicemail_span(contact_id: &impl fmt::Display) -> Span {
    info_span!(target: "vmx_lambda", "voicemail", %contact_id)
}

/// A phone number, shown by its last four characters: enough to recognize one's own call.
#[derive(Clone, Copy)]
pub struct Phone<'a>(pub Option<&'a str>);

impl fmt::Display for Phone<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(number) = self.0 else {
            return f.write_str("none");
        };
        let hidden = number.chars().count().saturating_sub(4);
        f.write_str("…")?;
        // The last four digits would reveal a short code.
        if hidden < 4 {
            return Ok(());
        }
        number.chars().skip(hidden).try_for_each(|digit| fmt::Write::write_char(f, digit))
    }
}

/// Spoken words, shown by their number of characters.
#[derive(Clone, Copy)]
pub struct Words<'a>(pub &'a str);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} characters]", self.0.chars().count())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_json_and_carries_the_contact() {
        let captured = Captured::default();
        let writer = captured.clone();
        let subscriber = subscriber(Level::INFO, None, move || writer.clone());
        tracing::subscriber::with_default(subscriber, || {
            let _within = voicemail_span(&"c-1").entered();
            tracing::info!(target: "vmx_test", from = %Phone(Some("+15555550100")), words = %Words("seven"), "recorded");
            tracing::debug!(target: "vmx_test", "not at this level");
            tracing::info!(target: "hyper", "somebody else's business");
        });
        let text = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["span"]["contact_id"], "c-1");
        assert_eq!(
            (&line["message"], &line["from"], &line["words"]),
            (&"recorded".into(), &"…0100".into(), &"[5 characters]".into())
        );
    }

    #[test]
    fn a_short_number_is_hidden_whole() {
        for (number, shown) in [(Some("12345"), "…"), (None, "none"), (Some("12345678"), "…5678")] {
            assert_eq!(Phone(number).to_string(), shown);
        }
    }

    #[test]
    fn an_unknown_level_is_named() {
        let error = start(&Settings::from([(LOG_LEVEL, "loud")])).unwrap_err();
        assert!(error.to_string().contains("VMX_LOG_LEVEL is `loud`"), "{error}");
    }
}
