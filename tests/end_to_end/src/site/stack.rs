//! Reads the stack from CloudFormation and Lambda.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::Stack;
use local_cloud::backend::percent_encode;
use serde_json::Value;

use super::{Error, STACK, Site};

impl Site {
    /// An output of the stack.
    ///
    /// # Errors
    /// If the stack has no such output.
    pub async fn output(&self, name: &str) -> Result<String, Error> {
        let stack = self.stack().await?;
        let found = stack.outputs().iter().find(|output| output.output_key() == Some(name));
        let value = found.and_then(|output| output.output_value());
        Ok(value.ok_or_else(|| format!("the stack has no output {name}"))?.to_owned())
    }

    /// The names of all stacks that are not deleted.
    ///
    /// # Errors
    /// If CloudFormation does not respond.
    pub async fn stacks(&self) -> Result<Vec<String>, Error> {
        let described = self.cloud_formation().describe_stacks().send().await?;
        Ok(described.stacks().iter().filter_map(|stack| stack.stack_name()).map(str::to_owned).collect())
    }

    /// The stack's status.
    ///
    /// # Errors
    /// If there is no stack.
    pub async fn stack_status(&self) -> Result<String, Error> {
        Ok(self.stack().await?.stack_status().ok_or("no status")?.as_str().to_owned())
    }

    /// The number of the stack's events, which grows with each change.
    ///
    /// # Errors
    /// If CloudFormation does not respond.
    pub async fn stack_events(&self) -> Result<usize, Error> {
        let described = self.cloud_formation().describe_stack_events().stack_name(STACK).send().await?;
        Ok(described.stack_events().len())
    }

    /// The physical name of a resource of the stack.
    pub(super) async fn resource(&self, logical_id: &str) -> Result<String, Error> {
        let asked = self.cloud_formation().describe_stack_resource().stack_name(STACK);
        let answer = asked.logical_resource_id(logical_id).send().await?;
        let name = answer.stack_resource_detail().and_then(|found| found.physical_resource_id());
        Ok(name.ok_or_else(|| format!("the stack has no {logical_id}"))?.to_owned())
    }

    async fn stack(&self) -> Result<Stack, Error> {
        let described = self.cloud_formation().describe_stacks().stack_name(STACK).send().await?;
        Ok(described.stacks.unwrap_or_default().pop().ok_or("there is no stack")?)
    }

    fn cloud_formation(&self) -> aws_sdk_cloudformation::Client {
        aws_sdk_cloudformation::Client::new(&self.config)
    }

    /// The functions by name, each with the hash of its code and its environment.
    ///
    /// # Errors
    /// If Lambda does not respond.
    pub async fn functions(&self) -> Result<BTreeMap<String, (Value, Value)>, Error> {
        let listed: Value = serde_json::from_str(&self.get("lambda", "/2015-03-31/functions").await?)?;
        let functions = listed["Functions"].as_array().ok_or("no list of functions")?;
        let one = |function: &Value| {
            let name = function["FunctionName"].as_str().unwrap_or_default().to_owned();
            (name, (function["CodeSha256"].clone(), function["Environment"].clone()))
        };
        Ok(functions.iter().map(one).collect())
    }

    /// An installed function's configuration.
    ///
    /// # Errors
    /// If there is no such function.
    pub async fn function(&self, arn: &str) -> Result<Value, Error> {
        let path = format!("/2015-03-31/functions/{}/configuration", percent_encode(arn));
        Ok(serde_json::from_str(&self.get("lambda", &path).await?)?)
    }
}
