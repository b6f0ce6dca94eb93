//! The functions' timeouts and the queues' visibility timeouts, in seconds.

/// The functions' timeouts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    pub(crate) kvs_to_s3: u32,
    pub(crate) transcriber: u32,
    pub(crate) packager: u32,
    pub(crate) playback: u32,
    pub(crate) watchdog: u32,
}

/// The functions' timeouts.
pub(crate) const TIMEOUTS: Timeouts =
    Timeouts { kvs_to_s3: 300, transcriber: 60, packager: 120, playback: 30, watchdog: 120 };

/// A queue's visibility timeout for a function's timeout: six times, as AWS Lambda requires. Source: the AWS Lambda
/// developer guide, "Creating and configuring an Amazon SQS event source mapping".
pub(crate) const fn visibility(timeout: u32) -> u32 {
    6 * timeout
}
