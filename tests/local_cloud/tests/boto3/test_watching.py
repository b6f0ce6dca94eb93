"""A function on a schedule that looks at what the others depend on, as its role may."""

import json
import subprocess
import sys
import unittest

from cloud import account, allow, client, eventually, new_name, vmx_local
from contact_center import instance
from stacks import StackCase, function_resources, get_att

# A function that makes calls, `[[service, operation, parameters]]`, and sends a queue what each was answered: its error's
# code, or a member of the answer.
CALLING = f"""#!{sys.executable}
import json, os, urllib.request
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"

def client(service):
    return boto3.client(service, config=Config(retries={{"total_max_attempts": 1}}))

def answer(service, operation, parameters, member):
    try:
        answered = getattr(client(service), operation)(**parameters)
        for name in member:
            answered = answered[name]
        return answered
    except ClientError as error:
        return error.response["Error"]["Code"]

while True:
    with urllib.request.urlopen(api + "next") as response:
        request, event = response.headers["Lambda-Runtime-Aws-Request-Id"], json.load(response)
    print(os.environ["LINE"], flush=True)
    told = {{"event": event, "answers": [answer(*call) for call in json.loads(os.environ["CALLS"])]}}
    client("sqs").send_message(QueueUrl=os.environ["TELL"], MessageBody=json.dumps(told, default=str))
    urllib.request.urlopen(api + request + "/response", b"null").close()
"""

STREAM_ACTIONS = ["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords",
                  "kinesis:GetShardIterator", "kinesis:ListShards"]


class Watching(StackCase):
    FUNCTION = CALLING

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sqs, cls.events, cls.functions = client("sqs"), client("events"), client("lambda")
        region = client("s3").meta.region_name

        def arn(service, resource):
            return f"arn:aws:{service}:{region}:{account()}:{resource}"

        # What is watched: a stream, a mapping and its function, a rule and a queue.
        statements = [allow(STREAM_ACTIONS, get_att("Stream"))]
        resources = function_resources(cls.code, "function.zip", statements, CALLS="[]", TELL="", LINE="")
        resources["Function"]["Properties"]["ReservedConcurrentExecutions"] = 2
        resources |= {
            "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 1}},
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Rule": {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"source": ["aws.s3"]},
                                                                "State": "DISABLED"}},
            "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
                "FunctionName": {"Ref": "Function"}, "EventSourceArn": get_att("Stream"),
                "StartingPosition": "TRIM_HORIZON", "Enabled": False}},
        }
        names = ["Stream", "Queue", "Rule", "Mapping", "Function"]
        _, seen = cls.create(cls(), resources, **{name: {"Ref": name} for name in names})
        cls.stream = seen["Stream"]
        center = instance()
        associations = {"InstanceId": center["Id"], "ResourceType": "CONTACT_TRACE_RECORDS"}
        metric = {"Namespace": "AWS/Kinesis", "MetricName": "IncomingRecords",
                  "Dimensions": [{"Name": "StreamName", "Value": cls.stream}]}
        data = {"MetricDataQueries": [{"Id": "a", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Sum"}}],
                "StartTime": 1_700_000_000, "EndTime": 4_000_000_000}
        statistics = metric | {"Period": 300, "Statistics": ["Sum"], "StartTime": data["StartTime"],
                               "EndTime": data["EndTime"]}
        # The call, what is told of its answer, the action that it needs, and on what.
        cls.calls = [
            (["lambda", "get_event_source_mapping", {"UUID": seen["Mapping"]}, ["State"]],
             "lambda:GetEventSourceMapping", arn("lambda", f"event-source-mapping:{seen['Mapping']}")),
            (["lambda", "get_event_source_mapping", {"UUID": seen["Mapping"]}, ["LastProcessingResult"]],
             "lambda:GetEventSourceMapping", arn("lambda", f"event-source-mapping:{seen['Mapping']}")),
            (["lambda", "get_function_concurrency", {"FunctionName": seen["Function"]}, ["ReservedConcurrentExecutions"]],
             "lambda:GetFunctionConcurrency", arn("lambda", f"function:{seen['Function']}")),
            (["events", "describe_rule", {"Name": seen["Rule"]}, ["State"]],
             "events:DescribeRule", arn("events", f"rule/{seen['Rule']}")),
            (["sqs", "get_queue_attributes", {"QueueUrl": seen["Queue"], "AttributeNames": ["All"]},
              ["Attributes", "ApproximateNumberOfMessages"]],
             "sqs:GetQueueAttributes", arn("sqs", seen["Queue"].rsplit("/", 1)[-1])),
            (["connect", "list_instance_storage_configs", associations, ["StorageConfigs"]],
             "connect:ListInstanceStorageConfigs", center["Arn"]),
            (["cloudwatch", "get_metric_data", data, ["MetricDataResults", 0, "Values"]],
             "cloudwatch:GetMetricData", "*"),
            (["cloudwatch", "get_metric_statistics", statistics, ["Datapoints", 0, "Sum"]],
             "cloudwatch:GetMetricStatistics", "*"),
        ]
        client("kinesis").put_records(
            StreamName=cls.stream, Records=[{"PartitionKey": "k", "Data": b"1"}, {"PartitionKey": "k", "Data": b"2"}])

    def watch(self, statements, state="ENABLED", permitted=True):
        """A function on a schedule that makes the calls. Gives the rule and the queue that is told."""
        statements = [allow("sqs:SendMessage", get_att("Told")), *statements]
        calls = json.dumps([call for call, _, _ in self.calls])
        # A line of the log that is a metric, too.
        self.namespace = new_name("namespace")
        declared = {"Namespace": self.namespace, "Dimensions": [["Stack"]],
                    "Metrics": [{"Name": "Rounds", "Unit": "Count"}, {"Name": "Ages", "Unit": "Seconds"}]}
        line = {"_aws": {"Timestamp": 1_800_000_000_000, "CloudWatchMetrics": [declared]}, "Stack": "s", "Rounds": 1,
                "Ages": [3, 9], "Undeclared": 1}
        resources = function_resources(self.code, "function.zip", statements, CALLS=calls, TELL={"Ref": "Told"},
                                       LINE=json.dumps(line))
        resources |= {
            "Told": {"Type": "AWS::SQS::Queue"},
            "Rule": {"Type": "AWS::Events::Rule", "Properties": {
                "ScheduleExpression": "rate(5 minutes)", "State": state,
                "Targets": [{"Id": "function", "Arn": get_att("Function")}]}},
        }
        if permitted:
            resources["Permission"] = {"Type": "AWS::Lambda::Permission", "Properties": {
                "Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "Function"},
                "Principal": "events.amazonaws.com", "SourceArn": get_att("Rule")}}
        _, outputs = self.create(resources, Rule={"Ref": "Rule"}, Told={"Ref": "Told"})
        return outputs["Rule"], outputs["Told"]

    def told(self, queue):
        messages = eventually(lambda: self.sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5).get("Messages"))
        return json.loads(messages[0]["Body"])

    def test_a_schedule_fires_when_it_is_asked_to_and_the_calls_are_answered(self):
        rule, queue = self.watch([allow(action, resource) for _, action, resource in self.calls])
        self.assertEqual(vmx_local("tick", rule), f"{rule}\n")
        told = self.told(queue)
        self.assertEqual((told["event"]["source"], told["event"]["detail-type"]), ("aws.events", "Scheduled Event"))
        self.assertTrue(told["event"]["resources"][0].endswith(f"rule/{rule}"))
        self.assertEqual(told["answers"], ["Disabled", "No records processed", 2, "DISABLED", "0", [], [2.0], 2.0])
        # Once more, with every rule that is enabled.
        self.assertIn(rule, vmx_local("tick").split())
        self.told(queue)
        eventually(lambda: self.metric("Rounds", "Sum") == [2.0])
        self.assertEqual((self.metric("Ages", "Maximum"), self.metric("Undeclared", "Sum")), ([9.0], []))

    def metric(self, name, statistic):
        points = client("cloudwatch").get_metric_statistics(
            Namespace=self.namespace, MetricName=name, Dimensions=[{"Name": "Stack", "Value": "s"}], Period=60,
            Statistics=[statistic], StartTime=1_799_999_000, EndTime=1_800_001_000)["Datapoints"]
        return [point[statistic] for point in points]

    def test_each_call_needs_a_permission(self):
        rule, queue = self.watch([])
        vmx_local("tick", rule)
        for (call, _, _), answer in zip(self.calls, self.told(queue)["answers"], strict=True):
            self.assertIn("AccessDenied", str(answer), call)

    def test_a_rule_that_is_off_or_not_let_in_invokes_nothing(self):
        off, _ = self.watch([], state="DISABLED")
        self.refuses_to_fire(off)
        shut_out, queue = self.watch([], permitted=False)
        self.assertEqual(vmx_local("tick", shut_out), f"{shut_out}\n")
        # What is fired later and let in comes first.
        rule, other = self.watch([])
        vmx_local("tick", rule)
        self.told(other)
        self.assertNotIn("Messages", self.sqs.receive_message(QueueUrl=queue))

    def test_nobody_fires_a_schedule_that_is_not_there(self):
        self.refuses_to_fire(new_name("rule"))

    def refuses_to_fire(self, rule):
        with self.assertRaises(subprocess.CalledProcessError) as refused:
            vmx_local("tick", rule)
        self.assertIn(f"no enabled rule with a schedule has the name {rule}", refused.exception.stderr)


if __name__ == "__main__":
    unittest.main()
