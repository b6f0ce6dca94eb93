"""Every function's role allows what the function calls, with what these calls depend on, and nothing else.

The templates are those that the installer has rendered into the folder RENDERED.
"""

import os
import re
import unittest
from pathlib import Path

import yaml

import aws

FUNCTIONS = Path(__file__).parents[3] / "functions"

# What roles allow besides the calls of their functions, each with whoever uses it.
LAMBDA = "Lambda itself, in the role's name"
POLLERS = {
    "kinesis": ("kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords",
                "kinesis:GetShardIterator", "kinesis:ListShards"),
    "sqs": ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"),
}
BY_OTHERS = {
    "logs:CreateLogStream": LAMBDA,
    "logs:PutLogEvents": LAMBDA,
    "xray:PutTelemetryRecords": LAMBDA,
    "xray:PutTraceSegments": LAMBDA,
    "kms:Decrypt": "the service that stores something with the installation's key",
    "kms:GenerateDataKey": "the service that stores something with the installation's key",
}
# What a call does not name and its service asks for nevertheless, by function and action.
BY_CALLS = {
    ("vmx_kvs_to_s3", "s3:PutObjectTagging"): "PutObject with tags",
    ("vmx_packager", "ses:SendRawEmail"): "SendEmail with an attachment",
    ("vmx_transcriber", "iam:PassRole"): "StartTranscriptionJob with a role that reads the recording",
    ("vmx_transcriber", "s3:PutObject"): "StartTranscriptionJob, which writes the transcript in the caller's name",
}
# Without it, S3 answers "denied" for an object that does not exist.
SEES_WHAT_IS_MISSING = "s3:ListBucket"


def _tagged(loader, suffix, node):
    return {suffix: loader.construct_scalar(node)}


class Loader(yaml.SafeLoader):
    """Reads CloudFormation's tags: `!Ref X` is `{"Ref": "X"}`."""


Loader.add_multi_constructor("!", _tagged)


def listed(value) -> list:
    return value if isinstance(value, list) else [value]


def templates() -> list[dict]:
    paths = sorted(Path(os.environ["RENDERED"]).glob("*/*.yaml"))
    return [yaml.load(path.read_text(encoding="utf-8"), Loader)["Resources"] for path in paths]


def allowed(role: dict) -> set[str]:
    """The actions that a role's policies allow."""
    statements = [item for policy in role["Properties"]["Policies"] for item in policy["PolicyDocument"]["Statement"]]
    return {action for item in statements if item["Effect"] == "Allow" for action in listed(item["Action"])}


def polled(resources: dict, function: str) -> set[str]:
    """What Lambda does for the triggers of a function, in the name of its role."""
    actions = set()
    for resource in resources.values():
        properties = resource.get("Properties", {})
        is_trigger = resource["Type"] == "AWS::Lambda::EventSourceMapping"
        if is_trigger and function in str(properties["FunctionName"]):
            actions.update(POLLERS["sqs" if "Queue" in str(properties["EventSourceArn"]) else "kinesis"])
    return actions


def called(function: str) -> set[str]:
    """The actions of a function's calls: its own, and those of the modules of vmx_lambda that it uses."""
    crate, common = FUNCTIONS / function, FUNCTIONS / "vmx_lambda"
    own = aws.calls(crate / "src", crate / "Cargo.toml").values()
    text = "\n".join(path.read_text(encoding="utf-8") for path in (crate / "src").rglob("*.rs"))
    shared = [
        actions for path, actions in aws.calls(common / "src", common / "Cargo.toml").items()
        if re.search(rf"vmx_lambda::(\{{[^}}]*)?\b{Path(path).stem}\b", text)
    ]
    return set().union(*own, *shared)


class Roles(unittest.TestCase):
    maxDiff = None

    def test_roles_allow_what_their_functions_call_and_nothing_else(self) -> None:
        rendered, used = templates(), set()
        functions = sorted(path.parents[1].name for path in FUNCTIONS.glob("vmx_*/src/main.rs"))
        self.assertGreater(len(functions), 4)
        for function in functions:
            with self.subTest(function):
                name = "".join(part.capitalize() for part in function.removeprefix("vmx_").split("_"))
                calls = called(function)
                self.assertEqual({action for action in calls if not aws.is_action(action)}, set())
                needed = calls.union(*map(aws.dependent, calls))
                has, polls = set(), set()
                for resources in rendered:
                    if f"{name}Role" in resources:
                        has |= allowed(resources[f"{name}Role"])
                        polls |= polled(resources, f"{name}Function")
                self.assertEqual(needed - has, set(), "is called, and the role does not allow it")
                reasons = {action for of, action in BY_CALLS if of == function} | polls | set(BY_OTHERS)
                if "s3:GetObject" in needed:
                    reasons.add(SEES_WHAT_IS_MISSING)
                self.assertEqual(has - needed - reasons, set(), "the role allows it, and nothing calls it")
                used |= {(function, action) for action in has - needed}
        actions = {action for _, action in used}
        self.assertEqual(set(BY_CALLS) - used, set(), "exceptions that no role needs")
        self.assertEqual(set(BY_OTHERS) - actions, set(), "exceptions that no role needs")


if __name__ == "__main__":
    unittest.main()
