"""The Kinesis event source mapping: filters, retries, where it starts, and where it sends what it gives up."""

import base64
import json
import time
import unittest

from cloud import account, allow, client, eventually
from stacks import StackCase, function_resources, get_att

STREAM_ACTIONS = ["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords",
                  "kinesis:GetShardIterator", "kinesis:ListShards"]


class Mappings(StackCase):
    def resources(self, when_bad, destination, **properties):
        statements = [allow(STREAM_ACTIONS, get_att("Stream"))]
        match destination:
            case "Queue":
                statements.append(allow("sqs:SendMessage", get_att("Queue")))
            case "Bucket":
                letters = {"Fn::Sub": "${Bucket.Arn}/aws/lambda/*"}
                statements += [allow("s3:PutObject", letters), allow("s3:ListBucket", get_att("Bucket"))]
        resources = function_resources(self.code, "function.zip", statements, WHEN_BAD=when_bad)
        return resources | {
            "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 1}},
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Bucket": {"Type": "AWS::S3::Bucket"},
            "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
                "FunctionName": {"Ref": "Function"}, "EventSourceArn": get_att("Stream"),
                "StartingPosition": "TRIM_HORIZON", "BatchSize": 10, "MaximumRetryAttempts": 1,
                "DestinationConfig": {"OnFailure": {"Destination": get_att(destination)}}, **properties}},
        }

    def mapping(self, when_bad, destination="Queue", **properties):
        """A stream with a mapping. Gives the stack's outputs."""
        resources = self.resources(when_bad, destination, **properties)
        names = ["Stream", "Queue", "Bucket", "Mapping", "Function"]
        self.stack, outputs = self.create(resources, **{name: {"Ref": name} for name in names})
        return outputs

    def put(self, stream, *records):
        """Puts records on a stream. Gives their sequence numbers."""
        put = client("kinesis").put_records(
            StreamName=stream, Records=[{"PartitionKey": "key", "Data": record} for record in records])
        return [record["SequenceNumber"] for record in put["Records"]]

    def letter(self, outputs):
        """What a mapping tells its queue that it gave up."""
        sqs = client("sqs")
        messages = eventually(lambda: sqs.receive_message(QueueUrl=outputs["Queue"], WaitTimeSeconds=5).get("Messages"))
        return json.loads(messages[0]["Body"])

    def exhausted(self, letter):
        self.assertEqual(letter["requestContext"]["condition"], "RetryAttemptsExhausted")
        self.assertEqual(letter["requestContext"]["approximateInvokeCount"], 2)
        return letter["KinesisBatchInfo"]

    def test_a_reported_record_is_tried_again_and_given_up(self):
        outputs = self.mapping("report", FunctionResponseTypes=["ReportBatchItemFailures"])
        numbers = self.put(outputs["Stream"], b"good", b"bad", b"good")
        letter = self.letter(outputs)
        batch = self.exhausted(letter)
        # What went before the failed record is done; what follows it is retried with it.
        self.assertEqual((batch["startSequenceNumber"], batch["endSequenceNumber"]), (numbers[1], numbers[2]))
        self.assertEqual(batch["batchSize"], 2)
        self.assertNotIn("payload", letter)
        read = client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Kinesis", MetricName="GetRecords.Records", Period=300, Statistics=["Sum"],
            Dimensions=[{"Name": "StreamName", "Value": outputs["Stream"]}], StartTime=1_700_000_000,
            EndTime=4_000_000_000)
        self.assertGreaterEqual(sum(point["Sum"] for point in read["Datapoints"]), len(numbers))

    def test_a_batch_is_bisected_until_the_bad_record_is_alone(self):
        outputs = self.mapping("raise", BisectBatchOnFunctionError=True)
        numbers = self.put(outputs["Stream"], b"good", b"good", b"bad", b"good")
        batch = self.exhausted(self.letter(outputs))
        self.assertEqual((batch["startSequenceNumber"], batch["batchSize"]), (numbers[2], 1))

    def letters(self, outputs):
        return self.s3.list_objects_v2(Bucket=outputs["Bucket"], Prefix="aws/lambda/").get("Contents", [])

    def test_a_bucket_gets_the_records_that_were_given_up(self):
        outputs = self.mapping("raise", "Bucket", BisectBatchOnFunctionError=True)
        numbers = self.put(outputs["Stream"], b"good", b"bad", b"good")
        (entry,) = eventually(lambda: self.letters(outputs))
        letter = json.loads(self.s3.get_object(Bucket=outputs["Bucket"], Key=entry["Key"])["Body"].read())
        batch = self.exhausted(letter)
        self.assertEqual((batch["startSequenceNumber"], batch["batchSize"]), (numbers[1], 1))
        (record,) = letter["payload"]["Records"]
        self.assertEqual(record["kinesis"]["sequenceNumber"], numbers[1])
        self.assertEqual(base64.b64decode(record["kinesis"]["data"]), b"bad")
        day = letter["timestamp"][:10].replace("-", "/")
        start = f"aws/lambda/{outputs['Mapping']}/{batch['shardId']}/{day}/{letter['timestamp'][:11]}"
        self.assertTrue(entry["Key"].startswith(start), entry["Key"])
        # What follows is read all the same, and the watchers learn how it went.
        self.put(outputs["Stream"], b"good")
        mapping = eventually(lambda: self.described(outputs, "OK"))
        self.assertEqual(mapping["State"], "Enabled")

    def described(self, outputs, result):
        mapping = client("lambda").get_event_source_mapping(UUID=outputs["Mapping"])
        return mapping if mapping["LastProcessingResult"].startswith(result) else None

    def test_a_bucket_needs_a_role_that_may_write_to_it(self):
        resources = self.resources("raise", "Bucket")
        for left_out in ("s3:PutObject", "s3:ListBucket"):
            policy = resources["Role"]["Properties"]["Policies"][0]["PolicyDocument"]
            statements = [statement for statement in policy["Statement"] if statement["Action"] != left_out]
            role = {**resources["Role"], "Properties": {**resources["Role"]["Properties"], "Policies": [
                {"PolicyName": "p", "PolicyDocument": {**policy, "Statement": statements}}]}}
            self.assertIn(left_out, self.failure(resources | {"Role": role}, "Mapping"))

    def test_only_what_a_filter_lets_through_is_read_and_given_up(self):
        patterns = [{"data": {"Attributes": {name: ["1"]}}} for name in ("vm_flag", "vmx_flag", "vmx3_flag")]
        patterns += [{"data": {"Attributes": {"vm_saved_1": ["saved"]}}}, {"data": {"other": ["1"]}}]
        filters = [{"Pattern": json.dumps(pattern)} for pattern in patterns]
        outputs = self.mapping("filtered", "Bucket", MaximumRetryAttempts=0, FilterCriteria={"Filters": filters})
        records = [{"Attributes": {"vm_flag": "0"}}, {"Attributes": {"vm_saved_1": "saved"}}, {"Attributes": {}},
                   {"Attributes": {"vmx3_flag": "1"}}, {"other": "1"}, {"Attributes": {"vm_flag": "1"}}]
        numbers = self.put(outputs["Stream"], b"no JSON", *(json.dumps(record).encode() for record in records))
        (entry,) = eventually(lambda: self.letters(outputs))
        letter = json.loads(self.s3.get_object(Bucket=outputs["Bucket"], Key=entry["Key"])["Body"].read())
        given = [record["kinesis"]["sequenceNumber"] for record in letter["payload"]["Records"]]
        self.assertEqual(given, [numbers[2], numbers[4], numbers[5], numbers[6]])
        # Five are as many as an account may have unless it asks for more.
        six = self.resources("filtered", "Queue", FilterCriteria={"Filters": filters + filters[:1]})
        self.assertIn("limit of 5", self.failure(six, "Mapping"))

    def test_a_mapping_reads_from_a_time_on(self):
        stream = self.mapping("raise")["Stream"]
        self.put(stream, b"bad before")
        time.sleep(1.1)
        since = int(time.time())
        late = self.put(stream, b"bad after")
        arn = f"arn:aws:kinesis:{client('kinesis').meta.region_name}:{account()}:stream/{stream}"
        resources = self.resources("raise", "Queue", StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=since,
                                   EventSourceArn=arn)
        resources["Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"].append(allow(STREAM_ACTIONS, arn))
        _, outputs = self.create(resources, Queue={"Ref": "Queue"})
        batch = self.exhausted(self.letter(outputs))
        self.assertEqual((batch["startSequenceNumber"], batch["batchSize"]), (late[0], 1))

    def test_who_is_not_invoked_has_not_failed(self):
        outputs = self.mapping("raise", "Bucket", MaximumRetryAttempts=0)
        functions = client("lambda")
        functions.put_function_concurrency(FunctionName=outputs["Function"], ReservedConcurrentExecutions=0)
        (number,) = self.put(outputs["Stream"], b"bad")
        eventually(lambda: self.described(outputs, "PROBLEM"))
        self.assertEqual(self.letters(outputs), [])
        functions.delete_function_concurrency(FunctionName=outputs["Function"])
        self.assertEqual(len(eventually(lambda: self.letters(outputs))), 1)

    def test_a_mapping_that_is_switched_off_says_so(self):
        outputs = self.mapping("raise", Enabled=False)
        self.assertEqual(self.described(outputs, "")["State"], "Disabled")
        self.put(outputs["Stream"], b"good")
        self.update(self.stack, self.resources("raise", "Queue", Enabled=True))
        self.assertEqual(eventually(lambda: self.described(outputs, "OK"))["State"], "Enabled")


if __name__ == "__main__":
    unittest.main()
