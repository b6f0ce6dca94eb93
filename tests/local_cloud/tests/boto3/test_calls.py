"""Calls that the command line places, modules and views that boto3 makes."""

import json
import pathlib
import subprocess
import tempfile
import unittest
import uuid

from cloud import VMX_LOCAL, client, new_name, refused, vmx_local
from contact_center import action, end, flow, instance, say


def module(*actions):
    return json.dumps(json.loads(flow(*actions)) | {"Settings": {}})


def ends_module(**parameters):
    return {"Identifier": "return", "Type": "EndFlowModuleExecution", "Parameters": parameters, "Transitions": {}}


class Calls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.connect = client("connect")
        cls.instance = instance()
        cls.id = cls.instance["Id"]
        queues = cls.connect.list_queues(InstanceId=cls.id)["QueueSummaryList"]
        cls.queue = next(queue for queue in queues if queue.get("Name") == "Support")

    def publish(self, *actions):
        name = new_name("flow")
        self.connect.create_contact_flow(
            InstanceId=self.id, Name=name, Type="CONTACT_FLOW", Content=flow(*actions))
        return name

    def script(self, text):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        path = pathlib.Path(directory.name, "script.yaml")
        path.write_text(text, encoding="utf-8")
        return path

    def test_a_script_is_followed_until_an_agent_hangs_up(self):
        name = self.publish(
            action("target", "UpdateContactTargetQueue", {"QueueId": self.queue["Id"]}, "note", "NoMatchingError"),
            action("note", "UpdateContactAttributes", {"Attributes": {"who": "$.CustomerEndpoint.Address"}}, "transfer",
                   "NoMatchingError"),
            action("transfer", "TransferContactToQueue", {}, "end", "QueueAtCapacity", "NoMatchingError"),
            end())
        script = self.script(f"""\
from: "+15555550177"
flow: {name}
steps:
  - hear: stay on the line
  - agent-answers: {{after: 1.5, agent: agent.one}}
  - wait: 20
  - agent-hangs-up
""")
        report = vmx_local("call", "--script", str(script))
        self.assertIn("agent   agent.one answers", report)
        self.assertIn("agent.one took the call from the queue Support; the agent hung up", report)
        self.assertIn("attribute who = +15555550177", report)
        # The command line goes before the script.
        report = vmx_local("call", "--script", str(script), "--from", "+15555550178")
        self.assertIn("attribute who = +15555550178", report)

    def test_a_script_with_a_mistake_says_where(self):
        script = self.script("steps:\n  - beep\n  - dance: 1\n")
        failed = subprocess.run([VMX_LOCAL, "call", "--script", script], capture_output=True, text=True, timeout=60)
        self.assertEqual(failed.returncode, 1)
        self.assertIn("line 3", failed.stderr)
        self.assertIn("a step is wait:SECONDS, beep", failed.stderr)

    def test_a_module_is_made_run_changed_and_deleted(self):
        name = new_name("module")
        made = self.connect.create_contact_flow_module(
            InstanceId=self.id, Name=name, Content=module(ends_module(Result="First")), Tags={"vmx:stack": "test"})
        which = {"InstanceId": self.id, "ContactFlowModuleId": made["Id"]}
        run = action("run", "InvokeFlowModule", {"FlowModuleId": made["Arn"]}, "say", "NoMatchingError")
        caller = self.publish(run, say("say", "$.Modules.Result", "end"), end())
        self.assertIn("“First”", vmx_local("call", "--flow", caller, "hear:First"))
        self.connect.update_contact_flow_module_content(**which, Content=module(ends_module(Result="Second")))
        self.assertIn("“Second”", vmx_local("call", "--flow", caller, "hear:Second"))
        described = self.connect.describe_contact_flow_module(**which)["ContactFlowModule"]
        self.assertEqual((described["Name"], described["Tags"]), (name, {"vmx:stack": "test"}))
        self.assertEqual(self.connect.list_tags_for_resource(resourceArn=made["Arn"])["tags"], described["Tags"])
        listed = self.connect.list_contact_flow_modules(InstanceId=self.id)["ContactFlowModulesSummaryList"]
        self.assertIn(made["Arn"], [summary["Arn"] for summary in listed])
        with refused(self, "InvalidContactFlowModuleException") as context:
            self.connect.update_contact_flow_module_content(**which, Content=flow(end()))
        self.assertTrue(context.exception.response["Problems"][0]["message"])
        self.connect.delete_contact_flow_module(**which)
        with refused(self, "ResourceNotFoundException"):
            self.connect.describe_contact_flow_module(**which)

    def test_a_view_is_made_changed_and_deleted(self):
        content = {"Template": json.dumps({"Head": {"Title": "Voicemail"}, "Body": []}), "Actions": ["Done"]}
        made = self.connect.create_view(
            InstanceId=self.id, Name=new_name("view"), Status="PUBLISHED", Content=content)["View"]
        which = {"InstanceId": self.id, "ViewId": made["Id"]}
        self.assertEqual(self.connect.describe_view(**which)["View"]["Content"], content)
        changed = content | {"Actions": ["Done", "Later"]}
        self.connect.update_view_content(**which, Status="PUBLISHED", Content=changed)
        latest = self.connect.describe_view(InstanceId=self.id, ViewId=made["Id"] + ":$LATEST")["View"]
        self.assertEqual((latest["Content"], latest["Arn"]), (changed, made["Arn"]))
        own = self.connect.list_views(InstanceId=self.id, Type="CUSTOMER_MANAGED")["ViewsSummaryList"]
        self.assertIn(made["Id"], [view["Id"] for view in own])
        self.connect.delete_view(**which)
        with refused(self, "ResourceNotFoundException"):
            self.connect.describe_view(InstanceId=self.id, ViewId=str(uuid.uuid4()))


if __name__ == "__main__":
    unittest.main()
