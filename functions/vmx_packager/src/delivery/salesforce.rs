//! Delivery to Salesforce: as a case, or as a record of a custom object.
//!
//! The voicemail's name is the record's external ID, so that a repetition finds the existing record. It is queried
//! first and then left unchanged, because an agent may have worked on it.

use salesforce::{Assignment, Client, SalesforceError, soql};
use serde::Deserialize;
use tracing::warn;
use vmx_contract::delivered::Receipt;
use vmx_contract::mode::Mode;
use vmx_contract::package::Recipient;
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::failure::{Failure, Kind};

use super::{Deliver, Delivery};

mod record;

use record::{Draft, Form};

/// Salesforce's code for a value that is not in a picklist.
const NOT_IN_LIST: &str = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST";

/// Delivery as a case.
#[derive(Debug)]
pub(super) struct Case;

/// Delivery as a record of the installation's custom object.
#[derive(Debug)]
pub(super) struct CustomObject;

impl Deliver for Case {
    /// Recognized by the external ID.
    const KNOWS_REPETITIONS: bool = true;

    async fn deliver(&self, delivery: &Delivery<'_>) -> Result<Receipt, Failure> {
        write(delivery, Mode::Sfcase).await
    }
}

impl Deliver for CustomObject {
    /// Recognized by the external ID.
    const KNOWS_REPETITIONS: bool = true;

    async fn deliver(&self, delivery: &Delivery<'_>) -> Result<Receipt, Failure> {
        write(delivery, Mode::Sfother).await
    }
}

/// A record, by its ID.
#[derive(Deserialize)]
struct Found {
    #[serde(rename = "Id")]
    id: String,
}

/// A user.
#[derive(Deserialize)]
struct User {
    #[serde(rename = "Id")]
    id: String,
    #[serde(rename = "Username")]
    username: String,
}

async fn write(delivery: &Delivery<'_>, mode: Mode) -> Result<Receipt, Failure> {
    let missing = || Failure::new("salesforce", Kind::Refused, "the Salesforce settings are missing");
    let config = delivery.config.salesforce.as_ref().ok_or_else(missing)?;
    let form = Form::of(&config.settings, mode, delivery.config.words).ok_or_else(missing)?;
    delivery
        .clients
        .salesforce
        .run(config, async |client: &Client| {
            if let Some(found) = existing(client, &form, delivery).await? {
                return Ok(Receipt::new(mode).with_reference(found.id));
            }
            let mut draft = Draft::new(delivery.package, delivery.voicemail.priority.as_deref());
            if let Recipient::Agent { username, .. } = &delivery.package.recipient {
                match owner(client, username).await? {
                    Some(id) => draft.owner = Some(id),
                    None => draft.without_owner(),
                }
            }
            make(client, &form, draft, mode).await
        })
        .await
}

/// The external ID's value: the contact's ID, as before contacts could have several messages. Later messages are named
/// without hyphens, because people's field for a contact's ID has 36 characters.
fn external_id(id: &VoicemailId) -> String {
    if id.number().is_first() {
        return id.to_string();
    }
    format!("{}-{}", id.contact().as_str().replace('-', ""), id.number())
}

/// An earlier attempt's record.
async fn existing(
    client: &Client,
    form: &Form<'_>,
    delivery: &Delivery<'_>,
) -> Result<Option<Found>, SalesforceError> {
    let id = external_id(&delivery.voicemail.id);
    let soql = format!(
        "SELECT Id FROM {} WHERE {} = {} LIMIT 2",
        form.object,
        form.external_id_field,
        soql::quote(&id)
    );
    let mut found: Vec<Found> = client.query(&soql, &[id]).await?;
    match found.len() {
        0 | 1 => Ok(found.pop()),
        _ => Err(SalesforceError::Ambiguous { call: "query Salesforce" }),
    }
}

/// An agent's active user: the one with this username, otherwise the only one with this alias.
async fn owner(client: &Client, agent: &str) -> Result<Option<String>, SalesforceError> {
    let name = soql::quote(agent);
    let soql = format!(
        "SELECT Id, Username FROM User WHERE IsActive = true AND (Username = {name} OR Alias = {name}) LIMIT 5"
    );
    let mut users: Vec<User> = match client.query(&soql, &[agent.to_owned()]).await {
        Ok(users) => users,
        Err(error @ SalesforceError::Refused { .. }) => {
            warn!(%error, "letting Salesforce assign the record's owner");
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    if let Some(place) = users.iter().position(|user| user.username.eq_ignore_ascii_case(agent)) {
        return Ok(Some(users.swap_remove(place).id));
    }
    Ok(if users.len() == 1 { users.pop().map(|user| user.id) } else { None })
}

/// Creates the record. Settings that Salesforce refuses are replaced, so that they cost no voicemail.
async fn make(
    client: &Client,
    form: &Form<'_>,
    mut draft: Draft<'_>,
    mode: Mode,
) -> Result<Receipt, SalesforceError> {
    loop {
        let assignment = if draft.owner.is_some() { Assignment::Record } else { Assignment::Rules };
        let (fields, warnings) = form.fill(&draft);
        let id = external_id(&draft.package.id());
        let refused = match client.upsert(form.object, form.external_id_field, &id, fields, assignment).await
        {
            Ok(written) => {
                let receipt = Receipt { warnings, ..Receipt::new(mode) };
                return Ok(receipt.with_reference(written.id.unwrap_or_default()));
            }
            Err(error @ SalesforceError::Refused { .. }) => error,
            Err(error) => return Err(error),
        };
        let asked_for_priority = form.has_priority() && draft.priority.is_some();
        if asked_for_priority && (draft.owner.is_none() || refused.code() == Some(NOT_IN_LIST)) {
            draft.without_priority();
        } else if draft.owner.is_some() {
            draft.without_owner();
        } else {
            return Err(refused);
        }
        warn!(error = %refused, "Salesforce refused the record in this form");
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn every_message_has_an_external_id_that_the_field_takes() {
        let contact = "00000000-0000-4000-8000-00000000c0de";
        for (name, expected) in [
            (contact.to_owned(), contact),
            (format!("{contact}-2"), "0000000000004000800000000000c0de-2"),
            (format!("{contact}-4"), "0000000000004000800000000000c0de-4"),
        ] {
            let id = external_id(&VoicemailId::parse(&name).unwrap());
            assert_eq!(id, expected);
            assert!(id.len() <= 36, "{id}");
        }
    }
}
