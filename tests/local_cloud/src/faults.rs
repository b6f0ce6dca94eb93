//! Faults on demand, planned by action or decided by a schedule.

mod action;
mod answers;
mod connection;
mod inflict;
mod quotas;
mod schedule;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub use action::proxied_action;
pub(crate) use answers::{forbidden, throttled};
pub(crate) use connection::{Connection, CuttableListener};
pub(crate) use inflict::inflict;
pub use quotas::Calls;
use quotas::Quotas;
pub use schedule::{CallSeen, Schedule, Seeded};

/// The fault of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The service throttles it.
    Throttled,
    /// The service denies access. It is not carried out.
    Refused,
    /// The service reports expired credentials. It is not carried out.
    Expired,
    /// An internal error, status 500. It is not carried out.
    InternalError,
    /// Unavailable, status 503. It is not carried out.
    Unavailable,
    /// The service reports clock skew, with its own time as a day from now. It is not carried out.
    ClockSkew,
    /// The connection is cut. It is not carried out.
    CutBefore,
    /// It is carried out, and the connection cut before the response.
    CutAfter,
    /// It is carried out, and the connection cut in the middle of the response's body. An empty body is unaffected.
    BrokenOff,
    /// It is carried out, and the response is an internal error. For the client's work, this is as if it had died
    /// right after the call.
    AnswerLost,
    /// It is carried out, and the response's body takes this long.
    SlowBody(Duration),
    /// No response: after this long the connection is cut. It is not carried out.
    NoAnswer(Duration),
    /// The calling function's process is killed. It is not carried out.
    KilledBefore,
    /// It is carried out, and then the calling function's process is killed.
    KilledAfter,
}

/// The faults still to occur, by action.
#[derive(Default)]
pub struct Faults {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    planned: HashMap<String, Vec<(Fault, u32)>>,
    schedule: Option<Arc<dyn Schedule>>,
    /// The services that the organization forbids, by the names in signatures' scopes.
    forbidden: BTreeSet<String>,
    /// The services' rates, if they are kept.
    quotas: Option<Quotas>,
    /// The number of functions' calls so far, by action.
    seen: HashMap<String, u64>,
}

impl Faults {
    /// Plans a fault for the next `calls` calls of an IAM action, for example `connect:StartTaskContact`.
    ///
    /// Supported actions of proxied services: those of services that are called with an `x-amz-target` header
    /// (Kinesis, SQS, EventBridge, …) or an `Action` in a form (SNS), `s3:PutObject`, `s3:GetObject`,
    /// `s3:DeleteObject`, `s3:AbortMultipartUpload`, `s3:ListBucket`, `ses:SendEmail`, `bedrock:InvokeModel` and
    /// `lambda:InvokeFunction`.
    pub fn plan(&self, action: &str, fault: Fault, calls: u32) {
        let mut state = self.lock();
        let planned = state.planned.entry(action.to_owned()).or_default();
        planned.retain(|(other, _)| *other != fault);
        planned.push((fault, calls));
    }

    /// Throttles the next `calls` calls of an action; see [`Faults::plan`].
    pub fn throttle(&self, action: &str, calls: u32) {
        self.plan(action, Fault::Throttled, calls);
    }

    /// Carries out the next `calls` calls of an action and loses the responses; see [`Faults::plan`].
    pub fn lose_answers(&self, action: &str, calls: u32) {
        self.plan(action, Fault::AnswerLost, calls);
    }

    /// The number of an action's faults of this kind still to occur.
    #[must_use]
    pub fn left(&self, action: &str, fault: Fault) -> u32 {
        let state = self.lock();
        let planned = state.planned.get(action).into_iter().flatten();
        planned.filter(|(other, _)| *other == fault).map(|(_, left)| left).sum()
    }

    /// The number of an action's responses still to be lost.
    #[must_use]
    pub fn answers_to_lose(&self, action: &str) -> u32 {
        self.left(action, Fault::AnswerLost)
    }

    /// Sets a schedule of faults for functions' calls; with `None`, only planned faults occur. It does not see calls
    /// of the account's root, which the installer and tests use.
    pub fn follow(&self, schedule: Option<Arc<dyn Schedule>>) {
        self.lock().schedule = schedule;
    }

    /// Forbids all calls of a service, by the name in signatures' scopes, as an organization's service control policy
    /// does: for everyone in the account, root included. Stacks and triggers do not call through the endpoint.
    pub fn forbid(&self, service: &str, forbid: bool) {
        let forbidden = &mut self.lock().forbidden;
        if forbid {
            forbidden.insert(service.to_owned());
        } else {
            forbidden.remove(service);
        }
    }

    pub(crate) fn forbids(&self, service: &str) -> bool {
        self.lock().forbidden.contains(service)
    }

    /// Throttles calls over the rates that services publish, from now on.
    pub fn keep_quotas(&self) {
        self.lock().quotas = Some(Quotas::default());
    }

    /// The calls with a published rate since it is kept, by action.
    #[must_use]
    pub fn calls(&self) -> BTreeMap<String, Calls> {
        self.lock().quotas.as_ref().map(Quotas::calls).unwrap_or_default()
    }

    /// Whether a call is over its service's rate.
    pub(crate) fn exceeds(&self, action: &str, resource: &str) -> bool {
        self.lock().quotas.as_mut().is_some_and(|quotas| quotas.exceeds(action, resource, Instant::now()))
    }

    /// Returns the fault of this call and counts it. Planned faults precede the schedule's.
    #[must_use]
    pub fn next(&self, action: &str, path: &str, by_root: bool) -> Option<Fault> {
        let mut state = self.lock();
        let planned = state.planned.get_mut(action).into_iter().flatten().find(|(_, left)| *left > 0);
        if let Some((fault, left)) = planned {
            *left -= 1;
            return Some(*fault);
        }
        if by_root {
            return None;
        }
        let schedule = state.schedule.clone()?;
        let seen = state.seen.entry(action.to_owned()).or_default();
        *seen += 1;
        let number = *seen;
        drop(state);
        schedule.fault(&CallSeen { action, path, number })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_asked_number_of_calls_goes_wrong_and_in_the_asked_order() {
        let faults = Faults::default();
        faults.throttle("connect:StartTaskContact", 2);
        faults.lose_answers("connect:StartTaskContact", 1);
        let next = || faults.next("connect:StartTaskContact", "/contact/task", true);
        let (throttled, lost) = (Some(Fault::Throttled), Some(Fault::AnswerLost));
        assert_eq!([next(), next()], [throttled, throttled]);
        assert_eq!(faults.answers_to_lose("connect:StartTaskContact"), 1);
        assert_eq!([next(), next()], [lost, None]);
        assert_eq!(faults.next("connect:DescribeContact", "/contacts/a/b", true), None);
    }

    #[test]
    fn a_schedule_sees_the_calls_of_functions_alone() {
        struct Every(Fault);
        impl Schedule for Every {
            fn fault(&self, call: &CallSeen<'_>) -> Option<Fault> {
                (call.number == 2).then_some(self.0)
            }
        }
        let faults = Faults::default();
        faults.follow(Some(Arc::new(Every(Fault::CutAfter))));
        let next = |by_root| faults.next("s3:PutObject", "/b/k", by_root);
        assert_eq!([next(false), next(true), next(false)], [None, None, Some(Fault::CutAfter)]);
        faults.follow(None);
        assert_eq!(next(false), None);
    }
}
