//! Reads `params.yaml`.

use std::path::Path;
use std::sync::Arc;

use miette::{NamedSource, SourceSpan};
use serde_json::{Map, Value};

use super::locate::{Part, locate, place};
use super::{InstanceRef, Params, ParamsError, Problem, Region, VERSION, tree};

/// The keys without a default.
const REQUIRED: [&str; 3] = ["version", "region", "instance"];
/// The key under which an administrator chooses the keys.
const OPEN: &str = "tags";

impl Params {
    /// Reads a file of parameters.
    ///
    /// # Errors
    /// [`ParamsError`], which shows the place in the file and says what to do.
    pub fn load(path: &Path) -> Result<Self, ParamsError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| {
            let why = format!("{name}: {error}");
            File { name: &name, text: "" }.error(Problem::Unreadable(why), None)
        })?;
        Self::from_yaml(&name, &text)
    }

    /// Reads the text of a file of parameters; `name` is the file's name in messages.
    ///
    /// # Errors
    /// As [`Params::load`].
    pub fn from_yaml(name: &str, text: &str) -> Result<Self, ParamsError> {
        let file = File { name, text };
        let layer = file.tree()?;
        file.check_version(&layer)?;
        let defaults = defaults();
        file.check_keys(&layer, &defaults, "")?;
        for key in REQUIRED {
            if !layer.contains_key(key) {
                return Err(file.error(Problem::Missing(key.to_owned()), None));
            }
        }
        let mut tree = defaults;
        lay_over(&mut tree, layer);
        file.typed(Value::Object(tree))
    }
}

/// The tree of all keys, with the defaults. What the keys without a default have here is never used: a file must
/// give them.
fn defaults() -> Map<String, Value> {
    let (Ok(region), Ok(instance)) = (Region::parse("us-east-1"), InstanceRef::parse("alias")) else {
        unreachable!("both are sound")
    };
    match serde_json::to_value(Params::new(region, instance)) {
        Ok(Value::Object(map)) => map,
        _ => unreachable!("parameters are keys with values"),
    }
}

/// Lays one tree over another: a value replaces a value, keys are laid over keys.
fn lay_over(below: &mut Map<String, Value>, above: Map<String, Value>) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Object(below)), Value::Object(above)) => lay_over(below, above),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

struct File<'a> {
    name: &'a str,
    text: &'a str,
}

impl File<'_> {
    fn error(&self, problem: Problem, place: Option<SourceSpan>) -> ParamsError {
        ParamsError {
            remedy: problem.remedy(),
            problem,
            file: Arc::new(NamedSource::new(self.name, self.text.to_owned()).with_language("yaml")),
            place,
        }
    }

    fn error_at(&self, problem: Problem, key: &str, part: Part) -> ParamsError {
        self.error(problem, locate(self.text, key, part))
    }

    fn tree(&self) -> Result<Map<String, Value>, ParamsError> {
        let tree = tree::parse(self.text).map_err(|error| {
            let problem =
                tree::twice(&error).map_or_else(|| Problem::NotYaml(error.to_string()), Problem::Twice);
            self.error(problem, place(self.text, &error))
        })?;
        match tree {
            Value::Object(map) => Ok(map),
            Value::Null => Err(self.error(Problem::Empty, None)),
            _ => Err(self.error(Problem::NotKeys, None)),
        }
    }

    /// First of all, since the keys of another version mean something else.
    fn check_version(&self, tree: &Map<String, Value>) -> Result<(), ParamsError> {
        match tree.get("version") {
            Some(Value::Number(number)) => match number.as_u64() {
                Some(version) if version == u64::from(VERSION) => Ok(()),
                Some(newer) if newer > u64::from(VERSION) => {
                    Err(self.error_at(Problem::Newer(newer), "version", Part::Value))
                }
                _ => Err(self.wrong_version(number)),
            },
            Some(Value::Null) | None => Ok(()),
            Some(other) => Err(self.wrong_version(other)),
        }
    }

    fn wrong_version(&self, found: &impl std::fmt::Display) -> ParamsError {
        let problem = Problem::Wrong {
            key: "version".into(),
            why: format!("{found} was found, {VERSION} is expected"),
        };
        self.error_at(problem, "version", Part::Value)
    }

    /// Every key is known and has a value.
    fn check_keys(
        &self,
        tree: &Map<String, Value>,
        known: &Map<String, Value>,
        within: &str,
    ) -> Result<(), ParamsError> {
        for (key, value) in tree {
            let full = format!("{within}{key}");
            let known_value = known.get(key);
            if known_value.is_none() && within.trim_end_matches('.') != OPEN {
                let nearest = near_key(key, known).map(|name| format!("{within}{name}"));
                let problem = Problem::Unknown { key: full.clone(), nearest };
                return Err(self.error_at(problem, &full, Part::Key));
            }
            match (value, known_value) {
                (Value::Null, _) => {
                    return Err(self.error_at(Problem::NoValue(full.clone()), &full, Part::Key));
                }
                (Value::Object(tree), Some(Value::Object(known))) => {
                    self.check_keys(tree, known, &format!("{full}."))?
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn typed(&self, tree: Value) -> Result<Params, ParamsError> {
        serde_path_to_error::deserialize(tree).map_err(|error| {
            let key = error.path().to_string();
            let problem = Problem::Wrong { why: plainly(&error.into_inner().to_string()), key: key.clone() };
            self.error_at(problem, &key, Part::Value)
        })
    }
}

/// What the reader of values says, in the words of people who write YAML and not Rust.
fn plainly(message: &str) -> String {
    let mut words = message.to_owned();
    for (theirs, ours) in [
        ("invalid type: ", "found "),
        ("invalid value: ", "found "),
        ("string \"", "the text \""),
        ("boolean `", "`"),
        ("integer `", "the number `"),
        ("floating point `", "the number `"),
        ("found map", "found keys with values"),
        ("found sequence", "found a list"),
        ("expected a string", "expected a text"),
        ("expected a boolean", "expected true or false"),
        ("expected a map", "expected keys with values"),
        ("expected struct Prompts", "expected keys with values"),
        ("expected struct Retention", "expected keys with values"),
    ] {
        words = words.replace(theirs, ours);
    }
    words
}

/// The known key that is near enough to be what was meant.
fn near_key(key: &str, known: &Map<String, Value>) -> Option<String> {
    let name = *nearest(key, known.keys().map(String::as_str)).first()?;
    (strsim::jaro_winkler(&key.to_lowercase(), name) > 0.8).then(|| name.to_owned())
}

/// The three names that are most like a word, the nearest first.
pub(super) fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let word = word.to_lowercase();
    let mut names: Vec<(f64, &str)> =
        names.map(|name| (strsim::jaro_winkler(&word, &name.to_lowercase()), name)).collect();
    names.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    names.into_iter().take(3).map(|(_, name)| name).collect()
}
