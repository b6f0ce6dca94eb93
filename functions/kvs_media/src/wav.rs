//! The format of the audio, and its WAV header.

/// Samples per second.
pub const SAMPLE_RATE: u32 = 8000;
/// Bits in a sample: signed, little-endian.
pub const BITS_PER_SAMPLE: u16 = 16;
/// Channels: mono.
pub const CHANNELS: u16 = 1;
/// Bytes of audio in one millisecond.
pub const BYTES_PER_MS: u32 = SAMPLE_RATE * BYTES_PER_SAMPLE / 1000;
/// Bytes of the header from [`wav_header`].
pub const WAV_HEADER_BYTES: usize = 44;
/// The maximum audio in a WAV file, in bytes: its sizes are 32-bit numbers, and the outer one includes 36 bytes of the
/// header. Whole samples; about 74 hours.
pub const MAX_PCM_BYTES: u32 = u32::MAX - 37;

pub(crate) const BYTES_PER_SAMPLE: u32 = BITS_PER_SAMPLE as u32 / 8;

/// The header of a WAV file (RIFF, one `fmt ` chunk of 16 bytes, one `data` chunk), to be followed by `pcm_bytes`
/// bytes of 8 kHz, mono, signed 16-bit little-endian audio.
///
/// Sizes over [`MAX_PCM_BYTES`] cannot be expressed and are capped.
pub fn wav_header(pcm_bytes: u32) -> [u8; WAV_HEADER_BYTES] {
    const FORMAT_CHUNK_BYTES: u32 = 16;
    const FORMAT_PCM: u16 = 1;
    let mut header = [0; WAV_HEADER_BYTES];
    let mut end = 0;
    let mut put = |field: &[u8]| {
        header[end..end + field.len()].copy_from_slice(field);
        end += field.len();
    };
    put(b"RIFF");
    put(&pcm_bytes.saturating_add(WAV_HEADER_BYTES as u32 - 8).to_le_bytes());
    put(b"WAVEfmt ");
    put(&FORMAT_CHUNK_BYTES.to_le_bytes());
    put(&FORMAT_PCM.to_le_bytes());
    put(&CHANNELS.to_le_bytes());
    put(&SAMPLE_RATE.to_le_bytes());
    put(&(SAMPLE_RATE * BYTES_PER_SAMPLE * u32::from(CHANNELS)).to_le_bytes());
    put(&(BYTES_PER_SAMPLE as u16 * CHANNELS).to_le_bytes());
    put(&BITS_PER_SAMPLE.to_le_bytes());
    put(b"data");
    put(&pcm_bytes.to_le_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes that Python's module `wave` writes before two samples of 8 kHz, mono, 16 bits.
    #[test]
    fn header_is_the_one_that_other_programs_write() {
        let expected = [
            0x52, 0x49, 0x46, 0x46, 0x28, 0x00, 0x00, 0x00, 0x57, 0x41, 0x56, 0x45, 0x66, 0x6D, 0x74, 0x20,
            0x10, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0x40, 0x1F, 0x00, 0x00, 0x80, 0x3E, 0x00, 0x00,
            0x02, 0x00, 0x10, 0x00, 0x64, 0x61, 0x74, 0x61, 0x04, 0x00, 0x00, 0x00,
        ];
        assert_eq!(wav_header(4), expected);
    }

    #[test]
    fn the_longest_recording_still_fits() {
        let header = wav_header(MAX_PCM_BYTES);
        assert_eq!(header[4..8], (u32::MAX - 1).to_le_bytes());
        assert_eq!(MAX_PCM_BYTES % BYTES_PER_SAMPLE, 0);
    }
}
