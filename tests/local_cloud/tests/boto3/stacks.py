"""Stacks with a function of one's own, for the tests that need them."""

import io
import json
import sys
import unittest
import zipfile

from botocore.exceptions import WaiterError

from cloud import client, new_bucket, new_name

# A function that reports the records whose data begin with "bad" as failed, or fails altogether when told to: with a bad
# record (raise) or with any (filtered).
FAILING = f"""#!{sys.executable}
import base64, json, os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as response:
        request, event = response.headers["Lambda-Runtime-Aws-Request-Id"], json.load(response)
    records = [record["kinesis"] for record in event["Records"]]
    bad = [r["sequenceNumber"] for r in records if base64.b64decode(r["data"]).startswith(b"bad")]
    if bad and os.environ["WHEN_BAD"] == "raise" or os.environ["WHEN_BAD"] == "filtered":
        answer, kind = {{"errorMessage": "bad", "errorType": "Bad"}}, "error"
    else:
        answer, kind = {{"batchItemFailures": [{{"itemIdentifier": number}} for number in bad]}}, "response"
    urllib.request.urlopen(api + request + "/" + kind, json.dumps(answer).encode()).close()
"""


def get_att(resource, attribute="Arn"):
    return {"Fn::GetAtt": [resource, attribute]}


def function_resources(bucket, key, statements, **environment):
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    policy = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}
    return {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}, "Policies": [policy]}},
        "Function": {"Type": "AWS::Lambda::Function", "Properties": {
            "Runtime": "provided.al2023", "Handler": "bootstrap", "Role": get_att("Role"), "Timeout": 30,
            "Code": {"S3Bucket": bucket, "S3Key": key}, "Environment": {"Variables": environment}}},
    }


class StackCase(unittest.TestCase):
    """Tests that make stacks; `code` is a bucket with the function as `function.zip`."""

    FUNCTION = FAILING

    @classmethod
    def setUpClass(cls):
        cls.cloudformation, cls.s3 = client("cloudformation"), client("s3")
        cls.code = new_bucket()
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as zipped:
            bootstrap = zipfile.ZipInfo("bootstrap")
            bootstrap.external_attr = 0o755 << 16
            zipped.writestr(bootstrap, cls.FUNCTION)
        cls.s3.put_object(Bucket=cls.code, Key="function.zip", Body=archive.getvalue())

    def update(self, name, resources):
        """Updates a stack."""
        self.cloudformation.update_stack(
            StackName=name, TemplateBody=json.dumps({"Resources": resources}), Capabilities=["CAPABILITY_IAM"])
        waiter = self.cloudformation.get_waiter("stack_update_complete")
        waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})

    def create(self, resources, **outputs):
        """Creates a stack and gives its name and outputs."""
        name = new_name("stack")
        template = {"Resources": resources, "Outputs": {key: {"Value": value} for key, value in outputs.items()}}
        self.cloudformation.create_stack(
            StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
        waiter = self.cloudformation.get_waiter("stack_create_complete")
        waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        (stack,) = self.cloudformation.describe_stacks(StackName=name)["Stacks"]
        return name, {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def failure(self, resources, resource):
        """Creates a stack that must fail, and gives the reason of a resource."""
        before = {stack["StackId"] for stack in self.cloudformation.list_stacks()["StackSummaries"]}
        with self.assertRaises(WaiterError):
            self.create(resources)
        (stack,) = [s for s in self.cloudformation.list_stacks()["StackSummaries"] if s["StackId"] not in before]
        events = self.cloudformation.describe_stack_events(StackName=stack["StackId"])["StackEvents"]
        (reason,) = [event["ResourceStatusReason"] for event in events
                     if event["LogicalResourceId"] == resource and event["ResourceStatus"] == "CREATE_FAILED"]
        return reason
