//! Reads and changes the buckets.

use std::time::Duration;

use vmx_contract::objects::{ENDED_PREFIX, UNDELIVERED_PREFIX};
use vmx_contract::state::{Ended, Outcome, Undelivered};

use super::{Error, Site};

impl Site {
    /// The names of all buckets.
    ///
    /// # Errors
    /// If S3 does not respond.
    pub async fn buckets(&self) -> Result<Vec<String>, Error> {
        let listed = self.s3().list_buckets().send().await?;
        Ok(listed.buckets().iter().filter_map(|bucket| bucket.name()).map(str::to_owned).collect())
    }

    /// The keys in a bucket.
    ///
    /// # Errors
    /// If S3 does not respond.
    pub async fn keys(&self, bucket: &str) -> Result<Vec<String>, Error> {
        let listed = self.s3().list_objects_v2().bucket(bucket).send().await?;
        Ok(listed.contents().iter().filter_map(|object| object.key()).map(str::to_owned).collect())
    }

    /// When an object was last written.
    ///
    /// # Errors
    /// If it does not exist.
    pub async fn last_modified(&self, bucket: &str, key: &str) -> Result<String, Error> {
        let head = self.s3().head_object().bucket(bucket).key(key).send().await?;
        Ok(head.last_modified().ok_or("no time")?.to_string())
    }

    /// Writes an object.
    ///
    /// # Errors
    /// If S3 refuses it.
    pub async fn put_object(&self, bucket: &str, key: &str, bytes: impl Into<Vec<u8>>) -> Result<(), Error> {
        self.s3().put_object().bucket(bucket).key(key).body(bytes.into().into()).send().await?;
        Ok(())
    }

    /// Deletes an object.
    ///
    /// # Errors
    /// If S3 refuses it.
    pub async fn delete_object(&self, bucket: &str, key: &str) -> Result<(), Error> {
        self.s3().delete_object().bucket(bucket).key(key).send().await?;
        Ok(())
    }

    /// The voicemails that have not ended.
    ///
    /// # Errors
    /// If the state bucket does not exist.
    pub async fn undelivered(&self) -> Result<Vec<String>, Error> {
        let keys = self.keys(&self.output("StateBucket").await?).await?;
        Ok(keys.iter().filter_map(|key| key.strip_prefix(UNDELIVERED_PREFIX)).map(str::to_owned).collect())
    }

    /// Waits until these voicemails have ended as delivered.
    ///
    /// # Errors
    /// If one of them does not in time, or ends otherwise.
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
    /// If the state bucket cannot be read.
    pub async fn outcome(&self, voicemail: &str) -> Result<Option<Outcome>, Error> {
        let (bucket, key) = (self.output("StateBucket").await?, format!("{ENDED_PREFIX}{voicemail}"));
        if !self.keys(&bucket).await?.contains(&key) {
            return Ok(None);
        }
        let object = self.s3().get_object().bucket(bucket).key(key).send().await?;
        let ended: Ended = serde_json::from_slice(&object.body.collect().await?.into_bytes())?;
        Ok(Some(ended.outcome))
    }

    /// A client of S3.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.config).force_path_style(true).build();
        aws_sdk_s3::Client::from_conf(config)
    }

    /// Ages an undelivered voicemail by an hour, which is longer than any wait.
    ///
    /// # Errors
    /// If the state bucket does not exist.
    pub async fn age(&self, voicemail: &str) -> Result<(), Error> {
        const HOUR: Duration = Duration::from_hours(1);
        let since = jiff::Timestamp::now() - HOUR;
        let aged = serde_json::to_vec(&Undelivered::new(since))?;
        let bucket = self.output("StateBucket").await?;
        self.put_object(&bucket, &format!("{UNDELIVERED_PREFIX}{voicemail}"), aged).await?;
        Ok(self.cloud.age_objects(HOUR).await?)
    }
}
