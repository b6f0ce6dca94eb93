//! Changes made outside the installer, as in the console.

use local_cloud::backend::percent_encode;
use serde_json::{Value, json};
use vmx_contract::chain::RuleId;

use super::{Error, Site};

impl Site {
    /// The names of the log groups with a prefix.
    ///
    /// # Errors
    /// If CloudWatch Logs does not respond.
    pub async fn log_groups(&self, beginning: &str) -> Result<Vec<String>, Error> {
        let body = json!({ "logGroupNamePrefix": beginning });
        let answer = self.cloud.backend().json_call("logs", "Logs_20140328.DescribeLogGroups", &body).await?;
        let groups = answer["logGroups"].as_array().ok_or("no list of log groups")?;
        Ok(groups.iter().filter_map(|group| group["logGroupName"].as_str().map(str::to_owned)).collect())
    }

    /// Disables all triggers of functions.
    ///
    /// # Errors
    /// If Lambda does not respond.
    pub async fn disable_triggers(&self) -> Result<(), Error> {
        let path = "/2015-03-31/event-source-mappings";
        let mappings: Value = serde_json::from_str(&self.get("lambda", path).await?)?;
        for mapping in mappings["EventSourceMappings"].as_array().ok_or("no list of mappings")? {
            let id = mapping["UUID"].as_str().ok_or("a mapping without an id")?;
            self.disable_trigger(id).await?;
        }
        Ok(())
    }

    /// Enables or disables an alarm of the stack.
    ///
    /// # Errors
    /// If it does not exist.
    pub async fn set_alarm(&self, logical_id: &str, is_on: bool) -> Result<(), Error> {
        let state = if is_on { "ALARM" } else { "OK" };
        let alarm = self.resource(logical_id).await?;
        let body = json!({"AlarmName": alarm, "StateValue": state, "StateReason": "a test"});
        let target = "GraniteServiceVersion20100801.SetAlarmState";
        self.cloud.backend().json_call("monitoring", target, &body).await?;
        Ok(())
    }

    /// Disables an event source mapping.
    ///
    /// # Errors
    /// If it does not exist.
    pub async fn disable_trigger(&self, uuid: &str) -> Result<(), Error> {
        self.set_trigger(uuid, false).await
    }

    async fn set_trigger(&self, uuid: &str, is_on: bool) -> Result<(), Error> {
        let backend = self.cloud.backend();
        let path = format!("/2015-03-31/event-source-mappings/{uuid}");
        let request = backend.request("lambda", http::Method::PUT, &path)?;
        backend.send("lambda", request, json!({ "Enabled": is_on }).to_string().into()).await?;
        Ok(())
    }

    /// Enables or disables a trigger of the stack.
    ///
    /// # Errors
    /// If it does not exist.
    pub async fn switch_trigger(&self, logical_id: &str, is_on: bool) -> Result<(), Error> {
        self.set_trigger(&self.resource(logical_id).await?, is_on).await
    }

    /// Enables or disables a rule of the stack.
    ///
    /// # Errors
    /// If it does not exist.
    pub async fn switch_rule(&self, logical_id: &str, is_on: bool) -> Result<(), Error> {
        let id = self.resource(logical_id).await?;
        let action = if is_on { "EnableRule" } else { "DisableRule" };
        let body = json!({ "Name": RuleId::parse(&id).name });
        self.cloud.backend().json_call("events", &format!("AWSEvents.{action}"), &body).await?;
        Ok(())
    }

    /// Removes the packager's permission to start tasks.
    ///
    /// # Errors
    /// If the role does not exist.
    pub async fn break_deliveries(&self) -> Result<(), Error> {
        let statement = json!({"Effect": "Deny", "Action": "connect:StartTaskContact", "Resource": "*"});
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        let policy = percent_encode(&policy);
        self.change_packager("PutRolePolicy", &format!("&PolicyDocument={policy}")).await
    }

    /// Restores it.
    ///
    /// # Errors
    /// If the role does not exist.
    pub async fn mend_deliveries(&self) -> Result<(), Error> {
        self.change_packager("DeleteRolePolicy", "").await
    }

    async fn change_packager(&self, action: &str, more: &str) -> Result<(), Error> {
        let role = self.resource("PackagerRole").await?;
        let body = format!("Action={action}&Version=2010-05-08&RoleName={role}&PolicyName=broken{more}");
        self.form_call("iam", body).await.map(drop)
    }
}
