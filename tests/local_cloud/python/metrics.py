"""Metrics that MiniStack lacks: those in functions' log lines, of streams' records, of their readers' lag.

Source: the CloudWatch user guide, "Specification: Embedded metric format". What CloudWatch reads from a log line, it reads
as a metric. MiniStack's alarms look at the newest value of a name in whatever dimensions, and take no account of missing
data: here an alarm's state is what SetAlarmState made it.
"""

import json

from ministack.services import cloudwatch, kinesis, lambda_svc


def install(replace) -> None:
    """Puts these in the place of MiniStack's."""
    _count_incoming_records(replace)
    _read_log_lines(replace)
    replace(cloudwatch, "_evaluate_alarm", lambda alarm: None, ["alarm"])


def iterator_age(function: str, seconds: float) -> None:
    """Measures how old the last record of a batch was when a function got it."""
    cloudwatch.record_metric(
        "AWS/Lambda", "IteratorAge", max(seconds, 0) * 1000, "Milliseconds", {"FunctionName": function})


def records_read(stream_arn: str, count: int) -> None:
    """Counts what a reader of a stream got."""
    stream = stream_arn.rsplit("/", 1)[-1]
    cloudwatch.record_metric("AWS/Kinesis", "GetRecords.Records", count, "Count", {"StreamName": stream})


def _count_incoming_records(replace) -> None:
    def counting(name, count):
        def put(data):
            answer = original(data)
            if answer[0] == 200:
                stream, _ = kinesis._resolve_stream(data)
                cloudwatch.record_metric("AWS/Kinesis", "IncomingRecords", count(data), "Count", {"StreamName": stream})
            return answer

        original = replace(kinesis, name, put, ["data"])

    counting("_put_record", lambda data: 1)
    counting("_put_records", lambda data: len(data["Records"]))


def _read_log_lines(replace) -> None:
    def emit(func, request_id, log_text, error, duration_ms, *, log_source=None):
        original(func, request_id, log_text, error, duration_ms, log_source=log_source)
        for line in (log_text or "").splitlines():
            if '"_aws"' in line:
                _read_log_line(line)

    parameters = ["func", "request_id", "log_text", "error", "duration_ms", "log_source"]
    original = replace(lambda_svc, "_emit_lambda_logs", emit, parameters)


def _read_log_line(line: str) -> None:
    """Takes the metrics of a line; one that departs from the format has none."""
    try:
        root = json.loads(line)
        at = root["_aws"]["Timestamp"] / 1000
        for directive in root["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = {name: root[name] for name in names}
                for metric in directive["Metrics"]:
                    values = root[metric["Name"]]
                    for value in values if isinstance(values, list) else [values]:
                        _add(directive["Namespace"], metric, float(value), dimensions, at)
    except (KeyError, TypeError, ValueError):
        return


def _add(namespace: str, metric: dict, value: float, dimensions: dict, at: float) -> None:
    point = {"Timestamp": at, "Value": value, "Unit": metric.get("Unit", "None"), "Dimensions": dimensions}
    key = (namespace, metric["Name"], cloudwatch._dims_key(dimensions))
    cloudwatch._metric_bucket(key).append(point)
