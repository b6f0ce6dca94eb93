//! The connection to AWS: clients of one configuration, and errors that a person can act on.

mod error;
mod http;
mod profiles;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};

pub use error::{CloudError, ErrorKind, wrap};
pub use profiles::profiles;

/// Attempts per call. The SDK spaces out throttled ones.
const ATTEMPTS: u32 = 6;

/// Attempts per call of Amazon Connect. Everything that uses it in the account shares 2 calls a second of each operation,
/// so a call can come too early many times in a row, although the SDK adapts its own rate.
const CONNECT_ATTEMPTS: u32 = 12;

/// The installer's clients, all for one account and region.
#[derive(Debug, Clone)]
pub struct Cloud {
    /// The region of all clients.
    pub region: String,
    /// A custom endpoint in place of AWS, from `AWS_ENDPOINT_URL`.
    pub endpoint: Option<String>,
    /// AWS CloudFormation.
    pub cloudformation: aws_sdk_cloudformation::Client,
    /// Amazon Connect.
    pub connect: aws_sdk_connect::Client,
    /// Amazon EventBridge.
    pub events: aws_sdk_eventbridge::Client,
    /// AWS IAM.
    pub iam: aws_sdk_iam::Client,
    /// Amazon Kinesis Data Streams.
    pub kinesis: aws_sdk_kinesis::Client,
    /// AWS KMS.
    pub kms: aws_sdk_kms::Client,
    /// AWS Lambda.
    pub lambda: aws_sdk_lambda::Client,
    /// Amazon CloudWatch.
    pub alarms: aws_sdk_cloudwatch::Client,
    /// Amazon CloudWatch Logs.
    pub logs: aws_sdk_cloudwatchlogs::Client,
    /// Amazon Bedrock.
    pub models: aws_sdk_bedrockruntime::Client,
    /// Service Quotas.
    pub quotas: aws_sdk_servicequotas::Client,
    /// Amazon S3.
    pub s3: aws_sdk_s3::Client,
    /// AWS Secrets Manager.
    pub secrets: aws_sdk_secretsmanager::Client,
    /// Amazon SES.
    pub ses: aws_sdk_sesv2::Client,
    /// Amazon SNS.
    pub sns: aws_sdk_sns::Client,
    /// Amazon SQS.
    pub sqs: aws_sdk_sqs::Client,
    /// AWS STS.
    pub sts: aws_sdk_sts::Client,
    /// Amazon Transcribe.
    pub transcribe: aws_sdk_transcribe::Client,
    /// Amazon Kinesis Video Streams.
    pub video: aws_sdk_kinesisvideo::Client,
}

impl Cloud {
    /// Reads the shared configuration (environment, profiles, SSO, credential processes, instance roles) and creates
    /// the clients, without calls. A named profile takes precedence over credentials in the environment.
    ///
    /// # Errors
    /// [`CloudError`] if no region is known, or the profile does not exist.
    pub async fn from_environment(profile: Option<&str>, region: Option<&str>) -> Result<Self, CloudError> {
        let http = http::client();
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS));
        if let Some(region) = region {
            loader = loader.region(Region::new(region.to_owned()));
        }
        if let Some(profile) = profile {
            let known = profiles();
            if !known.iter().any(|name| name == profile) {
                return Err(CloudError::no_profile(profile, &known));
            }
            // Setting only the name would leave the precedence to credentials in the environment.
            let provider = ProviderConfig::without_region()
                .with_region(region.map(|region| Region::new(region.to_owned())))
                .with_http_client(http);
            let credentials =
                ProfileFileCredentialsProvider::builder().profile_name(profile).configure(&provider).build();
            loader = loader.profile_name(profile).credentials_provider(credentials);
        }
        let shared = loader.load().await;
        Self::of(&shared)
    }

    /// The clients of one configuration.
    ///
    /// # Errors
    /// [`CloudError`] if it has no region.
    pub fn of(shared: &SdkConfig) -> Result<Self, CloudError> {
        let region = shared.region().ok_or_else(CloudError::no_region)?.to_string();
        let endpoint = shared.endpoint_url().map(|url| url.trim_end_matches('/').to_owned());
        // Bucket names are host names only on AWS: a custom endpoint rarely has such names.
        let s3 = aws_sdk_s3::config::Builder::from(shared).force_path_style(endpoint.is_some()).build();
        let retries = RetryConfig::adaptive().with_max_attempts(CONNECT_ATTEMPTS);
        let connect = aws_sdk_connect::config::Builder::from(shared).retry_config(retries).build();
        Ok(Self {
            region,
            endpoint,
            alarms: aws_sdk_cloudwatch::Client::new(shared),
            cloudformation: aws_sdk_cloudformation::Client::new(shared),
            connect: aws_sdk_connect::Client::from_conf(connect),
            events: aws_sdk_eventbridge::Client::new(shared),
            iam: aws_sdk_iam::Client::new(shared),
            kinesis: aws_sdk_kinesis::Client::new(shared),
            kms: aws_sdk_kms::Client::new(shared),
            lambda: aws_sdk_lambda::Client::new(shared),
            logs: aws_sdk_cloudwatchlogs::Client::new(shared),
            models: aws_sdk_bedrockruntime::Client::new(shared),
            quotas: aws_sdk_servicequotas::Client::new(shared),
            s3: aws_sdk_s3::Client::from_conf(s3),
            secrets: aws_sdk_secretsmanager::Client::new(shared),
            ses: aws_sdk_sesv2::Client::new(shared),
            sns: aws_sdk_sns::Client::new(shared),
            sqs: aws_sdk_sqs::Client::new(shared),
            sts: aws_sdk_sts::Client::new(shared),
            transcribe: aws_sdk_transcribe::Client::new(shared),
            video: aws_sdk_kinesisvideo::Client::new(shared),
        })
    }
}
