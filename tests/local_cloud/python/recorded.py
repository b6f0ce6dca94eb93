"""Holds recorded requests and answers against the services' published models.

    RECORD_CALLS=FOLDER cargo test --workspace
    python recorded.py FOLDER

The functions' tests and the simulation answer requests themselves, and record them there.
"""

import json
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

# Where the models record what they find, for the local cloud.
os.environ["LOCAL_CLOUD_CONTROL"] = tempfile.mkdtemp()

import models  # noqa: E402
import wire  # noqa: E402


def violations(line: str) -> list[str]:
    call = json.loads(line)
    request = wire.Request(call["service"], call["method"], call["path"], call["query"], dict(call["headers"]),
                           call["body"].encode("latin-1"))
    if call["answer"] is None:
        return models.check_request(request)
    status, headers, body = call["answer"]
    return models.check_answer(request, status, {name.lower(): value for name, value in headers}, body.encode("latin-1"))


def main(folder: str) -> int:
    found, held = Counter(), 0
    for path in sorted(Path(folder).glob("*.jsonl")):
        program = path.name.split("-")[0]
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                held += 1
                found.update(f"{program}: {violation}" for violation in violations(line))
    for violation, times in found.most_common():
        print(f"{violation} ({times} times)")
    print(f"{held} requests and answers, {len(found)} violations of the services' published models")
    return 0 if held and not found else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
