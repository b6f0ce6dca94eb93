//! Renders the stack's template.

use std::collections::BTreeMap;

use minijinja::context;
use vmx_contract::attributes::{FLAG_PROCESS, Name, Prefix, message};
use vmx_contract::email::TEMPLATES_PREFIX;
use vmx_contract::mode::Mode;
use vmx_contract::other::Target;
use vmx_contract::{environment, objects};

use super::documents::{ParameterValue, StackDocument, StackParameter};
use super::templates::{self, RenderError};
use super::{alarms, dashboard, retention, transcripts, watched};
use crate::capacity::{Layout, Stream, layout};
use crate::digest::sha256_hex;
use crate::facts::Facts;
use crate::ownership::{STACK_TAG, VERSION_TAG};
use crate::params::{Email, Other, Params, Topic};
use crate::parts::{FlowKey, Function};
use crate::timeouts::TIMEOUTS;

/// Renders the stack.
pub(super) fn render(params: &Params, facts: &Facts) -> Result<StackDocument, RenderError> {
    let template_body = templates::render("templates/voicemail-express.yaml.j2", context(params, facts))?;
    let code = |function| StackParameter {
        name: code_parameter(function).to_owned(),
        value: ParameterValue::ArtifactKey(function),
    };
    let mut parameters =
        vec![StackParameter { name: "ArtifactBucket".to_owned(), value: ParameterValue::ArtifactBucket }];
    parameters.extend(Function::ALL.map(code));
    let flow_id =
        |name: &str, key| StackParameter { name: name.to_owned(), value: ParameterValue::FlowId(key) };
    parameters.push(flow_id("TaskFlowId", FlowKey::Task));
    if params.modes.has(Mode::GuidedTask) {
        parameters.push(flow_id("GuidedTaskFlowId", FlowKey::GuidedTask));
    }
    let mut tags: BTreeMap<String, String> = params.tags.get().clone();
    tags.insert(STACK_TAG.to_owned(), params.stack.to_string());
    tags.insert(VERSION_TAG.to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    Ok(StackDocument {
        name: params.stack.to_string(),
        template_body,
        parameters,
        capabilities: vec!["CAPABILITY_IAM".to_owned()],
        tags,
    })
}

/// The stack's parameter with the key of a function's code.
fn code_parameter(function: Function) -> &'static str {
    match function {
        Function::KvsToS3 => "KvsToS3Code",
        Function::Transcriber => "TranscriberCode",
        Function::Packager => "PackagerCode",
        Function::Playback => "PlaybackCode",
        Function::Watchdog => "WatchdogCode",
    }
}

fn context(params: &Params, facts: &Facts) -> minijinja::Value {
    let media_prefix =
        facts.media_streams.as_ref().map_or(params.stack.as_str(), |streams| streams.prefix.as_str());
    context! {
        stack => params.stack.as_str(),
        architecture => params.processor().as_str(),
        instance_arn => facts.instance.as_str(),
        default_queue_arn => facts.default_queue.arn.as_str(),
        default_language => params.default_language.as_str(),
        time_zone => params.time_zone.as_str(),
        language_of_staff => params.language_of_staff.as_str(),
        email => params.modes.has(Mode::Email).then(|| email(&params.email)),
        other => params.modes.has(Mode::Other).then(|| other(&params.other)),
        modes => params.modes.get().iter().map(|mode| mode.as_str()).collect::<Vec<_>>(),
        default_mode => params.default_mode.as_str(),
        links => params.links.as_str(),
        links_at_once => params.links_at_once.get(),
        link_lifetime_seconds => (params.link_lifetime_hours.get() * 3600).to_string(),
        transcription => transcripts::transcription(params),
        summary => transcripts::summary(params),
        log_level => params.log_level.as_str(),
        salesforce => params.salesforce.settings_for(params.modes.get()).map(|settings| context! {
            secret_arn => settings.secret_arn.as_str(),
            key_arn => params.salesforce.secret_key_arn.as_str(),
            settings => serde_json::to_string(&settings).unwrap_or_default(),
        }),
        logs_days => params.retention.logs_days.get(),
        retention => retention::rules(params),
        transcripts_days => params.days_seen(params.retention.transcripts_days.get()),
        kms_key => params.own_key(),
        iam => context! {
            permissions_boundary => params.iam.permissions_boundary.as_str(),
            path => params.iam.path.as_str(),
        },
        buckets => context! {
            versioning => params.buckets.versioning,
            archive_after_days => params.buckets.archive_after_days.get(),
            access_logs_bucket => params.buckets.access_logs_bucket.as_str(),
        },
        // Those without another known encryption key.
        reads_secrets => reads_secrets(params),
        contact_records_hours => params.retention.contact_records_hours.get(),
        contact_records_age_seconds => oldest_contact_record(params, facts),
        contact_records => facts.contact_records.as_ref().map(|stream| context! {
            arn => stream.arn.as_str(),
            kms_key_arn => stream.kms_key_arn.as_deref(),
            read_from => stream.read_from,
        }),
        media_prefix,
        reading => facts.reading,
        earlier_stack => params.migrate_from.name(),
        watched => watched::settings(
            facts.contact_records.as_ref().map(|stream| stream.arn.as_str()),
            media_prefix,
            facts.reading != Some(false),
        ),
        queues => watched::QUEUES.to_vec(),
        silent => params.silent.as_str(),
        attach_to_task => params.attach_to_task,
        guided_tasks => params.modes.has(Mode::GuidedTask),
        media_kms_key_arn => match &facts.media_streams {
            Some(streams) => streams.kms_key_arn.as_deref(),
            None => params.own_key(),
        },
        call_recordings => facts.call_recordings.as_ref().filter(|_| params.read_ivr_recordings).map(|calls| context! {
            bucket => calls.bucket.as_str(),
            prefix => calls.prefix.as_str(),
            kms_key_arn => calls.kms_key_arn.as_deref(),
        }),
        flags => Prefix::ALL.map(|prefix| prefix.attribute(Name::Flag)),
        flag_process => FLAG_PROCESS,
        taking => message::TAKING,
        suffixes => context! {
            recording => objects::RECORDING_SUFFIX,
            transcript => objects::TRANSCRIPT_SUFFIX,
        },
        undelivered_prefix => objects::UNDELIVERED_PREFIX,
        ended_prefix => objects::ENDED_PREFIX,
        delivered_prefix => objects::DELIVERED_PREFIX,
        claims_prefix => objects::CLAIMS_PREFIX,
        letters_prefix => objects::LETTERS_PREFIX,
        watchdog_key => objects::WATCHDOG_KEY,
        packages_prefix => objects::PACKAGES_PREFIX,
        revoked_prefix => objects::REVOKED_PREFIX,
        // In seconds.
        timeouts => context! {
            kvs_to_s3 => TIMEOUTS.kvs_to_s3,
            transcriber => TIMEOUTS.transcriber,
            packager => TIMEOUTS.packager,
            playback => TIMEOUTS.playback,
            watchdog => TIMEOUTS.watchdog,
        },
        layout => capacity(layout(params.expected_voicemails_per_hour.get())),
        alarms => alarms::all(params),
        makes_alarm_topic => params.alarms.topic == Topic::New,
        alarm_topic => alarms::topic(params).map(|topic| topic.to_string()),
        alarm_mails => params.alarms.emails.get().iter().map(|mail| alarm_mail(mail)).collect::<Vec<_>>(),
        dashboard => dashboard::widgets(params),
        tracing => params.tracing,
        env => environment_names(),
        ..watched::names(),
    }
}

/// The age in seconds at which a contact record is given up as unreadable: an hour before the stream drops it. An
/// adopted stream may keep records for only a day.
fn oldest_contact_record(params: &Params, facts: &Facts) -> u32 {
    const LEAST_HOURS: u32 = 24;
    const MOST_SECONDS: u32 = 604_800;
    let own = params.retention.contact_records_hours.get();
    let hours = if facts.contact_records.is_some() { LEAST_HOURS } else { own };
    ((hours - 1) * 3600).min(MOST_SECONDS)
}

/// The sizing for the expected rate.
fn capacity(layout: Layout) -> minijinja::Value {
    context! {
        on_demand => layout.stream == Stream::OnDemand,
        lanes => layout.lanes,
        batch => layout.batch,
        batch_window => layout.batch_window,
        again => layout.again,
        queued_jobs => layout.queued_jobs,
        transcribe => layout.transcribe,
        deliver => layout.deliver,
    }
}

/// An address for alarms. Its logical ID depends only on the address, so that other changes do not require a new
/// confirmation.
fn alarm_mail(address: &str) -> minijinja::Value {
    let hash = sha256_hex(address.as_bytes());
    context! { name => format!("AlarmMail{}", &hash[..12]), address }
}

/// Whether the packager reads a secret that the installation's own key may encrypt.
fn reads_secrets(params: &Params) -> bool {
    let salesforce = &params.salesforce;
    let of_salesforce = salesforce.settings_for(params.modes.get()).is_some();
    (of_salesforce && salesforce.secret_key_arn.as_str().is_empty())
        || (params.modes.has(Mode::Other) && params.other.is_webhook())
}

/// The permissions and settings of the mode `email`.
fn email(params: &Email) -> minijinja::Value {
    let settings = params.settings();
    context! {
        domains => params.sender_domains().map(str::to_owned).collect::<Vec<_>>(),
        attaches => settings.attach_at_most_kb > 0,
        configuration_set => settings.configuration_set.as_deref(),
        templates_prefix => TEMPLATES_PREFIX,
        settings => serde_json::to_string(&settings).unwrap_or_else(|error| unreachable!("{error}")),
    }
}

/// The permissions and settings of the mode `other`.
fn other(params: &Other) -> minijinja::Value {
    let settings = params.settings();
    let actions: &[&str] = match settings.target.as_deref().map(Target::parse) {
        Some(Ok(Target::Lambda(_))) => &["lambda:InvokeFunction"],
        Some(Ok(Target::Sqs { .. })) => &["sqs:GetQueueUrl", "sqs:SendMessage"],
        Some(Ok(Target::Sns(_))) => &["sns:Publish"],
        Some(Ok(Target::Webhook(_)) | Err(_)) | None => &[],
    };
    context! {
        event_bus => settings.event_bus.as_str(),
        target => settings.target.as_deref(),
        actions => actions.to_vec(),
        secret => settings.secret.as_deref().filter(|_| params.is_webhook()),
        settings => serde_json::to_string(&settings).unwrap_or_else(|error| unreachable!("{error}")),
    }
}

/// The names of the functions' environment variables.
fn environment_names() -> minijinja::Value {
    context! {
        recordings_bucket => environment::RECORDINGS_BUCKET,
        transcripts_bucket => environment::TRANSCRIPTS_BUCKET,
        state_bucket => environment::STATE_BUCKET,
        silent => environment::SILENT,
        watchdog => environment::WATCHDOG,
        recordings_queue_url => environment::RECORDINGS_QUEUE_URL,
        instance_arn => environment::INSTANCE_ARN,
        retry_queue_url => environment::RETRY_QUEUE_URL,
        transcripts_queue_url => environment::TRANSCRIPTS_QUEUE_URL,
        transcript_deadline_minutes => environment::TRANSCRIPT_DEADLINE_MINUTES,
        identify_language => environment::IDENTIFY_LANGUAGE,
        vocabularies => environment::VOCABULARIES,
        redact => environment::REDACT,
        attach_to_task => environment::ATTACH_TO_TASK,
        transcribe_role_arn => environment::TRANSCRIBE_ROLE_ARN,
        summary => environment::SUMMARY,
        summary_model => environment::SUMMARY_MODEL,
        transcripts_key_arn => environment::TRANSCRIPTS_KEY_ARN,
        default_language => environment::DEFAULT_LANGUAGE,
        time_zone => environment::TIME_ZONE,
        language_of_staff => environment::LANGUAGE_OF_STAFF,
        modes => environment::MODES,
        email => environment::EMAIL,
        other => environment::OTHER,
        templates_bucket => environment::TEMPLATES_BUCKET,
        default_mode => environment::DEFAULT_MODE,
        default_queue_arn => environment::DEFAULT_QUEUE_ARN,
        task_flow_id => environment::TASK_FLOW_ID,
        links => environment::LINKS,
        link_key_arn => environment::LINK_KEY_ARN,
        playback_url => environment::PLAYBACK_URL,
        guided_task_flow_id => environment::GUIDED_TASK_FLOW_ID,
        guide_function_arn => environment::GUIDE_FUNCTION_ARN,
        link_lifetime_seconds => environment::LINK_LIFETIME_SECONDS,
        log_level => environment::LOG_LEVEL,
        salesforce => environment::SALESFORCE,
    }
}
