//! The memory between rounds.

use aws_sdk_s3::primitives::ByteStream;
use tracing::warn;
use vmx_contract::objects::WATCHDOG_KEY;
use vmx_contract::watchdog::Last;
use vmx_lambda::failure::{Failure, Kind};

use crate::config::{Clients, Config};
use crate::look::read;

/// The previous round; `None` if there was none or it is unreadable.
pub(crate) async fn recall(clients: &Clients, config: &Config) -> Result<Option<Last>, Failure> {
    let Some((json, _)) = read(&clients.s3, &config.state_bucket, WATCHDOG_KEY).await? else {
        return Ok(None);
    };
    let last = serde_json::from_slice(&json);
    Ok(last.inspect_err(|error| warn!(%error, "cannot parse the previous round")).ok())
}

/// Saves this round for the next one.
pub(crate) async fn keep(clients: &Clients, config: &Config, last: &Last) -> Result<(), Failure> {
    let json = serde_json::to_vec(last)
        .map_err(|error| Failure::new("s3:PutObject", Kind::Refused, error.to_string()))?;
    let request = clients.s3.put_object().bucket(&config.state_bucket).key(WATCHDOG_KEY);
    let kept = request.content_type("application/json").body(ByteStream::from(json)).send().await;
    kept.map(drop).map_err(|error| Failure::of("s3:PutObject", &error))
}
