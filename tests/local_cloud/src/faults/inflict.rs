//! Inflicts a fault on a call.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::Response;
use http_body_util::BodyExt as _;
use jiff::{SignedDuration, Timestamp};
use tokio::time::sleep;

use super::answers::{expired, internal_error, refused, skewed, throttled, unavailable};
use super::{Connection, Fault};
use crate::service::AwsResponse;

/// The number of pieces of a slow body.
const PIECES: u32 = 16;
/// The reported difference between the clocks of client and service.
const SKEW: SignedDuration = SignedDuration::from_hours(24);

/// Answers a call with a fault. `refusal` is an own service's throttling response; those of proxied services are known
/// here.
pub(crate) async fn inflict(
    fault: Fault,
    connection: &Connection,
    service: &str,
    refusal: Option<AwsResponse>,
    carry_out: impl Future<Output = AwsResponse>,
) -> AwsResponse {
    match fault {
        Fault::Throttled => refusal.unwrap_or_else(|| throttled(service)),
        Fault::Refused => refused(service),
        Fault::Expired => expired(service),
        Fault::InternalError => internal_error(service),
        Fault::Unavailable => unavailable(service),
        Fault::ClockSkew => {
            skewed(service, &http_date(Timestamp::now().saturating_add(SKEW).unwrap_or_default()))
        }
        Fault::CutBefore => connection.cut(),
        Fault::CutAfter => {
            carry_out.await;
            connection.cut()
        }
        Fault::BrokenOff => in_pieces(carry_out.await, Duration::ZERO, true).await,
        Fault::AnswerLost => {
            carry_out.await;
            internal_error(service)
        }
        Fault::SlowBody(length) => in_pieces(carry_out.await, length, false).await,
        Fault::NoAnswer(length) => {
            sleep(length).await;
            connection.cut()
        }
        Fault::KilledBefore => {
            connection.kill_peer().await;
            connection.cut()
        }
        Fault::KilledAfter => {
            carry_out.await;
            connection.kill_peer().await;
            connection.cut()
        }
    }
}

/// The same response with a body that takes this long, and may break off in the middle.
async fn in_pieces(answer: AwsResponse, length: Duration, breaks_off: bool) -> AwsResponse {
    let (parts, body) = answer.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let size = body.len().div_ceil(PIECES as usize).max(1);
    let all: Vec<Bytes> = body.chunks(size).map(|piece| body.slice_ref(piece)).collect();
    let kept = if breaks_off { all.len() / 2 } else { all.len() };
    let end = breaks_off.then(|| Err(std::io::Error::other("broken off on purpose")));
    let pieces: Vec<_> = all.into_iter().take(kept).map(Ok).chain(end).collect();
    let pieces = stream::iter(pieces).then(move |piece| async move {
        sleep(length / PIECES).await;
        piece
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}

/// A time in HTTP's format.
fn http_date(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_that_of_rfc_9110() {
        assert_eq!(http_date("2026-11-08T08:49:37Z".parse().unwrap()), "Sun, 08 Nov 2026 08:49:37 GMT");
    }

    #[tokio::test]
    async fn a_body_comes_whole_or_in_part() {
        let answer = || Response::new(Body::from("0123456789".repeat(10)));
        let slow = in_pieces(answer(), Duration::from_millis(1), false).await;
        assert_eq!(slow.into_body().collect().await.unwrap().to_bytes().len(), 100);
        let broken = in_pieces(answer(), Duration::ZERO, true).await;
        assert!(broken.into_body().collect().await.is_err());
    }
}
