//! The AWS profiles of this machine, by name.
//!
//! The SDK reads a profile's files, but does not report missing profiles or list them, and its errors do not name the
//! profile.

use std::fmt;
use std::path::PathBuf;

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future;
use aws_sdk_s3::config::ProvideCredentials;

/// A profile that the caller chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Profile {
    pub(super) name: String,
    /// Where it was chosen.
    pub(super) by: &'static str,
}

impl Profile {
    /// The profile of `--profile`.
    pub(super) fn of_flag(name: &str) -> Self {
        Self { name: name.to_owned(), by: "--profile" }
    }

    /// The profile of `AWS_PROFILE`, if it is set.
    pub(super) fn of_environment() -> Option<Self> {
        let name = std::env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty())?;
        Some(Self { name, by: "AWS_PROFILE" })
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the profile {} of {}", self.name, self.by)
    }
}

/// Credentials of a profile, whose errors name it.
#[derive(Debug)]
pub(super) struct Named<P> {
    pub(super) profile: Profile,
    pub(super) provider: P,
}

impl<P: ProvideCredentials> ProvideCredentials for Named<P> {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            self.provider.provide_credentials().await.map_err(|source| {
                CredentialsError::provider_error(NoCredentials { profile: self.profile.clone(), source })
            })
        })
    }
}

/// A profile gives no credentials.
#[derive(Debug, thiserror::Error)]
#[error("{profile}")]
pub(super) struct NoCredentials {
    pub(super) profile: Profile,
    source: CredentialsError,
}

/// The profile names in the AWS configuration and credentials files, each once, in order.
#[must_use]
pub fn profiles() -> Vec<String> {
    let file = |variable: &str, name: &str| {
        let of_its_own = std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from);
        let path =
            of_its_own.unwrap_or_else(|| std::env::home_dir().unwrap_or_default().join(".aws").join(name));
        // A missing or unreadable file has no profiles.
        std::fs::read_to_string(path).unwrap_or_default()
    };
    names(&file("AWS_CONFIG_FILE", "config"), &file("AWS_SHARED_CREDENTIALS_FILE", "credentials"))
}

/// The profiles of a configuration file, whose sections are `[default]` and `[profile name]`, and of a credentials
/// file, whose sections are names. Source: “Shared config and credentials files” of the AWS SDKs and Tools Reference
/// Guide.
fn names(config: &str, credentials: &str) -> Vec<String> {
    let in_config = sections(config).filter_map(|section| match section.split_once(char::is_whitespace) {
        Some(("profile", name)) => Some(name.trim()),
        None if section == "default" => Some(section),
        _ => None,
    });
    let mut names: Vec<String> = Vec::new();
    for name in in_config.chain(sections(credentials)) {
        if !name.is_empty() && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

fn sections(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| Some(line.trim_end().strip_prefix('[')?.split_once(']')?.0.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_told_once_and_other_sections_are_none() {
        let config = "[default]\nregion = eu-west-2\n[profile shop] # the shop\nx = [y]\n[sso-session s]\n[profile  two words]\n[services z]\n";
        let credentials = "[shop]\naws_access_key_id = AKIAEXAMPLE\n [indented]\n[old]\n[]\n";
        assert_eq!(names(config, credentials), ["default", "shop", "two words", "old"]);
        assert_eq!(names("", ""), Vec::<String>::new());
    }
}
