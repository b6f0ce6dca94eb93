//! What each deployment changed, for people who choose one.

use futures_util::StreamExt as _;
use futures_util::stream;
use serde::Serialize;
use serde_json::Value;

use super::{Bucket, Deployment, read, time};
use crate::cloud::Cloud;

/// How many deployments are read concurrently.
const AT_ONCE: usize = 5;

/// A deployment to choose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Past {
    /// Its time, as `--to` names it.
    pub time: String,
    /// The version that installed it. Empty if its record could not be read.
    pub version: String,
    /// Who installed it: the ARN.
    pub principal: String,
    /// What it changed since the one before. Empty if that is not known.
    pub changes: Vec<String>,
}

/// What each deployment changed. `keys` starts with the newest. What cannot be read is left out.
pub async fn history(cloud: &Cloud, bucket: Bucket<'_>, keys: &[String]) -> Vec<Past> {
    let read = stream::iter(keys).map(|key| async move {
        // Choosing one reads it again, and says why it cannot be read.
        read(cloud, bucket, key).await.ok().and_then(Result::ok)
    });
    let read: Vec<Option<Deployment>> = read.buffered(AT_ONCE).collect().await;
    let past = |(place, key): (usize, &String)| {
        let time = time(key).to_owned();
        let Some(deployment) = &read[place] else { return Past { time, ..Past::default() } };
        let before = read.get(place + 1).and_then(Option::as_ref);
        Past {
            time,
            version: deployment.program.clone(),
            principal: deployment.principal.clone(),
            changes: before.map(|before| changes(before, deployment)).unwrap_or_default(),
        }
    };
    keys.iter().enumerate().map(past).collect()
}

/// What differs between two deployments.
fn changes(before: &Deployment, after: &Deployment) -> Vec<String> {
    let mut changes = Vec::new();
    if before.program != after.program {
        changes.push(format!("version {} to {}", before.program, after.program));
    }
    parameters("", &before.params, &after.params, &mut changes);
    let is_new = |code: &&super::Code| {
        before.artifacts.iter().all(|old| (&old.function, &old.sha256) != (&code.function, &code.sha256))
    };
    changes.extend(after.artifacts.iter().filter(is_new).map(|code| format!("code of {}", code.function)));
    let (old, new) = (&before.rendered, &after.rendered);
    let has_other_documents = old.stack.template_body != new.stack.template_body || old.flows != new.flows;
    // What parameters, versions and code bring about needs no line of its own.
    if changes.is_empty() && has_other_documents {
        changes.push("the template or the flows".to_owned());
    }
    changes
}

/// The keys whose values differ, named with dots.
fn parameters(within: &str, before: &Value, after: &Value, changes: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let keys = new.keys().chain(old.keys().filter(|key| !new.contains_key(*key)));
            for key in keys {
                let within = if within.is_empty() { key.clone() } else { format!("{within}.{key}") };
                let of = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                parameters(&within, &of(old), &of(new), changes);
            }
        }
        _ if before != after => changes.push(within.to_owned()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use aws_sdk_s3::Client as S3;
    use aws_sdk_s3::operation::get_object::GetObjectOutput;
    use aws_sdk_s3::primitives::ByteStream;
    use aws_smithy_mocks::mock;

    use super::*;
    use crate::testing::cloud;
    use vmx_model::params::Params;
    use vmx_model::render::render;
    use vmx_model::testing::{artifacts, nothing_there, params};

    fn deployment(params: &Params) -> Deployment {
        let rendered = render(params, &nothing_there().facts()).unwrap();
        Deployment::new("arn:aws:sts::111122223333:assumed-role/Admin/jane", params, &rendered, &artifacts())
    }

    #[tokio::test]
    async fn each_deployment_says_version_who_and_what_changed() {
        let first = deployment(&params());
        let mut second = first.clone();
        second.artifacts[0].sha256 = "00".into();
        second.program = "9.0.0".into();
        let mut third = second.clone();
        third.params["log_level"] = "debug".into();
        third.params["retention"]["logs_days"] = 7.into();
        let same = third.clone();
        let mut other = same.clone();
        other.rendered.stack.template_body.push('#');
        let all = [other, same, third, second, first];
        let keys: Vec<String> =
            (0..all.len()).map(|n| format!("deployments/2026010{n}T100000000Z-1.json")).collect();
        let records: Vec<_> = all.iter().map(|one| serde_json::to_vec(one).unwrap()).collect();
        let found = mock!(S3::get_object)
            .match_requests(|request| request.key() != Some("deployments/unreadable-1.json"))
            .then_compute_output(move |request| {
                let place = request.key().unwrap().as_bytes()["deployments/2026010".len()] - b'0';
                GetObjectOutput::builder().body(ByteStream::from(records[usize::from(place)].clone())).build()
            });
        let gone = mock!(S3::get_object).sequence().http_status(404, None).build();
        let keys: Vec<String> =
            keys.into_iter().chain(["deployments/unreadable-1.json".to_owned()]).collect();
        let bucket = Bucket { name: "code", owner: "111122223333" };
        let past = history(&cloud(&[], &[], &[&found, &gone]), bucket, &keys).await;
        let changes: Vec<String> = past.iter().map(|past| past.changes.join(", ")).collect();
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            changes,
            [
                "the template or the flows".to_owned(),
                String::new(),
                "retention.logs_days, log_level".to_owned(),
                format!("version {version} to 9.0.0, code of {}", artifacts()[0].function),
                String::new(),
                String::new(),
            ]
        );
        assert_eq!((past[4].version.as_str(), past[5].version.as_str()), (version, ""));
        assert!(past[0].principal.ends_with("Admin/jane"), "{past:?}");
        assert_eq!(past[5].time, "unreadable");
    }
}
