//! What some delivery modes need outside the stack.

use vmx_contract::mode::Mode;
use vmx_contract::other::Target;

use crate::cloud::{Cloud, wrap};
use crate::finding::{Code, Finding};
use vmx_model::actual::Actual;
use vmx_model::params::{Email, Params};

/// Why an account that cannot send email matters.
const NO_MAIL: &str = "voicemails with the mode email would become dead letters";

/// Whether email can be sent and the custom target can be reached. Empty for modes that are off.
pub(super) async fn check(cloud: &Cloud, params: &Params, actual: &Actual) -> Vec<Finding> {
    let mut findings = Vec::new();
    if params.modes.has(Mode::Email) {
        findings.push(account(cloud).await);
        findings.push(sender(cloud, &params.email).await);
    }
    if params.modes.has(Mode::Other) {
        findings.extend(target(params.other.target.as_str(), actual));
    }
    findings
}

/// Whether Amazon SES allows the account to send, and to whom.
async fn account(cloud: &Cloud) -> Finding {
    let account = cloud.ses.get_account().send().await.map_err(wrap("get the Amazon SES account"));
    let account = match account {
        Ok(account) => account,
        Err(error) => return Finding::unknown(Code::Mail, &error),
    };
    let region = &cloud.region;
    if !account.sending_enabled() {
        return Finding::fatal(
            Code::Mail,
            format!("Amazon SES has paused sending in {region}"),
            NO_MAIL,
            "see the reason under Account dashboard in the SES console, and ask AWS Support to resume \
             sending",
        );
    }
    if !account.production_access_enabled() {
        return Finding::warning(
            Code::Mail,
            format!("Amazon SES is in the sandbox in {region}"),
            "it sends to verified addresses only and requires permission on them, which the function has \
             for the sender's domain only; other email is refused and becomes a dead letter",
            "request production access under Account dashboard in the SES console; until then use \
             recipients in the sender's domain, and verify it",
        );
    }
    Finding::ok(Code::Mail, format!("Amazon SES can send email in {region}"))
}

/// Whether the sender's address, its domain or one above it is verified.
pub async fn sender(cloud: &Cloud, email: &Email) -> Finding {
    let from = email.from.as_str();
    for name in std::iter::once(from).chain(email.sender_domains()) {
        let asked = cloud.ses.get_email_identity().email_identity(name).send().await;
        match asked.map_err(wrap(format!("get the Amazon SES identity {name}"))) {
            Ok(found) if found.verified_for_sending_status() => {
                return Finding::ok(Code::Mail, format!("email can be sent from {from}"));
            }
            Ok(_) => {}
            Err(error) if error.is_not_found() => {}
            Err(error) => return Finding::unknown(Code::Mail, &error),
        }
    }
    Finding::fatal(
        Code::Mail,
        format!(
            "neither {from} nor its domain or one above it is verified with Amazon SES in {}",
            cloud.region
        ),
        NO_MAIL,
        format!(
            "verify it with `aws sesv2 create-email-identity --email-identity {from}`, then follow the link \
             in the email"
        ),
    )
}

/// Whether the function can reach the target.
fn target(target: &str, actual: &Actual) -> Option<Finding> {
    let place = Target::parse(target).ok()?.place()?;
    let facts = actual.facts();
    let arn = facts.instance.as_str();
    let partition = arn.split(':').nth(1).unwrap_or_default();
    let here = [partition, facts.instance.region(), facts.instance.account()];
    if place == here {
        return Some(Finding::ok(
            Code::OtherTarget,
            format!("{target} is in the instance's account and region"),
        ));
    }
    Some(Finding::fatal(
        Code::OtherTarget,
        format!("{target} is not in the instance's partition, region and account"),
        "the function has no permission for it, so voicemails would become dead letters",
        "use one in this account and region, and forward from there, for example with an EventBridge rule",
    ))
}
