"""The local cloud asks for the actions that those of Amazon Connect depend on, as the Service Authorization Reference says.

`UPDATE=1` writes its list anew.
"""

import json
import os
import re
import unittest
from pathlib import Path

import aws

CONNECT = Path(__file__).parents[2] / "local_cloud/src/connect"


class LocalCloud(unittest.TestCase):
    def test_dependent_actions_are_those_of_the_reference(self) -> None:
        source = (CONNECT / "operation.rs").read_text(encoding="utf-8")
        operations = re.findall(r"^    (\w+),$", source.partition("enum Operation {")[2].partition("}")[0], re.M)
        self.assertGreater(len(operations), 50)
        reference = {name: sorted(aws.dependent(f"connect:{name}")) for name in operations}
        reference = {name: actions for name, actions in reference.items() if actions}
        path = CONNECT / "dependent.json"
        if os.environ.get("UPDATE") == "1":
            path.write_text(json.dumps(reference, indent=4) + "\n", encoding="utf-8")
        self.assertEqual(json.loads(path.read_text(encoding="utf-8")), reference)


if __name__ == "__main__":
    unittest.main()
