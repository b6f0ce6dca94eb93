//! A media producer that replaces a call: a stream with a name like Connect's, and its fragments.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sdk_kinesisvideo::Client;
use aws_sdk_kinesisvideo::types::{ApiName, Status};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use end_to_end::Error;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client as Http;
use hyper_util::rt::TokioExecutor;
use kvs_writer::{FROM_CUSTOMER, Fragment, Layout, Track, split, write_fragment};
use serde_json::{Deserializer, Value};

/// The time limit for a new stream to become active.
const PATIENCE: Duration = Duration::from_secs(120);

/// A stream for one test, which must be [deleted](Self::delete).
pub(crate) struct Stream {
    client: Client,
    pub(crate) arn: String,
}

/// The stored audio.
pub(crate) struct Stored {
    /// The numbers of the first and last fragment.
    pub(crate) fragments: (String, String),
}

impl Stream {
    /// Creates it with a day's retention, and waits until it is active.
    pub(crate) async fn create(config: &SdkConfig, name: &str) -> Result<Self, Error> {
        let client = Client::new(config);
        let made = client.create_stream().stream_name(name).data_retention_in_hours(24).send().await?;
        let arn = made.stream_arn().ok_or("a stream without an ARN")?.to_owned();
        let stream = Self { client, arn };
        let active = async {
            loop {
                let info = stream.client.describe_stream().stream_arn(&stream.arn).send().await?;
                if info.stream_info().and_then(|info| info.status()) == Some(&Status::Active) {
                    return Ok::<_, Error>(());
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        };
        tokio::time::timeout(PATIENCE, active).await??;
        Ok(stream)
    }

    /// Stores a caller's voice: s16le, 8 kHz, mono. Its first sample was spoken at `start_ms` since 1970.
    pub(crate) async fn store(
        &self,
        config: &SdkConfig,
        contact_id: &str,
        instance_id: &str,
        start_ms: u64,
        pcm: &[u8],
    ) -> Result<Stored, Error> {
        let asked = self.client.get_data_endpoint().stream_arn(&self.arn).api_name(ApiName::PutMedia);
        let endpoint = asked.send().await?.data_endpoint().ok_or("no data endpoint")?.to_owned();
        let mut numbers = Vec::new();
        for (offset_ms, pcm) in split(pcm) {
            let fragment = Fragment {
                number: "",
                producer_timestamp_ms: start_ms + offset_ms,
                server_timestamp_ms: 0,
                contact_id,
                instance_id,
                tracks: &[Track { number: 1, name: FROM_CUSTOMER, pcm }],
            };
            let mut document = Vec::new();
            write_fragment(&fragment, &Layout { service_tags: false, ..Layout::default() }, &mut document);
            numbers.push(self.put(config, &endpoint, start_ms + offset_ms, document.into()).await?);
        }
        let fragments = numbers.first().cloned().zip(numbers.last().cloned());
        Ok(Stored { fragments: fragments.ok_or("nothing was spoken")? })
    }

    /// Sends one fragment in one PutMedia session and returns its number.
    /// Source: Amazon Kinesis Video Streams developer guide, PutMedia. The body is not signed.
    async fn put(
        &self,
        config: &SdkConfig,
        endpoint: &str,
        start_ms: u64,
        document: Bytes,
    ) -> Result<String, Error> {
        let provider = config.credentials_provider().ok_or("no credentials")?;
        let identity = provider.provide_credentials().await?.into();
        let region = config.region().ok_or("no region")?.to_string();
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(format!("{endpoint}/putMedia"))
            .header("x-amzn-stream-arn", &self.arn)
            .header("x-amzn-fragment-timecode-type", "ABSOLUTE")
            .header("x-amzn-producer-start-timestamp", format!("{}.{:03}", start_ms / 1000, start_ms % 1000))
            .body(Full::new(document))?;
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&region)
            .name("kinesisvideo")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let headers = request.headers().iter();
        let headers: Vec<_> =
            headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
        let uri = request.uri().to_string();
        let signable = SignableRequest::new("POST", uri, headers.into_iter(), SignableBody::Bytes(&[]))?;
        let (instructions, _) = sign(signable, &parameters)?.into_parts();
        instructions.apply_to_request_http1x(&mut request);

        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_native_roots()?
            .https_or_http()
            .enable_http1()
            .build();
        let answer = Http::builder(TokioExecutor::new()).build(connector).request(request).await?;
        let (status, body) = (answer.status(), answer.into_body().collect().await?.to_bytes());
        if !status.is_success() {
            return Err(format!("PutMedia: {status}: {}", String::from_utf8_lossy(&body)).into());
        }
        let acknowledgements: Vec<Value> =
            Deserializer::from_slice(&body).into_iter().collect::<Result<_, _>>()?;
        let persisted = acknowledgements.iter().find(|it| it["EventType"] == "PERSISTED");
        let number = persisted.and_then(|it| it["FragmentNumber"].as_str());
        number
            .map(str::to_owned)
            .ok_or_else(|| format!("the fragment was not kept: {acknowledgements:?}").into())
    }

    /// Deletes it.
    pub(crate) async fn delete(&self) -> Result<(), Error> {
        self.client.delete_stream().stream_arn(&self.arn).send().await?;
        Ok(())
    }
}
