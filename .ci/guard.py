"""Judges the rendered templates by AWS Control Tower's proactive controls, with AWS's cfn-guard.

    guard.py PACKAGE TEMPLATE...

PACKAGE is the unpacked npm package @cdklabs/cdk-validator-cfnguard, which has the program and AWS's rules. A rule that is
broken must be among EXCEPTIONS, and an exception must be needed. One that a parameter mends does not count for the
template `protected`, where every such parameter is set.
"""

import json
import platform
import subprocess
import sys
from pathlib import Path

# The rules for the kinds of resources that the templates have.
SERVICES = ["cloudwatch", "identityandaccessmanagement", "keymanagementservice", "kinesis", "lambda", "s3", "sqs"]
# What is not as a rule wants it: the parameter that mends it, if one does, and the reason.
EXCEPTIONS = {
    "cloudwatch_alarm_action_check": (None, "whom an alarm tells is for the operator to say"),
    "cloudwatch_log_group_encrypted_check": ("kms_key", "encrypted with a key of CloudWatch Logs"),
    "cloudwatch_log_group_retention_period_check": (None, "`retention.logs_days` decides; less is kept on purpose"),
    "kms_create_grant_aws_service_check": (None, "the policy of the key of links lets nobody make grants at all"),
    "lambda_function_public_access_prohibited_check": (None, "the page behind playback links is public by design"),
    "lambda_function_url_auth_check": (None, "the token in the link decides; its readers have no AWS credentials"),
    "lambda_inside_vpc_check": (None, "functions talk to AWS and listen to nobody; in a VPC they would need a way out"),
    "s3_bucket_default_encryption_kms_check": ("kms_key", "encrypted with a key of S3"),
    "s3_bucket_logging_enabled_check": ("buckets.access_logs_bucket", "there is no bucket for logs until one is named"),
    "s3_bucket_object_lock_enabled_check": (None, "what has expired has to be gone, and callers may ask for it earlier"),
    "s3_bucket_policy_ssl_requests_only_check":
        (None, "the policies do refuse it; the rule does not know resources as the templates write them"),
    "s3_bucket_versioning_enabled_check": ("buckets.versioning", "objects are written once"),
    "s3_event_notifications_enabled_check":
        (None, "nobody waits to be told of new objects in the state bucket: a schedule lists it"),
    "sqs_dlq_check": (None, "a dead-letter queue has none itself; naming its sources in it would be a cycle"),
}
MACHINES = {"x86_64": "x86_64", "aarch64": "aarch64"}


def judged(package: Path, templates: list[str]) -> list[tuple[str, str]]:
    """Every rule that a template breaks."""
    program = package / "bin" / "ubuntu" / MACHINES[platform.machine()] / "cfn-guard"
    rules = [str(package / "rules" / "control-tower" / "cfn-guard" / service) for service in SERVICES]
    command = [str(program), "validate", "--rules", *rules, "--data", *templates]
    command += ["--structured", "--output-format", "json", "--show-summary", "none"]
    # It exits with 19 where a rule is broken.
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode not in (0, 19):
        raise SystemExit(f"cfn-guard failed with {run.returncode}: {run.stderr}")
    reports = json.loads(run.stdout)
    if len(reports) != len(templates) or any(not report["compliant"] for report in reports):
        raise SystemExit("cfn-guard did not judge every template")
    return [(report["name"], broken["Rule"]["name"]) for report in reports for broken in report["not_compliant"]]


def main() -> int:
    package, *templates = sys.argv[1:]
    broken = judged(Path(package), templates)
    wrong = []
    for template, rule in broken:
        parameter, _ = EXCEPTIONS.get(rule, (None, None))
        if rule not in EXCEPTIONS:
            wrong.append(f"{template}: {rule}")
        elif parameter and Path(template).parent.name == "protected":
            wrong.append(f"{template}: {rule}, although {parameter} is set")
    needed = {rule for _, rule in broken}
    wrong += [f"the exception {rule} is not needed any more" for rule in EXCEPTIONS if rule not in needed]
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"cfn-guard: {len(templates)} templates, {len(wrong)} findings, {len(EXCEPTIONS)} exceptions with a reason")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
