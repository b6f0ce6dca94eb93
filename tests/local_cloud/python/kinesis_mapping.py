"""The Kinesis event source mapping with the failure handling that MiniStack's lacks.

MiniStack retries a failed batch for ever, takes a partial batch response for a success (the failed records are lost) and
knows no bisecting, no MaximumRetryAttempts, no MaximumRecordAgeInSeconds, no AT_TIMESTAMP and no failure destination. This
is the mapping as the Lambda developer guide describes it ("Using AWS Lambda with Amazon Kinesis"), over MiniStack's
streams.
"""

import json
import time
from dataclasses import dataclass

from ministack.core import iam_evaluator
from ministack.core.arn import parse_arn
from ministack.core.responses import get_account_id, get_region, new_uuid, request_scope
from ministack.services import eventbridge, kinesis, lambda_svc, s3

import metrics
import object_store

# Between two attempts at one batch.
RETRY_SECONDS = 0.5

# How many patterns a mapping takes unless AWS allows an account more.
MOST_FILTERS = 5


@dataclass
class Batch:
    """Where a mapping stands in one shard, and how the batch from there has fared so far."""

    position: int
    size: int
    retries: int = 0
    not_before: float = 0.0

    def start_anew(self, position: int, size: int) -> None:
        self.position, self.size, self.retries, self.not_before = position, size, 0, 0.0


# Mapping's UUID and shard id to where it stands.
_batches: dict[tuple[str, str], Batch] = {}


def install(replace) -> None:
    """Puts this mapping in the place of MiniStack's."""
    replace(lambda_svc, "_poll_kinesis", poll, [])
    # A sequence number begins with no zero.
    number = replace(kinesis, "_next_sequence_number", lambda: f"4{number()[1:]}", [])


def check(mapping: dict) -> None:
    """Refuses what AWS refuses when a mapping is made or changed."""
    filters = (mapping.get("FilterCriteria") or {}).get("Filters") or []
    if len(filters) > MOST_FILTERS:
        raise ValueError(f"Filter count exceeds the limit of {MOST_FILTERS} (Service: Lambda, Status Code: 400)")
    for pattern in filters:
        json.loads(pattern["Pattern"])
    if (mapping.get("StartingPosition") == "AT_TIMESTAMP") != (mapping.get("StartingPositionTimestamp") is not None):
        raise ValueError("StartingPositionTimestamp goes with AT_TIMESTAMP (Service: Lambda, Status Code: 400)")


def failure_destination(mapping: dict) -> str | None:
    """The ARN that a mapping sends its failed batches to."""
    return ((mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")


def destination_checks(mapping: dict) -> list[tuple[str, str]]:
    """The permissions, with their resources, that a function's role needs for its mapping's failure destination."""
    destination = failure_destination(mapping)
    if not destination:
        return []
    if ":sqs:" in destination:
        return [("sqs:SendMessage", destination)]
    if destination.startswith(object_store.ARN):
        # Any mapping's objects begin like this.
        return [("s3:ListBucket", destination), ("s3:PutObject", f"{destination}/aws/lambda/")]
    raise ValueError(f"the local cloud sends failed batches to SQS queues and S3 buckets only, not to {destination}")


def role_allows(config: dict, action: str, resource: str, conditions: dict | None = None) -> bool:
    """Whether a function's role may do something, by its own policies and a bucket's."""
    role = config.get("Role", "").rsplit("/", 1)[-1]
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{get_account_id()}:assumed-role/{role}/{config['FunctionName']}",
        principal_type="AssumedRole",
        principal_account=get_account_id(),
        action=action,
        resource_arn=resource,
        region=get_region(),
        secure_transport=True,
        service_context={key.lower(): value for key, value in (conditions or {}).items()},
    )
    decision = iam_evaluator.evaluate(context, iam_evaluator._gather_role_policies(role, get_account_id()))
    policy = iam_evaluator._resource_policy("s3", resource)
    if policy is not None:
        decision = iam_evaluator.combine_resource_policy(decision, context, *policy)
    return decision.decision == "Allow"


def poll() -> bool:
    """Hands every mapping its next batch. Says whether any got on, so that the caller looks again at once."""
    got_on = False
    for account, region, mapping in lambda_svc._iter_all_esms():
        if not mapping.get("Enabled", True) or ":kinesis:" not in mapping.get("EventSourceArn", ""):
            continue
        with request_scope(account, region):
            stream = kinesis._resolve_stream_by_arn(mapping["EventSourceArn"])
            function, _ = lambda_svc._get_func_record_for_qualifier(mapping["FunctionName"], mapping.get("Qualifier"))
            if function is None or not stream or stream["StreamStatus"] != "ACTIVE":
                continue
            for shard_id, shard in stream["shards"].items():
                got_on = _poll_shard(mapping, function, shard_id, shard["records"]) or got_on
    return got_on


def _poll_shard(mapping: dict, function: dict, shard_id: str, shard: list[dict]) -> bool:
    size = int(mapping.get("BatchSize", 100))
    batch = _batches.setdefault((mapping["UUID"], shard_id), Batch(_start(mapping, shard), size))
    if batch.not_before > time.time():
        return False
    taken = shard[batch.position : batch.position + batch.size]
    if not taken:
        return False
    metrics.records_read(mapping["EventSourceArn"], len(taken))
    end = batch.position + len(taken)
    records = [_event_record(mapping, function, shard_id, record) for record in taken]
    wanted = lambda_svc._apply_filter_criteria(records, mapping)
    if _too_old(mapping, taken[0]):
        _give_up(mapping, function, shard_id, taken, wanted, "RecordAgeExceeded")
        batch.start_anew(end, size)
        return True

    try:
        failed_from = _invoke(mapping, function, taken, wanted) if wanted else None
    except Throttled:
        # Before an invocation there is no failed attempt: the batch is tried until it is too old.
        mapping["LastProcessingResult"] = "PROBLEM: Function call failed"
        batch.not_before = time.time() + RETRY_SECONDS
        return False
    if failed_from is None:
        batch.start_anew(end, size)
        mapping["LastProcessingResult"] = "OK"
        return True

    mapping["LastProcessingResult"] = "PROBLEM: Function call failed"
    batch.not_before = time.time() + RETRY_SECONDS
    if failed_from > 0:
        # What went before is done; the rest is a batch of its own.
        batch.start_anew(batch.position + failed_from, len(taken) - failed_from)
        batch.not_before = time.time() + RETRY_SECONDS
    elif mapping.get("BisectBatchOnFunctionError") in (True, "true") and len(taken) > 1:
        batch.size = (len(taken) + 1) // 2
    elif 0 <= int(mapping.get("MaximumRetryAttempts", -1)) <= batch.retries:
        _give_up(mapping, function, shard_id, taken, wanted, "RetryAttemptsExhausted", batch.retries + 1)
        batch.start_anew(end, size)
        return True
    else:
        batch.size, batch.retries = len(taken), batch.retries + 1
    return False


class Throttled(Exception):
    """The function was not invoked: no execution was left for it."""


def _start(mapping: dict, shard: list[dict]) -> int:
    """Where a mapping starts to read."""
    position = mapping.get("StartingPosition")
    if position == "TRIM_HORIZON":
        return 0
    if position == "AT_TIMESTAMP":
        since = float(mapping.get("StartingPositionTimestamp", 0))
        late = (index for index, record in enumerate(shard) if record["ApproximateArrivalTimestamp"] >= since)
        return next(late, len(shard))
    return len(shard)


def _invoke(mapping: dict, function: dict, taken: list[dict], wanted: list[dict]) -> int | None:
    """Calls the function. None when it took the batch, otherwise the index in `taken` of the first record to retry."""
    metrics.iterator_age(mapping["FunctionName"], time.time() - taken[-1]["ApproximateArrivalTimestamp"])
    result = lambda_svc._execute_function(function, {"Records": wanted})
    if result.get("throttle"):
        raise Throttled
    if result.get("error"):
        lambda_svc.logger.warning(
            "Kinesis mapping: %s failed: %s\n%s", mapping["FunctionName"], result.get("body"), result.get("log", "")
        )
        return 0
    if result.get("log"):
        lambda_svc.logger.info("Kinesis mapping: %s\n%s", mapping["FunctionName"], result["log"])
    if "ReportBatchItemFailures" not in (mapping.get("FunctionResponseTypes") or []):
        return None
    answer = result.get("body")
    if isinstance(answer, str):
        try:
            answer = json.loads(answer or "null")
        except ValueError:
            return 0
    if not answer or not answer.get("batchItemFailures"):
        return None
    positions = {record["SequenceNumber"]: index for index, record in enumerate(taken)}
    try:
        return min(positions[failure["itemIdentifier"]] for failure in answer["batchItemFailures"])
    except (KeyError, TypeError):
        # An unknown identifier fails the whole batch.
        return 0


def _event_record(mapping: dict, function: dict, shard_id: str, record: dict) -> dict:
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record["PartitionKey"],
            "sequenceNumber": record["SequenceNumber"],
            "data": kinesis._ensure_base64(record["Data"]),
            "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"],
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard_id}:{record['SequenceNumber']}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": function["config"].get("Role", ""),
        "awsRegion": get_region(),
        "eventSourceARN": mapping["EventSourceArn"],
    }


def _too_old(mapping: dict, record: dict) -> bool:
    limit = int(mapping.get("MaximumRecordAgeInSeconds", -1))
    return limit >= 0 and time.time() - record["ApproximateArrivalTimestamp"] > limit


def _give_up(mapping, function, shard_id, taken, wanted, condition, invocations=1) -> None:
    """Skips a batch, and tells the failure destination which one. A bucket gets the records as well."""
    lambda_svc.logger.warning("Kinesis mapping: gave up on %d records of %s: %s", len(taken), shard_id, condition)
    destination = failure_destination(mapping)
    if not destination or not wanted:
        return
    now = time.time()
    notice = {
        "requestContext": {
            "requestId": new_uuid(),
            "functionArn": function["config"]["FunctionArn"],
            "condition": condition,
            "approximateInvokeCount": invocations,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": _timestamp(now),
        "KinesisBatchInfo": {
            "shardId": shard_id,
            "startSequenceNumber": taken[0]["SequenceNumber"],
            "endSequenceNumber": taken[-1]["SequenceNumber"],
            "approximateArrivalOfFirstRecord": _timestamp(taken[0]["ApproximateArrivalTimestamp"]),
            "approximateArrivalOfLastRecord": _timestamp(taken[-1]["ApproximateArrivalTimestamp"]),
            "batchSize": len(taken),
            "streamArn": mapping["EventSourceArn"],
        },
    }
    if destination.startswith(object_store.ARN):
        letter = json.dumps(notice | {"payload": {"Records": wanted}})
        _put_letter(function["config"], destination, _letter_key(mapping["UUID"], shard_id, now), letter)
    else:
        eventbridge._dispatch_to_sqs(parse_arn(destination), json.dumps(notice))


def _letter_key(mapping: str, shard_id: str, seconds: float) -> str:
    day, at = (time.strftime(form, time.gmtime(seconds)) for form in ("%Y/%m/%d", "%Y-%m-%dT%H.%M.%S"))
    return f"aws/lambda/{mapping}/{shard_id}/{day}/{at}-{new_uuid()}"


def _put_letter(config: dict, bucket: str, key: str, letter: str) -> None:
    """Puts an object as the function's role, without conditional headers, as Lambda does."""
    if not role_allows(config, "s3:PutObject", f"{bucket}/{key}", object_store.write_conditions({}, {})):
        lambda_svc.logger.warning("Kinesis mapping: the role of %s may not write %s", config["FunctionName"], key)
        return
    status, _, body = s3._put_object(bucket.removeprefix(object_store.ARN), key, letter.encode(),
                                     {"content-type": "application/json"})
    if status != 200:
        lambda_svc.logger.warning("Kinesis mapping: %s was not written: %s", key, body)


def _timestamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds % 1 * 1000):03d}Z"
