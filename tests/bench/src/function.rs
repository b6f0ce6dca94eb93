//! The functions' packages, and a function at work.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use end_to_end::{Error, Site};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::process::{self, Memory};
use crate::runtime_api::RuntimeApi;

/// The functions' crates, in the order of the pipeline, and the outputs of the stack that name the functions.
pub(crate) const FUNCTIONS: [(&str, &str); 5] = [
    ("vmx_kvs_to_s3", "KvsToS3FunctionArn"),
    ("vmx_transcriber", "TranscriberFunctionArn"),
    ("vmx_packager", "PackagerFunctionArn"),
    ("vmx_playback", "PlaybackFunctionArn"),
    ("vmx_watchdog", "WatchdogFunctionArn"),
];

/// A function's package.
pub(crate) struct Package {
    /// Its crate.
    pub(crate) name: &'static str,
    /// The output of the stack with its ARN.
    pub(crate) output: &'static str,
    /// Size of the zip, in bytes.
    pub(crate) zip_bytes: u64,
    /// Size of the executable, in bytes.
    pub(crate) executable_bytes: u64,
    executable: PathBuf,
    _unpacked: TempDir,
}

impl Package {
    /// Every function's, from a folder of zips.
    pub(crate) fn all(folder: &Path) -> Result<Vec<Self>, Error> {
        FUNCTIONS.into_iter().map(|(name, output)| Self::unpack(folder, name, output)).collect()
    }

    fn unpack(folder: &Path, name: &'static str, output: &'static str) -> Result<Self, Error> {
        let zip = folder.join(format!("{name}.zip"));
        let mut archive = zip::ZipArchive::new(std::fs::File::open(&zip)?)?;
        let mut bytes = Vec::new();
        archive.by_name("bootstrap")?.read_to_end(&mut bytes)?;
        let unpacked = TempDir::new()?;
        let executable = unpacked.path().join("bootstrap");
        std::fs::write(&executable, &bytes)?;
        std::fs::set_permissions(&executable, std::fs::Permissions::from_mode(0o755))?;
        let (zip_bytes, executable_bytes) = (zip.metadata()?.len(), bytes.len() as u64);
        Ok(Self { name, output, zip_bytes, executable_bytes, executable, _unpacked: unpacked })
    }
}

/// A function's process, which waits for events.
pub(crate) struct Running {
    /// From the start of the process until it asked for its first event.
    pub(crate) start: Duration,
    pid: u32,
    api: RuntimeApi,
    _child: Child,
}

impl Running {
    /// Starts a function with an environment.
    pub(crate) async fn start(
        package: &Package,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, Error> {
        let mut api = RuntimeApi::start().await?;
        let mut command = Command::new(&package.executable);
        command
            .env_clear()
            .envs(environment)
            .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true);
        let began = Instant::now();
        let child = command.spawn()?;
        let start = api.poll().await?.duration_since(began);
        let pid = child.id().ok_or_else(|| format!("{} has ended", package.name))?;
        Ok(Self { start, pid, api, _child: child })
    }

    /// Its memory.
    pub(crate) fn memory(&self) -> Result<Memory, Error> {
        process::memory(self.pid)
    }

    /// Has it handle an event. Tells its answer, and the processor time that it took until it asked for the next one.
    pub(crate) async fn handle(&mut self, event: &Value) -> Result<(Value, Duration), Error> {
        let before = process::cpu_time(self.pid)?;
        let answer = self.api.invoke(event).await?;
        self.api.poll().await?;
        let cpu = process::cpu_time(self.pid)?.saturating_sub(before);
        if answer["batchItemFailures"].as_array().is_some_and(|failures| !failures.is_empty()) {
            return Err(format!("the function could not do its work: {answer}").into());
        }
        Ok((answer, cpu))
    }
}

/// The environment in which Lambda runs an installed function, on a site's cloud.
pub(crate) async fn environment(site: &Site, package: &Package) -> Result<BTreeMap<String, String>, Error> {
    let function = site.output(package.output).await?;
    let configuration = site.function(&function).await?;
    let variables = configuration["Environment"]["Variables"].as_object().ok_or("no variables")?;
    let mut environment: BTreeMap<String, String> = variables
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect();
    let root = site.cloud.credentials();
    let given = [
        ("AWS_ENDPOINT_URL", site.cloud.endpoint()),
        ("AWS_REGION", &site.cloud.account().region),
        ("AWS_ACCESS_KEY_ID", root.access_key_id()),
        ("AWS_SECRET_ACCESS_KEY", root.secret_access_key()),
        ("AWS_LAMBDA_FUNCTION_NAME", package.name),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
    ];
    environment.extend(given.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Ok(environment)
}
