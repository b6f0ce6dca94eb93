//! Parameters that are put together one answer after the other.

use serde_json::{Map, Value};

use super::locate::path;
use super::read::{OPEN, defaults, typed};
use super::{InstanceRef, Params, Problem, Region};

/// Parameters that are put together one answer after the other. Whatever is in it is sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    tree: Map<String, Value>,
    params: Params,
}

impl Draft {
    /// Begins with an instance's defaults.
    #[must_use]
    pub fn new(region: Region, instance: InstanceRef) -> Self {
        Self::from(Params::new(region, instance))
    }

    /// The parameters as they are now.
    #[must_use]
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// A value as a person writes it; tags as `key=value, key=value`.
    #[must_use]
    pub fn text(&self, key: &str) -> String {
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
    /// Why it cannot be; nothing is set then.
    pub fn set(&mut self, key: &str, answer: &str) -> Result<(), String> {
        let answer = answer.trim();
        let value = if key == OPEN { pairs(answer)? } else { value_like(&self.text_default(key), answer) };
        let mut tree = self.tree.clone();
        let mut keys = &mut tree;
        let path = path(key);
        let Some((last, groups)) = path.split_last() else { return Ok(()) };
        for group in groups {
            match keys.get_mut(*group) {
                Some(Value::Object(inner)) => keys = inner,
                _ => return Err(format!("there is no parameter `{key}`")),
            }
        }
        keys.insert((*last).to_owned(), value);
        let params = typed(&tree).map_err(|(_, why)| why)?;
        if let Some((key, why)) = params.contradiction() {
            return Err(Problem::Wrong { key, why }.to_string());
        }
        if let Some((key, language)) = params.unsaid() {
            return Err(Problem::NoWords { key, language: language.to_string() }.to_string());
        }
        if let Some(problem) = params.mode_problem() {
            return Err(problem.to_string());
        }
        self.params = params;
        self.tree = tree;
        Ok(())
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
            _ => unreachable!("parameters are keys with values"),
        }
    }
}

/// What a person wrote, of the type that a value has; a text where it cannot be that.
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
            ("default_language", "en-UK", "the nearest are"),
            ("tags", "team", "key=value"),
        ] {
            assert!(draft.set(key, answer).unwrap_err().contains(why), "{key}");
        }
        assert_eq!(draft, before);
        assert_eq!(draft.params().retention.logs_days.get(), 90);
    }
}
