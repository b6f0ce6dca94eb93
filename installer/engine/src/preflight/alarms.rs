//! Whether alarms can reach their topic.

use crate::finding::{Code, Finding};
use vmx_model::actual::Actual;
use vmx_model::params::Params;

/// Whether alarms can publish to an existing topic. Empty for no topic and for a new one.
pub(super) fn check(params: &Params, actual: &Actual) -> Option<Finding> {
    let topic = params.alarms.topic.arn()?;
    let instance = &actual.instance.arn;
    let here = [actual.identity.partition.as_str(), instance.region(), instance.account()];
    if params.alarms.topic.place()? == here {
        return Some(Finding::ok(
            Code::AlarmTopic,
            format!("{topic} is in the instance's account and region"),
        ));
    }
    Some(Finding::fatal(
        Code::AlarmTopic,
        format!("{topic} is not in the instance's partition, region and account"),
        "alarms published to it would reach nobody",
        "use one in this account and region, or set `topic: new`",
    ))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::finding::Severity;
    use vmx_model::testing::{nothing_there, params};

    #[test]
    fn a_topic_of_another_account_is_refused() {
        let (mut params, actual) = (params(), nothing_there());
        assert_eq!(check(&params, &actual), None);
        let account = actual.instance.arn.account().to_owned();
        for (account, severity) in [(account.as_str(), Severity::Ok), ("999988887777", Severity::Fatal)] {
            let arn = format!("arn:aws:sns:{}:{account}:operations", actual.instance.arn.region());
            params.alarms.topic = arn.try_into().unwrap();
            assert_eq!(check(&params, &actual).unwrap().severity, severity, "{account}");
        }
    }
}
