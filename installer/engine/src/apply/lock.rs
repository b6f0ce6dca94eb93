//! The installation's lock: an object in the code bucket. CloudFormation locks only the stack, not the instance.

use aws_sdk_s3::primitives::ByteStream;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{ApplyOptions, StepError};
use crate::cloud::{Cloud, CloudError, wrap};
use crate::progress::{Progress, View};
use vmx_model::plan::Plan;

/// A lock older than this is stale: no update takes that long.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(2);

/// The lock's holder, as stored in the object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The run.
    pub run: String,
    /// The caller's ARN.
    pub principal: String,
    /// The machine's name.
    pub host: String,
    /// The process on that machine.
    pub pid: u32,
    /// When it started, in UTC.
    pub started: Timestamp,
}

/// The lock, while it is held.
pub(super) struct Lock<'a> {
    cloud: &'a Cloud,
    bucket: String,
    account: String,
    key: String,
    run: String,
}

/// The key of a stack's lock in its code bucket.
pub(crate) fn key(stack: &str) -> String {
    format!("locks/{stack}.json")
}

/// Takes the lock of the plan's stack. The bucket must exist.
///
/// # Errors
/// [`StepError::Locked`] if another run holds it, [`StepError::Cloud`] if a call fails.
pub(super) async fn take<'a>(
    cloud: &'a Cloud,
    plan: &Plan,
    options: &ApplyOptions<'_>,
    view: &dyn View,
) -> Result<Lock<'a>, StepError> {
    let holder = Holder {
        run: options.run_id.to_owned(),
        principal: plan.target.principal.clone(),
        host: host(),
        pid: std::process::id(),
        started: Timestamp::now(),
    };
    let lock = Lock {
        cloud,
        bucket: plan.bucket.name.clone(),
        account: plan.target.account.clone(),
        key: key(&plan.stack.name),
        run: holder.run.clone(),
    };
    if lock.put(&holder, None).await? {
        return Ok(lock);
    }
    let locked =
        |holder: Holder| StepError::Locked { stack: plan.stack.name.clone(), holder: Box::new(holder) };
    let Some((other, etag)) = read(cloud, &lock.bucket, &lock.account, &lock.key).await? else {
        // It was released in between.
        return if lock.put(&holder, None).await? { Ok(lock) } else { Err(locked(holder)) };
    };
    let why = match may_be_taken_over(&other, &holder, options.break_lock) {
        Some(why) => why,
        None => return Err(locked(other)),
    };
    // Delete only this lock: another run may take it over at the same time.
    if !lock.put(&holder, Some(etag)).await? {
        return Err(locked(other));
    }
    let text = format!(
        "took over the lock of {} on {}, held since {}: {why}",
        other.principal, other.host, other.started
    );
    view.show(&Progress::Warning { text });
    Ok(lock)
}

/// Why a lock can be taken over, if it can.
fn may_be_taken_over(other: &Holder, holder: &Holder, break_lock: bool) -> Option<&'static str> {
    if break_lock {
        Some("requested by --break-lock")
    } else if other.host == holder.host && other.principal == holder.principal && !is_running(other.pid) {
        Some("that run no longer exists")
    } else if holder.started.duration_since(other.started) > FORGOTTEN {
        Some("the lock is stale")
    } else {
        None
    }
}

/// The holder of a stack's lock, if any.
///
/// # Errors
/// [`CloudError`] if the lock cannot be read.
pub async fn holder(
    cloud: &Cloud,
    bucket: &str,
    account: &str,
    stack: &str,
) -> Result<Option<Holder>, CloudError> {
    Ok(read(cloud, bucket, account, &key(stack)).await?.map(|(holder, _)| holder))
}

async fn read(
    cloud: &Cloud,
    bucket: &str,
    account: &str,
    key: &str,
) -> Result<Option<(Holder, String)>, CloudError> {
    let wanted = || format!("read the lock {key} in the bucket {bucket}");
    let got = cloud.s3.get_object().bucket(bucket).key(key).expected_bucket_owner(account).send().await;
    let object = match got.map_err(wrap(wanted())) {
        Ok(object) => object,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error),
    };
    let etag = object.e_tag().unwrap_or_default().to_owned();
    let body = object.body.collect().await;
    let body = body.map_err(|_| CloudError::incomplete(wanted(), "body"))?.into_bytes();
    let holder = serde_json::from_slice(&body)
        .map_err(|error| CloudError::incomplete(wanted(), &error.to_string()))?;
    Ok(Some((holder, etag)))
}

impl Lock<'_> {
    /// Writes the lock if there is none, or in place of a known one. Returns whether it was written.
    async fn put(&self, holder: &Holder, in_place_of: Option<String>) -> Result<bool, CloudError> {
        let wanted = format!("take the lock {} in the bucket {}", self.key, self.bucket);
        let body = serde_json::to_vec(holder)
            .map_err(|error| CloudError::incomplete(&wanted, &error.to_string()))?;
        let put = self
            .cloud
            .s3
            .put_object()
            .bucket(&self.bucket)
            .key(&self.key)
            .expected_bucket_owner(&self.account)
            .content_type("application/json")
            .set_if_none_match(in_place_of.is_none().then(|| "*".to_owned()))
            .set_if_match(in_place_of)
            .body(ByteStream::from(body))
            .send()
            .await
            .map_err(wrap(wanted));
        match put {
            Ok(_) => Ok(true),
            Err(error) if is_taken(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Releases the lock, unless another run took it over. A failure here does not fail the run.
    pub(super) async fn give_back(self, view: &dyn View) {
        let held = read(self.cloud, &self.bucket, &self.account, &self.key).await;
        let ours = match held {
            Ok(held) => held.is_some_and(|(holder, _)| holder.run == self.run),
            Err(_) => true,
        };
        if !ours {
            return;
        }
        let request = self.cloud.s3.delete_object().bucket(&self.bucket).key(&self.key);
        let deleted = request.expected_bucket_owner(&self.account).send().await;
        if let Err(error) = deleted.map_err(wrap(format!("release the lock {}", self.key))) {
            view.show(&Progress::Warning { text: error.to_string() });
        }
    }
}

/// Whether S3 refused because the object changed.
fn is_taken(error: &CloudError) -> bool {
    matches!(error.code.as_deref(), Some("PreconditionFailed" | "ConditionalRequestConflict"))
        || (error.is_not_found() && error.code.as_deref() != Some("NoSuchBucket"))
}

fn host() -> String {
    #[cfg(unix)]
    return rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    return std::env::var("COMPUTERNAME").unwrap_or_default();
}

/// Whether a process of this machine exists.
fn is_running(pid: u32) -> bool {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        use rustix::process::{Pid, test_kill_process};
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
        // EPERM means that it exists.
        pid.is_some_and(|pid| test_kill_process(pid) != Err(Errno::SRCH))
    }
    #[cfg(not(unix))]
    {
        let _ = pid;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(host: &str, pid: u32, hours_ago: i64) -> Holder {
        Holder {
            run: "vmx-1".into(),
            principal: "arn:aws:iam::111122223333:user/anna".into(),
            host: host.into(),
            pid,
            started: Timestamp::now() - SignedDuration::from_hours(hours_ago),
        }
    }

    #[test]
    fn a_lock_is_taken_over_when_nobody_can_hold_it_any_more() {
        let me = holder("here", std::process::id(), 0);
        // No process has this number: it is beyond what the system gives.
        let gone = i32::MAX.cast_unsigned();
        for (other, break_lock, taken) in [
            (holder("here", std::process::id(), 1), false, false),
            (holder("here", gone, 1), false, true),
            (holder("there", gone, 1), false, false),
            (Holder { principal: "arn:of:bob".into(), ..holder("here", gone, 1) }, false, false),
            (holder("there", 1, 3), false, true),
            (holder("there", 1, 0), true, true),
        ] {
            assert_eq!(may_be_taken_over(&other, &me, break_lock).is_some(), taken, "{other:?}");
        }
    }
}
