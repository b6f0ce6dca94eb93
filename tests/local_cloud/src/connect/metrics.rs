//! Historical metrics: GetMetricDataV2, for queues by the hour.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::center::{ContactCenter, QueueTarget};
use super::contact::Contact;
use super::error::invalid_parameter;
use crate::service::{AwsError, AwsRequest};

/// Metrics by the hour are for less than three days.
const LONGEST: SignedDuration = SignedDuration::from_hours(72);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// What GetMetricDataV2 asks for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct GetMetricData {
    pub(super) resource_arn: String,
    start_time: f64,
    end_time: f64,
    interval: Interval,
    filters: Vec<Filter>,
    metrics: Vec<Metric>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Interval {
    interval_period: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Filter {
    filter_key: String,
    filter_values: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Metric {
    name: String,
}

impl GetMetricData {
    /// The queues that it asks about, for which the caller needs permission.
    pub(super) fn queues(&self) -> Vec<&str> {
        let of_queues = self.filters.iter().filter(|filter| filter.filter_key == "QUEUE");
        of_queues.flat_map(|filter| filter.filter_values.iter().map(String::as_str)).collect()
    }

    /// Whether a contact passes all filters.
    fn takes(&self, contact: &Contact) -> Result<bool, AwsError> {
        let queue = match contact.queued.as_ref().map(|queued| &queued.target) {
            Some(QueueTarget::Standard { id, .. }) => id.as_str(),
            _ => return Ok(false),
        };
        for Filter { filter_key, filter_values } in &self.filters {
            let has = |value: &str| filter_values.iter().any(|wanted| wanted == value);
            let passes = match filter_key.as_str() {
                "QUEUE" => has(queue),
                "CHANNEL" => has(contact.channel.as_str()),
                other => return Err(invalid_parameter(format!("unknown filter {other}"))),
            };
            if !passes {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn time(seconds: f64) -> Result<Timestamp, AwsError> {
    Timestamp::from_second(seconds as i64).map_err(|error| invalid_parameter(error.to_string()))
}

impl ContactCenter {
    pub(super) fn metric_data(&self, request: &AwsRequest) -> Result<Value, AwsError> {
        let asked: GetMetricData = request.json()?;
        self.check_instance(&asked.resource_arn)?;
        let (start, end) = (time(asked.start_time)?, time(asked.end_time)?);
        if asked.interval.interval_period != "HOUR" {
            return Err(invalid_parameter("only the interval HOUR is known here"));
        }
        if start >= end || end.duration_since(start) >= LONGEST {
            return Err(invalid_parameter("StartTime and EndTime must differ by less than 3 days"));
        }
        if asked.queues().is_empty() {
            return Err(invalid_parameter("a filter by QUEUE is needed"));
        }
        let mut results = Vec::new();
        let mut hour = start;
        while hour < end {
            let next = (hour + HOUR).min(end);
            let mut ended = Vec::new();
            for contact in self.contacts.values() {
                let is_of_hour = contact.disconnected.is_some_and(|(at, _)| (hour..next).contains(&at));
                if is_of_hour && asked.takes(contact)? {
                    ended.push(contact.agent.is_some());
                }
            }
            if !ended.is_empty() {
                let value = |metric: &Metric| {
                    let counted = match metric.name.as_str() {
                        "CONTACTS_HANDLED" => true,
                        "CONTACTS_ABANDONED" => false,
                        other => return Err(invalid_parameter(format!("unknown metric {other}"))),
                    };
                    let count = ended.iter().filter(|handled| **handled == counted).count();
                    Ok(json!({ "Metric": { "Name": metric.name }, "Value": count as f64 }))
                };
                let collections = asked.metrics.iter().map(value).collect::<Result<Vec<_>, AwsError>>()?;
                results.push(json!({
                    "MetricInterval": {
                        "Interval": "HOUR", "StartTime": hour.as_second(), "EndTime": next.as_second(),
                    },
                    "Collections": collections,
                }));
            }
            hour = next;
        }
        Ok(json!({ "MetricResults": results }))
    }
}
