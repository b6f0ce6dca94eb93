//! The questions about mail, for which someone has to give a sender: the variable [`SENDER`].

use aws_config::SdkConfig;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::ProvideErrorMetadata;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Attachment, Body, Content, Destination, EmailContent, Message};
use end_to_end::Error;
use serde_json::json;

use crate::open::told;
use crate::place::Place;
use crate::role::{ask_as, once_effective};

/// The environment variable with a sender that is verified in Amazon SES.
pub(crate) const SENDER: &str = "VMX_E2E_SENDER";
/// Takes every mail, also from an account in the sandbox. Source: the Amazon SES developer guide, "Using the mailbox
/// simulator".
const RECIPIENT: &str = "success@simulator.amazonses.com";

/// What a question about mail is without a sender.
fn open() -> String {
    format!("open: needs {SENDER}, a verified sender in a verified domain")
}

/// Sends an attachment as a role that may only use `ses:SendEmail`.
pub(crate) async fn raw(place: &Place) -> Result<String, Error> {
    let Some(sender) = place.sender() else { return Ok(open()) };
    let only = json!({"Effect": "Allow", "Action": "ses:SendEmail", "Resource": "*"});
    ask_as(place, &[only], async |config| {
        let sent = once_effective(async || match send(config, sender).await {
            Err(said) if said.contains("ses:SendRawEmail") => Ok(Some(said)),
            answer => answer.map(|()| None),
        });
        Ok(sent.await?.map_or_else(|| "no: it is sent".to_owned(), |said| format!("yes: {said}")))
    })
    .await
}

/// Sends from below the sender's domain, as a role without permissions: the refusal names the identity.
pub(crate) async fn identity(place: &Place) -> Result<String, Error> {
    let Some(domain) = place.sender().and_then(|sender| sender.split_once('@')).map(|(_, domain)| domain)
    else {
        return Ok(open());
    };
    let known = Client::new(&place.config).get_email_identity().email_identity(domain).send().await;
    if !known.is_ok_and(|identity| identity.verified_for_sending_status()) {
        return Ok(open());
    }
    ask_as(place, &[], async |config| match send(config, &format!("question@below.{domain}")).await {
        Ok(()) => Ok("none: it is sent".to_owned()),
        Err(said) if said.contains(":identity/") => Ok(said),
        Err(said) => Err(said.into()),
    })
    .await
}

/// Sends a mail with an attachment, as the product does. `Err` has what SES says.
async fn send(config: &SdkConfig, sender: &str) -> Result<(), String> {
    let text = |data: &str| Content::builder().data(data).build().map_err(|error| error.to_string());
    let attached = Attachment::builder().file_name("question.txt").raw_content(Blob::new("A question"));
    let message = Message::builder()
        .subject(text("A question of an end-to-end test")?)
        .body(Body::builder().text(text("May it be sent?")?).build())
        .attachments(attached.build().map_err(|error| error.to_string())?);
    let mail = Client::new(config)
        .send_email()
        .from_email_address(sender)
        .destination(Destination::builder().to_addresses(RECIPIENT).build())
        .content(EmailContent::builder().simple(message.build()).build());
    match mail.send().await {
        Ok(_) => Ok(()),
        Err(error) => Err(error.message().map_or_else(|| told(&error).to_string(), str::to_owned)),
    }
}
