//! The target of the test: the local cloud or a real account.

use std::path::PathBuf;
use std::process::Stdio;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cloudformation::config::SharedHttpClient;
use aws_sdk_cloudformation::error::ProvideErrorMetadata as _;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use end_to_end::{Error, Site};
use local_cloud::installer::Run;
use tempfile::TempDir;
use tokio::process::Command;

use crate::mail::SENDER;

/// The stack's name, different from that of any real installation.
pub(crate) const STACK: &str = "vmx-e2e";

/// The parameters besides those of every test. What Transcribe redacts is one of the open questions.
fn parameters() -> String {
    format!("stack: {STACK}\ntranscription:\n  redact: true\n")
}

/// An account and its installer.
pub(crate) struct Place {
    /// For the clients of all services.
    pub(crate) config: SdkConfig,
    /// The instance's alias.
    pub(crate) alias: String,
    /// A sender that is verified in Amazon SES, if there is one.
    sender: Option<String>,
    params: String,
    installer: Installer,
}

/// The same TLS as the installer.
fn https() -> SharedHttpClient {
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}

/// Verifies a domain in the local cloud, and returns a sender in it.
async fn verified_sender(config: &SdkConfig) -> Result<String, Error> {
    let ses = aws_sdk_sesv2::Client::new(config);
    ses.create_email_identity().email_identity("example.com").send().await?;
    Ok("voicemail@example.com".to_owned())
}

enum Installer {
    Local(Box<Site>),
    /// The program and the folder with its parameters.
    Real {
        program: PathBuf,
        _folder: TempDir,
    },
}

impl Place {
    /// The target that `VMX_E2E` selects.
    pub(crate) async fn chosen() -> Result<Self, Error> {
        match std::env::var("VMX_E2E").ok().as_deref() {
            Some("aws") => Self::real().await,
            Some(other) => {
                Err(format!("VMX_E2E is {other}; it may be aws, or be unset for the local cloud").into())
            }
            None => Self::local().await,
        }
    }

    async fn local() -> Result<Self, Error> {
        let site = Site::with(&parameters()).await?;
        let cloud = &site.cloud;
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new(cloud.account().region.clone()))
            .credentials_provider(cloud.credentials().clone())
            .endpoint_url(cloud.endpoint())
            .http_client(https())
            .load()
            .await;
        let (alias, params) = (cloud.connect().instance_alias(), site.params_file().to_owned());
        let sender = Some(verified_sender(&config).await?);
        Ok(Self { config, alias, sender, params, installer: Installer::Local(Box::new(site)) })
    }

    async fn real() -> Result<Self, Error> {
        let alias = std::env::var("VMX_E2E_INSTANCE")
            .map_err(|_| "VMX_E2E=aws needs VMX_E2E_INSTANCE, the alias of a Connect instance for tests")?;
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(https()).load().await;
        let region = config.region().ok_or("VMX_E2E=aws needs AWS_REGION, the instance's region")?.clone();
        let folder = TempDir::new()?;
        let file = folder.path().join("params.yaml");
        std::fs::write(&file, format!("version: 1\nregion: {region}\ninstance: {alias}\n{}", parameters()))?;
        let params = file.to_string_lossy().into_owned();
        Ok(Self {
            config,
            alias,
            sender: std::env::var(SENDER).ok(),
            params,
            installer: Installer::Real { program: end_to_end::installer()?, _folder: folder },
        })
    }

    /// Whether this is AWS.
    pub(crate) fn is_real(&self) -> bool {
        matches!(self.installer, Installer::Real { .. })
    }

    /// A sender that is verified in Amazon SES, if someone gave one.
    pub(crate) fn sender(&self) -> Option<&str> {
        self.sender.as_deref()
    }

    /// A client for the installation's buckets.
    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.config).force_path_style(true);
        aws_sdk_s3::Client::from_conf(config.build())
    }

    pub(crate) fn params(&self) -> &str {
        &self.params
    }

    /// Runs `vmx-install`. For AWS it builds the functions, unless `VMX_TEST_ARTIFACTS` names a folder with their packages.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Result<Run, Error> {
        let mut arguments = arguments.to_vec();
        let built = match &self.installer {
            Installer::Local(site) => Some(site.packages()?.to_string_lossy().into_owned()),
            Installer::Real { .. } => std::env::var("VMX_TEST_ARTIFACTS").ok(),
        };
        if arguments.contains(&"--non-interactive") {
            arguments.extend(built.iter().flat_map(|folder| ["--artifacts", folder]));
        }
        match &self.installer {
            Installer::Local(site) => site.run(&arguments).await,
            Installer::Real { program, .. } => {
                let workspace = end_to_end::workspace();
                let mut command = Command::new(program);
                command.args(&arguments).current_dir(workspace).stdin(Stdio::null());
                let output = command.output().await?;
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
                Ok(Run { code: output.status.code(), stdout, stderr })
            }
        }
    }

    /// Fails if the stack exists: before the test it would belong to someone else, after it, it is a leftover.
    pub(crate) async fn refuse_what_is_there(&self) -> Result<(), Error> {
        let cloudformation = aws_sdk_cloudformation::Client::new(&self.config);
        match cloudformation.describe_stacks().stack_name(STACK).send().await {
            Ok(_) => {
                Err(format!("there is a stack {STACK}: take it away with `vmx-install teardown`").into())
            }
            Err(error) if error.code() == Some("ValidationError") => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The physical ID of a resource of the stack.
    pub(crate) async fn resource(&self, name: &str) -> Result<String, Error> {
        let cloudformation = aws_sdk_cloudformation::Client::new(&self.config);
        let resource = cloudformation.describe_stack_resource().stack_name(STACK).logical_resource_id(name);
        let resource = resource.send().await?;
        let detail = resource.stack_resource_detail().and_then(|detail| detail.physical_resource_id());
        Ok(detail.ok_or_else(|| format!("the stack has no {name}"))?.to_owned())
    }

    /// An output of the stack.
    pub(crate) async fn output(&self, name: &str) -> Result<String, Error> {
        let cloudformation = aws_sdk_cloudformation::Client::new(&self.config);
        let stacks = cloudformation.describe_stacks().stack_name(STACK).send().await?;
        let outputs = stacks.stacks().iter().flat_map(|stack| stack.outputs());
        let output = outputs.into_iter().find(|output| output.output_key() == Some(name));
        let value = output.and_then(|output| output.output_value()).map(str::to_owned);
        value.ok_or_else(|| format!("the stack has no output {name}").into())
    }
}
