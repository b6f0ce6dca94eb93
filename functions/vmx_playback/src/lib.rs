//! What a playback link opens, and what the agent's guide shows: one function, asked in two ways.
//!
//! * Through its function URL, by anybody who has a link: `GET /v/{token}` is a page with a player, and
//!   `GET /v/{token}/audio` and `/v/{token}/download` lead to the recording by a presigned URL of some minutes, so that
//!   S3 answers requests for parts of it. See [`vmx_contract::token`] for the token.
//! * By a contact flow of the instance, which gets the same as flat strings.
//!
//! # Who may
//! Everything but a valid token gets one and the same 403, which tells nothing. A token is checked from the cheapest to
//! the dearest: its form and its time, then its MAC by AWS KMS, then whether it was revoked. Nothing of it is logged but
//! which voicemail was opened and how that ended.

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
