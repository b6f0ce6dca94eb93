//! Reads parameters: layers over defaults, each checked when it is added.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;
use std::sync::Arc;

use miette::NamedSource;
use serde_json::{Map, Value};

use super::layer::{IgnoredVariable, Layer};
use super::locate::{OPEN, Part};
use super::near::near;
use super::plain::{Plain, mismatch};
use super::source::{Parameter, Source};
use super::{InstanceRef, Params, ParamsError, Problem, Region, VERSION};

/// The largest file to read, in bytes.
const LARGEST_FILE: u64 = 1 << 20;

/// The keys without a default.
pub(super) const REQUIRED: [&str; 3] = ["version", "region", "instance"];

/// Parameters, and the source of each value.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// The parameters.
    pub params: Params,
    /// Every key with its value and its source, in the model's order.
    pub values: Vec<Parameter>,
    /// Variables of the environment that look like parameters and are none.
    pub ignored: Vec<IgnoredVariable>,
}

impl Resolved {
    /// Merges key by key: `--set` overrides environment variables, which override the file, which overrides the
    /// defaults.
    ///
    /// `name` is the file's name for messages.
    ///
    /// # Errors
    /// [`ParamsError`] with the place in the file, the variable or the flag, and the fix.
    pub fn merge(
        name: &str,
        text: &str,
        environment: impl IntoIterator<Item = (String, String)>,
        set: &[String],
    ) -> Result<Self, ParamsError> {
        let known = defaults();
        let file = Layer::file(name, text)?;
        check_version(&file)?;
        // Sorted, because the system gives them in no order.
        let variables: BTreeSet<String> =
            environment.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        let (mut above, mut ignored) = (Vec::new(), Vec::new());
        for variable in &variables {
            match Layer::environment(variable, &known)? {
                Some(Ok(layer)) => above.push(layer),
                Some(Err(variable)) => ignored.push(variable),
                None => {}
            }
        }
        for assignment in set {
            above.push(Layer::set(assignment, &known)?);
        }
        let mut tree = known.clone();
        let mut sources = BTreeMap::new();
        // Typed after each layer, so that an error belongs to the layer added last.
        let mut params = lay(&mut tree, &mut sources, &file, &known)?;
        for layer in &above {
            check_version(layer)?;
            params = lay(&mut tree, &mut sources, layer, &known)?;
        }
        for key in REQUIRED {
            if !sources.contains_key(key) {
                return Err(file.error(Problem::Missing(key.to_owned()), None));
            }
        }
        if let Some(problem) = params.problems().into_iter().next() {
            // In the layer that sets one of its keys last.
            let said = problem.keys().into_iter().find_map(|key| {
                let mut layers = above.iter().rev().chain([&file]);
                layers.find(|layer| layer.says(key)).map(|layer| (layer, key.to_owned()))
            });
            let (layer, key) = said.unwrap_or((&file, String::new()));
            return Err(layer.error_at(problem, &key, Part::Value));
        }
        let mut values = Vec::new();
        leaves("", &tree, &mut |key, value| {
            let source = sources.remove(key).unwrap_or(Source::Default);
            values.push(Parameter { key: key.to_owned(), value: value.clone(), source });
        });
        Ok(Self { params, values, ignored })
    }
}

impl Params {
    /// Every key with its value.
    pub(super) fn tree(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(tree)) => tree,
            _ => unreachable!("parameters must be keys with values"),
        }
    }

    /// Reads a parameters file.
    ///
    /// # Errors
    /// [`ParamsError`] with the place in the file and the fix.
    pub fn load(path: &Path) -> Result<Self, ParamsError> {
        Self::from_yaml(&path.display().to_string(), &read_file(path)?)
    }

    /// Reads the text of a parameters file. `name` is its name for messages.
    ///
    /// # Errors
    /// As [`Params::load`].
    pub fn from_yaml(name: &str, text: &str) -> Result<Self, ParamsError> {
        Resolved::merge(name, text, [], &[]).map(|resolved| resolved.params)
    }
}

/// The text of a parameters file.
///
/// # Errors
/// [`ParamsError`] if the file does not exist or cannot be read.
pub fn read_file(path: &Path) -> Result<String, ParamsError> {
    read_text(path).map_err(|error| {
        let name = path.display().to_string();
        let problem = match error.kind() {
            ErrorKind::NotFound => Problem::NoFile(name.clone()),
            _ => Problem::Unreadable(format!("{name}: {error}")),
        };
        let file = Arc::new(NamedSource::new(name, String::new()));
        ParamsError { remedy: problem.remedy(), problem, file, place: None }
    })
}

fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let read = File::open(path)?.take(LARGEST_FILE + 1).read_to_string(&mut text)? as u64;
    if read > LARGEST_FILE {
        let why = format!("it is larger than {LARGEST_FILE} bytes, too large for a parameters file");
        return Err(io::Error::new(ErrorKind::FileTooLarge, why));
    }
    Ok(text)
}

/// Adds a layer to a tree, after checking its keys, and reads the result.
fn lay(
    tree: &mut Map<String, Value>,
    sources: &mut BTreeMap<String, Source>,
    layer: &Layer<'_>,
    known: &Map<String, Value>,
) -> Result<Params, ParamsError> {
    check_keys(layer, &layer.tree, &with_languages(known, &layer.tree), "")?;
    leaves("", &layer.tree, &mut |key, _| {
        sources.insert(key.to_owned(), layer.source(key));
    });
    lay_over(tree, layer.tree.clone());
    typed(Value::from(tree.clone())).map_err(|(key, why)| {
        let problem = Problem::Wrong { key: key.clone(), why };
        layer.error_at(problem, &key, Part::Value)
    })
}

/// The known keys, plus those of the languages in a layer: each has the default one's keys, and can have a vocabulary.
fn with_languages(known: &Map<String, Value>, layer: &Map<String, Value>) -> Map<String, Value> {
    let mut known = known.clone();
    let prompts = known.get("prompts").cloned().unwrap_or_default();
    if let (Some(Value::Object(languages)), Some(Value::Object(named))) =
        (known.get_mut("languages"), layer.get("languages"))
    {
        languages.extend(named.keys().map(|language| (language.clone(), prompts.clone())));
    }
    let pointer = ("transcription", "vocabularies");
    if let (Some(Value::Object(vocabularies)), Some(Value::Object(named))) = (
        known.get_mut(pointer.0).and_then(|group| group.get_mut(pointer.1)),
        layer.get(pointer.0).and_then(|group| group.get(pointer.1)),
    ) {
        vocabularies.extend(named.keys().map(|language| (language.clone(), Value::default())));
    }
    known
}

/// Reads parameters from their tree, or reports the key and why.
pub(super) fn typed(tree: Value) -> Result<Params, (String, String)> {
    serde_path_to_error::deserialize(Plain(tree))
        .map_err(|error| (error.path().to_string(), error.into_inner().to_string()))
}

/// Calls a function with each key that has a plain value, named with dots.
fn leaves(within: &str, tree: &Map<String, Value>, visit: &mut impl FnMut(&str, &Value)) {
    for (key, value) in tree {
        let full = format!("{within}{key}");
        match value {
            Value::Object(keys) if !keys.is_empty() => leaves(&format!("{full}."), keys, visit),
            value => visit(&full, value),
        }
    }
}

/// The tree of all keys, with the defaults. The values of required keys are placeholders.
pub(super) fn defaults() -> Map<String, Value> {
    let (Ok(region), Ok(instance)) = (Region::parse("us-east-1"), InstanceRef::parse("alias")) else {
        unreachable!("both are sound")
    };
    Params::new(region, instance).tree()
}

/// Merges one tree into another: values replace values, keys are merged.
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

/// Checked first, because the keys of another version have other meanings.
fn check_version(layer: &Layer<'_>) -> Result<(), ParamsError> {
    let Some(value) = layer.tree.get("version").filter(|value| !value.is_null()) else { return Ok(()) };
    let problem = match value.as_u64() {
        Some(version) if version == u64::from(VERSION) => return Ok(()),
        Some(newer) if newer > u64::from(VERSION) => Problem::Newer(newer),
        _ => Problem::Wrong { key: "version".into(), why: mismatch(value, &VERSION.to_string()) },
    };
    Err(layer.error_at(problem, "version", Part::Value))
}

/// Every key is known and has a value.
fn check_keys(
    layer: &Layer<'_>,
    tree: &Map<String, Value>,
    known: &Map<String, Value>,
    within: &str,
) -> Result<(), ParamsError> {
    for (key, value) in tree {
        let full = format!("{within}{key}");
        let known_value = known.get(key);
        if known_value.is_none() && within.trim_end_matches('.') != OPEN {
            let nearest = near(key, known.keys().map(String::as_str)).map(|name| format!("{within}{name}"));
            let problem = Problem::Unknown { key: full.clone(), nearest };
            return Err(layer.error_at(problem, &full, Part::Key));
        }
        match (value, known_value) {
            (Value::Null, _) => {
                return Err(layer.error_at(Problem::NoValue(full.clone()), &full, Part::Key));
            }
            (Value::Object(tree), Some(Value::Object(known))) => {
                check_keys(layer, tree, known, &format!("{full}."))?
            }
            _ => {}
        }
    }
    Ok(())
}
