"""Where MiniStack is more lenient than AWS in what this project relies on, and how that is closed.

A test that passes only because of a leniency proves nothing. Each patch replaces one private function of the pinned
MiniStack; `_replace` refuses to start when that function is not there or takes other arguments, and the contract tests
of the local cloud fail when the replacement no longer changes the behavior.

Left as MiniStack has them, so that nothing here proves them:

* CloudFormation ignores a bucket's lifecycle, encryption, access logs and tags and a stream's encryption, takes an
  unresolved Ref for a value, and refuses an `https://bucket.s3...` TemplateURL. Nothing expires by a lifecycle.
* EventBridge Scheduler does what its role may not, too.
* A mapping that is made by the Lambda API instead of a stack is not checked against the function's role, and no mapping
  waits out its batching window.
* A model that is invoked through an inference profile needs no permission for the model behind it.
* The root is not bound by a bucket policy's Deny, and functions write their logs without a permission for it.
* No alarm changes its state by its metric.
"""

import asyncio
import inspect
import json
import os
from pathlib import Path

from ministack.core import iam_evaluator
from ministack.services import cloudformation, lambda_svc, s3
from ministack.services.cloudformation import provisioners, stacks

import kinesis_mapping
import metrics
import object_store
import permissions

# Where a test puts files by which it decides over the stacks; see `LocalCloud::hold_stacks`.
CONTROL = Path(os.environ["LOCAL_CLOUD_CONTROL"])

# The resources at which a stack waits while a test holds it.
HELD_AT = "AWS::Lambda::Function"

# What a mapping does with its source, in the name of the function's role (Lambda developer guide).
MAPPING_ACTIONS = {
    "kinesis": (
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
    ),
    "sqs": ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
}


def close_all() -> None:
    """Closes the leniencies. Must run before MiniStack serves its first request."""
    _verify_root_signatures()
    _keep_buckets_that_are_not_empty()
    _let_stacks_take_their_time()
    _refuse_missing_code()
    _reserve_concurrency()
    _check_mappings()
    kinesis_mapping.install(_replace)
    metrics.install(_replace)
    object_store.install(_replace)
    permissions.install(_replace)


def _replace(module, name: str, replacement, parameters: list[str]):
    """Puts `replacement` in place of a function and returns the function."""
    original = getattr(module, name, None)
    found = list(inspect.signature(original).parameters) if callable(original) else None
    if found != parameters:
        raise RuntimeError(f"{module.__name__}.{name} has the parameters {found}, not {parameters}: "
                           "this MiniStack is not the one that the local cloud was made for")
    setattr(module, name, replacement)
    return original


def _handler(resource_type: str, operation: str, replacement) -> None:
    """Puts `replacement` in place of a CloudFormation resource's operation."""
    handlers = provisioners._RESOURCE_HANDLERS[resource_type]
    if operation not in handlers:
        raise RuntimeError(f"MiniStack's CloudFormation has no {operation} of {resource_type}")
    handlers[operation] = replacement


def _verify_root_signatures() -> None:
    """MiniStack takes `test`, any account number and no key at all for the root and does not check their signatures."""
    root = os.environ["AWS_ACCESS_KEY_ID"]
    # Root is one key, whose signature is checked like any other.
    _replace(iam_evaluator, "is_root_access_key", lambda access_key_id: access_key_id == root, ["access_key_id"])
    _replace(iam_evaluator, "_is_root_key", lambda access_key_id: False, ["access_key_id"])


def _keep_buckets_that_are_not_empty() -> None:
    """MiniStack deletes a stack's bucket with all that is in it."""
    delete = provisioners._s3_delete

    def delete_empty(physical_id, props):
        bucket = s3._buckets.get(physical_id)
        if (CONTROL / f"deny-deletion-of-{physical_id}").exists():
            raise ValueError("Access Denied (Service: S3, Status Code: 403)")
        if bucket is not None and (bucket["objects"] or s3._bucket_has_versions(physical_id)):
            raise ValueError("The bucket you tried to delete is not empty (Service: S3, Status Code: 409)")
        delete(physical_id, props)

    _replace(provisioners, "_s3_delete", delete_empty, ["physical_id", "props"])
    _handler("AWS::S3::Bucket", "delete", delete_empty)


def _let_stacks_take_their_time() -> None:
    """MiniStack ends an operation on a stack within some turns of its loop: nobody could be in the middle of one.

    While a test holds them, a stack that has come to a function waits there: what precedes it is done, what follows is
    not begun, and an update can still be cancelled. That makes it roll back at once, as far as the functions that it
    changed.
    """

    def runs_on_worker_thread(resource_type):
        # What runs on a thread is waited for: the only place in the middle of an operation where others get a turn.
        return runs(resource_type) or resource_type == HELD_AT and held()

    async def run_held(function, *args):
        if args and args[0] == HELD_AT:
            done = function(*args)
            while held() and not any(stack.get("_cancel_requested") for stack in cloudformation._stacks.values()):
                await asyncio.sleep(0.05)
            return done
        return await run(function, *args)

    def held():
        return (CONTROL / "hold-stacks").exists()

    runs = _replace(stacks, "_runs_on_worker_thread", runs_on_worker_thread, ["resource_type"])
    run = _replace(stacks, "run_reentrant", run_held, ["fn", "args", "thread_name"])


def _refuse_missing_code() -> None:
    """MiniStack makes a function whose code object does not exist, and then mocks its answers."""
    create = provisioners._lambda_create

    def create_with_code(logical_id, props, stack_name):
        code = props.get("Code") or {}
        bucket, key = code.get("S3Bucket"), code.get("S3Key")
        if bucket and lambda_svc._fetch_code_from_s3(bucket, key, code.get("S3ObjectVersion")) is None:
            raise ValueError(f"Error occurred while GetObject of {key} in {bucket}. S3 Error Code: NoSuchKey. "
                             "S3 Error Message: The specified key does not exist. (Service: Lambda, Status Code: 400)")
        return create(logical_id, props, stack_name)

    _replace(provisioners, "_lambda_create", create_with_code, ["logical_id", "props", "stack_name"])
    _handler("AWS::Lambda::Function", "create", create_with_code)


def _reserve_concurrency() -> None:
    """MiniStack's stacks ignore a function's reserved concurrency."""
    create, update = provisioners._lambda_create, provisioners._lambda_update

    def reserve(name, props):
        reserved = props.get("ReservedConcurrentExecutions")
        if name in lambda_svc._functions:
            lambda_svc._functions[name]["concurrency"] = None if reserved is None else int(reserved)

    def create_reserved(logical_id, props, stack_name):
        made = create(logical_id, props, stack_name)
        reserve(made[0], props)
        return made

    def update_reserved(physical_id, old_props, new_props, stack_name, logical_id=None):
        made = update(physical_id, old_props, new_props, stack_name, logical_id)
        if old_props.get("ReservedConcurrentExecutions") != new_props.get("ReservedConcurrentExecutions"):
            reserve(made[0], new_props)
        return made

    _replace(provisioners, "_lambda_create", create_reserved, ["logical_id", "props", "stack_name"])
    _replace(provisioners, "_lambda_update", update_reserved,
             ["physical_id", "old_props", "new_props", "stack_name", "logical_id"])
    _handler("AWS::Lambda::Function", "create", create_reserved)
    _handler("AWS::Lambda::Function", "update", update_reserved)


def _check_mappings() -> None:
    """MiniStack's mappings read their source whatever the function's role may do; so do failure destinations. They take
    any number of filters, forget the timestamp that they start from, and say that they are enabled when they are not."""
    create, update = provisioners._lambda_esm_create, provisioners._lambda_esm_update

    def checked(made, props):
        mapping = lambda_svc._esms[made[0]]
        enabled = props.get("Enabled", True) in (True, "true")
        mapping["Enabled"], mapping["State"] = enabled, "Enabled" if enabled else "Disabled"
        if props.get("StartingPositionTimestamp") is not None:
            mapping["StartingPositionTimestamp"] = float(props["StartingPositionTimestamp"])
        return made

    def create_checked(logical_id, props, stack_name):
        kinesis_mapping.check(props)
        _require_mapping_permissions(props)
        return checked(create(logical_id, props, stack_name), props)

    def update_checked(physical_id, old_props, new_props, stack_name):
        kinesis_mapping.check(new_props)
        _require_mapping_permissions(new_props)
        return checked(update(physical_id, old_props, new_props, stack_name), new_props)

    _replace(provisioners, "_lambda_esm_create", create_checked, ["logical_id", "props", "stack_name"])
    _replace(provisioners, "_lambda_esm_update", update_checked,
             ["physical_id", "old_props", "new_props", "stack_name"])
    _handler("AWS::Lambda::EventSourceMapping", "create", create_checked)
    _handler("AWS::Lambda::EventSourceMapping", "update", update_checked)

    create_by_call = lambda_svc._create_esm

    def create_at(data):
        # It must not read before it knows from where.
        answer = create_by_call(data | {"Enabled": False})
        if answer[0] == 202:
            mapping = lambda_svc._esms[json.loads(answer[2])["UUID"]]
            checked((mapping["UUID"],), data)
        return answer

    _replace(lambda_svc, "_create_esm", create_at, ["data"])


def _require_mapping_permissions(props: dict) -> None:
    source = props.get("EventSourceArn", "")
    function = lambda_svc._functions.get(props.get("FunctionName", "").rsplit(":function:", 1)[-1])
    if function is None:
        raise ValueError(f"Function not found: {props.get('FunctionName')}")
    checks = [(action, source) for action in MAPPING_ACTIONS.get(source.split(":")[2] if ":" in source else "", ())]
    checks += kinesis_mapping.destination_checks(props)
    for action, resource in checks:
        if not kinesis_mapping.role_allows(function["config"], action, resource):
            raise ValueError("Cannot access stream, queue or destination. Please ensure the role can perform the "
                             f"{action} action on {resource} (Service: Lambda, Status Code: 400)")
