"""Prints the regions of a partition that have Amazon Connect, by CloudFormation's schemas of each region. Fails if the
regions that preflight knows, which are botocore's, have another.

python regions.py aws
"""

import json
import sys
from pathlib import Path

from cfnlint.helpers import REGIONS
from cfnlint.schema import ResourceNotFoundError
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

PARTITIONS = {"us-gov-": "aws-us-gov", "cn-": "aws-cn", "us-iso": "closed", "eu-iso": "closed", "eusc-": "closed"}


def partition(region):
    return next((name for prefix, name in PARTITIONS.items() if region.startswith(prefix)), "aws")


def has_connect(region):
    try:
        PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, "AWS::Connect::Instance")
    except ResourceNotFoundError:
        return False
    return True


found = [region for region in REGIONS if partition(region) == sys.argv[1] and has_connect(region)]
data = Path(__file__).parent.parent / "installer/engine/src/preflight/regions.json"
known = json.loads(data.read_text(encoding="utf-8"))["connect"]
if missing := {region for region in known if partition(region) == sys.argv[1]} - set(found):
    sys.exit(f"{data}: CloudFormation's schemas have no Amazon Connect in {', '.join(sorted(missing))}")
print(*found)
