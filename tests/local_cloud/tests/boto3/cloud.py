"""What the boto3 tests share. The Rust test that runs them has started a local cloud and set the AWS_* variables."""

import contextlib
import json
import os
import subprocess
import time
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

REGION = os.environ["AWS_REGION"]
VOICES = os.environ["LOCAL_CLOUD_VOICES"]
VMX_LOCAL = os.environ["LOCAL_CLOUD_PROGRAM"]
ONCE = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})


def client(service, credentials=None, **options):
    """A client of the account's root, or of a role's credentials."""
    keys = {} if credentials is None else {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }
    return boto3.client(service, region_name=REGION, config=ONCE.merge(Config(**options)), **keys)


def account():
    return client("sts").get_caller_identity()["Account"]


def new_name(prefix):
    """A name that nothing else in the cloud has."""
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def new_bucket():
    name = new_name("bucket")
    client("s3").create_bucket(Bucket=name)
    return name


def allow(actions, resources):
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


def role(*statements):
    """Credentials of a new role with these permissions."""
    name = new_name("role")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{account()}:root"}}
    iam = client("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="permissions", PolicyDocument=document(*statements))
    return client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@contextlib.contextmanager
def refused(test, code, text=""):
    """Expects the service to refuse with an error code, and gives the error."""
    with test.assertRaises(ClientError) as context:
        yield context
    error = context.exception.response["Error"]
    test.assertEqual(error["Code"], code, error)
    test.assertIn(text, error["Message"])


def eventually(question, seconds=30):
    """The first answer that is not empty."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = question()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"nothing within {seconds} s")


def vmx_local(*arguments):
    """What the command line prints."""
    return subprocess.run([VMX_LOCAL, *arguments], check=True, capture_output=True, text=True, timeout=60).stdout
