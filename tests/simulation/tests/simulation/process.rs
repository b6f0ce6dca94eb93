//! The process of a function: its clients, its clock, its death.

use std::fmt;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use aws_config::Region;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};
use vmx_contract::arn::InstanceArn;
use vmx_contract::email::EmailSettings;
use vmx_contract::mode::Mode;
use vmx_contract::other::OtherSettings;
use vmx_contract::staff::Words;
use vmx_contract::state::Silent;
use vmx_contract::voicemail::Defaults;
use vmx_kvs_to_s3::Recorder;
use vmx_lambda::aws;
use vmx_lambda::batch::BatchResponse;
use vmx_lambda::testing::{Call, Clock, Reply, configuration};
use vmx_packager::{Guide, LinkKind, Packager, Summaries};
use vmx_transcriber::Transcriber;
use vmx_watchdog::Watchdog;

use crate::call::INSTANCE;
use crate::fault::{Fault, Function};
use crate::world::metrics::STACK_NAME;
use crate::world::watched::watched;
use crate::world::{QueueName, RECORDINGS, STATE, TRANSCRIPTS, World};

/// The ID of the flow of guided tasks.
pub(crate) const GUIDED_TASK_FLOW: &str = "00000000-0000-4000-8000-0000000000f2";
/// The maximum age of a signature. Source: the IAM user guide, signing requests.
const SIGNED_WITHIN: SignedDuration = SignedDuration::from_mins(5);
/// The delay of a slow response.
const SLOW: Duration = Duration::from_secs(20);
/// How long a response is missing if the client has no timeout.
const SILENCE: Duration = Duration::from_secs(300);

pub(crate) struct Process {
    pub(crate) clock: Clock,
    pub(crate) line: Line,
    handler: Handler,
}

enum Handler {
    Recorder(Recorder),
    Transcriber(Transcriber),
    Packager(Box<Packager>),
    Watchdog(Box<Watchdog>),
}

/// The connection from a process, or from the installer, to the services. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Line {
    world: World,
    /// `None` for the installer, whose calls have no faults.
    function: Option<Function>,
    invocation: Arc<AtomicU64>,
    is_killed: Arc<AtomicBool>,
    kill: Arc<Notify>,
}

/// The number of processes so far.
static PROCESSES: AtomicU64 = AtomicU64::new(1);

impl Process {
    pub(crate) fn start(world: &World, function: Function) -> Self {
        let mut state = world.state();
        let skew = if state.skew && state.draws.u32(0..12) == 0 {
            state.skewed += 1;
            SignedDuration::from_secs(state.draws.i64(-7200..7200))
        } else {
            SignedDuration::ZERO
        };
        let clock = state.clock.ahead(skew);
        let (target, silent) = (state.target, state.silent);
        drop(state);
        let line = Line::new(world, Some(function));
        // The SDK keeps its retry budget per process, service and region. All simulated processes share one real
        // process, so each gets its own region.
        let region = format!("us-east-{}", PROCESSES.fetch_add(1, Ordering::Relaxed));
        let config = line
            .config()
            .into_builder()
            .region(Region::new(region))
            .retry_config(aws::retries())
            .timeout_config(aws::timeouts())
            .time_source(clock)
            .build();
        let handler = match function {
            Function::Recorder => {
                Handler::Recorder(Recorder::new(vmx_kvs_to_s3::Clients::new(&config), recorder()))
            }
            Function::Transcriber => {
                Handler::Transcriber(Transcriber::new(vmx_transcriber::Clients::new(&config), transcriber()))
            }
            Function::Packager => Handler::Packager(Box::new(Packager::new(
                vmx_packager::Clients::new(&config),
                packager(target, silent),
                clock.system_now(),
            ))),
            Function::Watchdog => {
                Handler::Watchdog(Box::new(Watchdog::new(vmx_watchdog::Clients::new(&config), watchdog())))
            }
        };
        Self { clock, line, handler }
    }

    /// Handles an invocation in the same way as the function's `main`.
    pub(crate) async fn handle(&self, event: Value, deadline: Instant) -> BatchResponse {
        match &self.handler {
            Handler::Recorder(recorder) => {
                recorder.handle(serde_json::from_value(event).unwrap(), deadline).await
            }
            Handler::Transcriber(transcriber) => {
                transcriber.handle(serde_json::from_value(event).unwrap(), deadline).await
            }
            Handler::Packager(packager) => {
                packager.handle(serde_json::from_value(event).unwrap(), deadline).await
            }
            Handler::Watchdog(watchdog) => {
                watchdog.round(deadline).await;
                BatchResponse::default()
            }
        }
    }
}

impl Line {
    pub(crate) fn new(world: &World, function: Option<Function>) -> Self {
        Self {
            world: world.clone(),
            function,
            invocation: Arc::default(),
            is_killed: Arc::default(),
            kill: Arc::default(),
        }
    }

    /// Makes the process work on this invocation.
    pub(crate) fn begin(&self, invocation: u64) {
        self.invocation.store(invocation, Ordering::Relaxed);
    }

    /// Waits until the process is killed.
    pub(crate) async fn killed(&self) {
        self.kill.notified().await;
    }

    /// A configuration for clients on this line.
    pub(crate) fn config(&self) -> aws_config::SdkConfig {
        let line = self.clone();
        configuration(http_client_fn(move |settings, _| {
            let silence = settings.read_timeout().unwrap_or(SILENCE);
            SharedHttpConnector::new(Wire { line: line.clone(), silence })
        }))
    }

    async fn latency(&self) {
        let wait = self.world.state().draws.u64(3..40);
        sleep(Duration::from_millis(wait)).await;
    }

    async fn answer(self, request: HttpRequest, silence: Duration) -> Result<HttpResponse, ConnectorError> {
        let broken = |error: BoxError| ConnectorError::user(error);
        let (parts, body) = request.try_into_http1x().map_err(|error| broken(error.into()))?.into_parts();
        // Read to the end, like a connection: the SDK monitors that.
        let body = body.collect().await.map_err(broken)?.to_bytes();
        let call = Call::of(http::Request::from_parts(parts, SdkBody::from(body)));
        self.latency().await;
        if self.is_killed.load(Ordering::Relaxed) {
            // Dead processes make no calls.
            return pending().await;
        }
        let reply = self.reply(&call, silence).await?;
        self.latency().await;
        let date = self.world.state().clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let response = reply.header("date", &date).into_response(&call);
        response
            .try_into()
            .map_err(|error: aws_smithy_runtime_api::http::HttpError| ConnectorError::user(error.into()))
    }

    async fn reply(&self, call: &Call, silence: Duration) -> Result<Reply, ConnectorError> {
        let cut = || Err(ConnectorError::io("connection reset by peer".into()));
        let invocation = self.invocation.load(Ordering::Relaxed);
        let carry_out = || self.world.carry_out(self.function, invocation, call);
        let lost = || {
            carry_out();
            self.world.state().answer_lost(call);
        };
        if is_skewed(call, self.world.state().clock.now()) {
            let code =
                if call.service() == "s3" { "RequestTimeTooSkewed" } else { "InvalidSignatureException" };
            return Ok(Reply::error(call, 403, code));
        }
        let fault = self.function.and_then(|function| self.world.fault(function, &call.action));
        Ok(match fault {
            None => carry_out(),
            Some(Fault::Throttled) => throttled(call),
            Some(Fault::InternalError) => Reply::error(call, 500, "InternalServiceError"),
            Some(Fault::Unavailable) => Reply::error(call, 503, "ServiceUnavailable"),
            Some(Fault::Denied) => denied(call),
            Some(Fault::CutBefore) => return cut(),
            Some(Fault::CutAfter) => {
                lost();
                return cut();
            }
            Some(Fault::BrokenOff) => {
                let reply = carry_out().broken_off();
                self.world.state().answer_lost(call);
                reply
            }
            Some(Fault::AnswerLost) => {
                lost();
                Reply::error(call, 500, "InternalServiceError")
            }
            Some(Fault::Slow) => {
                let reply = carry_out();
                sleep(SLOW).await;
                reply
            }
            Some(Fault::NoAnswer) => {
                sleep(silence).await;
                return Err(ConnectorError::timeout("no answer".into()));
            }
            Some(Fault::KilledBefore) => self.die().await,
            Some(Fault::KilledAfter) => {
                lost();
                self.die().await
            }
        })
    }

    /// Kills the process in the middle of its call.
    async fn die(&self) -> Reply {
        self.is_killed.store(true, Ordering::Relaxed);
        self.kill.notify_one();
        pending().await
    }
}

/// The line as the SDK sees it, with the client's read timeout.
struct Wire {
    line: Line,
    silence: Duration,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("function", &self.line.function).finish_non_exhaustive()
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.line.clone().answer(request, self.silence))
    }
}

/// Whether the service rejects a call's signing time.
fn is_skewed(call: &Call, now: Timestamp) -> bool {
    let signed = call.headers.get("x-amz-date").map(|date| date.parse::<Timestamp>().unwrap());
    signed.is_some_and(|signed| signed.duration_since(now).abs() > SIGNED_WITHIN)
}

/// Services report throttling in different ways.
fn throttled(call: &Call) -> Reply {
    let (status, code) = match call.service().as_str() {
        "s3" => (503, "SlowDown"),
        "kinesisvideo" => (400, "ClientLimitExceededException"),
        "transcribe" => (400, "LimitExceededException"),
        "connect" => (429, "ThrottlingException"),
        "ses" => (429, "TooManyRequestsException"),
        "sqs" => (403, "RequestThrottled"),
        _ => (400, "ThrottlingException"),
    };
    Reply::error(call, status, code)
}

fn denied(call: &Call) -> Reply {
    let code = if call.service() == "s3" { "AccessDenied" } else { "AccessDeniedException" };
    Reply::error(call, 403, code)
}

fn instance() -> InstanceArn {
    InstanceArn::parse(INSTANCE).unwrap()
}

fn default_queue_arn() -> String {
    format!("{INSTANCE}/queue/default")
}

fn recorder() -> vmx_kvs_to_s3::Config {
    vmx_kvs_to_s3::Config {
        recordings_bucket: RECORDINGS.into(),
        state_bucket: STATE.into(),
        instance: instance(),
        retry_queue_url: QueueName::Retry.url(),
        defaults: Defaults { language: "en-US".into(), mode: Mode::Task, queue_arn: default_queue_arn() },
    }
}

fn transcriber() -> vmx_transcriber::Config {
    vmx_transcriber::Config {
        recordings_bucket: RECORDINGS.into(),
        transcripts_bucket: TRANSCRIPTS.into(),
        state_bucket: STATE.into(),
        stack: STACK_NAME.into(),
        transcripts_key_arn: None,
        default_language: "en-US".into(),
        options: vmx_transcriber::Options::default(),
    }
}

fn watchdog() -> vmx_watchdog::Config {
    vmx_watchdog::Config {
        state_bucket: STATE.into(),
        recordings_bucket: RECORDINGS.into(),
        transcripts_bucket: TRANSCRIPTS.into(),
        recordings_queue_url: QueueName::Recordings.url(),
        transcripts_queue_url: QueueName::Transcripts.url(),
        deadline: SignedDuration::from_hours(1),
        redact: false,
        instance: instance(),
        watched: watched(),
    }
}

fn packager(target: &str, silent: Silent) -> vmx_packager::Config {
    vmx_packager::Config {
        recordings_bucket: RECORDINGS.into(),
        transcripts_bucket: TRANSCRIPTS.into(),
        state_bucket: STATE.into(),
        stack: STACK_NAME.into(),
        silent,
        redact: false,
        summaries: Some(Summaries { model: "a-model".into(), always: true }),
        instance: instance(),
        modes: vec![Mode::Task, Mode::GuidedTask, Mode::Email, Mode::Other],
        default_mode: Mode::Task,
        email: Some(EmailSettings {
            from: "voicemail@example.com".into(),
            to: "desk@example.com".into(),
            allowed_domains: vec![],
            // The recording's name contains the contact.
            attach_at_most_kb: 10_000,
            configuration_set: None,
        }),
        other: Some(OtherSettings { event_bus: "bus".into(), target: Some(target.into()), secret: None }),
        templates_bucket: None,
        loopback: false,
        default_queue_arn: default_queue_arn(),
        task_flow_id: "00000000-0000-4000-8000-0000000000f1".into(),
        time_zone: "UTC".into(),
        words: Words::english(),
        guide: Some(Guide {
            task_flow_id: GUIDED_TASK_FLOW.into(),
            function_arn: "arn:aws:lambda:us-east-1:111122223333:function:playback".into(),
        }),
        link_lifetime: Duration::from_hours(1),
        attach_to_task: false,
        links: LinkKind::Url {
            key_arn: "arn:aws:kms:us-east-1:111122223333:key/links".into(),
            base: "https://playback.example.com".into(),
        },
        salesforce: None,
    }
}
