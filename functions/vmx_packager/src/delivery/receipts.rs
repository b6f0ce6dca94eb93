//! Receipts of deliveries: small objects in the state bucket.
//!
//! The earlier version kept them in the transcripts bucket. They count too, while they are kept there.

use vmx_contract::delivered::Receipt;
use vmx_contract::mode::Mode;
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::clock;
use vmx_lambda::failure::Failure;

use crate::config::{Clients, Config};
use crate::store::{Only, Store};

/// The receipts of one voicemail and one mode.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Receipts<'a> {
    state: Store<'a>,
    old: Store<'a>,
    id: &'a VoicemailId,
    mode: Mode,
}

impl<'a> Receipts<'a> {
    pub(crate) fn new(clients: &'a Clients, config: &'a Config, id: &'a VoicemailId, mode: Mode) -> Self {
        Self { state: config.state(clients), old: config.transcripts(clients), id, mode }
    }

    /// The earlier delivery, if there was one.
    pub(crate) async fn read(self) -> Result<Option<Receipt>, Failure> {
        let key = self.id.delivered_by_key(self.mode);
        let (new, old) = tokio::join!(self.state.get(&key), self.old.get(&key));
        let found = match new? {
            Some(found) => Some(found),
            None => old?,
        };
        // Its existence counts, not its content.
        Ok(found.map(|found| serde_json::from_slice(&found.body).unwrap_or_else(|_| Receipt::new(self.mode))))
    }

    /// Records permanently that this mode delivered the voicemail.
    pub(crate) async fn write(self, receipt: &Receipt) -> Result<(), Failure> {
        // An existing one says the same.
        self.state.put(&self.id.delivered_by_key(self.mode), receipt, Only::IfAbsent).await.map(drop)
    }

    /// Whether a part of this delivery is done, so that it is not repeated when another part fails.
    pub(crate) async fn is_done(self, part: &str) -> Result<bool, Failure> {
        let key = self.id.part_key(self.mode, part);
        let (new, old) = tokio::join!(self.state.has(&key), self.old.has(&key));
        Ok(new? || old?)
    }

    /// Records permanently that a part of this delivery is done.
    pub(crate) async fn note(self, part: &str) -> Result<(), Failure> {
        let done = serde_json::json!({ "at": clock::now() });
        self.state.put(&self.id.part_key(self.mode, part), &done, Only::IfAbsent).await.map(drop)
    }
}
