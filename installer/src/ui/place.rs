//! Completes the commands in messages, so that they can be pasted: with the parameters, the profile and the region of
//! this run.

use std::borrow::Cow;

/// What identifies an installation on a command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The parameters file, if one was named.
    pub file: Option<String>,
    /// The values of `--set`.
    pub set: Vec<String>,
    /// The stack, if the installation was named by it.
    pub stack: Option<String>,
    /// The profile that was named.
    pub profile: Option<String>,
    /// The region, once the parameters are read.
    pub region: Option<String>,
}

/// The names that messages have for the parameters file.
const FILES: [&str; 2] = ["params.yaml", "PARAMS"];
/// Commands about an installation that take its parameters as an argument, or by `--params`.
const BY_NAME: [&str; 3] = ["install", "plan", "--non-interactive"];
const BY_FLAG: [&str; 13] = [
    "doctor",
    "links",
    "logs",
    "migrate switch",
    "migrate back",
    "open",
    "redrive",
    "render",
    "report",
    "rollback",
    "status",
    "teardown",
    "trace",
];

impl Place {
    /// A text with its commands, which are in backquotes, completed.
    pub(super) fn completed(&self, text: &str) -> String {
        let parts = text.split('`').enumerate().map(|(number, part)| match part.split_once(' ') {
            Some(("aws", rest)) if number % 2 == 1 => self.aws(part, rest),
            Some(("vmx-install", rest)) if number % 2 == 1 => self.own(rest),
            _ => part.to_owned(),
        });
        parts.collect::<Vec<_>>().join("`")
    }

    fn aws(&self, command: &str, rest: &str) -> String {
        let mut text = command.to_owned();
        if rest.starts_with("configure") {
            return text;
        }
        let signs_in = rest.starts_with("sso ") || rest == "login";
        let flags =
            [("--region", self.region.as_ref().filter(|_| !signs_in)), ("--profile", self.profile.as_ref())];
        for (flag, value) in flags {
            if let Some(value) = value.filter(|_| !command.contains(flag)) {
                text.push_str(&format!(" {flag} {}", quoted(value)));
            }
        }
        text
    }

    fn own(&self, rest: &str) -> String {
        let end =
            rest.match_indices(' ').nth(usize::from(rest.starts_with("migrate "))).map(|(place, _)| place);
        let verb = &rest[..end.unwrap_or(rest.len())];
        let by_name = BY_NAME.contains(&verb);
        if !by_name && !BY_FLAG.contains(&verb) {
            return format!("vmx-install {rest}");
        }
        let mut words: Vec<Cow<'_, str>> = rest.split(' ').map(Cow::from).collect();
        if by_name && let Some(file) = words.iter().position(|word| FILES.contains(&word.as_ref())) {
            match &self.file {
                Some(named) => words[file] = quoted(named),
                // Without a file, everything was set.
                None if !self.set.is_empty() => _ = words.remove(file),
                None => words[file] = FILES[0].into(),
            }
        } else if let Some(file) = self.file.as_ref().filter(|_| !by_name && !rest.contains("--params")) {
            words.extend(["--params".into(), quoted(file)]);
        }
        if let Some(stack) = self.stack.as_ref().filter(|_| !by_name && verb != "render") {
            words.extend(["--stack".into(), quoted(stack)]);
            if let Some(region) = &self.region {
                words.extend(["--region".into(), quoted(region)]);
            }
        }
        for set in &self.set {
            words.extend(["--set".into(), quoted(set)]);
        }
        if let Some(profile) = self.profile.as_ref().filter(|_| !rest.contains("--profile")) {
            words.extend(["--profile".into(), quoted(profile)]);
        }
        format!("vmx-install {}", words.join(" "))
    }
}

/// A word for a shell.
fn quoted(word: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+~".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.into();
    }
    format!("'{}'", word.replace('\'', r"'\''")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_name_the_installation_that_they_are_about() {
        let place = Place {
            file: Some("my test.yaml".into()),
            set: vec!["stack=vmx".into()],
            stack: None,
            profile: Some("shop".into()),
            region: Some("eu-west-2".into()),
        };
        for (text, told) in [
            (
                "run `vmx-install redrive --step deliver`",
                "run `vmx-install redrive --step deliver --params 'my test.yaml' --set stack=vmx --profile shop`",
            ),
            (
                "`vmx-install install params.yaml` again",
                "`vmx-install install 'my test.yaml' --set stack=vmx --profile shop` again",
            ),
            (
                "`aws events enable-rule --name r`",
                "`aws events enable-rule --name r --region eu-west-2 --profile shop`",
            ),
            (
                "`aws sso login` or `aws configure sso --profile NAME`",
                "`aws sso login --profile shop` or `aws configure sso --profile NAME`",
            ),
            ("`vmx-install build --out DIR` and aws x", "`vmx-install build --out DIR` and aws x"),
            ("the key `aws`, vmx-install status", "the key `aws`, vmx-install status"),
        ] {
            assert_eq!(place.completed(text), told);
        }
        let set = Place { set: vec!["region=eu-west-2".into(), "instance=shop".into()], ..Place::default() };
        assert_eq!(
            set.completed("`vmx-install install params.yaml`"),
            "`vmx-install install --set region=eu-west-2 --set instance=shop`"
        );
        let by_stack =
            Place { stack: Some("vmx".into()), region: Some("eu-west-2".into()), ..Place::default() };
        assert_eq!(
            by_stack.completed("`vmx-install trace ID` or `vmx-install install params.yaml`"),
            "`vmx-install trace ID --stack vmx --region eu-west-2` or `vmx-install install params.yaml`"
        );
        let text = "`vmx-install plan PARAMS` and `aws kms create-key`";
        assert_eq!(
            Place::default().completed(text),
            "`vmx-install plan params.yaml` and `aws kms create-key`"
        );
    }
}
