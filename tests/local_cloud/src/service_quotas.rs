//! Service Quotas, read-only: the defaults of a new AWS account.
//!
//! Sources: the API reference of Service Quotas; for the values the developer guides of Amazon Transcribe and Amazon
//! Kinesis Video Streams, quotas, 2026.

use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::service::{Account, Action, AwsError, AwsRequest, AwsResponse, Protocol, Service, json_response};

/// The prefix of targets.
const TARGET: &str = "ServiceQuotasV20190624.";
/// Service, code, name and value of each quota. No source documents the code of the second.
const QUOTAS: [(&str, &str, &str, f64); 2] = [
    ("transcribe", "L-6F7AB1C9", "Number of concurrent batch transcription jobs", 250.0),
    ("kinesisvideo", "L-00000001", "Number of video streams", 10_000.0),
];

pub(crate) struct ServiceQuotas {
    account: Account,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Asked {
    service_code: String,
    quota_code: Option<String>,
}

impl ServiceQuotas {
    /// The quotas of an account.
    pub(crate) fn new(account: Account) -> Self {
        Self { account }
    }

    fn arn(&self, service: &str, code: &str) -> String {
        self.account.arn("servicequotas", &format!("{service}/{code}"))
    }

    fn of(&self, service: &str) -> Vec<Value> {
        let quotas = QUOTAS.into_iter().filter(|(of, ..)| *of == service);
        let describe = |(of, code, name, value)| {
            json!({
                "ServiceCode": of, "QuotaCode": code, "QuotaName": name, "Value": value, "Adjustable": true,
                "GlobalQuota": false, "Unit": "None", "QuotaArn": self.arn(of, code),
            })
        };
        quotas.map(describe).collect()
    }

    fn answer(&self, request: &AwsRequest) -> Result<AwsResponse, AwsError> {
        let asked: Asked = request.json()?;
        let quotas = self.of(&asked.service_code);
        let missing = || {
            AwsError::bad_request(
                "NoSuchResourceException",
                "The request failed because the specified service or quota does not exist.",
            )
        };
        match request.operation(TARGET) {
            "GetServiceQuota" => {
                let found = quotas
                    .into_iter()
                    .find(|quota| quota["QuotaCode"].as_str() == asked.quota_code.as_deref());
                json_response(&json!({"Quota": found.ok_or_else(missing)?}))
            }
            "ListServiceQuotas" if !quotas.is_empty() => json_response(&json!({ "Quotas": quotas })),
            "ListServiceQuotas" => Err(missing()),
            other => Err(AwsError::unknown_operation(other)),
        }
    }
}

impl Service for ServiceQuotas {
    /// Reading one quota is granted on its ARN, listing them on `*` (service authorization reference).
    fn action(&self, request: &AwsRequest) -> Result<Action, AwsError> {
        let operation = request.operation(TARGET);
        let action = format!("servicequotas:{operation}");
        match operation {
            "GetServiceQuota" => {
                let asked: Asked = request.json()?;
                let code = asked.quota_code.unwrap_or_default();
                Ok(Action::new(action, self.arn(&asked.service_code, &code)))
            }
            "ListServiceQuotas" => Ok(Action::on_everything(action)),
            other => Err(AwsError::unknown_operation(other)),
        }
    }

    fn handle(&self, request: AwsRequest) -> BoxFuture<'_, Result<AwsResponse, AwsError>> {
        Box::pin(async move { self.answer(&request) })
    }

    fn protocol(&self) -> Protocol {
        Protocol::AwsJson
    }
}
