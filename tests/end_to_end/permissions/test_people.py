"""The policies in docs/permissions.md allow people what the installer calls in their name, with what these calls depend on;
and those who only look or operate nothing else.
"""

import json
import re
import unittest
from pathlib import Path

import aws
import test_roles

ROOT = Path(__file__).parents[3]
ENGINE = ROOT / "installer/engine"

# Who runs the code of the engine, by the beginning of its files; the longest that fits.
GROUPS = {
    "apply": "install",
    "checks": "look",
    "console": "operate",
    "dead_letters": "operate",
    "deletion": "teardown",
    "deployments": "install",
    "discover": "look",
    "drift": "look",
    "flow_calls": "install",
    "flow_references": "teardown",
    "handover": "install",
    "links": "operate",
    "logs": "look",
    "migrate": "look",
    "preflight": "look",
    "recording_tags": "operate",
    "redrive": "operate",
    "root_cause": "look",
    "smoke": "install",
    "state_bucket": "operate",
    "status": "look",
    "teardown": "teardown",
    "trace": "look",
    "versions": "teardown",
    "voicemails": "operate",
}
ORDER = ["look", "operate", "install", "teardown"]
# What the service itself asks nobody for.
FREE = {"sts:GetCallerIdentity"}
# Dependent actions that no call of the installer's comes to, each with the reason.
NEVER = {
    "firehose:DescribeDeliveryStream": "contact records go to a stream of Kinesis Data Streams",
    "iam:CreateServiceLinkedRole": "the instance has its role",
    "s3:GetBucketAcl": "nothing is stored in Amazon S3 by the instance",
    "s3:GetBucketLocation": "nothing is stored in Amazon S3 by the instance",
}


def policies() -> dict[str, list]:
    """The statements of each group's policy."""
    page = (ROOT / "docs/permissions.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```json\n(.*?)```", page, re.S)
    return {group: json.loads(block)["Statement"] for group, block in zip(ORDER, blocks, strict=True)}


def allowed(statements: list) -> set[str]:
    return {action for statement in statements for action in statement["Action"]}


def with_dependent(actions: set[str]) -> set[str]:
    # Service Quotas asks for what it reads of other services than those that are asked for here.
    asked = {action for action in actions if not action.startswith("servicequotas:")}
    return actions.union(*map(aws.dependent, asked)) - set(NEVER)


def needed() -> dict[str, set[str]]:
    """What the calls of each group need."""
    by_group = {group: set() for group in ORDER}
    for path, actions in aws.calls(ENGINE / "src", ENGINE / "Cargo.toml").items():
        group = GROUPS[re.split(r"[/.]", path)[0]]
        by_group[group] |= with_dependent(actions) - FREE
    return by_group


class People(unittest.TestCase):
    maxDiff = None

    def test_policies_allow_what_is_called(self) -> None:
        has = set()
        for group, statements in policies().items():
            has |= allowed(statements)
            with self.subTest(group):
                self.assertEqual(needed()[group] - has, set(), "is called, and the policy does not allow it")

    def test_who_looks_or_operates_is_allowed_nothing_else(self) -> None:
        calls, given = needed(), policies()
        # Some modules serve both.
        both = calls["look"] | calls["operate"]
        for group in ("look", "operate"):
            self.assertEqual(allowed(given[group]) - both, set(), f"{group}: nothing calls it")
        self.assertEqual(allowed(given["teardown"]) - set().union(*calls.values()) - {
            "s3:DeleteObjectVersion", "lambda:RemovePermission",
        }, set(), "teardown: nothing calls it")

    def test_what_is_simulated_beforehand_covers_every_change(self) -> None:
        """Preflight simulates the policy of whoever installs: nothing may fail halfway."""
        changes = aws.calls(ENGINE / "src", ENGINE / "Cargo.toml")
        made = set().union(*(
            actions for path, actions in changes.items()
            if path.startswith(("apply/", "smoke", "checks/", "root_cause/")) or path in ("flow_calls.rs", "deployments.rs")
        ))
        self.assertEqual(with_dependent(made) - allowed(policies()["install"]), set(), "preflight does not simulate it")

    def test_the_table_of_services_has_all(self) -> None:
        page = (ROOT / "docs/permissions.md").read_text(encoding="utf-8")
        listed = set(re.findall(r"^\| [^|]* \(`(\w+)`\) \|", page, re.M))
        actions = {action for statements in policies().values() for action in allowed(statements)}
        for resources in test_roles.templates():
            for resource in resources.values():
                if resource["Type"] == "AWS::IAM::Role":
                    actions |= test_roles.allowed(resource)
        self.assertEqual({action.split(":")[0] for action in actions} ^ listed, set())

    def test_each_policy_fits_into_one_of_iam(self) -> None:
        # Source: the IAM user guide, "IAM and AWS STS quotas": 6,144 characters without white space.
        for group, statements in policies().items():
            text = json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
            self.assertLessEqual(len(text), 6144, group)

    def test_every_action_exists_and_can_be_allowed_on_its_resource(self) -> None:
        for group, statements in policies().items():
            for statement in statements:
                for action in statement["Action"]:
                    with self.subTest(f"{group}: {action}"):
                        self.assertTrue(aws.is_action(action), "there is no such action")
                        self.assertTrue(aws.can_be_allowed_on(action, statement["Resource"]),
                                        f"{statement['Resource']} is none of {aws.resources(action)}")


if __name__ == "__main__":
    unittest.main()
