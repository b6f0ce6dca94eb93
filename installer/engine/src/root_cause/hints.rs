//! What to do about failures that are known.

/// Words that a reason has, all of them and in lower case, and what to do then. The first that fits counts.
const HINTS: [(&[&str], &str); 25] = [
    (
        &["functionurl", "explicit deny"],
        "your organisation forbids public function URLs: choose `links: presigned`, or `links: workspace`, in the parameters",
    ),
    (
        &["lambda:addpermission", "explicit deny"],
        "your organisation forbids public function URLs: choose `links: presigned`, or `links: workspace`, in the parameters",
    ),
    (
        &["grant public access", "function"],
        "the account forbids functions that everybody may invoke: choose `links: presigned`, or `links: workspace`, in the parameters",
    ),
    (
        &["not authorized to perform", "iam:"],
        "the caller may not manage roles: let an administrator run this, or give the caller the permission that is named",
    ),
    (
        &["cannot access stream"],
        "a new role takes some seconds to be known everywhere: run the same command again; if that does not help, look at the key policy of the stream",
    ),
    (
        &["does not have permissions to call", "sqs"],
        "a new role takes some seconds to be known everywhere: run the same command again",
    ),
    (
        &["cannot be assumed by lambda"],
        "a new role takes some seconds to be known everywhere: run the same command again",
    ),
    (
        &["access to kms", "denied"],
        "the key's policy must let the account's roles use it: allow `kms:Decrypt` and `kms:GenerateDataKey` to the account in the key policy",
    ),
    (
        &["kms", "accessdenied"],
        "the key's policy must let the account's roles use it: allow `kms:Decrypt` and `kms:GenerateDataKey` to the account in the key policy",
    ),
    (
        &["kms", "not authorized"],
        "the key's policy must let the account's roles use it: allow `kms:Decrypt` and `kms:GenerateDataKey` to the account in the key policy",
    ),
    (
        &["specified key does not exist", "s3"],
        "the function's zip is gone from the artifact bucket: run the same command again, which uploads it",
    ),
    (
        &["you must wait 60 seconds"],
        "SQS keeps the name of a deleted queue for a minute: wait one and run the same command again",
    ),
    (
        &["limitexceeded", "kinesis"],
        "raise the quota of Kinesis streams or shards for this region in Service Quotas, or let the instance keep a stream that is there",
    ),
    (
        &["unreservedconcurrentexecution"],
        "the account has too little Lambda concurrency left: choose `links_at_once: 0` in the parameters, or raise the quota “Concurrent executions” in Service Quotas",
    ),
    (
        &["rolequota"],
        "the account has as many roles as it may have: delete some that nobody uses, or raise the quota in Service Quotas",
    ),
    (
        &["denied by stack policy"],
        "the stack's policy forbids this change: change the policy in the CloudFormation console, under Stack info",
    ),
    (
        &["name_conflict"],
        "something of that name is there and does not belong to the stack: delete it, or choose another `stack` in the parameters",
    ),
    (
        &["loggroup", "already exists"],
        "the log group of an earlier installation is still there: delete it (its logs go with it), or choose another `stack` in the parameters",
    ),
    (
        &["already exists"],
        "something of that name is there and does not belong to the stack: delete it, or choose another `stack` in the parameters",
    ),
    (
        &["alreadyexists"],
        "something of that name is there and does not belong to the stack: delete it, or choose another `stack` in the parameters",
    ),
    (
        &["bucket you tried to delete is not empty"],
        "empty the bucket, versions included, and run the same command again",
    ),
    (&["rate exceeded"], "AWS was asked too often: wait a minute and run the same command again"),
    (&["throttling"], "AWS was asked too often: wait a minute and run the same command again"),
    (&["user initiated"], "a person cancelled it: run the same command again when they agree"),
    (
        &["not authorized to perform"],
        "give the caller the permission that is named, and run the same command again",
    ),
];

/// What to do about a reason, where that is known.
pub(super) fn hint(reason: &str) -> Option<&'static str> {
    let reason = reason.to_lowercase();
    HINTS.iter().find(|(words, _)| words.iter().all(|word| reason.contains(word))).map(|(_, hint)| *hint)
}
