//! An external server on loopback, with or without TLS, whose failures a test controls.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::program;
use crate::site::Error;

/// The failure of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meets {
    /// This status.
    Status(u16),
    /// The connection is closed without a response.
    Cut,
    /// No response until the client gives up.
    Silence,
}

/// A request that was answered with success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Its first line and headers, in lower case.
    pub head: String,
    /// Its body.
    pub body: String,
}

/// The server. It stops with its runtime.
#[derive(Debug, Clone)]
pub struct Receiver {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    to_meet: VecDeque<Meets>,
    taken: Vec<Taken>,
}

impl Receiver {
    /// Starts a server without TLS.
    ///
    /// # Errors
    /// If no port is available.
    pub async fn start() -> Result<Self, Error> {
        Self::listen("http", None).await
    }

    /// Starts a server with TLS, whose certificate is signed by [`Receiver::authority`].
    ///
    /// # Errors
    /// If no port is available.
    pub async fn start_tls() -> Result<Self, Error> {
        let file = |name: &str| fixtures().join(name);
        let certificate = CertificateDer::from_pem_file(file("receiver.pem"))?;
        let key = PrivateKeyDer::from_pem_file(file("receiver.key"))?;
        let config =
            ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key)?;
        Self::listen("https", Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    /// The file with the certificate authority that clients of the TLS server must trust.
    #[must_use]
    pub fn authority() -> PathBuf {
        fixtures().join("ca.pem")
    }

    async fn listen(scheme: &str, tls: Option<TlsAcceptor>) -> Result<Self, Error> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address: SocketAddr = listener.local_addr()?;
        let receiver = Self { url: format!("{scheme}://{address}/hook"), state: Arc::default() };
        let serving = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (serving, tls) = (serving.clone(), tls.clone());
                // A client that disconnects early is not an error.
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => serving.serve(tls.accept(stream).await?).await,
                        None => serving.serve(stream).await,
                    }
                });
            }
        });
        Ok(receiver)
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Queues a failure for the next request without one.
    pub fn meet(&self, with: Meets) {
        self.lock().to_meet.push_back(with);
    }

    /// The number of queued failures.
    #[must_use]
    pub fn to_meet(&self) -> usize {
        self.lock().to_meet.len()
    }

    /// The requests that were answered with success.
    #[must_use]
    pub fn taken(&self) -> Vec<Taken> {
        self.lock().taken.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Handles one request of a connection.
    async fn serve(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<()> {
        let taken = read(&mut stream).await?;
        let met = {
            let mut state = self.lock();
            let met = state.to_meet.pop_front();
            if met.is_none() {
                state.taken.push(taken);
            }
            met
        };
        let status = match met {
            None => 200,
            Some(Meets::Status(status)) => status,
            Some(Meets::Cut) => return Ok(()),
            Some(Meets::Silence) => {
                // Ends when the client closes the connection.
                while stream.read(&mut [0; 64]).await? > 0 {}
                return Ok(());
            }
        };
        let answer = format!("HTTP/1.1 {status} Told\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await
    }
}

/// Reads a request and its body, according to its content length.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Taken> {
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        received.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&received).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_ascii_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
        let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or_default();
        if received.len() - (text.len() - body.len()) >= length {
            return Ok(Taken { head, body: body.to_owned() });
        }
    }
}

fn fixtures() -> PathBuf {
    program::workspace().join("tests/end_to_end/fixtures/tls")
}
