//! Delivery in the operator's own way: the package as an EventBridge event and, if set, to a target.
//!
//! The target comes first, because it fails more often. Its success is recorded, so that a failed bus repeats only the
//! event. Every receiver can recognize a repetition by the voicemail's name; a FIFO queue or topic does so by itself.

use aws_sdk_eventbridge::Client as Events;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_lambda::Client as Lambda;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use aws_sdk_secretsmanager::Client as Secrets;
use aws_sdk_sns::Client as Sns;
use aws_sdk_sqs::Client as Sqs;
use vmx_contract::delivered::Receipt;
use vmx_contract::mode::Mode;
use vmx_contract::other::{DETAIL_TYPE, OtherSettings, SOURCE, Target};
use vmx_contract::package::{Package, Transcript};
use vmx_lambda::failure::{Failure, Kind};

use super::receipts::Receipts;
use super::{Deliver, Delivery};

mod public;
mod webhook;

/// The largest package, in bytes of JSON. EventBridge, SNS and asynchronous Lambda invocations have always accepted at
/// least 256 KiB; the package's envelope must fit too.
const LONGEST: usize = 240 * 1024;
/// Marks a cut transcript.
const CUT: &str = "…";
/// The part of the delivery that goes to the target.
const TARGET: &str = "target";
/// The suffix of a FIFO queue's or topic's name.
const FIFO: &str = ".fifo";

/// Delivery in the operator's own way.
#[derive(Debug)]
pub(super) struct Other;

impl Deliver for Other {
    const KNOWS_REPETITIONS: bool = false;

    async fn deliver(&self, delivery: &Delivery<'_>) -> Result<Receipt, Failure> {
        let refused = |why: &str| Failure::new("deliver", Kind::Refused, why);
        let settings = delivery.config.other.as_ref();
        let settings = settings
            .ok_or_else(|| refused("the function has no settings for this mode; run `vmx-install` again"))?;
        let json = json(delivery.package).map_err(|error| refused(&error.to_string()))?;
        if let Some(target) = &settings.target {
            let target = Target::parse(target).map_err(|expected| {
                refused(&format!("the target is not {expected}; correct other.target"))
            })?;
            let receipts =
                Receipts::new(delivery.clients, delivery.config, &delivery.voicemail.id, Mode::Other);
            if !receipts.is_done(TARGET).await? {
                send(delivery, settings, target, &json).await?;
                receipts.note(TARGET).await?;
            }
        }
        let event = put_event(delivery, settings, json).await?;
        Ok(Receipt::new(Mode::Other).with_reference(event))
    }
}

/// Puts the event on its bus and returns its id.
async fn put_event(
    delivery: &Delivery<'_>,
    settings: &OtherSettings,
    json: String,
) -> Result<String, Failure> {
    let entry = PutEventsRequestEntry::builder()
        .source(SOURCE)
        .detail_type(DETAIL_TYPE)
        .resources(&delivery.package.instance_arn)
        .event_bus_name(&settings.event_bus)
        .detail(json)
        .build();
    let sent = Events::new(&delivery.clients.config).put_events().entries(entry).send().await;
    let sent = sent.map_err(|error| Failure::of("events:PutEvents", &error))?;
    let entry = sent.entries.unwrap_or_default().into_iter().next();
    match entry {
        Some(entry) if entry.error_code.is_none() => Ok(entry.event_id.unwrap_or_default()),
        // An entry can fail within a successful response.
        entry => {
            let code = entry.as_ref().and_then(|entry| entry.error_code.clone()).unwrap_or_default();
            let said = entry.and_then(|entry| entry.error_message).unwrap_or_default();
            Err(Failure::new("events:PutEvents", Kind::Transient, format!("{code}: {said}")))
        }
    }
}

/// Sends the package to the target.
async fn send(
    delivery: &Delivery<'_>,
    settings: &OtherSettings,
    target: Target<'_>,
    json: &str,
) -> Result<(), Failure> {
    let clients = delivery.clients;
    let id = delivery.voicemail.id.to_string();
    match target {
        Target::Lambda(arn) => {
            let request = Lambda::new(&clients.config)
                .invoke()
                .function_name(arn)
                .invocation_type(InvocationType::Event);
            let sent = request.payload(Blob::new(json)).send().await;
            sent.map(drop).map_err(|error| Failure::of("lambda:InvokeFunction", &error))
        }
        Target::Sqs { account, name, .. } => {
            let sqs = Sqs::new(&clients.config);
            let url = sqs.get_queue_url().queue_name(name).queue_owner_aws_account_id(account);
            let url = url.send().await.map_err(|error| Failure::of("sqs:GetQueueUrl", &error))?;
            let once = name.ends_with(FIFO).then_some(id);
            let request = sqs.send_message().set_queue_url(url.queue_url).message_body(json);
            let request = request.set_message_group_id(once.clone()).set_message_deduplication_id(once);
            request.send().await.map(drop).map_err(|error| Failure::of("sqs:SendMessage", &error))
        }
        Target::Sns(arn) => {
            let once = arn.ends_with(FIFO).then_some(id);
            let request = Sns::new(&clients.config).publish().topic_arn(arn).message(json);
            let request = request.set_message_group_id(once.clone()).set_message_deduplication_id(once);
            request.send().await.map(drop).map_err(|error| Failure::of("sns:Publish", &error))
        }
        Target::Webhook(address) => {
            let no_key = || {
                Failure::new(
                    "secretsmanager:GetSecretValue",
                    Kind::Refused,
                    "the webhook has no secret to sign with; set other.secret",
                )
            };
            let secret = settings.secret.as_deref().ok_or_else(no_key)?;
            let found = Secrets::new(&clients.config).get_secret_value().secret_id(secret).send().await;
            let found = found.map_err(|error| Failure::of("secretsmanager:GetSecretValue", &error))?;
            let key = found.secret_string.filter(|key| !key.is_empty()).ok_or_else(no_key)?;
            webhook::post(address, &id, json, key.as_bytes(), delivery.config.loopback).await
        }
    }
}

/// The package as JSON. If it is too large, the transcript is cut, with a mark.
fn json(package: &Package) -> Result<String, serde_json::Error> {
    let mut json = serde_json::to_string(package)?;
    let mut cut = package.clone();
    while json.len() > LONGEST {
        let Transcript::Completed { text } = &mut cut.transcript else { break };
        let mut end = text.len() / 4 * 3;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        if end == 0 {
            break;
        }
        text.truncate(end);
        text.push_str(CUT);
        json = serde_json::to_string(&cut)?;
    }
    Ok(json)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::delivery::task::tests::package;

    #[test]
    fn the_event_is_the_package_and_a_long_transcript_is_cut() {
        let short = package("Seven of clubs.", "https://example.com/r");
        assert_eq!(serde_json::from_str::<Package>(&json(&short).unwrap()).unwrap(), short);
        let long = package(&"ä\"\n".repeat(200_000), "https://example.com/r");
        let json = json(&long).unwrap();
        assert!(json.len() <= LONGEST && json.len() > LONGEST / 2, "{}", json.len());
        let read: Package = serde_json::from_str(&json).unwrap();
        let Transcript::Completed { text } = &read.transcript else { panic!("{read:?}") };
        assert!(text.ends_with(CUT));
        assert_eq!(read.playback, long.playback);
    }
}
