"""S3 as voicemails need it: tags, conditional writes, listings, and what nobody may do without permission."""

import time
import unittest
from email.utils import parsedate_to_datetime

from cloud import allow, client, document, new_bucket, refused, role

OPEN = {"TagSet": [{"Key": "vm-state", "Value": "open"}]}
DONE = {"TagSet": [{"Key": "vm-state", "Value": "done"}]}
# Parts of an upload have at least so many bytes, the last one excepted.
PART = 5 * 1024 * 1024
# Twenty minutes of 8,000 samples a second, two bytes each.
TWENTY_MINUTES = 20 * 60 * 16_000


class ObjectStore(unittest.TestCase):
    def setUp(self):
        self.s3, self.bucket = client("s3"), new_bucket()
        self.objects = f"arn:aws:s3:::{self.bucket}/*"

    def put(self, key, s3=None, **options):
        return (s3 or self.s3).put_object(Bucket=self.bucket, Key=key, Body=b"1", **options)

    def upload(self, key, size, s3=None, completion=None, **options):
        """Uploads in parts, which the completion names as the service has answered."""
        s3 = s3 or self.s3
        which = {"Bucket": self.bucket, "Key": key}
        which["UploadId"] = s3.create_multipart_upload(**which, **options)["UploadId"]
        parts = []
        for number, start in enumerate(range(0, size, PART), 1):
            part = s3.upload_part(**which, PartNumber=number, Body=bytes(min(PART, size - start)))
            parts.append({"PartNumber": number, "ETag": part["ETag"]})
        return s3.complete_multipart_upload(**which, MultipartUpload={"Parts": parts}, **(completion or {}))

    def tags(self, key, s3=None):
        return {"TagSet": (s3 or self.s3).get_object_tagging(Bucket=self.bucket, Key=key)["TagSet"]}

    def test_an_object_is_tagged_when_it_is_written_and_later(self):
        self.put("a", Tagging="vm-state=open")
        self.upload("b", PART + 1, Tagging="vm-state=open")
        for key in ("a", "b"):
            self.assertEqual(self.tags(key), OPEN)
            for answer in (self.s3.head_object(Bucket=self.bucket, Key=key),
                           self.s3.get_object(Bucket=self.bucket, Key=key)):
                self.assertEqual(answer["TagCount"], 1)
            self.s3.put_object_tagging(Bucket=self.bucket, Key=key, Tagging=DONE)
            self.assertEqual(self.tags(key), DONE)
        with refused(self, "NoSuchKey"):
            self.s3.put_object_tagging(Bucket=self.bucket, Key="c", Tagging=DONE)
        self.s3.delete_object(Bucket=self.bucket, Key="a")
        self.put("a")
        self.assertEqual(self.tags("a"), {"TagSet": []})
        self.assertNotIn("TagCount", self.s3.head_object(Bucket=self.bucket, Key="a"))

    def test_a_copy_onto_itself_keeps_or_replaces_tags(self):
        self.put("a", Tagging="vm-state=open")
        source = {"Bucket": self.bucket, "Key": "a"}
        options = {"MetadataDirective": "REPLACE", "TaggingDirective": "REPLACE", "Tagging": "vm-state=done"}
        self.s3.copy_object(**source, CopySource=source, **options)
        self.assertEqual(self.tags("a"), DONE)
        self.s3.copy_object(Bucket=self.bucket, Key="b", CopySource=source)
        self.assertEqual(self.tags("b"), DONE)

    def test_tags_need_permissions_of_their_own(self):
        self.put("tagged", Tagging="vm-state=open")
        writer = client("s3", role(allow(["s3:PutObject", "s3:GetObject"], self.objects)))
        self.put("a", writer)
        source = {"Bucket": self.bucket, "Key": "tagged"}
        with refused(self, "AccessDenied", "s3:PutObjectTagging"):
            self.put("a", writer, Tagging="vm-state=open")
        with refused(self, "AccessDenied", "s3:PutObjectTagging"):
            writer.create_multipart_upload(Bucket=self.bucket, Key="b", Tagging="vm-state=open")
        with refused(self, "AccessDenied", "s3:GetObjectTagging"):
            writer.copy_object(Bucket=self.bucket, Key="c", CopySource=source)
        with refused(self, "AccessDenied", "s3:PutObjectTagging"):
            writer.put_object_tagging(Bucket=self.bucket, Key="a", Tagging=OPEN)
        with refused(self, "AccessDenied", "s3:GetObjectTagging"):
            self.tags("a", writer)
        with refused(self, "AccessDenied", "s3:DeleteObject"):
            writer.delete_object(Bucket=self.bucket, Key="a")
        tags = ["s3:PutObject", "s3:PutObjectTagging", "s3:GetObjectTagging", "s3:DeleteObject"]
        tagger = client("s3", role(allow(tags, self.objects)))
        self.put("a", tagger, Tagging="vm-state=open")
        self.upload("b", 1, tagger, Tagging="vm-state=open")
        self.assertEqual((self.tags("a", tagger), self.tags("b", tagger)), (OPEN, OPEN))
        tagger.delete_object(Bucket=self.bucket, Key="a")

    def test_a_policy_may_ask_for_the_tag_that_is_written(self):
        condition = {"StringEquals": {"s3:RequestObjectTag/vm-state": "open"}}
        permissions = allow(["s3:PutObject", "s3:PutObjectTagging"], self.objects)
        writer = client("s3", role(permissions | {"Action": "s3:PutObject", "Condition": condition},
                                   permissions | {"Action": "s3:PutObjectTagging"}))
        self.put("a", writer, Tagging="vm-state=open")
        for tagging in ({"Tagging": "vm-state=done"}, {}):
            with refused(self, "AccessDenied", "s3:PutObject"):
                self.put("b", writer, **tagging)

    def test_nobody_learns_what_is_not_there_without_listing_it(self):
        reading = allow(["s3:GetObject", "s3:GetObjectTagging"], self.objects)
        for may_list in (False, True):
            listing = [allow("s3:ListBucket", f"arn:aws:s3:::{self.bucket}")] if may_list else []
            reader = client("s3", role(reading, *listing))
            which = {"Bucket": self.bucket, "Key": "missing"}
            with refused(self, "NoSuchKey" if may_list else "AccessDenied"):
                reader.get_object(**which)
            with refused(self, "NoSuchKey" if may_list else "AccessDenied"):
                reader.get_object_tagging(**which)
            with refused(self, "404" if may_list else "403"):
                reader.head_object(**which)

    def test_a_listing_goes_on_from_page_to_page_and_from_a_key(self):
        for number in range(7):
            self.put(f"undelivered/{number}")
        self.put("ended/0")
        options = {"Bucket": self.bucket, "Prefix": "undelivered/", "MaxKeys": 3}
        pages = [self.s3.list_objects_v2(**options)]
        while pages[-1]["IsTruncated"]:
            pages.append(self.s3.list_objects_v2(**options, ContinuationToken=pages[-1]["NextContinuationToken"]))
        keys = [[entry["Key"].removeprefix("undelivered/") for entry in page["Contents"]] for page in pages]
        self.assertEqual(keys, [["0", "1", "2"], ["3", "4", "5"], ["6"]])
        after = self.s3.list_objects_v2(**options, StartAfter="undelivered/4")
        self.assertEqual([entry["Key"] for entry in after["Contents"]], ["undelivered/5", "undelivered/6"])
        self.assertLess(abs(after["Contents"][0]["LastModified"].timestamp() - time.time()), 60)
        one_prefix = {"StringLike": {"s3:prefix": "undelivered/*"}}
        lister = client("s3", role(allow("s3:ListBucket", f"arn:aws:s3:::{self.bucket}") | {"Condition": one_prefix}))
        self.assertEqual(lister.list_objects_v2(**options)["KeyCount"], 3)
        with refused(self, "AccessDenied", "s3:ListBucket"):
            lister.list_objects_v2(Bucket=self.bucket, Prefix="ended/")

    def test_an_answer_tells_the_time_of_day_and_of_the_object(self):
        self.put("a")
        with refused(self, "PreconditionFailed") as context:
            self.put("a", IfNoneMatch="*")
        head = self.s3.head_object(Bucket=self.bucket, Key="a")
        failed = context.exception.response
        for answer in (head, failed):
            date = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
            self.assertLess(abs(date.timestamp() - time.time()), 60)
            self.assertLess(abs((date - head["LastModified"]).total_seconds()), 60)

    def test_a_bucket_takes_only_conditional_writes_where_its_policy_says_so(self):
        prefix = f"arn:aws:s3:::{self.bucket}/once/*"
        condition = {"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}}
        denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": prefix,
                  "Condition": condition}
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=document(denied))
        writer = client("s3", role(allow("s3:*", [self.objects, f"arn:aws:s3:::{self.bucket}"])))
        self.put("elsewhere", writer)
        with refused(self, "AccessDenied", "s3:PutObject"):
            self.put("once/a", writer)
        self.put("once/a", writer, IfNoneMatch="*")
        with refused(self, "PreconditionFailed"):
            self.put("once/a", writer, IfNoneMatch="*")
        with refused(self, "AccessDenied", "s3:PutObject"):
            self.upload("once/b", PART + 1, writer)
        once = {"IfNoneMatch": "*"}
        self.upload("once/b", TWENTY_MINUTES, writer, once, Tagging="vm-state=open", ChecksumAlgorithm="CRC32")
        self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="once/b")["ContentLength"], TWENTY_MINUTES)
        with refused(self, "PreconditionFailed"):
            self.upload("once/b", PART + 1, writer, once)
        # A copy without a condition is denied as well, also onto itself. Tags are written all the same.
        source = {"Bucket": self.bucket, "Key": "once/a"}
        with refused(self, "AccessDenied", "s3:PutObject"):
            writer.copy_object(**source, CopySource=source, MetadataDirective="REPLACE")
        writer.put_object_tagging(**source, Tagging=DONE)


if __name__ == "__main__":
    unittest.main()
