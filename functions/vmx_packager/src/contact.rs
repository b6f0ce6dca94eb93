//! The contact that left a voicemail: the attributes set by its flows, and those set when a voicemail has ended.

use std::collections::BTreeMap;

use tracing::{debug, warn};
use vmx_contract::attributes::{Attributes, FLAG_DONE, Name, Prefix, message, value};
use vmx_contract::messages::has_notes;
use vmx_contract::objects::ContactId;
use vmx_contract::voicemail_id::{MessageNumber, VoicemailId};
use vmx_lambda::failure::{Failure, Kind};

use crate::config::{Clients, Config};

/// A contact's attributes. Empty if Connect no longer knows the contact or refuses, because a voicemail can be
/// delivered without them.
///
/// # Errors
/// If Connect is unreachable or throttles.
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
            warn!(%failure, "continuing without the contact's attributes");
            Ok(BTreeMap::new())
        }
    }
}

/// Marks a voicemail as ended on its contact: its slot is done. Once all messages have ended the flag is reset, so that
/// a repeated record has no effect: this includes other contacts' messages, because the contacts of a call share their
/// attributes, including the flag. `prefix` is the flag's, if the voicemail has it.
///
/// A later contact of the call may be taking a message now. So what says that is left alone: [`message::TAKING`], and
/// the flag of flows without slots, which write nothing else.
///
/// # Errors
/// If a service is unreachable. A refusal by Connect is only logged.
pub(crate) async fn say_ended(
    clients: &Clients,
    config: &Config,
    id: &VoicemailId,
    prefix: Option<Prefix>,
    attributes: &Attributes,
) -> Result<(), Failure> {
    let mut changes = own_changes(attributes, id);
    if has_notes(attributes) && all_have_ended(clients, config, &others(attributes, id)).await? {
        let prefix = prefix.or_else(|| Prefix::flagged(attributes)).unwrap_or_default();
        changes.insert(prefix.attribute(Name::Flag), FLAG_DONE);
    }
    if changes.is_empty() {
        debug!("other messages have not ended");
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
        // Connect no longer keeps the contact: there is nothing to update.
        Err(failure) if failure.kind == Kind::NotFound => Ok(()),
        Err(failure) => {
            warn!(%failure, "the voicemail has ended, but its contact could not be updated");
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}

/// Whether voicemails have ended, by their witnesses. If two end at the same time, each writes its witness first, so
/// both see that they are the last.
async fn all_have_ended(clients: &Clients, config: &Config, ids: &[VoicemailId]) -> Result<bool, Failure> {
    let state = config.state(clients);
    let looks = ids.iter().map(|id| async move { state.has(&id.ended_key()).await });
    let ended: Vec<bool> =
        futures_util::future::join_all(looks).await.into_iter().collect::<Result<_, _>>()?;
    Ok(ended.into_iter().all(|ended| ended))
}

/// The contact's changes for a voicemail's end, in addition to the flag.
fn own_changes(attributes: &Attributes, id: &VoicemailId) -> BTreeMap<String, &'static str> {
    let mut changes = BTreeMap::new();
    let slot = message::Slot::ALL.into_iter().find(|slot| slot.number() == id.number().get());
    if let Some(slot) = slot.filter(|slot| is_filled(attributes, *slot))
        && value(attributes, &slot.contact()).is_none_or(|noted| noted == id.contact().as_str())
    {
        changes.insert(slot.state(), message::DONE);
    }
    changes
}

/// The other messages in the attributes, of any contact, that are not marked as ended.
fn others(attributes: &Attributes, id: &VoicemailId) -> Vec<VoicemailId> {
    let of = |name: &str, number: MessageNumber| {
        let noted = value(attributes, name).and_then(|contact| ContactId::parse(contact).ok());
        VoicemailId::new(noted.unwrap_or_else(|| id.contact().clone()), number)
    };
    let saved = message::Slot::ALL.into_iter().zip(MessageNumber::ALL);
    let saved = saved.filter(|(slot, _)| is_filled(attributes, *slot));
    let saved = saved.map(|(slot, number)| of(&slot.contact(), number));
    let taking = taking(attributes).map(|number| of(message::TAKING_CONTACT, number));
    saved.chain(taking).filter(|other| other != id).collect()
}

/// Whether a slot has a message that is not marked as ended.
fn is_filled(attributes: &Attributes, slot: message::Slot) -> bool {
    value(attributes, &slot.state()).is_some_and(message::is_open)
}

/// The number of the message that is being taken, or was when the call ended.
fn taking(attributes: &Attributes) -> Option<MessageNumber> {
    if value(attributes, message::TAKING) != Some(message::ON) {
        return None;
    }
    let free = message::Slot::ALL.into_iter().zip(MessageNumber::ALL);
    let free = free.filter(|(slot, _)| value(attributes, &slot.state()).is_none()).map(|(_, number)| number);
    free.chain([MessageNumber::ALL[3]]).next()
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
    fn a_message_ends_its_slot_and_nobody_touches_what_is_being_taken() {
        let both = [("vm_saved_1", "saved"), ("vm_taking", "1")];
        assert_eq!(seen(&both, 1), (vec!["vm_saved_1=done".to_owned()], vec![2]));
        assert_eq!(seen(&both, 2), (vec![], vec![1]));
        let first_done = [("vm_saved_1", "done"), ("vm_taking", "1")];
        assert_eq!(seen(&first_done, 2), (vec![], vec![]));
        let unfinished = [("vm_saved_1", "unsaved"), ("vm_saved_2", "saved"), ("vm_taking", "0")];
        assert_eq!(seen(&unfinished, 1), (vec!["vm_saved_1=done".to_owned()], vec![2]));
        assert_eq!(seen(&unfinished, 2), (vec!["vm_saved_2=done".to_owned()], vec![1]));
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
        // The flag of all of them is the same one.
        assert_eq!(seen(&inherited, 2), (vec!["vm_saved_2=done".to_owned()], vec![1, 3]));
        assert_eq!(seen(&inherited, 1), (vec![], vec![1, 2, 3]));
    }
}
