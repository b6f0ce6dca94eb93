//! Whether an installation can work here: checked before the first write, and by `doctor`. Changes nothing.
//!
//! A check that cannot read something, because a call is denied or unknown, is a warning and stops nobody.

mod account;
mod agents;
mod alarms;
mod beside;
mod delivery;
mod installed;
mod instance;
mod keys;
mod media;
mod model;
mod names;
mod own_key;
mod permissions;
mod policy;
mod protection;
mod secret;
mod services;
#[cfg(test)]
mod tests;
mod words;

use crate::cloud::Cloud;
use crate::finding::Finding;
use vmx_model::actual::Actual;
use vmx_model::params::Params;

pub use delivery::sender;
pub use installed::installed;

/// All checks of the account and the instance, concurrently. The findings come in a fixed order.
pub async fn preflight(cloud: &Cloud, params: &Params, actual: &Actual) -> Vec<Finding> {
    let (permissions, role, concurrency, quotas, keys, own_key, secret, logs, agents, delivery) = tokio::join!(
        permissions::check(cloud, params, actual),
        instance::service_role(cloud, actual),
        account::concurrency(cloud, params, actual),
        account::quotas(cloud, params),
        keys::check(cloud, actual),
        own_key::check(cloud, params, actual),
        secret::check(cloud, params, actual),
        names::log_groups(cloud, params, actual),
        agents::check(cloud, actual),
        delivery::check(cloud, params, actual),
    );
    let (services, boundary, access_logs, beside, attachments) = tokio::join!(
        services::check(cloud, params),
        protection::boundary(cloud, params),
        protection::access_logs(cloud, params, actual),
        beside::check(cloud, params, actual),
        instance::attachments(cloud, params, actual),
    );
    let mut findings =
        vec![account::region(&cloud.region), names::stack(actual), beside, protection::place(params, actual)];
    findings.extend(services);
    findings.extend([permissions, role, instance::media(actual)]);
    findings.extend(media::before(actual));
    findings.extend(instance::call_recordings(params, actual));
    findings.extend(attachments);
    findings.push(concurrency);
    findings.extend(quotas);
    findings.extend(keys);
    findings.extend(own_key);
    findings.extend(boundary);
    findings.extend(access_logs);
    findings.extend(secret);
    findings.extend([logs, agents]);
    findings.extend(delivery);
    findings.extend(alarms::check(params, actual));
    findings.extend(model::check(params));
    findings.extend(words::check(params));
    findings
}
