//! How many callers an instance has: its busiest hour of the last days.

use std::collections::BTreeMap;

use aws_sdk_connect::primitives::DateTime;
use aws_sdk_connect::types::{FilterV2, IntervalDetails, IntervalPeriod, MetricDataV2, MetricV2};
use jiff::Timestamp;
use serde::Serialize;

use crate::cloud::{Cloud, CloudError, wrap};
use vmx_model::actual::Instance;

/// A request is for at most as many queues.
const QUEUES_A_REQUEST: usize = 100;
/// The most queues to read: each hundred takes as many requests as there are windows.
const MOST_QUEUES: usize = 300;
/// A request by the hour is for less than three days. A week has all its days.
const WINDOWS: i64 = 3;
const HOURS_A_WINDOW: i64 = 56;

const HANDLED: &str = "CONTACTS_HANDLED";
const ABANDONED: &str = "CONTACTS_ABANDONED";

/// The calls of an hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Calls {
    /// Those that an agent handled.
    pub handled: u32,
    /// Those that ended while waiting: their callers could have left a voicemail.
    pub abandoned: u32,
}

/// The hour of the last week with the most calls that were abandoned, or handled if none was. `None` without calls.
pub(super) async fn busiest_hour(
    cloud: &Cloud,
    instance: &Instance,
    queues: &[String],
) -> Result<Option<Calls>, CloudError> {
    let now = Timestamp::now().as_second();
    let end = now - now % 3600;
    let mut hours: BTreeMap<i64, Calls> = BTreeMap::new();
    for some in queues[..queues.len().min(MOST_QUEUES)].chunks(QUEUES_A_REQUEST) {
        for window in 0..WINDOWS {
            let end = end - window * HOURS_A_WINDOW * 3600;
            read(cloud, instance, some, (end - HOURS_A_WINDOW * 3600, end), &mut hours).await?;
        }
    }
    Ok(hours.into_values().max_by_key(|calls| (calls.abandoned, calls.handled)))
}

async fn read(
    cloud: &Cloud,
    instance: &Instance,
    queues: &[String],
    (start, end): (i64, i64),
    hours: &mut BTreeMap<i64, Calls>,
) -> Result<(), CloudError> {
    let filter = |key: &str, values: &[String]| {
        FilterV2::builder().filter_key(key).set_filter_values(Some(values.to_vec())).build()
    };
    let metric = |name: &str| MetricV2::builder().name(name).build();
    let mut next = None;
    loop {
        let asked = cloud
            .connect
            .get_metric_data_v2()
            .resource_arn(instance.arn.to_string())
            .start_time(DateTime::from_secs(start))
            .end_time(DateTime::from_secs(end))
            .interval(IntervalDetails::builder().interval_period(IntervalPeriod::Hour).build())
            .filters(filter("QUEUE", queues))
            .filters(filter("CHANNEL", &["VOICE".to_owned()]))
            .metrics(metric(HANDLED))
            .metrics(metric(ABANDONED))
            .set_next_token(next);
        let page = asked.send().await.map_err(wrap("count the calls of the last week"))?;
        for result in page.metric_results() {
            let hour =
                result.metric_interval().and_then(|interval| interval.start_time()).map(DateTime::secs);
            let calls = hours.entry(hour.unwrap_or(start)).or_default();
            for MetricDataV2 { metric, value, .. } in result.collections() {
                let value = value.unwrap_or_default() as u32;
                match metric.as_ref().and_then(|metric| metric.name.as_deref()) {
                    Some(HANDLED) => calls.handled += value,
                    Some(ABANDONED) => calls.abandoned += value,
                    _ => {}
                }
            }
        }
        next = page.next_token().map(str::to_owned);
        if next.is_none() {
            return Ok(());
        }
    }
}
