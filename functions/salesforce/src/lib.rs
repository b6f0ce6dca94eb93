//! A small client of the Salesforce REST API: OAuth 2.0 for servers, queries, and records that are written once.
//!
//! Salesforce documents the API in the *REST API Developer Guide*, the *SOQL and SOSL Reference*, and *Salesforce Help*
//! on authorization through external client apps. Each module names its pages.
//!
//! Tokens and secrets are sent only to Salesforce's own hosts: see [`origin`].

pub mod client;
pub mod credentials;
pub mod error;
mod jwt;
pub mod origin;
pub mod soql;
#[cfg(feature = "testing")]
pub mod testing;
mod token;
mod transport;

pub use client::{Assignment, Client, Written};
pub use credentials::Credentials;
pub use error::SalesforceError;
pub use origin::Loopback;
pub use transport::Limits;
