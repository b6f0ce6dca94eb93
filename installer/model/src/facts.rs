//! What documents need to know about the account and the instance.

use vmx_contract::arn::InstanceArn;

use crate::params::{InstanceRef, Params, QueueRef, partition};

/// What discovery learns and documents need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The instance; its partition, account and region are those of everything that is installed.
    pub instance: InstanceArn,
    /// The queue for voicemails whose own is unusable.
    pub default_queue: QueueFacts,
    /// The stream that the instance already writes its contact records to. The stream of this very stack does not
    /// count: whoever asks for an update must leave it out.
    pub contact_records: Option<ContactRecordStream>,
    /// Where the instance already streams media to, by whomever it was set up.
    pub media_streams: Option<MediaStreams>,
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
    /// ARN of the customer managed key that encrypts it; `None` for no key or a key that AWS manages.
    pub kms_key_arn: Option<String>,
    /// From which time on it is read, in seconds of the epoch: when it was adopted. `None` where a version installed
    /// that read it from its end: another position would make the trigger anew, and read again or miss what lies between.
    pub read_from: Option<i64>,
}

/// The Kinesis video streams of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaStreams {
    /// What their names begin with, as it was configured.
    pub prefix: String,
    /// ARN of the customer managed key that encrypts them; `None` for the key that AWS manages.
    pub kms_key_arn: Option<String>,
}

impl Facts {
    /// The facts of an account that does not exist, for documents that are looked at and not applied: the account is
    /// 111122223333, the ids are zeros but for their last digits.
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
        Self { instance, default_queue, contact_records: None, media_streams: None }
    }
}
