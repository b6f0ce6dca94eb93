//! The Lambda Runtime API, on loopback, for one function.
//!
//! Source: AWS Lambda developer guide, "Using the Lambda runtime API for custom runtimes".

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use end_to_end::Error;
use http::{Method, Response, StatusCode, Uri};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

/// How long a function may take for one event.
const PATIENCE: Duration = Duration::from_secs(300);

/// The API. Dropping it ends it.
pub(crate) struct RuntimeApi {
    /// Where it answers.
    pub(crate) address: SocketAddr,
    polls: mpsc::UnboundedReceiver<Instant>,
    events: mpsc::UnboundedSender<String>,
    answers: mpsc::UnboundedReceiver<Result<Bytes, String>>,
    _server: JoinSet<()>,
}

struct Service {
    polls: mpsc::UnboundedSender<Instant>,
    events: Mutex<mpsc::UnboundedReceiver<String>>,
    answers: mpsc::UnboundedSender<Result<Bytes, String>>,
}

impl RuntimeApi {
    pub(crate) async fn start() -> Result<Self, Error> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (polled, polls) = mpsc::unbounded_channel();
        let (events, asked) = mpsc::unbounded_channel();
        let (answered, answers) = mpsc::unbounded_channel();
        let service = Service { polls: polled, events: Mutex::new(asked), answers: answered };
        let router = Router::new().fallback(serve).with_state(Arc::new(service));
        let mut server = JoinSet::new();
        server.spawn(async move {
            // It ends with the program; a function that is cut off says so itself.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, polls, events, answers, _server: server })
    }

    /// Waits until the function asks for an event, and tells when it did.
    pub(crate) async fn poll(&mut self) -> Result<Instant, Error> {
        let poll = tokio::time::timeout(PATIENCE, self.polls.recv()).await?;
        poll.ok_or_else(|| "the function's Runtime API has ended".into())
    }

    /// Hands the function an event, and waits for its answer.
    pub(crate) async fn invoke(&mut self, event: &Value) -> Result<Value, Error> {
        self.events.send(event.to_string())?;
        let answer = tokio::time::timeout(PATIENCE, self.answers.recv()).await?;
        let answer = answer.ok_or("the function's Runtime API has ended")?;
        Ok(serde_json::from_slice(&answer?)?)
    }
}

async fn serve(State(service): State<Arc<Service>>, method: Method, uri: Uri, body: Bytes) -> Response<Body> {
    let plain = |status| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        response
    };
    // The receivers are gone only when nobody measures any more.
    if method == Method::GET && uri.path().ends_with("/invocation/next") {
        let _ = service.polls.send(Instant::now());
        let Some(event) = service.events.lock().await.recv().await else {
            return std::future::pending().await;
        };
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + PATIENCE;
        let response = Response::builder()
            .header("lambda-runtime-aws-request-id", "00000000-0000-4000-8000-00000000be4c")
            .header("lambda-runtime-deadline-ms", deadline.as_millis().to_string())
            .header(
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:us-east-1:111122223333:function:bench",
            )
            .body(Body::from(event));
        return response.unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR));
    }
    let answer = if uri.path().ends_with("/response") {
        Ok(body)
    } else {
        Err(format!("the function failed: {}", String::from_utf8_lossy(&body)))
    };
    let _ = service.answers.send(answer);
    plain(StatusCode::ACCEPTED)
}
