//! What a person or another program changes at a site, and runs of the installer that are watched or killed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use local_cloud::backend::percent_encode;
use local_cloud::installer::Run;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use vmx_contract::objects::{ENDED_PREFIX, UNDELIVERED_PREFIX};
use vmx_contract::state::{Ended, Outcome, Undelivered};

use super::{Error, Mailbox, Site};

impl Site {
    /// Runs the installer with any arguments.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub async fn run(&self, arguments: &[&str]) -> Result<Run, Error> {
        Ok(self.installer.run(&self.cloud, arguments).await?)
    }

    /// The parameters file.
    #[must_use]
    pub fn params_file(&self) -> &str {
        self.params.to_str().unwrap_or_default()
    }

    /// Replaces the parameters: those that a site begins with, and further lines.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set_params(&self, more: &str) -> Result<(), Error> {
        let region = &self.cloud.account().region;
        let alias = self.cloud.connect().instance_alias();
        let yaml = format!("version: 1\nregion: {region}\ninstance: {alias}\n{more}");
        self.installer.write_params(&yaml)?;
        Ok(())
    }

    /// A folder with the functions' packages: that of `VMX_TEST_ARTIFACTS`, or one that they are built into.
    ///
    /// # Errors
    /// When they cannot be built.
    pub async fn packages(&self) -> Result<PathBuf, Error> {
        if let Ok(folder) = std::env::var("VMX_TEST_ARTIFACTS") {
            return Ok(folder.into());
        }
        let folder = self.cloud.directory().join("packages");
        let run = self.run(&["build", "--out", &folder.to_string_lossy()]).await?;
        if run.code == Some(0) { Ok(folder) } else { Err(format!("{run:#?}").into()) }
    }

    /// Copies packages, each with a comment in its zip: other bytes that do the same, as a newer build has.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn newer_packages(&self, packages: &Path) -> Result<PathBuf, Error> {
        const COMMENT: &[u8] = b"newer";
        let folder = self.cloud.directory().join("newer");
        std::fs::create_dir_all(&folder)?;
        for entry in std::fs::read_dir(packages)? {
            let file = entry?.path();
            let mut zip = std::fs::read(&file)?;
            // The last two bytes of a zip are the length of its comment, which follows them.
            zip.truncate(zip.len() - 2);
            zip.extend([u8::try_from(COMMENT.len())?, 0]);
            zip.extend(COMMENT);
            std::fs::write(folder.join(file.file_name().ok_or("a package without a name")?), zip)?;
        }
        Ok(folder)
    }

    /// Runs the installer until a line of what it tells contains a text, and kills it there. Gives what it told.
    ///
    /// # Errors
    /// When it ends before that.
    pub async fn run_and_kill(&self, arguments: &[&str], at: &str) -> Result<String, Error> {
        let mut child = self.installer.command(&self.cloud, arguments).stderr(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stderr.take().ok_or("no standard error")?).lines();
        let mut told = String::new();
        while let Some(line) = lines.next_line().await? {
            told = told + &line + "\n";
            if line.contains(at) {
                child.kill().await?;
                return Ok(told);
            }
        }
        Err(format!("it never said {at:?}:\n{told}").into())
    }

    /// Writes an object.
    ///
    /// # Errors
    /// When S3 refuses it.
    pub async fn put_object(&self, bucket: &str, key: &str, bytes: impl Into<Vec<u8>>) -> Result<(), Error> {
        let backend = self.cloud.backend();
        let request = backend.request("s3", http::Method::PUT, &format!("/{bucket}/{key}"))?;
        backend.send("s3", request, bytes.into().into()).await?;
        Ok(())
    }

    /// Deletes an object.
    ///
    /// # Errors
    /// When S3 refuses it.
    pub async fn delete_object(&self, bucket: &str, key: &str) -> Result<(), Error> {
        let backend = self.cloud.backend();
        let request = backend.request("s3", http::Method::DELETE, &format!("/{bucket}/{key}"))?;
        backend.send("s3", request, Vec::new().into()).await?;
        Ok(())
    }

    /// The id and the content of a flow by its name.
    ///
    /// # Errors
    /// When there is none.
    pub async fn flow(&self, name: &str) -> Result<(String, String), Error> {
        let instance = self.cloud.connect().instance_id();
        let flows = self.connect(&format!("/contact-flows-summary/{instance}?maxResults=1000")).await?;
        let flows = flows["ContactFlowSummaryList"].as_array().ok_or("no list of flows")?;
        let found =
            flows.iter().find(|flow| flow["Name"] == name).ok_or_else(|| format!("no flow {name}"))?;
        let id = found["Id"].as_str().ok_or("a flow without an id")?.to_owned();
        let described = self.connect(&format!("/contact-flows/{instance}/{id}")).await?;
        let content = described["ContactFlow"]["Content"].as_str().ok_or("a flow without content")?;
        Ok((id, content.to_owned()))
    }

    /// Creates an inbound flow, as an administrator does in the console.
    ///
    /// # Errors
    /// When Connect refuses it.
    pub async fn create_flow(&self, name: &str, content: &Value) -> Result<(), Error> {
        let path = format!("/contact-flows/{}", self.cloud.connect().instance_id());
        let body = json!({"Name": name, "Type": "CONTACT_FLOW", "Content": content.to_string()});
        self.connect_call(http::Method::PUT, &path, &body).await
    }

    /// The id of a flow module by its name.
    ///
    /// # Errors
    /// When there is none.
    pub async fn module(&self, name: &str) -> Result<String, Error> {
        let path = "contact-flow-modules-summary";
        let modules = self.listed(path, "ContactFlowModulesSummaryList", name).await?;
        Ok(modules["Id"].as_str().ok_or("a module without an id")?.to_owned())
    }

    /// The ARN of a queue by its name.
    ///
    /// # Errors
    /// When there is none.
    pub async fn queue(&self, name: &str) -> Result<String, Error> {
        let queue = self.listed("queues-summary", "QueueSummaryList", name).await?;
        Ok(queue["Arn"].as_str().ok_or("a queue without an ARN")?.to_owned())
    }

    async fn listed(&self, path: &str, list: &str, name: &str) -> Result<Value, Error> {
        let path = format!("/{path}/{}?maxResults=1000", self.cloud.connect().instance_id());
        let answer = self.connect(&path).await?;
        let all = answer[list].as_array().ok_or("no list")?;
        let found = all.iter().find(|one| one["Name"] == name);
        Ok(found.ok_or_else(|| format!("there is no {name}"))?.clone())
    }

    /// Publishes other content of a flow, as an administrator does in the console.
    ///
    /// # Errors
    /// When Connect refuses it.
    pub async fn edit_flow(&self, id: &str, content: &str) -> Result<(), Error> {
        self.change_flow(id, "content", &json!({ "Content": content })).await
    }

    /// Gives a flow another name.
    ///
    /// # Errors
    /// When Connect refuses it.
    pub async fn rename_flow(&self, id: &str, name: &str) -> Result<(), Error> {
        self.change_flow(id, "name", &json!({ "Name": name })).await
    }

    async fn change_flow(&self, id: &str, what: &str, body: &Value) -> Result<(), Error> {
        let instance = self.cloud.connect().instance_id();
        self.connect_call(http::Method::POST, &format!("/contact-flows/{instance}/{id}/{what}"), body).await
    }

    /// Lets a claimed phone number lead to a flow.
    ///
    /// # Errors
    /// When Connect refuses it.
    pub async fn lead_number_to(&self, number: &str, flow: &str) -> Result<(), Error> {
        let id = self.number_id(number).await?;
        let body = json!({"InstanceId": self.cloud.connect().instance_id(), "ContactFlowId": flow});
        self.connect_call(http::Method::PUT, &format!("/phone-number/{id}/contact-flow"), &body).await
    }

    /// The ARN of the flow that a claimed phone number leads to.
    ///
    /// # Errors
    /// When it leads nowhere.
    pub async fn flow_of_number(&self, number: &str) -> Result<String, Error> {
        let id = self.number_id(number).await?;
        let instance = self.cloud.connect().instance_id();
        let listed = self.connect(&format!("/flow-associations-summary/{instance}")).await?;
        let associations =
            listed["FlowAssociationSummaryList"].as_array().ok_or("no list of associations")?;
        let found = associations
            .iter()
            .find(|one| one["ResourceId"].as_str().is_some_and(|arn| arn.ends_with(&format!("/{id}"))));
        let flow = found.and_then(|association| association["FlowId"].as_str());
        Ok(flow.ok_or_else(|| format!("{number} leads nowhere"))?.to_owned())
    }

    async fn number_id(&self, number: &str) -> Result<String, Error> {
        let endpoint = self.endpoint();
        let request = endpoint.request("connect", http::Method::POST, "/phone-number/list")?;
        let answer = endpoint.send("connect", request, b"{}".to_vec().into()).await?;
        let numbers: Value = serde_json::from_slice(answer.body())?;
        let numbers = numbers["ListPhoneNumbersSummaryList"].as_array().ok_or("no list of numbers")?;
        let claimed = numbers.iter().find(|claimed| claimed["PhoneNumber"] == number);
        let id = claimed.and_then(|claimed| claimed["PhoneNumberId"].as_str());
        Ok(id.ok_or_else(|| format!("no number {number}"))?.to_owned())
    }

    async fn connect_call(&self, method: http::Method, path: &str, body: &Value) -> Result<(), Error> {
        let endpoint = self.endpoint();
        let request = endpoint.request("connect", method, path)?.header("content-type", "application/json");
        endpoint.send("connect", request, body.to_string().into_bytes().into()).await?;
        Ok(())
    }

    /// Sets an attribute of a queue, as somebody in the console might.
    ///
    /// # Errors
    /// When the queue is not there.
    pub async fn set_queue(&self, mailbox: Mailbox, attribute: &str, value: &str) -> Result<(), Error> {
        let queue = self.output(mailbox.output()).await?;
        let body = json!({"QueueUrl": queue, "Attributes": {attribute: value}});
        self.cloud.backend().json_call("sqs", "AmazonSQS.SetQueueAttributes", &body).await?;
        Ok(())
    }

    /// The names of the log groups that begin so.
    ///
    /// # Errors
    /// When CloudWatch Logs does not answer.
    pub async fn log_groups(&self, beginning: &str) -> Result<Vec<String>, Error> {
        let body = json!({ "logGroupNamePrefix": beginning });
        let answer = self.cloud.backend().json_call("logs", "Logs_20140328.DescribeLogGroups", &body).await?;
        let groups = answer["logGroups"].as_array().ok_or("no list of log groups")?;
        Ok(groups.iter().filter_map(|group| group["logGroupName"].as_str().map(str::to_owned)).collect())
    }

    /// SHA-256 of a file, by which its package is named in the artifact bucket.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn sha256(&self, file: &Path) -> Result<String, Error> {
        let digest = Sha256::digest(std::fs::read(file)?);
        Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// How often the stack has changed: the number of its events.
    ///
    /// # Errors
    /// When CloudFormation does not answer.
    pub async fn stack_events(&self) -> Result<usize, Error> {
        let body = format!("Action=DescribeStackEvents&Version=2010-05-15&StackName={}", super::STACK);
        Ok(super::texts(&self.form_call("cloudformation", body).await?, "EventId").len())
    }

    /// The stack's status.
    ///
    /// # Errors
    /// When there is no stack.
    pub async fn stack_status(&self) -> Result<String, Error> {
        let body = format!("Action=DescribeStacks&Version=2010-05-15&StackName={}", super::STACK);
        let answer = self.form_call("cloudformation", body).await?;
        super::texts(&answer, "StackStatus").pop().ok_or_else(|| "no status".into())
    }

    /// The functions by name, each with the hash of its code and its environment.
    ///
    /// # Errors
    /// When Lambda does not answer.
    pub async fn functions(&self) -> Result<BTreeMap<String, (Value, Value)>, Error> {
        let listed: Value = serde_json::from_str(&self.get("lambda", "/2015-03-31/functions").await?)?;
        let functions = listed["Functions"].as_array().ok_or("no list of functions")?;
        let one = |function: &Value| {
            let name = function["FunctionName"].as_str().unwrap_or_default().to_owned();
            (name, (function["CodeSha256"].clone(), function["Environment"].clone()))
        };
        Ok(functions.iter().map(one).collect())
    }

    /// Disables whatever invokes functions, as somebody in the console might.
    ///
    /// # Errors
    /// When Lambda does not answer.
    pub async fn disable_triggers(&self) -> Result<(), Error> {
        let path = "/2015-03-31/event-source-mappings";
        let mappings: Value = serde_json::from_str(&self.get("lambda", path).await?)?;
        for mapping in mappings["EventSourceMappings"].as_array().ok_or("no list of mappings")? {
            let id = mapping["UUID"].as_str().ok_or("a mapping without an id")?;
            self.disable_trigger(id).await?;
        }
        Ok(())
    }

    /// Takes the instance's media streams away, as somebody in the console might.
    ///
    /// # Errors
    /// When Connect does not answer.
    pub async fn forget_media_streams(&self) -> Result<(), Error> {
        let configs = format!("/instance/{}/storage-config", self.cloud.connect().instance_id());
        let answer = self.connect(&format!("{configs}s?resourceType=MEDIA_STREAMS")).await?;
        let id = answer["StorageConfigs"][0]["AssociationId"].as_str().ok_or("there are none")?;
        let endpoint = self.endpoint();
        let path = format!("{configs}/{id}?resourceType=MEDIA_STREAMS");
        let request = endpoint.request("connect", http::Method::DELETE, &path)?;
        endpoint.send("connect", request, Vec::new().into()).await?;
        Ok(())
    }

    /// Switches an alarm of the stack on or off.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn set_alarm(&self, logical_id: &str, is_on: bool) -> Result<(), Error> {
        let state = if is_on { "ALARM" } else { "OK" };
        let alarm = self.resource(logical_id).await?;
        let body = json!({"AlarmName": alarm, "StateValue": state, "StateReason": "a test"});
        let target = "GraniteServiceVersion20100801.SetAlarmState";
        self.cloud.backend().json_call("monitoring", target, &body).await?;
        Ok(())
    }

    /// Disables an event source mapping, as somebody could in the console.
    ///
    /// # Errors
    /// When it is not there.
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

    /// Switches a trigger of the stack on or off.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn switch_trigger(&self, logical_id: &str, is_on: bool) -> Result<(), Error> {
        self.set_trigger(&self.resource(logical_id).await?, is_on).await
    }

    /// Switches a rule of the stack on or off.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn switch_rule(&self, logical_id: &str, is_on: bool) -> Result<(), Error> {
        let id = self.resource(logical_id).await?;
        let name = id.rsplit(['|', '/']).next().unwrap_or_default();
        let action = if is_on { "EnableRule" } else { "DisableRule" };
        let body = json!({ "Name": name });
        self.cloud.backend().json_call("events", &format!("AWSEvents.{action}"), &body).await?;
        Ok(())
    }

    /// Has a voicemail stood still for an hour, which is longer than anything is waited for.
    ///
    /// # Errors
    /// When the state bucket is not there.
    pub async fn age(&self, voicemail: &str) -> Result<(), Error> {
        const HOUR: Duration = Duration::from_hours(1);
        let since = jiff::Timestamp::now() - HOUR;
        let aged = serde_json::to_vec(&Undelivered::new(since))?;
        let bucket = self.output("StateBucket").await?;
        self.put_object(&bucket, &format!("{UNDELIVERED_PREFIX}{voicemail}"), aged).await?;
        Ok(self.cloud.age_objects(HOUR).await?)
    }

    /// The voicemails that have not ended.
    ///
    /// # Errors
    /// When the state bucket is not there.
    pub async fn undelivered(&self) -> Result<Vec<String>, Error> {
        let keys = self.keys(&self.output("StateBucket").await?).await?;
        Ok(keys.iter().filter_map(|key| key.strip_prefix(UNDELIVERED_PREFIX)).map(str::to_owned).collect())
    }

    /// Waits until these voicemails have ended as delivered.
    ///
    /// # Errors
    /// When one of them does not in time, or ends otherwise.
    pub async fn delivered<T: AsRef<str>>(&self, voicemails: &[T]) -> Result<(), Error> {
        for voicemail in voicemails.iter().map(AsRef::as_ref) {
            let ended = async || Ok(self.outcome(voicemail).await?.is_some());
            self.until(&format!("{voicemail} has ended"), ended).await?;
            let outcome = self.outcome(voicemail).await?;
            if outcome != Some(Outcome::Delivered) {
                return Err(format!("{voicemail} ended as {outcome:?}").into());
            }
        }
        Ok(())
    }

    /// How a voicemail has ended; `None` if it has not.
    ///
    /// # Errors
    /// When the state bucket cannot be read.
    pub async fn outcome(&self, voicemail: &str) -> Result<Option<Outcome>, Error> {
        let (bucket, key) = (self.output("StateBucket").await?, format!("{ENDED_PREFIX}{voicemail}"));
        if !self.keys(&bucket).await?.contains(&key) {
            return Ok(None);
        }
        let ended: Ended = serde_json::from_str(&self.get("s3", &format!("/{bucket}/{key}")).await?)?;
        Ok(Some(ended.outcome))
    }

    /// Takes away the packager's permission to start tasks.
    ///
    /// # Errors
    /// When the role is not there.
    pub async fn break_deliveries(&self) -> Result<(), Error> {
        let statement = json!({"Effect": "Deny", "Action": "connect:StartTaskContact", "Resource": "*"});
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        let policy = percent_encode(&policy, "");
        self.change_packager("PutRolePolicy", &format!("&PolicyDocument={policy}")).await
    }

    /// Gives it back.
    ///
    /// # Errors
    /// When the role is not there.
    pub async fn mend_deliveries(&self) -> Result<(), Error> {
        self.change_packager("DeleteRolePolicy", "").await
    }

    async fn change_packager(&self, action: &str, more: &str) -> Result<(), Error> {
        let role = self.resource("PackagerRole").await?;
        let body = format!("Action={action}&Version=2010-05-08&RoleName={role}&PolicyName=broken{more}");
        self.form_call("iam", body).await.map(drop)
    }
}
