//! Times by a service's clock: the process's may be wrong.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_s3::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use jiff::Timestamp;

/// A time of the SDK, as S3 has it: in whole seconds. None for a year that no timestamp has.
#[must_use]
pub fn timestamp(at: &DateTime) -> Option<Timestamp> {
    Timestamp::from_second(at.secs()).ok()
}

/// The `Date` header of a response, which the SDK does not expose: an interceptor of a call to any service. The last
/// attempt's counts.
#[derive(Debug, Clone, Default)]
pub struct Date(Arc<Mutex<Option<Timestamp>>>);

impl Date {
    /// When the service responded, if it said so.
    #[must_use]
    pub fn get(&self) -> Option<Timestamp> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for Date {
    fn name(&self) -> &'static str {
        "Date"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let said = context.response().headers().get("date");
        let read = said.and_then(|text| DateTime::from_str(text, DateTimeFormat::HttpDate).ok());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = read.as_ref().and_then(timestamp);
        Ok(())
    }
}
