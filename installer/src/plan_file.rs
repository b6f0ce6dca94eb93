//! A plan in a file.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use vmx_engine::files::write_atomically;
use vmx_model::artifact::Artifact;
use vmx_model::digest::sha256_hex;
use vmx_model::params::Params;
use vmx_model::plan::{Plan, PlanOptions};

/// What marks a plan file.
const FORMAT: &str = "vmx-install plan";
/// The version of the plan file's format.
const VERSION: u32 = 1;

/// Why a plan file cannot be applied. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    /// The file cannot be read.
    #[error("could not read {}: {source}; check the path", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// It is not a plan file.
    #[error("{} is not a plan file: {reason}; create one with `vmx-install plan PARAMS --out FILE`", .path.display())]
    NotAPlan {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A function's package is not the planned one.
    #[error("the package {} is not the planned one (its SHA-256 differs, or it is missing); nothing was \
             changed; plan again", .path.display())]
    OtherPackage {
        /// The package.
        path: PathBuf,
    },
    /// The plan made now differs from the file.
    #[error(
        "the plan is out of date, because the account or the instance has changed since: {}; nothing was \
         changed; run `vmx-install plan PARAMS --out FILE` again, and review it", .moved.join("; ")
    )]
    Moved {
        /// One per difference.
        moved: Vec<String>,
    },
}

/// A plan and everything needed to make it again. Contains no secrets.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanFile {
    format: String,
    version: u32,
    /// The version of the program that wrote it.
    program: String,
    params: Value,
    overwrite_flows: bool,
    artifacts: Vec<Package>,
    plan: Value,
    /// The plan's changes, for people.
    #[serde(default)]
    changes: Vec<String>,
}

impl PlanFile {
    /// A plan with its inputs.
    ///
    /// # Errors
    /// The system's error if a package's path is unknown or a value cannot be written as JSON.
    pub(crate) fn new(
        params: &Params,
        options: PlanOptions,
        artifacts: &[Artifact],
        plan: &Plan,
    ) -> std::io::Result<Self> {
        let package = |artifact: &Artifact| {
            Ok::<_, std::io::Error>(Package {
                function: artifact.function.clone(),
                // The plan may be applied from another directory.
                path: std::path::absolute(&artifact.path)?,
                sha256: artifact.sha256.clone(),
                bytes: artifact.bytes,
            })
        };
        Ok(Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            params: serde_json::to_value(params)?,
            overwrite_flows: options.overwrite_flows,
            artifacts: artifacts.iter().map(package).collect::<Result<_, _>>()?,
            plan: comparable(plan),
            changes: sentences(plan),
        })
    }

    /// Writes it completely or not at all.
    ///
    /// # Errors
    /// The system's error.
    pub(crate) fn write(&self, path: &Path) -> std::io::Result<()> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        write_atomically(path, &text)
    }

    /// Reads a plan file.
    ///
    /// # Errors
    /// [`PlanFileError`] if it is not a plan file of this version.
    pub(crate) fn read(path: &Path) -> Result<Self, PlanFileError> {
        let bytes = fs::read(path).map_err(|source| PlanFileError::Read { path: path.to_owned(), source })?;
        let no_plan = |reason: String| PlanFileError::NotAPlan { path: path.to_owned(), reason };
        let value: Value = serde_json::from_slice(&bytes).map_err(|error| no_plan(error.to_string()))?;
        if value["format"] != FORMAT {
            return Err(no_plan("it has no valid `format`".to_owned()));
        }
        if value["version"] != VERSION {
            return Err(no_plan(format!(
                "its format version is {}, and this program supports {VERSION}",
                value["version"]
            )));
        }
        serde_json::from_value(value).map_err(|error| no_plan(error.to_string()))
    }

    /// The parameters as JSON, which is also YAML.
    pub(crate) fn params(&self) -> String {
        self.params.to_string()
    }

    /// Options in addition to the parameters.
    pub(crate) fn options(&self) -> PlanOptions {
        PlanOptions { overwrite_flows: self.overwrite_flows }
    }

    /// The packages, if their bytes are the planned ones.
    ///
    /// # Errors
    /// [`PlanFileError::OtherPackage`] for the first that differs.
    pub(crate) fn packages(&self) -> Result<Vec<Artifact>, PlanFileError> {
        self.artifacts.iter().map(same_package).collect()
    }

    /// How a new plan differs from the one in the file, for people.
    pub(crate) fn moved(&self, plan: &Plan) -> Vec<String> {
        moved((&self.plan, &self.changes), (&comparable(plan), &sentences(plan)))
    }
}

/// A function's package.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Package {
    function: String,
    path: PathBuf,
    sha256: String,
    bytes: u64,
}

/// The package, if its bytes are the planned ones.
fn same_package(package: &Package) -> Result<Artifact, PlanFileError> {
    let other = || PlanFileError::OtherPackage { path: package.path.clone() };
    let bytes = fs::read(&package.path).map_err(|_| other())?;
    if sha256_hex(&bytes) != package.sha256 {
        return Err(other());
    }
    Ok(Artifact {
        function: package.function.clone(),
        path: package.path.clone(),
        sha256: package.sha256.clone(),
        bytes: package.bytes,
    })
}

/// A plan without what does not affect the changes: the caller, the notes, and the packages' paths.
fn comparable(plan: &Plan) -> Value {
    let mut value = serde_json::to_value(plan).unwrap_or_default();
    value.as_object_mut().and_then(|plan| plan.remove("notes"));
    if let Some(target) = value.get_mut("target").and_then(Value::as_object_mut) {
        target.remove("principal");
    }
    for upload in value.get_mut("uploads").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(upload) = upload.as_object_mut() {
            upload.remove("path");
        }
    }
    value
}

/// A plan's changes, for people.
fn sentences(plan: &Plan) -> Vec<String> {
    plan.changes().iter().map(ToString::to_string).collect()
}

/// The parts of a plan, for people.
const PARTS: [(&str, &str); 10] = [
    ("target", "the account, the region or the instance"),
    ("bucket", "the code bucket"),
    ("uploads", "the functions' packages in the code bucket"),
    ("stack", "the stack, its template or its settings"),
    ("storage", "where the instance stores contact records and media"),
    ("keep_media", "how long the instance keeps media"),
    ("associations", "the functions that the instance allows"),
    ("flows", "the flows in the instance"),
    ("enter", "the recordings of the earlier version"),
    ("details", "what the changes mean, such as their cost"),
];

/// How two plans differ, for people: each as its value and its changes in words.
fn moved(planned: (&Value, &Vec<String>), now: (&Value, &Vec<String>)) -> Vec<String> {
    const SHOWN: usize = 8;
    if planned == now {
        return Vec::new();
    }
    let missing = |these: &[String], those: &[String], word: &str| {
        let missing = these.iter().filter(|one| !those.contains(one));
        missing.map(|one| format!("{word}: {one}")).collect::<Vec<_>>()
    };
    let mut told = missing(planned.1, now.1, "no longer to do");
    told.extend(missing(now.1, planned.1, "to do now"));
    if told.is_empty() {
        // The same changes, of something that is not the same any more.
        let differ = PARTS.iter().filter(|(part, _)| planned.0[part] != now.0[part]);
        told = differ.map(|(_, name)| format!("{name} changed")).collect();
    }
    let more = told.len().saturating_sub(SHOWN);
    told.truncate(SHOWN);
    told.extend((more > 0).then(|| format!("and {more} more")));
    told
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use vmx_model::testing::{first_plan, params};

    fn saved(folder: &Path) -> PathBuf {
        let package = folder.join("f.zip");
        fs::write(&package, b"zip").unwrap();
        let artifact = Artifact { function: "f".into(), path: package, sha256: sha256_hex(b"zip"), bytes: 3 };
        let path = folder.join("plan.json");
        let options = PlanOptions { overwrite_flows: true };
        PlanFile::new(&params(), options, &[artifact], &first_plan()).unwrap().write(&path).unwrap();
        path
    }

    #[test]
    fn what_is_saved_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = PlanFile::read(&saved(folder.path())).unwrap();
        assert!(file.options().overwrite_flows);
        assert_eq!(file.moved(&first_plan()), Vec::<String>::new());
        let again = Params::from_yaml("plan", &file.params()).unwrap();
        assert_eq!(again, params());
        assert!(file.packages().is_ok());
    }

    #[test]
    fn another_caller_and_another_folder_are_the_same_plan() {
        let mut plan = first_plan();
        plan.target.principal = "arn:aws:sts::111122223333:assumed-role/admin/later".into();
        plan.uploads[0].path = "/elsewhere.zip".into();
        assert_eq!(comparable(&plan), comparable(&first_plan()));
    }

    #[test]
    fn what_moved_is_told_in_words() {
        let moved = |plan: &Plan| {
            let folder = tempfile::tempdir().unwrap();
            PlanFile::read(&saved(folder.path())).unwrap().moved(plan).join("\n")
        };
        let mut plan = first_plan();
        plan.bucket.create = false;
        plan.uploads.remove(0);
        let told = moved(&plan);
        assert!(told.contains("no longer to do: ") && told.contains("bucket"), "{told}");
        let mut plan = first_plan();
        plan.stack.template.push('#');
        assert_eq!(moved(&plan), "the stack, its template or its settings changed");
        // Every part of a plan has its words, but for what does not count.
        let parts = comparable(&first_plan());
        for part in parts.as_object().unwrap().keys() {
            assert!(PARTS.iter().any(|(name, _)| name == part), "{part}");
        }
    }

    #[test]
    fn a_package_that_is_another_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = PlanFile::read(&saved(folder.path())).unwrap();
        fs::write(folder.path().join("f.zip"), b"zap").unwrap();
        assert!(matches!(file.packages(), Err(PlanFileError::OtherPackage { .. })));
        fs::remove_file(folder.path().join("f.zip")).unwrap();
        assert!(matches!(file.packages(), Err(PlanFileError::OtherPackage { .. })));
    }

    #[test]
    fn what_is_no_plan_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.json");
        let sound = fs::read_to_string(saved(folder.path())).unwrap();
        for text in [
            "",
            "{}",
            r#"{"format": "other"}"#,
            &sound.replacen("\"version\": 1", "\"version\": 2", 1),
            &sound.replacen("\"overwrite_flows\"", "\"overwrite\"", 1),
        ] {
            fs::write(&path, text).unwrap();
            assert!(matches!(PlanFile::read(&path), Err(PlanFileError::NotAPlan { .. })), "{text:.60}");
        }
        assert!(matches!(PlanFile::read(&folder.path().join("none")), Err(PlanFileError::Read { .. })));
    }
}
