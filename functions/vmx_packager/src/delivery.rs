//! How a package reaches people. Each delivery mode is one module.

use vmx_contract::package::Package;
use vmx_contract::voicemail::Mode;
use vmx_lambda::failure::Failure;

use crate::config::{Clients, Config};

mod task;

/// The modes that can be delivered.
const AVAILABLE: [Mode; 1] = [Mode::Task];

/// What a delivery made.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Delivered {
    /// The task's contact.
    pub(crate) task_contact_id: Option<String>,
}

/// By which modes a voicemail is delivered, and whether one that it asks for had to be replaced.
pub(crate) fn choose(asked: &[Mode], default: Mode) -> (Vec<Mode>, bool) {
    let is_available = |mode: &Mode| AVAILABLE.contains(mode);
    let chosen: Vec<Mode> = asked.iter().copied().filter(is_available).collect();
    let replaced = chosen.len() < asked.len();
    if chosen.is_empty() {
        return (vec![Some(default).filter(is_available).unwrap_or(Mode::Task)], replaced);
    }
    (chosen, replaced)
}

/// Delivers a package by its modes. `task_flow` is the flow that the contact asks for. To repeat it delivers nothing
/// twice.
///
/// # Errors
/// What the service of the first mode that failed said.
pub(crate) async fn deliver(
    clients: &Clients,
    config: &Config,
    package: &Package,
    task_flow: Option<&str>,
) -> Result<Delivered, Failure> {
    let mut delivered = Delivered::default();
    for mode in &package.modes {
        match mode {
            Mode::Task => {
                delivered.task_contact_id =
                    Some(task::start(&clients.connect, config, package, task_flow).await?);
            }
            // `choose` has replaced these.
            Mode::GuidedTask | Mode::Email | Mode::Sfcase | Mode::Sfother | Mode::Other => {}
        }
    }
    Ok(delivered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_that_is_not_available_is_replaced() {
        assert_eq!(choose(&[Mode::Task], Mode::Email), (vec![Mode::Task], false));
        assert_eq!(choose(&[Mode::Email], Mode::Task), (vec![Mode::Task], true));
        assert_eq!(choose(&[Mode::Email, Mode::Task], Mode::Task), (vec![Mode::Task], true));
        assert_eq!(choose(&[Mode::Sfcase], Mode::Email), (vec![Mode::Task], true));
    }
}
