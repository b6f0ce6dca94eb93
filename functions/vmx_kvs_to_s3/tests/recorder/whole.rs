//! A message is read whole, or it is told that it is not.

use jiff::SignedDuration;
use tokio::time::Instant;
use vmx_contract::voicemail::Warning;

use crate::world::{CONTACT, RECORDING, World, fragment, fragments, speech};
use crate::{done, stored_voicemail, wav};

#[tokio::test(start_paused = true)]
async fn the_last_fragment_is_waited_for() {
    let pcm = speech(40_000);
    let world = World::with(&pcm);
    world.state().unlisted = vec![3, 1, 1];
    assert_eq!(world.stream(&[world.record()]).await, done());
    assert!(world.state().buckets.objects[RECORDING].body == wav(&pcm));
    assert_eq!(world.aws.calls_of("kinesisvideo:ListFragments").len(), 4);
}

/// Whether a fragment may still come is a question of the service's time.
#[tokio::test(start_paused = true)]
async fn a_wrong_clock_costs_no_word() {
    for hours in [2, -2] {
        let pcm = speech(40_000);
        let mut world = World::with(&pcm);
        world.ahead = SignedDuration::from_hours(hours);
        world.state().unlisted = vec![1, 1];
        assert_eq!(world.stream(&[world.record()]).await, done());
        assert!(world.state().buckets.objects[RECORDING].body == wav(&pcm), "{hours}");
        assert_eq!(stored_voicemail(&world).warnings, []);
        // What is not there after half an hour does not come any more.
        let mut world = World::with(&pcm).later();
        world.ahead = SignedDuration::from_hours(hours);
        world.state().unlisted = vec![1; 99];
        assert_eq!(world.stream(&[world.record()]).await, done());
        assert_eq!(stored_voicemail(&world).warnings, [Warning::AudioGaps], "{hours}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_fragments_are_waited_for_too() {
    let pcm = speech(6 * 16_384);
    let world = World::with(&pcm);
    world.state().unlisted_at_first = vec![4, 4, 1];
    assert_eq!(world.stream(&[world.record()]).await, done());
    assert!(world.state().buckets.objects[RECORDING].body == wav(&pcm), "six seconds, not two");
    assert_eq!(stored_voicemail(&world).warnings, []);
    assert_eq!(world.aws.calls_of("kinesisvideo:ListFragments").len(), 4);
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_is_an_error_while_it_may_come_and_a_warning_after() {
    let pcm = speech(6 * 16_384);
    let second = |n: usize| &pcm[n * 16_384..(n + 1) * 16_384];
    let silence = vec![0; 16_384];
    let rest_of = |kept: &[Option<usize>]| {
        kept.iter().map(|n| n.map_or(silence.as_slice(), second)).collect::<Vec<_>>().concat()
    };
    for (lost, named, rest) in [
        (0..4, "its first fragment, 9134385233318155", rest_of(&[Some(4), Some(5)])),
        (0..1, "its first fragment, 9134385233318155", pcm[16_384..].to_vec()),
        (5..6, "its last fragment, 9134385233318155", pcm[..5 * 16_384].to_vec()),
        (1..6, "its last fragment, 9134385233318155", rest_of(&[Some(0)])),
        (
            2..3,
            "audio after its fragment 9134385233318155",
            rest_of(&[Some(0), Some(1), None, Some(3), Some(4), Some(5)]),
        ),
    ] {
        let world = World::with(&pcm);
        let record = world.record();
        let kept = 6 - lost.len();
        world.state().stream.drain(lost.clone());
        let start = Instant::now();
        assert_eq!(world.stream(std::slice::from_ref(&record)).await, done());
        let waited = start.elapsed().as_secs();
        assert!((20..=31).contains(&waited), "{waited}");
        {
            let state = world.state();
            assert!(state.bucket("recordings").is_empty());
            let reason = &state.queue[0].1;
            assert!(reason.contains(named) && reason.contains(&format!("only {kept} of its")), "{reason}");
        }

        let world = world.later();
        let start = Instant::now();
        assert_eq!(world.queue(&record).await, done());
        assert_eq!(start.elapsed().as_secs(), 0, "there is nothing to wait for");
        assert!(world.state().buckets.objects[RECORDING].body == wav(&rest), "{lost:?}");
        assert_eq!(stored_voicemail(&world).warnings, [Warning::AudioGaps], "{lost:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_keeps_nothing_names_its_retention_and_is_never_an_empty_recording() {
    for world in [World::with(&speech(40_000)), World::with(&speech(40_000)).later()] {
        let record = world.record();
        world.state().stream.clear();
        assert_eq!(world.stream(&[record]).await, done());
        let state = world.state();
        assert!(state.bucket("recordings").is_empty());
        let reason = &state.queue[0].1;
        assert!(
            reason.contains("lists no fragments") && reason.contains("was 0 when Connect created it"),
            "{reason}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_last_fragment_without_a_cluster_belongs_to_the_message() {
    let pcm = speech(3 * 16_384);
    for places in [vec![3], vec![3, 4]] {
        let world = World::with(&pcm);
        world.state().stream.extend(places.into_iter().map(|place| fragment(&[], CONTACT, place)));
        assert_eq!(world.stream(&[world.record()]).await, done());
        assert!(world.state().buckets.objects[RECORDING].body == wav(&pcm), "silence of no length");
        assert_eq!(stored_voicemail(&world).warnings, []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_without_any_cluster_is_no_empty_recording() {
    let world = World::with(&[]);
    world.state().stream = vec![fragment(&[], CONTACT, 0)];
    let record = world.record();
    assert_eq!(world.stream(std::slice::from_ref(&record)).await, done());
    let reason = world.state().queue[0].1.clone();
    assert!(reason.contains("have no audio of the caller"), "{reason}");
    let short = record
        .replace("\"StopTimestamp\":\"2024-01-26T03:08:12Z\"", "\"StopTimestamp\":\"2024-01-26T03:07:42Z\"");
    assert_ne!(short, record);
    assert_eq!(world.queue(&short).await, done());
    assert_eq!(world.state().outcome(CONTACT).as_deref(), Some("nothing_said"));
}

#[tokio::test(start_paused = true)]
async fn a_fragment_without_a_cluster_in_the_middle_is_silence_of_its_length() {
    let (one, two) = (speech(16_384), speech(2 * 16_384)[16_384..].to_vec());
    let world = World::with(&one);
    let rest = fragments(&two, CONTACT, 2);
    world.state().stream.push(fragment(&[], CONTACT, 1));
    world.state().stream.extend(rest);
    assert_eq!(world.stream(&[world.record()]).await, done());
    assert!(world.state().buckets.objects[RECORDING].body == wav(&[one, vec![0; 16_384], two].concat()));
}
