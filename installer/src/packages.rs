//! Where the functions' packages come from: a directory, this program itself, or a build from source.

use std::path::Path;
use std::sync::LazyLock;

use crate::home;
use vmx_engine::build::{self, BuildError, architecture_of, compiler_for, prebuilt};
use vmx_model::artifact::Artifact;
use vmx_model::params::Architecture;

// `EMBEDDED`, from the build script: architecture, function and zip of each package inside this program. A release has
// them all, a build from a checkout has none.
include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The version, and for which architectures packages are inside.
pub(crate) static VERSION: LazyLock<String> = LazyLock::new(|| {
    let inside: Vec<&str> = inside().into_iter().map(Architecture::as_str).collect();
    let functions = match inside.as_slice() {
        [] => "built from source".to_owned(),
        inside => format!("included for {}", inside.join(" and ")),
    };
    format!("{}\nfunctions: {functions}", env!("VMX_VERSION"))
});

/// The architectures of the packages inside this program.
fn inside() -> Vec<Architecture> {
    let is_inside = |one: &Architecture| EMBEDDED.iter().any(|(name, ..)| *name == one.as_str());
    [Architecture::Arm64, Architecture::X86_64].into_iter().filter(is_inside).collect()
}

/// The origin of the packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin<'a> {
    /// A directory.
    Directory(&'a Path),
    /// This program.
    Program,
    /// A build from a checkout, which is found from the working directory if it is not named.
    Checkout(Option<&'a Path>),
}

impl<'a> Origin<'a> {
    /// What the command line says. Packages inside the program come before a checkout that nobody named.
    pub(crate) fn of(source: Option<&'a Path>, artifacts: Option<&'a Path>) -> Self {
        match (artifacts, source) {
            (Some(folder), _) => Self::Directory(folder),
            (None, None) if !EMBEDDED.is_empty() => Self::Program,
            (None, source) => Self::Checkout(source),
        }
    }

    /// The architecture of ready packages, if there is only one.
    pub(crate) fn architecture(self) -> Option<Architecture> {
        match self {
            Self::Directory(folder) => architecture_of(folder),
            Self::Program => match inside().as_slice() {
                [one] => Some(*one),
                _ => None,
            },
            Self::Checkout(_) => None,
        }
    }

    /// Whether there are packages for an architecture, or can be. Builds nothing.
    pub(crate) fn offers(self, architecture: Architecture) -> Result<(), BuildError> {
        match self {
            Self::Directory(folder) => prebuilt(folder, architecture).map(drop),
            Self::Program if inside().contains(&architecture) => Ok(()),
            Self::Program => Err(BuildError::NotInside { architecture: architecture.as_str() }),
            Self::Checkout(source) => compiler_for(source, architecture).map(drop),
        }
    }
}

/// Writes the packages inside this program for an architecture to the user's cache.
pub(crate) fn unpack(architecture: Architecture) -> Result<Vec<Artifact>, BuildError> {
    Origin::Program.offers(architecture)?;
    let cache = home::directory("XDG_CACHE_HOME", ".cache");
    let cache = cache.unwrap_or_else(|| std::env::temp_dir().join("vmx-install"));
    // A saved plan names these files, so that another version must not replace them.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '.';
    let version = env!("VMX_VERSION").replace(|c| !is_plain(c), "-");
    let folder = cache.join(version).join(architecture.as_str());
    let packages = EMBEDDED.iter().filter(|(name, ..)| *name == architecture.as_str());
    build::unpack(packages.map(|(_, function, zip)| (*function, *zip)), &folder, architecture)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_command_line_comes_before_what_is_inside() {
        let (source, artifacts) = (Path::new("s"), Path::new("a"));
        assert_eq!(Origin::of(None, Some(artifacts)), Origin::Directory(artifacts));
        assert_eq!(Origin::of(Some(source), None), Origin::Checkout(Some(source)));
        // Tests run without packages inside.
        assert_eq!(Origin::of(None, None), Origin::Checkout(None));
        let error = Origin::Program.offers(Architecture::Arm64).unwrap_err().to_string();
        assert!(error.contains("arm64") && error.contains("--artifacts"), "{error}");
    }
}
