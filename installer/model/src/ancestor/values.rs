//! Turns an earlier system's parameters into ours, one after another. Each value is read as if it were set on the
//! command line; one that does not fit is left open.

use std::collections::BTreeMap;

use super::{Fate, RECORDINGS_BUCKET, TakenOver};
use crate::params::{Params, ParamsError, Resolved};

/// Values that their templates have until somebody changes them.
const PLACEHOLDERS: [&str; 4] = ["", "REPLACEME", "voicemail_from@test.com", "voicemail_to@test.com"];

pub(super) struct Values<'a> {
    given: &'a BTreeMap<String, String>,
    /// The region and the instance.
    file: String,
    set: Vec<String>,
    params: Params,
    fates: BTreeMap<String, Fate>,
}

impl<'a> Values<'a> {
    pub(super) fn new(given: &'a BTreeMap<String, String>) -> Result<Self, ParamsError> {
        let arn = given.get("ConnectInstanceARN").map_or("", |arn| arn.trim());
        let region = arn.split(':').nth(3).unwrap_or_default();
        let file = format!("version: 1\nregion: {region:?}\ninstance: {arn:?}\n");
        let params = Params::from_yaml("ConnectInstanceARN", &file)?;
        Ok(Self { given, file, set: Vec::new(), params, fates: BTreeMap::new() })
    }

    pub(super) fn taken_over(mut self) -> TakenOver {
        for name in self.given.keys() {
            let why = "this parameter is not one of the releases that are known here";
            self.fates.entry(name.clone()).or_insert_with(|| Fate::Open(why.to_owned()));
        }
        TakenOver { params: self.params, fates: self.fates }
    }

    /// A value, unless nobody has set it.
    fn get(&self, name: &str) -> Option<&'a str> {
        let value = self.given.get(name)?.trim();
        (!PLACEHOLDERS.contains(&value) && !value.starts_with("Looks like")).then_some(value)
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.get(name).is_some_and(|given| given.eq_ignore_ascii_case(value))
    }

    /// Takes assignments, if all of them fit what there is so far.
    fn takes(&mut self, assignments: &[String]) -> Result<(), String> {
        let set = [&self.set, assignments].concat();
        match Resolved::merge("params.yaml", &self.file, [], &set) {
            Ok(resolved) => {
                (self.set, self.params) = (set, resolved.params);
                Ok(())
            }
            Err(error) => Err(error.problem.to_string()),
        }
    }

    /// Takes what no parameter says.
    pub(super) fn implied(&mut self, assignment: &str) {
        // It fits by construction, which a test shows.
        let _ = self.takes(&[assignment.to_owned()]);
    }

    fn ends(&mut self, name: &str, fate: Fate) {
        if self.given.contains_key(name) {
            self.fates.insert(name.to_owned(), fate);
        }
    }

    fn needless(&mut self, name: &str, why: &str) {
        self.ends(name, Fate::Needless(why.to_owned()));
    }

    fn open(&mut self, name: &str, why: &str) {
        self.ends(name, Fate::Open(why.to_owned()));
    }

    /// A value becomes these parameters.
    fn becomes(&mut self, name: &str, assignments: &[String]) {
        let fate = match self.takes(assignments) {
            Ok(()) => Fate::Became(assignments.to_vec()),
            Err(why) => Fate::Open(why),
        };
        self.ends(name, fate);
    }

    /// A value, if there is one, becomes a parameter.
    fn moves(&mut self, name: &str, key: &str) {
        match self.get(name) {
            Some(value) => self.becomes(name, &[format!("{key}={value}")]),
            None => self.needless(name, "it was never set"),
        }
    }

    pub(super) fn instance(&mut self) {
        let became = [format!("region={}", self.params.region), format!("instance={}", self.params.instance)];
        self.ends("ConnectInstanceARN", Fate::Became(became.to_vec()));
        let named = "the instance is named by its ARN";
        self.needless("ConnectInstanceAlias", named);
        self.needless("AWSRegion", named);
        let found = "the instance says where it sends contact records and media, and the installer uses that";
        self.needless("ConnectCTRStreamARN", found);
        self.needless("VMXKVSStreamPrefix", found);
        let theirs = "it belongs to the earlier system's own installation";
        self.needless("EXPDevBucketPrefix", theirs);
        self.needless("EXPTemplateVersion", theirs);
    }

    /// Whether flows record the automated interaction.
    pub(super) fn recordings(&mut self) {
        if self.given.contains_key(RECORDINGS_BUCKET) {
            self.becomes(RECORDINGS_BUCKET, &["read_ivr_recordings=true".to_owned()]);
        }
    }

    /// The delivery modes. One that cannot work yet is left open, and the file stays one that installs.
    pub(super) fn modes(&mut self) {
        let mut modes = Vec::new();
        for (name, mode) in
            [("EnableVMToConnectTask", "task"), ("EnableVMToConnectGuidedTask", "guided_task")]
        {
            if self.is(name, "yes") {
                modes.push(mode);
                self.ends(name, Fate::Became(vec![format!("modes={mode}")]));
            } else {
                self.needless(name, "the mode was off");
            }
        }
        self.moves("VMToEmailDefaultFrom", "email.from");
        self.moves("VMToEmailDefaultTo", "email.to");
        let has_addresses =
            !self.params.email.from.as_str().is_empty() && !self.params.email.to.as_str().is_empty();
        match (self.is("EnableVMToEmail", "yes"), has_addresses) {
            (true, true) => {
                modes.push("email");
                self.ends("EnableVMToEmail", Fate::Became(vec!["modes=email".to_owned()]));
            }
            (true, false) => {
                self.open("EnableVMToEmail", "set `email.from` and `email.to`, then add email to `modes`");
            }
            (false, _) => self.needless("EnableVMToEmail", "the mode was off"),
        }
        for (name, mode) in
            [("EnableVMToSalesforceCase", "sfcase"), ("EnableVMToSalesforceCustomObject", "sfother")]
        {
            if self.is(name, "yes") {
                let why = format!(
                    "the credentials have another form here: make a secret as docs/salesforce.md says, set \
                     `salesforce.secret_arn`, then add {mode} to `modes`"
                );
                self.open(name, &why);
            } else {
                self.needless(name, "the mode was off");
            }
        }
        if let Some(first) = modes.first() {
            // They fit, since their settings are there.
            let _ = self.takes(&[format!("modes=[{}]", modes.join(", ")), format!("default_mode={first}")]);
        }
        let default = match self.get("VMDefaultMode") {
            Some("AmazonConnectTask") => "task",
            Some("AmazonConnectGuidedTask") => "guided_task",
            Some("AmazonSimpleEmailService") => "email",
            Some("SalesforceCase") => "sfcase",
            Some("SalesforceCustomObject") => "sfother",
            _ => "",
        };
        if modes.contains(&default) {
            self.becomes("VMDefaultMode", &[format!("default_mode={default}")]);
        } else {
            let now = self.params.default_mode;
            self.open("VMDefaultMode", &format!("that mode is not in `modes`, so the default mode is {now}"));
        }
        self.moves("SalesforceCustomObject", "salesforce.object");
        self.moves("SalesforceCallbackNumberField", "salesforce.callback_number_field");
        self.moves("SalesforceVoicemailLinkField", "salesforce.link_field");
        for name in self.given.keys().filter(|name| name.starts_with("Salesforce")) {
            if !self.fates.contains_key(name) {
                self.open(name, "Salesforce is set up anew here: see docs/salesforce.md");
            }
        }
    }

    /// How long recordings are kept, and what comes then.
    pub(super) fn retention(&mut self) {
        let days = self
            .get("RecordingsExpireInXDays")
            .and_then(|days| days.parse::<u32>().ok())
            .filter(|days| *days > 0);
        let behavior = ["ExpiredRecordingBehavior", "ExpiredLinkBehavior"]
            .into_iter()
            .find(|name| self.given.contains_key(*name));
        let became = match (days, behavior.and_then(|name| self.get(name)).unwrap_or("delete")) {
            (Some(days), "delete") => vec![format!("retention.recordings_days={days}")],
            (Some(_), "keep") => vec!["retention.recordings_days=0".to_owned()],
            (Some(days), "glacier") => {
                vec!["retention.recordings_days=0".to_owned(), format!("buckets.archive_after_days={days}")]
            }
            _ => Vec::new(),
        };
        for name in ["RecordingsExpireInXDays"].into_iter().chain(behavior) {
            match became.is_empty() {
                true => self.open(name, "set how long recordings are kept: `retention.recordings_days`"),
                false => self.becomes(name, &became),
            }
        }
    }

    /// How long links work: one time for all of them.
    pub(super) fn links(&mut self) {
        let names = ["TaskRecordingLinksExpireInXDays", "EmailRecordingLinksExpireInXDays"];
        let days = |name: &str| self.get(name).and_then(|days| days.parse::<u32>().ok());
        let longest = names.iter().filter_map(|name| days(name)).max();
        let hours = longest.map(|days| days.saturating_mul(24));
        for name in names {
            match (self.given.contains_key(name), hours) {
                (true, Some(hours)) => self.becomes(name, &[format!("link_lifetime_hours={hours}")]),
                _ => self.open(name, "set how long links work: `link_lifetime_hours`"),
            }
        }
        let guide = "the agent guide's player needs no link";
        self.needless("GuidedTaskRecordingLinksExpireInXMinutes", guide);
    }

    pub(super) fn rest(&mut self) {
        // A call could ask for a summary, whatever the default.
        let when = if self.is("EnableGenAISummary", "yes") { "always" } else { "per_call" };
        if self.given.contains_key("EnableGenAISummary") {
            self.becomes("EnableGenAISummary", &[format!("summary.when={when}")]);
        }
        match self.is("EnableBucketVersioning", "yes") {
            true => self.becomes("EnableBucketVersioning", &["buckets.versioning=true".to_owned()]),
            false => self.needless("EnableBucketVersioning", "versions are off here too"),
        }
        let level = self.get("LambdaLoggingLevel").unwrap_or("info").to_lowercase();
        self.becomes("LambdaLoggingLevel", &[format!("log_level={level}")]);
        let address = "an agent's mail goes to the email address in Amazon Connect, else to a username that is \
                       one, else to the secondary address";
        self.needless("VMAgentAddressKey", address);
        match self.get("VMTestQueueARN") {
            Some(queue) => {
                let became = [format!("default_queue={queue}"), "flows.test_line=true".to_owned()];
                self.becomes("VMTestQueueARN", &became);
            }
            None => self.needless("VMTestQueueARN", "it was never set"),
        }
        match self.get("VMTestAgentId").map(uuid::Uuid::try_parse) {
            Some(Ok(agent)) => {
                let became = [format!("flows.test_agent={agent}"), "flows.test_line=true".to_owned()];
                self.becomes("VMTestAgentId", &became);
            }
            Some(Err(_)) => {
                self.open("VMTestAgentId", "name the test line's agent by ID: `flows.test_agent`")
            }
            None => self.needless("VMTestAgentId", "it was never set"),
        }
    }
}
