"""Where MiniStack by itself is more lenient than AWS: each of these fails when the local cloud's patch has no effect."""

import io
import json
import sys
import unittest
import urllib.error
import urllib.request
import zipfile

import boto3
from botocore.exceptions import WaiterError

from cloud import ONCE, REGION, account, allow, client, document, eventually, new_bucket, new_name, refused, role

STREAM_ACTIONS = ["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords",
                  "kinesis:GetShardIterator", "kinesis:ListShards"]

# A function that reports the records whose data begin with "bad" as failed, or fails altogether when told to.
FUNCTION = f"""#!{sys.executable}
import base64, json, os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as response:
        request, event = response.headers["Lambda-Runtime-Aws-Request-Id"], json.load(response)
    records = [record["kinesis"] for record in event["Records"]]
    bad = [r["sequenceNumber"] for r in records if base64.b64decode(r["data"]).startswith(b"bad")]
    if bad and os.environ["WHEN_BAD"] == "raise":
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


class Stacks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloudformation, cls.s3 = client("cloudformation"), client("s3")
        cls.code = new_bucket()
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as zipped:
            bootstrap = zipfile.ZipInfo("bootstrap")
            bootstrap.external_attr = 0o755 << 16
            zipped.writestr(bootstrap, FUNCTION)
        cls.s3.put_object(Bucket=cls.code, Key="function.zip", Body=archive.getvalue())

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

    def test_a_bucket_that_is_not_empty_keeps_its_stack(self):
        name, outputs = self.create({"Bucket": {"Type": "AWS::S3::Bucket"}}, Bucket={"Ref": "Bucket"})
        self.s3.put_object(Bucket=outputs["Bucket"], Key="kept", Body=b"1")
        deleted = self.cloudformation.get_waiter("stack_delete_complete")
        self.cloudformation.delete_stack(StackName=name)
        with self.assertRaises(WaiterError):
            deleted.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        (stack,) = self.cloudformation.describe_stacks(StackName=name)["Stacks"]
        self.assertEqual(stack["StackStatus"], "DELETE_FAILED")
        self.assertEqual(self.s3.get_object(Bucket=outputs["Bucket"], Key="kept")["Body"].read(), b"1")
        self.s3.delete_object(Bucket=outputs["Bucket"], Key="kept")
        self.cloudformation.delete_stack(StackName=name)
        deleted.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})

    def test_iam_resources_need_a_capability(self):
        template = json.dumps({"Resources": function_resources(self.code, "function.zip", [])})
        with refused(self, "InsufficientCapabilitiesException", "CAPABILITY_IAM"):
            self.cloudformation.create_stack(StackName=new_name("stack"), TemplateBody=template)

    def test_a_function_needs_its_code(self):
        reason = self.failure(function_resources(self.code, "missing.zip", []), "Function")
        self.assertIn("NoSuchKey", reason)

    def test_a_mapping_needs_a_role_that_may_read_its_source(self):
        resources = function_resources(self.code, "function.zip", [])
        resources["Queue"] = {"Type": "AWS::SQS::Queue"}
        resources["Mapping"] = {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
            "FunctionName": {"Ref": "Function"}, "EventSourceArn": get_att("Queue")}}
        self.assertIn("sqs:ReceiveMessage", self.failure(resources, "Mapping"))

    def mapping(self, when_bad, **properties):
        """A stream with a mapping whose failed batches go to a queue. Gives the names of both."""
        statements = [allow(STREAM_ACTIONS, get_att("Stream")), allow("sqs:SendMessage", get_att("Queue"))]
        resources = function_resources(self.code, "function.zip", statements, WHEN_BAD=when_bad)
        resources["Stream"] = {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 1}}
        resources["Queue"] = {"Type": "AWS::SQS::Queue"}
        resources["Mapping"] = {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
            "FunctionName": {"Ref": "Function"}, "EventSourceArn": get_att("Stream"),
            "StartingPosition": "TRIM_HORIZON", "BatchSize": 10, "MaximumRetryAttempts": 1,
            "DestinationConfig": {"OnFailure": {"Destination": get_att("Queue")}}, **properties}}
        _, outputs = self.create(resources, Stream={"Ref": "Stream"}, Queue={"Ref": "Queue"})
        return outputs["Stream"], outputs["Queue"]

    def given_up(self, stream, queue, *records):
        """Puts records on a stream. Gives their sequence numbers, and what the mapping tells it gave up."""
        put = client("kinesis").put_records(
            StreamName=stream, Records=[{"PartitionKey": "key", "Data": record} for record in records])["Records"]
        sqs = client("sqs")
        messages = eventually(lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5).get("Messages"))
        notice = json.loads(messages[0]["Body"])
        self.assertEqual(notice["requestContext"]["condition"], "RetryAttemptsExhausted")
        self.assertEqual(notice["requestContext"]["approximateInvokeCount"], 2)
        return [record["SequenceNumber"] for record in put], notice["KinesisBatchInfo"]

    def test_a_reported_record_is_tried_again_and_given_up(self):
        stream, queue = self.mapping("report", FunctionResponseTypes=["ReportBatchItemFailures"])
        numbers, batch = self.given_up(stream, queue, b"good", b"bad", b"good")
        # What went before the failed record is done; what follows it is retried with it.
        self.assertEqual((batch["startSequenceNumber"], batch["endSequenceNumber"]), (numbers[1], numbers[2]))
        self.assertEqual(batch["batchSize"], 2)

    def test_a_batch_is_bisected_until_the_bad_record_is_alone(self):
        stream, queue = self.mapping("raise", BisectBatchOnFunctionError=True)
        numbers, batch = self.given_up(stream, queue, b"good", b"good", b"bad", b"good")
        self.assertEqual((batch["startSequenceNumber"], batch["batchSize"]), (numbers[2], 1))

    def test_a_function_url_is_open_only_where_the_function_lets_everybody(self):
        url = {"Type": "AWS::Lambda::Url", "Properties": {"TargetFunctionArn": get_att("Function"), "AuthType": "NONE"}}
        resources = {**function_resources(self.code, "function.zip", [], WHEN_BAD="raise"), "Url": url}
        _, outputs = self.create(resources, Url=get_att("Url", "FunctionUrl"), Function={"Ref": "Function"})
        host = outputs["Url"].removeprefix("https://").rstrip("/")
        for permission in (
            None,
            {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"},
            {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True},
        ):
            if permission:
                self.assertEqual(self.status(host), 403)
                client("lambda").add_permission(
                    FunctionName=outputs["Function"], StatementId=new_name("s"), Principal="*", **permission)
        # The function knows nothing of requests and fails.
        self.assertEqual(self.status(host), 502)

    def status(self, host):
        request = urllib.request.Request(client("s3").meta.endpoint_url, headers={"Host": host})
        with self.assertRaises(urllib.error.HTTPError) as context:
            urllib.request.urlopen(request)
        context.exception.close()
        return context.exception.code

    def test_a_rule_reaches_only_a_queue_that_lets_it_in(self):
        sqs, events = client("sqs"), client("events")
        rule = new_name("rule")
        arn = events.put_rule(Name=rule, EventPattern=json.dumps({"source": [rule]}))["RuleArn"]
        urls = [sqs.create_queue(QueueName=new_name(kind))["QueueUrl"] for kind in ("closed", "open")]
        arns = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
                for url in urls]
        admitted = {"Principal": {"Service": "events.amazonaws.com"}, **allow("sqs:SendMessage", arns[1]),
                    "Condition": {"ArnEquals": {"aws:SourceArn": arn}}}
        sqs.set_queue_attributes(QueueUrl=urls[1], Attributes={"Policy": document(admitted)})
        targets = [{"Id": str(index), "Arn": queue} for index, queue in enumerate(arns)]
        events.put_targets(Rule=rule, Targets=targets)
        events.put_events(Entries=[{"Source": rule, "DetailType": "x", "Detail": "{}"}])
        self.assertEqual(len(sqs.receive_message(QueueUrl=urls[1], WaitTimeSeconds=10)["Messages"]), 1)
        # The event has been given to both targets by now.
        self.assertNotIn("Messages", sqs.receive_message(QueueUrl=urls[0]))


class Root(unittest.TestCase):
    def identity(self, key, secret):
        sts = boto3.client("sts", region_name="us-east-1", config=ONCE, aws_access_key_id=key,
                           aws_secret_access_key=secret)
        return sts.get_caller_identity()

    def test_only_the_printed_key_is_root(self):
        credentials = boto3.Session().get_credentials()
        self.assertTrue(self.identity(credentials.access_key, credentials.secret_key)["Arn"].endswith(":root"))
        for key in ("test", "111122223333"):
            with refused(self, "InvalidClientTokenId"):
                self.identity(key, credentials.secret_key)
        with refused(self, "SignatureDoesNotMatch"):
            self.identity(credentials.access_key, "guessed")

    def test_the_principal_of_a_session_is_its_role(self):
        everybody = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account()}:root"}, "Resource": "*"}
        roles = {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{account()}:role/role-*"}}
        others = {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{account()}:role/other-*"}}
        somebody = client("kms", role(allow("kms:GenerateMac", "*")))
        for condition, may in ((roles, True), (others, False)):
            policy = document({**everybody, "Action": "kms:PutKeyPolicy"},
                              {**everybody, "Action": "kms:GenerateMac", "Condition": condition})
            key = client("kms").create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC", Policy=policy)
            asked = {"KeyId": key["KeyMetadata"]["Arn"], "MacAlgorithm": "HMAC_SHA_256", "Message": b"1"}
            if may:
                self.assertEqual(len(somebody.generate_mac(**asked)["Mac"]), 32)
            else:
                with refused(self, "AccessDeniedException"):
                    somebody.generate_mac(**asked)

    def test_the_principal_of_a_session_is_its_role_with_the_roles_path(self):
        name = new_name("role")
        root = {"AWS": f"arn:aws:iam::{account()}:root"}
        trust = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": root})
        iam = client("iam")
        arn = iam.create_role(RoleName=name, Path="/team/", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        iam.put_role_policy(
            RoleName=name, PolicyName="p", PolicyDocument=document(allow("kms:GenerateMac", "*")))
        session = client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        everybody = {"Effect": "Allow", "Principal": root, "Resource": "*"}
        for path, may in (("/team/", True), ("/", False)):
            condition = {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{account()}:role{path}{name}"}}
            policy = document({**everybody, "Action": "kms:PutKeyPolicy"},
                              {**everybody, "Action": "kms:GenerateMac", "Condition": condition})
            key = client("kms").create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC", Policy=policy)
            asked = {"KeyId": key["KeyMetadata"]["Arn"], "MacAlgorithm": "HMAC_SHA_256", "Message": b"1"}
            if may:
                self.assertEqual(len(client("kms", session).generate_mac(**asked)["Mac"]), 32)
            else:
                with refused(self, "AccessDeniedException"):
                    client("kms", session).generate_mac(**asked)

    def test_nobody_reads_a_bucket_without_a_signature(self):
        s3, bucket = client("s3"), new_bucket()
        s3.put_object(Bucket=bucket, Key="secret", Body=b"1")
        url = f"{s3.meta.endpoint_url}/{bucket}/secret"
        with self.assertRaises(urllib.error.HTTPError) as context:
            urllib.request.urlopen(url)
        self.assertEqual(context.exception.code, 403)
        context.exception.close()
        presigned = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "secret"})
        with urllib.request.urlopen(presigned) as response:
            self.assertEqual(response.read(), b"1")


class Models(unittest.TestCase):
    def test_a_profile_is_granted_by_its_own_name(self):
        profile = "us.amazon.nova-lite-v1:0"
        named = f"arn:aws:bedrock:{REGION}:{account()}:inference-profile/{profile}"
        message = {"role": "user", "content": [{"text": "Hello."}]}
        request = {"modelId": profile, "messages": [message]}
        granted = client("bedrock-runtime", role(allow("bedrock:InvokeModel", named)))
        self.assertEqual(granted.converse(**request)["stopReason"], "end_turn")
        model = f"arn:aws:bedrock:{REGION}::foundation-model/*"
        for statement in (allow("bedrock:InvokeModel", model), allow("bedrock:Converse", "*")):
            with refused(self, "AccessDeniedException", "bedrock:InvokeModel"):
                client("bedrock-runtime", role(statement)).converse(**request)


class Mail(unittest.TestCase):
    def test_a_sender_is_granted_by_the_identity_that_is_verified(self):
        domain = new_name("mail") + ".example"
        client("sesv2").create_email_identity(EmailIdentity=domain)
        text = {"Data": "Hello."}
        request = {"FromEmailAddress": f"Voicemail <v@{domain}>", "Destination": {"ToAddresses": ["desk@example.com"]},
                   "Content": {"Simple": {"Subject": text, "Body": {"Text": text}}}}
        identity = f"arn:aws:ses:{REGION}:{account()}:identity/"
        granted = client("sesv2", role(allow("ses:SendEmail", identity + domain)))
        self.assertTrue(granted.send_email(**request)["MessageId"])
        for resource in (f"{identity}v@{domain}", identity + "example.com"):
            with refused(self, "AccessDeniedException", "ses:SendEmail"):
                client("sesv2", role(allow("ses:SendEmail", resource))).send_email(**request)


if __name__ == "__main__":
    unittest.main()
