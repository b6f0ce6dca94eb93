//! All parts of a package, gathered concurrently.

use std::time::SystemTime;

use vmx_contract::attributes::Attributes;
use vmx_contract::delivered::Receipt;
use vmx_contract::package::{Package, Playback, Transcript, VERSION};
use vmx_contract::transcription::Heard;
use vmx_contract::voicemail::Warning;
use vmx_lambda::clock;

use crate::clean::clean;
use crate::config::{Clients, Config};
use crate::error::PackagingError;
use crate::known::Recording;
use crate::playback_link::Links;
use crate::recipient::Directory;
use crate::{delivery, package_store, summary};

/// Gathers packages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gathering<'a> {
    pub(crate) clients: &'a Clients,
    pub(crate) config: &'a Config,
    /// When the process started.
    pub(crate) started: SystemTime,
}

/// A package with what belongs to it.
#[derive(Debug)]
pub(crate) struct Gathered {
    /// Still without its link.
    pub(crate) package: Package,
    /// The link, or why none can be created; `None` if no mode includes one.
    pub(crate) playback: Result<Option<Playback>, String>,
    /// Earlier deliveries, in the order of the package's modes.
    pub(crate) before: Vec<Option<Receipt>>,
}

impl Gathering<'_> {
    /// Finds the recipient, creates the link and the summary, and reads earlier deliveries, all concurrently.
    ///
    /// # Errors
    /// If a service is unreachable.
    pub(crate) async fn gather(
        &self,
        recording: &Recording,
        heard: Heard,
        attributes: &Attributes,
    ) -> Result<Gathered, PackagingError> {
        let Self { clients, config, .. } = *self;
        let voicemail = &recording.voicemail;
        let id = &voicemail.id;
        let failed = |source| PackagingError::Gather { id: id.clone(), source };
        let directory = Directory {
            connect: &clients.connect,
            instance: &config.instance,
            default_queue_arn: &config.default_queue_arn,
        };
        let (modes, replaced) = delivery::choose(&voicemail.modes, config);
        let language = heard.language.unwrap_or_else(|| voicemail.language.clone());
        let (s3, bucket) = (&clients.s3, &config.transcripts_bucket);
        let kept = package_store::kept_summary(s3, bucket, id, &heard.transcript, &language);
        let summaries = config.summaries.as_ref();
        let (found, playback, summary, before) = tokio::join!(
            Box::pin(directory.find(voicemail)),
            Box::pin(self.link(recording, modes.iter().any(|mode| delivery::carries_link(*mode, config)))),
            Box::pin(summary::of(
                &clients.config,
                summaries,
                voicemail.summary,
                &heard.transcript,
                &language,
                kept
            )),
            delivery::before(clients, config, voicemail, &modes),
        );
        let (found, before) = (found.map_err(failed)?, before.map_err(failed)?);
        let mut warnings = voicemail.warnings.clone();
        warnings.extend(found.warnings);
        warnings.extend(replaced.then_some(Warning::ModeNotEnabled));
        let has_words = matches!(heard.transcript, Transcript::Completed { .. });
        let exposed = config.redact && has_words && !heard.redacted;
        warnings.extend(exposed.then_some(Warning::NotRedacted));
        let package = Package {
            version: VERSION,
            contact_id: id.contact().clone(),
            message: id.number(),
            instance_arn: config.instance.to_string(),
            from: voicemail.from.clone(),
            recipient: found.recipient,
            received_at: voicemail.received_at,
            time_zone: config.time_zone.clone(),
            duration_ms: recording.duration_ms,
            language,
            modes,
            transcript: heard.transcript,
            summary,
            playback: None,
            attributes: attributes.clone(),
            warnings,
        };
        Ok(Gathered { package: clean(package), playback, before })
    }

    /// The link, if any mode includes it.
    async fn link(&self, recording: &Recording, is_needed: bool) -> Result<Option<Playback>, String> {
        let Self { clients, config, started } = *self;
        if !is_needed {
            return Ok(None);
        }
        let links = Links {
            kind: &config.links,
            kms: &clients.kms,
            s3: &clients.s3,
            credentials: clients.credentials.as_ref(),
            bucket: &config.recordings_bucket,
            lifetime: config.link_lifetime,
            started,
        };
        links.make(&recording.voicemail.id, clock::system_now()).await
    }
}
