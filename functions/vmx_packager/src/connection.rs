//! The connection to Salesforce: settings, the secret, and one client for the life of the process.

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client as Secrets;
use salesforce::{Client, Credentials, Limits, Loopback, SalesforceError};
use tokio::sync::Mutex;
use tracing::warn;
use vmx_contract::environment;
use vmx_contract::mode::Mode;
use vmx_contract::salesforce as contract;
use vmx_lambda::failure::{Failure, Kind};
use vmx_lambda::settings::{SettingError, Settings};

/// Salesforce's name in failures.
const ACTION: &str = "salesforce";
/// A call's timeout: a login and three calls must fit into one delivery.
const LIMITS: Limits = Limits { time: Duration::from_secs(10), answer: 256 * 1024 };

/// The Salesforce settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalesforceConfig {
    /// What the installation sets.
    pub settings: contract::Settings,
    /// Whether Salesforce can be on this machine: only if the AWS endpoint is.
    pub loopback: Loopback,
    /// A call's timeout, and its largest response.
    pub limits: Limits,
}

impl SalesforceConfig {
    /// Reads the settings; `None` if no Salesforce mode is installed. `loopback` says whether Salesforce can be on this
    /// machine.
    ///
    /// # Errors
    /// [`SettingError`] if one is, and the settings are missing or invalid.
    pub(crate) fn read(
        settings: &Settings,
        modes: &[Mode],
        loopback: bool,
    ) -> Result<Option<Self>, SettingError> {
        let has = |mode: Mode| modes.contains(&mode);
        if !has(Mode::Sfcase) && !has(Mode::Sfother) {
            return Ok(None);
        }
        let expected = "the Salesforce settings as JSON, with an object for the mode sfother";
        let read = settings.read(environment::SALESFORCE, expected, |json| {
            let read: contract::Settings = serde_json::from_str(json).ok()?;
            (read.object.is_some() || !has(Mode::Sfother)).then_some(read)
        })?;
        let loopback = if loopback { Loopback::Allowed } else { Loopback::Refused };
        Ok(Some(Self { settings: read, loopback, limits: LIMITS }))
    }
}

/// The connection to Salesforce. The secret is read once, and again when Salesforce refuses it or is not at its
/// address.
#[derive(Debug)]
pub struct Connection {
    config: SdkConfig,
    client: Mutex<Option<Arc<Client>>>,
}

impl Connection {
    /// A connection that reads its secret when it is first used.
    #[must_use]
    pub fn new(config: SdkConfig) -> Self {
        Self { config, client: Mutex::new(None) }
    }

    /// Does something with Salesforce. If the credentials are refused, the secret may have changed: it is read again,
    /// and the work is repeated once.
    ///
    /// # Errors
    /// The error of Salesforce or Secrets Manager.
    pub(crate) async fn run<T>(
        &self,
        config: &SalesforceConfig,
        work: impl AsyncFn(&Client) -> Result<T, SalesforceError>,
    ) -> Result<T, Failure> {
        let client = self.client(config).await?;
        let first = match work(&client).await {
            Err(SalesforceError::NotAuthorized { .. }) => {
                warn!("Salesforce refused the credentials; reading the secret again");
                self.forget(&client).await;
                let client = self.client(config).await?;
                let second = work(&client).await;
                self.forget_after(&second, &client).await;
                second
            }
            answer => {
                self.forget_after(&answer, &client).await;
                answer
            }
        };
        first.map_err(|error| failure(&error))
    }

    async fn client(&self, config: &SalesforceConfig) -> Result<Arc<Client>, Failure> {
        let mut kept = self.client.lock().await;
        if let Some(client) = kept.as_ref() {
            return Ok(Arc::clone(client));
        }
        let request = Secrets::new(&self.config).get_secret_value().secret_id(&config.settings.secret_arn);
        let secret =
            request.send().await.map_err(|error| Failure::of("secretsmanager:GetSecretValue", &error))?;
        let refused = |why: String| Failure::new(ACTION, Kind::Refused, why);
        let json = secret.secret_string.ok_or_else(|| refused("the secret contains no text".to_owned()))?;
        let credentials =
            Credentials::parse(&json, config.loopback).map_err(|error| refused(error.to_string()))?;
        let version = config.settings.api_version.clone();
        let client =
            Arc::new(Client::new(credentials, version, config.limits).map_err(|error| failure(&error))?);
        *kept = Some(Arc::clone(&client));
        Ok(client)
    }

    /// Drops a client after a failure that another secret could fix: the next attempt reads the secret again.
    async fn forget_after<T>(&self, answer: &Result<T, SalesforceError>, client: &Arc<Client>) {
        if let Err(
            SalesforceError::NotAuthorized { .. }
            | SalesforceError::Unreachable { .. }
            | SalesforceError::Instance(_),
        ) = answer
        {
            self.forget(client).await;
        }
    }

    /// Drops a client, unless another one has replaced it.
    async fn forget(&self, client: &Arc<Client>) {
        let mut kept = self.client.lock().await;
        if kept.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, client)) {
            *kept = None;
        }
    }
}

fn failure(error: &SalesforceError) -> Failure {
    let kind = if error.is_transient() { Kind::Transient } else { Kind::Refused };
    Failure::new(ACTION, kind, error.to_string())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    const JSON: &str = r#"{"secret_arn": "arn", "api_version": "66.0", "external_id_field": "VMX_Contact_Id__c",
        "default_priority": "Medium", "callback_number_field": null, "attributes_field": null, "link_field": null,
        "object": null}"#;

    fn read(modes: &[Mode], json: &str, loopback: bool) -> Result<Option<SalesforceConfig>, SettingError> {
        SalesforceConfig::read(&Settings::from([("VMX_SALESFORCE", json)]), modes, loopback)
    }

    #[test]
    fn the_settings_are_needed_by_the_modes_alone() {
        assert_eq!(read(&[Mode::Task], "", false).unwrap(), None);
        let config = read(&[Mode::Task, Mode::Sfcase], JSON, false).unwrap().unwrap();
        assert_eq!((config.settings.secret_arn.as_str(), config.loopback), ("arn", Loopback::Refused));
        let local = read(&[Mode::Sfcase], JSON, true).unwrap().unwrap();
        assert_eq!(local.loopback, Loopback::Allowed);
        for (mode, json) in [(Mode::Sfcase, ""), (Mode::Sfcase, "{}"), (Mode::Sfother, JSON)] {
            let error = read(&[mode], json, false).unwrap_err().to_string();
            assert!(error.contains("VMX_SALESFORCE"), "{error}");
        }
    }
}
