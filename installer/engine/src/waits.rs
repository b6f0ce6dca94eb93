//! What the program waits for now, so that a view that has been silent can say it.
//!
//! Every call to AWS is noted by an interceptor of its client, with the SDK's retries and waits in it. Other waits are
//! noted where they are.

use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_sdk_s3::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_types::config_bag::{Storable, StoreReplace};

static NOW: Mutex<Waits> = Mutex::new(Waits { noted: Vec::new(), next: 0 });

struct Waits {
    /// Oldest first.
    noted: Vec<(u64, String)>,
    next: u64,
}

fn waits() -> MutexGuard<'static, Waits> {
    NOW.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is waited for, to be read after "waiting for". Of several things the one that began first.
#[must_use]
pub fn now() -> Option<String> {
    waits().noted.first().map(|(_, what)| what.clone())
}

/// A wait that lasts as long as this lives.
#[derive(Debug)]
pub struct Wait(u64);

/// Notes a wait for something.
#[must_use = "the wait ends when this is dropped"]
pub fn on(what: impl Into<String>) -> Wait {
    let mut waits = waits();
    let number = waits.next;
    waits.next += 1;
    waits.noted.push((number, what.into()));
    Wait(number)
}

impl Drop for Wait {
    fn drop(&mut self) {
        waits().noted.retain(|(number, _)| *number != self.0);
    }
}

/// A call keeps its wait in its own configuration, which is dropped with the call even if nobody awaits its end.
impl Storable for Wait {
    type Storer = StoreReplace<Self>;
}

/// Notes each call of a client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Calls;

impl Intercept for Calls {
    fn name(&self) -> &'static str {
        "Calls"
    }

    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(call) = config.load::<Metadata>() {
            let wait = on(format!("{} to answer {}", call.service(), call.name()));
            config.interceptor_state().store_put(wait);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_began_first_is_told_until_it_ends() {
        // Other tests wait too, for calls.
        let ours = || {
            let told: Vec<String> = waits().noted.iter().map(|(_, what)| what.clone()).collect();
            told.into_iter().filter(|what| what.starts_with("test ")).collect::<Vec<_>>()
        };
        let first = on("test one");
        let second = on("test two");
        assert_eq!(ours(), ["test one", "test two"]);
        drop(first);
        assert_eq!(ours(), ["test two"]);
        drop(second);
        assert_eq!(ours(), [""; 0]);
    }
}
