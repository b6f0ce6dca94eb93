//! Arguments of `voicemails`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use vmx_contract::objects::ContactIdError;
use vmx_contract::voicemail_id::VoicemailId;

use super::logs::span;
use super::{InstallationArgs, examples};

/// What to do with voicemails.
#[derive(Debug, Clone, Subcommand)]
pub enum VoicemailsCommand {
    /// List voicemails, newest first
    #[command(after_long_help = examples::VOICEMAILS_LIST)]
    List(VoicemailsListArgs),
    /// Keep a voicemail's recording until you release it
    #[command(after_long_help = examples::VOICEMAILS_HOLD)]
    Hold(HoldArgs),
    /// Keep a held recording only as long as any other
    #[command(after_long_help = examples::VOICEMAILS_HOLD)]
    Release(HoldArgs),
    /// Copy recordings and what was delivered to a folder, with a list
    #[command(after_long_help = examples::VOICEMAILS_EXPORT)]
    Export(ExportArgs),
    /// Delete voicemails for good: recording, transcript, and access by links. Prompts first
    #[command(after_long_help = examples::VOICEMAILS_DELETE)]
    Delete(DeleteArgs),
}

impl VoicemailsCommand {
    /// The installation that it is about.
    pub(super) fn installation(&self) -> &InstallationArgs {
        match self {
            Self::List(args) => &args.installation,
            Self::Hold(args) | Self::Release(args) => &args.installation,
            Self::Export(args) => &args.installation,
            Self::Delete(args) => &args.installation,
        }
    }
}

/// Which voicemails.
#[derive(Debug, Clone, Args)]
pub struct FilterArgs {
    /// First day (UTC), time, or how long ago, by when they ended: 2026-11-23, 12h or 7d
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = moment)]
    pub since: Moment,
    /// Day or time from which they are too late [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub until: Option<Moment>,
    /// Name of a queue, or of an agent
    #[arg(long, value_name = "NAME")]
    pub queue: Option<String>,
    /// Part of the caller's number
    #[arg(long, value_name = "NUMBER")]
    pub caller: Option<String>,
    /// Only those in progress
    #[arg(long)]
    pub open: bool,
}

/// Which voicemails to list.
#[derive(Debug, Clone, Args)]
pub struct VoicemailsListArgs {
    /// The installation.
    #[command(flatten)]
    pub installation: InstallationArgs,
    /// Which ones.
    #[command(flatten)]
    pub filter: FilterArgs,
    /// How many at most
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    pub limit: usize,
    /// Print comma-separated values for a spreadsheet
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}

/// Which voicemails to copy, and where.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// Folder for the copies. It is created if it does not exist
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The installation.
    #[command(flatten)]
    pub installation: InstallationArgs,
    /// Which ones.
    #[command(flatten)]
    pub filter: FilterArgs,
}

/// Which voicemails to delete.
#[derive(Debug, Clone, Args)]
pub struct DeleteArgs {
    /// IDs of the contacts that left them, with commas between. Add -2, -3 or -4 for a later message of a contact
    #[arg(value_name = "CONTACT_IDS", value_parser = VoicemailIds::parse)]
    pub voicemails: VoicemailIds,
    /// The installation.
    #[command(flatten)]
    pub installation: InstallationArgs,
    /// Delete them without prompting
    #[arg(long, short)]
    pub yes: bool,
}

/// One or more voicemails. Not a vector: it would leave no room for the parameters file.
#[derive(Debug, Clone)]
pub struct VoicemailIds(pub Vec<VoicemailId>);

impl VoicemailIds {
    fn parse(text: &str) -> Result<Self, ContactIdError> {
        text.split(',').map(VoicemailId::parse).collect::<Result<_, _>>().map(Self)
    }
}

/// Which recording to hold or release.
#[derive(Debug, Clone, Args)]
pub struct HoldArgs {
    /// ID of the contact that left it. Add -2, -3 or -4 for a later message of the contact
    #[arg(value_name = "CONTACT_ID", value_parser = VoicemailId::parse)]
    pub voicemail: VoicemailId,
    /// The installation.
    #[command(flatten)]
    pub installation: InstallationArgs,
}

/// A time, or how long ago it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// So long ago.
    Ago(SignedDuration),
    /// Then.
    At(Timestamp),
}

impl Moment {
    /// The time, seen from now.
    #[must_use]
    pub fn from(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Ago(span) => now.checked_sub(span).unwrap_or(Timestamp::MIN),
            Self::At(at) => at,
        }
    }
}

fn moment(text: &str) -> Result<Moment, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Moment::At(at));
    }
    if let Ok(day) = text.parse::<Date>() {
        return TimeZone::UTC.to_timestamp(day.into()).map(Moment::At).map_err(|error| error.to_string());
    }
    span(text).map(Moment::Ago).map_err(|_| {
        "neither a day such as 2026-11-23, a time such as 2026-11-23T10:00:00Z, nor a time span such as 12h or 7d"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_time_is_a_day_a_moment_or_a_span() {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("2026-11-20", "2026-11-20T00:00:00Z"),
            ("2026-11-20T09:30:00Z", "2026-11-20T09:30:00Z"),
            ("2026-11-20T09:30:00+02:00", "2026-11-20T07:30:00Z"),
            ("12h", "2026-11-22T22:00:00Z"),
            ("7d", "2026-11-16T10:00:00Z"),
        ] {
            assert_eq!(moment(text).unwrap().from(now).to_string(), expected, "{text}");
        }
        for wrong in ["", "yesterday", "2026-13-01", "-7d", "7"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
        assert_eq!(moment("10000d").unwrap().from(now).to_string(), "1999-07-08T10:00:00Z");
    }
}
