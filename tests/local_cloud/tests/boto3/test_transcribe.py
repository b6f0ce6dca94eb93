"""Transcribe as boto3 sees it."""

import json
import os
import unittest

from botocore import UNSIGNED

from cloud import VOICES, account, allow, client, document, eventually, new_bucket, new_name, refused, role

SILENCE = "silence.wav"
EMPTY = "empty.wav"


def wav(samples):
    size = len(samples).to_bytes(4, "little")
    header = b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data"
    return b"RIFF" + (36 + len(samples)).to_bytes(4, "little") + header + size + samples


class Transcribe(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.transcribe, cls.s3 = client("transcribe"), client("s3")
        cls.recordings, cls.transcripts = new_bucket(), new_bucket()
        for name in os.listdir(VOICES):
            if name.endswith(".wav"):
                cls.s3.upload_file(os.path.join(VOICES, name), cls.recordings, name)
        cls.s3.put_object(Bucket=cls.recordings, Key=SILENCE, Body=wav(bytes(16000)))
        cls.s3.put_object(Bucket=cls.recordings, Key=EMPTY, Body=wav(b""))

    def start(self, key, transcribe=None, **changes):
        request = {
            "TranscriptionJobName": new_name("job"),
            "LanguageCode": "en-US",
            "Media": {"MediaFileUri": f"s3://{self.recordings}/{key}"},
            "OutputBucketName": self.transcripts,
        }
        request = {member: value for member, value in (request | changes).items() if value is not None}
        job = (transcribe or self.transcribe).start_transcription_job(**request)["TranscriptionJob"]
        self.assertIn(job["TranscriptionJobStatus"], ("QUEUED", "IN_PROGRESS"))
        return job["TranscriptionJobName"]

    def finished(self, name):
        def ended():
            job = self.transcribe.get_transcription_job(TranscriptionJobName=name)["TranscriptionJob"]
            return job if job["TranscriptionJobStatus"] in ("COMPLETED", "FAILED") else None

        return eventually(ended, seconds=120)

    def transcript(self, name):
        job = self.finished(name)
        self.assertEqual(job["TranscriptionJobStatus"], "COMPLETED", job)
        self.assertTrue(job["Transcript"]["TranscriptFileUri"].endswith(f"/{self.transcripts}/{name}.json"))
        self.assertLessEqual(job["CreationTime"], job["StartTime"])
        self.assertLessEqual(job["StartTime"], job["CompletionTime"])
        return json.loads(self.s3.get_object(Bucket=self.transcripts, Key=f"{name}.json")["Body"].read())

    def failure(self, name):
        job = self.finished(name)
        self.assertEqual(job["TranscriptionJobStatus"], "FAILED", job)
        return job["FailureReason"]

    def test_a_voice_becomes_words(self):
        spoken = {
            "amiable_woman.wav": "had he married a more amiable woman he might have been made still more respectable",
            "leisure_to_consider.wav": "leisure to consider how much there might be power to do for",
        }
        names = {key: self.start(key, MediaFormat="wav", MediaSampleRateHertz=8000) for key in spoken}
        for key, words in spoken.items():
            document = self.transcript(names[key])
            self.assertEqual((document["jobName"], document["accountId"]), (names[key], account()))
            heard = document["results"]["transcripts"][0]["transcript"]
            found = [word for word in words.split() if word in heard.split()]
            # A recognizer may mishear a word, not a message.
            self.assertGreaterEqual(len(found), 0.8 * len(words.split()), heard)
            items = document["results"]["items"]
            self.assertEqual(" ".join(item["alternatives"][0]["content"] for item in items), heard)
            times = [(float(item["start_time"]), float(item["end_time"])) for item in items]
            self.assertEqual(times, sorted(times))
            self.assertTrue(all(start < end < 8 for start, end in times), times)

    def test_silence_is_an_empty_transcript(self):
        results = self.transcript(self.start(SILENCE))["results"]
        self.assertEqual((results["transcripts"], results["items"]), ([{"transcript": ""}], []))

    def test_the_language_is_identified_among_candidates(self):
        identify = {"LanguageCode": None, "IdentifyLanguage": True}
        document = self.transcript(self.start("amiable_woman.wav", LanguageOptions=["es-US", "en-GB"], **identify))
        self.assertEqual(document["results"]["language_code"], "en-GB")
        failed = self.failure(self.start(SILENCE, LanguageOptions=["es-US", "de-DE"], **identify))
        self.assertIn("none of the candidates", failed)
        with refused(self, "BadRequestException", "and not both"):
            self.start(SILENCE, IdentifyLanguage=True)

    def test_a_redacted_transcript_is_named_so(self):
        redaction = {"RedactionType": "PII", "RedactionOutput": "redacted"}
        name = self.start(SILENCE, ContentRedaction=redaction)
        job = self.finished(name)
        uri = job["Transcript"]["RedactedTranscriptFileUri"]
        self.assertTrue(uri.endswith(f"/{self.transcripts}/redacted-{name}.json"), uri)
        self.s3.get_object(Bucket=self.transcripts, Key=f"redacted-{name}.json")
        with refused(self, "BadRequestException", "isn't supported for the language"):
            self.start(SILENCE, LanguageCode="en-GB", ContentRedaction=redaction)

    def test_a_vocabulary_that_nobody_made_is_not_found(self):
        with refused(self, "BadRequestException", "vocabulary couldn't be found"):
            self.start(SILENCE, Settings={"VocabularyName": "names"})

    def test_media_that_cannot_be_transcribed_fail_with_a_reason(self):
        self.assertIn("isn't valid", self.failure(self.start(EMPTY)))
        self.assertIn("English", self.failure(self.start("amiable_woman.wav", LanguageCode="de-DE")))
        rate = self.failure(self.start("amiable_woman.wav", MediaSampleRateHertz=16000))
        self.assertIn("sample rate provided does not match", rate)

    def test_bad_requests_are_refused(self):
        name = self.start(SILENCE)
        with refused(self, "ConflictException"):
            self.start(SILENCE, TranscriptionJobName=name)
        with refused(self, "BadRequestException", "read permission"):
            self.start("nothing.wav")
        with refused(self, "BadRequestException", "write permission"):
            self.start(SILENCE, OutputBucketName=new_name("nowhere"))
        with refused(self, "BadRequestException", "couldn't be found"):
            self.transcribe.get_transcription_job(TranscriptionJobName=new_name("job"))

    def test_jobs_are_listed_and_deleted(self):
        prefix = new_name("listed")
        names = [self.start(SILENCE, TranscriptionJobName=f"{prefix}-{n}") for n in range(3)]
        for name in names:
            self.finished(name)
        found, token = [], {}
        while token is not None:
            page = self.transcribe.list_transcription_jobs(
                JobNameContains=prefix, Status="COMPLETED", MaxResults=2, **token)
            found += [job["TranscriptionJobName"] for job in page["TranscriptionJobSummaries"]]
            token = {"NextToken": page["NextToken"]} if "NextToken" in page else None
        self.assertEqual(sorted(found), names)
        self.transcribe.delete_transcription_job(TranscriptionJobName=names[0])
        with refused(self, "BadRequestException", "couldn't be found"):
            self.transcribe.delete_transcription_job(TranscriptionJobName=names[0])

    def test_the_end_of_a_job_is_an_event(self):
        sqs, events = client("sqs"), client("events")
        url = sqs.create_queue(QueueName=new_name("ends"))["QueueUrl"]
        queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        admitted = {"Principal": {"Service": "events.amazonaws.com"}, **allow("sqs:SendMessage", queue)}
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(admitted)})
        rule, name = new_name("rule"), new_name("job")
        pattern = {"source": ["aws.transcribe"], "detail-type": ["Transcribe Job State Change"],
                   "detail": {"TranscriptionJobName": [name]}}
        events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": queue}])
        self.start(EMPTY, TranscriptionJobName=name)
        (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
        detail = json.loads(message["Body"])["detail"]
        self.assertEqual(detail, {"TranscriptionJobName": name, "TranscriptionJobStatus": "FAILED"})

    def test_the_callers_permissions_count(self):
        start = allow("transcribe:StartTranscriptionJob", "*")
        read = allow("s3:GetObject", f"arn:aws:s3:::{self.recordings}/*")
        write = allow("s3:PutObject", f"arn:aws:s3:::{self.transcripts}/*")
        with refused(self, "AccessDeniedException", "transcribe:StartTranscriptionJob"):
            self.start(SILENCE, client("transcribe", role(read, write)))
        with refused(self, "BadRequestException", "read permission"):
            self.start(SILENCE, client("transcribe", role(start, write)))
        with refused(self, "BadRequestException", "write permission"):
            self.start(SILENCE, client("transcribe", role(start, read)))
        name = self.start(SILENCE, client("transcribe", role(start, read, write)))
        with refused(self, "AccessDeniedException", f"transcription-job/{name}"):
            client("transcribe", role(start)).get_transcription_job(TranscriptionJobName=name)

    def test_an_unsigned_request_is_refused(self):
        with refused(self, "MissingAuthenticationTokenException"):
            client("transcribe", signature_version=UNSIGNED).list_transcription_jobs()


if __name__ == "__main__":
    unittest.main()
