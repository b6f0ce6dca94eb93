//! The telephone line: the caller's actions in virtual time, and the audio.

use std::collections::VecDeque;
use std::time::Duration;

use super::caller::Step;
use super::conversation::{Conversation, Who};
use super::prompt::Prompt;

/// Samples in a millisecond. Time is counted in samples, so that no audio is lost to rounding.
const SAMPLES_PER_MS: u64 = 8;
const BYTES_PER_SAMPLE: usize = 2;
/// The length of a key press.
const KEY_PRESS: u64 = 250 * SAMPLES_PER_MS;
/// How long a waiting caller listens for something before giving up.
const PATIENCE: u64 = 15 * 60 * 1000 * SAMPLES_PER_MS;

/// A prompt that the caller heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utterance {
    /// The words; a beep is `[beep]`.
    pub text: String,
    /// Whether it contained a beep.
    pub beep: bool,
    /// The start, in milliseconds since the call was answered.
    pub from_ms: u64,
    /// The end.
    pub until_ms: u64,
    /// Whether the caller heard all of it.
    pub whole: bool,
}

/// What stopped the passing of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// The time has passed.
    Passed,
    /// The caller pressed a key.
    Key(char),
    /// The caller hung up.
    HungUp,
    /// An agent took the call from the queue.
    Answered,
    /// The agent hung up, or transfers the caller.
    AgentLeft,
}

/// The state of a call that determines what can happen on the line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// In a flow from which no agent can take it.
    #[default]
    Flow,
    /// In a queue.
    Queue,
    /// With an agent.
    Conversation,
}

/// A line with a caller. A task's line has none.
#[derive(Debug, Default)]
pub(super) struct Line {
    steps: VecDeque<Step>,
    /// The caller's current action.
    doing: Option<Doing>,
    /// What the caller's phone has sent since the call was answered.
    sent: Vec<u8>,
    hung_up: bool,
    stage: Stage,
    /// Whether the flow only keeps the caller waiting. A caller without further steps then hangs up.
    kept_waiting: bool,
    /// The agent who takes the call once it waits in a queue.
    agent: Option<ComingAgent>,
    /// The flow to which the agent has transferred the caller.
    transfer: Option<String>,
    /// The lengths of the agent's holds.
    holds: Vec<u64>,
    /// Since when the caller has been waiting to hear something.
    listening_since: Option<u64>,
    heard: Vec<Utterance>,
    /// How much of it the caller has reacted to.
    noticed: usize,
    pub(super) conversation: Conversation,
}

/// An agent who will become available.
#[derive(Debug)]
struct ComingAgent {
    /// The earliest time.
    from: u64,
    name: Option<String>,
}

#[derive(Debug)]
enum Doing {
    Silent { samples: u64 },
    Speaking { pcm: Vec<u8>, done: usize },
}

/// Converts a time on the line to samples.
pub(super) fn samples(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX).saturating_mul(SAMPLES_PER_MS) / 1000
}

/// Converts samples to milliseconds, rounded down.
pub(super) fn milliseconds(samples: u64) -> u64 {
    samples / SAMPLES_PER_MS
}

impl Line {
    pub(super) fn new(steps: Vec<Step>) -> Self {
        Self { steps: steps.into(), ..Self::default() }
    }

    /// The samples since the call was answered.
    pub(super) fn now(&self) -> u64 {
        (self.sent.len() / BYTES_PER_SAMPLE) as u64
    }

    pub(super) fn now_ms(&self) -> u64 {
        milliseconds(self.now())
    }

    pub(super) fn has_hung_up(&self) -> bool {
        self.hung_up
    }

    pub(super) fn heard(&self) -> &[Utterance] {
        &self.heard
    }

    pub(super) fn note(&mut self, who: Who, what: impl Into<String>) {
        let now_ms = self.now_ms();
        self.conversation.add(now_ms, who, what);
    }

    /// What the caller's phone sent between two times, byte for byte.
    pub(super) fn sent(&self, from: u64, until: u64) -> &[u8] {
        let at = |samples: u64| samples as usize * BYTES_PER_SAMPLE;
        self.sent.get(at(from)..at(until)).unwrap_or_default()
    }

    /// What the caller heard between two times: a quiet tone for speech, silence for silence.
    pub(super) fn received(&self, from: u64, until: u64) -> Vec<u8> {
        let mut pcm = vec![0; (until - from) as usize * BYTES_PER_SAMPLE];
        for utterance in &self.heard {
            let start = (utterance.from_ms * SAMPLES_PER_MS).clamp(from, until);
            let end = (utterance.until_ms * SAMPLES_PER_MS).clamp(from, until);
            for at in start..end {
                // 250 Hz: 32 samples per period.
                let sample: i16 = if at / 16 % 2 == 0 { 2000 } else { -2000 };
                let place = (at - from) as usize * BYTES_PER_SAMPLE;
                pcm[place..place + BYTES_PER_SAMPLE].copy_from_slice(&sample.to_le_bytes());
            }
        }
        pcm
    }

    /// Moves the call to a stage.
    pub(super) fn enter(&mut self, stage: Stage) {
        self.stage = stage;
    }

    /// Sets whether the flow only keeps the caller waiting.
    pub(super) fn keep_waiting(&mut self, kept_waiting: bool) {
        self.kept_waiting = kept_waiting;
    }

    /// Whether an agent has taken the call from the queue and this has not been processed yet.
    pub(super) fn is_answered(&self) -> bool {
        self.stage == Stage::Queue && self.coming_in() == Some(0)
    }

    /// The agent who has taken the call, if the caller's script names one.
    pub(super) fn take_agent(&mut self) -> Option<String> {
        self.agent.take()?.name
    }

    /// The number of samples until the expected agent arrives.
    fn coming_in(&self) -> Option<u64> {
        self.agent.as_ref().map(|agent| agent.from.saturating_sub(self.now()))
    }

    /// Logs at the end of a call what was expected in vain.
    pub(super) fn note_disappointments(&mut self) {
        let next = self.steps.front().cloned();
        match next.filter(|step| !self.notices(step)) {
            Some(Step::HearBeep) => self.note(Who::Caller, "waited in vain for a beep"),
            Some(Step::Hear(words)) => {
                self.note(Who::Caller, format!("waited in vain to hear “{words}”"));
            }
            _ => {}
        }
        if self.agent.is_some() {
            self.note(Who::Agent, "found no call in a queue");
        }
    }

    /// Whether the caller has no steps left and no agent is expected.
    fn is_done(&self) -> bool {
        self.steps.is_empty() && self.doing.is_none() && self.agent.is_none()
    }

    /// Makes a waiting caller without further steps hang up. Returns whether they did.
    pub(super) fn leave_if_done(&mut self) -> bool {
        if self.kept_waiting && self.is_done() && !self.hung_up {
            self.hang_up("has nothing left to do and hangs up");
        }
        self.hung_up
    }

    fn hang_up(&mut self, how: &str) {
        self.note(Who::Caller, how);
        self.hung_up = true;
    }

    /// Lets time pass until a moment, or until the caller presses a key or hangs up, or an agent takes the call.
    pub(super) fn pass_until(&mut self, moment: u64) -> Event {
        loop {
            if self.hung_up {
                return Event::HungUp;
            }
            if self.is_answered() {
                return Event::Answered;
            }
            let mut left = moment.saturating_sub(self.now());
            if left == 0 {
                return Event::Passed;
            }
            if self.stage == Stage::Queue
                && let Some(coming_in) = self.coming_in()
            {
                left = left.min(coming_in);
            }
            match self.doing.take() {
                Some(Doing::Silent { samples }) => {
                    let spent = samples.min(left);
                    self.send_silence(spent);
                    if spent < samples {
                        self.doing = Some(Doing::Silent { samples: samples - spent });
                    }
                }
                Some(Doing::Speaking { pcm, done }) => {
                    let rest = (pcm.len() - done) / BYTES_PER_SAMPLE;
                    let spent = usize::try_from(left).map_or(rest, |left| left.min(rest));
                    let end = done + spent * BYTES_PER_SAMPLE;
                    self.sent.extend_from_slice(&pcm[done..end]);
                    if end < pcm.len() {
                        self.doing = Some(Doing::Speaking { pcm, done: end });
                    }
                }
                None => {
                    if let Some(event) = self.next_step(left) {
                        return event;
                    }
                }
            }
        }
    }

    /// Begins the caller's next step. Without one, or while waiting to hear something, they stay silent.
    fn next_step(&mut self, left: u64) -> Option<Event> {
        match self.steps.pop_front() {
            None if self.leave_if_done() => return Some(Event::HungUp),
            None => self.send_silence(left),
            Some(Step::Wait(time)) => self.doing = Some(Doing::Silent { samples: samples(time) }),
            Some(Step::Speak(mut pcm)) => {
                pcm.truncate(pcm.len() / BYTES_PER_SAMPLE * BYTES_PER_SAMPLE);
                let seconds = pcm.len() as f64 / 16_000.0;
                self.note(Who::Caller, format!("speaks for {seconds:.1} s"));
                self.doing = Some(Doing::Speaking { pcm, done: 0 });
            }
            Some(Step::Press(mut keys)) => {
                if keys.is_empty() {
                    return None;
                }
                let key = keys.remove(0);
                if !keys.is_empty() {
                    self.steps.push_front(Step::Press(keys));
                }
                self.note(Who::Caller, format!("presses {key}"));
                self.doing = Some(Doing::Silent { samples: KEY_PRESS });
                return Some(Event::Key(key));
            }
            Some(Step::HangUp) => {
                self.hang_up("hangs up");
                return Some(Event::HungUp);
            }
            Some(Step::AgentAnswers { after, agent }) => {
                self.agent = Some(ComingAgent { from: self.now() + samples(after), name: agent });
            }
            Some(Step::AgentHangsUp) if self.stage == Stage::Conversation => {
                self.note(Who::Agent, "hangs up");
                return Some(Event::AgentLeft);
            }
            Some(Step::AgentTransfers(flow)) if self.stage == Stage::Conversation => {
                self.note(Who::Agent, format!("transfers the call to the flow {flow:?}"));
                self.transfer = Some(flow);
                return Some(Event::AgentLeft);
            }
            Some(Step::AgentHolds(time)) if self.stage == Stage::Conversation => {
                self.note(Who::Agent, format!("puts the caller on hold for {:.1} s", time.as_secs_f64()));
                self.holds.push(samples(time));
                self.doing = Some(Doing::Silent { samples: samples(time) });
            }
            Some(step) => return self.listen_for(step, left),
        }
        None
    }

    /// Stays silent until the step's condition is met, with a time limit if nothing happens.
    fn listen_for(&mut self, step: Step, left: u64) -> Option<Event> {
        if self.notices(&step) {
            self.listening_since = None;
            return None;
        }
        let now = self.now();
        let patience = (*self.listening_since.get_or_insert(now) + PATIENCE).saturating_sub(now);
        let may_give_up = self.kept_waiting && self.agent.is_none();
        if may_give_up && patience == 0 {
            self.steps.push_front(step);
            self.hang_up("gives up and hangs up");
            return Some(Event::HungUp);
        }
        self.steps.push_front(step);
        self.send_silence(if may_give_up { left.min(patience) } else { left });
        None
    }

    /// Whether the step's condition was heard since the caller last reacted to something.
    fn notices(&mut self, step: &Step) -> bool {
        let unnoticed = self.heard.iter().enumerate().skip(self.noticed);
        let found = unnoticed.into_iter().find(|(_, utterance)| match step {
            Step::HearBeep => utterance.beep && utterance.whole,
            Step::Hear(words) => {
                utterance.whole && utterance.text.to_lowercase().contains(&words.to_lowercase())
            }
            _ => false,
        });
        match found.map(|(index, _)| index) {
            Some(index) => {
                self.noticed = index + 1;
                true
            }
            None => false,
        }
    }

    fn send_silence(&mut self, samples: u64) {
        let length = self.sent.len() + samples as usize * BYTES_PER_SAMPLE;
        self.sent.resize(length, 0);
    }

    /// Plays a prompt. A key stops it if it can be interrupted and is lost otherwise; hanging up always stops it.
    pub(super) fn play(&mut self, prompt: &Prompt, interruptible: bool) -> Event {
        self.play_until(prompt, interruptible, u64::MAX)
    }

    /// Plays a prompt until a moment at the latest.
    pub(super) fn play_until(&mut self, prompt: &Prompt, interruptible: bool, moment: u64) -> Event {
        let from = self.now();
        let end = from + samples(prompt.length);
        self.note(Who::Prompt, format!("“{}”", prompt.text));
        let event = if interruptible {
            self.pass_until(end.min(moment))
        } else {
            self.pass_without_keys(end.min(moment))
        };
        self.heard.push(Utterance {
            text: prompt.text.clone(),
            beep: prompt.beep,
            from_ms: milliseconds(from),
            until_ms: self.now_ms(),
            whole: event == Event::Passed && end <= moment,
        });
        event
    }

    /// Plays a prompt to the agent, while the caller hears nothing.
    pub(super) fn whisper(&mut self, prompt: &Prompt) -> Event {
        let end = self.now() + samples(prompt.length);
        self.note(Who::Agent, format!("hears “{}”", prompt.text));
        self.pass_without_keys(end)
    }

    /// Lets time pass until a moment, ignoring keys.
    pub(super) fn pass_without_keys(&mut self, moment: u64) -> Event {
        loop {
            match self.pass_until(moment) {
                Event::Key(_) => {}
                event => return event,
            }
        }
    }

    /// Runs the caller's remaining steps until the agent leaves, except waits for prompts that no flow will play. Then
    /// the caller hangs up, if the agent has not.
    pub(super) fn converse(&mut self) -> Event {
        self.stage = Stage::Conversation;
        self.kept_waiting = true;
        self.agent = None;
        let leaves = |step: &Step| matches!(step, Step::AgentHangsUp | Step::AgentTransfers(_));
        let end = self.steps.iter().position(leaves).unwrap_or(self.steps.len());
        let after = self.steps.split_off(end);
        let in_vain =
            |step: &Step| matches!(step, Step::HearBeep | Step::Hear(_) | Step::AgentAnswers { .. });
        self.steps.retain(|step| !in_vain(step));
        self.steps.extend(after);
        self.pass_without_keys(u64::MAX)
    }

    /// The flow to which the agent has transferred the caller.
    pub(super) fn take_transfer(&mut self) -> Option<String> {
        self.transfer.take()
    }

    /// The lengths of the agent's holds, in samples.
    pub(super) fn take_holds(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.holds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 8000;

    #[test]
    fn the_line_carries_speech_and_silence_byte_for_byte() {
        let speech: Vec<u8> = (0..5000).map(|n| (n % 251) as u8).collect();
        let mut line =
            Line::new(vec![Step::Wait(Duration::from_millis(10)), Step::Speak(speech.clone()), Step::HangUp]);
        // In steps of odd lengths.
        let mut moment = 0;
        while line.pass_until(moment) == Event::Passed {
            moment += 333;
        }
        assert_eq!(line.now(), 80 + 2500);
        assert_eq!(line.sent(0, 80), [0; 160]);
        assert_eq!(line.sent(80, 2580), speech);
        assert!(line.has_hung_up());
    }

    #[test]
    fn a_caller_waits_for_the_beep() {
        let mut line = Line::new(vec![Step::HearBeep, Step::Speak(vec![7; 16]), Step::HangUp]);
        assert_eq!(line.play(&Prompt::of_text("one two"), false), Event::Passed);
        let beep =
            Prompt::of_ssml("<say-as interpret-as='expletive'>x</say-as>").unwrap_or(Prompt::of_text(""));
        assert_eq!(line.play(&beep, false), Event::Passed);
        let after_beep = line.now();
        assert_eq!(line.pass_until(after_beep + SECOND), Event::HungUp);
        assert_eq!(line.sent(after_beep, line.now()), [7; 16]);
    }

    #[test]
    fn a_beep_heard_while_busy_is_not_waited_for_again() {
        let mut line = Line::new(vec![Step::Wait(Duration::from_secs(5)), Step::HearBeep, Step::HangUp]);
        let beep =
            Prompt::of_ssml("<say-as interpret-as='expletive'>x</say-as>").unwrap_or(Prompt::of_text(""));
        assert_eq!(line.play(&beep, false), Event::Passed);
        assert_eq!(line.pass_until(10 * SECOND), Event::HungUp);
        assert_eq!(line.now(), 5 * SECOND);
    }

    #[test]
    fn the_other_direction_sounds_while_a_prompt_plays() {
        let mut line = Line::new(vec![]);
        assert_eq!(line.pass_until(100), Event::Passed);
        assert_eq!(line.play(&Prompt::of_text("word"), false), Event::Passed);
        assert_eq!(line.pass_until(2 * SECOND), Event::Passed);
        let received = line.received(50, line.now());
        assert_eq!(received.len(), (2 * 8000 - 50) * 2);
        let sounding: Vec<usize> = (0..received.len() / 2).filter(|at| received[at * 2] != 0).collect();
        // From 12 ms (rounded down from 100 samples), for 400 ms.
        assert_eq!((sounding.first(), sounding.len()), (Some(&46), 3200));
    }

    #[test]
    fn a_key_stops_only_a_prompt_that_may_be_interrupted() {
        let prompt = Prompt::of_text("one two three four five");
        let mut line = Line::new(vec![Step::Press("1".to_owned())]);
        assert_eq!(line.play(&prompt, true), Event::Key('1'));
        assert_eq!((line.now(), line.heard()[0].whole), (0, false));
        let mut line = Line::new(vec![Step::Press("1".to_owned())]);
        assert_eq!(line.play(&prompt, false), Event::Passed);
        assert_eq!((line.now(), line.heard()[0].whole), (2 * SECOND, true));
    }
}
