//! Whether the ARNs in the parameters belong where everything is installed.

use std::fmt;

use vmx_contract::arn::InstanceArn;

use super::{InstanceRef, Params, Problem, Prompt, Wording};

/// Where everything is installed, as far as known.
#[derive(Debug, Clone, Copy)]
pub struct Home<'a> {
    /// The AWS region.
    pub region: &'a str,
    /// The account, once it is known.
    pub account: Option<&'a str>,
    /// The instance, once it is known.
    pub instance: Option<&'a InstanceArn>,
}

/// A parameter that names a resource of another region, account or instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// The parameter's key.
    pub key: String,
    /// The resource.
    pub arn: String,
    /// How it differs.
    pub why: String,
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.arn, self.why)
    }
}

/// How close a resource must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// In the instance.
    Instance,
    /// In the account and the region.
    Here,
    /// In the account, in a service without regions.
    Account,
    /// In the region. Another account can share a key, and the check of alarms knows a topic's account.
    Region,
}

/// The partition of a region, from the prefixes of regions in other partitions. Source: `partitions.json` of botocore
/// 1.43.106.
#[must_use]
pub fn partition(region: &str) -> &'static str {
    let others = [
        ("us-gov-", "aws-us-gov"),
        ("cn-", "aws-cn"),
        ("us-isob-", "aws-iso-b"),
        ("us-isof-", "aws-iso-f"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-iso-", "aws-iso"),
        ("eusc-", "aws-eusc"),
    ];
    others.into_iter().find(|(start, _)| region.starts_with(start)).map_or("aws", |(_, partition)| partition)
}

impl Params {
    /// The parameters that name a resource of elsewhere.
    pub fn foreign(&self, home: Home<'_>) -> impl Iterator<Item = Foreign> {
        self.named().into_iter().filter_map(move |(key, arn, scope)| {
            let why = elsewhere(&arn, scope, home)?;
            Some(Foreign { key, arn, why })
        })
    }

    /// The same, as far as the parameters alone show.
    pub(super) fn misplaced(&self) -> impl Iterator<Item = Problem> {
        let instance = match &self.instance {
            InstanceRef::Arn(arn) => Some(arn),
            InstanceRef::Alias(_) | InstanceRef::Id(_) => None,
        };
        let account = instance.map(InstanceArn::account);
        let home = Home { region: self.region.as_str(), account, instance };
        self.foreign(home).map(|foreign| Problem::Foreign(Box::new(foreign)))
    }

    /// Every ARN among the parameters, with its key.
    fn named(&self) -> Vec<(String, String, Scope)> {
        let mut named = vec![
            ("instance".to_owned(), self.instance.as_str(), Scope::Here),
            ("default_queue".to_owned(), self.default_queue.as_str(), Scope::Instance),
            ("flows.test_agent".to_owned(), self.flows.test_agent.as_str(), Scope::Instance),
            ("kms_key".to_owned(), self.kms_key.as_str(), Scope::Here),
            ("alarms.topic".to_owned(), self.alarms.topic.arn().unwrap_or_default(), Scope::Region),
            ("iam.permissions_boundary".to_owned(), self.iam.permissions_boundary.as_str(), Scope::Account),
            ("salesforce.secret_arn".to_owned(), self.salesforce.secret_arn.as_str(), Scope::Here),
            ("salesforce.secret_key_arn".to_owned(), self.salesforce.secret_key_arn.as_str(), Scope::Region),
            ("other.target".to_owned(), self.other.target.as_str(), Scope::Here),
            ("other.secret".to_owned(), self.other.secret.as_str(), Scope::Here),
        ];
        let groups = std::iter::once(("prompts".to_owned(), &self.prompts)).chain(
            self.languages.iter().map(|(language, prompts)| (format!("languages.{language}"), prompts)),
        );
        for (group, prompts) in groups {
            named.extend(prompts.wordings().filter_map(|(key, wording)| match wording {
                Wording::Given(Prompt::Recorded(arn)) => {
                    Some((format!("{group}.{key}"), arn.as_str(), Scope::Instance))
                }
                Wording::Given(_) | Wording::BuiltIn => None,
            }));
        }
        let arns = named.into_iter().filter(|(_, text, _)| text.starts_with("arn:"));
        arns.map(|(key, arn, scope)| (key, arn.to_owned(), scope)).collect()
    }
}

/// How an ARN differs.
fn elsewhere(arn: &str, scope: Scope, home: Home<'_>) -> Option<String> {
    let mut parts = arn.splitn(6, ':').skip(1);
    let (is, _, region, account) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let partition = partition(home.region);
    if is != partition {
        return Some(format!("is in the partition {is}, but everything is installed in {partition}"));
    }
    if scope != Scope::Account && region != home.region {
        let region = if region.is_empty() { "no region" } else { region };
        return Some(format!("is in {region}, but everything is installed in {}", home.region));
    }
    // AWS managed policies are available in every account.
    let anybodys = scope == Scope::Region || (scope == Scope::Account && account == "aws");
    if let Some(own) = home.account.filter(|own| *own != account && !anybodys) {
        return Some(format!("belongs to the account {account}, but everything is installed in {own}"));
    }
    let instance = home.instance.filter(|_| scope == Scope::Instance)?;
    let is_its_own = arn.strip_prefix(instance.as_str()).is_some_and(|rest| rest.starts_with('/'));
    (!is_its_own).then(|| format!("does not belong to the instance {instance}"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    const INSTANCE: &str =
        "arn:aws:connect:eu-west-2:111122223333:instance/00000000-0000-4000-8000-0000000000aa";
    const ID: &str = "00000000-0000-4000-8000-0000000000bb";

    /// Each parameter that takes an ARN, with one that belongs here and the parts of it that may not differ.
    fn all() -> Vec<(String, String, &'static [&'static str])> {
        let here: &[&str] = &["aws:", "eu-west-2", "111122223333"];
        let of_instance: &[&str] = &["aws:", "eu-west-2", "111122223333", "0000000000aa"];
        let arn = |service: &str, rest: &str| format!("arn:aws:{service}:eu-west-2:111122223333:{rest}");
        let key = arn("kms", &format!("key/{ID}"));
        let prompt = format!("{INSTANCE}/prompt/{ID}");
        [
            ("default_queue: {}", format!("{INSTANCE}/queue/{ID}"), of_instance),
            ("flows: {test_agent: \"{}\"}", format!("{INSTANCE}/agent/{ID}"), of_instance),
            ("prompts: {beep: \"{}\"}", prompt.clone(), of_instance),
            ("languages: {de-DE: {beep: \"{}\"}}", prompt, of_instance),
            ("kms_key: {}", key.clone(), here),
            (
                "iam: {permissions_boundary: \"{}\"}",
                "arn:aws:iam::111122223333:policy/b".to_owned(),
                &["aws:", "111122223333"],
            ),
            ("salesforce: {secret_arn: \"{}\"}", arn("secretsmanager", "secret:s-AbCdEf"), here),
            ("salesforce: {secret_key_arn: \"{}\"}", key, &["aws:", "eu-west-2"]),
            ("alarms: {topic: \"{}\"}", arn("sns", "operations"), &["aws:", "eu-west-2"]),
            ("other: {target: \"{}\"}", arn("sqs", "voicemails"), here),
            ("other: {target: \"{}\"}", arn("lambda", "function:voicemails"), here),
            ("other: {target: \"{}\"}", arn("sns", "voicemails"), here),
            ("other: {secret: \"{}\"}", arn("secretsmanager", "secret:s-AbCdEf"), here),
        ]
        .map(|(line, arn, parts)| (line.to_owned(), arn, parts))
        .to_vec()
    }

    fn read(line: &str, arn: &str, instance: &str) -> Result<Params, String> {
        // The first pair of braces without anything in it.
        let text = format!(
            "version: 1\nregion: eu-west-2\ninstance: \"{instance}\"\n{}\n",
            line.replacen("{}", arn, 1)
        );
        Params::from_yaml("p", &text).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_elsewhere_is_refused_where_the_instance_is_known() {
        let others = [
            ("aws:", "aws-cn:"),
            ("eu-west-2", "eu-west-1"),
            ("111122223333", "444455556666"),
            ("0000000000aa", "0000000000ff"),
        ];
        for (line, arn, parts) in all() {
            assert!(read(&line, &arn, INSTANCE).is_ok(), "{line} {arn}: {:?}", read(&line, &arn, INSTANCE));
            for (own, other) in others.iter().filter(|(own, _)| parts.contains(own)) {
                let foreign = arn.replacen(own, other, 1);
                let error = read(&line, &foreign, INSTANCE).unwrap_err();
                assert!(error.contains(&foreign), "{error}");
                assert!(
                    error.contains("everything is installed in") || error.contains("the instance arn:"),
                    "{error}"
                );
            }
        }
    }

    #[test]
    fn an_instance_of_another_region_is_refused_at_once() {
        assert!(
            read("", "", &INSTANCE.replace("eu-west-2", "eu-west-1"))
                .unwrap_err()
                .contains("is in eu-west-1")
        );
        assert!(
            read("", "", &INSTANCE.replace("arn:aws:", "arn:aws-cn:")).unwrap_err().contains("partition")
        );
    }

    #[test]
    fn the_account_counts_as_soon_as_it_is_known() {
        let instance = InstanceArn::parse(INSTANCE).unwrap();
        for (line, arn, parts) in all() {
            let own = parts.contains(&"111122223333");
            let params = read(&line, &arn.replace("111122223333", "444455556666"), "shop").unwrap();
            let home = Home { region: "eu-west-2", account: Some("111122223333"), instance: Some(&instance) };
            assert_eq!(params.foreign(home).next().is_some(), own, "{line}");
        }
        let of_aws =
            read("iam: {permissions_boundary: \"{}\"}", "arn:aws:iam::aws:policy/PowerUserAccess", INSTANCE);
        assert!(of_aws.is_ok(), "{of_aws:?}");
    }
}
