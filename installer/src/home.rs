//! The user's own directories, as the XDG Base Directory Specification names them.

use std::path::PathBuf;

/// This program's directory below the one that `variable` names, or else below this one in the home directory. `None`
/// without a home.
pub(crate) fn directory(variable: &str, below_home: &str) -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let parent = absolute(variable).or_else(|| Some(absolute("HOME")?.join(below_home)))?;
    Some(parent.join("vmx-install"))
}
