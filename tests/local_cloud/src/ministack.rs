//! MiniStack as a supervised child process.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use aws_credential_types::Credentials;
use bytes::Bytes;
use http::Method;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::backend::Backend;
use crate::service::Account;

/// The programs that run in MiniStack's process, with their module names.
const PROGRAMS: [(&str, &str); 9] = [
    ("start_ministack.py", include_str!("../python/start_ministack.py")),
    ("internal_calls.py", include_str!("../python/internal_calls.py")),
    ("leniencies.py", include_str!("../python/leniencies.py")),
    ("kinesis_mapping.py", include_str!("../python/kinesis_mapping.py")),
    ("metrics.py", include_str!("../python/metrics.py")),
    ("models.py", include_str!("../python/models.py")),
    ("object_store.py", include_str!("../python/object_store.py")),
    ("permissions.py", include_str!("../python/permissions.py")),
    ("wire.py", include_str!("../python/wire.py")),
];

/// The time limit for the first response. MiniStack needs 1–2 s on a quiet machine.
const START_PATIENCE: Duration = Duration::from_secs(90);

/// The time limit for its exit, including functions, before it is killed.
const STOP_PATIENCE: Duration = Duration::from_secs(6);

/// Why MiniStack does not run.
#[derive(Debug, thiserror::Error)]
pub enum MiniStackError {
    /// Its directory or log cannot be created.
    #[error("the run directory {path} cannot be used: {source}")]
    Directory {
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The process cannot be started.
    #[error("ministack cannot be started with {python}: {source}")]
    Spawn {
        /// The interpreter.
        python: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// It exited instead of listening, or did not respond in time.
    #[error("ministack did not come up: {reason}; the end of its log {log}:\n{last_words}")]
    NotReady {
        /// The reason.
        reason: String,
        /// Its log file.
        log: PathBuf,
        /// The log's last lines.
        last_words: String,
    },
}

/// MiniStack's settings.
#[derive(Debug)]
pub struct Settings<'a> {
    /// The Python interpreter of an environment with MiniStack.
    pub python: &'a Path,
    /// A directory for its programs, its log and the functions' code. Created if missing.
    pub directory: &'a Path,
    /// The local cloud's own endpoint, used by functions and queue URLs, for example `http://127.0.0.1:40001`.
    pub endpoint: &'a str,
    /// The endpoint's port.
    pub port: u16,
    /// Its account and region.
    pub account: &'a Account,
    /// The only credentials accepted for the account's root.
    pub root: &'a Credentials,
    /// The password of the internal calls.
    pub token: &'a str,
}

/// A running MiniStack. Dropping it ends it and its functions soon after; [`MiniStack::stop`] waits for that.
#[derive(Debug)]
pub struct MiniStack {
    child: Child,
    /// Closing it tells the child to stop. The system also closes it when this process dies.
    lifeline: Option<ChildStdin>,
    url: String,
    log: PathBuf,
}

impl MiniStack {
    /// Starts MiniStack on a free loopback port and waits until it responds.
    ///
    /// # Errors
    /// If it cannot be started or does not respond within a minute and a half. In that case, it is ended.
    pub async fn start(settings: &Settings<'_>) -> Result<Self, MiniStackError> {
        let directory = settings.directory;
        let temporary = directory.join("tmp");
        fs::create_dir_all(&temporary)
            .map_err(|source| MiniStackError::Directory { path: temporary.clone(), source })?;
        for (name, text) in PROGRAMS {
            let path = directory.join(name);
            fs::write(&path, text).map_err(|source| MiniStackError::Directory { path, source })?;
        }
        let log_path = directory.join("ministack.log");
        let log = File::create(&log_path)
            .map_err(|source| MiniStackError::Directory { path: log_path.clone(), source })?;

        let mut child = command(settings, &temporary)
            .stderr(log)
            .spawn()
            .map_err(|source| MiniStackError::Spawn { python: settings.python.to_owned(), source })?;
        let lifeline = child.stdin.take();
        let mut ministack = Self { child, lifeline, url: String::new(), log: log_path };
        match timeout(START_PATIENCE, ministack.wait_until_ready(settings)).await {
            Ok(Ok(())) => Ok(ministack),
            Ok(Err(reason)) => Err(ministack.not_ready(reason).await),
            Err(_) => Err(ministack.not_ready(format!("no answer in {} s", START_PATIENCE.as_secs())).await),
        }
    }

    /// MiniStack's own URL, for example `http://127.0.0.1:40123`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its log, which includes the functions' output.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Ends MiniStack and its functions, and waits until they have exited. Kills those that do not exit by themselves.
    pub async fn stop(mut self) {
        let group = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        self.lifeline.take();
        if timeout(STOP_PATIENCE, self.child.wait()).await.is_err()
            && let Some(group) = group
        {
            // The leader has not been waited for, so its group ID cannot have been reused.
            let _ = kill_process_group(group, Signal::KILL);
            let _ = self.child.wait().await;
        }
    }

    async fn wait_until_ready(&mut self, settings: &Settings<'_>) -> Result<(), String> {
        let stdout = self.child.stdout.take().ok_or("its output is not captured")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).await.map_err(|error| error.to_string())?;
        let port: u16 = line.trim().parse().map_err(|_| "it ended before it listened".to_owned())?;
        self.url = format!("http://127.0.0.1:{port}");

        let backend =
            Backend::new(self.url.as_str(), settings.root.clone(), settings.account.region.as_str());
        let mut pause = Duration::from_millis(10);
        let started = Instant::now();
        loop {
            let Err(error) = who_am_i(&backend).await else {
                return Ok(());
            };
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("it ended with {status}"));
            }
            if started.elapsed() > START_PATIENCE {
                return Err(error.to_string());
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(500));
        }
    }

    async fn not_ready(self, reason: String) -> MiniStackError {
        let log = self.log.clone();
        self.stop().await;
        let text = fs::read_to_string(&log).unwrap_or_default();
        let from = text.lines().count().saturating_sub(15);
        let last_words = text.lines().skip(from).collect::<Vec<_>>().join("\n");
        MiniStackError::NotReady { reason, log, last_words }
    }
}

/// MiniStack's command. It passes only the search path from the user's environment: functions inherit all of it.
fn command(settings: &Settings<'_>, temporary: &Path) -> Command {
    let Settings { account, root, .. } = settings;
    let mut command = Command::new(settings.python);
    command
        .arg(settings.directory.join("start_ministack.py"))
        .current_dir(settings.directory)
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("HOME", settings.directory)
        .env("TMPDIR", temporary)
        .env("LANG", "C.UTF-8")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("LOCAL_CLOUD_TOKEN", settings.token)
        .env("LOCAL_CLOUD_CONTROL", settings.directory)
        .env("AUTH", "true")
        .env("AWS_ACCESS_KEY_ID", root.access_key_id())
        .env("AWS_SECRET_ACCESS_KEY", root.secret_access_key())
        .env("AWS_DEFAULT_REGION", &account.region)
        .env("AWS_ENDPOINT_URL", settings.endpoint)
        .env("MINISTACK_ACCOUNT_ID", &account.id)
        .env("MINISTACK_REGION", &account.region)
        // The URLs that MiniStack creates use the local cloud's endpoint.
        .env("MINISTACK_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", settings.port.to_string())
        // Functions run as plain processes; no other listeners, and an existing Docker is not used.
        .env("LAMBDA_EXECUTOR", "local")
        .env("DOCKER_HOST", "unix:///nonexistent")
        .env("IOT_MTLS_ENABLED", "0")
        .env("SFTP_ENABLED", "0");
    command
}

/// A call that only succeeds if MiniStack is running and accepts the root's signature.
async fn who_am_i(backend: &Backend) -> Result<(), crate::backend::BackendError> {
    let request = backend
        .request("sts", Method::POST, "/")?
        .header("content-type", "application/x-www-form-urlencoded");
    backend
        .send("sts", request, Bytes::from_static(b"Action=GetCallerIdentity&Version=2011-06-15"))
        .await
        .map(drop)
}
