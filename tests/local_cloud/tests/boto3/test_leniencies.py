"""Where MiniStack by itself is more lenient than AWS: each of these fails when the local cloud's patch has no effect."""

import json
import unittest
import urllib.error
import urllib.request

import boto3
from botocore.exceptions import WaiterError

from cloud import ONCE, REGION, account, allow, client, document, new_bucket, new_name, refused, role
from stacks import StackCase, function_resources, get_att


class Stacks(StackCase):
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

    def test_reserved_concurrency_is_the_templates(self):
        resources = function_resources(self.code, "function.zip", [])
        resources["Function"]["Properties"]["ReservedConcurrentExecutions"] = 3
        name, outputs = self.create(resources, Function={"Ref": "Function"})
        functions = client("lambda")

        def reserved():
            return functions.get_function_concurrency(FunctionName=outputs["Function"]).get("ReservedConcurrentExecutions")

        self.assertEqual(reserved(), 3)
        resources["Function"]["Properties"]["ReservedConcurrentExecutions"] = 0
        self.update(name, resources)
        self.assertEqual(reserved(), 0)
        del resources["Function"]["Properties"]["ReservedConcurrentExecutions"]
        self.update(name, resources)
        self.assertIsNone(reserved())

    def test_a_mapping_needs_a_role_that_may_read_its_source(self):
        resources = function_resources(self.code, "function.zip", [])
        resources["Queue"] = {"Type": "AWS::SQS::Queue"}
        resources["Mapping"] = {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
            "FunctionName": {"Ref": "Function"}, "EventSourceArn": get_att("Queue")}}
        self.assertIn("sqs:ReceiveMessage", self.failure(resources, "Mapping"))

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
