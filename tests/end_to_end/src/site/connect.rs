//! Reads the instance and changes it like an administrator.

use local_cloud::backend::Backend;
use serde_json::{Value, json};

use super::{Error, STACK, Site};

impl Site {
    /// The attributes of a contact.
    ///
    /// # Errors
    /// If Connect does not know it.
    pub async fn attributes(&self, contact_id: &str) -> Result<Value, Error> {
        let path = format!("/contact/attributes/{}/{contact_id}", self.cloud.connect().instance_id());
        Ok(self.connect(&path).await?["Attributes"].clone())
    }

    /// The names of the flows and modules that the installer created, sorted.
    ///
    /// # Errors
    /// If Connect does not respond.
    pub async fn flows_of_ours(&self) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for (path, list) in [
            ("contact-flows-summary", "ContactFlowSummaryList"),
            ("contact-flow-modules-summary", "ContactFlowModulesSummaryList"),
        ] {
            let path = format!("/{path}/{}?maxResults=1000", self.cloud.connect().instance_id());
            let flows = self.connect(&path).await?;
            let flows = flows[list].as_array().ok_or("no list of flows")?;
            let all = flows.iter().filter_map(|flow| flow["Name"].as_str().map(str::to_owned));
            names.extend(all.filter(|name| name.starts_with(STACK)));
        }
        names.sort();
        Ok(names)
    }

    /// The kinds of storage that are configured for contact records and media.
    ///
    /// # Errors
    /// If Connect does not respond.
    pub async fn storage_configs(&self) -> Result<Vec<String>, Error> {
        let mut found = Vec::new();
        for kind in ["CONTACT_TRACE_RECORDS", "MEDIA_STREAMS"] {
            let instance = self.cloud.connect().instance_id();
            let answer =
                self.connect(&format!("/instance/{instance}/storage-configs?resourceType={kind}")).await?;
            let configs = answer["StorageConfigs"].as_array().ok_or("no list of storage configs")?;
            found.extend(configs.iter().map(|_| kind.to_owned()));
        }
        Ok(found)
    }

    /// The ID and content of the flow with this name.
    ///
    /// # Errors
    /// If there is none.
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

    /// Creates an inbound flow.
    ///
    /// # Errors
    /// If Connect refuses it.
    pub async fn create_flow(&self, name: &str, content: &Value) -> Result<(), Error> {
        let path = format!("/contact-flows/{}", self.cloud.connect().instance_id());
        let body = json!({"Name": name, "Type": "CONTACT_FLOW", "Content": content.to_string()});
        self.connect_call(http::Method::PUT, &path, &body).await
    }

    /// The ID of the flow module with this name.
    ///
    /// # Errors
    /// If there is none.
    pub async fn module(&self, name: &str) -> Result<String, Error> {
        let path = "contact-flow-modules-summary";
        let modules = self.listed(path, "ContactFlowModulesSummaryList", name).await?;
        Ok(modules["Id"].as_str().ok_or("a module without an id")?.to_owned())
    }

    /// The ARN of the queue with this name.
    ///
    /// # Errors
    /// If there is none.
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

    /// Publishes new content of a flow.
    ///
    /// # Errors
    /// If Connect refuses it.
    pub async fn edit_flow(&self, id: &str, content: &str) -> Result<(), Error> {
        self.change_flow(id, "content", &json!({ "Content": content })).await
    }

    /// Renames a flow.
    ///
    /// # Errors
    /// If Connect refuses it.
    pub async fn rename_flow(&self, id: &str, name: &str) -> Result<(), Error> {
        self.change_flow(id, "name", &json!({ "Name": name })).await
    }

    async fn change_flow(&self, id: &str, what: &str, body: &Value) -> Result<(), Error> {
        let instance = self.cloud.connect().instance_id();
        self.connect_call(http::Method::POST, &format!("/contact-flows/{instance}/{id}/{what}"), body).await
    }

    /// Assigns a claimed phone number to a flow.
    ///
    /// # Errors
    /// If Connect refuses it.
    pub async fn lead_number_to(&self, number: &str, flow: &str) -> Result<(), Error> {
        let id = self.number_id(number).await?;
        let body = json!({"InstanceId": self.cloud.connect().instance_id(), "ContactFlowId": flow});
        self.connect_call(http::Method::PUT, &format!("/phone-number/{id}/contact-flow"), &body).await
    }

    /// The ARN of the flow that answers a claimed phone number.
    ///
    /// # Errors
    /// If there is none.
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

    /// Removes the instance's media streaming configuration.
    ///
    /// # Errors
    /// If Connect does not respond.
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

    /// Has the instance store call recordings in a new bucket, with keys that start with `prefix`.
    ///
    /// # Errors
    /// If S3 or Connect refuses.
    pub async fn store_call_recordings(&self, bucket: &str, prefix: &str) -> Result<(), Error> {
        self.s3().create_bucket().bucket(bucket).send().await?;
        let config = json!({"StorageType": "S3", "S3Config": {"BucketName": bucket, "BucketPrefix": prefix}});
        self.store("CALL_RECORDINGS", &config).await
    }

    /// Has the instance store something, such as `CONTACT_TRACE_RECORDS`, in a place.
    ///
    /// # Errors
    /// If Connect refuses.
    pub async fn store(&self, what: &str, config: &Value) -> Result<(), Error> {
        let path = format!("/instance/{}/storage-config", self.cloud.connect().instance_id());
        let body = json!({"ResourceType": what, "StorageConfig": config});
        self.connect_call(http::Method::PUT, &path, &body).await
    }

    pub(super) async fn connect(&self, path: &str) -> Result<Value, Error> {
        let endpoint = self.endpoint();
        let request = endpoint.request("connect", http::Method::GET, path)?;
        Ok(serde_json::from_slice(endpoint.send("connect", request, Vec::new().into()).await?.body())?)
    }

    async fn connect_call(&self, method: http::Method, path: &str, body: &Value) -> Result<(), Error> {
        let endpoint = self.endpoint();
        let request = endpoint.request("connect", method, path)?.header("content-type", "application/json");
        endpoint.send("connect", request, body.to_string().into_bytes().into()).await?;
        Ok(())
    }

    /// A client of the endpoint, with the account's credentials.
    pub(super) fn endpoint(&self) -> Backend {
        let cloud = &self.cloud;
        Backend::new(cloud.endpoint(), cloud.credentials().clone(), cloud.account().region.as_str())
    }
}
