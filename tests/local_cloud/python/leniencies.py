"""Where MiniStack is more lenient than AWS in what this project relies on, and how that is closed.

A test that passes only because of a leniency proves nothing. Each patch replaces one private function of the pinned
MiniStack; `_replace` refuses to start when that function is not there or takes other arguments, and the contract tests
of the local cloud fail when the replacement no longer changes the behaviour.

Left as MiniStack has them, so that nothing here proves them:

* CloudFormation ignores a bucket's lifecycle, encryption, access logs and tags, a stream's encryption and a function's reserved concurrency, takes
  an unresolved Ref for a value, and refuses an `https://bucket.s3...` TemplateURL.
* A mapping that is made by the Lambda API instead of a stack is not checked against the function's role, and no mapping
  waits out its batching window.
* A model that is invoked through an inference profile needs no permission for the model behind it.
* The root is not bound by a bucket policy's Deny, and functions write their logs without a permission for it.
"""

import asyncio
import inspect
import json
import os
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import unquote

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudformation, eventbridge, iam, lambda_svc, s3, ses_v2, sqs
from ministack.services.cloudformation import provisioners, stacks

import kinesis_mapping

# Where a test puts files by which it decides over the stacks; see `LocalCloud::hold_stacks`.
CONTROL = Path(os.environ.pop("LOCAL_CLOUD_CONTROL"))

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

# What the ids of inference profiles begin with that AWS defines.
GEOGRAPHIES = ("apac", "au", "ca", "eu", "global", "jp", "us", "us-gov")


def close_all() -> None:
    """Closes the leniencies. Must run before MiniStack serves its first request."""
    _verify_root_signatures()
    _keep_buckets_that_are_not_empty()
    _let_stacks_take_their_time()
    _refuse_missing_code()
    _check_roles_of_mappings()
    _check_queue_policies_for_rules()
    _authorize_models()
    _authorize_mail()
    _name_roles_as_principals()
    _ask_function_urls_policies()
    kinesis_mapping.install(_replace)


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


def _name_roles_as_principals() -> None:
    """MiniStack takes the ARN of a role's session for aws:PrincipalArn; AWS takes the role's, path and all (IAM user
    guide; the path is in the examples of "Referencing permission sets in resource policies")."""

    def resolve(key, ctx):
        value = original(key, ctx)
        if key.lower() != "aws:principalarn" or ":assumed-role/" not in str(value):
            return value
        _, partition, _, _, account, session = value.split(":", 5)
        name = session.split("/")[1]
        known = iam._roles.get(name) or {}
        return known.get("Arn", f"arn:{partition}:iam::{account}:role/{name}")

    original = _replace(iam_evaluator, "_resolve_condition_key", resolve, ["key", "ctx"])


# What a function's policy must let everybody do before its URL answers without a signature, since October 2025.
# Source: AWS Lambda developer guide, "Control access to Lambda function URLs".
PUBLIC_URL = (
    ("lambda:InvokeFunctionUrl", {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}),
    ("lambda:InvokeFunction", {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}),
)


def _ask_function_urls_policies() -> None:
    """MiniStack lets whoever does not sign use any function URL as the root; AWS asks the function's policy."""

    def enforce(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        if iam_action != "lambda:InvokeFunctionUrl" or access_key_id or not iam_evaluator._anonymous.get():
            return original(access_key_id, iam_action, service, region, resource_arn, service_context)
        policy, _ = lambda_svc.function_policy_for_arn(resource_arn) or ({}, None)
        statements = (json.loads(policy) if isinstance(policy, str) else policy).get("Statement", [])
        given = [
            (statement["Action"], statement.get("Condition")) for statement in statements
            if statement["Effect"] == "Allow" and statement["Principal"] in ("*", {"AWS": "*"})
        ]
        is_public = (service_context or {}).get("lambda:FunctionUrlAuthType") == "NONE"
        if is_public and all(needed in given for needed in PUBLIC_URL):
            return None
        return iam_evaluator.EvalResult("ImplicitDeny", principal_arn="anonymous")

    parameters = ["access_key_id", "iam_action", "service", "region", "resource_arn", "service_context"]
    original = _replace(iam_evaluator, "enforce", enforce, parameters)


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


def _check_roles_of_mappings() -> None:
    """MiniStack's mappings read their source whatever the function's role may do; so do failure destinations."""
    create = provisioners._lambda_esm_create

    def create_permitted(logical_id, props, stack_name):
        _require_mapping_permissions(props)
        return create(logical_id, props, stack_name)

    _replace(provisioners, "_lambda_esm_create", create_permitted, ["logical_id", "props", "stack_name"])
    _handler("AWS::Lambda::EventSourceMapping", "create", create_permitted)


def _require_mapping_permissions(props: dict) -> None:
    source = props.get("EventSourceArn", "")
    function = lambda_svc._functions.get(props.get("FunctionName", "").rsplit(":function:", 1)[-1])
    if function is None:
        raise ValueError(f"Function not found: {props.get('FunctionName')}")
    checks = [(action, source) for action in MAPPING_ACTIONS.get(source.split(":")[2] if ":" in source else "", ())]
    destination = kinesis_mapping.failure_destination(props)
    if destination and ":sqs:" not in destination:
        raise ValueError(f"the local cloud sends failed batches to SQS queues only, not to {destination}")
    if destination:
        checks.append(("sqs:SendMessage", destination))
    for action, resource in checks:
        if not _role_allows(function["config"], action, resource):
            raise ValueError("Cannot access stream or queue. Please ensure the role can perform the "
                             f"{action} action on {resource} (Service: Lambda, Status Code: 400)")


def _role_allows(config: dict, action: str, resource: str) -> bool:
    role = config.get("Role", "").rsplit("/", 1)[-1]
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{get_account_id()}:assumed-role/{role}/{config['FunctionName']}",
        principal_type="AssumedRole",
        principal_account=get_account_id(),
        action=action,
        resource_arn=resource,
        region=get_region(),
    )
    policies = iam_evaluator._gather_role_policies(role, get_account_id())
    return iam_evaluator.evaluate(context, policies).decision == "Allow"


def _check_queue_policies_for_rules() -> None:
    """MiniStack lets a rule put events on a queue whose policy does not let EventBridge in."""
    def invoke_permitted(target, event, rule, view=None):
        arn = target.get("Arn", "")
        if ":sqs:" in arn and not sqs.queue_policy_allows(
            arn, "events.amazonaws.com", rule.get("Arn", ""), get_account_id()
        ):
            eventbridge.logger.warning("EventBridge: the policy of %s does not let %s in", arn, rule.get("Arn"))
            return
        invoke(target, event, rule, view)

    invoke = _replace(eventbridge, "_invoke_target", invoke_permitted, ["target", "event", "rule", "view"])


def _authorize_models() -> None:
    """MiniStack calls the permission for Converse by the operation's name, and takes an inference profile for a model.

    Source: the service authorization reference of Amazon Bedrock, and the user guide, "Prerequisites for inference
    profiles".
    """
    def action_of(service, method, path, headers, body, query_params):
        if service == "bedrock-runtime" and unquote(path).endswith("/converse"):
            return "bedrock:InvokeModel"
        return extract_action(service, method, path, headers, body, query_params)

    def resource_of(service, method, path, headers, body, query_params, region, account_id):
        parts = unquote(path).strip("/").split("/")
        if service == "bedrock-runtime" and parts[0] == "model" and len(parts) > 1:
            profile = parts[1].split(".", 1)[0] in GEOGRAPHIES
            kind = f"{account_id}:inference-profile" if profile else ":foundation-model"
            return f"arn:aws:bedrock:{region}:{kind}/{parts[1]}"
        return extract_resource(service, method, path, headers, body, query_params, region, account_id)

    extract_action = _replace(iam_actions, "extract_iam_action", action_of,
                              ["service", "method", "path", "headers", "body", "query_params"])
    extract_resource = _replace(iam_actions, "extract_resource_arn", resource_of,
                                ["service", "method", "path", "headers", "body", "query_params", "region",
                                 "account_id"])


def _authorize_mail() -> None:
    """MiniStack asks for the permission to send mail on `*`; AWS asks for it on the sender's identity: the address where
    that is verified, otherwise its domain.

    Source: the developer guide of Amazon SES, "Using multiple identities", and its service authorization reference.
    """
    def resource_of(service, method, path, headers, body, query_params, region, account_id):
        if service == "ses" and method == "POST" and path.rstrip("/") == "/v2/email/outbound-emails":
            sender = parseaddr(json.loads(body or b"{}").get("FromEmailAddress", ""))[1]
            identity = sender if sender in ses_v2._identities else sender.rsplit("@", 1)[-1]
            return f"arn:aws:ses:{region}:{account_id}:identity/{identity}"
        return extract_resource(service, method, path, headers, body, query_params, region, account_id)

    extract_resource = _replace(iam_actions, "extract_resource_arn", resource_of,
                                ["service", "method", "path", "headers", "body", "query_params", "region",
                                 "account_id"])
