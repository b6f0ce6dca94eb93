"""Connect as boto3 sees it."""

import io
import json
import unittest
import uuid
import zipfile

from cloud import allow, client, document, new_name, refused, role
from contact_center import end, flow, instance, say


class Connect(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.connect = client("connect")
        cls.instance = instance()
        cls.id = cls.instance["Id"]

    def publish(self, **changes):
        request = {"InstanceId": self.id, "Name": new_name("flow"), "Type": "CONTACT_FLOW",
                   "Content": flow(say("hello", "Hello.", "end"), end())}
        return self.connect.create_contact_flow(**(request | changes))

    def test_the_instance_has_what_a_contact_center_needs(self):
        described = self.connect.describe_instance(InstanceId=self.id)["Instance"]
        self.assertEqual((described["Arn"], described["InstanceStatus"]), (self.instance["Arn"], "ACTIVE"))
        queues = self.connect.list_queues(InstanceId=self.id, QueueTypes=["STANDARD"])["QueueSummaryList"]
        queue = self.connect.describe_queue(InstanceId=self.id, QueueId=queues[0]["Id"])["Queue"]
        self.assertEqual(queue["QueueArn"], queues[0]["Arn"])
        (user,) = self.connect.list_users(InstanceId=self.id)["UserSummaryList"]
        self.assertEqual(self.connect.describe_user(InstanceId=self.id, UserId=user["Id"])["User"]["Id"], user["Id"])
        criteria = {"StringCondition": {
            "FieldName": "username", "Value": user["Username"], "ComparisonType": "EXACT"}}
        found = self.connect.search_users(InstanceId=self.id, SearchCriteria=criteria)["Users"]
        self.assertEqual([u["Username"] for u in found], [user["Username"]])
        numbers = self.connect.list_phone_numbers_v2(InstanceId=self.id)["ListPhoneNumbersSummaryList"]
        self.assertTrue(numbers[0]["PhoneNumber"].startswith("+"))
        with refused(self, "ResourceNotFoundException"):
            self.connect.describe_queue(InstanceId=self.id, QueueId=str(uuid.uuid4()))

    def test_lists_come_in_pages(self):
        every = self.connect.list_queues(InstanceId=self.id)["QueueSummaryList"]
        pages = self.connect.get_paginator("list_queues").paginate(
            InstanceId=self.id, PaginationConfig={"PageSize": 1})
        pages = list(pages)
        self.assertEqual([queue for page in pages for queue in page["QueueSummaryList"]], every)
        self.assertEqual(len(pages), len(every))

    def test_storage_is_associated_listed_and_taken_away(self):
        name = new_name("records")
        kinesis = client("kinesis")
        kinesis.create_stream(StreamName=name, ShardCount=1)
        arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
        kind = {"InstanceId": self.id, "ResourceType": "AGENT_EVENTS"}
        config = {"StorageType": "KINESIS_STREAM", "KinesisStreamConfig": {"StreamArn": arn}}
        association = self.connect.associate_instance_storage_config(**kind, StorageConfig=config)["AssociationId"]
        (listed,) = self.connect.list_instance_storage_configs(**kind)["StorageConfigs"]
        self.assertEqual((listed["AssociationId"], listed["KinesisStreamConfig"]["StreamArn"]), (association, arn))
        with refused(self, "ResourceConflictException"):
            self.connect.associate_instance_storage_config(**kind, StorageConfig=config)
        self.connect.disassociate_instance_storage_config(**kind, AssociationId=association)
        self.assertEqual(self.connect.list_instance_storage_configs(**kind)["StorageConfigs"], [])

    def test_a_flow_is_created_changed_and_deleted(self):
        name = new_name("flow")
        created = self.publish(Name=name, Tags={"vmx:stack": "test"})
        which = {"InstanceId": self.id, "ContactFlowId": created["ContactFlowId"]}
        described = self.connect.describe_contact_flow(**which)["ContactFlow"]
        self.assertEqual((described["Name"], described["Tags"]), (name, {"vmx:stack": "test"}))
        content = flow(say("goodbye", "Goodbye.", "end"), end())
        self.connect.update_contact_flow_content(**which, Content=content)
        described = self.connect.describe_contact_flow(**which)["ContactFlow"]
        self.assertEqual(json.loads(described["Content"]), json.loads(content))
        self.connect.update_contact_flow_metadata(**which, Description="changed")
        self.assertEqual(self.connect.describe_contact_flow(**which)["ContactFlow"]["Description"], "changed")
        listed = self.connect.list_contact_flows(InstanceId=self.id)["ContactFlowSummaryList"]
        self.assertIn(name, [f["Name"] for f in listed])
        self.assertEqual(self.connect.list_tags_for_resource(resourceArn=created["ContactFlowArn"])["tags"],
                         {"vmx:stack": "test"})
        with refused(self, "DuplicateResourceException"):
            self.publish(Name=name)
        self.connect.delete_contact_flow(**which)
        with refused(self, "ResourceNotFoundException"):
            self.connect.describe_contact_flow(**which)

    def test_a_flow_is_found_by_its_tag_whatever_its_name(self):
        mark = new_name("mark")
        flow_id = self.publish(Tags={"mark": mark})["ContactFlowId"]
        self.connect.update_contact_flow_name(
            InstanceId=self.id, ContactFlowId=flow_id, Name=new_name("renamed"))
        by_tag = {"TagFilter": {"TagCondition": {"TagKey": "mark", "TagValue": mark}}}
        found = self.connect.search_contact_flows(
            InstanceId=self.id, SearchFilter=by_tag, SearchCriteria={"TypeCondition": "CONTACT_FLOW"})
        (only,) = found["ContactFlows"]
        self.assertEqual((only["Id"], only["Tags"], only["Status"]), (flow_id, {"mark": mark}, "PUBLISHED"))
        self.assertEqual(found["ApproximateTotalCount"], 1)
        of_another_type = self.connect.search_contact_flows(
            InstanceId=self.id, SearchFilter=by_tag, SearchCriteria={"TypeCondition": "CUSTOMER_QUEUE"})
        self.assertEqual(of_another_type["ContactFlows"], [])
        pages = self.connect.get_paginator("search_contact_flows").paginate(
            InstanceId=self.id, PaginationConfig={"PageSize": 1})
        every = self.connect.list_contact_flows(InstanceId=self.id)["ContactFlowSummaryList"]
        self.assertEqual(sum(len(page["ContactFlows"]) for page in pages), len(every))
        wrong = {"StringCondition": {"FieldName": "color", "Value": "x", "ComparisonType": "EXACT"}}
        with refused(self, "InvalidParameterException"):
            self.connect.search_contact_flows(InstanceId=self.id, SearchCriteria=wrong)
        self.connect.delete_contact_flow(InstanceId=self.id, ContactFlowId=flow_id)

    def test_numbers_tell_their_flows(self):
        number = self.connect.list_phone_numbers_v2(InstanceId=self.id)["ListPhoneNumbersSummaryList"][0]
        made = self.publish()
        listed = lambda: {
            one["ResourceId"]: one["FlowId"]
            for page in self.connect.get_paginator("list_flow_associations").paginate(
                InstanceId=self.id, ResourceType="VOICE_PHONE_NUMBER")
            for one in page["FlowAssociationSummaryList"]}
        first = listed()[number["PhoneNumberArn"]]
        self.connect.associate_phone_number_contact_flow(
            PhoneNumberId=number["PhoneNumberId"], InstanceId=self.id, ContactFlowId=made["ContactFlowId"])
        self.assertEqual(listed()[number["PhoneNumberArn"]], made["ContactFlowArn"])
        with refused(self, "InvalidRequestException"):
            self.connect.delete_contact_flow(InstanceId=self.id, ContactFlowId=made["ContactFlowId"])
        self.connect.associate_phone_number_contact_flow(
            PhoneNumberId=number["PhoneNumberId"], InstanceId=self.id, ContactFlowId=first)
        self.connect.delete_contact_flow(InstanceId=self.id, ContactFlowId=made["ContactFlowId"])
        of_emails = self.connect.list_flow_associations(InstanceId=self.id, ResourceType="INBOUND_EMAIL")
        self.assertEqual(of_emails["FlowAssociationSummaryList"], [])

    def test_an_invalid_flow_is_refused_with_its_problems(self):
        broken = flow({"Identifier": "a", "Type": "MessageParticipant", "Parameters": {"Text": "x"}, "Transitions": {}})
        with refused(self, "InvalidContactFlowException") as context:
            self.publish(Content=broken)
        problems = [problem["message"] for problem in context.exception.response["problems"]]
        self.assertIn("Actions[0].Transitions.NextAction", " ".join(problems))
        self.publish(Content=broken, Status="SAVED")

    def test_functions_are_associated(self):
        name, archive = new_name("function"), io.BytesIO()
        with zipfile.ZipFile(archive, "w") as zipped:
            zipped.writestr("bootstrap", "")
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
        executor = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
        arn = client("lambda").create_function(
            FunctionName=name, Runtime="provided.al2023", Handler="bootstrap", Role=executor,
            Code={"ZipFile": archive.getvalue()})["FunctionArn"]
        listed = lambda: self.connect.list_lambda_functions(InstanceId=self.id)["LambdaFunctions"]
        self.connect.associate_lambda_function(InstanceId=self.id, FunctionArn=arn)
        self.assertIn(arn, listed())
        self.connect.disassociate_lambda_function(InstanceId=self.id, FunctionArn=arn)
        self.assertNotIn(arn, listed())
        with refused(self, "InvalidRequestException"):
            self.connect.associate_lambda_function(InstanceId=self.id, FunctionArn=arn + "-nothing")

    def test_a_task_is_started_once(self):
        task_flow = self.publish()["ContactFlowId"]
        request = {
            "InstanceId": self.id, "ContactFlowId": task_flow, "Name": "Voicemail", "ClientToken": new_name("token"),
            "References": {"Recording": {"Type": "URL", "Value": "https://example.com/recording.wav"}},
            "Attributes": {"vm_from": "+15555550100"},
        }
        first, second = (self.connect.start_task_contact(**request)["ContactId"] for _ in range(2))
        self.assertEqual(first, second)
        other = self.connect.start_task_contact(**(request | {"ClientToken": new_name("token")}))["ContactId"]
        self.assertNotEqual(first, other)

        attributes = {"InstanceId": self.id, "InitialContactId": first}
        self.assertEqual(self.connect.get_contact_attributes(**attributes)["Attributes"], request["Attributes"])
        self.connect.update_contact_attributes(**attributes, Attributes={"vm_flag": "0"})
        self.assertEqual(self.connect.get_contact_attributes(**attributes)["Attributes"],
                         {"vm_from": "+15555550100", "vm_flag": "0"})
        contact = self.connect.describe_contact(InstanceId=self.id, ContactId=first)["Contact"]
        self.assertEqual((contact["Channel"], contact["Name"]), ("TASK", "Voicemail"))

    def test_permissions_are_those_of_the_instance(self):
        described = lambda resource: client("connect", role(
            allow("connect:DescribeInstance", resource), allow("ds:DescribeDirectories", "*")))
        described(self.instance["Arn"]).describe_instance(InstanceId=self.id)
        with refused(self, "AccessDeniedException", "connect:DescribeInstance"):
            described(self.instance["Arn"] + "x").describe_instance(InstanceId=self.id)


if __name__ == "__main__":
    unittest.main()
