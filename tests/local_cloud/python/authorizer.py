"""An internal call of MiniStack's process: who signed a request, and may they do that?

The local cloud answers some services itself. For those it asks MiniStack, which knows the credentials and the IAM
policies. The call is `POST /_local_cloud/authorize` with the token that both got at their start; its body is

    {"request": {"method", "path", "query", "headers": [[name, value]], "body": base64}, "service", "region"}

to authenticate a request, answered by `{"caller": {"access_key_id", "account_id", "arn"}}`, or

    {"access_key_id", "checks": [[action, resource]], "service", "region"}

to ask for permissions, answered by `{"caller": ...}` when all are given. A refusal is `{"error": {"code", "message"}}`.
"""

import base64
import hmac
import json
from urllib.parse import parse_qs

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, set_request_account_id, set_request_region
from ministack.core.router import extract_access_key_id

PATH = "/_local_cloud/authorize"


def wrap(ministack, token: str):
    """MiniStack's application with the internal call in front of it."""

    async def application(scope, receive, send):
        if scope["type"] == "http" and scope["path"] == PATH:
            await _answer(scope, receive, send, token)
        else:
            await ministack(scope, receive, send)

    return application


async def _answer(scope, receive, send, token: str) -> None:
    given = dict(scope["headers"]).get(b"x-local-cloud-token", b"")
    if not hmac.compare_digest(given, token.encode()):
        status, answer = 403, {"error": {"code": "AccessDenied", "message": "wrong token"}}
    else:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        status, answer = 200, authorize(json.loads(body))
    payload = json.dumps(answer).encode()
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": payload})


def authorize(question: dict) -> dict:
    """Answers the internal call. Every request has a context of its own, so what is set here ends with it."""
    set_request_region(question["region"])
    if "request" in question:
        return _authenticate(question["request"], question["service"])
    key = question["access_key_id"]
    _enter_account(key)
    for action, resource in question["checks"]:
        denied = iam_evaluator.enforce(key, action, question["service"], question["region"], resource)
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
    return _refusal(failure) if failure else _caller(key)


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
