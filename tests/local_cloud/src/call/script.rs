//! A caller's script: a call, written in YAML.
//!
//! ```yaml
//! from: "+15555550123"        # the caller's number; optional
//! flow: my voicemail flow     # or `number:`; without either, the first claimed number
//! steps:
//!   - beep
//!   - speak: message.wav      # relative to the script
//!   - press: 1#
//!   - agent-answers: {after: 2.5, agent: agent.one}
//!   - hang-up
//! ```
//!
//! A step is written as on the command line ([`Step::parse`]), or as a map of its name to its arguments.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::caller::{Dialed, Step};

/// A call described by a script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// The caller's number, if given.
    pub from: Option<String>,
    /// The number or flow to call, if given.
    pub to: Option<Dialed>,
    /// What they do.
    pub steps: Vec<Step>,
}

/// Why a script cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// It does not exist.
    #[error("the script {path:?} cannot be read: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What happened.
        source: std::io::Error,
    },
    /// It is invalid. The source has the line and a suggestion.
    #[error("the script {path:?} cannot be followed: {source}")]
    Content {
        /// The file.
        path: PathBuf,
        /// The difference.
        source: serde_yaml::Error,
    },
}

impl Script {
    /// Reads a script, and the recordings that it names, relative to its directory.
    ///
    /// # Errors
    /// If the file cannot be read or is not a script, with the line and a suggestion.
    pub fn read(path: &Path) -> Result<Self, ScriptError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ScriptError::File { path: path.to_owned(), source })?;
        let directory = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, directory).map_err(|source| ScriptError::Content { path: path.to_owned(), source })
    }

    fn parse(text: &str, directory: &Path) -> Result<Self, serde_yaml::Error> {
        ScriptIn(directory).deserialize(serde_yaml::Deserializer::from_str(text))
    }
}

/// Reads a script with recordings relative to this directory.
struct ScriptIn<'a>(&'a Path);

impl<'de> DeserializeSeed<'de> for ScriptIn<'_> {
    type Value = Script;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Script, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ScriptIn<'_> {
    type Value = Script;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a script: a map with `steps`, and `from`, `number` or `flow` if needed")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Script, A::Error> {
        let mut script = Script::default();
        let mut has_steps = false;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "from" => script.from = Some(map.next_value()?),
                "number" | "flow" if script.to.is_some() => {
                    return Err(A::Error::custom("a script calls one `number` or one `flow`: leave one out"));
                }
                "number" => script.to = Some(Dialed::Number(map.next_value()?)),
                "flow" => script.to = Some(Dialed::Flow(map.next_value()?)),
                "steps" => {
                    script.steps = map.next_value_seed(StepsIn(self.0))?;
                    has_steps = true;
                }
                other => {
                    return Err(A::Error::custom(format!(
                        "a script has no {other:?}; it has `from`, `number` or `flow`, and `steps`"
                    )));
                }
            }
        }
        if !has_steps {
            return Err(A::Error::custom("the script says nothing about what the caller does: add `steps`"));
        }
        Ok(script)
    }
}

struct StepsIn<'a>(&'a Path);

impl<'de> DeserializeSeed<'de> for StepsIn<'_> {
    type Value = Vec<Step>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Step>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for StepsIn<'_> {
    type Value = Vec<Step>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of steps, for example `- beep`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Step>, A::Error> {
        let mut steps = Vec::new();
        while let Some(step) = list.next_element_seed(StepIn(self.0))? {
            steps.push(step);
        }
        Ok(steps)
    }
}

struct StepIn<'a>(&'a Path);

impl StepIn<'_> {
    fn parse<E: serde::de::Error>(&self, word: &str) -> Result<Step, E> {
        let step = match word.strip_prefix("speak:") {
            Some(file) => Step::speak(self.0.join(file)),
            None => Step::parse(word),
        };
        step.map_err(E::custom)
    }
}

impl<'de> DeserializeSeed<'de> for StepIn<'_> {
    type Value = Step;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Step, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for StepIn<'_> {
    type Value = Step;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a step, for example `beep` or `wait: 1.5`")
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Step, E> {
        self.parse(word)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Step, A::Error> {
        let Some(name) = map.next_key::<String>()? else {
            return Err(A::Error::custom("a step is empty: write for example `wait: 1.5`"));
        };
        let step = if name == "agent-answers" {
            let answer: Answer = map.next_value()?;
            self.parse(&answer.word())?
        } else {
            let needs: String = map.next_value()?;
            self.parse(&format!("{name}:{needs}"))?
        };
        if let Some(second) = map.next_key::<String>()? {
            return Err(A::Error::custom(format!(
                "{name:?} and {second:?} are two steps: give each a line with a hyphen of its own"
            )));
        }
        Ok(step)
    }
}

/// When an agent answers, and which.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map, for example `{after: 2.5, agent: agent.one}`")]
struct Answer {
    /// Seconds.
    #[serde(default)]
    after: Option<String>,
    #[serde(default)]
    agent: Option<String>,
}

impl Answer {
    fn word(&self) -> String {
        let after = self.after.as_deref().unwrap_or("0");
        match &self.agent {
            Some(agent) => format!("agent-answers:{after}:{agent}"),
            None => format!("agent-answers:{after}"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::time::Duration;

    use super::super::circumstances::Circumstance;
    use super::*;

    fn parse(text: &str) -> Result<Script, serde_yaml::Error> {
        Script::parse(text, Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/voices")))
    }

    #[test]
    fn a_script_is_read() {
        let script = parse(
            "from: +15555550100\nflow: my flow\nsteps:\n\
             - beep\n- hang-up\n- wait: 1.5\n- wait:2\n- press: 12#\n- press: 7\n- hear: 'press one: now'\n\
             - agent-answers\n- agent-answers: {after: 2.5, agent: agent.one}\n- agent-answers: {agent: a}\n- agent-hangs-up\n",
        )
        .unwrap();
        let answers = |after, agent: Option<&str>| Step::AgentAnswers {
            after: Duration::from_millis(after),
            agent: agent.map(str::to_owned),
        };
        assert_eq!(script.from.as_deref(), Some("+15555550100"));
        assert_eq!(script.to, Some(Dialed::Flow("my flow".to_owned())));
        assert_eq!(
            script.steps,
            [
                Step::HearBeep,
                Step::HangUp,
                Step::Wait(Duration::from_millis(1500)),
                Step::Wait(Duration::from_secs(2)),
                Step::Press("12#".to_owned()),
                Step::Press("7".to_owned()),
                Step::Hear("press one: now".to_owned()),
                answers(0, None),
                answers(2500, Some("agent.one")),
                answers(0, Some("a")),
                Step::AgentHangsUp,
            ]
        );
        let unusual =
            parse("steps: [{given: one-recording}, {agent-holds: 2}, {agent-transfers: my flow}]").unwrap();
        assert_eq!(
            unusual.steps,
            [
                Step::Given(Circumstance::OneRecording),
                Step::AgentHolds(Duration::from_secs(2)),
                Step::AgentTransfers("my flow".to_owned()),
            ]
        );
        let spoken = parse("steps: [{speak: amiable_woman.wav}]").unwrap();
        assert!(matches!(&spoken.steps[..], [Step::Speak(pcm)] if !pcm.is_empty()));
    }

    #[test]
    fn the_examples_can_be_followed() {
        for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts")).unwrap() {
            let script = Script::read(&entry.unwrap().path()).unwrap();
            assert!(script.steps.len() > 1);
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_the_remedy() {
        for (text, line, words) in [
            ("steps:\n- beep\n- dance: 1\n", 3, "a step is wait:SECONDS, beep"),
            ("steps:\n- beep\n- wait: soon\n", 3, "a step is wait:SECONDS"),
            ("steps:\n- beep\n- wait: 1\n  press: 2\n", 3, "a line with a hyphen of its own"),
            ("steps:\n- beep\n\n- speak: no.wav\n", 4, "no.wav"),
            ("steps:\n- agent-answers: {soon: 1}\n", 2, "expected `after` or `agent`"),
            ("steps:\n- agent-answers: 1\n", 2, "expected a map, for example `{after: 2.5"),
            ("steps:\n- [beep]\n", 2, "expected a step, for example `beep`"),
            ("number: 1\nflow: f\nsteps: []\n", 1, "leave one out"),
            ("to: 1\nsteps: []\n", 1, "it has `from`, `number` or `flow`, and `steps`"),
            ("from: 1\n", 1, "add `steps`"),
            ("- beep\n", 1, "expected a script"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.location().map(|place| place.line()), Some(line), "{text}: {error}");
            assert!(error.to_string().contains(words), "{text}: {error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_script_is_too_strange(
            text in "(steps|from|flow|agent-answers|after|wait|beep|: |- |\\n|  |\\{|\\}|\\[|\\]|'|~|&a|\\*a|1|!x|ü){0,24}"
        ) {
            let _ = parse(&text);
        }
    }

    #[test]
    fn the_example_scripts_are_followed() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts");
        let scripts: Vec<_> =
            std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(!scripts.is_empty());
        for script in scripts {
            Script::read(&script).unwrap_or_else(|error| panic!("{error}"));
        }
    }

    #[test]
    fn a_missing_script_is_named() {
        let error = Script::read(Path::new("/nowhere.yaml")).unwrap_err();
        assert!(error.to_string().starts_with("the script \"/nowhere.yaml\" cannot be read"), "{error}");
    }
}
