//! The earlier systems that an installation can take over from: how their stacks are recognized, and what their
//! parameters become.
//!
//! Source: the templates of Voicemail Express V3, from its first one of April 2024 to that of 2025.09.13, and the
//! names of V2's parameters in its templates for functions and triggers.

pub mod flows;
mod values;

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use vmx_contract::attributes::Prefix;

use crate::params::{Params, ParamsError, written};
use values::Values;

/// The start of the description of their root stacks.
const DESCRIPTION: &str = "Deploys the Voicemail Express solution for Amazon Connect.";
/// The parameter that came when V3 began to read recordings of the automated interaction.
const RECORDINGS_BUCKET: &str = "ConnectRecordingsBucketArn";

/// An earlier system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ancestor {
    /// Voicemail Express V2, which delivers to Salesforce too.
    V2,
    /// Voicemail Express V3 until 2024: it reads media streams.
    V3Streams,
    /// Voicemail Express V3 since 2025: it reads recordings of the automated interaction.
    V3Recordings,
}

impl Ancestor {
    /// The earlier system whose root stack has this description and these parameters.
    #[must_use]
    pub fn of(description: &str, parameters: &BTreeMap<String, String>) -> Option<Self> {
        if !description.starts_with(DESCRIPTION) {
            return None;
        }
        // Of the two generations with the same description, only V2 knows Salesforce.
        let is_v2 = parameters.keys().any(|name| name.contains("Salesforce"));
        Some(match parameters.contains_key(RECORDINGS_BUCKET) {
            true => Self::V3Recordings,
            false if is_v2 => Self::V2,
            false => Self::V3Streams,
        })
    }

    /// The prefix of the attributes that its flows set.
    #[must_use]
    pub fn prefix(self) -> Prefix {
        match self {
            Self::V2 => Prefix::Vmx,
            Self::V3Streams | Self::V3Recordings => Prefix::Vmx3,
        }
    }
}

impl fmt::Display for Ancestor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V2 => "Voicemail Express V2",
            Self::V3Streams => "Voicemail Express V3, which reads media streams",
            Self::V3Recordings => "Voicemail Express V3, which reads recordings of the automated interaction",
        })
    }
}

/// How the names of the functions that record voicemails begin, in each generation.
pub const RECORDERS: [&str; 3] = ["VMX3-RecordingProcessor-", "VMX3-KVStoS3-", "VMXKVStoS3-"];
/// How the names of the buckets with recordings begin.
pub const RECORDING_BUCKETS: [&str; 2] = ["vmx3-recordings-", "vmxrecordings-"];

/// Whether a flow's name is one that an earlier system gives: V1's begin with a number and `VMX`, the others' with the
/// name of what they do.
#[must_use]
pub fn is_flow_of_one(name: &str) -> bool {
    let plain = plain(name);
    let numbered = plain.trim_start_matches(|c: char| c.is_ascii_digit());
    ["vmx2", "vmx3", "vmxcoreflow", "vmxbasictaskflow", "vmxawstestflow", "vmxsfdctestflow"]
        .iter()
        .any(|start| plain.starts_with(start))
        || (numbered.len() < plain.len() && numbered.starts_with("vmx"))
}

/// A name without what separates its words.
fn plain(name: &str) -> String {
    name.to_lowercase().replace([' ', '-', '_'], "")
}

/// What an earlier system's parameters become.
#[derive(Debug, Clone, PartialEq)]
pub struct TakenOver {
    /// The parameters of an installation that does the same, as far as it can.
    pub params: Params,
    /// Each parameter of the earlier system with what became of it, by name.
    pub fates: BTreeMap<String, Fate>,
}

/// What became of an earlier system's parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It became these parameters: `key=value`.
    Became(Vec<String>),
    /// Nothing here needs it, and why.
    Needless(String),
    /// It has to be looked at by a person, and why.
    Open(String),
}

/// The text of a parameters file, with what a person has to look at in comments at its end.
#[must_use]
pub fn file(stack: &str, taken: &TakenOver) -> String {
    let mut text = written(None, &taken.params);
    let open = taken.fates.iter().filter_map(|(name, fate)| match fate {
        Fate::Open(why) => Some((name, why)),
        Fate::Became(_) | Fate::Needless(_) => None,
    });
    for (number, (name, why)) in open.enumerate() {
        if number == 0 {
            text += &format!("\n# Not taken over from the stack {}: see docs/migrating.md.\n", line(stack));
        }
        text += &format!("# {}: {}\n", line(name), line(why));
    }
    text
}

/// A text on one line, which a comment does not leave.
fn line(text: &str) -> String {
    text.split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Reads an earlier system's parameters.
///
/// # Errors
/// [`ParamsError`] if its `ConnectInstanceARN` is not the ARN of an instance.
pub fn take_over(
    ancestor: Ancestor,
    parameters: &BTreeMap<String, String>,
) -> Result<TakenOver, ParamsError> {
    let mut values = Values::new(parameters)?;
    values.implied(&format!("attribute_prefix={}", ancestor.prefix().as_str().trim_end_matches('_')));
    if ancestor != Ancestor::V2 {
        values.implied("flows.voicemail_module=true");
    }
    if ancestor == Ancestor::V3Recordings {
        values.implied("flows.in_queue_offer=true");
    }
    values.instance();
    values.recordings();
    values.modes();
    values.retention();
    values.links();
    values.rest();
    Ok(values.taken_over())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use proptest::prelude::*;

    use super::*;
    use crate::params::{Links, When};
    use crate::testing::INSTANCE;

    /// The parameters of V3 of 2025.09.13, as someone may have set them.
    fn recordings() -> BTreeMap<String, String> {
        given(&[
            ("AWSRegion", "eu-west-2"),
            ("ConnectCTRStreamARN", "arn:aws:kinesis:eu-west-2:111122223333:stream/records"),
            ("ConnectInstanceAlias", "shop"),
            ("ConnectInstanceARN", INSTANCE),
            ("EXPDevBucketPrefix", ""),
            ("ConnectRecordingsBucketArn", "arn:aws:s3:::shop-recordings"),
            ("EmailRecordingLinksExpireInXDays", "2"),
            ("TaskRecordingLinksExpireInXDays", "7"),
            ("EnableBucketVersioning", "yes"),
            ("EnableVMToConnectTask", "yes"),
            ("EnableGenAISummary", "yes"),
            ("EnableVMToConnectGuidedTask", "yes"),
            ("EnableVMToEmail", "yes"),
            ("ExpiredRecordingBehavior", "glacier"),
            ("EXPTemplateVersion", "2025.09.13"),
            ("GuidedTaskRecordingLinksExpireInXMinutes", "5"),
            ("LambdaLoggingLevel", "WARN"),
            ("RecordingsExpireInXDays", "30"),
            ("VMAgentAddressKey", "SecondaryEmail"),
            ("VMDefaultMode", "AmazonSimpleEmailService"),
            ("VMToEmailDefaultFrom", "voicemail@example.com"),
            ("VMToEmailDefaultTo", "desk@example.com"),
            ("VMTestAgentId", "jdoe"),
            ("VMTestQueueARN", &format!("{INSTANCE}/queue/00000000-0000-4000-8000-0000000000cc")),
        ])
    }

    /// The parameters of V2, with Salesforce.
    fn v2() -> BTreeMap<String, String> {
        given(&[
            ("AWSRegion", "eu-west-2"),
            ("ConnectInstanceAlias", "shop"),
            ("ConnectInstanceARN", INSTANCE),
            ("ConnectCTRStreamARN", "Looks like - arn:aws:kinesis:REGION:ACCOUNT:stream/REPLACEME"),
            ("EnableVMToConnectTask", "no"),
            ("EnableVMToEmail", "yes"),
            ("EnableVMToSalesforceCase", "yes"),
            ("EnableVMToSalesforceCustomObject", "no"),
            ("ExpiredLinkBehavior", "keep"),
            ("LambdaLoggingLevel", "CRITICAL"),
            ("RecordingsExpireInXDays", "7"),
            ("SalesforceConfigSSMARN", "arn:aws:ssm:eu-west-2:111122223333:parameter/salesforce"),
            ("SalesforceCallbackNumberField", "Callback_Number__c"),
            ("VMDefaultMode", "SalesforceCase"),
            ("VMToEmailDefaultFrom", "voicemail@example.com"),
            ("VMToEmailDefaultTo", "voicemail_to@test.com"),
            ("VMTestAgentId", "00000000-0000-4000-8000-0000000000dd"),
            ("Shoes", "brown"),
        ])
    }

    fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn told(taken: &TakenOver) -> String {
        let line = |(name, fate): (&String, &Fate)| match fate {
            Fate::Became(what) => format!("{name}: became {}", what.join(", ")),
            Fate::Needless(why) => format!("{name}: needless, {why}"),
            Fate::Open(why) => format!("{name}: open, {why}"),
        };
        taken.fates.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn generations_are_told_by_their_parameters() {
        let dated = format!("{DESCRIPTION} Updated for 2024.09.01.");
        assert_eq!(Ancestor::of(&dated, &recordings()), Some(Ancestor::V3Recordings));
        assert_eq!(Ancestor::of(DESCRIPTION, &v2()), Some(Ancestor::V2));
        // V3's templates before September 2024 have V2's description.
        let early = given(&[("ExpiredLinkBehavior", "delete")]);
        assert_eq!(Ancestor::of(DESCRIPTION, &early), Some(Ancestor::V3Streams));
        assert_eq!(Ancestor::of("Voicemail Express on shop", &v2()), None);
    }

    #[test]
    fn flows_of_each_generation_are_known_by_name() {
        for name in [
            "VMX3_Main_VM_Module_shop",
            "VMX3-CoreFlowModule-shop",
            "VMXCoreFlow-shop",
            "VMXSFDCTestFlow-shop",
            "001-VMX-Main",
            "vmx_2 main",
            "VMXBasicTaskFlow-shop",
        ] {
            assert!(is_flow_of_one(name), "{name}");
        }
        for name in ["voicemail-express voicemail", "Main line", "Old VMX3", "vmx voicemail", "001 Main"] {
            assert!(!is_flow_of_one(name), "{name}");
        }
    }

    #[test]
    fn v3_is_taken_over() {
        let taken = take_over(Ancestor::V3Recordings, &recordings()).unwrap();
        insta::assert_snapshot!(told(&taken));
        let params = &taken.params;
        assert_eq!(params.answer(crate::params::Key::Modes), "task, guided_task, email");
        assert_eq!((params.default_mode.as_str(), params.attribute_prefix), ("email", Prefix::Vmx3));
        assert!(params.read_ivr_recordings && params.buckets.versioning && params.flows.in_queue_offer);
        assert_eq!(
            (params.retention.recordings_days.get(), params.buckets.archive_after_days.get()),
            (0, 30)
        );
        assert_eq!((params.links, params.link_lifetime_hours.get()), (Links::Url, 168));
        // There is no default model in London.
        assert_eq!(params.summary.when, When::Never);
        // The file that is written says the same.
        let file = file("old", &taken);
        assert_eq!(Params::from_yaml("params.yaml", &file).unwrap(), *params);
        for part in [
            "\n# Not taken over from the stack old: see docs/migrating.md.\n# EnableGenAISummary: ",
            "\n# VMTestAgentId: name the test line's agent by ID: `flows.test_agent`\n",
        ] {
            assert!(file.contains(part), "{part}\n{file}");
        }
    }

    #[test]
    fn summaries_are_as_before() {
        for (before, after) in [("yes", When::Always), ("no", When::PerCall)] {
            let mut given = recordings();
            given.insert("ConnectInstanceARN".into(), INSTANCE.replace("eu-west-2", "us-east-1"));
            given.insert("EnableGenAISummary".into(), before.into());
            let taken = take_over(Ancestor::V3Recordings, &given).unwrap();
            assert_eq!(taken.params.summary.when, after);
        }
    }

    #[test]
    fn v2_is_taken_over_but_for_salesforce() {
        let taken = take_over(Ancestor::V2, &v2()).unwrap();
        insta::assert_snapshot!(told(&taken));
        let params = &taken.params;
        // Email has no recipient, and Salesforce no secret.
        assert_eq!(params.answer(crate::params::Key::Modes), "task");
        assert_eq!((params.retention.recordings_days.get(), params.attribute_prefix), (0, Prefix::Vmx));
        let salesforce = serde_json::to_value(&params.salesforce).unwrap();
        assert_eq!(salesforce["callback_number_field"], "Callback_Number__c");
        assert!(!params.read_ivr_recordings);
    }

    #[test]
    fn without_an_instance_nothing_is_taken_over() {
        let mut given = recordings();
        given.insert("ConnectInstanceARN".into(), "Looks like - arn:aws:connect:REGION".into());
        assert!(take_over(Ancestor::V3Recordings, &given).is_err());
        given.remove("ConnectInstanceARN");
        assert!(take_over(Ancestor::V3Recordings, &given).is_err());
    }

    proptest! {
        // Each case reads the file some thirty times.
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn whatever_the_values_are_the_file_is_sound_and_nothing_is_forgotten(
            values in prop::collection::vec("\\PC{0,20}|yes|no|[0-9]{1,5}|keep|glacier|a@b\\.co", 24),
            is_v2: bool,
        ) {
            let mut given = if is_v2 { v2() } else { recordings() };
            for ((name, value), new) in given.iter_mut().zip(values) {
                if name != "ConnectInstanceARN" {
                    *value = new;
                }
            }
            let taken = take_over(if is_v2 { Ancestor::V2 } else { Ancestor::V3Recordings }, &given).unwrap();
            prop_assert_eq!(taken.params.problems(), []);
            prop_assert!(taken.fates.keys().eq(given.keys()));
            let text = file("a\nstack: x", &taken);
            prop_assert_eq!(Params::from_yaml("params.yaml", &text).unwrap(), taken.params);
        }
    }
}
