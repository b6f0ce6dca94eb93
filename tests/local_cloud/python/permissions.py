"""Where MiniStack asks for fewer or other permissions than AWS, and how that is closed."""

import json
from email.utils import parseaddr
from urllib.parse import unquote

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudformation, eventbridge, iam, lambda_svc, ses_v2, sqs

# What the ids of inference profiles begin with that AWS defines.
GEOGRAPHIES = ("apac", "au", "ca", "eu", "global", "jp", "us", "us-gov")

# What an action and its resource are read from.
REQUEST = ["service", "method", "path", "headers", "body", "query_params"]

# What a decision is made of.
QUESTION = ["access_key_id", "iam_action", "service", "region", "resource_arn", "service_context"]


def install(replace) -> None:
    """Puts these in the place of MiniStack's."""
    _name_roles_as_principals(replace)
    _ask_function_urls_policies(replace)
    _check_policies_for_rules(replace)
    _authorize_models(replace)
    _authorize_watchers(replace)
    _authorize_mail(replace)
    _authorize_people(replace)


def _name_roles_as_principals(replace) -> None:
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

    original = replace(iam_evaluator, "_resolve_condition_key", resolve, ["key", "ctx"])


# What a function's policy must let everybody do before its URL answers without a signature, since October 2025.
# Source: AWS Lambda developer guide, "Control access to Lambda function URLs".
PUBLIC_URL = (
    ("lambda:InvokeFunctionUrl", {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}),
    ("lambda:InvokeFunction", {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}),
)


def _ask_function_urls_policies(replace) -> None:
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

    original = replace(iam_evaluator, "enforce", enforce, QUESTION)


def _check_policies_for_rules(replace) -> None:
    """MiniStack lets a rule put events on a queue, and invoke a function, whose policy does not let EventBridge in."""
    def invoke_permitted(target, event, rule, view=None):
        arn, source = target.get("Arn", ""), rule.get("Arn", "")
        let_in = True
        if event.get("Source") == "aws.scheduler":
            # EventBridge Scheduler acts as the role that its schedule names.
            pass
        elif ":sqs:" in arn:
            let_in = sqs.queue_policy_allows(arn, "events.amazonaws.com", source, get_account_id())
        elif ":lambda:" in arn:
            let_in = _function_lets_in(arn, "events.amazonaws.com", source)
        if let_in:
            invoke(target, event, rule, view)
        else:
            eventbridge.logger.warning("EventBridge: the policy of %s does not let %s in", arn, source)

    invoke = replace(eventbridge, "_invoke_target", invoke_permitted, ["target", "event", "rule", "view"])


def _function_lets_in(function: str, service: str, source: str) -> bool:
    policy, _ = lambda_svc.function_policy_for_arn(function) or ({}, None)
    context = iam_evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action="lambda:InvokeFunction",
        resource_arn=function,
        region=get_region(),
        service_context={"aws:sourcearn": source, "aws:sourceaccount": get_account_id()},
    )
    return iam_evaluator.evaluate_resource_policy(policy, context, service=service).decision == "Allow"


def _authorize_models(replace) -> None:
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

    extract_action = replace(iam_actions, "extract_iam_action", action_of, REQUEST)
    extract_resource = replace(iam_actions, "extract_resource_arn", resource_of, [*REQUEST, "region", "account_id"])


# What a mapping and a function's concurrency are asked for, by the HTTP method.
MAPPING_CALLS = {"GET": "GetEventSourceMapping", "PUT": "UpdateEventSourceMapping", "DELETE": "DeleteEventSourceMapping"}
CONCURRENCY_CALLS = {
    "GET": "GetFunctionConcurrency", "PUT": "PutFunctionConcurrency", "DELETE": "DeleteFunctionConcurrency",
}


def _authorize_watchers(replace) -> None:
    """MiniStack asks who looks at one mapping or at a function's concurrency for other permissions than AWS, and names a
    rule of the default bus with its bus.

    Source: the service authorization references of AWS Lambda and Amazon EventBridge.
    """
    def action_of(service, method, path, headers, body, query_params):
        parts = path.strip("/").split("/")
        if service == "lambda" and parts[1:2] == ["event-source-mappings"] and len(parts) == 3:
            return f"lambda:{MAPPING_CALLS[method]}"
        if service == "lambda" and parts[1:2] == ["functions"] and parts[3:] == ["concurrency"]:
            return f"lambda:{CONCURRENCY_CALLS[method]}"
        return extract_action(service, method, path, headers, body, query_params)

    def resource_of(service, method, path, headers, body, query_params, region, account_id):
        resource = extract_resource(service, method, path, headers, body, query_params, region, account_id)
        return resource.replace(":rule/default/", ":rule/") if service == "events" else resource

    extract_action = replace(iam_actions, "extract_iam_action", action_of, REQUEST)
    extract_resource = replace(iam_actions, "extract_resource_arn", resource_of, [*REQUEST, "region", "account_id"])


def _authorize_mail(replace) -> None:
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

    extract_resource = replace(iam_actions, "extract_resource_arn", resource_of, [*REQUEST, "region", "account_id"])


def _authorize_people(replace) -> None:
    """MiniStack asks for an action of Amazon SQS by the batch, which has no permission of its own; and for some permissions
    on `*` that AWS asks for on a resource: that to simulate policies on whoever has them, that for a change set, named
    by its ARN, on its stack, and that for alarms on them.

    Source: the service authorization references of Amazon SQS, IAM, AWS CloudFormation and Amazon CloudWatch.
    """
    def action_of(service, method, path, headers, body, query_params):
        action = extract_action(service, method, path, headers, body, query_params)
        return action.removesuffix("Batch") if service == "sqs" and action else action

    def resource_of(service, method, path, headers, body, query_params, region, account_id):
        resource = extract_resource(service, method, path, headers, body, query_params, region, account_id)
        if resource != "*":
            return resource
        if service == "iam":
            return iam_actions._query_param(query_params, "PolicySourceArn") or resource
        if service == "cloudformation":
            change_set = cloudformation._change_sets.get(iam_actions._query_param(query_params, "ChangeSetName"))
            return change_set["StackId"] if change_set else resource
        if service == "monitoring" and path.endswith("/DescribeAlarms"):
            return f"arn:aws:cloudwatch:{region}:{account_id}:alarm:*"
        return resource

    extract_action = replace(iam_actions, "extract_iam_action", action_of, REQUEST)
    extract_resource = replace(iam_actions, "extract_resource_arn", resource_of, [*REQUEST, "region", "account_id"])
