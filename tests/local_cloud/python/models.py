"""Holds every request and every answer against the service's published model.

The local cloud and its clients were written by the same people, and would agree on the same mistake. The model says which
members an operation has, which it requires, and what they look like: types, lengths, ranges, patterns, enumerations.

A request that violates its model is refused with the error `ModelViolation`. Violations are added to the record, a file of
the run's directory, over which the test fails at its end; see `LocalCloud`.
"""

import json
import os
import re
from functools import cache
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import regex

from wire import INTEGERS, NUMBERS, Request, Unknown, operation_of, read_answer, read_request

# The scope of the local cloud's own control calls, which are not AWS's.
CONTROL_SCOPE = "local-cloud"

# Where violations are recorded, one a line.
RECORD = Path(os.environ["LOCAL_CLOUD_CONTROL"]) / "violations"

# Where a model contradicts its service, by service and shape or member.
MODEL_IS_WRONG = {
    "cloudformation StackEvent.ResourceStatus": "a stack that has a change set only is REVIEW_IN_PROGRESS in its events, too",
    "connect PhoneNumber": "the pattern escapes its backslashes twice",
    "connect ViewContentSha256": "the pattern allows one character; a SHA-256 has 64",
    "kinesis MetricsNameList": "there are no shard-level metrics unless they are enabled: see the example of DescribeStream",
    "kinesis PutRecordsOutput.FailedRecordCount": "no record fails: see the example of PutRecords",
    "kinesis-video-archived-media ContentType": "the pattern allows no slash, which every media type has",
}

# Where MiniStack's answers violate a model in what nothing here reads, by service and shape or member.
MINISTACK_IS_WRONG = {
    "cloudformation Description": "it answers with an empty description where there is none",
    "cloudformation DescribeChangeSetOutput.ChangeSetType": "it answers with the request's",
    "events Rule.CreatedBy": "it answers with what only DescribeRule tells",
    "kinesis PutRecordsResultEntry.EncryptionType": "it answers with it for each record, too",
    "lambda LastUpdateStatusReasonCode": "it is empty if nothing failed",
    "lambda RuntimeVersionArn": "it is empty",
    "lambda StateReasonCode": "it is empty if nothing is amiss",
    "sesv2 GetEmailIdentityResponse.CreatedTimestamp": "it answers with all that it keeps",
    "sesv2 GetEmailIdentityResponse.EmailIdentity": "it answers with all that it keeps",
    "sesv2 MailFromAttributes.MailFromDomain": "it knows no domain for bounces",
    "sesv2 MailFromAttributes.MailFromDomainStatus": "it knows no domain for bounces",
}

# Operations that are documented and have no model, because their bodies are streams.
WITHOUT_MODEL = {("kinesisvideo", "/putMedia")}

# Errors that services answer with and that their models do not list.
COMMON_ERRORS = {
    "AccessDenied", "AccessDeniedException", "ExpiredToken", "ExpiredTokenException", "IncompleteSignature",
    "IncompleteSignatureException", "InternalFailure", "InvalidClientTokenId", "InvalidSignatureException",
    "MissingAuthenticationTokenException", "ModelViolation", "SerializationException", "SignatureDoesNotMatch",
    "ThrottlingException", "Throttling", "UnknownOperationException", "UnrecognizedClientException", "ValidationError",
    "ValidationException",
}


def hold_request(request: Request) -> list[str]:
    """Records the violations of a request, and gives them."""
    return _recorded([] if request.service == CONTROL_SCOPE else check_request(request))


def refuse(request: Request) -> str | None:
    """The error in the format of the service, if a request violates its model."""
    violations = hold_request(request)
    if not violations:
        return None
    text = "; ".join(violations)
    if request.form or request.service == "s3":
        return f"<ErrorResponse><Error><Code>ModelViolation</Code><Message>{escape(text)}</Message></Error></ErrorResponse>"
    return json.dumps({"__type": "ModelViolation", "message": text})


def hold_answer(request: Request, status: int, headers: dict, body: bytes) -> None:
    """Records the violations of an answer."""
    if request.service != CONTROL_SCOPE:
        _recorded(check_answer(request, status, headers, body))


def _recorded(violations: list[str]) -> list[str]:
    new = [line for line in violations if line not in _known]
    _known.update(new)
    if new:
        with RECORD.open("a", encoding="utf-8") as record:
            record.writelines(f"{line}\n" for line in new)
    return violations


_known: set[str] = set()


def check_request(request: Request) -> list[str]:
    """The violations of a request."""
    try:
        found = operation_of(request)
        if found is None:
            if (request.service, request.path) in WITHOUT_MODEL:
                return []
            target = request.headers.get("x-amz-target", "")
            return [f"{request.service}: there is no operation {request.method} {request.path} {target}".rstrip()]
        operation, labels = found
        shape = operation.input_shape
        return _violations(shape, read_request(operation, labels, request), _title(operation, "request")) if shape else []
    except Exception as error:  # What cannot be read is not as the model says.
        return [f"{request.service}: the request {request.method} {request.path} cannot be read: {error!r}"]


def check_answer(request: Request, status: int, headers: dict, body: bytes) -> list[str]:
    """The violations of an answer."""
    try:
        found = operation_of(request)
        if found is None:
            return []
        operation, _ = found
        if status >= 300:
            return _check_error(operation, headers, body)
        shape = operation.output_shape
        given = read_answer(operation, request, status, headers, body) if shape else {}
        return _violations(shape, given, _title(operation, "answer")) if shape else []
    except Exception as error:
        return [f"{request.service}: the answer to {request.method} {request.path} cannot be read: {error!r}"]


def _title(operation, what: str) -> str:
    return f"{operation.service_model.service_name} {operation.name} {what}"


def _check_error(operation, headers: dict, body: bytes) -> list[str]:
    """Holds the error's code against those of the operation. S3's are not in its model."""
    known = {shape.metadata.get("error", {}).get("code", shape.name) for shape in operation.error_shapes}
    known |= {shape.name for shape in operation.error_shapes}
    code = headers.get("x-amzn-errortype")
    if code is None and body.startswith(b"<"):
        code = next((item.text for item in ElementTree.fromstring(body).iter() if item.tag.endswith("Code")), "")
    elif code is None:
        code = json.loads(body or b"{}").get("__type", "")
    code = re.sub(r"^.*#|:.*$", "", code)
    is_known = operation.service_model.service_name == "s3" or code in known | COMMON_ERRORS
    return [] if is_known else [f"{_title(operation, 'error')}: {code!r} is none of {', '.join(sorted(known))}"]


def _violations(shape, value, path: str) -> list[str]:
    is_free = getattr(shape, "is_document_type", False) or shape.serialization.get("eventstream")
    if is_free or _is_excepted(shape.name, path):
        return []
    return CHECKS[shape.type_name](shape, value, path)


def _is_excepted(name: str, path: str) -> bool:
    """Whether a shape or a member is one that cannot be held against its model; requests are never MiniStack's."""
    service, _, what = path.split(".", 1)[0].split(" ")[:3]
    key = f"{service} {name}"
    return key in MODEL_IS_WRONG or what.startswith("answer") and key in MINISTACK_IS_WRONG


def _check_structure(shape, value, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: {value!r} is no structure"]
    found = [
        f"{path}.{name}: is required and missing" for name in shape.required_members
        if name not in value and not _is_excepted(f"{shape.name}.{name}", path)
    ]
    for name, item in value.items():
        if _is_excepted(f"{shape.name}.{name}", path):
            continue
        if isinstance(name, Unknown) or name not in shape.members:
            found.append(f"{path}.{name}: is no member")
        else:
            found += _violations(shape.members[name], item, f"{path}.{name}")
    if shape.is_tagged_union and len(value) != 1:
        found.append(f"{path}: one of {', '.join(shape.members)}, not {len(value)} of them")
    return found


def _check_list(shape, value, path: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{path}: {_short(value)} is no list"]
    items = [line for item in value for line in _violations(shape.member, item, f"{path}[]")]
    return _out_of_range(shape, len(value), " items", path) + list(dict.fromkeys(items))


def _check_map(shape, value, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: {_short(value)} is no map"]
    found = _out_of_range(shape, len(value), " entries", path)
    for key, item in value.items():
        found += _violations(shape.key, str(key), f"{path}{{key}}") + _violations(shape.value, item, f"{path}[{key}]")
    return found


def _check_string(shape, value, path: str) -> list[str]:
    if isinstance(value, Unknown) or not isinstance(value, str):
        return [f"{path}: {_short(value)} is no string"]
    found = _out_of_range(shape, len(value), " characters", path)
    if shape.enum and value not in shape.enum:
        found.append(f"{path}: {_short(value)} is none of {', '.join(shape.enum)}")
    pattern = shape.metadata.get("pattern")
    # The services match the whole text, with or without anchors.
    if pattern and not _compiled(pattern).fullmatch(value):
        found.append(f"{path}: {_short(value)} does not match {pattern}")
    return found


def _check_integer(shape, value, path: str) -> list[str]:
    if isinstance(value, bool) or not isinstance(value, int):
        return [f"{path}: {_short(value)} is no integer"]
    return _out_of_range(shape, value, "", path)


def _check_number(shape, value, path: str) -> list[str]:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return [f"{path}: {_short(value)} is no number"]
    return _out_of_range(shape, value, "", path)


def _check_boolean(_shape, value, path: str) -> list[str]:
    return [] if isinstance(value, bool) else [f"{path}: {_short(value)} is no boolean"]


def _check_blob(shape, value, path: str) -> list[str]:
    if not isinstance(value, bytes):
        return [f"{path}: {_short(value)} is not Base64"]
    return _out_of_range(shape, len(value), " bytes", path)


def _check_timestamp(_shape, value, path: str) -> list[str]:
    is_time = isinstance(value, str) and value or hasattr(value, "isoformat") or isinstance(value, (int, float))
    return [] if is_time else [f"{path}: {_short(value)} is no time"]


CHECKS = {
    "structure": _check_structure, "list": _check_list, "map": _check_map, "string": _check_string,
    "character": _check_string, "boolean": _check_boolean, "blob": _check_blob, "timestamp": _check_timestamp,
    **dict.fromkeys(INTEGERS, _check_integer), **dict.fromkeys(NUMBERS, _check_number),
}


@cache
def _compiled(pattern: str):
    return regex.compile(pattern)


def _out_of_range(shape, number, unit: str, path: str) -> list[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and number < least:
        return [f"{path}: {number}{unit}, at least {least}"]
    if most is not None and number > most:
        return [f"{path}: {number}{unit}, at most {most}"]
    return []


def _short(value) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


