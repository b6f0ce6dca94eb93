//! The kinds of calls and their frequencies.

use vmx_contract::attributes::Prefix;
use vmx_contract::mode::Mode;

use super::script::{Flow, Said, Script};
use super::{Call, Writing};

/// Bytes of a second of audio.
const SECOND: usize = 16_000;
/// The size of a message that needs a multipart upload, in bytes.
const LONG: usize = 6 << 20;

/// The course of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Story {
    /// The caller leaves a message and is told that it is saved.
    Saved,
    /// The same, two or three times.
    SavedAgain,
    /// The caller hangs up while leaving a message.
    HangsUp,
    /// The caller saves one or two, and hangs up while leaving another.
    SavesAndHangsUp,
    /// The caller saves a message without speaking.
    SavesSilence,
    /// The caller says nothing and hangs up after some time.
    Silent,
    /// The caller hangs up at the beep.
    Beep,
    /// The caller saves one, and hangs up at the beep of the next.
    SavesThenBeep,
    /// An agent answers and leaves; then a message is saved.
    AgentBefore,
    /// An agent answers while a message is being taken.
    AgentWhileTaking,
    /// The same without a whisper, so streaming continues.
    AgentWithoutWhisper,
    /// An agent answers after a message is saved.
    AgentAfterSaved,
    /// The same, in a flow that continues streaming, and without a whisper.
    AgentInTheStream,
    /// A message is saved, and an agent answers while the next is being taken.
    AgentAtTheSecond,
    /// An agent is connected just after the caller hung up.
    AgentTooLate,
    /// An agent answers while a message is being taken, and leaves; a later flow takes one.
    AgentBetween,
    /// The same, but the caller hangs up while leaving the later message.
    AgentBetweenHangUp,
    /// An agent is connected while a message is being taken, and gone at once; a later flow takes one.
    AgentMissed,
    /// The same, but the caller hangs up while leaving the later message.
    AgentMissedHangUp,
    /// A message is saved; the call continues as another contact, in which one more is saved.
    Transferred,
    /// A message is saved; the call continues as another contact, without a message.
    TransferredForNothing,
    /// An agent answers while the caller leaves a message; the call continues as another contact, which saves one.
    TransferredAfterAgent,
    /// A message is saved; the call continues as another contact, where the caller hangs up while leaving one.
    TransferredHangUp,
    /// The flow fails and apologizes.
    Apology,
    /// The caller saves a message; the flow fails at the next and apologizes.
    SavedThenApology,
    /// The flow fails and apologizes; the caller saves a message in a later one.
    ApologyThenSaved,
    /// The caller saves a message, but its audio never arrives: the first call on a new stream.
    NoMedia,
    /// A flow that only sets the flag.
    FlagOnly,
    /// The same, and an agent answers.
    FlagOnlyAgent,
    /// The same, and the caller hangs up at the beep.
    FlagOnlyBeep,
    /// Messages, agents, failures and transfers in any order.
    Anything,
    /// The same in flows that only set the flag, with one message for each contact.
    FlagOnlyAnything,
}

impl Story {
    /// Every story with its relative frequency.
    pub(crate) const ALL: [(Self, u32); 32] = [
        (Self::Saved, 20),
        (Self::SavedAgain, 6),
        (Self::HangsUp, 6),
        (Self::SavesAndHangsUp, 4),
        (Self::SavesSilence, 1),
        (Self::Silent, 1),
        (Self::Beep, 2),
        (Self::SavesThenBeep, 1),
        (Self::AgentBefore, 2),
        (Self::AgentWhileTaking, 3),
        (Self::AgentWithoutWhisper, 2),
        (Self::AgentAfterSaved, 4),
        (Self::AgentInTheStream, 1),
        (Self::AgentAtTheSecond, 2),
        (Self::AgentTooLate, 1),
        (Self::AgentBetween, 1),
        (Self::AgentBetweenHangUp, 1),
        (Self::AgentMissed, 1),
        (Self::AgentMissedHangUp, 1),
        (Self::Transferred, 2),
        (Self::TransferredForNothing, 1),
        (Self::TransferredAfterAgent, 1),
        (Self::TransferredHangUp, 1),
        (Self::Apology, 1),
        (Self::SavedThenApology, 2),
        (Self::ApologyThenSaved, 1),
        (Self::NoMedia, 1),
        (Self::FlagOnly, 6),
        (Self::FlagOnlyAgent, 1),
        (Self::FlagOnlyBeep, 1),
        (Self::Anything, 6),
        (Self::FlagOnlyAnything, 2),
    ];

    /// Draws a story.
    pub(crate) fn draw(draws: &mut fastrand::Rng) -> Self {
        let all: u32 = Self::ALL.iter().map(|(_, weight)| weight).sum();
        let mut drawn = draws.u32(0..all);
        for (story, weight) in Self::ALL {
            match drawn.checked_sub(weight) {
                Some(rest) => drawn = rest,
                None => return story,
            }
        }
        Self::Saved
    }

    /// Plays the story. A transferred call is several contacts with consecutive numbers.
    pub(crate) fn play(self, number: usize, deal: &mut Deal<'_>) -> Vec<Call> {
        let flow = deal.flow(self);
        let script = Script::begin(number, flow);
        let (script, one_entry) = deal.ways(script, self.may_be_one_entry());
        let writing = Writing { one_entry, ..deal.writing() };
        let script = script.written(writing).wait(deal.ms(500, 8000));
        self.go_on(script, number, deal)
    }

    fn go_on(self, script: Script, number: usize, deal: &mut Deal<'_>) -> Vec<Call> {
        let saved = |script: Script, deal: &mut Deal<'_>| {
            let script = script.take(deal.words(), &deal.modes()).save();
            script.wait(deal.ms(3000, 9000))
        };
        let taken = |script: Script, deal: &mut Deal<'_>| script.take(deal.words(), &deal.modes());
        let call = match self {
            Self::Saved | Self::FlagOnly => saved(script, deal),
            Self::SavedAgain => {
                let more = deal.draws.u32(1..3);
                (0..more).fold(saved(script, deal), |script, _| saved(script, deal))
            }
            Self::HangsUp => taken(script, deal),
            Self::SavesAndHangsUp => {
                let more = deal.draws.u32(0..3);
                let script = (0..more).fold(saved(script, deal), |script, _| saved(script, deal));
                taken(script, deal)
            }
            Self::SavesSilence => script.take(deal.silence(), &deal.modes()).save(),
            Self::Silent => script.take(deal.silence(), &deal.modes()),
            Self::Beep | Self::FlagOnlyBeep => script.take(deal.beep(), &deal.modes()),
            Self::SavesThenBeep => saved(script, deal).take(deal.beep(), &deal.modes()),
            Self::AgentBefore => {
                let script = talk(script.agent_answers(true, true), deal).agent_leaves();
                saved(script.wait(deal.ms(3000, 9000)), deal)
            }
            Self::AgentWhileTaking | Self::FlagOnlyAgent => {
                let script = taken(script, deal);
                let whisper = self == Self::AgentWhileTaking || deal.draws.bool();
                talk(script.agent_answers(whisper, true), deal)
            }
            Self::AgentWithoutWhisper => talk(taken(script, deal).agent_answers(false, true), deal),
            Self::AgentAfterSaved => talk(saved(script, deal).agent_answers(true, true), deal),
            Self::AgentInTheStream => {
                let script = script.take(deal.words(), &deal.modes()).save_and_stream_on();
                talk(script.wait(deal.ms(4000, 9000)).agent_answers(false, true), deal)
            }
            Self::AgentAtTheSecond => {
                let script = saved(script, deal);
                let whisper = deal.draws.bool();
                talk(taken(script, deal).agent_answers(whisper, true), deal)
            }
            Self::AgentTooLate => taken(script, deal).agent_answers(true, false),
            Self::AgentBetween | Self::AgentBetweenHangUp => {
                let whisper = deal.whisper(&script);
                let script = talk(taken(script, deal).agent_answers(whisper, true), deal).agent_leaves();
                let script = script.wait(deal.ms(4000, 9000));
                if self == Self::AgentBetween { saved(script, deal) } else { taken(script, deal) }
            }
            Self::AgentMissed | Self::AgentMissedHangUp => {
                let script = taken(script, deal).agent_answers(true, false).agent_leaves();
                let script = script.wait(deal.ms(1000, 9000));
                if self == Self::AgentMissed { saved(script, deal) } else { taken(script, deal) }
            }
            Self::Transferred
            | Self::TransferredForNothing
            | Self::TransferredAfterAgent
            | Self::TransferredHangUp => {
                let before = if self == Self::TransferredAfterAgent { taken } else { saved };
                let script = talk(before(script, deal).agent_answers(true, true), deal);
                let (first, next) = script.transfer(number + 1);
                let next = next.wait(deal.ms(1000, 5000));
                let next = match self {
                    Self::TransferredForNothing => next,
                    Self::TransferredHangUp => taken(next, deal),
                    _ => saved(next, deal),
                };
                return vec![first, next.hang_up()];
            }
            Self::Apology => taken(script, deal).fail().wait(2000),
            Self::SavedThenApology => {
                let script = saved(script, deal);
                taken(script, deal).fail().wait(2000)
            }
            Self::ApologyThenSaved => {
                let script = taken(script, deal).fail().wait(deal.ms(2000, 8000));
                saved(script, deal)
            }
            Self::NoMedia => script.take(Said::Unheard(deal.ms(4000, 20_000)), &deal.modes()).save(),
            Self::Anything | Self::FlagOnlyAnything => return anything(script, number, self, deal),
        };
        vec![call.hang_up()]
    }

    /// Whether its flow only sets the flag.
    fn is_flag_only(self) -> bool {
        matches!(self, Self::FlagOnly | Self::FlagOnlyAgent | Self::FlagOnlyBeep | Self::FlagOnlyAnything)
    }

    /// Whether Connect may write a single entry for all audio. If a part is empty, nothing could tell them apart.
    fn may_be_one_entry(self) -> bool {
        self != Self::SavesThenBeep
    }
}

/// The choices for stories.
pub(crate) struct Deal<'a> {
    pub(crate) draws: &'a mut fastrand::Rng,
    /// The possible delivery modes; each message draws one entry.
    pub(crate) modes: &'a [Vec<Mode>],
    /// Restricts Connect to its usual behavior.
    pub(crate) is_plain: bool,
}

impl Deal<'_> {
    fn one_in(&mut self, n: u32) -> bool {
        !self.is_plain && self.draws.u32(0..n) == 0
    }

    fn flow(&mut self, story: Story) -> Flow {
        if story.is_flag_only() {
            return Flow::Flag(if self.is_plain {
                Prefix::Vm
            } else {
                Prefix::ALL[self.draws.usize(0..Prefix::ALL.len())]
            });
        }
        Flow::Slots { knows_fragments: !self.one_in(5) }
    }

    /// Whether a whisper runs before an agent whom the caller outlasts. With neither a whisper nor fragments, nothing
    /// shows whether a message began before the agent.
    fn whisper(&mut self, script: &Script) -> bool {
        self.draws.bool() || !script.knows_fragments()
    }

    fn ways(&mut self, mut script: Script, may_be_one_entry: bool) -> (Script, bool) {
        script.new_streams = self.one_in(6);
        (script, may_be_one_entry && self.one_in(3))
    }

    fn writing(&mut self) -> Writing {
        let participants = [Some("CUSTOMER"), Some("Customer"), Some("customer"), None];
        let participant = if self.one_in(4) { participants[self.draws.usize(0..4)] } else { participants[0] };
        Writing { one_entry: false, reversed: self.one_in(3), participant }
    }

    fn ms(&mut self, from: u64, to: u64) -> u64 {
        self.draws.u64(from..to)
    }

    fn words(&mut self) -> Said {
        let is_long = self.one_in(300);
        Said::Words(if is_long { LONG } else { self.draws.usize(8..20) * SECOND / 4 })
    }

    fn silence(&mut self) -> Said {
        Said::Silence(self.draws.usize(12..20) * SECOND / 4)
    }

    /// Perhaps none of it arrives.
    fn beep(&mut self) -> Said {
        Said::Beep(if self.draws.bool() { 0 } else { 4096 })
    }

    fn modes(&mut self) -> Vec<Mode> {
        self.modes[self.draws.usize(0..self.modes.len())].clone()
    }
}

/// A call in which anything may follow anything that can come before it.
fn anything(mut script: Script, number: usize, story: Story, deal: &mut Deal<'_>) -> Vec<Call> {
    let mut calls = Vec::new();
    for _ in 0..deal.draws.usize(1..10) {
        let may_take = !story.is_flag_only() || !script.has_message();
        script = match deal.draws.u32(0..10) {
            0..3 if may_take && script.has_room() => script.take(deal.words(), &deal.modes()),
            0..3 if may_take => script.refuse(),
            0..6 if script.is_taking() => script.save(),
            6 if script.is_taking() && !story.is_flag_only() => script.fail(),
            7..9 if !script.had_agent() => {
                let whisper = deal.whisper(&script);
                let talked = deal.draws.u32(0..3) > 0;
                let script = script.agent_answers(whisper, talked);
                let script = if talked { talk(script, deal) } else { script };
                let script = if deal.draws.bool() { script.without_work_after() } else { script };
                script.agent_leaves()
            }
            // A flag is only inherited: a contact before it, whose record is written again with it, could have lost a
            // message.
            9 if calls.len() < 3 && (script.is_flagged() || !story.is_flag_only()) => {
                let (call, next) = script.transfer(number + calls.len() + 1);
                calls.push(call);
                next
            }
            _ => script,
        };
        // A greeting comes before each message.
        script = script.wait(deal.ms(4000, 9000));
    }
    calls.push(script.hang_up());
    calls
}

fn talk(script: Script, deal: &mut Deal<'_>) -> Script {
    script.wait(deal.draws.u64(2000..6000))
}
