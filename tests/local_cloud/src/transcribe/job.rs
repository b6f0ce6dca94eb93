//! A transcription job: its validation and its descriptions. No side effects.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::options::{Options, OptionsRequest};
use crate::service::AwsError;

/// The languages of batch transcription (the service's model of 2017-10-26, as of November 2026).
const LANGUAGES: &str = "af-ZA ar-AE ar-SA am-ET cy-GB da-DK de-CH de-DE en-AB en-AU en-GB en-IE en-IN en-US en-WL \
    es-ES es-MX es-US fa-AF fa-IR fr-CA fr-FR ga-IE gd-GB he-IL hi-IN ht-HT id-ID it-IT ja-JP jv-ID km-KH ko-KR my-MM \
    ms-MY nl-NL pt-BR pt-PT ru-RU ta-IN te-IN tr-TR zh-CN zh-TW th-TH en-ZA en-NZ vi-VN sv-SE ab-GE ast-ES az-AZ ba-RU \
    be-BY bg-BG bn-IN bs-BA ca-ES ckb-IQ ckb-IR cs-CZ cy-WL el-GR et-EE et-ET eu-ES fi-FI gl-ES gu-IN ha-NG hr-HR hu-HU \
    hy-AM is-IS ka-GE kab-DZ kk-KZ kn-IN ky-KG lg-IN lt-LT lv-LV mhr-RU mi-NZ mk-MK ml-IN mn-MN mr-IN mt-MT no-NO ne-NP \
    or-IN pa-IN pl-PL ps-AF ro-RO rw-RW si-LK sk-SK sl-SI so-SO sq-AL sr-RS su-ID sw-BI sw-KE sw-RW sw-TZ sw-UG tl-PH \
    tt-RU ug-CN uk-UA uz-UZ wo-SN zh-HK zu-ZA";

/// The members that determine how a job is transcribed.
const OPTIONS: [&str; 6] = [
    "LanguageCode",
    "IdentifyLanguage",
    "LanguageOptions",
    "LanguageIdSettings",
    "Settings",
    "ContentRedaction",
];

const MEDIA_FORMATS: [&str; 8] = ["mp3", "mp4", "wav", "flac", "ogg", "amr", "webm", "m4a"];

/// The supported members of a `StartTranscriptionJob` request. Requests with others are refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StartRequest {
    transcription_job_name: Option<String>,
    media_sample_rate_hertz: Option<u32>,
    media_format: Option<String>,
    media: Option<Media>,
    output_bucket_name: Option<String>,
    output_key: Option<String>,
    #[serde(rename = "OutputEncryptionKMSKeyId")]
    output_encryption_key: Option<String>,
    #[serde(default)]
    tags: Vec<Value>,
    job_execution_settings: Option<ExecutionSettings>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Media {
    media_file_uri: Option<String>,
}

/// Whether a job may queue. Jobs here always do; the role for that is only validated.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ExecutionSettings {
    allow_deferred_execution: Option<bool>,
    data_access_role_arn: Option<String>,
}

/// An S3 object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) bucket: String,
    pub(super) key: String,
}

impl Object {
    /// Its ARN for IAM.
    pub(super) fn arn(&self, partition: &str) -> String {
        format!("arn:{partition}:s3:::{}/{}", self.bucket, self.key)
    }
}

/// The state of a job. Times are in seconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum State {
    Queued,
    InProgress { started: f64 },
    Completed { started: f64, completed: f64 },
    Failed { started: f64, completed: f64, reason: String },
}

impl State {
    /// Whether the job has completed or failed.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::Completed { .. } | Self::Failed { .. })
    }

    /// The state's name in the service.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::InProgress { .. } => "IN_PROGRESS",
            Self::Completed { .. } => "COMPLETED",
            Self::Failed { .. } => "FAILED",
        }
    }
}

/// A job.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Job {
    pub(super) name: String,
    pub(super) options: Options,
    pub(super) media_uri: String,
    pub(super) media: Object,
    pub(super) media_format: Option<String>,
    pub(super) sample_rate: Option<u32>,
    pub(super) output: Object,
    /// ARN of the key that encrypts the output. Here it is only validated: data on this machine is not encrypted.
    pub(super) output_key_arn: Option<String>,
    pub(super) tags: Vec<Value>,
    /// When it was requested, in seconds since 1970.
    pub(super) created: f64,
    pub(super) state: State,
}

impl StartRequest {
    /// The requested job.
    ///
    /// # Errors
    /// `BadRequestException` with the invalid member and the reason.
    pub(super) fn into_job(self, now: f64) -> Result<Job, AwsError> {
        let (options, others): (Map<_, _>, Map<_, _>) =
            self.others.into_iter().partition(|(member, _)| OPTIONS.contains(&member.as_str()));
        if let Some(member) = others.keys().next() {
            return Err(bad_request(format!("the local cloud's Transcribe does not carry out {member}")));
        }
        let name = job_name(self.transcription_job_name)?;
        let options: OptionsRequest =
            serde_json::from_value(options.into()).map_err(|error| bad_request(error.to_string()))?;
        let options = options.into_options()?;
        // Source: the Amazon Transcribe API reference, JobExecutionSettings.
        let is_role = |arn: &String| arn.starts_with("arn:") && arn.contains(":role/");
        if let Some(settings) = self.job_execution_settings
            && settings.allow_deferred_execution == Some(true)
            && !settings.data_access_role_arn.as_ref().is_some_and(is_role)
        {
            return Err(bad_request("jobs that may queue need a DataAccessRoleArn"));
        }
        if let Some(format) =
            self.media_format.as_ref().filter(|format| !MEDIA_FORMATS.contains(&format.as_str()))
        {
            return Err(invalid(
                "mediaFormat",
                format,
                "Member must satisfy enum value set of media formats",
            ));
        }
        if let Some(rate) = self.media_sample_rate_hertz.filter(|rate| !(8_000..=48_000).contains(rate)) {
            return Err(invalid(
                "mediaSampleRateHertz",
                &rate.to_string(),
                "Member must be between 8000 and 48000",
            ));
        }
        let media_uri =
            self.media.and_then(|media| media.media_file_uri).ok_or_else(|| missing("media.mediaFileUri"))?;
        let media = s3_object(&media_uri)?;
        let bucket = self.output_bucket_name.ok_or_else(|| {
            bad_request("the local cloud has no bucket of the service's own for transcripts: name an OutputBucketName")
        })?;
        if let Some(key) = self.output_encryption_key.as_ref().filter(|key| !is_key_arn(key)) {
            return Err(bad_request(format!(
                "the local cloud's Transcribe takes keys by their ARN, and not {key}"
            )));
        }
        // Source: the Amazon Transcribe API reference, on where redacted transcripts are written.
        let in_place = |key: String| match key.rsplit_once('/') {
            _ if !options.redacted => key,
            Some((folder, file)) => format!("{folder}/redacted-{file}"),
            None => format!("redacted-{key}"),
        };
        let key = match self.output_key {
            Some(key) if key.is_empty() => {
                return Err(invalid("outputKey", &key, "Member must not be empty"));
            }
            Some(key) if key.ends_with('/') => format!("{key}{name}.json"),
            Some(key) => key,
            None => format!("{name}.json"),
        };
        Ok(Job {
            name,
            media_uri,
            media,
            media_format: self.media_format,
            sample_rate: self.media_sample_rate_hertz,
            output: Object { bucket, key: in_place(key) },
            output_key_arn: self.output_encryption_key,
            options,
            tags: self.tags,
            created: now,
            state: State::Queued,
        })
    }
}

fn is_key_arn(text: &str) -> bool {
    matches!(text.splitn(6, ':').collect::<Vec<_>>()[..], ["arn", _, "kms", _, _, key] if key.starts_with("key/"))
}

/// The required name of a job in a request.
///
/// # Errors
/// `BadRequestException` if it is missing or invalid.
pub(super) fn job_name(name: Option<String>) -> Result<String, AwsError> {
    let name = name.ok_or_else(|| missing("transcriptionJobName"))?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if name.is_empty() || name.len() > 200 {
        return Err(invalid("transcriptionJobName", &name, "Member must have a length from 1 to 200"));
    }
    if !name.bytes().all(allowed) {
        let rule = "Member must satisfy regular expression pattern: ^[0-9a-zA-Z._-]+";
        return Err(invalid("transcriptionJobName", &name, rule));
    }
    Ok(name)
}

impl Job {
    /// The job as in responses of `StartTranscriptionJob` and `GetTranscriptionJob`.
    pub(super) fn describe(&self, region: &str) -> Value {
        let mut job = self.summarize();
        if let Value::Object(members) = &mut job {
            members.remove("OutputLocationType");
            members.insert("Media".to_owned(), json!({"MediaFileUri": self.media_uri}));
            let optional = [
                ("MediaFormat", self.media_format.clone().map(Value::from)),
                ("MediaSampleRateHertz", self.sample_rate.map(Value::from)),
                ("Tags", Some(Value::from(self.tags.clone())).filter(|_| !self.tags.is_empty())),
            ];
            members.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
            let transcript = match &self.state {
                State::Completed { .. } => {
                    let Object { bucket, key } = &self.output;
                    let member =
                        if self.options.redacted { "RedactedTranscriptFileUri" } else { "TranscriptFileUri" };
                    json!({ member: format!("https://s3.{region}.amazonaws.com/{bucket}/{key}") })
                }
                _ => json!({}),
            };
            members.insert("Transcript".to_owned(), transcript);
        }
        job
    }

    /// The job as in responses of `ListTranscriptionJobs`.
    pub(super) fn summarize(&self) -> Value {
        let mut job = json!({
            "TranscriptionJobName": self.name,
            "TranscriptionJobStatus": self.state.name(),
            "CreationTime": self.created,
            "OutputLocationType": "CUSTOMER_BUCKET",
        });
        if let Value::Object(members) = &mut job {
            members.extend(self.options.describe());
        }
        match &self.state {
            State::Queued => {}
            State::InProgress { started } => job["StartTime"] = json!(started),
            State::Completed { started, completed } => {
                job["StartTime"] = json!(started);
                job["CompletionTime"] = json!(completed);
            }
            State::Failed { started, completed, reason } => {
                job["StartTime"] = json!(started);
                job["CompletionTime"] = json!(completed);
                job["FailureReason"] = json!(reason);
            }
        }
        job
    }
}

fn s3_object(uri: &str) -> Result<Object, AwsError> {
    let object = uri.strip_prefix("s3://").and_then(|path| path.split_once('/'));
    match object {
        Some((bucket, key)) if !bucket.is_empty() && !key.is_empty() => {
            Ok(Object { bucket: bucket.to_owned(), key: key.to_owned() })
        }
        _ => Err(invalid("media.mediaFileUri", uri, "the local cloud reads media from s3://bucket/key")),
    }
}

/// `BadRequestException` with a message.
pub(super) fn bad_request(message: impl Into<String>) -> AwsError {
    AwsError::bad_request("BadRequestException", message)
}

/// Refuses languages that the service does not support.
pub(super) fn check_language(member: &str, code: &str) -> Result<(), AwsError> {
    if LANGUAGES.split_whitespace().any(|known| known == code) {
        return Ok(());
    }
    Err(invalid(member, code, "Member must satisfy enum value set of language codes"))
}

pub(super) fn missing(member: &str) -> AwsError {
    bad_request(format!(
        "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
    ))
}

pub(super) fn invalid(member: &str, value: &str, rule: &str) -> AwsError {
    bad_request(format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {rule}"
    ))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn request() -> Value {
        json!({
            "TranscriptionJobName": "contact-1",
            "LanguageCode": "en-US",
            "Media": {"MediaFileUri": "s3://recordings/a/b.wav"},
            "OutputBucketName": "transcripts",
        })
    }

    fn job(request: Value) -> Result<Job, AwsError> {
        serde_json::from_value::<StartRequest>(request).unwrap().into_job(1.0)
    }

    fn with(member: &str, value: Value) -> Value {
        let mut request = request();
        request[member] = value;
        request
    }

    #[test]
    fn a_plain_request_is_a_queued_job() {
        let job = job(request()).unwrap();
        assert_eq!(job.media, Object { bucket: "recordings".to_owned(), key: "a/b.wav".to_owned() });
        assert_eq!(job.output, Object { bucket: "transcripts".to_owned(), key: "contact-1.json".to_owned() });
        assert_eq!(job.describe("us-east-1")["TranscriptionJobStatus"], "QUEUED");
    }

    #[test]
    fn a_job_may_queue_with_a_role() {
        let role = "arn:aws:iam::000000000000:role/jobs";
        let settings = json!({"AllowDeferredExecution": true, "DataAccessRoleArn": role});
        assert!(job(with("JobExecutionSettings", settings)).is_ok());
    }

    #[test]
    fn an_output_key_that_ends_with_a_slash_is_a_folder() {
        let key = |key: &str| job(with("OutputKey", json!(key))).unwrap().output.key;
        assert_eq!(key("done/"), "done/contact-1.json");
        assert_eq!(key("done/x.json"), "done/x.json");
    }

    #[test]
    fn a_redacted_transcript_is_named_so() {
        let mut request =
            with("ContentRedaction", json!({"RedactionType": "PII", "RedactionOutput": "redacted"}));
        assert_eq!(job(request.clone()).unwrap().output.key, "redacted-contact-1.json");
        request["OutputKey"] = json!("done/x.json");
        let mut job = job(request).unwrap();
        assert_eq!(job.output.key, "done/redacted-x.json");
        job.state = State::Completed { started: 1.0, completed: 2.0 };
        let transcript = job.describe("us-east-1")["Transcript"].clone();
        let uri = "https://s3.us-east-1.amazonaws.com/transcripts/done/redacted-x.json";
        assert_eq!(transcript, json!({"RedactedTranscriptFileUri": uri}));
    }

    #[test]
    fn bad_requests_name_the_member() {
        let bad = [
            with("TranscriptionJobName", json!("a b")),
            with("TranscriptionJobName", json!("")),
            with("LanguageCode", json!("xx-XX")),
            with("LanguageCode", Value::Null),
            with("MediaFormat", json!("wma")),
            with("MediaSampleRateHertz", json!(4000)),
            with("Media", json!({})),
            with("Media", json!({"MediaFileUri": "s3://bucket"})),
            with("OutputBucketName", Value::Null),
            with("Subtitles", json!({"Formats": ["srt"]})),
            with("JobExecutionSettings", json!({"AllowDeferredExecution": true})),
        ];
        for request in bad {
            let error = job(request.clone()).unwrap_err();
            assert_eq!(error.code, "BadRequestException", "{request}");
            assert_eq!(error.status, 400);
        }
    }

    #[test]
    fn a_failed_job_tells_why() {
        let mut job = job(request()).unwrap();
        job.state = State::Failed { started: 2.0, completed: 3.0, reason: "no".to_owned() };
        let described = job.describe("us-east-1");
        assert_eq!(described["FailureReason"], "no");
        assert_eq!(described["CompletionTime"], 3.0);
        assert_eq!(described["Transcript"], json!({}));
    }
}
