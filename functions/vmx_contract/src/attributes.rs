//! Contact attributes: what a flow sets on a contact to say that a voicemail was left, and how to deliver it.
//!
//! Every attribute has the prefix `vm_`. Flows written for earlier generations of Voicemail Express use the same names
//! with `vmx_` and `vmx3_`. All three are understood, and a contact's flag is reset under the prefix with which it was
//! set.

use std::collections::BTreeMap;

use strum::EnumIter;

/// The value of [`Name::Flag`] for a voicemail that is to be processed.
pub const FLAG_PROCESS: &str = "1";
/// The value of [`Name::Flag`] once all voicemails of this contact have ended.
pub const FLAG_DONE: &str = "0";

/// The prefix of an attribute's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Prefix {
    /// `vm_`, the prefix of the installer's flows.
    #[default]
    Vm,
    /// `vmx_`, an alias.
    Vmx,
    /// `vmx3_`, an alias.
    Vmx3,
}

impl Prefix {
    /// All prefixes, the preferred one first.
    pub const ALL: [Self; 3] = [Self::Vm, Self::Vmx, Self::Vmx3];

    /// The prefix with its underscore.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vm => "vm_",
            Self::Vmx => "vmx_",
            Self::Vmx3 => "vmx3_",
        }
    }

    /// Reads a prefix as [`Prefix::as_str`] writes it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|prefix| prefix.as_str() == text)
    }

    /// The full attribute name, for example `vm_flag`.
    #[must_use]
    pub fn attribute(self, name: Name) -> String {
        format!("{}{name}", self.as_str())
    }

    /// The names of an attribute, by precedence: some have another one in flows of the earlier system with this prefix.
    fn names(self, name: Name) -> Vec<String> {
        let ours = self.attribute(name);
        match (self, name) {
            (Self::Vmx, Name::EmailFrom | Name::EmailTo | Name::EmailTemplate) => {
                vec![ours, name.to_string()]
            }
            // There, ours is the summary itself.
            (Self::Vmx3, Name::GenaiSummary) => vec!["vmx3_do_genai_summary".to_owned(), ours],
            _ => vec![ours],
        }
    }

    /// The prefix under which a contact is flagged as a voicemail to process, if it is.
    #[must_use]
    pub fn flagged(attributes: &Attributes) -> Option<Self> {
        let flag = |prefix: &Self| attributes.get(&prefix.attribute(Name::Flag));
        // Flows typed by hand may have a space there.
        Self::ALL.into_iter().find(|prefix| flag(prefix).is_some_and(|value| value.trim() == FLAG_PROCESS))
    }
}

/// A contact's attributes by their full names.
pub type Attributes = BTreeMap<String, String>;

/// The attributes, without their prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display, EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum Name {
    /// `flag`: [`FLAG_PROCESS`], [`FLAG_DONE`]; set right after streaming started.
    Flag,
    /// `from`: the callback number, E.164.
    From,
    /// `queue_arn`: the queue, or an agent's own queue, that the voicemail is for.
    QueueArn,
    /// `lang`: the language spoken, an Amazon Transcribe language code.
    Lang,
    /// `mode`: the delivery mode, or several separated by commas.
    Mode,
    /// `target`: `queue` or `agent`.
    Target,
    /// `preferred_agent`: an agent's username, with target `agent`.
    PreferredAgent,
    /// `priority`: the priority of a Salesforce case, in the organization's own values.
    Priority,
    /// `task_flow`: ID of the flow that routes the task, instead of the installed one.
    TaskFlow,
    /// `email_from`: sender of the email.
    EmailFrom,
    /// `email_to`: recipient of the email.
    EmailTo,
    /// `email_template`: template of the email.
    EmailTemplate,
    /// `genai_summary`: `true` or `false`, a summary for this call.
    GenaiSummary,
}

/// An attribute's value, trimmed; an empty one counts as absent.
#[must_use]
pub fn value<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a str> {
    attributes.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
}

/// The attributes of one contact, read under the prefix it used.
#[derive(Debug, Clone, Copy)]
pub struct Prefixed<'a> {
    /// The prefix under which they are read.
    pub prefix: Prefix,
    attributes: &'a Attributes,
}

impl<'a> Prefixed<'a> {
    /// The contact's voicemail attributes, if it is flagged as a voicemail to process.
    #[must_use]
    pub fn flagged(attributes: &'a Attributes) -> Option<Self> {
        Prefix::flagged(attributes).map(|prefix| Self { prefix, attributes })
    }

    /// The contact's voicemail attributes with a prefix.
    #[must_use]
    pub fn behind(prefix: Prefix, attributes: &'a Attributes) -> Self {
        Self { prefix, attributes }
    }

    /// An attribute's value, trimmed; an empty one counts as absent. Flows of earlier systems may have another name for
    /// it.
    #[must_use]
    pub fn get(&self, name: Name) -> Option<&'a str> {
        self.prefix.names(name).iter().find_map(|name| value(self.attributes, name))
    }
}

/// What flows set about a contact's messages. Always with the prefix `vm_`: flows of earlier generations know only the
/// flag.
///
/// While a message is being taken, [`TAKING`](message::TAKING) is on. When the caller has finished it, or is about to
/// leave another one without having finished it, one block fills a [`Slot`](message::Slot) and switches it off. A slot
/// stays true whatever happens later in the call.
pub mod message {
    /// Whether a message is being taken: [`ON`] or [`OFF`].
    pub const TAKING: &str = "vm_taking";
    /// The contact in which it is taken. A transferred contact carries copies of another contact's attributes.
    pub const TAKING_CONTACT: &str = "vm_taking_contact";
    /// Number of the first fragment of its stream, if the flow knows it.
    pub const TAKING_FRAGMENT: &str = "vm_taking_fragment";
    /// ARN of the queue, or the agent's own queue, that it is for.
    pub const TAKING_QUEUE_ARN: &str = "vm_taking_queue_arn";
    /// Its language.
    pub const TAKING_LANG: &str = "vm_taking_lang";
    /// Its delivery mode.
    pub const TAKING_MODE: &str = "vm_taking_mode";
    /// [`ON`] once an agent has answered.
    pub const ANSWERED: &str = "vm_answered";
    /// Yes.
    pub const ON: &str = "1";
    /// No.
    pub const OFF: &str = "0";
    /// The state of a slot with a finished message.
    pub const SAVED: &str = "saved";
    /// The state of a slot with a message that the caller did not finish before leaving another one. It contains
    /// [`SAVED`], so that flows that do not know it take the slot for full.
    pub const UNSAVED: &str = "unsaved";
    /// The state of a slot whose message has ended.
    pub const DONE: &str = "done";

    /// Whether a slot's state is one of a message that has not ended.
    #[must_use]
    pub fn is_open(state: &str) -> bool {
        [SAVED, UNSAVED].iter().any(|open| state.eq_ignore_ascii_case(open))
    }

    /// A place for one message: `vm_saved_1` to `vm_saved_3`, and the attributes that belong to it.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Slot(u8);

    impl Slot {
        /// All slots, in the order in which they are filled.
        pub const ALL: [Self; 3] = [Self(1), Self(2), Self(3)];

        /// Its number, the same as its message's.
        #[must_use]
        pub fn number(self) -> u8 {
            self.0
        }

        /// The attribute with its state: [`SAVED`], [`UNSAVED`], [`DONE`], or absent if it is free.
        #[must_use]
        pub fn state(self) -> String {
            format!("vm_saved_{}", self.0)
        }

        /// The attribute with the contact in which the message was left.
        #[must_use]
        pub fn contact(self) -> String {
            format!("vm_saved_{}_contact", self.0)
        }

        /// The attribute with the first fragment of its stream, if the flow knows it.
        #[must_use]
        pub fn fragment(self) -> String {
            format!("vm_saved_{}_fragment", self.0)
        }

        /// The attribute with the time of the message's end, if the flow notes it.
        #[must_use]
        pub fn until(self) -> String {
            format!("vm_saved_{}_until", self.0)
        }

        /// The attribute that says whether an agent had answered since the message began: [`ON`] or [`OFF`].
        #[must_use]
        pub fn answered(self) -> String {
            format!("vm_saved_{}_answered", self.0)
        }

        /// The attribute with the ARN of the queue, or the agent's own queue, that the message is for.
        #[must_use]
        pub fn queue_arn(self) -> String {
            format!("vm_saved_{}_queue_arn", self.0)
        }

        /// The attribute with the message's language.
        #[must_use]
        pub fn lang(self) -> String {
            format!("vm_saved_{}_lang", self.0)
        }

        /// The attribute with its delivery mode.
        #[must_use]
        pub fn mode(self) -> String {
            format!("vm_saved_{}_mode", self.0)
        }
    }
}

/// What the packager sets on a task, for the flow that routes it. Always with the prefix `vm_`: only flows of this
/// generation read them.
pub mod task {
    /// [`TARGET_QUEUE`] or [`TARGET_AGENT`]: which of the next two routes the task.
    pub const TARGET: &str = "vm_task_target";
    /// ARN of a queue, usable as `QueueId` of the action UpdateContactTargetQueue. Always set: an agent's task goes
    /// there if the agent cannot have it.
    pub const QUEUE_ARN: &str = "vm_task_queue_arn";
    /// User id of the agent, usable as `AgentId` of the action UpdateContactTargetQueue. Only with
    /// [`TARGET_AGENT`].
    pub const AGENT_ID: &str = "vm_task_agent_id";
    /// The value of [`TARGET`] for a task that any agent of the queue can accept.
    pub const TARGET_QUEUE: &str = "queue";
    /// The value of [`TARGET`] for a task of one agent.
    pub const TARGET_AGENT: &str = "agent";
    /// The contact that left the voicemail, which the agent guide passes to its function.
    pub const CONTACT_ID: &str = "vm_task_contact_id";
    /// ARN of the agent guide's function. The task has it, not the guide's flow, because that is created before the
    /// function and outlives it.
    pub const GUIDE_FUNCTION: &str = "vm_task_guide_function";
    /// Everything that a task's flow or its guide reads.
    pub const ALL: [&str; 5] = [TARGET, QUEUE_ARN, AGENT_ID, CONTACT_ID, GUIDE_FUNCTION];
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(pairs: &[(&str, &str)]) -> Attributes {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn each_prefix_flags_a_voicemail_and_nothing_else_does() {
        for prefix in Prefix::ALL {
            let name = prefix.attribute(Name::Flag);
            assert_eq!(Prefix::flagged(&attributes(&[(&name, "1")])), Some(prefix));
            for value in ["1 ", " 1"] {
                assert_eq!(Prefix::flagged(&attributes(&[(&name, value)])), Some(prefix), "{value:?}");
            }
            for value in ["0", "", "2", "true", "11"] {
                assert_eq!(Prefix::flagged(&attributes(&[(&name, value)])), None, "{value:?}");
            }
        }
        assert_eq!(Prefix::flagged(&attributes(&[("flag", "1"), ("vm4_flag", "1")])), None);
    }

    #[test]
    fn the_prefix_that_is_flagged_is_the_one_that_is_read() {
        let both = attributes(&[
            ("vm_flag", "0"),
            ("vm_lang", "fr-FR"),
            ("vmx3_flag", "1"),
            ("vmx3_lang", " de-DE "),
        ]);
        let found =
            Prefixed::flagged(&both).map(|read| (read.prefix, read.get(Name::Lang), read.get(Name::Mode)));
        assert_eq!(found, Some((Prefix::Vmx3, Some("de-DE"), None)));
    }

    #[test]
    fn earlier_flows_have_their_own_names_for_some_attributes() {
        let set = attributes(&[
            ("email_to", "a@example.com"),
            ("vmx_email_to", "b@example.com"),
            ("email_from", "c@example.com"),
            ("vmx3_do_genai_summary", "yes"),
            ("vmx3_genai_summary", "The caller asks for a call."),
        ]);
        let of = |prefix, name| Prefixed::behind(prefix, &set).get(name);
        // A name without a prefix may be there for something else.
        assert_eq!(of(Prefix::Vmx, Name::EmailTo), Some("b@example.com"));
        assert_eq!(of(Prefix::Vmx, Name::EmailFrom), Some("c@example.com"));
        assert_eq!(of(Prefix::Vmx3, Name::GenaiSummary), Some("yes"));
        assert_eq!(of(Prefix::Vm, Name::EmailTo), None);
    }
}
