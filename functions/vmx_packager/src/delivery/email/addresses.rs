//! The sender and recipient of an email.

use tracing::warn;
use vmx_contract::email::{EmailSettings, QUEUE_TAGS, domain, in_description};
use vmx_contract::package::Recipient;
use vmx_contract::voicemail::Warning;
use vmx_lambda::failure::{Failure, Kind};

use crate::delivery::Delivery;

/// Sender and recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Addresses {
    pub(super) from: String,
    pub(super) to: String,
}

/// The addresses of a voicemail: those of the contact, if allowed; otherwise the agent's or the queue's; otherwise the
/// default. With their warnings.
///
/// # Errors
/// If Connect is unreachable or throttles.
pub(super) async fn find(
    delivery: &Delivery<'_>,
    settings: &EmailSettings,
) -> Result<(Addresses, Vec<Warning>), Failure> {
    let voicemail = delivery.voicemail;
    let mut warnings = Vec::new();
    let mut allowed = |asked: Option<&str>, is_allowed: &dyn Fn(&str) -> bool| {
        let asked = asked?;
        if !is_allowed(asked) {
            warnings.push(Warning::EmailAddressReplaced);
            return None;
        }
        Some(asked.to_owned())
    };
    let from = allowed(voicemail.email_from.as_deref(), &|address| settings.may_send_from(address));
    let to = allowed(voicemail.email_to.as_deref(), &|address| settings.may_send_to(address));
    let to = match to {
        Some(to) => to,
        None => of_recipient(delivery).await?.unwrap_or_else(|| settings.to.clone()),
    };
    warnings.dedup();
    Ok((Addresses { from: from.unwrap_or_else(|| settings.from.clone()), to }, warnings))
}

/// The address of the agent or the queue, from the instance.
async fn of_recipient(delivery: &Delivery<'_>) -> Result<Option<String>, Failure> {
    let (connect, instance) = (&delivery.clients.connect, delivery.config.instance.id());
    let found = match &delivery.package.recipient {
        Recipient::Agent { id, .. } => {
            let request = connect.describe_user().instance_id(instance).user_id(id).send().await;
            request.map_err(|error| Failure::of("connect:DescribeUser", &error)).map(|found| {
                let user = found.user?;
                // With Connect's own directory an agent has an address; with SAML, the username is one, or there is a
                // secondary one.
                let (email, secondary) =
                    user.identity_info.map_or((None, None), |info| (info.email, info.secondary_email));
                let known = [email, user.username, secondary];
                known.into_iter().flatten().find(|address| domain(address).is_some())
            })
        }
        Recipient::Queue { id, .. } => {
            let request = connect.describe_queue().instance_id(instance).queue_id(id).send().await;
            request.map_err(|error| Failure::of("connect:DescribeQueue", &error)).map(|found| {
                let queue = found.queue?;
                let mut tags = queue.tags.unwrap_or_default();
                let mut tags = QUEUE_TAGS.iter().filter_map(|name| tags.remove(*name));
                let tag = tags.find_map(|tag| domain(tag.trim()).map(|_| tag.trim().to_owned()));
                tag.or_else(|| queue.description.as_deref().and_then(in_description).map(str::to_owned))
            })
        }
    };
    match found {
        Err(failure) if failure.kind != Kind::Transient => {
            warn!(%failure, "the recipient's address is unknown; using the default one");
            Ok(None)
        }
        found => found,
    }
}
