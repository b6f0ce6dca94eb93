//! A local cloud: MiniStack, the additional services, and the single endpoint for them.

use std::collections::{BTreeMap, HashMap};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::backend::{Backend, BackendError};
use crate::connect::{Connect, Seed};
use crate::control::{self, Control};
use crate::faults::{Calls, CuttableListener, Fault, Faults, Schedule};
use crate::front::Front;
use crate::internal_calls::InternalCalls;
use crate::kinesis_video::KinesisVideo;
use crate::ministack::{MiniStack, MiniStackError, Settings};
use crate::python::{self, PythonError};
use crate::service::{Account, AwsError, Service};
use crate::service_quotas::ServiceQuotas;
use crate::transcribe::{RecognizerError, Transcribe};

/// The options of a local cloud.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its region.
    pub region: String,
    /// The endpoint's loopback port; 0 for a free one.
    pub port: u16,
    /// The directory for programs and logs. `None`: a temporary directory that is removed with the cloud.
    pub directory: Option<PathBuf>,
    /// The services that the account's organization forbids; see [`LocalCloud::forbid`].
    pub forbidden: Vec<String>,
    /// The contact center.
    pub seed: Seed,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            region: "us-east-1".to_owned(),
            port: 0,
            directory: None,
            forbidden: Vec::new(),
            seed: Seed::newcomer(),
        }
    }
}

/// Why a local cloud did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no Python environment for MiniStack.
    #[error(transparent)]
    Python(#[from] PythonError),
    /// MiniStack did not start.
    #[error(transparent)]
    MiniStack(#[from] MiniStackError),
    /// MiniStack does not accept the account's basic resources.
    #[error(transparent)]
    Account(#[from] BackendError),
    /// The speech recognizer did not start.
    #[error(transparent)]
    Recognizer(#[from] RecognizerError),
    /// The endpoint's port or the run's directory is not available.
    #[error("the local cloud cannot start: {what}: {source}")]
    System {
        /// The operation.
        what: String,
        /// The system's error.
        source: std::io::Error,
    },
}

/// A running local cloud. Several can run in parallel.
///
/// Dropping it ends everything that it started; [`LocalCloud::stop`] also waits for that.
///
/// # Panics
/// Both panic if a request or an answer violated the published model of its service, which fails a test; see
/// [`LocalCloud::take_violations`].
pub struct LocalCloud {
    account: Account,
    root: Credentials,
    connect: Connect,
    kinesis_video: KinesisVideo,
    endpoint: String,
    backend: Backend,
    internal_calls: InternalCalls,
    faults: Arc<Faults>,
    ministack: MiniStack,
    /// Dropping these two ends the endpoint: open connections first, then the listener.
    stop_serving: oneshot::Sender<()>,
    server: JoinSet<()>,
    violations: Violations,
    directory: RunDirectory,
}

/// The record of requests and answers that violate the services' published models; see `models.py`.
struct Violations(PathBuf);

impl Violations {
    fn take(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.0).unwrap_or_default();
        // There is none as long as nothing was recorded.
        let _ = std::fs::remove_file(&self.0);
        text.lines().map(str::to_owned).collect()
    }
}

impl Drop for Violations {
    /// Fails the test that used the cloud, unless it has failed already or has taken the violations.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let violations = self.take();
            assert!(
                violations.is_empty(),
                "against the services' published models:\n{}",
                violations.join("\n")
            );
        }
    }
}

/// The run's directory. A temporary one is removed with it.
enum RunDirectory {
    Kept(PathBuf),
    Temporary(TempDir),
}

impl RunDirectory {
    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(directory) => directory.path(),
        }
    }
}

impl LocalCloud {
    /// Starts a local cloud. The first start on a machine creates its Python environment, which takes about a minute.
    ///
    /// # Errors
    /// If Python is missing, the port is taken, or MiniStack or the recognizer does not start.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let system = |what: &str| {
            let what = what.to_owned();
            move |source| StartError::System { what, source }
        };
        let python = tokio::task::spawn_blocking(|| python::environment(python::REQUIREMENTS))
            .await
            .map_err(|error| system("waiting for the Python environment")(error.into()))??;
        let directory = match options.directory {
            Some(path) => {
                std::fs::create_dir_all(&path).map_err(system("making the run's directory"))?;
                RunDirectory::Kept(std::path::absolute(&path).map_err(system("finding the run's directory"))?)
            }
            None => RunDirectory::Temporary(
                tempfile::Builder::new()
                    .prefix("vmx-local-")
                    .tempdir()
                    .map_err(system("making the run's directory"))?,
            ),
        };
        let violations = Violations(directory.path().join("violations"));
        violations.take();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))
            .await
            .map_err(system(&format!("listening on 127.0.0.1:{}", options.port)))?;
        let port = listener.local_addr().map_err(system("finding the endpoint's port"))?.port();
        let endpoint = format!("http://127.0.0.1:{port}");

        let account =
            Account { partition: "aws".to_owned(), region: options.region, id: "111122223333".to_owned() };
        let root = random_credentials();
        let token = Uuid::new_v4().simple().to_string();
        let ministack = MiniStack::start(&Settings {
            python: &python,
            directory: directory.path(),
            endpoint: &endpoint,
            port,
            account: &account,
            root: &root,
            token: &token,
        })
        .await?;
        let backend = Backend::new(ministack.url(), root.clone(), account.region.as_str());
        let internal_calls = InternalCalls::new(ministack.url(), token);
        backend.create_connect_role().await?;

        let kinesis_video = KinesisVideo::new(account.clone(), endpoint.as_str());
        let integrations = Arc::new(backend.clone());
        let connect = Connect::new(account.clone(), options.seed, kinesis_video.clone(), integrations);
        let transcribe = Transcribe::start(
            account.clone(),
            backend.clone(),
            internal_calls.clone(),
            &python,
            directory.path(),
        )?;
        let services: HashMap<&'static str, Arc<dyn Service>> = HashMap::from([
            ("connect", Arc::new(connect.clone()) as Arc<dyn Service>),
            ("kinesisvideo", Arc::new(kinesis_video.clone())),
            ("transcribe", Arc::new(transcribe)),
            ("servicequotas", Arc::new(ServiceQuotas::new(account.clone()))),
            (control::SCOPE, Arc::new(Control::new(connect.clone(), internal_calls.clone()))),
        ]);

        let faults = Arc::new(Faults::default());
        options.forbidden.iter().for_each(|service| faults.forbid(service, true));
        let front = Front::new(
            services,
            internal_calls.clone(),
            Arc::clone(&faults),
            root.access_key_id(),
            ministack.url(),
        );
        let (stop_serving, stopped) = oneshot::channel::<()>();
        let listener = CuttableListener(listener);
        let server = axum::serve(listener, front.into_service()).with_graceful_shutdown(async {
            // An error means that the sender was dropped, which is a stop as well.
            let _ = stopped.await;
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(async {
            if let Err(error) = server.await {
                tracing::error!(%error, "the local cloud's endpoint failed");
            }
        });
        Ok(Self {
            account,
            root,
            connect,
            kinesis_video,
            endpoint,
            backend,
            internal_calls,
            faults,
            ministack,
            stop_serving,
            server: tasks,
            violations,
            directory,
        })
    }

    /// The endpoint for all of AWS, for example `http://127.0.0.1:40001`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The credentials of the account's root, unique to this cloud.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.root
    }

    /// The account and region.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Amazon Connect, to [place calls](crate::call::place_call) and to read its tasks.
    #[must_use]
    pub fn connect(&self) -> &Connect {
        &self.connect
    }

    /// Kinesis Video Streams, to lose fragments.
    #[must_use]
    pub fn kinesis_video(&self) -> &KinesisVideo {
        &self.kinesis_video
    }

    /// A client for calls as the account's root that bypass the endpoint.
    #[must_use]
    pub fn backend(&self) -> &Backend {
        &self.backend
    }

    /// The run's directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Fires the schedules of EventBridge rules once, now: of the rule with this name, or of all enabled ones. Returns
    /// the rules' names. Does not wait for the targets.
    ///
    /// # Errors
    /// If MiniStack does not respond.
    pub async fn tick(&self, rule: Option<&str>) -> Result<Vec<String>, AwsError> {
        self.internal_calls.tick(rule).await
    }

    /// Ages all S3 objects, to test what waits for inactivity.
    ///
    /// # Errors
    /// If MiniStack does not respond.
    pub async fn age_objects(&self, by: Duration) -> Result<(), AwsError> {
        self.internal_calls.age_objects(by).await
    }

    /// Holds stack operations at the next function until this is reset, so that they are seen in progress, and an
    /// update can be canceled.
    ///
    /// # Errors
    /// If the run's directory is not writable.
    pub fn hold_stacks(&self, hold: bool) -> std::io::Result<()> {
        self.control("hold-stacks", hold)
    }

    /// Prevents stacks from deleting a bucket until this is reset.
    ///
    /// # Errors
    /// If the run's directory is not writable.
    pub fn deny_deletion_of(&self, bucket: &str, deny: bool) -> std::io::Result<()> {
        self.control(&format!("deny-deletion-of-{bucket}"), deny)
    }

    /// MiniStack looks for these files: see `leniencies.py`.
    fn control(&self, name: &str, set: bool) -> std::io::Result<()> {
        let file = self.directory().join(name);
        if set { std::fs::write(file, "") } else { std::fs::remove_file(file) }
    }

    /// MiniStack's log, which includes the functions' output.
    #[must_use]
    pub fn log(&self) -> &Path {
        self.ministack.log()
    }

    /// Plans a fault for the next `calls` calls of an IAM action, for example `connect:StartTaskContact`; see
    /// [`Faults::plan`] for the supported actions.
    pub fn plan_fault(&self, action: &str, fault: Fault, calls: u32) {
        self.faults.plan(action, fault, calls);
    }

    /// The number of planned faults that are still to occur.
    #[must_use]
    pub fn faults_left(&self, action: &str, fault: Fault) -> u32 {
        self.faults.left(action, fault)
    }

    /// Sets a schedule of faults for functions' calls; see [`Faults::follow`].
    pub fn follow(&self, schedule: Option<Arc<dyn Schedule>>) {
        self.faults.follow(schedule);
    }

    /// Throttles the next `calls` calls of an IAM action; see [`Faults::plan`].
    pub fn throttle(&self, action: &str, calls: u32) {
        self.faults.throttle(action, calls);
    }

    /// Carries out the next `calls` calls of an IAM action and loses the responses; see [`Faults::lose_answers`].
    pub fn lose_answers(&self, action: &str, calls: u32) {
        self.faults.lose_answers(action, calls);
    }

    /// The number of an action's responses still to be lost.
    #[must_use]
    pub fn answers_to_lose(&self, action: &str) -> u32 {
        self.faults.answers_to_lose(action)
    }

    /// Forbids all calls of a service, or allows them again; see [`Faults::forbid`].
    pub fn forbid(&self, service: &str, forbid: bool) {
        self.faults.forbid(service, forbid);
    }

    /// Throttles calls over the rates that services publish, from now on.
    pub fn keep_quotas(&self) {
        self.faults.keep_quotas();
    }

    /// The calls with a published rate since it is kept, by action.
    #[must_use]
    pub fn calls(&self) -> BTreeMap<String, Calls> {
        self.faults.calls()
    }

    /// What violated the services' published models so far, once: each with the service, the operation and the member.
    #[must_use]
    pub fn take_violations(&self) -> Vec<String> {
        self.violations.take()
    }

    /// Ends the cloud and waits until its processes have ended.
    pub async fn stop(self) {
        drop(self.stop_serving);
        drop(self.server);
        self.ministack.stop().await;
    }
}

/// Random credentials in the form of a long-lived access key.
fn random_credentials() -> Credentials {
    let random = || Uuid::new_v4().simple().to_string();
    let key_id = format!("AKIA{}", random().to_uppercase().chars().take(16).collect::<String>());
    Credentials::new(key_id, format!("{}{}", random(), random()), None, None, "local cloud")
}
