"""The reading and holding of requests and answers, against botocore's own serializers."""

import json
import unittest
from urllib.parse import urlencode, urlsplit

from botocore import serialize
from botocore.awsrequest import prepare_request_dict

import models
import wire

# One request of each form that a protocol knows.
REQUESTS = [
    ("connect", "StartTaskContact", {
        "InstanceId": "0b9c1d2e", "Name": "call", "References": {"it": {"Value": "https://a.b", "Type": "URL"}},
        "Attributes": {"a": "b"}, "ClientToken": "t",
    }),
    ("connect", "DescribeView", {"InstanceId": "0b9c1d2e", "ViewId": "a:b/$c"}),
    ("connect", "ListViews", {"InstanceId": "0b9c1d2e", "MaxResults": 10, "Type": "AWS_MANAGED"}),
    ("connect", "ListPhoneNumbersV2", {"PhoneNumberTypes": ["DID"], "MaxResults": 1}),
    ("kinesis", "PutRecord", {"StreamName": "s", "PartitionKey": "k", "Data": b"\x00\xff"}),
    ("sqs", "SendMessageBatch", {"QueueUrl": "https://q", "Entries": [{"Id": "1", "MessageBody": "m"}]}),
    ("sns", "Publish", {"TopicArn": "t", "Message": "m", "MessageAttributes": {
        "a": {"DataType": "String", "StringValue": "v"}, "b": {"DataType": "Binary", "BinaryValue": b"\x00"},
    }}),
    ("cloudformation", "CreateChangeSet", {
        "StackName": "s", "ChangeSetName": "c", "Capabilities": ["CAPABILITY_IAM"], "IncludeNestedStacks": True,
        "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
    }),
    ("iam", "SimulatePrincipalPolicy", {"PolicySourceArn": "arn:aws:iam::111122223333:role/r", "ActionNames": ["s3:GetObject"]}),
    ("s3", "PutObject", {"Bucket": "bucket", "Key": "a/b c.wav", "Metadata": {"a": "b"}, "ContentLength": 3}),
    ("s3", "CopyObject", {"Bucket": "bucket", "Key": "k", "CopySource": "other/k"}),
    ("s3", "ListObjectsV2", {"Bucket": "bucket", "Prefix": "a/", "MaxKeys": 5}),
    ("s3", "PutObjectTagging", {"Bucket": "bucket", "Key": "k", "Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}}),
    ("s3", "CompleteMultipartUpload", {"Bucket": "bucket", "Key": "k", "UploadId": "u", "MultipartUpload": {
        "Parts": [{"PartNumber": 1, "ETag": "e"}, {"PartNumber": 2, "ETag": "f"}],
    }}),
    ("s3", "AbortMultipartUpload", {"Bucket": "bucket", "Key": "k", "UploadId": "u"}),
    ("cloudwatch", "DescribeAlarms", {"AlarmNames": ["a"], "MaxRecords": 3}),
    ("lambda", "Invoke", {"FunctionName": "f", "InvocationType": "Event", "Payload": b"{}"}),
    ("sesv2", "SendEmail", {"Content": {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}}),
]
# The scope of a service's signature.
SCOPES = {name: scope for scope, names in wire.SERVICES.items() for name in names}


def written(service: str, operation: str, params: dict) -> wire.Request:
    """A request as botocore writes it."""
    model = wire._model(service).operation_model(operation)
    sent = serialize.create_serializer(wire._model(service).resolved_protocol).serialize_to_request(params, model)
    prepare_request_dict(sent, endpoint_url="https://example.com")
    url, body = urlsplit(sent["url"]), sent["body"]
    body = urlencode(body) if isinstance(body, dict) else body
    body = body.encode() if isinstance(body, str) else body or b""
    headers = {name.lower(): value for name, value in sent["headers"].items()}
    return wire.Request(SCOPES.get(service, service), sent["method"], url.path, url.query, headers, body)


class Models(unittest.TestCase):
    def test_what_botocore_writes_is_read_back(self) -> None:
        for service, name, params in REQUESTS:
            with self.subTest(f"{service} {name}"):
                request = written(service, name, params)
                operation, labels = wire.operation_of(request)
                self.assertEqual(operation.name, name)
                read = wire.read_request(operation, labels, request)
                self.assertEqual({key: read[key] for key in params}, params)
                self.assertEqual(models.check_request(request), [])

    def test_every_kind_of_violation_is_found(self) -> None:
        for params, expected in [
            ({"MaxResults": 0}, ".MaxResults: 0, at least 1"),
            ({"PhoneNumberTypes": ["PIGEON"]}, ".PhoneNumberTypes[]: 'PIGEON' is none of TOLL_FREE, "),
            ({"InstanceId": "i" * 101}, ".InstanceId: 101 characters, at most 100"),
            ({"InstanceId": 7}, ".InstanceId: 7 is no string"),
            ({"PhoneNumberTypes": {}}, ".PhoneNumberTypes: {} is no list"),
            ({"TargetArn": "a", "Target": "b"}, ".Target: is no member"),
        ]:
            body = json.dumps(params).encode()
            request = wire.Request("connect", "POST", "/phone-number/list", "", {}, body)
            found = models.check_request(request)
            self.assertTrue(any(expected in line for line in found), (expected, found))
        request = written("transcribe", "GetTranscriptionJob", {"TranscriptionJobName": "a b"})
        self.assertEqual(len(models.check_request(request)), 1)

    def test_answers_are_held_against_their_shapes(self) -> None:
        def found(service, name, params, answer, status=200, headers=None):
            return models.check_answer(written(service, name, params), status, headers or {}, answer)

        view = ("connect", "DescribeView", {"InstanceId": "i", "ViewId": "v"})
        self.assertEqual(found(*view, b'{"View": {"Name": "n", "Color": 1}}'), [
            "connect DescribeView answer.View.Color: is no member",
        ])
        topic = ("sns", "Publish", {"Message": "m"})
        self.assertEqual(found(*topic, b"<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>"), [])
        tags = ("s3", "GetObjectTagging", {"Bucket": "b", "Key": "k"})
        self.assertEqual(found(*tags, b"<Tagging><TagSet><Tag><Key>k</Key></Tag></TagSet></Tagging>"), [
            "s3 GetObjectTagging answer.TagSet[].Value: is required and missing",
        ])
        self.assertEqual(found(*view, b"{}", 404, {"x-amzn-errortype": "ResourceNotFoundException"}), [])
        wrong = found(*view, b"{}", 404, {"x-amzn-errortype": "NoSuchViewException:http://x"})
        self.assertTrue(wrong[0].startswith("connect DescribeView error: 'NoSuchViewException' is none of "), wrong)


if __name__ == "__main__":
    unittest.main()
