//! Places fragments in time and measures gaps before them.

use crate::wav::{BYTES_PER_SAMPLE, SAMPLE_RATE};

/// Shorter gaps are ignored, in milliseconds: one of Connect's blocks. Producers' clocks jitter by some
/// milliseconds, and a loss is at least a block, usually a fragment (1,024 ms).
pub const GAP_TOLERANCE_MS: u32 = 64;
/// The maximum silence inserted into one recording, in milliseconds: five minutes. Anything beyond that is a pause in
/// streaming or a wrong clock, not lost speech; it is still reported.
pub const MAX_SILENCE_MS: u32 = 300_000;

/// A clock that jumps back this far, in samples, was reset: one fragment.
const RESTART: i64 = 1024 * SAMPLES_PER_MS;
const SAMPLES_PER_MS: i64 = SAMPLE_RATE as i64 / 1000;
const NANOSECONDS_PER_SAMPLE: i64 = 1_000_000_000 / SAMPLE_RATE as i64;

/// A time span in samples, from the timecodes of one fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    start: i64,
    end: i64,
}

impl Span {
    /// A block's time: timecodes count units of `scale` nanoseconds.
    pub(crate) fn of_block(timecode: u64, relative: i16, scale: u64, audio_bytes: u64) -> Self {
        // Times beyond about 2,000 years are invalid, but must not overflow.
        const LATEST: i64 = i64::MAX / 4;
        let units = i64::try_from(timecode).unwrap_or(i64::MAX).saturating_add(relative.into());
        let nanoseconds = i64::try_from(scale).ok().and_then(|scale| units.checked_mul(scale));
        let start = nanoseconds.map_or_else(
            || {
                let samples = i128::from(units) * i128::from(scale) / i128::from(NANOSECONDS_PER_SAMPLE);
                samples.clamp(-i128::from(LATEST), i128::from(LATEST)) as i64
            },
            |nanoseconds| nanoseconds / NANOSECONDS_PER_SAMPLE,
        );
        let samples = (audio_bytes / u64::from(BYTES_PER_SAMPLE)).min(LATEST as u64) as i64;
        Self { start, end: start + samples }
    }

    /// The time from the start of the earlier to the end of the later.
    pub(crate) fn join(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// The time up to which audio or silence has been returned.
///
/// It advances by the length of fragments, not to their stated times: otherwise jitter in one direction would add
/// silence that jitter in the other does not remove. So the recording is never longer than the call. A fragment's
/// length comes from its own timecodes, so short blocks within it are not a gap.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    expected: Option<i64>,
}

impl Timeline {
    /// Places the next fragment and returns the number of missing samples before it.
    pub(crate) fn place(&mut self, span: Span, audio_bytes: usize) -> u64 {
        let mut position = self.expected.unwrap_or(span.start);
        let behind = span.start.saturating_sub(position);
        let mut missing = 0;
        if behind >= i64::from(GAP_TOLERANCE_MS) * SAMPLES_PER_MS {
            missing = behind.unsigned_abs();
            position = span.start;
        } else if behind <= -RESTART {
            position = span.start;
        }
        let audio = i64::try_from(audio_bytes).unwrap_or(i64::MAX / 4) / i64::from(BYTES_PER_SAMPLE);
        self.expected = Some(position.saturating_add((span.end - span.start).max(audio)));
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAGMENT_BYTES: usize = 16_384;

    fn fragment(start_ms: u64) -> Span {
        let last = start_ms + 960;
        Span::of_block(start_ms, 0, 1_000_000, 1024).join(Span::of_block(last, 0, 1_000_000, 1024))
    }

    fn missing_ms(starts_ms: &[u64]) -> Vec<u64> {
        let mut timeline = Timeline::default();
        starts_ms.iter().map(|start| timeline.place(fragment(*start), FRAGMENT_BYTES) / 8).collect()
    }

    #[test]
    fn consecutive_fragments_have_no_gap() {
        assert_eq!(missing_ms(&[1_782_912_654_536, 1_782_912_655_560, 1_782_912_656_584]), [0, 0, 0]);
    }

    #[test]
    fn missing_fragments_are_missing_to_the_millisecond() {
        assert_eq!(missing_ms(&[0, 1024, 4096, 5120]), [0, 0, 2048, 0]);
    }

    #[test]
    fn one_block_is_a_gap_and_less_is_jitter() {
        assert_eq!(missing_ms(&[0, 1024 + 63]), [0, 0]);
        assert_eq!(missing_ms(&[0, 1024 + 64]), [0, 64]);
    }

    #[test]
    fn jitter_never_adds_up() {
        let starts: Vec<u64> = (0..1000).map(|index| 1000 + index * 1024 + (index % 2) * 60).collect();
        assert!(missing_ms(&starts).iter().all(|missing| *missing == 0));
        let wider: Vec<u64> = (0..1000).map(|index| 1000 + index * 1024 + (index % 2) * 100).collect();
        assert_eq!(missing_ms(&wider).iter().sum::<u64>(), 100, "the recording is 100 ms longer, once");
    }

    #[test]
    fn a_slow_drift_is_filled_when_it_has_become_a_gap() {
        let starts: Vec<u64> = (0..10).map(|index| index * 1034).collect();
        assert_eq!(missing_ms(&starts), [0, 0, 0, 0, 0, 0, 0, 70, 0, 0]);
    }

    #[test]
    fn a_clock_that_starts_anew_is_no_gap_and_later_gaps_are_still_seen() {
        assert_eq!(missing_ms(&[500_000, 0, 1024, 3072]), [0, 0, 0, 1024]);
    }

    #[test]
    fn absurd_times_do_not_overflow() {
        let mut timeline = Timeline::default();
        for timecode in [0, u64::MAX, 0, u64::MAX / 2] {
            for relative in [i16::MIN, i16::MAX] {
                timeline.place(Span::of_block(timecode, relative, u64::MAX, u64::MAX), usize::MAX);
            }
        }
    }

    #[test]
    fn scale_and_relative_time_count() {
        let span = Span::of_block(1000, -20, 100_000, 24);
        assert_eq!((span.start, span.end), (784, 796), "98 ms after the start");
    }
}
