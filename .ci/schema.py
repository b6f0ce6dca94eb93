"""A second opinion on the JSON Schema of the parameters, besides the tests of our own.

    schema.py SCHEMA FILE...

The schema must be one by its meta-schema, every file must be valid by it, and files with one fault each must be
refused for just that fault.
"""

import copy
import json
import sys

import yaml
from jsonschema import validators

# Each fault: what is set in the least file, and where the validator must find it.
FAULTS = [
    ({"version": 2}, ["version"]),
    ({"version": "1"}, ["version"]),
    ({"region": 7}, ["region"]),
    ({"instance": None}, ["instance"]),
    ({"no_such_key": True}, []),
    ({"default_language": "german"}, ["default_language"]),
    ({"log_level": "loud"}, ["log_level"]),
    ({"flow_logging": "yes"}, ["flow_logging"]),
    ({"longest_message_seconds": 0}, ["longest_message_seconds"]),
    ({"retention": {"recordings_days": 3654}}, ["retention", "recordings_days"]),
    ({"retention": {"logs_days": 2}}, ["retention", "logs_days"]),
    ({"retention": {"days": 1}}, ["retention"]),
    ({"languages": {"de-DE": {"greetings": "x"}}}, ["languages", "de-DE"]),
    ({"flows": {"test_line": 1}}, ["flows", "test_line"]),
    ({"tags": {"a": 1}}, ["tags", "a"]),
    ({"stack": "no spaces here"}, ["stack"]),
    ({"migrate_from": "no spaces here"}, ["migrate_from"]),
    ({"kms_key": "alias/mine"}, ["kms_key"]),
    ({"iam": {"path": "voicemail"}}, ["iam", "path"]),
    ({"iam": {"permissions_boundary": "boundary"}}, ["iam", "permissions_boundary"]),
    ({"buckets": {"archive_after_days": -1}}, ["buckets", "archive_after_days"]),
    ({"buckets": {"access_logs_bucket": "Logs"}}, ["buckets", "access_logs_bucket"]),
]
LEAST = {"version": 1, "region": "eu-central-1", "instance": "my-contact-center"}


def check(schema: dict, files: list[str]) -> list[str]:
    """Everything that is not as it must be, one line each."""
    kind = validators.validator_for(schema, default=None)
    if kind is None:
        return [f"the schema names no draft that is known: {schema.get('$schema')}"]
    kind.check_schema(schema)
    validator = kind(schema)
    wrong = []
    for file in files:
        with open(file, encoding="utf-8") as stream:
            found = list(validator.iter_errors(yaml.safe_load(stream)))
        wrong += [f"{file} is refused at {list(error.absolute_path)}: {error.message}" for error in found]
    for name in LEAST:
        if validator.is_valid({key: value for key, value in LEAST.items() if key != name}):
            wrong.append(f"a file without {name} is taken")
    for fault, place in FAULTS:
        found = [list(error.absolute_path) for error in validator.iter_errors(copy.deepcopy(LEAST) | fault)]
        if not found:
            wrong.append(f"{fault} is taken")
        elif any(path[: len(place)] != place for path in found):
            wrong.append(f"{fault} is refused at {found}, not at {place}")
    return wrong


def main() -> int:
    schema, *files = sys.argv[1:]
    if not files:
        print("schema.py SCHEMA FILE...", file=sys.stderr)
        return 2
    with open(schema, encoding="utf-8") as stream:
        wrong = check(json.load(stream), files)
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{len(files)} files are valid by the schema, {len(FAULTS) + len(LEAST)} wrong ones are refused"
          if not wrong else f"{len(wrong)} things are wrong with the schema")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
