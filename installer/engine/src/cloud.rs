//! The connection to AWS: clients of one configuration, and errors that a person can act on.

mod error;
mod http;
mod profiles;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};

pub use error::{CloudError, ErrorKind, wrap};
pub use profiles::profiles;
use profiles::{Named, Profile};

use crate::waits::Calls;

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

/// A service's client, which notes its calls.
macro_rules! client {
    ($service:ident, $shared:expr) => {
        $service::Client::from_conf($service::config::Builder::from($shared).interceptor(Calls).build())
    };
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
        let region = region.map(|region| Region::new(region.to_owned()));
        if let Some(region) = &region {
            loader = loader.region(region.clone());
        }
        // Keys in the environment take precedence over AWS_PROFILE, which then says nothing about them.
        let chosen = match profile {
            Some(name) => Some(Profile::of_flag(name)),
            None if std::env::var_os("AWS_ACCESS_KEY_ID").is_some() => None,
            None => Profile::of_environment(),
        };
        if let Some(chosen) = chosen {
            let known = profiles();
            if !known.contains(&chosen.name) {
                return Err(CloudError::no_profile(&chosen, &known));
            }
            let provider =
                ProviderConfig::without_region().with_region(region.clone()).with_http_client(http);
            loader = match profile {
                // Setting only the name would leave the precedence to credentials in the environment.
                Some(name) => {
                    let file = ProfileFileCredentialsProvider::builder().profile_name(name);
                    let named = Named { profile: chosen, provider: file.configure(&provider).build() };
                    loader.profile_name(name).credentials_provider(named)
                }
                None => {
                    let mut chain = DefaultCredentialsChain::builder().configure(provider);
                    chain.set_region(region);
                    loader.credentials_provider(Named { profile: chosen, provider: chain.build().await })
                }
            };
        }
        let shared = loader.load().await;
        Self::of(&shared)
    }

    /// Whether this is a local cloud, which has no console.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.endpoint.as_deref().is_some_and(http::is_local)
    }

    /// The clients of one configuration.
    ///
    /// # Errors
    /// [`CloudError`] if it has no region.
    pub fn of(shared: &SdkConfig) -> Result<Self, CloudError> {
        let region = shared.region().ok_or_else(CloudError::no_region)?.to_string();
        let endpoint = shared.endpoint_url().map(|url| url.trim_end_matches('/').to_owned());
        // Bucket names are host names only on AWS: a custom endpoint rarely has such names.
        let s3 = aws_sdk_s3::config::Builder::from(shared).force_path_style(endpoint.is_some());
        let retries = RetryConfig::adaptive().with_max_attempts(CONNECT_ATTEMPTS);
        let connect = aws_sdk_connect::config::Builder::from(shared).retry_config(retries);
        Ok(Self {
            region,
            endpoint,
            alarms: client!(aws_sdk_cloudwatch, shared),
            cloudformation: client!(aws_sdk_cloudformation, shared),
            connect: aws_sdk_connect::Client::from_conf(connect.interceptor(Calls).build()),
            events: client!(aws_sdk_eventbridge, shared),
            iam: client!(aws_sdk_iam, shared),
            kinesis: client!(aws_sdk_kinesis, shared),
            kms: client!(aws_sdk_kms, shared),
            lambda: client!(aws_sdk_lambda, shared),
            logs: client!(aws_sdk_cloudwatchlogs, shared),
            models: client!(aws_sdk_bedrockruntime, shared),
            quotas: client!(aws_sdk_servicequotas, shared),
            s3: aws_sdk_s3::Client::from_conf(s3.interceptor(Calls).build()),
            secrets: client!(aws_sdk_secretsmanager, shared),
            ses: client!(aws_sdk_sesv2, shared),
            sns: client!(aws_sdk_sns, shared),
            sqs: client!(aws_sdk_sqs, shared),
            sts: client!(aws_sdk_sts, shared),
            transcribe: client!(aws_sdk_transcribe, shared),
            video: client!(aws_sdk_kinesisvideo, shared),
        })
    }
}
