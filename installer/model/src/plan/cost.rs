//! The approximate costs of an installation: a pure function over a table of list prices.

use serde::{Deserialize, Serialize};
use strum::IntoEnumIterator as _;
use vmx_contract::metrics::Metric;

use crate::capacity::{Stream, assumed, layout};
use crate::params::Architecture;

/// How much voicemail a contact center uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Voicemails a month.
    pub voicemails: u32,
    /// Average length, in seconds.
    pub seconds: u32,
}

/// The example shown: fifty voicemails per working day, of 45 seconds each.
pub const EXAMPLE: Usage = Usage { voicemails: 1_000, seconds: 45 };

/// The monthly cost of something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CostLine {
    /// What costs.
    pub what: String,
    /// US dollars a month.
    pub usd: f64,
}

/// The monthly cost of an installation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The assumed use.
    pub usage: Usage,
    /// The region whose prices these are.
    pub prices_of: String,
    /// The year of the prices.
    pub prices_year: u16,
    /// The costs, the highest first.
    pub lines: Vec<CostLine>,
}

/// The region and the year of the prices.
pub const PRICES_OF: &str = "us-east-1";
/// See [`PRICES_OF`].
pub const PRICES_YEAR: u16 = 2025;

/// List prices in US dollars, of us-east-1, 2025, without any free tier.
mod price {
    /// A task contact. Source: aws.amazon.com/connect/pricing, Tasks.
    pub(super) const TASK: f64 = 0.04;
    /// A minute of a batch job: tiers by minutes of a month, the last for all above. A job counts for at least 15
    /// seconds. Source: aws.amazon.com/transcribe/pricing.
    pub(super) const TRANSCRIBE_TIERS: [(f64, f64); 4] =
        [(250_000.0, 0.024), (750_000.0, 0.015), (4_000_000.0, 0.0102), (f64::INFINITY, 0.0078)];
    pub(super) const TRANSCRIBE_LEAST_SECONDS: u32 = 15;
    /// An hour of a provisioned shard. Source: aws.amazon.com/kinesis/data-streams/pricing.
    pub(super) const SHARD_HOUR: f64 = 0.015;
    /// An hour of an on-demand stream, a gigabyte written to it and one read. Source: the same.
    pub(super) const ON_DEMAND_HOUR: f64 = 0.04;
    pub(super) const ON_DEMAND_IN_GB: f64 = 0.08;
    pub(super) const ON_DEMAND_OUT_GB: f64 = 0.04;
    /// A gigabyte ingested, one read, and one stored for a month. Source: aws.amazon.com/kinesis/video-streams/pricing.
    pub(super) const MEDIA_IN_GB: f64 = 0.0085;
    pub(super) const MEDIA_OUT_GB: f64 = 0.0085;
    pub(super) const MEDIA_KEPT_GB: f64 = 0.023;
    /// A million requests to a standard queue. Source: aws.amazon.com/sqs/pricing.
    pub(super) const QUEUE_MILLION: f64 = 0.40;
    /// A gigabyte of memory for a second, by architecture. Source: aws.amazon.com/lambda/pricing.
    pub(super) const LAMBDA_ARM_GB_SECOND: f64 = 0.000_013_333_4;
    pub(super) const LAMBDA_X86_GB_SECOND: f64 = 0.000_016_666_7;
    /// A gigabyte for a month, and a thousand writes. Source: aws.amazon.com/s3/pricing.
    pub(super) const BUCKET_GB: f64 = 0.023;
    pub(super) const BUCKET_THOUSAND_PUTS: f64 = 0.005;
    /// A key for a month, and ten thousand requests. Source: aws.amazon.com/kms/pricing.
    pub(super) const KEY: f64 = 1.0;
    pub(super) const KEY_TEN_THOUSAND: f64 = 0.03;
    /// An alarm on one metric, a custom metric, a dashboard, and a gigabyte of logs ingested. Source:
    /// aws.amazon.com/cloudwatch/pricing.
    pub(super) const ALARM: f64 = 0.10;
    pub(super) const METRIC: f64 = 0.30;
    pub(super) const DASHBOARD: f64 = 3.0;
    pub(super) const LOGS_GB: f64 = 0.50;
    /// A thousand reads of metrics. Source: the same.
    pub(super) const METRIC_THOUSAND_READS: f64 = 0.01;
}

const HOURS_A_MONTH: f64 = 730.0;
/// Bytes per second of a caller's audio: 8 kHz, 16 bit.
const AUDIO_BYTES_A_SECOND: f64 = 16_000.0;
/// Lambda polls a queue with five readers, each waiting up to 20 seconds. Source: AWS Lambda's guide, "Using Lambda
/// with Amazon SQS".
const QUEUE_READERS: f64 = 5.0;
const QUEUE_WAIT_SECONDS: f64 = 20.0;
const QUEUES: f64 = 3.0;
/// Alarms of an installation.
pub(crate) const ALARMS: usize = 19;
/// The watchdog's work per round, twelve an hour: requests at the price of bucket writes, of queue requests, and of
/// metric reads; and its gigabyte-seconds.
const WATCHDOG_ROUNDS: f64 = 12.0 * HOURS_A_MONTH;
const WATCHDOG_BUCKET_REQUESTS: f64 = 3.0;
const WATCHDOG_QUEUE_REQUESTS: f64 = 3.0;
const WATCHDOG_METRIC_REQUESTS: f64 = 2.0;
const WATCHDOG_GB_SECONDS: f64 = 0.5;
/// Log bytes per voicemail, at the level info.
const LOG_BYTES: f64 = 8_000.0;
/// Gigabyte-seconds of the functions per voicemail, a generous estimate.
const FUNCTION_GB_SECONDS: f64 = 3.0;

/// Data kept forever costs more every month: it is priced as after ten years.
const FOR_EVER_DAYS: u32 = 3653;

/// The inputs of the costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CostFacts {
    /// Whether the stack has its own stream for contact records.
    pub own_stream: bool,
    /// Media retention, in hours.
    pub media_hours: u32,
    /// Recordings retention, in days; `None` for forever.
    pub recordings_days: Option<u32>,
    /// Whether the stack has a key for playback links.
    pub link_key: bool,
    /// Whether voicemails become tasks.
    pub tasks: bool,
    /// Whether the stack has an alarm topic, and with it a key.
    pub alarm_topic: bool,
    /// The architecture of the functions.
    pub architecture: Architecture,
}

/// The monthly price of transcribed minutes.
fn transcribed(mut minutes: f64) -> f64 {
    let mut usd = 0.0;
    for (tier, price) in price::TRANSCRIBE_TIERS {
        usd += minutes.min(tier) * price;
        minutes = (minutes - tier).max(0.0);
    }
    usd
}

/// The monthly cost, in three significant digits, of so many voicemails in the busy hours, of the example's length. A
/// stream of the stack is sized for the rate.
#[must_use]
pub fn monthly(facts: CostFacts, per_hour: u32) -> f64 {
    let voicemails = per_hour.saturating_mul(assumed::BUSY_HOURS_A_MONTH);
    let stream = match layout(per_hour).stream {
        Stream::OnDemand if facts.own_stream => {
            let gigabytes =
                f64::from(voicemails) * assumed::CONTACTS_PER_VOICEMAIL * assumed::RECORD_BYTES / 1e9;
            gigabytes * (price::ON_DEMAND_IN_GB + price::ON_DEMAND_OUT_GB)
                + HOURS_A_MONTH * (price::ON_DEMAND_HOUR - price::SHARD_HOUR)
        }
        Stream::OnDemand | Stream::OneShard => 0.0,
    };
    let usd = estimate(facts, Usage { voicemails, ..EXAMPLE }).total() + stream;
    let unit = 10f64.powf((usd.log10().floor() - 2.0).max(0.0));
    (usd / unit).round() * unit
}

/// Estimates the monthly costs.
#[must_use]
pub fn estimate(facts: CostFacts, usage: Usage) -> Estimate {
    let count = f64::from(usage.voicemails);
    let gigabytes = count * f64::from(usage.seconds) * AUDIO_BYTES_A_SECOND / 1e9;
    let billed_seconds = usage.seconds.max(price::TRANSCRIBE_LEAST_SECONDS);
    let months_of = |hours: f64| hours / HOURS_A_MONTH;
    let media = gigabytes
        * (price::MEDIA_IN_GB
            + price::MEDIA_OUT_GB
            + price::MEDIA_KEPT_GB * months_of(f64::from(facts.media_hours)));
    let kept = months_of(f64::from(facts.recordings_days.unwrap_or(FOR_EVER_DAYS)) * 24.0);
    let requests = QUEUES * QUEUE_READERS * HOURS_A_MONTH * 3600.0 / QUEUE_WAIT_SECONDS;
    let lambda = match facts.architecture {
        Architecture::Arm64 => price::LAMBDA_ARM_GB_SECOND,
        Architecture::X86_64 => price::LAMBDA_X86_GB_SECOND,
    };
    let mut lines = vec![
        ("Amazon Transcribe", transcribed(count * f64::from(billed_seconds) / 60.0)),
        ("three queues that functions poll", requests / 1e6 * price::QUEUE_MILLION),
        (
            "alarms, metrics, a dashboard and logs",
            ALARMS as f64 * price::ALARM
                + metrics() * price::METRIC
                + price::DASHBOARD
                + count * LOG_BYTES / 1e9 * price::LOGS_GB,
        ),
        (
            "buckets, functions, media streams",
            media
                + gigabytes * price::BUCKET_GB * kept
                + count * 4.0 / 1000.0 * price::BUCKET_THOUSAND_PUTS
                + count * FUNCTION_GB_SECONDS * lambda,
        ),
    ];
    let round = WATCHDOG_BUCKET_REQUESTS / 1000.0 * price::BUCKET_THOUSAND_PUTS
        + WATCHDOG_QUEUE_REQUESTS / 1e6 * price::QUEUE_MILLION
        + WATCHDOG_METRIC_REQUESTS / 1000.0 * price::METRIC_THOUSAND_READS
        + WATCHDOG_GB_SECONDS * lambda;
    lines.push(("a watchdog every five minutes", WATCHDOG_ROUNDS * round));
    if facts.tasks {
        lines.push(("Amazon Connect tasks", count * price::TASK));
    }
    if facts.alarm_topic {
        lines.push(("a key for alarms", price::KEY));
    }
    if facts.link_key {
        // Created once and, when opened and played, checked twice.
        let requests = count * 3.0 / 10_000.0 * price::KEY_TEN_THOUSAND;
        lines.push(("a key for playback links", price::KEY + requests));
    }
    if facts.own_stream {
        lines.push(("a Kinesis stream of one shard", HOURS_A_MONTH * price::SHARD_HOUR));
    }
    lines.sort_by(|one, other| other.1.total_cmp(&one.1));
    Estimate {
        usage,
        prices_of: PRICES_OF.to_owned(),
        prices_year: PRICES_YEAR,
        lines: lines
            .into_iter()
            .map(|(what, usd)| CostLine { what: what.to_owned(), usd: cents(usd) })
            .collect(),
    }
}

/// Rounded to the cent.
fn cents(usd: f64) -> f64 {
    (usd * 100.0).round() / 100.0
}

impl Estimate {
    /// The total, in US dollars a month.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.lines.iter().map(|line| line.usd).sum()
    }
}

/// Custom metrics of an installation with one delivery mode and one cause of each failure: deliveries count twice, in
/// all and by mode.
fn metrics() -> f64 {
    Metric::iter().count() as f64 + 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: CostFacts = CostFacts {
        own_stream: true,
        media_hours: 168,
        recordings_days: Some(90),
        link_key: true,
        tasks: true,
        alarm_topic: false,
        architecture: Architecture::Arm64,
    };

    fn of(estimate: &Estimate, word: &str) -> f64 {
        estimate.lines.iter().filter(|line| line.what.contains(word)).map(|line| line.usd).sum()
    }

    #[test]
    fn a_thousand_voicemails_cost_what_the_table_says() {
        let estimate = estimate(FACTS, EXAMPLE);
        assert!((of(&estimate, "tasks") - 40.0).abs() < 0.001);
        assert!((of(&estimate, "Transcribe") - 18.0).abs() < 0.001);
        assert!((of(&estimate, "shard") - 10.95).abs() < 0.001);
        assert!((of(&estimate, "key") - 1.01).abs() < 0.001);
        assert!(estimate.lines.is_sorted_by(|one, other| one.usd >= other.usd));
        assert!((76.0..82.0).contains(&estimate.total()), "{}", estimate.total());
    }

    #[test]
    fn minutes_get_cheaper_and_every_rate_has_its_price() {
        assert!((transcribed(250_000.0) - 6_000.0).abs() < 0.01);
        assert!((transcribed(1_000_000.0) - (6_000.0 + 11_250.0)).abs() < 0.01);
        assert!((transcribed(6_000_000.0) - (17_250.0 + 40_800.0 + 7_800.0)).abs() < 0.01);
        let usd: Vec<f64> = crate::capacity::RATES.map(|rate| monthly(FACTS, rate)).to_vec();
        assert!(usd.is_sorted() && usd[1] / usd[0] < 20.0 && usd[3] / usd[2] < 10.0, "{usd:?}");
        assert!(monthly(CostFacts { tasks: false, ..FACTS }, 2_000) < usd[1] / 2.0);
    }

    #[test]
    fn what_is_adopted_is_paid_already_and_short_messages_count_for_fifteen_seconds() {
        let adopted = estimate(CostFacts { own_stream: false, ..FACTS }, EXAMPLE);
        assert!(of(&adopted, "shard") == 0.0);
        let of_seconds = |seconds| of(&estimate(FACTS, Usage { seconds, ..EXAMPLE }), "Transcribe");
        assert!((of_seconds(5) - of_seconds(15)).abs() < 0.001 && of_seconds(16) > of_seconds(15));
    }
}
