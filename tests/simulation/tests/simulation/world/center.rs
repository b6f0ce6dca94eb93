//! Amazon Connect and the other destinations of voicemails.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use vmx_contract::mode::Mode;
use vmx_lambda::testing::{Call, Reply};

use super::queue::is_between_steps;
use super::{STATE, State, TRANSCRIPTS, World};
use crate::call::{Call as Contact, contact_of, voicemail_in};

/// How long Connect remembers a task's client token. Source: the API reference, StartTaskContact.
const TOKEN_DAYS: i64 = 7;

/// The contacts and the deliveries.
#[derive(Debug, Default)]
pub(crate) struct Center {
    /// The contacts' attributes, by ID.
    pub(crate) attributes: BTreeMap<String, BTreeMap<String, String>>,
    /// Finished calls and when they began: Connect rewrites their records.
    pub(crate) calls: BTreeMap<String, (Contact, Timestamp)>,
    /// The client tokens of tasks: when they were used, and for which task.
    tokens: BTreeMap<String, (Timestamp, String)>,
    /// The deliveries, by voicemail.
    pub(crate) deliveries: BTreeMap<(String, Way), Deliveries>,
    /// Attributes set by functions, and when: later contacts of the same call get them as well.
    updates: Vec<(Timestamp, String, BTreeMap<String, String>)>,
    /// The IDs of finished invocations.
    pub(crate) over: BTreeSet<u64>,
}

/// A way in which voicemails reach people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    /// A task, a mail, an event.
    By(Mode),
    /// The target of mode `other`.
    Target,
}

impl Way {
    /// The ways of a mode.
    pub(crate) fn of(mode: Mode) -> Vec<Self> {
        if mode == Mode::Other { vec![Self::Target, Self::By(mode)] } else { vec![Self::By(mode)] }
    }

    /// The way of an action without idempotency.
    pub(crate) fn of_action(action: &str) -> Option<Self> {
        match action {
            "ses:SendEmail" => Some(Self::By(Mode::Email)),
            "events:PutEvents" => Some(Self::By(Mode::Other)),
            "lambda:InvokeFunction" | "sns:Publish" | "sqs:SendMessage" => Some(Self::Target),
            _ => None,
        }
    }

    /// The way whose delivery a marker records, by the part of its key after the contact.
    fn of_marker(name: &str) -> Option<Self> {
        if name == "other.target" { Some(Self::Target) } else { Mode::parse(name).map(Self::By) }
    }
}

/// The deliveries of one voicemail in one way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Deliveries {
    /// Their number.
    pub(crate) count: u64,
    /// How many followed one whose sender missed the response or died before recording it. Without idempotency this is
    /// unavoidable.
    pub(crate) unavoidable: u64,
    /// The last sender, until it has recorded the delivery, and whether the response was lost.
    open: Option<(u64, bool)>,
}

impl World {
    pub(super) fn connect(&self, call: &Call) -> Reply {
        let last = call.path.rsplit('/').next().unwrap_or_default().to_owned();
        match call.action.as_str() {
            "connect:StartTaskContact" => self.state().start_task(&call.json()),
            "connect:GetContactAttributes" => {
                let attributes = self.state().center.attributes.get(&last).cloned().unwrap_or_default();
                Reply::json(&json!({"Attributes": attributes}))
            }
            "connect:UpdateContactAttributes" => self.set_attributes(&call.json()),
            "connect:ListInstanceStorageConfigs" => self.state().storage(call),
            "connect:DescribeQueue" => {
                Reply::json(&json!({"Queue": {"QueueId": last, "Name": "The support team"}}))
            }
            other => panic!("{other} is not simulated"),
        }
    }

    /// Sets attributes, after which Connect rewrites the contact's record.
    fn set_attributes(&self, asked: &Value) -> Reply {
        let id = asked["InitialContactId"].as_str().unwrap().to_owned();
        let set: BTreeMap<String, String> = serde_json::from_value(asked["Attributes"].clone()).unwrap();
        let mut state = self.state();
        let now = state.clock.now();
        state.center.updates.push((now, id.clone(), set.clone()));
        for contact in state.center.sharing(&id) {
            state.center.attributes.entry(contact).or_default().extend(set.clone());
        }
        drop(state);
        self.later(Duration::from_secs(20), move |world| world.write_record(&id, true));
        Reply::json(&json!({}))
    }

    /// Writes a contact's record in its current state. It may arrive after a later one, and twice.
    pub(crate) fn write_record(&self, id: &str, with_recordings: bool) {
        let mut state = self.state();
        let Some(attributes) = state.center.attributes.get(id) else { return };
        let Some((call, began)) = state.center.calls.get(id) else { return };
        let record = call.record(*began, with_recordings, attributes);
        if !state.disorder {
            state.stream.put(&record);
            return;
        }
        let is_late = state.draws.u32(0..20) == 0;
        let delay = if is_late { Duration::from_secs(state.draws.u64(1..900)) } else { Duration::ZERO };
        let is_doubled = state.draws.u32(0..30) == 0;
        state.doubled += u64::from(is_doubled);
        drop(state);
        let copies = if is_doubled { 2 } else { 1 };
        for _ in 0..copies {
            let record = record.clone();
            self.later(delay, move |world| world.state().stream.put(&record));
        }
    }
}

impl Center {
    /// Stores a finished contact. If the contacts of its call share attributes, those of the earlier ones change with
    /// them from now on.
    pub(crate) fn ended(&mut self, call: &crate::call::Call, began: Timestamp) {
        let id = call.contact.to_string();
        self.calls.insert(id.clone(), (call.clone(), began));
        let sharing = self.sharing(&id);
        let mut attributes = call.attributes.clone();
        for (at, of, set) in &self.updates {
            if *of != id && sharing.contains(of) && *at > began {
                attributes.extend(set.clone());
            }
        }
        self.attributes.extend(sharing.into_iter().map(|contact| (contact, attributes.clone())));
    }

    /// The contacts that share attributes with this one, itself included.
    fn sharing(&self, id: &str) -> Vec<String> {
        let first = self.calls.get(id).map_or(id, |(call, _)| call.initial().as_str());
        if !is_shared(first) {
            return vec![id.to_owned()];
        }
        let of_call = self.calls.values().filter(|(call, _)| call.initial().as_str() == first);
        of_call.map(|(call, _)| call.contact.to_string()).collect()
    }
}

/// Whether the contacts of a call share attributes, as the Amazon Connect guide says, or have copies, as its contact
/// records have shown. Half of the calls share them, so that both are tested.
fn is_shared(first: &str) -> bool {
    first.ends_with(|digit: char| digit.to_digit(16).is_some_and(|digit| digit % 2 == 0))
}

impl State {
    fn start_task(&mut self, asked: &Value) -> Reply {
        let now = self.clock.now();
        let token = asked["ClientToken"].as_str().unwrap().to_owned();
        let is_known =
            |(used, _): &&(Timestamp, String)| now.duration_since(*used).as_hours() < 24 * TOKEN_DAYS;
        if let Some((_, task)) = self.center.tokens.get(&token).filter(is_known) {
            return Reply::json(&json!({"ContactId": task}));
        }
        let id = voicemail_in(&token).expect("a task's token is made of its voicemail");
        let guided = asked["ContactFlowId"] == crate::process::GUIDED_TASK_FLOW;
        let mode = if guided { Mode::GuidedTask } else { Mode::Task };
        let task = format!("7a5c0000-0000-4000-8000-{:012}", self.center.tokens.len());
        // The task is a contact with its own record.
        let contact = contact_of(&id);
        let attributes = self.center.attributes.get(contact);
        if let (Some((call, _)), Some(attributes)) = (self.center.calls.get(contact), attributes) {
            self.stream.put(&call.task_record(&task, attributes));
        }
        self.center.deliveries.entry((id, Way::By(mode))).or_default().count += 1;
        self.center.tokens.insert(token, (now, task.clone()));
        Reply::json(&json!({"ContactId": task}))
    }

    /// Sends a mail, an event, or a message to the target.
    pub(super) fn send_out(&mut self, invocation: u64, call: &Call) -> Reply {
        let text = String::from_utf8_lossy(&call.body).into_owned();
        let id = of_package(&text).expect("what is sent names its voicemail");
        let way = Way::of_action(&call.action).expect("it is sent on a way");
        let over = &self.center.over;
        let deliveries = self.center.deliveries.entry((id, way)).or_default();
        deliveries.count += 1;
        if let Some((sender, is_lost)) = deliveries.open
            && (over.contains(&sender) || is_lost)
        {
            deliveries.unavoidable += 1;
        }
        deliveries.open = Some((invocation, false));
        match call.action.as_str() {
            "events:PutEvents" => {
                Reply::json(&json!({"FailedEntryCount": 0, "Entries": [{"EventId": "event"}]}))
            }
            "sns:Publish" => Reply::bytes(
                "<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>",
            ),
            _ => Reply::json(&json!({"MessageId": "m"})),
        }
    }

    /// Notes that a sender missed the response to its call.
    pub(crate) fn answer_lost(&mut self, call: &Call) {
        let Some(way) = Way::of_action(&call.action).filter(|_| !is_between_steps(call)) else { return };
        let Some(id) = of_package(&String::from_utf8_lossy(&call.body)) else { return };
        if let Some(deliveries) = self.center.deliveries.get_mut(&(id, way))
            && let Some((_, is_lost)) = &mut deliveries.open
        {
            *is_lost = true;
        }
    }

    /// Notes a new object, which may be the record of a delivery.
    pub(super) fn marked(&mut self, bucket: &str, key: &str) {
        let marker = key.strip_prefix("delivered/").filter(|_| [STATE, TRANSCRIPTS].contains(&bucket));
        let Some((id, name)) = marker.and_then(|marker| marker.split_once('/')) else { return };
        let Some(way) = Way::of_marker(name) else { return };
        if let Some(deliveries) = self.center.deliveries.get_mut(&(id.to_owned(), way)) {
            deliveries.open = None;
        }
    }
}

/// The voicemail of a package in any form: it may name contact and message separately.
fn of_package(text: &str) -> Option<String> {
    let id = voicemail_in(text)?;
    let is_of = |number: &&&str| {
        let forms = [
            format!("\"message\":{number}"),
            format!("\\\"message\\\":{number}"),
            format!("%22message%22%3A{number}"),
        ];
        forms.iter().any(|form| text.contains(form))
    };
    match ["2", "3", "4"].iter().find(is_of) {
        Some(number) if id == contact_of(&id) => Some(format!("{id}-{number}")),
        _ => Some(id),
    }
}
