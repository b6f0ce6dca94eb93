//! Parameters built up answer by answer.

use serde_json::{Map, Value};

use super::keys::OPEN;
use super::locate::path;
use super::read::{defaults, typed};
use super::{InstanceRef, Params, Problem, Region};

/// The parameter whose keys are languages.
const LANGUAGES: &str = "languages";
/// The parameter whose switches are flows.
const FLOWS: &str = "flows";
/// The parameter with the list of delivery modes, and the one with a single mode.
const MODES: [&str; 2] = ["modes", "default_mode"];

/// Parameters built up answer by answer. They are always valid, except for what a later answer may resolve: settings of a
/// newly chosen delivery mode, and resources that do not belong to a newly chosen instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    tree: Map<String, Value>,
    params: Params,
}

impl Draft {
    /// Starts with an instance's defaults.
    #[must_use]
    pub fn new(region: Region, instance: InstanceRef) -> Self {
        Self::from(Params::new(region, instance))
    }

    /// The current parameters.
    #[must_use]
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// A value as a person writes it: tags as `key=value, key=value`; languages, flows and delivery modes as the chosen
    /// names.
    #[must_use]
    pub fn text(&self, key: &str) -> String {
        if let Some(chosen) = self.chosen(key) {
            return chosen.join(", ");
        }
        let mut value = None;
        let mut keys = Some(&self.tree);
        for name in path(key) {
            value = keys.and_then(|keys| keys.get(name));
            keys = value.and_then(Value::as_object);
        }
        match value {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Object(pairs)) => {
                let pair =
                    |(key, value): (&String, &Value)| format!("{key}={}", value.as_str().unwrap_or_default());
                pairs.iter().map(pair).collect::<Vec<_>>().join(", ")
            }
            Some(other) => other.to_string(),
            None => String::new(),
        }
    }

    /// Sets a value as a person writes it.
    ///
    /// # Errors
    /// Why it is invalid; nothing is set then.
    pub fn set(&mut self, key: &str, answer: &str) -> Result<(), String> {
        let answer = answer.trim();
        let value = match key {
            OPEN => pairs(answer)?,
            LANGUAGES | FLOWS => self.choosing(key, answer),
            modes if modes == MODES[0] => names(answer).collect(),
            _ => value_like(&self.text_default(key), answer),
        };
        let mut tree = self.tree.clone();
        let mut keys = &mut tree;
        let path = path(key);
        let Some((last, groups)) = path.split_last() else { return Ok(()) };
        for group in groups {
            match keys.get_mut(*group) {
                Some(Value::Object(inner)) => keys = inner,
                _ => return Err(format!("unknown parameter `{key}`")),
            }
        }
        keys.insert((*last).to_owned(), value);
        if key == MODES[0] {
            keep_default_mode(&mut tree);
        }
        let params = typed(&tree).map_err(|(_, why)| why)?;
        // Another question may still ask for it.
        let waits = |problem: &Problem| match problem {
            Problem::Needed { key: needed, .. } => *needed != key,
            Problem::Foreign(foreign) => foreign.key != key,
            _ => false,
        };
        if let Some(problem) = params.problems().into_iter().find(|problem| !waits(problem)) {
            return Err(problem.to_string());
        }
        self.params = params;
        self.tree = tree;
        Ok(())
    }

    /// The chosen names of a multiple-choice parameter.
    fn chosen(&self, key: &str) -> Option<Vec<&str>> {
        let of = |key: &str| self.tree.get(key).and_then(Value::as_object).into_iter().flatten();
        match key {
            LANGUAGES => Some(of(key).map(|(language, _)| language.as_str()).collect()),
            FLOWS => {
                let yes = of(key).filter(|(_, value)| **value == Value::Bool(true));
                Some(yes.map(|(flow, _)| flow.as_str()).collect())
            }
            modes if modes == MODES[0] => {
                let modes = self.tree.get(modes).and_then(Value::as_array).into_iter().flatten();
                Some(modes.filter_map(Value::as_str).collect())
            }
            _ => None,
        }
    }

    /// The value of a multiple-choice parameter from the chosen names. A language that stays keeps its prompts.
    fn choosing(&self, key: &str, answer: &str) -> Value {
        let names: Vec<&str> = names(answer).collect();
        let mut value = self.tree.get(key).and_then(Value::as_object).cloned().unwrap_or_default();
        if key == LANGUAGES {
            value.retain(|language, _| names.contains(&language.as_str()));
        } else {
            value.values_mut().filter(|value| value.is_boolean()).for_each(|value| *value = false.into());
        }
        for name in names {
            if key == LANGUAGES {
                value.entry(name).or_insert_with(|| Map::new().into());
            } else {
                value.insert(name.to_owned(), true.into());
            }
        }
        value.into()
    }

    fn text_default(&self, key: &str) -> Value {
        let known = Value::Object(defaults());
        known.pointer(&format!("/{}", key.replace('.', "/"))).cloned().unwrap_or_default()
    }
}

impl From<Params> for Draft {
    fn from(params: Params) -> Self {
        match serde_json::to_value(&params) {
            Ok(Value::Object(tree)) => Self { tree, params },
            _ => unreachable!("parameters must be keys with values"),
        }
    }
}

/// The chosen names.
fn names(answer: &str) -> impl Iterator<Item = &str> {
    answer.split(',').map(str::trim).filter(|name| !name.is_empty())
}

/// Replaces a default mode that is no longer chosen with the first one that is.
fn keep_default_mode(tree: &mut Map<String, Value>) {
    let [modes, default] = MODES;
    let chosen = tree.get(modes).and_then(Value::as_array);
    let is_there = chosen.is_some_and(|chosen| tree.get(default).is_some_and(|mode| chosen.contains(mode)));
    if let Some(first) = chosen.and_then(|chosen| chosen.first()).filter(|_| !is_there) {
        let first = first.clone();
        tree.insert(default.to_owned(), first);
    }
}

/// A person's text as the value's type, or as text if it does not fit.
fn value_like(like: &Value, answer: &str) -> Value {
    let parsed = match like {
        Value::Number(_) => answer.parse::<u64>().ok().map(Value::from),
        Value::Bool(_) => answer.parse::<bool>().ok().map(Value::from),
        _ => None,
    };
    parsed.unwrap_or_else(|| answer.into())
}

fn pairs(answer: &str) -> Result<Value, String> {
    let mut tags = Map::new();
    for pair in answer.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (key, value) =
            pair.split_once('=').ok_or_else(|| format!("`{pair}` has no `=`; write key=value, key=value"))?;
        tags.insert(key.trim().to_owned(), value.trim().into());
    }
    Ok(tags.into())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn several_are_chosen_and_what_stays_keeps_its_words() {
        let yaml = "version: 1\nregion: eu-west-2\ninstance: shop\nlanguages: {de-DE: {greeting: Hallo}, fr-FR: {}}\n\
                    flows: {test_line: true, offer_every_seconds: 90}\n";
        let mut draft = Draft::from(Params::from_yaml("params.yaml", yaml).unwrap());
        assert_eq!(
            (draft.text("languages"), draft.text("flows")),
            ("de-DE, fr-FR".into(), "test_line".into())
        );
        draft.set("languages", "es-ES, de-DE").unwrap();
        draft.set("flows", "voicemail_module, in_queue_offer").unwrap();
        assert_eq!(draft.text("languages"), "de-DE, es-ES");
        // In the order of the model.
        assert_eq!(draft.text("flows"), "voicemail_module, in_queue_offer");
        let params = draft.params().clone();
        let german = params.languages.iter().find(|(language, _)| language.as_str() == "de-DE").unwrap().1;
        assert_eq!(serde_json::to_value(german).unwrap()["greeting"], "Hallo");
        assert_eq!(params.flows.offer_every_seconds.get(), 90);
        draft.set("languages", "").unwrap();
        draft.set("flows", "").unwrap();
        assert!(draft.params().languages.is_empty() && !draft.params().flows.in_queue_offer);
        assert!(draft.set("flows", "no_such_flow").is_err());
        assert!(draft.set("languages", "xx-YY").is_err());
    }

    #[test]
    fn modes_are_chosen_and_what_they_need_is_missed_until_it_is_there() {
        let mut draft = Draft::new(Region::parse("eu-west-2").unwrap(), InstanceRef::parse("shop").unwrap());
        assert_eq!((draft.text("modes"), draft.text("default_mode")), ("task".into(), "task".into()));
        draft.set("modes", "email, other").unwrap();
        assert_eq!(
            (draft.text("modes"), draft.text("default_mode")),
            ("email, other".into(), "email".into())
        );
        let first =
            |draft: &Draft| draft.params().problems().first().map(Problem::to_string).unwrap_or_default();
        assert!(first(&draft).contains("`email.from` is missing"));
        for (key, answer, why) in [
            ("modes", "", "a voicemail needs at least one"),
            ("modes", "pigeon", "not a delivery mode"),
            ("default_mode", "task", "not in `modes`"),
            ("email.from", "", "`email.from` is missing"),
            ("email.from", "A <a@example.com>", "is not an email address"),
        ] {
            assert!(draft.set(key, answer).unwrap_err().contains(why), "{key} {answer}");
        }
        draft.set("email.from", "voicemail@example.com").unwrap();
        draft.set("email.to", "desk@example.com").unwrap();
        assert_eq!(draft.params().problems(), []);
        draft.set("other.target", "https://example.com/hook").unwrap();
        assert!(first(&draft).contains("`other.secret` is missing"));
        draft.set("other.target", "").unwrap();
        draft.set("default_mode", "other").unwrap();
        // One that stays chosen stays the default.
        draft.set("modes", "task, other").unwrap();
        assert_eq!(draft.params().default_mode.as_str(), "other");
        assert_eq!(draft.params().problems(), []);
    }

    #[test]
    fn answers_are_taken_as_they_are_written_and_refused_at_once() {
        let mut draft = Draft::new(Region::parse("eu-west-2").unwrap(), InstanceRef::parse("shop").unwrap());
        for (key, answer) in [
            ("retention.logs_days", " 90 "),
            ("flow_logging", "true"),
            ("default_queue", "12"),
            ("prompts.goodbye", "Bye: # bye"),
            ("tags", "a.b=c, team=contact centre"),
        ] {
            draft.set(key, answer).unwrap();
            assert_eq!(draft.text(key), answer.trim());
        }
        let before = draft.clone();
        for (key, answer, why) in [
            ("longest_message_seconds", "long", "a whole number from 5 to 1200"),
            ("retention.logs_days", "31", "the next is 60"),
            ("default_language", "en-UK", "the closest are"),
            ("tags", "team", "key=value"),
        ] {
            assert!(draft.set(key, answer).unwrap_err().contains(why), "{key}");
        }
        assert_eq!(draft, before);
        assert_eq!(draft.params().retention.logs_days.get(), 90);
    }
}
