//! Delivery as an Amazon Connect task.

use std::collections::HashMap;

use aws_sdk_connect::types::{Reference, ReferenceType, TaskAttachment};
use tracing::warn;
use vmx_contract::arn::InstanceArn;
use vmx_contract::attributes::{FLAG_DONE, Name, Prefix, message, task};
use vmx_contract::delivered::Receipt;
use vmx_contract::mode::Mode;
use vmx_contract::package::{Package, Playback, Recipient};
use vmx_contract::staff::{Words, fill};
use vmx_contract::voicemail::Warning;
use vmx_lambda::failure::{Failure, Kind};

use super::attachment::attachment;
use super::words::{cut, description};
use super::{Deliver, Delivery};

/// The longest name, in UTF-16 code units. Source: the API reference of StartTaskContact.
const LONGEST_NAME: usize = 512;
/// The longest description, in UTF-16 code units. Source: as above.
const LONGEST_DESCRIPTION: usize = 4096;
/// All references of a contact together, in bytes of UTF-8. Source: the API reference, Reference.
const ALL_REFERENCES: usize = 4096;

/// Delivery as a task.
#[derive(Debug)]
pub(super) struct Task;

impl Deliver for Task {
    /// Recognized by the request's token.
    const KNOWS_REPETITIONS: bool = true;

    async fn deliver(&self, delivery: &Delivery<'_>) -> Result<Receipt, Failure> {
        let Delivery { config, voicemail, package, .. } = *delivery;
        let form = Form::of(config.words, package);
        let own = voicemail.task_flow.as_deref().and_then(|asked| {
            let id = flow_id(asked, &config.instance);
            if id.is_none() {
                warn!("the contact's task flow does not belong to this instance; using the installed one");
            }
            id
        });
        let flows = Flows { own, installed: &config.task_flow_id };
        let contact = start(delivery, &form, flows).await?;
        Ok(Receipt::new(Mode::Task).with_reference(contact))
    }
}

/// The flows that can route a task.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flows<'a> {
    /// ID of the contact's own.
    pub(super) own: Option<&'a str>,
    /// ID of the installed one.
    pub(super) installed: &'a str,
}

/// Starts the task of a package and returns its contact's ID. The request's token is derived from the voicemail's name:
/// Connect responds to a repetition with the existing task.
///
/// The task is *related* to the voicemail's contact. According to the API reference, a *previous* contact would share
/// its attributes with the task permanently in both directions, so a flow's changes to the task would appear in the
/// call's record.
pub(super) async fn start(
    delivery: &Delivery<'_>,
    task: &Form,
    Flows { own, installed }: Flows<'_>,
) -> Result<String, Failure> {
    let attachment = attachment(delivery).await;
    // The instance may keep no attachments, or none of this type. At last, Connect may no longer keep the contact.
    let forms = own.into_iter().chain([installed]).map(|flow| (flow, true)).chain([(installed, false)]);
    let forms = forms.flat_map(|(flow, related)| {
        attachment.iter().map(Some).chain([None]).map(move |attachment| (flow, related, attachment))
    });
    let mut refused = None;
    for (flow, related, attachment) in forms {
        match request(delivery, task, flow, related, attachment).await {
            Err(failure) if failure.kind != Kind::Transient => {
                let attached = attachment.is_some();
                warn!(flow, related, attached, %failure, "Connect refused the task in this form");
                refused = Some(failure);
            }
            answer => return answer,
        }
    }
    Err(refused.unwrap_or_else(|| Failure::new("deliver", Kind::Refused, "there is no flow for tasks")))
}

async fn request(
    Delivery { clients, config, package, .. }: &Delivery<'_>,
    task: &Form,
    flow: &str,
    related: bool,
    attachment: Option<&TaskAttachment>,
) -> Result<String, Failure> {
    let request = clients
        .connect
        .start_task_contact()
        .instance_id(config.instance.id())
        .contact_flow_id(flow)
        .name(&task.name)
        .description(&task.description)
        .set_references(Some(task.references.clone()))
        .set_attributes(Some(task.attributes.clone()))
        .set_related_contact_id(related.then(|| package.contact_id.to_string()))
        .set_attachments(attachment.map(|attachment| vec![attachment.clone()]))
        .client_token(&task.token);
    let started = request.send().await.map_err(|error| Failure::of("connect:StartTaskContact", &error))?;
    Ok(started.contact_id.unwrap_or_default())
}

/// A task, as Connect takes it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Form {
    token: String,
    name: String,
    description: String,
    references: HashMap<String, Reference>,
    attributes: HashMap<String, String>,
}

impl Form {
    fn of(words: &Words, package: &Package) -> Self {
        let (references, has_link) = references(words, package, package.playback.as_ref());
        let link = match &package.playback {
            Some(playback) if has_link => {
                let end = words.moment(playback.expires_at, &package.time_zone);
                Some(fill(words.link_until, &[("time", &end)]))
            }
            Some(_) => Some(words.link_too_long.to_owned()),
            // A warning says so.
            None if package.warnings.contains(&Warning::LinkMissing) => None,
            None => Some(words.in_workspace.to_owned()),
        };
        Self::with(words, package, references, link.as_deref())
    }

    /// The request for a guided task, whose guide gets the recording from a function.
    pub(super) fn guided(words: &Words, package: &Package, function_arn: &str) -> Self {
        let (references, _) = references(words, package, None);
        let mut form = Self::with(words, package, references, Some(words.guide_plays));
        form.token.push_str("-guided");
        form.attributes.insert(task::CONTACT_ID.to_owned(), package.id().to_string());
        form.attributes.insert(task::GUIDE_FUNCTION.to_owned(), function_arn.to_owned());
        form
    }

    fn with(
        words: &Words,
        package: &Package,
        references: HashMap<String, Reference>,
        link: Option<&str>,
    ) -> Self {
        Self {
            token: package.id().to_string(),
            name: cut(&words.title_of(package), LONGEST_NAME),
            description: description(words, package, link, &[], LONGEST_DESCRIPTION),
            references,
            attributes: attributes(package),
        }
    }
}

/// What the agent can open or copy, the link first if there is one. What does not fit is omitted. Returns whether the
/// link is included.
fn references(
    words: &Words,
    package: &Package,
    link: Option<&Playback>,
) -> (HashMap<String, Reference>, bool) {
    let recipient = match package.recipient {
        Recipient::Queue { .. } => words.queue,
        Recipient::Agent { .. } => words.agent,
    };
    let all = [
        (words.recording, ReferenceType::Url, link.map(|playback| playback.url.clone())),
        (words.callback_number, ReferenceType::String, package.from.clone()),
        (words.received, ReferenceType::Date, Some(package.received_at.as_second().to_string())),
        (recipient, ReferenceType::String, Some(package.recipient.name().to_owned())),
        (words.summary, ReferenceType::String, package.summary.clone()),
    ];
    let mut room = ALL_REFERENCES;
    let mut references = HashMap::new();
    for (name, kind, value) in all {
        let Some(value) = value else { continue };
        let Some(left) = room.checked_sub(name.len() + value.len()) else {
            continue;
        };
        if let Ok(reference) = Reference::builder().r#type(kind).value(value).build() {
            room = left;
            references.insert(name.to_owned(), reference);
        }
    }
    let has_link = references.contains_key(words.recording);
    (references, has_link)
}

/// The attributes by which the task flow routes. The call's other attributes come with the relation to its contact; its
/// flag and slots must not make the task's own contact record look like a voicemail.
fn attributes(package: &Package) -> HashMap<String, String> {
    let (target, queue_arn, agent_id) = match &package.recipient {
        Recipient::Queue { arn, .. } => (task::TARGET_QUEUE, arn, None),
        Recipient::Agent { id, queue_arn, .. } => (task::TARGET_AGENT, queue_arn, Some(id)),
    };
    let mut attributes = HashMap::from([
        (task::TARGET.to_owned(), target.to_owned()),
        (task::QUEUE_ARN.to_owned(), queue_arn.clone()),
    ]);
    if let Some(id) = agent_id {
        attributes.insert(task::AGENT_ID.to_owned(), id.clone());
    }
    let flags = Prefix::ALL.map(|prefix| prefix.attribute(Name::Flag));
    let reset = flags
        .into_iter()
        .filter(|flag| *flag == Prefix::Vm.attribute(Name::Flag) || package.attributes.contains_key(flag));
    attributes.extend(reset.map(|flag| (flag, FLAG_DONE.to_owned())));
    let slots = message::Slot::ALL.map(|slot| (slot.state(), message::DONE));
    let messages = slots.into_iter().chain([(message::TAKING.to_owned(), message::OFF)]);
    let inherited = messages.filter(|(name, _)| package.attributes.contains_key(name));
    attributes.extend(inherited.map(|(name, value)| (name, value.to_owned())));
    attributes
}

/// A flow's ID, given as an ID or as an ARN of the instance.
fn flow_id<'a>(asked: &'a str, instance: &InstanceArn) -> Option<&'a str> {
    let id = match asked.strip_prefix(instance.as_str()) {
        Some(resource) => resource.strip_prefix("/contact-flow/")?,
        None => asked,
    };
    let sound = id.len() == 36 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    sound.then_some(id)
}

#[cfg(test)]
pub(crate) mod tests;
