"""Kinesis Video Streams as boto3 sees them, after a call that was placed on the command line."""

import datetime
import json
import os
import unittest

import boto3

from cloud import ONCE, REGION, VOICES, client, eventually, new_name, refused, vmx_local
from contact_center import instance, recording_flow

VOICE = os.path.join(VOICES, "amiable_woman.wav")


class KinesisVideo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """Places a call whose caller is streamed, and keeps its contact record."""
        connect, kinesis, id = client("connect"), client("kinesis"), instance()["Id"]
        records = new_name("records")
        kinesis.create_stream(StreamName=records, ShardCount=1)
        arn = kinesis.describe_stream_summary(StreamName=records)["StreamDescriptionSummary"]["StreamARN"]
        key = client("kms").create_key()["KeyMetadata"]["Arn"]
        media = {"StorageType": "KINESIS_VIDEO_STREAM", "KinesisVideoStreamConfig": {
            "Prefix": "calls", "RetentionPeriodHours": 24, "EncryptionConfig": {"EncryptionType": "KMS", "KeyId": key}}}
        for kind, config in (
            ("MEDIA_STREAMS", media),
            ("CONTACT_TRACE_RECORDS",
             {"StorageType": "KINESIS_STREAM", "KinesisStreamConfig": {"StreamArn": arn}}),
        ):
            association = connect.associate_instance_storage_config(
                InstanceId=id, ResourceType=kind, StorageConfig=config)["AssociationId"]
            cls.addClassCleanup(connect.disassociate_instance_storage_config,
                                InstanceId=id, ResourceType=kind, AssociationId=association)
        flow = connect.create_contact_flow(
            InstanceId=id, Name=new_name("recording"), Type="CONTACT_FLOW", Content=recording_flow())
        report = vmx_local("call", "--flow", flow["ContactFlowId"], "--from", "+15555550100", "--speak", VOICE)
        cls.contact = report.split()[1]
        shard = kinesis.list_shards(StreamName=records)["Shards"][0]["ShardId"]
        iterator = kinesis.get_shard_iterator(
            StreamName=records, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        found = eventually(lambda: kinesis.get_records(ShardIterator=iterator)["Records"])
        cls.record = json.loads(found[0]["Data"])
        cls.recording = cls.record["Recordings"][0]
        cls.stream = cls.recording["Location"]

    def archived(self, operation):
        """A client of the endpoint that the stream's data are at."""
        endpoint = client("kinesisvideo").get_data_endpoint(StreamARN=self.stream, APIName=operation)["DataEndpoint"]
        return boto3.client("kinesis-video-archived-media", endpoint_url=endpoint, region_name=REGION, config=ONCE)

    def fragments(self, page_size):
        media = self.archived("LIST_FRAGMENTS")
        # The record's times have a precision of one second.
        start, stop = (datetime.datetime.fromisoformat(self.recording[name].replace("Z", "+00:00"))
                       for name in ("StartTimestamp", "StopTimestamp"))
        second = datetime.timedelta(seconds=1)
        window = {"StartTimestamp": start - second, "EndTimestamp": stop + second}
        selector = {"FragmentSelectorType": "SERVER_TIMESTAMP", "TimestampRange": window}
        pages = media.get_paginator("list_fragments").paginate(
            StreamARN=self.stream, FragmentSelector=selector, PaginationConfig={"PageSize": page_size})
        return [page["Fragments"] for page in pages]

    def test_the_contact_record_names_the_recording(self):
        self.assertEqual(self.record["ContactId"], self.contact)
        self.assertEqual(self.record["CustomerEndpoint"]["Address"], "+15555550100")
        self.assertEqual(self.recording["StorageType"], "KINESIS_VIDEO_STREAM")
        described = client("kinesisvideo").describe_stream(StreamARN=self.stream)["StreamInfo"]
        self.assertEqual((described["StreamARN"], described["DataRetentionInHours"]), (self.stream, 24))

    def test_fragments_are_listed_in_pages_and_fetched(self):
        pages = self.fragments(page_size=2)
        self.assertGreater(len(pages), 1)
        self.assertTrue(all(len(page) <= 2 for page in pages), pages)
        numbers = [fragment["FragmentNumber"] for page in pages for fragment in page]
        self.assertEqual(len(set(numbers)), len(numbers))
        self.assertIn(self.recording["FragmentStartNumber"], numbers)
        self.assertIn(self.recording["FragmentStopNumber"], numbers)
        media = self.archived("GET_MEDIA_FOR_FRAGMENT_LIST").get_media_for_fragment_list(
            StreamARN=self.stream, Fragments=sorted(numbers, key=int))
        self.assertEqual(media["ContentType"], "video/webm")
        payload = media["Payload"].read()
        self.assertEqual(payload[:4], b"\x1a\x45\xdf\xa3")
        self.assertIn(b"AUDIO_FROM_CUSTOMER", payload)
        self.assertIn(self.contact.encode(), payload)
        # A part of what was said, as it lies within one block of a fragment.
        with open(VOICE, "rb") as file:
            spoken = file.read()[44:]
        self.assertTrue(any(spoken[at : at + 64] in payload for at in range(40_000, 42_000, 2)))

    def test_unknown_streams_and_bad_requests_are_refused(self):
        with refused(self, "ResourceNotFoundException"):
            client("kinesisvideo").get_data_endpoint(StreamName=new_name("none"), APIName="LIST_FRAGMENTS")
        with refused(self, "InvalidArgumentException"):
            client("kinesisvideo").describe_stream()


if __name__ == "__main__":
    unittest.main()
