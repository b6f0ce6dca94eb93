//! How the installer recognizes its own resources. There is no state file: the truth is in the account.
//!
//! | resource | recognized by |
//! |---|---|
//! | the stack | its name; its resources by belonging to it |
//! | flows | the tag [`STACK_TAG`] |
//! | the storage config of contact records | it names a stream of the stack |
//! | the storage config of media streams | its prefix is the stack's name |
//! | Lambda associations | the function belongs to the stack |
//! | the code bucket | its name |

use crate::digest::sha256_hex;

/// The tag with the stack that a resource belongs to.
pub const STACK_TAG: &str = "vmx:stack";
/// The tag of the stack with the version of the program that installed it.
pub const VERSION_TAG: &str = "vmx:version";
/// The tag with a flow's key.
pub const FLOW_TAG: &str = "vmx:flow";
/// The tag with the hash of a flow's installed content, to detect edits.
pub const HASH_TAG: &str = "vmx:hash";
/// The code bucket's tag with its customer managed key, if it has one.
pub const KEY_TAG: &str = "vmx:kms-key";
/// The code bucket's tag with the bucket for its access logs, if it has one.
pub const ACCESS_LOGS_TAG: &str = "vmx:access-logs";

/// Name of the code bucket, with the functions' zips and templates that are too large to send.
#[must_use]
pub fn artifact_bucket(stack: &str, account: &str, region: &str) -> String {
    format!("{stack}-code-{account}-{region}")
}

/// The key of a function's zip in the code bucket. The same bytes have the same key, so an unchanged function does
/// not change the stack.
#[must_use]
pub fn artifact_key(function: &str, sha256: &str) -> String {
    format!("functions/{function}/{sha256}.zip")
}

/// The key of a template that is too large to send.
#[must_use]
pub fn template_key(template: &str) -> String {
    format!("templates/{}.yaml", sha256_hex(template.as_bytes()))
}

/// Name of the stack's output with the ARN of the contact-record stream, its own or an adopted one.
pub const STREAM_OUTPUT: &str = "ContactRecordStreamArn";

/// The logical ID of the trigger that reads contact records.
pub const CONTACT_RECORD_TRIGGER: &str = "ContactRecordTrigger";

/// Name of the stack's output with the stack of the earlier system that is being replaced.
pub const EARLIER_OUTPUT: &str = "EarlierStack";

/// Name of the stack's output with the ARN of the agent guide's function.
pub const GUIDE_FUNCTION_OUTPUT: &str = "PlaybackFunctionArn";
/// That function.
pub const GUIDE_FUNCTION: &str = "vmx_playback";

/// The prefix of an instance's media streams, as configured. Amazon Connect appends `-connect-<alias>-contact-` and
/// reports the whole.
#[must_use]
pub fn media_prefix<'a>(told: &'a str, alias: &str) -> &'a str {
    told.strip_suffix(&format!("-connect-{alias}-contact-")).unwrap_or(told)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::params::StackName;

    #[test]
    fn a_bucket_name_fits_the_longest_stack_and_region() {
        let stack = StackName::parse(&"s".repeat(30)).unwrap();
        assert!(StackName::parse(&"s".repeat(31)).is_err());
        // S3 allows 63 characters; no region's code is longer than this one.
        assert!(artifact_bucket(stack.as_str(), "111122223333", "ap-southeast-5").len() <= 63);
    }

    #[test]
    fn the_configured_prefix_is_found_again() {
        assert_eq!(media_prefix("vmx-connect-shop-contact-", "shop"), "vmx");
        assert_eq!(media_prefix("vmx", "shop"), "vmx");
        assert_eq!(media_prefix("vmx-connect-other-contact-", "shop"), "vmx-connect-other-contact-");
    }
}
