//! A small client of the Salesforce REST API: OAuth 2.0 for servers, queries, and records that are written once.
//!
//! What Salesforce expects and answers is in its own documentation: the *REST API Developer Guide*, the *SOQL and
//! SOSL Reference*, and *Salesforce Help* on authorisation through external client apps. Each module names its pages.
//!
//! A token and the secret behind it are sent to Salesforce's own hosts and nowhere else: see [`origin`].

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
