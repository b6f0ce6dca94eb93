//! The AWS configuration of a function.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use crate::settings::Settings;

/// A call is tried five times, for about ten seconds. A queue behind every function allows giving up.
const ATTEMPTS: u32 = 5;
/// Within AWS, a connection that takes over three seconds will not succeed.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The longest pause within a response.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// One attempt; the longest is a part of 5 MiB on its way to S3. A response's body does not count.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);

/// The configuration and connection pool shared by all clients of a function.
///
/// Region, credentials and, for a cloud other than AWS, `AWS_ENDPOINT_URL` come from the environment, where Lambda puts
/// them. Nothing else is read, so functions do not contain the SDK's code for profiles, containers and instance
/// metadata. TLS is rustls with ring and the system's roots: the SDK's default takes longer to build and to start.
#[must_use]
pub fn config(settings: &Settings) -> SdkConfig {
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(settings.optional("AWS_REGION").map(|region| Region::new(region.to_owned())))
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        .http_client(http)
        .retry_config(retries())
        .timeout_config(timeouts());
    config.set_endpoint_url(settings.optional("AWS_ENDPOINT_URL").map(str::to_owned));
    config.build()
}

/// The retries of a call.
#[must_use]
pub fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS)
}

/// The timeouts of a call.
#[must_use]
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build()
}
