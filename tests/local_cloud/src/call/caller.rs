//! The caller: the number they dial and what they do.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::circumstances::Circumstance;
use super::wav::{WavError, read_wav};

/// A call to place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The caller's number, for example `+15555550100`.
    pub from: String,
    /// The number or flow to call.
    pub to: Dialed,
    /// What they do, in order. A caller without further steps stays on the line in silence until the flow ends the
    /// call. If the flow only keeps them waiting in a queue, or they are in a conversation, they hang up.
    pub steps: Vec<Step>,
}

/// The number or flow that a caller calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dialed {
    /// A number that the contact center has claimed.
    Number(String),
    /// A flow, by name, ID or ARN, as if a number were assigned to it.
    Flow(String),
}

/// One action of a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Stays silent for this long.
    Wait(Duration),
    /// Stays silent until a beep. A beep during an earlier step counts.
    HearBeep,
    /// Stays silent until the end of a prompt with these words.
    Hear(String),
    /// Presses keys: `0` to `9`, `*`, `#`.
    Press(String),
    /// Speaks: signed 16-bit little-endian samples, 8 kHz, mono.
    Speak(Vec<u8>),
    /// Hangs up.
    HangUp,
    /// An agent takes the call some time after this step, or when it waits in a queue if that is later. Meanwhile, the
    /// caller continues with the next step.
    AgentAnswers {
        /// The delay.
        after: Duration,
        /// The agent's username or ID; `None` for any agent of the queue.
        agent: Option<String>,
    },
    /// Stays silent until the conversation with an agent has begun; there the agent hangs up. The next steps are for
    /// the flow that runs afterward, if any.
    AgentHangsUp,
    /// In the conversation, the agent puts the caller on hold for this long.
    AgentHolds(Duration),
    /// In the conversation, the agent transfers the caller to a flow, by name, ID or ARN, which makes a new contact.
    AgentTransfers(String),
    /// A special condition of the whole call.
    Given(Circumstance),
}

/// Why a text is not a step.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// It has none of the known forms.
    #[error(
        "{0:?} is no step; a step is wait:SECONDS, beep, hear:WORDS, press:KEYS, speak:FILE.wav, hang-up, \
         agent-answers[:SECONDS[:AGENT]], agent-hangs-up, agent-holds:SECONDS, agent-transfers:FLOW, or given: with \
         streaming-fails=N, one-recording, recordings-reversed, bare-end, no-whispers, after-contact-work=SECONDS \
         or no-after-contact-work"
    )]
    Unknown(String),
    /// The recording cannot be read.
    #[error("the recording {path:?} cannot be read: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What happened.
        source: std::io::Error,
    },
    /// The recording does not have a call's audio format.
    #[error("the recording {path:?} cannot be spoken: {source}")]
    Wav {
        /// The file.
        path: PathBuf,
        /// The difference.
        source: WavError,
    },
}

impl Step {
    /// Parses a step from the command line: `wait:1.5`, `beep`, `hear:goodbye`, `press:1`, `speak:hello.wav`,
    /// `hang-up`, `agent-answers`, `agent-answers:2.5`, `agent-answers:0:agent.one`, `agent-hangs-up`,
    /// `agent-holds:10`, `agent-transfers:my flow`, `given:one-recording`. Reads recordings at once.
    ///
    /// # Errors
    /// If the text is not a step or the recording cannot be read.
    pub fn parse(text: &str) -> Result<Self, StepError> {
        let unknown = || StepError::Unknown(text.to_owned());
        match text.split_once(':') {
            None if text == "beep" => Ok(Self::HearBeep),
            None if text == "hang-up" => Ok(Self::HangUp),
            None if text == "agent-answers" => Ok(Self::AgentAnswers { after: Duration::ZERO, agent: None }),
            None if text == "agent-hangs-up" => Ok(Self::AgentHangsUp),
            Some(("wait", time)) => seconds(time).map(Self::Wait).ok_or_else(unknown),
            Some(("agent-answers", when)) => {
                let (after, agent) = match when.split_once(':') {
                    Some((_, "")) => return Err(unknown()),
                    Some((after, agent)) => (after, Some(agent.to_owned())),
                    None => (when, None),
                };
                let after = seconds(after).ok_or_else(unknown)?;
                Ok(Self::AgentAnswers { after, agent })
            }
            Some(("agent-holds", time)) => seconds(time).map(Self::AgentHolds).ok_or_else(unknown),
            Some(("agent-transfers", flow)) if !flow.is_empty() => Ok(Self::AgentTransfers(flow.to_owned())),
            Some(("given", what)) => Circumstance::parse(what).map(Self::Given).ok_or_else(unknown),
            Some(("hear", words)) if !words.is_empty() => Ok(Self::Hear(words.to_owned())),
            Some(("press", keys)) if are_keys(keys) => Ok(Self::Press(keys.to_owned())),
            Some(("speak", file)) => Self::speak(PathBuf::from(file)),
            _ => Err(unknown()),
        }
    }

    /// The step that speaks a recording, which is read at once.
    ///
    /// # Errors
    /// If the recording cannot be read or does not have a call's audio format.
    pub fn speak(path: PathBuf) -> Result<Self, StepError> {
        let bytes = std::fs::read(&path).map_err(|source| StepError::File { path: path.clone(), source })?;
        read_wav(&bytes).map(Self::Speak).map_err(|source| StepError::Wav { path, source })
    }
}

/// The format that [`Step::parse`] reads. Speech is shown by its length.
impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wait(time) => write!(formatter, "wait:{}", time.as_secs_f64()),
            Self::HearBeep => formatter.write_str("beep"),
            Self::Hear(words) => write!(formatter, "hear:{words}"),
            Self::Press(keys) => write!(formatter, "press:{keys}"),
            Self::Speak(pcm) => write!(formatter, "speak:{} samples", pcm.len() / 2),
            Self::HangUp => formatter.write_str("hang-up"),
            Self::AgentAnswers { after, agent: None } => {
                write!(formatter, "agent-answers:{}", after.as_secs_f64())
            }
            Self::AgentAnswers { after, agent: Some(agent) } => {
                write!(formatter, "agent-answers:{}:{agent}", after.as_secs_f64())
            }
            Self::AgentHangsUp => formatter.write_str("agent-hangs-up"),
            Self::AgentHolds(time) => write!(formatter, "agent-holds:{}", time.as_secs_f64()),
            Self::AgentTransfers(flow) => write!(formatter, "agent-transfers:{flow}"),
            Self::Given(given) => write!(formatter, "given:{given}"),
        }
    }
}

/// Parses a time in seconds, with or without a fraction.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.parse().ok()?).ok()
}

/// Whether a text consists of telephone keys and is not empty.
fn are_keys(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_ascii_digit() || "*#".contains(character))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn steps_are_read_from_words() {
        let parse = |text| Step::parse(text).unwrap();
        assert_eq!(parse("wait:1.5"), Step::Wait(Duration::from_millis(1500)));
        assert_eq!(parse("beep"), Step::HearBeep);
        assert_eq!(parse("hear:a: b"), Step::Hear("a: b".to_owned()));
        assert_eq!(parse("press:1#"), Step::Press("1#".to_owned()));
        assert_eq!(parse("hang-up"), Step::HangUp);
        let answers = |after, agent: Option<&str>| Step::AgentAnswers {
            after: Duration::from_millis(after),
            agent: agent.map(str::to_owned),
        };
        assert_eq!(parse("agent-answers"), answers(0, None));
        assert_eq!(parse("agent-answers:2.5"), answers(2500, None));
        assert_eq!(parse("agent-answers:0:agent.one"), answers(0, Some("agent.one")));
        assert_eq!(parse("agent-hangs-up"), Step::AgentHangsUp);
        assert_eq!(parse("agent-holds:2"), Step::AgentHolds(Duration::from_secs(2)));
        assert_eq!(parse("agent-transfers:my: flow"), Step::AgentTransfers("my: flow".to_owned()));
        assert_eq!(parse("given:one-recording"), Step::Given(Circumstance::OneRecording));
    }

    #[test]
    fn what_is_no_step_is_refused() {
        for text in [
            "",
            "wait",
            "wait:-1",
            "wait:NaN",
            "press:",
            "press:A",
            "hear:",
            "dance:1",
            "speak:/nowhere.wav",
            "agent-answers:",
            "agent-answers:1:",
            "agent-hangs-up:1",
            "agent-holds:",
            "agent-transfers:",
            "given:rain",
        ] {
            assert!(Step::parse(text).is_err(), "{text:?}");
        }
    }
}
