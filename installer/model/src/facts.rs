//! Facts about the account and the instance that documents need.

use vmx_contract::arn::InstanceArn;

use crate::params::{InstanceRef, Params, QueueRef, partition};

/// What discovery finds and documents need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The instance. Its partition, account and region are those of everything that is installed.
    pub instance: InstanceArn,
    /// The queue for voicemails without a usable queue.
    pub default_queue: QueueFacts,
    /// The stream to which the instance already sends its contact records. An update must omit the stack's own stream.
    pub contact_records: Option<ContactRecordStream>,
    /// Where the instance already streams media, whoever set it up.
    pub media_streams: Option<MediaStreams>,
    /// Where the instance stores call recordings, if the parameters ask for them.
    pub call_recordings: Option<CallRecordings>,
    /// Whether contact records are read now, if an earlier system is being replaced.
    pub reading: Option<bool>,
}

/// A queue of the instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueFacts {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
}

/// A Kinesis data stream of contact records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRecordStream {
    /// Its ARN.
    pub arn: String,
    /// ARN of its customer managed key, or `None` for no key or an AWS managed one.
    pub kms_key_arn: Option<String>,
    /// From which time it is read, in seconds since the epoch: its adoption. `None` if the installed version reads it
    /// from its end: another position would recreate the trigger, and read records again or miss some.
    pub read_from: Option<i64>,
}

/// The Kinesis video streams of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaStreams {
    /// Their prefix, as configured.
    pub prefix: String,
    /// ARN of their customer managed key, or `None` for the AWS managed one.
    pub kms_key_arn: Option<String>,
}

/// The call recordings of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRecordings {
    /// Their bucket.
    pub bucket: String,
    /// The start of their keys, without a slash at its end.
    pub prefix: String,
    /// ARN of their customer managed key, or `None` for none or the AWS managed one.
    pub kms_key_arn: Option<String>,
}

impl Facts {
    /// The facts of a made-up account, for documents that are only reviewed: the account is 111122223333, and IDs are
    /// zeros except for their last digits.
    #[must_use]
    pub fn example(params: &Params) -> Self {
        let region = params.region.as_str();
        let partition = partition(region);
        let text = match &params.instance {
            InstanceRef::Arn(arn) => arn.as_str().to_owned(),
            InstanceRef::Id(id) => format!("arn:{partition}:connect:{region}:111122223333:instance/{id}"),
            InstanceRef::Alias(_) => {
                format!(
                    "arn:{partition}:connect:{region}:111122223333:instance/00000000-0000-4000-8000-0000000000aa"
                )
            }
        };
        let instance = InstanceArn::parse(&text).unwrap_or_else(|error| unreachable!("{error}"));
        let queue_arn = |id: &str| format!("{instance}/queue/{id}");
        let example_id = "00000000-0000-4000-8000-0000000000bb";
        let default_queue = match &params.default_queue {
            QueueRef::Name(name) => QueueFacts { arn: queue_arn(example_id), name: name.clone() },
            QueueRef::Id(id) => QueueFacts { arn: queue_arn(id), name: "Example".to_owned() },
            QueueRef::Arn(arn) => QueueFacts { arn: arn.clone(), name: "Example".to_owned() },
        };
        let call_recordings = params.read_ivr_recordings.then(|| CallRecordings {
            bucket: "amazon-connect-example".to_owned(),
            prefix: "connect/example/CallRecordings".to_owned(),
            kms_key_arn: None,
        });
        let reading = params.migrate_from.name().map(|_| false);
        Self { instance, default_queue, contact_records: None, media_streams: None, call_recordings, reading }
    }
}
