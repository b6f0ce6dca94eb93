//! How the installer knows its own things again. There is no state file: the truth is in the account.
//!
//! | thing | known by |
//! |---|---|
//! | the stack | its name, and everything in it by belonging to it |
//! | flows | the tag [`STACK_TAG`] |
//! | the storage config of contact records | it names a stream that the stack made |
//! | the storage config of media streams | its prefix is the stack's name |
//! | Lambda associations | the function is one of the stack |
//! | the artifact bucket | its name |

use crate::digest::sha256_hex;

/// The tag that names the stack to which something belongs.
pub const STACK_TAG: &str = "vmx:stack";
/// The tag of the stack with the version of the program that installed it.
pub const VERSION_TAG: &str = "vmx:version";
/// The tag of a flow that says which flow it is.
pub const FLOW_TAG: &str = "vmx:flow";
/// The tag of a flow with the fingerprint of what the installer wrote, by which an edit is noticed.
pub const HASH_TAG: &str = "vmx:hash";
/// The tag of the artifact bucket with the customer managed key that encrypts it, where there is one.
pub const KEY_TAG: &str = "vmx:kms-key";
/// The tag of the artifact bucket with the bucket that gets its access logs, where there is one.
pub const ACCESS_LOGS_TAG: &str = "vmx:access-logs";

/// Name of the bucket for what is installed: the functions' zips, and a template that is too large to be sent.
#[must_use]
pub fn artifact_bucket(stack: &str, account: &str, region: &str) -> String {
    format!("{stack}-code-{account}-{region}")
}

/// Where a function's zip lies in the artifact bucket. The same bytes always lie at the same key, so that an
/// unchanged function is no change of the stack.
#[must_use]
pub fn artifact_key(function: &str, sha256: &str) -> String {
    format!("functions/{function}/{sha256}.zip")
}

/// Where a template lies in the artifact bucket that is too large to be sent.
#[must_use]
pub fn template_key(template: &str) -> String {
    format!("templates/{}.yaml", sha256_hex(template.as_bytes()))
}

/// Name of the stack's output with the ARN of the contact-record stream, its own or the adopted one.
pub const STREAM_OUTPUT: &str = "ContactRecordStreamArn";

/// What the template calls the trigger that reads contact records.
pub const CONTACT_RECORD_TRIGGER: &str = "ContactRecordTrigger";

/// Name of the stack's output with the ARN of the function that the guide of a guided task asks.
pub const GUIDE_FUNCTION_OUTPUT: &str = "PlaybackFunctionArn";
/// That function.
pub const GUIDE_FUNCTION: &str = "vmx_playback";

/// The prefix of an instance's media streams as it was configured. Amazon Connect adds `-connect-<alias>-contact-`
/// to what it was given and tells the whole.
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
