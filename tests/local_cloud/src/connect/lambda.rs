//! The Lambda functions that flows may invoke.

use serde::Deserialize;
use serde_json::{Value, json};

use super::center::ContactCenter;
use super::error::{conflict, internal, invalid_parameter, invalid_request, not_found};
use super::paging::Page;
use super::service::Connect;
use crate::service::{AwsError, AwsRequest};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Associate {
    function_arn: String,
}

impl Connect {
    pub(super) async fn associate_function(&self, request: &AwsRequest) -> Result<Value, AwsError> {
        let Associate { function_arn } = request.json()?;
        if function_arn.len() > 140 || !function_arn.starts_with("arn:") || !function_arn.contains(":lambda:")
        {
            return Err(invalid_parameter(format!("{function_arn:?} is no ARN of a Lambda function")));
        }
        // The service adds a permission to the function's policy, so the function must exist.
        match self.integrations().function_exists(&function_arn).await {
            Ok(true) => {}
            Ok(false) => return Err(invalid_request(format!("there is no function {function_arn}"))),
            Err(error) => return Err(internal(error.to_string())),
        }
        let mut center = self.center();
        if center.is_associated(&function_arn) {
            return Err(conflict(format!("{function_arn} is associated already")));
        }
        center.functions.push(function_arn);
        Ok(json!({}))
    }
}

impl ContactCenter {
    pub(super) fn disassociate_function(&mut self, request: &AwsRequest) -> Result<Value, AwsError> {
        let function =
            request.query_value("functionArn").ok_or_else(|| invalid_parameter("functionArn is missing"))?;
        if !self.is_associated(function) {
            return Err(not_found(format!("an association of {function}")));
        }
        self.functions.retain(|associated| associated != function);
        Ok(json!({}))
    }

    pub(super) fn list_functions(&self, request: &AwsRequest) -> Result<Value, AwsError> {
        let functions = self.functions.iter().map(|function| json!(function)).collect();
        Ok(Page::of_query(request, functions, 25)?.into_response("LambdaFunctions"))
    }
}
