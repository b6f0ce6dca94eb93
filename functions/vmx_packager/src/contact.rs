//! The contact that left a voicemail: what its flows wrote, and what is written there when a voicemail has ended.

use std::collections::BTreeMap;

use tracing::{debug, warn};
use vmx_contract::attributes::{Attributes, FLAG_DONE, Name, Prefix, message, value};
use vmx_contract::objects::ContactId;
use vmx_contract::voicemail_id::{MessageNumber, VoicemailId};
use vmx_lambda::failure::{Failure, Kind};

use crate::config::{Clients, Config};

/// A contact's attributes; none when Connect does not know the contact any more or does not tell, since a voicemail can
/// be delivered without them.
///
/// # Errors
/// When Connect is out of reach or throttles.
pub(crate) async fn attributes(
    clients: &Clients,
    config: &Config,
    contact: &ContactId,
) -> Result<Attributes, Failure> {
    let request = clients
        .connect
        .get_contact_attributes()
        .instance_id(config.instance.id())
        .initial_contact_id(contact.as_str());
    match request.send().await.map_err(|error| Failure::of("connect:GetContactAttributes", &error)) {
        Ok(found) => Ok(found.attributes.unwrap_or_default().into_iter().collect()),
        Err(failure) if failure.kind == Kind::Transient => Err(failure),
        Err(failure) => {
            warn!(%failure, "done without the contact's attributes");
            Ok(BTreeMap::new())
        }
    }
}

/// Says on the contact that a voicemail has ended: its slot is done, or nothing is being taken any more. Once all of the
/// contact's messages have ended the flag is reset, so that a record that comes again means nothing. `prefix` is that of
/// the flag, where the voicemail says it.
///
/// # Errors
/// When a service is out of reach. What Connect refuses is logged only.
pub(crate) async fn say_ended(
    clients: &Clients,
    config: &Config,
    id: &VoicemailId,
    prefix: Option<Prefix>,
    attributes: &Attributes,
) -> Result<(), Failure> {
    let mut changes = own_changes(attributes, id);
    if all_have_ended(clients, config, &others(attributes, id)).await? {
        let prefix = prefix.or_else(|| Prefix::flagged(attributes)).unwrap_or_default();
        changes.insert(prefix.attribute(Name::Flag), FLAG_DONE);
    }
    if changes.is_empty() {
        debug!("other messages of the contact have not ended");
        return Ok(());
    }
    let request = changes.into_iter().fold(
        clients
            .connect
            .update_contact_attributes()
            .instance_id(config.instance.id())
            .initial_contact_id(id.contact().as_str()),
        |request, (name, value)| request.attributes(name, value),
    );
    match request.send().await.map_err(|error| Failure::of("connect:UpdateContactAttributes", &error)) {
        Err(failure) if failure.kind == Kind::Transient => Err(failure),
        // A contact that Connect no longer keeps: there is nothing to change.
        Err(failure) if failure.kind == Kind::NotFound => Ok(()),
        Err(failure) => {
            warn!(%failure, "the voicemail has ended, but its contact cannot say so");
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}

/// Whether voicemails have ended. Each is asked for its witness: which of two that end at the same time is the last, both
/// see then, since each has written its own before.
async fn all_have_ended(clients: &Clients, config: &Config, ids: &[VoicemailId]) -> Result<bool, Failure> {
    let state = config.state(clients);
    let looks = ids.iter().map(|id| async move { state.has(&id.ended_key()).await });
    let ended: Vec<bool> =
        futures_util::future::join_all(looks).await.into_iter().collect::<Result<_, _>>()?;
    Ok(ended.into_iter().all(|ended| ended))
}

/// What a voicemail's end changes of the contact, beside the flag.
fn own_changes(attributes: &Attributes, id: &VoicemailId) -> BTreeMap<String, &'static str> {
    let mut changes = BTreeMap::new();
    if taking(attributes, id.contact()) == Some(id.number()) {
        changes.insert(message::TAKING.to_owned(), message::OFF);
    }
    let slot = message::Slot::ALL.into_iter().find(|slot| slot.number() == id.number().get());
    if let Some(slot) = slot.filter(|slot| is_saved(attributes, *slot, id.contact())) {
        changes.insert(slot.state(), message::DONE);
    }
    changes
}

/// The other messages that a contact's attributes tell of and that are not said to have ended.
fn others(attributes: &Attributes, id: &VoicemailId) -> Vec<VoicemailId> {
    let contact = id.contact();
    let saved = message::Slot::ALL.into_iter().zip(MessageNumber::ALL);
    let saved = saved.filter(|(slot, _)| is_saved(attributes, *slot, contact)).map(|(_, number)| number);
    let numbers = saved.chain(taking(attributes, contact)).filter(|number| *number != id.number());
    numbers.map(|number| VoicemailId::new(contact.clone(), number)).collect()
}

/// Whether a slot holds a message of this contact that is not said to have ended.
fn is_saved(attributes: &Attributes, slot: message::Slot, contact: &ContactId) -> bool {
    value(attributes, &slot.state()).is_some_and(|state| state.eq_ignore_ascii_case(message::SAVED))
        && is_of(attributes, &slot.contact(), contact)
}

/// The number of the message that was being taken in this contact when the call ended.
fn taking(attributes: &Attributes, contact: &ContactId) -> Option<MessageNumber> {
    let is_on = value(attributes, message::TAKING) == Some(message::ON);
    if !is_on || !is_of(attributes, message::TAKING_CONTACT, contact) {
        return None;
    }
    let free = message::Slot::ALL.into_iter().zip(MessageNumber::ALL);
    let free = free.filter(|(slot, _)| value(attributes, &slot.state()).is_none()).map(|(_, number)| number);
    free.chain([MessageNumber::ALL[3]]).next()
}

/// A contact that was transferred carries copies of another's attributes.
fn is_of(attributes: &Attributes, name: &str, contact: &ContactId) -> bool {
    value(attributes, name).is_none_or(|noted| noted == contact.as_str())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    const CONTACT: &str = "00000000-0000-4000-8000-00000000c0de";

    fn id(number: u8) -> VoicemailId {
        VoicemailId::new(ContactId::parse(CONTACT).unwrap(), number.try_into().unwrap())
    }

    fn seen(attributes: &[(&str, &str)], number: u8) -> (Vec<String>, Vec<u8>) {
        let attributes =
            attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let changes = own_changes(&attributes, &id(number));
        let others = others(&attributes, &id(number));
        let changes = changes.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        (changes, others.iter().map(|other| other.number().get()).collect())
    }

    #[test]
    fn a_voicemail_of_flows_without_slots_is_alone() {
        assert_eq!(seen(&[("vm_flag", "1")], 1), (vec![], vec![]));
        assert_eq!(seen(&[], 1), (vec![], vec![]));
    }

    #[test]
    fn a_saved_message_ends_its_slot_and_one_that_was_being_taken_ends_that() {
        let both = [("vm_saved_1", "saved"), ("vm_taking", "1")];
        assert_eq!(seen(&both, 1), (vec!["vm_saved_1=done".to_owned()], vec![2]));
        assert_eq!(seen(&both, 2), (vec!["vm_taking=0".to_owned()], vec![1]));
        let first_done = [("vm_saved_1", "done"), ("vm_taking", "1")];
        assert_eq!(seen(&first_done, 2), (vec!["vm_taking=0".to_owned()], vec![]));
        let four =
            [("vm_saved_1", "saved"), ("vm_saved_2", "done"), ("vm_saved_3", "Saved"), ("vm_taking", "1")];
        assert_eq!(seen(&four, 3), (vec!["vm_saved_3=done".to_owned()], vec![1, 4]));
    }

    #[test]
    fn what_came_from_another_contact_is_left_alone() {
        let other = "00000000-0000-4000-8000-00000000beef";
        let inherited = [
            ("vm_saved_1", "saved"),
            ("vm_saved_1_contact", other),
            ("vm_saved_2", "saved"),
            ("vm_saved_2_contact", CONTACT),
            ("vm_taking", "1"),
            ("vm_taking_contact", other),
        ];
        assert_eq!(seen(&inherited, 2), (vec!["vm_saved_2=done".to_owned()], vec![]));
        assert_eq!(seen(&inherited, 1), (vec![], vec![2]));
    }
}
