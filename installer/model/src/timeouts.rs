//! How long functions may run and messages stay hidden, in seconds.

/// The time limits of the functions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    pub(crate) kvs_to_s3: u32,
    pub(crate) transcriber: u32,
    pub(crate) packager: u32,
    pub(crate) playback: u32,
    pub(crate) watchdog: u32,
}

/// The time limits of the functions.
pub(crate) const TIMEOUTS: Timeouts =
    Timeouts { kvs_to_s3: 300, transcriber: 60, packager: 120, playback: 30, watchdog: 120 };

/// How long a message stays hidden from others whose function may run so long: six times that, as AWS Lambda asks for.
/// Source: the AWS Lambda developer guide, "Creating and configuring an Amazon SQS event source mapping".
pub(crate) const fn visibility(timeout: u32) -> u32 {
    6 * timeout
}
