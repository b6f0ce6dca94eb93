"""The regions that preflight knows are those of botocore's data.

`UPDATE=1` writes its list anew.
"""

import json
import os
import unittest
from pathlib import Path

import botocore
from botocore.loaders import Loader

REGIONS = Path(__file__).parents[3] / "installer/engine/src/preflight/regions.json"


def regions_of(service: str) -> list[str]:
    """A service's regions in all partitions, without endpoints of another kind, such as those for FIPS."""
    partitions = Loader().load_data("endpoints")["partitions"]
    endpoints = (
        (name, partition["regions"]) for partition in partitions
        for name in partition["services"].get(service, {}).get("endpoints", {})
    )
    return sorted(name for name, known in endpoints if name in known)


class Regions(unittest.TestCase):
    maxDiff = None

    def test_the_list_is_botocores(self) -> None:
        published = {"source": f"endpoints.json of botocore {botocore.__version__}"}
        published |= {service: regions_of(service) for service in ("connect", "kinesisvideo", "transcribe")}
        if os.environ.get("UPDATE") == "1":
            REGIONS.write_text(json.dumps(published, indent=4) + "\n", encoding="utf-8")
        self.assertEqual(json.loads(REGIONS.read_text(encoding="utf-8")), published)
        self.assertGreater(len(published["connect"]), 10)

    def test_every_region_of_connect_has_the_others(self) -> None:
        for service in ("kinesisvideo", "transcribe"):
            self.assertEqual(set(regions_of("connect")) - set(regions_of(service)), set(), service)


if __name__ == "__main__":
    unittest.main()
