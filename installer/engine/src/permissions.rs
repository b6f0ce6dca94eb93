//! The permissions that people need: those who look, those who operate, those who install.
//!
//! Preflight simulates the last, and `docs/permissions.md` has all of them as policies. A test holds them against the
//! calls in the source code and the actions that these depend on.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A resource, with `{}` for what the installation decides, and the actions on it, which are the service's of the
/// resource unless they name one.
pub(crate) type Grant = (&'static str, &'static [&'static str]);

/// Actions and their resource, with `{}` for the stack's name. CloudFormation applies the template with the caller's
/// permissions. Source: the handlers' permissions in the CloudFormation resource provider schemas, and the Service
/// Authorization Reference.
pub(crate) const ACTIONS: &[Grant] = &[
    ("*", &["kinesisvideo:ListStreams", "lambda:CreateEventSourceMapping", "logs:DescribeLogGroups"]),
    (
        "cloudformation:{region}:{account}:stack/{stack}/*",
        &[
            "CreateChangeSet",
            "DescribeChangeSet",
            "ExecuteChangeSet",
            "DeleteChangeSet",
            "DescribeStacks",
            "DescribeEvents",
            "DescribeStackEvents",
            "GetTemplate",
            "ListStackResources",
            "CancelUpdateStack",
            "DeleteStack",
        ],
    ),
    (
        "s3:::{stack}-example",
        &[
            "CreateBucket",
            "ListBucket",
            "PutBucketNotification",
            "PutBucketOwnershipControls",
            "PutBucketPolicy",
            "PutBucketPublicAccessBlock",
            "PutBucketTagging",
            "PutEncryptionConfiguration",
            "PutLifecycleConfiguration",
        ],
    ),
    // Packages, the lock and the deployments.
    ("s3:::{stack}-code-example/example", &["DeleteObject", "GetObject", "PutObject"]),
    // The earlier version's recordings are entered.
    ("s3:::{stack}-example/example.wav", &["GetObjectTagging", "PutObjectTagging"]),
    (
        "iam::{account}:role{path}{stack}-example",
        &["CreateRole", "GetRole", "PutRolePolicy", "TagRole", "DeleteRole", "DeleteRolePolicy", "PassRole"],
    ),
    (
        "lambda:{region}:{account}:function:{stack}-example",
        &[
            "CreateFunction",
            "GetFunction",
            "GetFunctionConcurrency",
            "GetFunctionConfiguration",
            "InvokeFunction",
            "UpdateFunctionCode",
            "UpdateFunctionConfiguration",
            "DeleteFunction",
            "TagResource",
        ],
    ),
    (
        "lambda:{region}:{account}:event-source-mapping:example",
        // The stack's tags become the trigger's.
        &["GetEventSourceMapping", "DeleteEventSourceMapping", "TagResource"],
    ),
    (
        "sqs:{region}:{account}:{stack}-example",
        &["CreateQueue", "GetQueueAttributes", "SetQueueAttributes", "TagQueue", "DeleteQueue"],
    ),
    (
        "events:{region}:{account}:rule/{stack}-example",
        &["PutRule", "PutTargets", "DescribeRule", "RemoveTargets", "DeleteRule", "TagResource"],
    ),
    (
        "logs:{region}:{account}:log-group:/{stack}/example",
        &["CreateLogGroup", "PutRetentionPolicy", "TagResource", "DeleteLogGroup"],
    ),
    (
        "cloudwatch:{region}:{account}:alarm:{stack}-example",
        &["PutMetricAlarm", "DescribeAlarms", "DeleteAlarms"],
    ),
    // A dashboard has no region.
    (
        "cloudwatch::{account}:dashboard/{stack}-example",
        &["PutDashboard", "GetDashboard", "DeleteDashboards"],
    ),
    ("connect:{region}:{account}:instance/{instance}", &["ListInstanceStorageConfigs"]),
    // Existing streams may have a retention of 0 hours.
    ("kinesisvideo:{region}:{account}:stream/*/*", &["UpdateDataRetention"]),
    (
        "connect:{region}:{account}:instance/{instance}/contact-flow/example",
        &[
            "CreateContactFlow",
            "DeleteContactFlow",
            "DescribeContactFlow",
            "UpdateContactFlowContent",
            "TagResource",
        ],
    ),
];

/// For storage that the instance does not have yet: Amazon Connect uses the stream, the key and its own role with the
/// caller's permissions. Source: the Service Authorization Reference, dependent actions of
/// AssociateInstanceStorageConfig, without those for Amazon S3 and Firehose.
pub(crate) const STORAGE: &[Grant] = &[
    // What a failed installation has set up is removed.
    (
        "connect:{region}:{account}:instance/{instance}",
        &["AssociateInstanceStorageConfig", "DisassociateInstanceStorageConfig"],
    ),
    ("*", &["ds:DescribeDirectories"]),
    (
        "iam::{account}:role/aws-service-role/connect.amazonaws.com/AWSServiceRoleForAmazonConnect_example",
        &["AttachRolePolicy", "PutRolePolicy"],
    ),
    ("kinesis:{region}:{account}:stream/{stack}-example", &["DescribeStream"]),
    ("kms:{region}:{account}:key/example", &["CreateGrant", "DescribeKey"]),
];

/// For the stream of contact records, if the stack creates it.
pub(crate) const OWN_STREAM: &[Grant] = &[(
    "kinesis:{region}:{account}:stream/{stack}-example",
    &["CreateStream", "DescribeStreamSummary", "StartStreamEncryption", "AddTagsToStream", "DeleteStream"],
)];
/// For a retention other than the shortest.
pub(crate) const OWN_STREAM_KEPT: &[Grant] =
    &[("kinesis:{region}:{account}:stream/{stack}-example", &["IncreaseStreamRetentionPeriod"])];

/// For the page behind playback links, if there is one.
pub(crate) const PAGE: &[Grant] = &[
    (
        "lambda:{region}:{account}:function:{stack}-example",
        &[
            "CreateFunctionUrlConfig",
            "GetFunctionUrlConfig",
            "DeleteFunctionUrlConfig",
            "AddPermission",
            "GetPolicy",
            "RemovePermission",
            "PutFunctionConcurrency",
        ],
    ),
    ("*", &["kms:CreateKey"]),
    (
        "kms:{region}:{account}:key/example",
        &["DescribeKey", "PutKeyPolicy", "ScheduleKeyDeletion", "TagResource"],
    ),
];

/// For an alarm topic, if the stack creates it.
pub(crate) const TOPIC: &[Grant] = &[
    ("*", &["sns:Unsubscribe"]),
    (
        "sns:{region}:{account}:{stack}-example",
        &[
            "CreateTopic",
            "GetTopicAttributes",
            "SetTopicAttributes",
            "Subscribe",
            "TagResource",
            "DeleteTopic",
        ],
    ),
];
/// For its key, if the installation has no key of its own.
pub(crate) const TOPIC_KEY: &[Grant] = &[
    ("*", &["kms:CreateKey"]),
    (
        "kms:{region}:{account}:key/example",
        &["DescribeKey", "EnableKeyRotation", "PutKeyPolicy", "ScheduleKeyDeletion", "TagResource"],
    ),
];

/// For the function of an agent guide: Amazon Connect adds itself to the function's policy with the caller's
/// permission. Source: the Service Authorization Reference, dependent actions of
/// AssociateLambdaFunction and DisassociateLambdaFunction.
pub(crate) const GUIDE: &[Grant] = &[
    (
        "connect:{region}:{account}:instance/{instance}",
        &["AssociateLambdaFunction", "DisassociateLambdaFunction", "ListLambdaFunctions"],
    ),
    ("lambda:{region}:{account}:function:{stack}-example", &["AddPermission", "RemovePermission"]),
];

/// For the voicemail flow as a module.
pub(crate) const MODULES: &[Grant] = &[(
    "connect:{region}:{account}:instance/{instance}/flow-module/example",
    &[
        "CreateContactFlowModule",
        "DeleteContactFlowModule",
        "DescribeContactFlowModule",
        "UpdateContactFlowModuleContent",
        "TagResource",
    ],
)];

/// For the parameters that protect an installation, by parameter.
pub(crate) const VERSIONING: &[Grant] = &[("s3:::{stack}-example", &["PutBucketVersioning"])];
pub(crate) const ACCESS_LOGS: &[Grant] = &[("s3:::{stack}-example", &["PutBucketLogging"])];
pub(crate) const BOUNDARY: &[Grant] =
    &[("iam::{account}:role{path}{stack}-example", &["PutRolePermissionsBoundary"])];
pub(crate) const LOG_KEY: &[Grant] =
    &[("logs:{region}:{account}:log-group:/{stack}/example", &["AssociateKmsKey"])];

/// For `doctor`, `status`, `trace`, `plan` and the questions of the wizard: nothing that changes anything.
const LOOK: &[Grant] = &[
    (
        "*",
        &[
            "bedrock:ListAsyncInvokes",
            "cloudformation:DescribeStackDriftDetectionStatus",
            "cloudformation:DescribeStacks",
            "cloudformation:ListStacks",
            "connect:ListInstances",
            "ds:DescribeDirectories",
            "events:ListRules",
            "iam:ListRoles",
            "kinesis:ListStreams",
            "kinesisvideo:ListStreams",
            "kms:ListAliases",
            "lambda:GetAccountSettings",
            "lambda:ListFunctions",
            "logs:DescribeLogGroups",
            "secretsmanager:ListSecrets",
            "servicequotas:ListServiceQuotas",
            "ses:GetAccount",
            "ses:ListEmailIdentities",
            "sns:ListTopics",
            "sqs:ListQueues",
            "transcribe:ListTranscriptionJobs",
        ],
    ),
    (
        "cloudformation:{region}:{account}:stack/{stack}/*",
        &[
            "DescribeEvents",
            "DescribeStackEvents",
            "DescribeStackResourceDrifts",
            "DetectStackDrift",
            "GetTemplate",
        ],
    ),
    // An earlier system's stack has another name.
    ("cloudformation:{region}:{account}:stack/*/*", &["ListStackResources"]),
    ("cloudwatch:{region}:{account}:alarm:*", &["DescribeAlarms"]),
    (
        "connect:{region}:{account}:instance/{instance}",
        &[
            "DescribeInstance",
            "ListContactFlowModules",
            "ListInstanceStorageConfigs",
            "ListLambdaFunctions",
            "ListRoutingProfiles",
            "ListUserProficiencies",
            "SearchContactFlows",
            "SearchUsers",
        ],
    ),
    ("connect:{region}:{account}:instance/{instance}/agent/*", &["DescribeUser", "ListUserProficiencies"]),
    ("connect:{region}:{account}:instance/{instance}/contact/*", &["DescribeContact"]),
    (
        "connect:{region}:{account}:instance/{instance}/contact-flow/*",
        &["DescribeContactFlow", "ListContactFlows"],
    ),
    ("connect:{region}:{account}:instance/{instance}/flow-module/*", &["DescribeContactFlowModule"]),
    ("connect:{region}:{account}:instance/{instance}/queue/*", &["GetMetricDataV2", "ListQueues"]),
    ("connect:{region}:{account}:instance/{instance}/routing-profile/*", &["DescribeRoutingProfile"]),
    ("connect:{region}:{account}:phone-number/*", &["ListPhoneNumbersV2"]),
    ("events:{region}:{account}:rule/{stack}-example", &["DescribeRule"]),
    ("iam::{account}:policy/*", &["GetPolicy"]),
    ("iam::{account}:role/*", &["GetRole", "SimulatePrincipalPolicy"]),
    ("iam::{account}:user/*", &["SimulatePrincipalPolicy"]),
    ("kinesis:{region}:{account}:stream/*", &["DescribeStreamSummary"]),
    ("kms:{region}:{account}:key/*", &["DescribeKey", "GetKeyPolicy"]),
    (
        "lambda:{region}:{account}:function:{stack}-example",
        &["GetFunctionConcurrency", "GetFunctionConfiguration"],
    ),
    ("lambda:{region}:{account}:event-source-mapping:*", &["GetEventSourceMapping"]),
    ("logs:{region}:{account}:log-group:/{stack}/*", &["FilterLogEvents"]),
    ("s3:::*", &["GetBucketPolicy", "GetBucketTagging"]),
    ("s3:::{stack}-example", &["ListBucket"]),
    // Recordings and transcripts stay unread.
    ("s3:::{stack}-code-example/*", &["GetObject"]),
    ("s3:::{stack}-statebucket-example/*", &["GetObject"]),
    ("s3:::{stack}-recordingsbucket-example/*", &["GetObjectTagging"]),
    ("secretsmanager:{region}:{account}:secret:*", &["DescribeSecret"]),
    ("servicequotas:{region}:{account}:*/*", &["GetServiceQuota"]),
    ("ses:{region}:{account}:identity/*", &["GetEmailIdentity"]),
    // Reading a dead letter hides it for a moment.
    (
        "sqs:{region}:{account}:{stack}-example",
        &["ChangeMessageVisibility", "GetQueueAttributes", "ReceiveMessage"],
    ),
    ("transcribe:{region}:{account}:transcription-job/*", &["GetTranscriptionJob"]),
];

/// For `redrive`, `links revoke` and the recording that `open` shows.
const OPERATE: &[Grant] = &[
    ("kinesis:{region}:{account}:stream/*", &["GetRecords", "GetShardIterator"]),
    ("s3:::{stack}-statebucket-example/*", &["DeleteObject", "PutObject"]),
    ("s3:::{stack}-recordingsbucket-example/*", &["GetObject", "PutObjectTagging"]),
    ("s3:::{stack}-transcriptsbucket-example/*", &["GetObject"]),
    // After a rollback, the earlier version's functions look for revoked links only there.
    ("s3:::{stack}-transcriptsbucket-example/revoked/*", &["PutObject"]),
    ("sqs:{region}:{account}:{stack}-example", &["DeleteMessage", "SendMessage"]),
];

/// For `migrate switch` and `migrate back`: the earlier system has names of its own.
const MIGRATE: &[Grant] = &[
    ("*", &["lambda:ListEventSourceMappings"]),
    ("kinesis:{region}:{account}:stream/*", &["ListShards"]),
    ("lambda:{region}:{account}:event-source-mapping:*", &["UpdateEventSourceMapping"]),
    ("lambda:{region}:{account}:function:VMX*", &["GetFunctionConfiguration"]),
    ("s3:::vmx*", &["ListBucket"]),
];

/// The grants of an installation under all circumstances.
const INSTALL: &[&[Grant]] = &[
    ACTIONS,
    STORAGE,
    OWN_STREAM,
    OWN_STREAM_KEPT,
    PAGE,
    TOPIC,
    TOPIC_KEY,
    GUIDE,
    MODULES,
    VERSIONING,
    ACCESS_LOGS,
    BOUNDARY,
    LOG_KEY,
    MIGRATE,
];

/// What `teardown` and `voicemails delete` need besides.
const TEARDOWN: &[Grant] = &[
    ("*", &["kinesis:ListStreamConsumers", "s3:ListAllMyBuckets"]),
    (
        "connect:{region}:{account}:instance/{instance}",
        &["DisassociateInstanceStorageConfig", "DisassociateLambdaFunction", "ListFlowAssociations"],
    ),
    ("connect:{region}:{account}:instance/{instance}/contact-flow/*", &["DeleteContactFlow"]),
    ("connect:{region}:{account}:instance/{instance}/flow-module/*", &["DeleteContactFlowModule"]),
    ("connect:{region}:{account}:phone-number/*", &["DescribePhoneNumber"]),
    ("lambda:{region}:{account}:function:{stack}-example", &["RemovePermission"]),
    ("logs:{region}:{account}:log-group:/{stack}/example", &["DeleteLogGroup"]),
    ("s3:::{stack}-example", &["DeleteBucket", "ListBucketVersions", "PutBucketTagging"]),
    ("s3:::{stack}-example/*", &["DeleteObject", "DeleteObjectVersion"]),
    ("transcribe:{region}:{account}:transcription-job/*", &["DeleteTranscriptionJob"]),
];

/// The policies of people, each in addition to those before: who looks, operates, installs and tears down, for the
/// stack of the default name.
#[must_use]
pub fn policies() -> [(&'static str, Value); 4] {
    [
        ("look", policy(&[LOOK])),
        ("operate", policy(&[OPERATE])),
        ("install", policy(INSTALL)),
        ("teardown", policy(&[TEARDOWN])),
    ]
}

fn policy(grants: &[&[Grant]]) -> Value {
    let mut by_resource: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (resource, actions) in grants.iter().flat_map(|grants| *grants) {
        let actions = actions.iter().map(|action| match resource.split_once(':') {
            Some((service, _)) => format!("{service}:{action}"),
            None => (*action).to_owned(),
        });
        by_resource.entry(anything(resource)).or_default().extend(actions);
    }
    let statements = by_resource.into_iter().map(|(resource, mut actions)| {
        actions.sort();
        actions.dedup();
        json!({ "Effect": "Allow", "Action": actions, "Resource": resource })
    });
    json!({ "Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>() })
}

/// The ARN of all resources of a pattern.
fn anything(pattern: &str) -> String {
    if pattern == "*" {
        return pattern.to_owned();
    }
    let text =
        ["example.wav", "example"].iter().fold(pattern.to_owned(), |text, name| text.replace(name, "*"));
    let names = [
        ("{region}", "REGION"),
        ("{account}", "ACCOUNT"),
        ("{instance}", "INSTANCE"),
        ("{path}", "/"),
        ("{stack}", "voicemail-express"),
    ];
    let text = names.iter().fold(text, |text, (placeholder, name)| text.replace(placeholder, name));
    format!("arn:aws:{text}")
}
