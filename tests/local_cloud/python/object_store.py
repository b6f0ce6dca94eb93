"""Where MiniStack's S3 is more lenient than AWS's, and how that is closed: tags, conditional writes, objects not there.

Sources: the Amazon S3 user guide ("Enforce conditional writes", "Managing object tags") and API reference
(CreateMultipartUpload, GetObject, HeadObject), and the service authorization reference of Amazon S3.
"""

from urllib.parse import parse_qsl

from ministack.core import iam_actions, iam_evaluator
from ministack.services import s3

ARN = "arn:aws:s3:::"

# Where an upload in parts keeps the tags that it was created with.
TAGS = "local_cloud_tags"

# The calls that tell only who has s3:ListBucket that an object is not there.
READS = ("s3:GetObject", "s3:GetObjectTagging")


def install(replace) -> None:
    """Puts these in the place of MiniStack's."""
    _tag_multipart_uploads(replace)
    _count_tags_of_heads(replace)
    _authorize_tags(replace)
    _tell_conditions_of_writes(replace)
    _hide_missing_objects(replace)


def _tags(headers: dict) -> dict:
    return dict(parse_qsl(headers.get("x-amz-tagging", ""), keep_blank_values=True))


def _tag_multipart_uploads(replace) -> None:
    """MiniStack forgets the tags of an upload in parts."""

    def create_tagged(bucket_name, key, headers):
        before = set(s3._multipart_uploads)
        answer = create(bucket_name, key, headers)
        for upload in set(s3._multipart_uploads) - before:
            s3._multipart_uploads[upload][TAGS] = _tags(headers)
        return answer

    def complete_tagged(bucket_name, key, body, query_params, headers=None):
        upload = s3._multipart_uploads.get(s3._qp(query_params, "uploadId")) or {}
        answer = complete(bucket_name, key, body, query_params, headers)
        if answer[0] == 200 and upload.get(TAGS):
            version = s3._buckets[bucket_name]["objects"][key].get("version_id")
            s3._object_tags[(bucket_name, key, version)] = upload[TAGS]
        return answer

    create = replace(s3, "_create_multipart_upload", create_tagged, ["bucket_name", "key", "headers"])
    complete = replace(s3, "_complete_multipart_upload", complete_tagged,
                       ["bucket_name", "key", "body", "query_params", "headers"])


def _count_tags_of_heads(replace) -> None:
    """MiniStack's HeadObject does not count tags."""

    def head_counted(bucket_name, key, headers=None, query_params=None):
        status, answer, body = head(bucket_name, key, headers, query_params)
        if status == 200:
            version = answer.get("x-amz-version-id")
            answer = {**answer, **s3._object_tagging_count_header(bucket_name, key, version)}
        return status, answer, body

    head = replace(s3, "_head_object", head_counted, ["bucket_name", "key", "headers", "query_params"])


def _authorize_tags(replace) -> None:
    """MiniStack lets whoever may write an object tag it as well. A copy takes the tags along, and may only do that for
    who may read and write them."""

    def checks_with_tags(method, path, headers, body, query_params):
        checks = original(method, path, headers, body, query_params)
        action = iam_actions._s3_action(method, path, query_params)
        if action != "PutObject" or iam_actions._query_param(query_params, "uploadId"):
            return checks
        source = iam_actions._s3_source_object(headers)
        replaced = headers.get("x-amz-tagging-directive", "COPY").upper() == "REPLACE"
        if source and not replaced:
            name, _, key = source[0].removeprefix(ARN).partition("/")
            tagged = s3.object_tags_for_condition(name, key, {})
            if tagged:
                checks.append(("s3:GetObjectTagging", source[0]))
        else:
            tagged = _tags(headers)
        if tagged:
            checks.append(("s3:PutObjectTagging", ARN + path.lstrip("/")))
        return checks

    original = replace(iam_actions, "s3_additional_checks", checks_with_tags,
                       ["method", "path", "headers", "body", "query_params"])


def write_conditions(headers: dict, query_params: dict) -> dict:
    """The condition keys of a write about conditional headers and about tags."""
    upload = iam_actions._query_param(query_params, "uploadId")
    part = iam_actions._query_param(query_params, "partNumber")
    # What makes no object yet takes no conditional header.
    creates = "uploads" not in query_params and not (upload and part)
    conditions = {"s3:ObjectCreationOperation": str(creates).lower()}
    for header in ("if-none-match", "if-match"):
        if headers.get(header):
            conditions[f"s3:{header}"] = headers[header]
    tags = _tags(headers)
    if tags:
        conditions["s3:RequestObjectTagKeys"] = list(tags)
    return conditions | {f"s3:RequestObjectTag/{name}": value for name, value in tags.items()}


def _tell_conditions_of_writes(replace) -> None:
    """MiniStack's policies know nothing of conditional writes."""

    def context_with_conditions(iam_action, query_params, path="", headers=None):
        context = original(iam_action, query_params, path, headers)
        if iam_action == "s3:PutObject":
            context = context | write_conditions(headers or {}, query_params or {})
        return context

    original = replace(iam_actions, "s3_service_context", context_with_conditions,
                       ["iam_action", "query_params", "path", "headers"])


def _hide_missing_objects(replace) -> None:
    """MiniStack tells everybody who may read an object that it is not there; AWS only who may list the bucket."""

    def enforce(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        denied = original(access_key_id, iam_action, service, region, resource_arn, service_context)
        if denied is not None or iam_action not in READS:
            return denied
        name, _, key = resource_arn.removeprefix(ARN).partition("/")
        bucket = s3._buckets.get(name)
        if bucket is None or not key or key in bucket["objects"]:
            return None
        return original(access_key_id, "s3:ListBucket", service, region, ARN + name, {})

    parameters = ["access_key_id", "iam_action", "service", "region", "resource_arn", "service_context"]
    original = replace(iam_evaluator, "enforce", enforce, parameters)
