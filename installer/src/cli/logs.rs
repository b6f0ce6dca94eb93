//! Arguments of `logs`.

use clap::Args;
use jiff::{SignedDuration, Span, SpanRelativeTo};
use vmx_contract::voicemail_id::VoicemailId;

use super::InstallationArgs;
use vmx_model::parts::{Function, Step};

/// Whose lines, and since when.
#[derive(Debug, Clone, Args)]
pub struct LogsArgs {
    /// A contact's ID, or a function: record, transcribe, deliver, playback or watchdog
    #[arg(value_name = "CONTACT_ID|FUNCTION", value_parser = logged)]
    pub of: Logged,
    /// The installation.
    #[command(flatten)]
    pub installation: InstallationArgs,
    /// Start so long ago, such as 30m, 2h or 3d [default: 1h, or 14d for a contact]
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub since: Option<SignedDuration>,
    /// Go on with new lines until Ctrl-C
    #[arg(long, short)]
    pub follow: bool,
}

/// Whose lines to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Logged {
    /// Those of a function.
    Function(Function),
    /// Those of all functions about a contact, or about one of its messages.
    Voicemail(VoicemailId),
}

impl LogsArgs {
    /// How long ago to start.
    #[must_use]
    pub fn since(&self) -> SignedDuration {
        self.since.unwrap_or(match self.of {
            Logged::Function(_) => SignedDuration::from_hours(1),
            // Dead letters expire after that.
            Logged::Voicemail(_) => SignedDuration::from_hours(14 * 24),
        })
    }
}

/// A function by its step, by its crate's name with or without the prefix, or by its name in AWS Lambda.
fn logged(text: &str) -> Result<Logged, String> {
    if let Ok(id) = VoicemailId::parse(text) {
        return Ok(Logged::Voicemail(id));
    }
    let by_step = Step::ALL.into_iter().find(|step| step.as_str() == text).map(Step::function);
    let is_named = |function: &Function| {
        let name = function.crate_name();
        text == name
            || name.strip_prefix("vmx_") == Some(text)
            || text.contains(&format!("-{}Function-", function.logical_prefix()))
    };
    let function = by_step.or_else(|| Function::ALL.into_iter().find(is_named));
    function.map(Logged::Function).ok_or_else(|| {
        "neither a contact's ID nor one of record, transcribe, deliver, playback and watchdog".to_owned()
    })
}

pub(super) fn span(text: &str) -> Result<SignedDuration, String> {
    let span: Span = text.parse().map_err(|_| "not a time span such as 30m, 2h or 3d".to_owned())?;
    let span = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|error| error.to_string())?;
    if span.is_positive() { Ok(span) } else { Err("the span must be longer than nothing".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_and_contacts_are_known_by_their_names() {
        for (text, function) in [
            ("record", Function::KvsToS3),
            ("kvs_to_s3", Function::KvsToS3),
            ("transcribe", Function::Transcriber),
            ("deliver", Function::Packager),
            ("vmx_packager", Function::Packager),
            ("playback", Function::Playback),
            ("voicemail-express-WatchdogFunction-1A2B", Function::Watchdog),
        ] {
            assert_eq!(logged(text), Ok(Logged::Function(function)), "{text}");
        }
        let id = "00000000-0000-4000-8000-00000000c0de-2";
        assert!(matches!(logged(id), Ok(Logged::Voicemail(found)) if found.to_string() == id));
        for wrong in ["", "packagers", "../x", "00000000-0000-4000-8000-00000000c0de-9"] {
            assert!(logged(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn spans_are_minutes_hours_and_days() {
        for (text, minutes) in [("30m", 30), ("2h", 120), ("3d", 3 * 24 * 60), ("1h30m", 90)] {
            assert_eq!(span(text), Ok(SignedDuration::from_mins(minutes)), "{text}");
        }
        for wrong in ["", "5", "-1h", "0s", "1 month", "yesterday"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }
}
