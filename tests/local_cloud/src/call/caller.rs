//! The caller: whom they call and what they do.

use std::path::PathBuf;
use std::time::Duration;

use super::wav::{WavError, read_wav};

/// A call to be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The caller's number, for example `+15555550100`.
    pub from: String,
    /// Whom they call.
    pub to: Dialled,
    /// What they do, one thing after the other. When there is nothing left to do they stay on the line in silence until
    /// the flow ends the call; in a queue they hang up.
    pub steps: Vec<Step>,
}

/// Whom a caller calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dialled {
    /// A number that the contact centre has claimed.
    Number(String),
    /// A flow, by its name, id or ARN, as if a number were attached to it.
    Flow(String),
}

/// One thing that a caller does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Stays silent for a time.
    Wait(Duration),
    /// Stays silent until a beep has been heard. A beep that was heard during an earlier step counts.
    HearBeep,
    /// Stays silent until a prompt with these words has been heard to its end.
    Hear(String),
    /// Presses keys: `0` to `9`, `*`, `#`.
    Press(String),
    /// Speaks: signed 16-bit little-endian samples, 8 kHz, mono.
    Speak(Vec<u8>),
    /// Hangs up.
    HangUp,
}

/// Why a text is no step.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// It has none of the known forms.
    #[error(
        "{0:?} is no step; a step is wait:SECONDS, beep, hear:WORDS, press:KEYS, speak:FILE.wav or hang-up"
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
    /// The recording is not what a call carries.
    #[error("the recording {path:?} cannot be spoken: {source}")]
    Wav {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: WavError,
    },
}

impl Step {
    /// Reads a step from a word of the command line: `wait:1.5`, `beep`, `hear:goodbye`, `press:1`, `speak:hello.wav`,
    /// `hang-up`. A recording is read at once.
    ///
    /// # Errors
    /// When the text is no step or the recording cannot be read.
    pub fn parse(text: &str) -> Result<Self, StepError> {
        let unknown = || StepError::Unknown(text.to_owned());
        match text.split_once(':') {
            None if text == "beep" => Ok(Self::HearBeep),
            None if text == "hang-up" => Ok(Self::HangUp),
            Some(("wait", seconds)) => seconds
                .parse()
                .ok()
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
                .map(Self::Wait)
                .ok_or_else(unknown),
            Some(("hear", words)) if !words.is_empty() => Ok(Self::Hear(words.to_owned())),
            Some(("press", keys)) if !keys.is_empty() && keys.chars().all(is_key) => {
                Ok(Self::Press(keys.to_owned()))
            }
            Some(("speak", file)) => {
                let path = PathBuf::from(file);
                let bytes =
                    std::fs::read(&path).map_err(|source| StepError::File { path: path.clone(), source })?;
                read_wav(&bytes).map(Self::Speak).map_err(|source| StepError::Wav { path, source })
            }
            _ => Err(unknown()),
        }
    }
}

fn is_key(character: char) -> bool {
    character.is_ascii_digit() || "*#".contains(character)
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
    }

    #[test]
    fn what_is_no_step_is_refused() {
        for text in
            ["", "wait", "wait:-1", "wait:NaN", "press:", "press:A", "hear:", "dance:1", "speak:/nowhere.wav"]
        {
            assert!(Step::parse(text).is_err(), "{text:?}");
        }
    }
}
