//! Values that are valid on their own but not together.

use vmx_contract::mode::Mode;

use super::{Links, Params, Problem, Topic, When};

/// How long a presigned link can be relied on, in hours: the lifetime of a function's credentials.
const PRESIGNED_HOURS: u32 = 12;
/// The region of Amazon Connect without function URLs. Source: the regional CloudFormation schemas, `AWS::Lambda::Url`.
const WITHOUT_URLS: &str = "us-gov-west-1";

impl Params {
    /// What does not fit together. Every source of parameters is checked by this.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let conflicts = self.conflicts();
        conflicts.chain(self.misplaced()).chain(self.unsaid()).chain(self.mode_problems()).collect()
    }

    fn conflicts(&self) -> impl Iterator<Item = Problem> {
        let region = &self.region;
        let hours = self.link_lifetime_hours.get();
        let recordings = self.retention.recordings_days.get();
        let transcripts = self.retention.transcripts_days.get();
        let seen = self.days_seen(transcripts);
        let archive = self.buckets.archive_after_days.get();
        let conflicts: [(bool, &'static [&'static str; 2], String); 9] = [
            (
                self.links == Links::Url && region.as_str() == WITHOUT_URLS,
                &["links", "region"],
                format!(
                    "AWS Lambda has no function URLs in {WITHOUT_URLS}, so there can be no page behind \
                     links; set `links: presigned` and `link_lifetime_hours: {PRESIGNED_HOURS}` or less, or \
                     `links: workspace` with the mode guided_task"
                ),
            ),
            (
                self.links == Links::Workspace && !self.modes.has(Mode::GuidedTask),
                &["links", "modes"],
                "in the agent workspace only a guided task plays the recording, so no one could listen; add \
                 `guided_task` to `modes`, or set `links: url`"
                    .into(),
            ),
            (
                // Source: the Amazon Transcribe developer guide, "Redacting PII in your batch job".
                self.transcription.redact && !self.transcription.identify_language.get().is_empty(),
                &["transcription.redact", "transcription.identify_language"],
                "Amazon Transcribe cannot redact when it identifies the language; unset one of them".into(),
            ),
            (
                self.summary.when != When::Never && self.summarizing_model().is_none(),
                &["summary.when", "region"],
                format!("{region} has no default model; set `summary.model` to one that it offers"),
            ),
            (
                self.alarms.topic != Topic::New && !self.alarms.emails.get().is_empty(),
                &["alarms.emails", "alarms.topic"],
                "subscriptions are created for a new topic only; set `topic: new`, or subscribe these \
                 addresses to your topic yourself"
                    .into(),
            ),
            (
                self.links == Links::Presigned && hours > PRESIGNED_HOURS,
                &["link_lifetime_hours", "links"],
                format!(
                    "links work for {hours} hours, but presigned ones expire with the credentials that sign \
                     them, after at most {PRESIGNED_HOURS} hours; set `link_lifetime_hours: \
                     {PRESIGNED_HOURS}` or less, or `links: url`"
                ),
            ),
            (
                self.links == Links::Url && hours > seen * 24,
                &["link_lifetime_hours", "retention.transcripts_days"],
                format!(
                    "links work for {hours} hours, but transcripts, which links depend on, are kept for \
                     {seen} days; set a shorter link lifetime or a longer `retention.transcripts_days`"
                ),
            ),
            (
                self.buckets.versioning && transcripts < 16,
                &["retention.transcripts_days", "buckets.versioning"],
                format!(
                    "transcripts are kept for {transcripts} days, and versioning needs the last one; a dead \
                     letter may need them for 15: set 16 days or more"
                ),
            ),
            (
                archive > 0 && recordings > 0 && archive >= recordings,
                &["buckets.archive_after_days", "retention.recordings_days"],
                format!(
                    "recordings move to the archive after {archive} days, but expire after {recordings}; \
                     archive them earlier, keep them longer, or set 0"
                ),
            ),
        ];
        let found = conflicts.into_iter().filter(|(is_so, ..)| *is_so);
        found.map(|(_, keys, why)| Problem::Conflict { keys, why })
    }

    /// What the delivery modes lack.
    fn mode_problems(&self) -> impl Iterator<Item = Problem> {
        let has = |mode| self.modes.has(mode);
        let (email, salesforce) = (&self.email, &self.salesforce);
        let case = has(Mode::Sfcase) || has(Mode::Sfother);
        const RECORDS: &str = "the mode needs it to create records in Salesforce";
        let needs = [
            (
                has(Mode::Email) && email.from.as_str().is_empty(),
                "email.from",
                "the mode email uses it as sender",
            ),
            (
                has(Mode::Email) && email.to.as_str().is_empty(),
                "email.to",
                "the mode email uses it when a queue or agent has no address",
            ),
            (
                has(Mode::Other) && self.other.is_webhook() && self.other.secret.as_str().is_empty(),
                "other.secret",
                "it signs requests to an https:// address",
            ),
            (case && salesforce.secret_arn.as_str().is_empty(), "salesforce.secret_arn", RECORDS),
            (case && salesforce.external_id_field.is_empty(), "salesforce.external_id_field", RECORDS),
            (has(Mode::Sfother) && salesforce.object.is_empty(), "salesforce.object", RECORDS),
            (
                has(Mode::Sfother) && salesforce.transcript_field.is_empty(),
                "salesforce.transcript_field",
                RECORDS,
            ),
        ];
        let mode = self.default_mode;
        let disabled = (!has(mode)).then(|| Problem::ModeNotEnabled { mode: mode.to_string() });
        let needed = needs.into_iter().filter(|(lacks, ..)| *lacks);
        disabled.into_iter().chain(needed.map(|(_, key, why)| Problem::Needed { key, why }))
    }
}
