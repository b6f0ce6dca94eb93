//! Reads the functions' metrics.

use serde_json::{Value, json};

use super::{Error, STACK, Site};

impl Site {
    /// The log lines in which a function counted a metric, oldest first.
    ///
    /// # Errors
    /// If CloudWatch Logs does not respond.
    pub async fn counted(&self, function: &str, metric: &str) -> Result<Vec<Value>, Error> {
        let body = json!({"logGroupName": format!("/{STACK}/{function}"), "filterPattern": "\"_aws\""});
        let answer = self.cloud.backend().json_call("logs", "Logs_20140328.FilterLogEvents", &body).await?;
        let events = answer["events"].as_array().ok_or("no list of log events")?;
        let lines = events.iter().filter_map(|event| serde_json::from_str(event["message"].as_str()?).ok());
        Ok(lines.filter(|line: &Value| line.get(metric).is_some()).collect())
    }
}
