//! End-to-end tests on the local cloud: install, call, deliver, tear down.
//!
//! A [`Site`] is a local cloud with an installer. Tests use what a user has: the program `vmx-install`, a contact
//! center to call, and the services to look at.

mod browser;
mod program;
mod receiver;
mod site;
mod terminal;

pub use browser::{Browser, WIDTHS};
pub use program::{installer, workspace};
pub use receiver::{Meets, Receiver, Taken};
pub use site::{Error, Mailbox, Site, Voice};
pub use terminal::{Ended, Size, Terminal};
