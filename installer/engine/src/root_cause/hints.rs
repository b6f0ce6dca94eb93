//! Fixes for known failures.

/// Words that must all be in the reason, in lower case, and the fix. The first match counts.
const HINTS: [(&[&str], &str); 25] = [
    (
        &["functionurl", "explicit deny"],
        "your organization forbids public function URLs: set `links: presigned` or `links: workspace` in \
         the parameters",
    ),
    (
        &["lambda:addpermission", "explicit deny"],
        "your organization forbids public function URLs: set `links: presigned` or `links: workspace` in \
         the parameters",
    ),
    (
        &["grant public access", "function"],
        "the account forbids public functions: set `links: presigned` or `links: workspace` in the \
         parameters",
    ),
    (
        &["not authorized to perform", "iam:"],
        "the caller cannot manage roles: ask an administrator to run this, or give the caller the named \
         permission",
    ),
    (
        &["cannot access stream"],
        "a new role takes a few seconds to be available: run the same command again; if it still fails, \
         check the stream's key policy",
    ),
    (
        &["does not have permissions to call", "sqs"],
        "a new role takes a few seconds to be available: run the same command again",
    ),
    (
        &["cannot be assumed by lambda"],
        "a new role takes a few seconds to be available: run the same command again",
    ),
    (
        &["access to kms", "denied"],
        "the key's policy must allow the account's roles to use it: allow `kms:Decrypt` and \
         `kms:GenerateDataKey` to the account in the key policy",
    ),
    (
        &["kms", "accessdenied"],
        "the key's policy must allow the account's roles to use it: allow `kms:Decrypt` and \
         `kms:GenerateDataKey` to the account in the key policy",
    ),
    (
        &["kms", "not authorized"],
        "the key's policy must allow the account's roles to use it: allow `kms:Decrypt` and \
         `kms:GenerateDataKey` to the account in the key policy",
    ),
    (
        &["specified key does not exist", "s3"],
        "the function's zip is missing from the code bucket: run the same command again to upload it",
    ),
    (
        &["you must wait 60 seconds"],
        "SQS blocks the name of a deleted queue for a minute: wait a minute and run the same command again",
    ),
    (
        &["limitexceeded", "kinesis"],
        "request a higher quota of Kinesis streams or shards for this region in Service Quotas, or have the \
         instance use an existing stream",
    ),
    (
        &["unreservedconcurrentexecution"],
        "the account has too little Lambda concurrency left: set `links_at_once: 0` in the parameters, or \
         request a higher quota “Concurrent executions” in Service Quotas",
    ),
    (
        &["rolequota"],
        "the account's quota of roles is reached: delete unused roles, or request a higher quota in Service \
         Quotas",
    ),
    (
        &["denied by stack policy"],
        "the stack's policy forbids this change: change the policy in the CloudFormation console, under Stack info",
    ),
    (
        &["name_conflict"],
        "a resource of that name exists outside the stack: delete it, or choose another `stack` in the \
         parameters",
    ),
    (
        &["loggroup", "already exists"],
        "the log group of an earlier installation still exists: delete it (with its logs), or choose \
         another `stack` in the parameters",
    ),
    (
        &["already exists"],
        "a resource of that name exists outside the stack: delete it, or choose another `stack` in the \
         parameters",
    ),
    (
        &["alreadyexists"],
        "a resource of that name exists outside the stack: delete it, or choose another `stack` in the \
         parameters",
    ),
    (
        &["bucket you tried to delete is not empty"],
        "empty the bucket, versions included, and run the same command again",
    ),
    (&["rate exceeded"], "too many requests to AWS: wait a minute and run the same command again"),
    (&["throttling"], "too many requests to AWS: wait a minute and run the same command again"),
    (
        &["user initiated"],
        "it was cancelled by a person: coordinate with them, then run the same command \
                           again",
    ),
    (&["not authorized to perform"], "give the caller the named permission, and run the same command again"),
];

/// The fix for a reason, if known.
pub(super) fn hint(reason: &str) -> Option<&'static str> {
    let reason = reason.to_lowercase();
    HINTS.iter().find(|(words, _)| words.iter().all(|word| reason.contains(word))).map(|(_, hint)| *hint)
}
