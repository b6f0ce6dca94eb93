"""Judges every policy of the rendered templates by two tools that know AWS's actions.

    python -I policies.py TEMPLATE...

parliament: no finding of any severity in the policies of roles and of resources, but those of WRONG. cloudsplaining: no
finding in the policies of roles, and no statement on `*` but those of EVERYWHERE and NOWHERE_ELSE. References are resolved to ARNs of an
example account, which is all that the tools need to compare actions with kinds of resources.

It runs isolated (-I), since a tool imports a package that is called like a file beside this one.
"""

import json
import re
import sys

import yaml
from cloudsplaining.scan.policy_document import PolicyDocument
from parliament import analyze_policy_string

# Actions that have no resource level, each with what bounds it instead.
EVERYWHERE = {
    "transcribe:StartTranscriptionJob": "a condition names the bucket that the transcript goes to",
}
# Actions that have no resource level and no condition that bounds them, each with why that does no harm.
NOWHERE_ELSE = {
    "xray:PutTraceSegments": "it sends traces of the function itself, and reads nothing",
    "xray:PutTelemetryRecords": "it sends what became of those traces",
    "cloudwatch:GetMetricStatistics": "it reads numbers of the account, and neither data nor logs",
}
# What parliament finds and is wrong about, by finding and action, each with the reason.
WRONG = {
    ("RESOURCE_MISMATCH", "bedrock:InvokeModel"):
        "it asks for each kind of resource that the action knows; the service asks for the one that is invoked",
}
ACCOUNT = "111122223333"
# What `!GetAtt X.Arn` and `!Ref X` stand for, by the kind of X.
ARNS = {
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{name}",
    "AWS::Kinesis::Stream": "arn:aws:kinesis:{region}:{account}:stream/{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}:*",
    "AWS::Lambda::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::Events::Rule": "arn:aws:events:{region}:{account}:rule/{name}",
    "AWS::KMS::Key": "arn:aws:kms:{region}:{account}:key/00000000-0000-4000-8000-000000000000",
    "AWS::SNS::Topic": "arn:aws:sns:{region}:{account}:{name}",
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{name}",
}


class Template:
    """A template with its references resolved to an example account."""

    def __init__(self, path: str) -> None:
        with open(path, encoding="utf-8") as stream:
            self.resources = yaml.load(stream, Loader)["Resources"]
        region = re.search(r"arn:aws[a-z-]*:connect:([a-z0-9-]+):", json.dumps(self.resources))
        self.region = region[1] if region else "us-east-1"

    def arn(self, name: str) -> str:
        kind = self.resources[name]["Type"]
        if kind not in ARNS:
            raise ValueError(f"{name} is a {kind}, and how its ARN looks is not said in ARNS")
        return ARNS[kind].format(name=name.lower(), region=self.region, account=ACCOUNT)

    def value(self, name: str) -> str:
        known = {
            "AWS::Partition": "aws",
            "AWS::Region": self.region,
            "AWS::AccountId": ACCOUNT,
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": "voicemail-express",
        }
        if name in known:
            return known[name]
        if name.endswith(".Arn"):
            return self.arn(name.removesuffix(".Arn"))
        return name.lower()

    def resolved(self, node):
        """A part of the template without functions."""
        if isinstance(node, list):
            return [self.resolved(item) for item in node]
        if not isinstance(node, dict):
            return node
        if set(node) == {"Ref"} and self.resources.get(node["Ref"], {}).get("Type") == "AWS::SNS::Topic":
            return self.arn(node["Ref"])
        if set(node) == {"Ref"} or set(node) == {"Fn::GetAtt"}:
            return self.value(next(iter(node.values())))
        if set(node) == {"Fn::Sub"}:
            return re.sub(r"\$\{([^}]+)\}", lambda found: self.value(found[1]), node["Fn::Sub"])
        return {key: self.resolved(value) for key, value in node.items()}

    def policies(self):
        """Every policy: whose it is, whether that is a role, and the document."""
        for name, resource in self.resources.items():
            properties = resource.get("Properties", {})
            for policy in properties.get("Policies", []):
                yield name, True, self.resolved(policy["PolicyDocument"])
            if "PolicyDocument" in properties:
                yield name, False, self.resolved(properties["PolicyDocument"])
            if "KeyPolicy" in properties:
                # In the policy of a key `*` is that key. Source: AWS KMS developer guide, "Key policies in AWS KMS".
                of_key = json.dumps(self.resolved(properties["KeyPolicy"]))
                yield name, False, json.loads(of_key.replace('"Resource": "*"', f'"Resource": "{self.arn(name)}"'))


class Loader(yaml.SafeLoader):
    """Reads CloudFormation's tags: `!Ref X` is `{"Ref": "X"}`."""


def _tagged(loader, suffix, node):
    return {suffix if suffix == "Ref" else f"Fn::{suffix}": loader.construct_scalar(node)}


Loader.add_multi_constructor("!", _tagged)


def by_parliament(document: dict, is_roles: bool) -> list[str]:
    """What parliament finds. It knows policies of roles, so that those of resources are shown to it without principals."""
    document = json.loads(json.dumps(document))
    if not is_roles:
        for statement in document["Statement"]:
            statement.pop("Principal", None)
    return [str(found) for found in analyze_policy_string(json.dumps(document)).findings if not is_wrong(found)]


def is_wrong(found) -> bool:
    """Whether a finding is about nothing but actions that parliament is wrong about."""
    details = found.detail if isinstance(found.detail, list) else []
    actions = [detail.get("action") for detail in details if isinstance(detail, dict)]
    return bool(actions) and all((found.issue, action) in WRONG for action in actions)


def by_cloudsplaining(document: dict) -> list[str]:
    """What cloudsplaining finds in the policy of a role."""
    policy = PolicyDocument(document)
    found = {
        "privilege escalation": policy.allows_privilege_escalation,
        "exposes resources": policy.permissions_management_without_constraints,
        "reads data anywhere": policy.allows_data_exfiltration_actions,
        "exposes credentials": policy.credentials_exposure,
        "changes anything anywhere": policy.infrastructure_modification,
        "all of a service": policy.service_wildcard,
    }
    wrong = []
    for what, actions in found.items():
        names = [action for action in map(str, actions or []) if action not in EVERYWHERE | NOWHERE_ELSE]
        if names:
            wrong.append(f"{what}: {', '.join(names)}")
    return wrong


def on_everything(document: dict) -> list[str]:
    """The actions that a policy of a role allows on `*` without being among those that can be allowed in no other way."""

    def listed(value):
        return value if isinstance(value, list) else [value]

    return [
        f"{action} is allowed everywhere"
        for statement in document["Statement"]
        if statement["Effect"] == "Allow" and "*" in listed(statement["Resource"])
        for action in listed(statement["Action"])
        if action not in NOWHERE_ELSE and (action not in EVERYWHERE or "Condition" not in statement)
    ]


def main() -> int:
    wrong, policies, statements = [], 0, 0
    for path in sys.argv[1:]:
        for name, is_roles, document in Template(path).policies():
            policies += 1
            statements += len(document["Statement"])
            found = by_parliament(document, is_roles)
            if is_roles:
                found += by_cloudsplaining(document) + on_everything(document)
            wrong += [f"{path}: {name}: {line}" for line in found]
    for line in wrong:
        print(line, file=sys.stderr)
    if policies == 0:
        print("there is no policy in these templates", file=sys.stderr)
        return 2
    seen = f"{policies} policies with {statements} statements in {len(sys.argv) - 1} templates"
    print(f"parliament and cloudsplaining: {seen}, {len(wrong)} findings, {len(WRONG) + len(EVERYWHERE) + len(NOWHERE_ELSE)} exceptions with a reason")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
