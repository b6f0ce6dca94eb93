//! Amazon Connect: one instance, its resources and its contacts.
//!
//! Operations, shapes and errors are those of the service's model (`connect`, 2017-08-08), the IAM action and resources
//! of each those of its service authorization reference. What the service checks is checked: a published flow is
//! validated, a function must be associated before a flow may call it, a number that uses a flow keeps it from being
//! deleted, media are streamed and contact records sent only where the instance's storage configurations say so.
//!
//! [`Connect`] is the service; [`Seed`] is what its instance begins with. Calls are placed by [`crate::call`].

mod centre;
mod contact;
mod contact_record;
mod contacts;
mod directory;
mod document;
mod error;
mod flows;
mod instance;
mod integrations;
mod lambda;
mod modules;
mod numbers;
mod operation;
mod paging;
mod search;
mod seed;
mod service;
mod storage;
mod tags;
mod tasks;
mod views;

pub use contact::{Attributes, Channel, Reference};
pub use contact_record::{PublishError, SentRecord};
pub use integrations::Integrations;
pub use seed::Seed;
pub use service::Connect;
pub use tasks::Task;

pub(crate) use centre::{ContactCentre, QueueTarget};
pub(crate) use contact::{AnsweringAgent, Contact, Endpoint, Queued, Served, StreamedMedia, Transfer};
