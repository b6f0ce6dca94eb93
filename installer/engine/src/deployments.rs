//! Records of what was installed and when, in the code bucket, for rolling back. They contain no secrets.

mod history;

use std::collections::BTreeSet;

use aws_sdk_s3::primitives::ByteStream;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud::{Cloud, CloudError, wrap};
use vmx_model::artifact::Artifact;
use vmx_model::ownership::{artifact_key, template_key};
use vmx_model::params::Params;
use vmx_model::render::Rendered;

pub use history::{Past, history};

/// The version of a deployment's format.
const VERSION: u32 = 1;
/// How many deployments to keep.
const KEPT: usize = 10;
const PREFIX: &str = "deployments/";
/// Everything that is pruned has one of these prefixes.
const PRUNED: [&str; 3] = [PREFIX, "functions/", "templates/"];

/// Why rolling back is impossible. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum DeploymentError {
    /// There is no earlier deployment.
    #[error(
        "no earlier deployment to roll back to; nothing was changed; change the parameters and install again instead"
    )]
    None,
    /// None, or several, match the requested time.
    #[error("--to {wanted} does not match one deployment; nothing was changed; use one of these: {}", .times.join(", "))]
    NotOne {
        /// The requested time.
        wanted: String,
        /// The existing ones.
        times: Vec<String>,
    },
    /// A record is unreadable.
    #[error("could not read the deployment {key}: {why}; nothing was changed; choose another with --to")]
    Unreadable {
        /// Its key.
        key: String,
        /// Why.
        why: String,
    },
    /// A zip is missing.
    #[error("the code of that deployment is missing from the code bucket ({}); nothing was \
             changed; choose another with --to", .keys.join(", "))]
    CodeGone {
        /// The keys.
        keys: Vec<String>,
    },
}

/// What was installed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deployment {
    version: u32,
    /// The version of the program that installed it.
    pub program: String,
    /// When it was planned.
    pub at: Timestamp,
    /// The ARN of the caller who installed it.
    pub principal: String,
    /// The parameters.
    pub params: Value,
    /// The documents.
    pub rendered: Rendered,
    /// The functions' zips, in the code bucket.
    pub artifacts: Vec<Code>,
}

/// A function's zip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// The name of its crate.
    pub function: String,
    /// SHA-256 of the zip, hexadecimal.
    pub sha256: String,
    /// Size of the zip.
    pub bytes: u64,
}

/// The code bucket.
#[derive(Debug, Clone, Copy)]
pub struct Bucket<'a> {
    /// Its name.
    pub name: &'a str,
    /// The account that must own it.
    pub owner: &'a str,
}

impl Deployment {
    /// What is about to be installed.
    #[must_use]
    pub fn new(principal: &str, params: &Params, rendered: &Rendered, artifacts: &[Artifact]) -> Self {
        let code = |artifact: &Artifact| Code {
            function: artifact.function.clone(),
            sha256: artifact.sha256.clone(),
            bytes: artifact.bytes,
        };
        Self {
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            at: Timestamp::now(),
            principal: principal.to_owned(),
            params: serde_json::to_value(params).unwrap_or_default(),
            rendered: rendered.clone(),
            artifacts: artifacts.iter().map(code).collect(),
        }
    }

    /// The keys of its objects in the code bucket.
    fn names(&self) -> impl Iterator<Item = String> {
        let template = template_key(&self.rendered.stack.template_body);
        self.artifacts.iter().map(|code| artifact_key(&code.function, &code.sha256)).chain([template])
    }

    /// The functions' zips, for a plan. They are in the bucket.
    ///
    /// # Errors
    /// [`DeploymentError::CodeGone`] if one is missing.
    pub fn code(&self, there: &BTreeSet<String>) -> Result<Vec<Artifact>, DeploymentError> {
        let keys = self.artifacts.iter().map(|code| artifact_key(&code.function, &code.sha256));
        let gone: Vec<_> = keys.filter(|key| !there.contains(key)).collect();
        if !gone.is_empty() {
            return Err(DeploymentError::CodeGone { keys: gone });
        }
        let artifact = |code: &Code| Artifact {
            function: code.function.clone(),
            // Never read: existing objects are not uploaded.
            path: Default::default(),
            sha256: code.sha256.clone(),
            bytes: code.bytes,
        };
        Ok(self.artifacts.iter().map(artifact).collect())
    }
}

/// A deployment's time, from its key.
#[must_use]
pub fn time(key: &str) -> &str {
    let name = key.strip_prefix(PREFIX).unwrap_or(key);
    name.split_once('-').map_or(name, |(time, _)| time)
}

/// The deployment to roll back to. `keys` starts with the newest, which is installed.
///
/// # Errors
/// [`DeploymentError`] if there is none, or not exactly one.
pub fn choose<'a>(keys: &'a [String], to: Option<&str>) -> Result<&'a str, DeploymentError> {
    let Some(wanted) = to else { return keys.get(1).map(String::as_str).ok_or(DeploymentError::None) };
    let found: Vec<_> = keys.iter().filter(|key| time(key).starts_with(wanted)).collect();
    match found.as_slice() {
        [one] => Ok(one),
        _ => Err(DeploymentError::NotOne {
            wanted: wanted.to_owned(),
            times: keys.iter().map(|key| time(key).to_owned()).collect(),
        }),
    }
}

/// The keys of all deployments, newest first.
///
/// # Errors
/// [`CloudError`] if the bucket cannot be listed. A missing bucket has none.
pub async fn list(cloud: &Cloud, bucket: Bucket<'_>) -> Result<Vec<String>, CloudError> {
    let mut keys = match objects(cloud, bucket, PREFIX).await {
        Err(error) if error.is_not_found() => Vec::new(),
        listed => listed?,
    };
    keys.sort_unstable_by(|a, b| b.cmp(a));
    Ok(keys)
}

/// Reads a deployment.
///
/// # Errors
/// [`CloudError`] if it cannot be read; its content may be [`DeploymentError::Unreadable`].
pub async fn read(
    cloud: &Cloud,
    bucket: Bucket<'_>,
    key: &str,
) -> Result<Result<Deployment, DeploymentError>, CloudError> {
    let wanted = format!("read {key} in the bucket {}", bucket.name);
    let request = cloud.s3.get_object().bucket(bucket.name).key(key).expected_bucket_owner(bucket.owner);
    let body = request.send().await.map_err(wrap(&wanted))?.body.collect().await;
    let body = body.map_err(|error| CloudError::incomplete(&wanted, &error.to_string()))?.into_bytes();
    let unreadable = |why| DeploymentError::Unreadable { key: key.to_owned(), why };
    let read = serde_json::from_slice::<Deployment>(&body).map_err(|error| unreadable(error.to_string()));
    Ok(read.and_then(|deployment| match deployment.version {
        VERSION => Ok(deployment),
        other => {
            Err(unreadable(format!("its format version is {other}, and this program supports {VERSION}")))
        }
    }))
}

/// Records a deployment, and prunes old ones with the objects that only they need.
///
/// # Errors
/// [`CloudError`] if it cannot be written, or old ones cannot be deleted.
pub async fn record(
    cloud: &Cloud,
    bucket: Bucket<'_>,
    deployment: &Deployment,
    run_id: &str,
) -> Result<(), CloudError> {
    let key = format!("{PREFIX}{}-{run_id}.json", Timestamp::now().strftime("%Y%m%dT%H%M%S%3fZ"));
    let wanted = format!("write {key} to the bucket {}", bucket.name);
    let body = serde_json::to_vec(deployment)
        .map_err(|error| CloudError::incomplete(&wanted, &error.to_string()))?;
    let request = cloud.s3.put_object().bucket(bucket.name).key(&key).expected_bucket_owner(bucket.owner);
    let request = request.content_type("application/json").body(ByteStream::from(body));
    request.send().await.map_err(wrap(wanted))?;
    prune(cloud, bucket).await
}

async fn prune(cloud: &Cloud, bucket: Bucket<'_>) -> Result<(), CloudError> {
    let mut kept = list(cloud, bucket).await?;
    kept.truncate(KEPT);
    let mut needed: BTreeSet<String> = kept.iter().cloned().collect();
    for key in &kept {
        // An unreadable record may need any object, so delete nothing.
        let Ok(deployment) = read(cloud, bucket, key).await? else { return Ok(()) };
        needed.extend(deployment.names());
    }
    for prefix in PRUNED {
        for key in superfluous(objects(cloud, bucket, prefix).await?, &needed) {
            let request = cloud.s3.delete_object().bucket(bucket.name).key(&key);
            let deleted = request.expected_bucket_owner(bucket.owner).send().await;
            deleted.map_err(wrap(format!("delete {key} in the bucket {}", bucket.name)))?;
        }
    }
    Ok(())
}

fn superfluous(keys: Vec<String>, needed: &BTreeSet<String>) -> Vec<String> {
    keys.into_iter().filter(|key| !needed.contains(key)).collect()
}

async fn objects(cloud: &Cloud, bucket: Bucket<'_>, prefix: &str) -> Result<Vec<String>, CloudError> {
    let request = cloud.s3.list_objects_v2().bucket(bucket.name).expected_bucket_owner(bucket.owner);
    let mut pages = request.prefix(prefix).into_paginator().send();
    let mut keys = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(wrap(format!("list the bucket {}", bucket.name)))?;
        keys.extend(page.contents().iter().filter_map(|object| object.key().map(str::to_owned)));
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use vmx_model::parts::Function;
    use vmx_model::render::render;
    use vmx_model::testing::{artifacts, nothing_there, params};

    fn deployment() -> Deployment {
        let rendered = render(&params(), &nothing_there().facts()).unwrap();
        Deployment::new("arn:aws:iam::111122223333:user/admin", &params(), &rendered, &artifacts())
    }

    #[test]
    fn the_one_before_is_gone_back_to_or_the_one_that_is_named() {
        let key = |time: &str| format!("{PREFIX}{time}-run-1.json");
        let keys = ["20260103T100000000Z", "20260102T100000000Z", "20260102T090000000Z"].map(key);
        assert_eq!(choose(&keys, None).unwrap(), keys[1]);
        assert_eq!(choose(&keys, Some("20260102T09")).unwrap(), keys[2]);
        assert!(matches!(choose(&keys, Some("20260102")), Err(DeploymentError::NotOne { .. })));
        assert!(matches!(choose(&keys, Some("2025")), Err(DeploymentError::NotOne { .. })));
        assert!(matches!(choose(&keys[..1], None), Err(DeploymentError::None)));
        assert!(matches!(choose(&[], None), Err(DeploymentError::None)));
    }

    #[test]
    fn what_a_kept_deployment_needs_stays() {
        let needed: BTreeSet<String> = deployment().names().collect();
        // Every function and the template.
        assert_eq!(needed.len(), Function::ALL.len() + 1);
        let old = "functions/vmx_packager/00.zip".to_owned();
        let all: Vec<_> = needed.iter().cloned().chain([old.clone()]).collect();
        assert_eq!(superfluous(all, &needed), [old]);
    }

    #[test]
    fn a_deployment_is_read_as_it_was_written_and_its_code_has_to_be_there() {
        let deployment = deployment();
        let read: Deployment = serde_json::from_slice(&serde_json::to_vec(&deployment).unwrap()).unwrap();
        assert_eq!(read, deployment);
        assert_eq!(Params::from_yaml("stored", &read.params.to_string()).unwrap(), params());
        let mut there: BTreeSet<String> = read.names().collect();
        assert_eq!(read.code(&there).unwrap().len(), Function::ALL.len());
        there.retain(|key| !key.contains("packager"));
        assert!(read.code(&there).unwrap_err().to_string().contains("functions/vmx_packager/"));
    }
}
