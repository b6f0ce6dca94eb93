"""Prints the regions of a partition that have Amazon Connect, by CloudFormation's schemas of each region.

python regions.py aws
"""

import sys

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


print(*[region for region in REGIONS if partition(region) == sys.argv[1] and has_connect(region)])
