//! Builds calls event by event: the flow takes a message, the caller speaks and saves it or hangs up, an agent answers
//! and leaves. Each event sets the attributes that the flow would set, according to the table in docs/attributes.md.

use std::collections::BTreeMap;

use vmx_contract::attributes::{Name, Prefix, message};
use vmx_contract::mode::Mode;

use super::media::{AGENT, BYTES_PER_MS, fragment_number, fragments_of, voice};
use super::{Call, INSTANCE, Match, Message, Streamed, Talk, Truth, Writing, contact};

/// How much longer an agent's time in the record may be than in reality: a second by rule, and another because the
/// record's times are truncated to the second.
const SLACK_MS: u64 = 2000;

/// The capabilities of a contact's flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Slots, and whether the flow reads the first fragment's number.
    Slots { knows_fragments: bool },
    /// Only the flag, with this prefix: flows of the previous version and its ancestors.
    Flag(Prefix),
}

/// What the caller does while a message is being taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// Speaks for this many bytes.
    Words(usize),
    /// Is silent for this many bytes.
    Silence(usize),
    /// Hangs up at the beep, after this many bytes without a voice.
    Beep(usize),
    /// Speaks for this many ms, but none of it arrives in the stream.
    Unheard(u64),
}

/// A call in progress.
#[derive(Debug)]
pub(crate) struct Script {
    flow: Flow,
    at_ms: u64,
    call: Call,
    open: Option<Streamed>,
    /// The index of the next fragment.
    next: u64,
    /// Whether each part goes to a stream of its own.
    pub(crate) new_streams: bool,
    taking: Option<Message>,
    is_talking: bool,
    /// An agent was connected since the message began.
    is_interrupted: bool,
    stretches: u64,
}

impl Script {
    /// Starts the call with this number.
    pub(crate) fn begin(number: usize, flow: Flow) -> Self {
        let call = Call {
            contact: contact(number),
            earlier: Vec::new(),
            attributes: BTreeMap::from([("unrelated".to_owned(), "1".to_owned())]),
            streams: Vec::new(),
            agent: None,
            messages: Vec::new(),
            took_ms: 0,
            writing: Writing::default(),
        };
        Self {
            flow,
            at_ms: 0,
            call,
            open: None,
            next: 1,
            new_streams: false,
            taking: None,
            is_talking: false,
            is_interrupted: false,
            stretches: number as u64 * 100,
        }
    }

    /// Sets how Connect writes the record.
    pub(crate) fn written(mut self, writing: Writing) -> Self {
        self.call.writing = writing;
        self
    }

    /// Lets time pass.
    pub(crate) fn wait(mut self, ms: u64) -> Self {
        self.at_ms += ms;
        let noise = self.noise(ms);
        if let Some(open) = &mut self.open {
            open.pcm.extend(noise);
            self.taking.iter_mut().for_each(|taking| taking.match_ = Match::Within);
        }
        self
    }

    /// A flow starts to take a message, and the caller does this.
    pub(crate) fn take(mut self, said: Said, modes: &[Mode]) -> Self {
        self.keep_unfinished();
        self.stop();
        let first = self.next;
        self.stretches += 1;
        let stream = if self.new_streams { self.call.streams.len() as u32 } else { 0 };
        self.open =
            Some(Streamed { stream, from_ms: self.at_ms, until_ms: self.at_ms, first, pcm: Vec::new() });
        let prefix = if let Flow::Flag(prefix) = self.flow { prefix } else { Prefix::Vm };
        let joined = join(modes);
        for (name, value) in [
            (Name::Flag, "1"),
            (Name::From, "+15555550100"),
            (Name::QueueArn, &queue()),
            (Name::Lang, "en-US"),
            (Name::Mode, &joined),
        ] {
            self.set(&prefix.attribute(name), value);
        }
        if let Flow::Slots { knows_fragments } = self.flow {
            self.set(message::TAKING, message::ON);
            self.set(message::ANSWERED, message::OFF);
            let contact = self.call.contact.to_string();
            self.set(message::TAKING_CONTACT, &contact);
            let fragment = if knows_fragments { fragment_number(first) } else { String::new() };
            self.set(message::TAKING_FRAGMENT, &fragment);
        }
        let (pcm, ms, truth) = match said {
            Said::Words(bytes) => (voice(self.stretches, bytes), 0, Truth::Voicemail),
            Said::Silence(bytes) => (vec![0; bytes], 0, Truth::Silent),
            Said::Beep(bytes) => (vec![0; bytes], 500, Truth::NothingSaid),
            Said::Unheard(ms) => (Vec::new(), ms, Truth::NoMedia),
        };
        self.at_ms += ms.max(pcm.len() as u64 / BYTES_PER_MS);
        if let Some(open) = &mut self.open {
            open.pcm.extend(&pcm);
        }
        self.is_interrupted = false;
        self.taking = Some(Message {
            id: String::new(),
            truth,
            heard_saved: false,
            modes: modes.to_vec(),
            said: pcm,
            match_: Match::Exact,
        });
        self
    }

    /// A message that is about to begin keeps the one that is being taken, of any contact, in a slot.
    fn keep_unfinished(&mut self) {
        if self.call.attributes.get(message::TAKING).is_some_and(|is| is == message::ON) {
            self.fill_slot(message::UNSAVED);
        }
    }

    /// A flow starts to take a message, and says that there is no room for it.
    pub(crate) fn refuse(mut self) -> Self {
        if self.free_slots() > 0 {
            self.keep_unfinished();
        }
        self.stop();
        self
    }

    /// Whether a flow that starts to take a message has a slot for it.
    pub(crate) fn has_room(&self) -> bool {
        let is_unfinished = self.call.attributes.get(message::TAKING).is_some_and(|is| is == message::ON);
        self.free_slots() > usize::from(is_unfinished)
    }

    fn free_slots(&self) -> usize {
        let is_free = |slot: &message::Slot| !self.call.attributes.contains_key(&slot.state());
        message::Slot::ALL.into_iter().filter(is_free).count()
    }

    /// Whether the caller is leaving a message.
    pub(crate) fn is_taking(&self) -> bool {
        self.taking.as_ref().is_some_and(|taking| !taking.heard_saved) && !self.is_interrupted
    }

    /// Whether a message was begun in this contact.
    pub(crate) fn has_message(&self) -> bool {
        self.taking.is_some() || !self.call.messages.is_empty()
    }

    /// Whether a message was begun in this contact or before it.
    pub(crate) fn is_flagged(&self) -> bool {
        Prefix::flagged(&self.call.attributes).is_some()
    }

    /// Whether the flow notes the first fragment of each message.
    pub(crate) fn knows_fragments(&self) -> bool {
        self.flow == Flow::Slots { knows_fragments: true }
    }

    /// Whether an agent was connected in this contact.
    pub(crate) fn had_agent(&self) -> bool {
        self.call.agent.is_some()
    }

    /// The caller presses the key, the flow fills the slot and confirms that the message is saved.
    pub(crate) fn save(mut self) -> Self {
        let Some(taking) = &mut self.taking else { panic!("no message is being taken") };
        taking.heard_saved = true;
        self.stop();
        if let Flow::Slots { .. } = self.flow {
            self.fill_slot(message::SAVED);
        }
        self
    }

    /// Puts the message that is noted as being taken into a slot. A transferred contact has the note of another one.
    fn fill_slot(&mut self, state: &str) {
        let noted = |name: &str| self.call.attributes[name].clone();
        let is_free = |slot: &message::Slot| !self.call.attributes.contains_key(&slot.state());
        let slot = message::Slot::ALL.into_iter().find(is_free).expect("a fourth message is refused");
        let values = [
            (slot.state(), state.to_owned()),
            (slot.contact(), noted(message::TAKING_CONTACT)),
            (slot.fragment(), noted(message::TAKING_FRAGMENT)),
            (slot.answered(), noted(message::ANSWERED)),
            (slot.queue_arn(), noted(&Prefix::Vm.attribute(Name::QueueArn))),
            (slot.lang(), noted(&Prefix::Vm.attribute(Name::Lang))),
            (slot.mode(), noted(&Prefix::Vm.attribute(Name::Mode))),
            (message::TAKING.to_owned(), message::OFF.to_owned()),
        ];
        self.call.attributes.extend(values);
        if let Some(mut taken) = self.taking.take() {
            taken.id = self.id(slot.number());
            self.call.messages.push(taken);
        }
    }

    /// The same, in a flow that does not stop streaming then.
    pub(crate) fn save_and_stream_on(mut self) -> Self {
        let open = self.open.take();
        let mut saved = self.save();
        saved.open = open;
        if let Some(message) = saved.call.messages.last_mut() {
            message.match_ = Match::Within;
        }
        saved
    }

    /// A failure: the flow apologizes, and there is no message.
    pub(crate) fn fail(mut self) -> Self {
        self.stop();
        self.set(message::TAKING, message::OFF);
        self.taking = None;
        self
    }

    /// An agent answers. A whisper stops the stream and sets [`message::ANSWERED`].
    pub(crate) fn agent_answers(mut self, whisper: bool, talked: bool) -> Self {
        if whisper {
            self.set(message::ANSWERED, message::ON);
            self.stop();
        }
        let until_ms = if talked { u64::MAX } else { self.at_ms };
        self.call.agent = Some(Talk { from_ms: self.at_ms, until_ms, talked, has_work_after: true });
        self.is_talking = talked;
        if talked {
            let all = self.call.messages.iter_mut().chain(&mut self.taking);
            let unfinished = all.filter(|message| !message.heard_saved);
            unfinished.for_each(|message| message.truth = Truth::Cancelled);
        }
        self.is_interrupted = true;
        self
    }

    /// The record does not say when the agent's after-call work began.
    pub(crate) fn without_work_after(mut self) -> Self {
        self.call.agent.iter_mut().for_each(|agent| agent.has_work_after = false);
        self
    }

    /// The agent leaves, and the caller stays.
    pub(crate) fn agent_leaves(mut self) -> Self {
        self.is_talking = false;
        if let Some(agent) = &mut self.call.agent {
            agent.until_ms = agent.until_ms.min(self.at_ms);
        }
        self
    }

    /// The call continues as another contact, to which the attributes are copied.
    pub(crate) fn transfer(self, number: usize) -> (Call, Self) {
        let mut next = Self::begin(number, self.flow).written(self.call.writing);
        let call = self.hang_up();
        next.call.attributes.clone_from(&call.attributes);
        next.call.earlier = call.earlier.iter().chain([&call.contact]).cloned().collect();
        (call, next)
    }

    /// The call ends.
    pub(crate) fn hang_up(mut self) -> Call {
        self.stop();
        let mut script = self.agent_leaves();
        if let Some(mut message) = script.taking.take() {
            let is_saved = |slot: &message::Slot| script.call.attributes.contains_key(&slot.state());
            let filled = message::Slot::ALL.iter().filter(|slot| is_saved(slot)).count() as u8;
            let has_slots = matches!(script.flow, Flow::Slots { .. });
            // A caller who saved a message meant to leave one: the next one only counts as nothing said if it is
            // inaudible.
            let is_silent = matches!(message.truth, Truth::Silent | Truth::NothingSaid);
            if is_silent {
                let is_next = !script.call.messages.is_empty() && !message.said.is_empty();
                message.truth = if is_next { Truth::Silent } else { Truth::NothingSaid };
            }
            message.id = script.id(if has_slots { filled + 1 } else { 1 });
            script.call.messages.push(message);
        }
        script.call.took_ms = script.at_ms + 500;
        script.call.loosen(script.flow);
        script.call
    }

    fn stop(&mut self) {
        let Some(mut open) = self.open.take() else { return };
        open.until_ms = self.at_ms;
        self.next += fragments_of(&open.pcm);
        self.call.streams.push(open);
    }

    /// What a stream receives from the caller or an agent while nobody speaks.
    fn noise(&mut self, ms: u64) -> Vec<u8> {
        let bytes = (ms * BYTES_PER_MS) as usize;
        self.stretches += 1;
        if self.is_talking { vec![AGENT; bytes] } else { voice(self.stretches, bytes) }
    }

    fn set(&mut self, name: &str, value: &str) {
        self.call.attributes.insert(name.to_owned(), value.to_owned());
    }

    fn id(&self, number: u8) -> String {
        let contact = &self.call.contact;
        if number == 1 { contact.to_string() } else { format!("{contact}-{number}") }
    }
}

impl Call {
    /// Relaxes the match of recordings if the record cannot say exactly what belongs to a message.
    fn loosen(&mut self, flow: Flow) {
        let is_mixed = self.writing.one_entry && self.streams.len() > 1;
        let has_all_fragments = flow == Flow::Slots { knows_fragments: true };
        // No message owns the audio of an abandoned one, so it is not cut off.
        let has_vain = self.streams.len() > self.messages.len();
        let agent = self.agent.filter(|agent| agent.talked);
        for message in &mut self.messages {
            // Without fragments, a saved message keeps all candidates.
            if (is_mixed && has_vain) || (!has_all_fragments && (is_mixed || has_vain)) {
                message.match_ = Match::Within;
            }
            let its = self.streams.iter().find(|streamed| streamed.pcm.starts_with(&message.said));
            if let (Some(its), Some(agent), Match::Exact) = (its, agent, message.match_) {
                // Fragments that overlap the agent's time are omitted entirely.
                let end = its.from_ms + message.said.len() as u64 / BYTES_PER_MS;
                let is_near =
                    end + SLACK_MS >= agent.from_ms && its.from_ms <= agent.until_ms.saturating_add(SLACK_MS);
                message.match_ = if is_near { Match::Beginning } else { Match::Exact };
            }
        }
    }
}

fn queue() -> String {
    format!("{INSTANCE}/queue/support")
}

fn join(modes: &[Mode]) -> String {
    modes.iter().map(|mode| mode.as_str()).collect::<Vec<_>>().join(",")
}
