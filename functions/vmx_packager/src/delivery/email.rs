//! Delivery as an email through Amazon SES.
//!
//! SES has no token to recognize a repetition. A claim keeps two invocations apart, and a sent email gets its receipt
//! at once. What remains is the time between SES's response and the receipt: a process that dies in it causes a second
//! email. A duplicate voicemail is better than a lost one.

use aws_sdk_sesv2::Client as Ses;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{
    Attachment, AttachmentContentDisposition, Body, Content, Destination, EmailContent, Message,
};
use tracing::warn;
use vmx_contract::delivered::Receipt;
use vmx_contract::email::{EmailSettings, TEMPLATES_PREFIX, is_template_name};
use vmx_contract::mode::Mode;
use vmx_contract::objects::RECORDING_CONTENT_TYPE;
use vmx_contract::voicemail::Warning;
use vmx_lambda::failure::{Failure, Kind};

use super::{Deliver, Delivery};

mod addresses;
mod compose;

use addresses::Addresses;
use compose::{LARGEST_TEMPLATE, Templates, compose};

/// The character set of every part.
const UTF_8: &str = "UTF-8";
/// Bytes of a kilobyte.
const KB: u64 = 1024;

/// Delivery as an email.
#[derive(Debug)]
pub(super) struct Email;

impl Deliver for Email {
    const KNOWS_REPETITIONS: bool = false;

    async fn deliver(&self, delivery: &Delivery<'_>) -> Result<Receipt, Failure> {
        let Some(settings) = &delivery.config.email else {
            return Err(refused(
                "the function has no settings for this mode; run `vmx-install` again".into(),
            ));
        };
        let (addresses, recording, own) = tokio::join!(
            Box::pin(addresses::find(delivery, settings)),
            Box::pin(recording(delivery, settings)),
            Box::pin(own_templates(delivery)),
        );
        let ((addresses, warnings), recording, own) = (addresses?, recording?, own?);
        let mail = Mail { delivery, settings, recording: recording.as_deref(), own: &own };
        let installed = Addresses { from: settings.from.clone(), to: settings.to.clone() };
        match mail.send(&addresses, warnings.clone()).await {
            // SES may not know an address that the contact, the queue or the agent has. Nothing was sent.
            Err(failure) if failure.kind == Kind::Refused && addresses != installed => {
                warn!(%failure, "using the installation's addresses");
                let mut warnings = warnings;
                warnings.push(Warning::EmailAddressReplaced);
                warnings.dedup();
                mail.send(&installed, warnings).await
            }
            sent => sent,
        }
    }
}

/// What an email consists of, apart from its addresses.
struct Mail<'a> {
    delivery: &'a Delivery<'a>,
    settings: &'a EmailSettings,
    recording: Option<&'a [u8]>,
    own: &'a Own,
}

impl Mail<'_> {
    /// Sends it, with these warnings.
    async fn send(&self, addresses: &Addresses, mut warnings: Vec<Warning>) -> Result<Receipt, Failure> {
        let Self { delivery, settings, recording, own } = *self;
        let words = delivery.config.words;
        if recording.is_none() && settings.attach_at_most_kb > 0 {
            warnings.push(Warning::RecordingNotAttached);
        }
        if matches!(own, Own::Missing) {
            warnings.push(Warning::EmailTemplateReplaced);
        }
        let own = match own {
            Own::There(templates) => Some(templates),
            Own::NotAskedFor | Own::Missing => None,
        };
        let mail = own.and_then(|own| {
            let mail = compose(words, own, delivery.package, &warnings, recording.is_some());
            mail.map_err(|reason| {
                warn!(reason, "cannot use the contact's email template; using the built-in one");
                warnings.push(Warning::EmailTemplateReplaced);
            })
            .ok()
        });
        let mail = match mail {
            Some(mail) => mail,
            None => {
                let built_in = Templates::built_in();
                compose(words, &built_in, delivery.package, &warnings, recording.is_some())
                    .map_err(refused)?
            }
        };
        let malformed = |error: aws_sdk_sesv2::error::BuildError| refused(error.to_string());
        let content = |data: String| Content::builder().data(data).charset(UTF_8).build().map_err(malformed);
        let mut message = Message::builder()
            .subject(content(mail.subject)?)
            .body(Body::builder().html(content(mail.html)?).text(content(mail.text)?).build());
        if let Some(recording) = recording {
            let attachment = Attachment::builder()
                .raw_content(Blob::new(recording))
                .file_name(delivery.voicemail.id.recording_key())
                .content_type(RECORDING_CONTENT_TYPE)
                .content_disposition(AttachmentContentDisposition::Attachment);
            message = message.attachments(attachment.build().map_err(malformed)?);
        }
        let sent = Ses::new(&delivery.clients.config)
            .send_email()
            .from_email_address(&addresses.from)
            .destination(Destination::builder().to_addresses(&addresses.to).build())
            .content(EmailContent::builder().simple(message.build()).build())
            .set_configuration_set_name(settings.configuration_set.clone())
            .send()
            .await
            .map_err(|error| Failure::of("ses:SendEmail", &error))?;
        let receipt = Receipt { warnings, ..Receipt::new(Mode::Email) };
        Ok(receipt.with_reference(sent.message_id.unwrap_or_default()))
    }
}

fn refused(why: String) -> Failure {
    Failure::new("ses:SendEmail", Kind::Refused, why)
}

/// The recording, if it is to be attached.
async fn recording(delivery: &Delivery<'_>, settings: &EmailSettings) -> Result<Option<Vec<u8>>, Failure> {
    let most = u64::from(settings.attach_at_most_kb) * KB;
    if most == 0 {
        return Ok(None);
    }
    let key = delivery.voicemail.id.recording_key();
    read(delivery, &delivery.config.recordings_bucket, &key, most).await
}

/// Custom templates.
enum Own {
    /// The contact names none.
    NotAskedFor,
    /// The one named by the contact does not exist.
    Missing,
    /// The built-in template replaces a missing part.
    There(Templates),
}

async fn own_templates(delivery: &Delivery<'_>) -> Result<Own, Failure> {
    let Some(name) = delivery.voicemail.email_template.as_deref() else { return Ok(Own::NotAskedFor) };
    let bucket = delivery.config.templates_bucket.as_deref();
    let Some(bucket) = bucket.filter(|_| is_template_name(name)) else { return Ok(Own::Missing) };
    let part = async |kind: &str| {
        let key = format!("{TEMPLATES_PREFIX}{name}.{kind}");
        let bytes = read(delivery, bucket, &key, LARGEST_TEMPLATE as u64).await?;
        Ok::<_, Failure>(bytes.and_then(|bytes| String::from_utf8(bytes).ok()))
    };
    let (html, text, subject) = tokio::join!(part("html"), part("txt"), part("subject"));
    let (html, text, subject) = (html?, text?, subject?);
    if html.is_none() && text.is_none() && subject.is_none() {
        return Ok(Own::Missing);
    }
    let built_in = Templates::built_in();
    Ok(Own::There(Templates {
        subject: subject.unwrap_or(built_in.subject),
        html: html.unwrap_or(built_in.html),
        text: text.unwrap_or(built_in.text),
    }))
}

/// An object; `None` if it does not exist, cannot be read or is larger than that.
async fn read(
    delivery: &Delivery<'_>,
    bucket: &str,
    key: &str,
    most: u64,
) -> Result<Option<Vec<u8>>, Failure> {
    let request = delivery.clients.s3.get_object().bucket(bucket).key(key);
    let mut object = match request.send().await.map_err(|error| Failure::of("s3:GetObject", &error)) {
        Ok(object) => object,
        Err(failure) if failure.kind == Kind::Transient => return Err(failure),
        Err(failure) => {
            warn!(key, %failure, "not available for this email");
            return Ok(None);
        }
    };
    let mut body: Vec<u8> = Vec::new();
    while let Some(chunk) = object.body.next().await {
        let chunk = chunk.map_err(|error| Failure::broken_off("s3:GetObject", &error))?;
        if (body.len() + chunk.len()) as u64 > most {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}
