"""Calls of MiniStack's process that only the local cloud may make.

Each is a POST of JSON with the token that both got at their start.

`/_local_cloud/answered`: what the local cloud answered to a request, in the form below, held against the service's model;
MiniStack's own answers are held against it as they pass.

    {"request", "service", "status", "headers": [[name, value]], "body": base64}

is answered by `{}`.

`/_local_cloud/authorize`: the local cloud answers some services itself; MiniStack knows the credentials and the IAM
policies. It authenticates a request,

    {"request": {"method", "path", "query", "headers": [[name, value]], "body": base64}, "service", "region"}

answered by `{"caller": {"access_key_id", "account_id", "arn"}}`, and it evaluates permissions,

    {"access_key_id", "checks": [[action, resource]], "context": {condition key: value}, "service", "region"}

answered by `{"caller": ...}` when all are given. A refusal is `{"error": {"code", "message"}}`.

`/_local_cloud/event`: puts an event of an AWS service on the default bus, which PutEvents lets nobody do.

    {"source", "detail_type", "resources", "detail", "account_id", "region"}

is answered by `{}` or an error.

`/_local_cloud/tick`: lets the schedules of EventBridge rules fire now, once, instead of at their time: those of all rules
that are enabled, or of one.

    {"rule": name or null}

is answered by `{"rules": [name]}`, or by an error if no enabled rule with a schedule has that name.

`/_local_cloud/age`: every object of S3 was written so long before.

    {"seconds"}

is answered by `{}`.
"""

import base64
import hmac
import json
import re
from datetime import datetime, timedelta
from urllib.parse import parse_qs, unquote

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, request_scope, set_request_account_id, set_request_region
from ministack.core.router import extract_access_key_id
from ministack.services import eventbridge, s3

import models
import wire


def wrap(ministack, token: str):
    """MiniStack's application with these calls in front of it."""

    async def application(scope, receive, send):
        call = CALLS.get(scope["path"]) if scope["type"] == "http" else None
        if call is not None:
            await _answer(call, scope, receive, send, token)
        elif scope["type"] == "http":
            await _held_against_model(ministack, scope, receive, send)
        else:
            await ministack(scope, receive, send)

    return application


async def _held_against_model(ministack, scope, receive, send) -> None:
    """Passes a request on to MiniStack, and its answer back."""
    headers = _decoded(scope["headers"])
    query = scope["query_string"].decode("latin-1")
    signed = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", headers.get("authorization", "") + unquote(query))
    # MiniStack's own calls are no service's.
    if signed is None or scope["path"].startswith("/_ministack/"):
        await ministack(scope, receive, send)
        return
    body = await _body(receive)
    path = scope.get("raw_path", scope["path"].encode()).decode("latin-1").partition("?")[0]
    request = wire.Request(signed[1], scope["method"], path, query, headers, body)
    refusal = models.refuse(request)
    if refusal is not None:
        await _send(send, 400, refusal, b"text/xml" if refusal.startswith("<") else b"application/json")
        return
    messages = [{"type": "http.request", "body": body, "more_body": False}]
    answered = {"status": 0, "headers": {}, "body": b""}

    async def replay():
        return messages.pop() if messages else await receive()

    async def listen(message):
        if message["type"] == "http.response.start":
            answered.update(status=message["status"], headers=_decoded(message["headers"]))
        elif message["type"] == "http.response.body":
            answered["body"] += message.get("body", b"")
            if not message.get("more_body", False):
                models.hold_answer(request, **answered)
        await send(message)

    await ministack(scope, replay, listen)


def _decoded(headers) -> dict:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


async def _body(receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _send(send, status: int, payload: str, kind: bytes = b"application/json") -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
    await send({"type": "http.response.body", "body": payload.encode()})


async def _answer(call, scope, receive, send, token: str) -> None:
    given = dict(scope["headers"]).get(b"x-local-cloud-token", b"")
    if hmac.compare_digest(given, token.encode()):
        body = await _body(receive)
        # What AWS's services do among themselves is encrypted: a policy that denies plain HTTP does not concern it.
        iam_evaluator.pin_request_origin("127.0.0.1", True)
        status, answer = 200, call(json.loads(body))
    else:
        status, answer = 403, _error("AccessDeniedException", "wrong token")
    await _send(send, status, json.dumps(answer))


def answered(exchange: dict) -> dict:
    """Holds an answer of the local cloud against its model."""
    headers = {name.lower(): value for name, value in exchange["headers"]}
    request = _request(exchange["request"], exchange["service"])
    models.hold_answer(request, exchange["status"], headers, base64.b64decode(exchange["body"]))
    return {}


def _request(request: dict, service: str) -> wire.Request:
    headers = {name.lower(): value for name, value in request["headers"]}
    body = base64.b64decode(request["body"])
    return wire.Request(service, request["method"], request["path"], request["query"], headers, body)


def authorize(question: dict) -> dict:
    """Authenticates or evaluates. Every request has a context of its own, so what is set here ends with it."""
    set_request_region(question["region"])
    if "request" in question:
        return _authenticate(question["request"], question["service"])
    key = question["access_key_id"]
    _enter_account(key)
    for action, resource in question["checks"]:
        denied = iam_evaluator.enforce(key, action, question["service"], question["region"], resource, question["context"])
        if denied is not None:
            return _refusal(denied, action, resource)
    return _caller(key)


def _authenticate(request: dict, service: str) -> dict:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request["headers"]]
    query = parse_qs(request["query"], keep_blank_values=True)
    iam_evaluator.pin_signed_request(request["method"], request["path"], query, headers)
    iam_evaluator.pin_signed_body(base64.b64decode(request["body"]))
    if iam_evaluator._anonymous.get():
        return _error("MissingAuthenticationTokenException", "Missing Authentication Token")
    key = extract_access_key_id({name.decode().lower(): value.decode("latin-1") for name, value in headers}, query)
    _enter_account(key)
    failure = iam_evaluator.check_credentials(key, service)
    if failure:
        return _refusal(failure)
    violations = models.hold_request(_request(request, service))
    return _error("ModelViolation", "; ".join(violations)) if violations else _caller(key)


def _enter_account(key: str) -> None:
    set_request_account_id(iam_evaluator.find_iam_access_key_account(key) or key)


def _caller(key: str) -> dict:
    principal = iam_evaluator.resolve_principal(key, get_account_id())
    if isinstance(principal, iam_evaluator.AuthError):
        return _refusal(principal)
    return {"caller": {"access_key_id": key, "account_id": principal.account, "arn": principal.arn}}


def _refusal(denied, action: str = "", resource: str = "") -> dict:
    if isinstance(denied, iam_evaluator.AuthError):
        return _error(denied.code, denied.message)
    reason = (
        "with an explicit deny in a policy" if denied.decision == "Deny"
        else f"because no identity-based policy allows the {action} action"
    )
    return _error(
        "AccessDeniedException",
        f"User: {denied.principal_arn} is not authorized to perform: {action} on resource: {resource} {reason}",
    )


def _error(code: str, message: str) -> dict:
    return {"error": {"code": code, "message": message}}


def publish_event(event: dict) -> dict:
    """Puts an AWS service's event on the default bus."""
    entry = {
        "Source": event["source"],
        "DetailType": event["detail_type"],
        "Resources": event["resources"],
        "Detail": json.dumps(event["detail"]),
    }
    with request_scope(event["account_id"], event["region"]):
        _, _, body = eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
    answer = json.loads(body)
    if answer["FailedEntryCount"]:
        failed = answer["Entries"][0]
        return _error(failed["ErrorCode"], failed["ErrorMessage"])
    return {}


def tick(request: dict) -> dict:
    """Lets schedules fire now. What they lead to goes on by itself."""
    fired, scheduled = [], []
    for place, rule in eventbridge._rules._data.items():
        if rule["State"] != "ENABLED" or not rule.get("ScheduleExpression"):
            continue
        scheduled.append(rule["Name"])
        if request["rule"] in (None, rule["Name"]):
            # Long ago: every schedule has been due since.
            eventbridge._rule_last_fired[place] = 0.0
            fired.append(rule["Name"])
    if request["rule"] and not fired:
        known = ", ".join(sorted(scheduled)) or "none"
        return _error(
            "ResourceNotFoundException",
            f"no enabled rule with a schedule has the name {request['rule']}; there are: {known}",
        )
    eventbridge._tick_scheduled_rules()
    return {"rules": sorted(fired)}


def age(request: dict) -> dict:
    """Makes objects older, for what waits until something has stood still for minutes."""
    for bucket in s3._buckets._data.values():
        for item in bucket["objects"].values():
            written = datetime.fromisoformat(item["last_modified"].replace("Z", "+00:00"))
            earlier = written - timedelta(seconds=request["seconds"])
            item["last_modified"] = earlier.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {}


CALLS = {
    "/_local_cloud/age": age,
    "/_local_cloud/answered": answered,
    "/_local_cloud/authorize": authorize,
    "/_local_cloud/event": publish_event,
    "/_local_cloud/tick": tick,
}
