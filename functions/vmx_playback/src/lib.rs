//! What a playback link opens, and what the agent guide shows: one function with two kinds of invocations.
//!
//! * Through its function URL, for anyone with a link: `GET /v/{token}` is a page with a player, and
//!   `GET /v/{token}/audio` and `/v/{token}/download` redirect to the recording with a presigned URL of some minutes,
//!   so that S3 serves range requests. See [`vmx_contract::token`] for the token.
//! * By a contact flow of the instance, which gets the same as flat strings.
//!
//! # Access
//! Everything but a valid token gets the same 403 without details. A token's cheapest checks come first: its form and
//! its time, then its MAC by AWS KMS, then its revocation. The log only has which voicemail was opened and the result.

mod access;
mod config;
mod event;
mod flow;
mod page;
mod player;
mod response;
mod store;

pub use config::{Clients, Config};
pub use player::Player;
