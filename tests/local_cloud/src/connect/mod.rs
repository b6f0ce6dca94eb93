//! Amazon Connect: one instance, its resources and its contacts.
//!
//! Operations, shapes and errors follow the service's model (`connect`, 2017-08-08); the IAM action and resources of
//! each follow its service authorization reference. The service's checks are implemented: published flows are
//! validated, a function must be associated before a flow may call it, a flow with an assigned number cannot be
//! deleted, and media and contact records go only where the instance's storage configurations say so.
//!
//! [`Connect`] is the service; [`Seed`] is its instance's initial content. Calls are placed by [`crate::call`].

mod center;
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
mod metrics;
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

pub(crate) use center::{ContactCenter, QueueTarget};
pub(crate) use contact::{AnsweringAgent, Contact, Endpoint, Queued, Served, StreamedMedia, Transfer};
