//! Reads parameters: layers over defaults, each checked when it is added.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;
use std::sync::Arc;

use miette::NamedSource;
use serde_json::{Map, Value};

use super::layer::{IgnoredVariable, Layer};
use super::locate::{OPEN, Part, path};
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
        let (mut layers, mut ignored, mut faults) = (vec![file], Vec::new(), Vec::new());
        for variable in &variables {
            match Layer::environment(variable, &known) {
                Ok(Some(Ok(layer))) => layers.push(layer),
                Ok(Some(Err(variable))) => ignored.push(variable),
                Ok(None) => {}
                Err(fault) => faults.push(fault),
            }
        }
        for assignment in set {
            match Layer::set(assignment, &known) {
                Ok(layer) => layers.push(layer),
                Err(fault) => faults.push(fault),
            }
        }
        let mut merged = Merged { tree: known.clone(), sources: BTreeMap::new(), known, faults };
        let mut params = None;
        // Typed after each layer, so that an error belongs to the layer added last.
        for layer in &layers {
            check_version(layer)?;
            params = merged.lay(layer);
        }
        let Merged { mut tree, mut sources, mut faults, .. } = merged;
        for key in REQUIRED {
            if !sources.contains_key(key) {
                faults.push(layers[0].error(Problem::Missing(key.to_owned()), None));
            }
        }
        if let (Some(params), true) = (&mut params, faults.is_empty()) {
            // The only mode needs not be named again.
            if let ([mode], false) = (params.modes.get(), sources.contains_key("default_mode")) {
                params.default_mode = *mode;
                tree.insert("default_mode".to_owned(), mode.as_str().into());
            }
            faults.extend(params.problems().into_iter().map(|problem| {
                // In the layer that sets one of its keys last.
                let said = problem.keys().into_iter().find_map(|key| {
                    let layer = layers.iter().rev().find(|layer| layer.says(key))?;
                    Some((layer, key.to_owned()))
                });
                let (layer, key) = said.unwrap_or((&layers[0], String::new()));
                layer.error_at(problem, &key, Part::Value)
            }));
        }
        let params = match (ParamsError::together(faults), params) {
            (None, Some(params)) => params,
            (Some(error), _) => return Err(error),
            (None, None) => unreachable!("parameters that cannot be read have a fault"),
        };
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
        ParamsError {
            remedy: problem.remedy(),
            problem: problem.into(),
            file,
            place: None,
            others: Vec::new(),
        }
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

/// Layers over the defaults, so far.
struct Merged {
    tree: Map<String, Value>,
    sources: BTreeMap<String, Source>,
    known: Map<String, Value>,
    faults: Vec<ParamsError>,
}

impl Merged {
    /// Adds a layer, without what is wrong in it, and reads the result. Everything that is wrong is a fault.
    fn lay(&mut self, layer: &Layer<'_>) -> Option<Params> {
        let mut tree = layer.tree.clone();
        leaves("", &tree, &mut |key, _| {
            self.sources.insert(key.to_owned(), layer.source(key));
        });
        let known = with_languages(&self.known, &tree);
        check_keys(layer, &mut tree, &known, "", &mut self.faults);
        lay_over(&mut self.tree, tree);
        loop {
            let (key, why) = match typed(Value::from(self.tree.clone())) {
                Ok(params) => return Some(params),
                Err(wrong) => wrong,
            };
            let problem = Problem::Wrong { key: key.clone(), why };
            self.faults.push(layer.error_at(problem, &key, Part::Value));
            if !self.forget(&key) {
                return None;
            }
        }
    }

    /// Replaces a value by its default, to read what is beside it. Returns whether that changed anything.
    fn forget(&mut self, key: &str) -> bool {
        // A place in a list stands for the list.
        let path: Vec<&str> = path(key.split('[').next().unwrap_or_default());
        let mut levels = (1..=path.len()).rev().map(|length| &path[..length]);
        levels.any(|path| restore(&mut self.tree, Some(&self.known), path))
    }
}

/// Gives a key its default, or removes it. Returns whether that changed anything.
fn restore(tree: &mut Map<String, Value>, known: Option<&Map<String, Value>>, path: &[&str]) -> bool {
    let Some((first, rest)) = path.split_first() else { return false };
    let default = known.and_then(|known| known.get(*first));
    match (tree.get_mut(*first), rest.is_empty(), default) {
        (None, ..) => false,
        (Some(value), true, Some(default)) => {
            let is_new = value != default;
            *value = default.clone();
            is_new
        }
        (Some(_), true, None) => tree.remove(*first).is_some(),
        (Some(Value::Object(tree)), false, default) => {
            restore(tree, default.and_then(Value::as_object), rest)
        }
        (Some(_), false, _) => false,
    }
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

/// Removes keys that are unknown or have no value.
fn check_keys(
    layer: &Layer<'_>,
    tree: &mut Map<String, Value>,
    known: &Map<String, Value>,
    within: &str,
    faults: &mut Vec<ParamsError>,
) {
    tree.retain(|key, value| {
        let full = format!("{within}{key}");
        let known_value = known.get(key);
        if known_value.is_none() && within.trim_end_matches('.') != OPEN {
            let nearest = near(key, known.keys().map(String::as_str)).map(|name| format!("{within}{name}"));
            let problem = Problem::Unknown { key: full.clone(), nearest };
            faults.push(layer.error_at(problem, &full, Part::Key));
            return false;
        }
        match (value, known_value) {
            (Value::Null, _) => {
                faults.push(layer.error_at(Problem::NoValue(full.clone()), &full, Part::Key));
                return false;
            }
            (Value::Object(tree), Some(Value::Object(known))) => {
                check_keys(layer, tree, known, &format!("{full}."), faults)
            }
            _ => {}
        }
        true
    });
}
