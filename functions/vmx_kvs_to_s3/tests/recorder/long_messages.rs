//! Messages that do not fit into one part, one page or one call.

use std::time::Duration;

use tokio::time::Instant;

use crate::world::{RECORDING, World, speech};
use crate::{done, wav};

/// Three parts: 11.6 minutes.
const LONG: usize = 11 << 20;

#[tokio::test(start_paused = true)]
async fn a_long_message_is_uploaded_in_parts() {
    let pcm = speech(LONG);
    let world = World::with(&pcm);
    assert_eq!(world.stream(&[world.record()]).await, done());
    let state = world.state();
    let object = &state.buckets.objects[RECORDING];
    assert!(object.body == wav(&pcm), "the recording is what the caller said");
    assert_eq!((object.content_type.as_str(), object.metadata["vm-lang"].as_str()), ("audio/wav", "en-GB"));
    drop(state);
    let parts = world.aws.calls_of("s3:UploadPart");
    let numbers: Vec<&str> = parts.iter().map(|call| call.query["partNumber"].as_str()).collect();
    assert_eq!(numbers, ["2", "3", "1"], "the first part waits for the header");
    assert_eq!(world.aws.calls_of("s3:CompleteMultipartUpload")[0].headers["if-none-match"], "*");
}

#[tokio::test(start_paused = true)]
async fn twenty_minutes_are_taken_by_an_s3_that_compares_checksums() {
    let pcm = speech(20 * 60 * 16_000);
    let world = World::with(&pcm);
    assert_eq!(world.stream(&[world.record()]).await, done());
    assert!(
        world.state().buckets.objects[RECORDING].body == wav(&pcm),
        "the recording is what the caller said"
    );
    let begun = &world.aws.calls_of("s3:CreateMultipartUpload")[0];
    assert_eq!(begun.headers["x-amz-checksum-algorithm"], "CRC32");
    let parts = world.aws.calls_of("s3:UploadPart");
    assert_eq!(parts.len(), 4);
    assert!(parts.iter().all(|call| call.headers.contains_key("x-amz-checksum-crc32")));
    let list =
        String::from_utf8_lossy(&world.aws.calls_of("s3:CompleteMultipartUpload")[0].body).into_owned();
    assert_eq!(list.matches("<ChecksumCRC32>").count(), 4, "{list}");
}

#[tokio::test(start_paused = true)]
async fn lists_are_paged_and_calls_are_paced() {
    let pcm = speech(1200 * 16_384);
    let world = World::with(&pcm);
    let start = Instant::now();
    assert_eq!(world.stream(&[world.record()]).await, done());
    assert!(world.state().buckets.objects[RECORDING].body == wav(&pcm));
    assert_eq!(world.aws.calls_of("kinesisvideo:ListFragments").len(), 2);
    let asked: Vec<usize> = world
        .aws
        .calls_of("kinesisvideo:GetMediaForFragmentList")
        .iter()
        .map(|call| call.json()["Fragments"].as_array().unwrap().len())
        .collect();
    assert_eq!(asked, [500, 500, 200]);
    let taken = start.elapsed();
    assert!(taken >= Duration::from_secs(2) && taken < Duration::from_secs(3), "{taken:?}");
}

#[tokio::test(start_paused = true)]
async fn media_in_another_order_is_asked_for_in_smaller_pieces() {
    let pcm = speech(60 * 16_384);
    let world = World::with(&pcm);
    world.state().keeps_order_up_to = Some(16);
    assert_eq!(world.stream(&[world.record()]).await, done());
    assert!(world.state().buckets.objects[RECORDING].body == wav(&pcm));
    assert_eq!(world.aws.calls_of("kinesisvideo:GetMediaForFragmentList").len(), 1 + 4);
}

#[tokio::test(start_paused = true)]
async fn media_that_breaks_off_leaves_nothing_behind() {
    let world = World::with(&speech(LONG));
    world.state().breaks_off = Some((1, 3_000_000));
    assert_eq!(world.stream(&[world.record()]).await, done());
    assert_eq!(world.aws.calls_of("s3:AbortMultipartUpload").len(), 1);
    let state = world.state();
    assert!(state.bucket("recordings").is_empty() && state.buckets.uploads.is_empty());
    assert!(state.queue[0].1.contains("was cut off: connection reset by peer"), "{}", state.queue[0].1);
}

#[tokio::test(start_paused = true)]
async fn a_part_that_is_refused_leaves_nothing_behind() {
    let world = World::with(&speech(LONG));
    world.state().errors = vec![("s3:UploadPart", 9, 403, "AccessDenied")];
    assert_eq!(world.stream(&[world.record()]).await, done());
    let state = world.state();
    assert!(state.bucket("recordings").is_empty() && state.buckets.uploads.is_empty());
    assert!(state.queue[0].1.contains("s3:UploadPart failed: AccessDenied"), "{}", state.queue[0].1);
}
