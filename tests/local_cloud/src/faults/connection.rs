//! Connections that can be cut, and whose peers can be killed.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use http::Response;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use crate::service::AwsResponse;

/// In the environment of every function, and of no other client of the endpoint.
const FUNCTION: &[u8] = b"AWS_LAMBDA_FUNCTION_NAME=";

/// Accepts connections that can be cut.
pub(crate) struct CuttableListener(pub(crate) TcpListener);

/// One of them.
pub(crate) struct Cuttable {
    stream: TcpStream,
    is_cut: Arc<AtomicBool>,
}

/// A connection as a request's handler sees it.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    peer: SocketAddr,
    is_cut: Arc<AtomicBool>,
}

impl Listener for CuttableListener {
    type Io = Cuttable;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Cuttable, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        (Cuttable { stream, is_cut: Arc::default() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, CuttableListener>> for Connection {
    fn connect_info(stream: IncomingStream<'_, CuttableListener>) -> Self {
        Self { peer: *stream.remote_addr(), is_cut: Arc::clone(&stream.io().is_cut) }
    }
}

impl Connection {
    /// Cuts the connection: nothing more is written to it, not even the placeholder response returned here.
    pub(super) fn cut(&self) -> AwsResponse {
        self.is_cut.store(true, Ordering::Release);
        Response::new(Body::empty())
    }

    /// Kills the peer process if it is a function. Returns whether it did.
    pub(super) async fn kill_peer(&self) -> bool {
        let port = self.peer.port();
        let killed = tokio::task::spawn_blocking(move || {
            let function = process_of(port).filter(|id| is_function(*id))?;
            kill_process(Pid::from_raw(function)?, Signal::KILL).ok()
        });
        let killed = matches!(killed.await, Ok(Some(())));
        if !killed {
            tracing::warn!(port, "the caller is no function and is left alive");
        }
        killed
    }
}

/// The process that owns the socket with this loopback port, from the system's tables.
fn process_of(port: u16) -> Option<i32> {
    let table = fs::read_to_string("/proc/net/tcp").ok()?;
    let inode = inode_of(&table, port)?;
    let socket = format!("socket:[{inode}]");
    fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
        let id: i32 = entry.file_name().to_str()?.parse().ok()?;
        let mut open = fs::read_dir(entry.path().join("fd")).ok()?.flatten();
        open.any(|file| fs::read_link(file.path()).is_ok_and(|to| to.as_os_str() == socket.as_str()))
            .then_some(id)
    })
}

/// The inode of the socket with this local loopback port. proc_pid_net(5) documents the columns.
fn inode_of(table: &str, port: u16) -> Option<&str> {
    let local = format!("0100007F:{port:04X}");
    table.lines().find_map(|line| {
        let mut columns = line.split_ascii_whitespace().skip(1);
        (columns.next()? == local).then(|| columns.nth(7)).flatten()
    })
}

fn is_function(id: i32) -> bool {
    let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|variable| variable.starts_with(FUNCTION))
}

impl AsyncRead for Cuttable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_cut.load(Ordering::Acquire) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_found_by_its_own_end() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
             0: 0100007F:9C41 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 20 4 30 10 -1\n\
             1: 0100007F:1F90 0100007F:9C41 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0 20 4 30 10 -1\n";
        assert_eq!(inode_of(table, 0x9C41), Some("4711"));
        assert_eq!(inode_of(table, 0x1F90), Some("4712"));
        assert_eq!(inode_of(table, 80), None);
    }

    #[test]
    fn this_test_is_no_function() {
        let own = i32::try_from(std::process::id()).unwrap_or_default();
        assert!(!is_function(own));
    }
}
