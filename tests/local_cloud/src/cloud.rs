//! A local cloud: MiniStack, the services beside it, and the one endpoint in front of them.

use std::collections::HashMap;
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
use crate::faults::{CuttableListener, Fault, Faults, Schedule};
use crate::front::Front;
use crate::internal_calls::InternalCalls;
use crate::kinesis_video::KinesisVideo;
use crate::ministack::{MiniStack, MiniStackError, Settings};
use crate::python::{self, PythonError};
use crate::service::{Account, AwsError, Service};
use crate::service_quotas::ServiceQuotas;
use crate::transcribe::{RecognizerError, Transcribe};

/// What a local cloud is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The region that it stands for.
    pub region: String,
    /// The endpoint's loopback port; 0 takes a free one.
    pub port: u16,
    /// Where its programs and logs are kept. `None`: a temporary directory that goes with the cloud.
    pub directory: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { region: "us-east-1".to_owned(), port: 0, directory: None }
    }
}

/// Why a local cloud did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no Python environment to run MiniStack in.
    #[error(transparent)]
    Python(#[from] PythonError),
    /// MiniStack did not come up.
    #[error(transparent)]
    MiniStack(#[from] MiniStackError),
    /// MiniStack does not take what every account has.
    #[error(transparent)]
    Account(#[from] BackendError),
    /// The speech recogniser did not come up.
    #[error(transparent)]
    Recognizer(#[from] RecognizerError),
    /// The endpoint's port or the run's directory cannot be had.
    #[error("the local cloud cannot start: {what}: {source}")]
    System {
        /// What was being done.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A running local cloud. Several can run side by side.
///
/// Dropping it ends everything that it started; [`LocalCloud::stop`] waits until that has ended.
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
    directory: RunDirectory,
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
    /// Starts a local cloud. The first start on a machine makes its Python environment, which takes about a minute.
    ///
    /// # Errors
    /// When Python is missing, the port is taken, or MiniStack or the recogniser does not come up.
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
        let connect = Connect::new(account.clone(), Seed::newcomer(), kinesis_video.clone(), integrations);
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
            // An error means that the sender is gone, which is a stop as well.
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
            directory,
        })
    }

    /// The endpoint that stands for all of AWS, for example `http://127.0.0.1:40001`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The credentials of the account's root, made for this cloud alone.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.root
    }

    /// The account and region.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Amazon Connect, to [place calls](crate::call::place_call) and to look at its tasks.
    #[must_use]
    pub fn connect(&self) -> &Connect {
        &self.connect
    }

    /// Kinesis Video Streams, to lose fragments.
    #[must_use]
    pub fn kinesis_video(&self) -> &KinesisVideo {
        &self.kinesis_video
    }

    /// A client for calls as the account's root that do not go through the endpoint.
    #[must_use]
    pub fn backend(&self) -> &Backend {
        &self.backend
    }

    /// The run's directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Lets the schedules of EventBridge rules fire now, once, instead of at their time: of the rule with a name, or of all
    /// that are enabled. Gives the rules' names. What the rules lead to goes on by itself.
    ///
    /// # Errors
    /// When MiniStack does not answer.
    pub async fn tick(&self, rule: Option<&str>) -> Result<Vec<String>, AwsError> {
        self.internal_calls.tick(rule).await
    }

    /// Makes every object of S3 as much older, for what waits until something has stood still for a while.
    ///
    /// # Errors
    /// When MiniStack does not answer.
    pub async fn age_objects(&self, by: Duration) -> Result<(), AwsError> {
        self.internal_calls.age_objects(by).await
    }

    /// From now on, operations on stacks wait at the next function, until that is taken back: whoever looks finds them
    /// at work, and an update can be cancelled.
    ///
    /// # Errors
    /// When the run's directory cannot be written to.
    pub fn hold_stacks(&self, hold: bool) -> std::io::Result<()> {
        self.control("hold-stacks", hold)
    }

    /// From now on, no stack can delete a bucket, until that is taken back.
    ///
    /// # Errors
    /// When the run's directory cannot be written to.
    pub fn deny_deletion_of(&self, bucket: &str, deny: bool) -> std::io::Result<()> {
        self.control(&format!("deny-deletion-of-{bucket}"), deny)
    }

    /// MiniStack looks for these files: see `leniencies.py`.
    fn control(&self, name: &str, set: bool) -> std::io::Result<()> {
        let file = self.directory().join(name);
        if set { std::fs::write(file, "") } else { std::fs::remove_file(file) }
    }

    /// MiniStack's log, which also has what functions print.
    #[must_use]
    pub fn log(&self) -> &Path {
        self.ministack.log()
    }

    /// The next `calls` calls of an IAM action, for example `connect:StartTaskContact`, go wrong in a way; see
    /// [`Faults::plan`] for the actions that can be named.
    pub fn plan_fault(&self, action: &str, fault: Fault, calls: u32) {
        self.faults.plan(action, fault, calls);
    }

    /// How many of the planned faults are still to come.
    #[must_use]
    pub fn faults_left(&self, action: &str, fault: Fault) -> u32 {
        self.faults.left(action, fault)
    }

    /// From now on a schedule says what goes wrong with the calls of functions; see [`Faults::follow`].
    pub fn follow(&self, schedule: Option<Arc<dyn Schedule>>) {
        self.faults.follow(schedule);
    }

    /// Throttles the next `calls` calls of an IAM action; see [`Faults::plan`].
    pub fn throttle(&self, action: &str, calls: u32) {
        self.faults.throttle(action, calls);
    }

    /// Carries out the next `calls` calls of an IAM action and loses the answers; see [`Faults::lose_answers`].
    pub fn lose_answers(&self, action: &str, calls: u32) {
        self.faults.lose_answers(action, calls);
    }

    /// How many answers to an action are still to be lost.
    #[must_use]
    pub fn answers_to_lose(&self, action: &str) -> u32 {
        self.faults.answers_to_lose(action)
    }

    /// Ends the cloud and waits until its processes have ended.
    pub async fn stop(self) {
        drop(self.stop_serving);
        drop(self.server);
        self.ministack.stop().await;
    }
}

/// Credentials in the form of a long-lived access key.
fn random_credentials() -> Credentials {
    let random = || Uuid::new_v4().simple().to_string();
    let key_id = format!("AKIA{}", random().to_uppercase().chars().take(16).collect::<String>());
    Credentials::new(key_id, format!("{}{}", random(), random()), None, None, "local cloud")
}
