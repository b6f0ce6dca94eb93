"""Reads requests and answers by the services' published models, which are botocore's: which operation a request asks for,
and what its members are, by their names in the model.

Every reader gives values by the names of the members, and by an `Unknown` what is no member.
"""

import base64
import binascii
import json
import re
from functools import cache
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree

import cbor2
from botocore.loaders import Loader
from botocore.model import OperationNotFoundError, ServiceModel

# The services of a signature's scope, where they are not called like it.
SERVICES = {
    "bedrock": ["bedrock-runtime"],
    "kinesisvideo": ["kinesisvideo", "kinesis-video-archived-media", "kinesis-video-media"],
    "monitoring": ["cloudwatch"],
    "servicequotas": ["service-quotas"],
    "ses": ["sesv2"],
    "tagging": ["resourcegroupstaggingapi"],
}

# Headers of S3 that every request may carry: the signature, the checksums of a body and who asks.
SIGNING = ("x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "x-amz-user-agent", "x-amz-trailer",
           "x-amz-decoded-content-length", "x-amz-te")

# Parameters of a query that are no members: a presigned request's, and the name of S3's operation.
NO_MEMBERS = ("x-id", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signature",
              "x-amz-signedheaders", "x-amz-security-token")

INTEGERS, NUMBERS = ("integer", "long"), ("float", "double")


class Unknown(str):
    """The name of something on the wire that is no member."""


class Request:
    """A request as it comes over the wire."""

    def __init__(self, service: str, method: str, path: str, query: str, headers: dict, body: bytes) -> None:
        self.service, self.method, self.path, self.headers, self.body = service, method, path, headers, body
        self.query = parse_qsl(query, keep_blank_values=True)
        self.form = []
        if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            self.form = parse_qsl(body.decode(), keep_blank_values=True)


@cache
def _model(name: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(name, "service-2"), name)


@cache
def _routes(name: str) -> list:
    """Of each operation with a path: its method, its path, what its query says and must say, and its headers."""
    model, routes = _model(name), []
    for operation in map(model.operation_model, model.operation_names):
        http = operation.http
        path, _, constants = http.get("requestUri", "/").partition("?")
        # Labels are single segments; a greedy one takes several.
        pattern = re.sub(r"\\\{(\w+?)(\\\+)?\\\}", lambda label: f"(?P<{label[1]}>{'.+' if label[2] else '[^/]+'})",
                         re.escape(path.rstrip("/") or "/"))
        constants = parse_qsl(constants, keep_blank_values=True)
        shape = operation.input_shape
        required = [shape.members[name].serialization for name in shape.required_members] if shape else []
        asked = [item.get("name") for item in required if item.get("location") == "querystring"]
        headers = [item.get("name").lower() for item in required if item.get("location") == "header"]
        routes.append((operation, http["method"], re.compile(pattern), constants, asked, headers))
    return routes


def operation_of(request: Request):
    """The operation that a request asks for and the labels in its path, or None."""
    for name in SERVICES.get(request.service, [request.service]):
        model = _model(name)
        called = request.headers.get("x-amz-target", "").rpartition(".")[2] or dict(request.form).get("Action")
        of_cbor = re.fullmatch(r"/service/\w+/operation/(\w+)", request.path)
        called = of_cbor[1] if of_cbor else called
        if called:
            try:
                return model.operation_model(called), {}
            except OperationNotFoundError:
                continue
        found = []
        for operation, method, pattern, constants, asked, headers in _routes(name):
            labels = pattern.fullmatch(request.path.rstrip("/") or "/")
            names = [key for key, _ in request.query]
            if (
                method == request.method and labels
                and all(pair in request.query for pair in constants)
                and all(key in names for key in asked) and all(key in request.headers for key in headers)
            ):
                found.append((len(constants) + len(asked) + len(headers), len(found), operation, labels.groupdict()))
        if found:
            # The most particular one.
            _, _, operation, labels = max(found, key=lambda item: (item[0], -item[1]))
            return operation, labels
    return None


def read_request(operation, labels: dict, request: Request) -> dict:
    shape = operation.input_shape
    if request.path.startswith("/service/"):
        return cbor2.loads(request.body) if request.body else {}
    if request.form:
        pairs = [(key, value) for key, value in request.form if key not in ("Action", "Version")]
        return _from_form(shape, _nested(pairs))
    if "x-amz-target" in request.headers:
        return _from_json(shape, json.loads(request.body or b"{}"))
    constants = [key for key, _ in parse_qsl(operation.http["requestUri"].partition("?")[2], keep_blank_values=True)]
    query = [
        (key, value) for key, value in request.query if key not in constants and key.lower() not in NO_MEMBERS
    ]
    given, known = {}, set()
    for name, member in shape.members.items():
        wire = member.serialization.get("name", name)
        location = member.serialization.get("location")
        if location == "uri" and wire in labels:
            given[name] = _from_text(member, unquote(labels[wire]))
        elif location == "querystring" and member.type_name != "map":
            known.add(wire)
            values = [value for key, value in query if key == wire]
            if values and member.type_name == "list":
                given[name] = [_from_text(member.member, value) for value in values]
            elif values:
                given[name] = _from_text(member, values[0])
    given.update(_from_headers(shape, request.headers))
    given.update(_from_body(shape, request.body, operation))
    given.update({Unknown(key): value for key, value in query if key not in known})
    if request.service == "s3":
        known = [
            member.serialization["name"].lower() for member in shape.members.values()
            if member.serialization.get("location") in ("header", "headers")
        ]
        for key, value in request.headers.items():
            if key.startswith("x-amz-") and key not in SIGNING and not key.startswith(tuple(known) + ("x-amz-checksum-",)):
                given[Unknown(key)] = value
    return given


def read_answer(operation, request: Request, status: int, headers: dict, body: bytes) -> dict:
    shape = operation.output_shape
    if request.path.startswith("/service/"):
        return cbor2.loads(body) if body else {}
    if request.form:
        root = ElementTree.fromstring(body)
        wrapper = shape.serialization.get("resultWrapper")
        inner = [child for child in root if _local(child) == wrapper]
        return _from_xml(shape, inner[0]) if inner else {}
    if "x-amz-target" in request.headers:
        return _from_json(shape, json.loads(body or b"{}"))
    given = _from_headers(shape, headers)
    for name, member in shape.members.items():
        if member.serialization.get("location") == "statusCode":
            given[name] = status
    if request.method != "HEAD":
        given.update(_from_body(shape, body, operation))
    return given


def _from_headers(shape, headers: dict) -> dict:
    given = {}
    for name, member in shape.members.items():
        wire = member.serialization.get("name", name).lower()
        location = member.serialization.get("location")
        if location == "header" and wire in headers:
            text = headers[wire]
            if member.serialization.get("jsonvalue"):
                text = base64.b64decode(text).decode()
            given[name] = [_from_text(member.member, item.strip()) for item in text.split(",")] \
                if member.type_name == "list" else _from_text(member, text)
        elif location == "headers":
            given[name] = {key[len(wire):]: value for key, value in headers.items() if key.startswith(wire)}
    return given


def _from_body(shape, body: bytes, operation) -> dict:
    payload = shape.serialization.get("payload")
    if payload:
        member = shape.members[payload]
        if member.type_name != "structure" or getattr(member, "is_document_type", False):
            return {payload: body} if body and member.type_name == "blob" else {payload: body.decode()} if body else {}
        if member.serialization.get("eventstream") or not body:
            return {}
        return {payload: _parsed(member, body, operation)}
    in_body = any("location" not in member.serialization for member in shape.members.values())
    return _parsed(shape, body, operation) if body and (in_body or body.strip() not in (b"{}", b"")) else {}


def _parsed(shape, body: bytes, operation):
    if operation.service_model.metadata["protocol"] == "rest-xml":
        return _from_xml(shape, ElementTree.fromstring(body))
    return _from_json(shape, json.loads(body))


def _in_body(shape) -> dict:
    """The members that are in a body, with their names by those on the wire."""
    return {
        member.serialization.get("name", name): (name, member) for name, member in shape.members.items()
        if member.serialization.get("location") in (None,)
    }


def _from_json(shape, value):
    if isinstance(value, dict) and shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        members, given = _in_body(shape), {}
        for key, item in value.items():
            name, member = members.get(key, (Unknown(key), None))
            if item is not None:
                given[name] = _from_json(member, item) if member else item
        return given
    if isinstance(value, dict) and shape.type_name == "map":
        return {key: _from_json(shape.value, item) for key, item in value.items() if item is not None}
    if isinstance(value, list) and shape.type_name == "list":
        return [_from_json(shape.member, item) for item in value]
    return _from_text(shape, value) if shape.type_name == "blob" and isinstance(value, str) else value


def _local(element) -> str:
    return element.tag.rpartition("}")[2]


def _from_xml(shape, element):
    if shape.type_name == "structure":
        members = {}
        for name, member in shape.members.items():
            wire = member.serialization.get("name", name)
            if member.type_name == "list" and member.serialization.get("flattened"):
                wire = member.member.serialization.get("name", wire)
            if member.serialization.get("location") is None:
                members[wire] = (name, member)
        given = {}
        for child in element:
            name, member = members.get(_local(child), (Unknown(_local(child)), None))
            if member is None:
                given[name] = child.text
            elif member.type_name == "list" and member.serialization.get("flattened"):
                given.setdefault(name, []).append(_from_xml(member.member, child))
            elif member.type_name == "map" and member.serialization.get("flattened"):
                given.setdefault(name, {}).update(_entry(member, child))
            else:
                given[name] = _from_xml(member, child)
        for wire, (name, member) in members.items():
            if member.serialization.get("xmlAttribute"):
                found = [value for key, value in element.attrib.items() if key.rpartition("}")[2] == wire.rpartition(":")[2]]
                given.update({name: value for value in found})
        return given
    if shape.type_name == "list":
        wire = shape.member.serialization.get("name", "member")
        return [_from_xml(shape.member, child) if _local(child) == wire else Unknown(_local(child)) for child in element]
    if shape.type_name == "map":
        given = {}
        for child in element:
            given.update(_entry(shape, child))
        return given
    return _from_text(shape, element.text or "")


def _entry(shape, element) -> dict:
    by_name = {_local(child): child for child in element}
    key = by_name[shape.key.serialization.get("name", "key")]
    value = by_name[shape.value.serialization.get("name", "value")]
    return {key.text or "": _from_xml(shape.value, value)}


def _nested(pairs: list) -> dict:
    """A form's names, split at their dots."""
    tree = {}
    for key, value in pairs:
        node, parts = tree, key.split(".")
        for part in parts[:-1]:
            node = node.setdefault(part, {})
        node[parts[-1]] = value
    return tree


def _from_form(shape, node):
    if shape.type_name == "structure":
        members, given = {}, {}
        for name, member in shape.members.items():
            wire = member.serialization.get("name", name)
            if member.type_name == "list" and member.serialization.get("flattened"):
                wire = member.member.serialization.get("name", wire)
            members[wire] = (name, member)
        for key, item in node.items():
            name, member = members.get(key, (Unknown(key), None))
            given[name] = _from_form(member, item) if member else item
        return given
    if shape.type_name == "list":
        if node == "":
            return []
        items = node if shape.serialization.get("flattened") else node[shape.member.serialization.get("name", "member")]
        return [_from_form(shape.member, items[key]) for key in sorted(items, key=int)]
    if shape.type_name == "map":
        entries = node if shape.serialization.get("flattened") else node["entry"]
        key, value = shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")
        return {entry[key]: _from_form(shape.value, entry[value]) for entry in entries.values()}
    return _from_text(shape, node)


def _from_text(shape, text: str):
    """A scalar that is text on the wire."""
    try:
        if shape.type_name in INTEGERS:
            return int(text)
        if shape.type_name in NUMBERS:
            return float(text)
        if shape.type_name == "blob":
            return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return text
    if shape.type_name == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return text
