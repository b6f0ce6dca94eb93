//! Reads the caller's speech from WAV files.

/// Why a WAV file cannot be played in a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WavError {
    /// It is not a WAV file, or is truncated.
    #[error("no WAV file, or one that is cut off")]
    Malformed,
    /// It does not have the telephone's audio format.
    #[error(
        "the WAV file has format {format}, {channels} channels, {rate} Hz, {bits} bits; a call carries PCM (format 1), \
         1 channel, 8000 Hz, 16 bits"
    )]
    Format {
        /// The format tag; 1 is PCM.
        format: u16,
        /// The number of channels.
        channels: u16,
        /// The sample rate.
        rate: u32,
        /// The bits per sample.
        bits: u16,
    },
}

/// The samples of a WAV file: signed 16-bit little-endian, 8 kHz, mono.
///
/// # Errors
/// If the file is malformed or has another format.
pub fn read_wav(file: &[u8]) -> Result<Vec<u8>, WavError> {
    let body = file
        .strip_prefix(b"RIFF")
        .and_then(|rest| rest.get(4..))
        .and_then(|rest| rest.strip_prefix(b"WAVE"))
        .ok_or(WavError::Malformed)?;
    let mut rest = body;
    let mut is_telephone = false;
    while let Some((header, after)) = rest.split_first_chunk::<8>() {
        let [a, b, c, d, length @ ..] = *header;
        let length = u32::from_le_bytes(length) as usize;
        let chunk = after.get(..length).ok_or(WavError::Malformed)?;
        match &[a, b, c, d] {
            b"fmt " => {
                check_format(chunk)?;
                is_telephone = true;
            }
            b"data" if is_telephone => return Ok(chunk.get(..length & !1).unwrap_or(chunk).to_vec()),
            b"data" => return Err(WavError::Malformed),
            _ => {}
        }
        // Chunks start at even offsets.
        rest = after.get(length + length % 2..).unwrap_or_default();
    }
    Err(WavError::Malformed)
}

fn check_format(chunk: &[u8]) -> Result<(), WavError> {
    let short = |at: usize| -> Result<u16, WavError> {
        let bytes = chunk.get(at..at + 2).ok_or(WavError::Malformed)?;
        Ok(u16::from_le_bytes([bytes[0], bytes[1]]))
    };
    let rate = u32::from(short(4)?) | u32::from(short(6)?) << 16;
    let (format, channels, bits) = (short(0)?, short(2)?, short(14)?);
    if (format, channels, rate, bits) == (1, 1, 8000, 16) {
        Ok(())
    } else {
        Err(WavError::Format { format, channels, rate, bits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(rate: u32, data: &[u8]) -> Vec<u8> {
        let mut file = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
        file.extend(rate.to_le_bytes());
        file.extend((rate * 2).to_le_bytes());
        file.extend(b"\x02\0\x10\0LIST\x03\0\0\0abc\0data");
        file.extend((data.len() as u32).to_le_bytes());
        file.extend(data);
        file
    }

    #[test]
    fn the_samples_are_found_behind_other_chunks() {
        assert_eq!(read_wav(&wav(8000, &[1, 2, 3, 4])), Ok(vec![1, 2, 3, 4]));
    }

    #[test]
    fn another_rate_is_refused_with_what_it_is() {
        let error = read_wav(&wav(16_000, &[])).err().map(|error| error.to_string());
        assert!(error.is_some_and(|text| text.contains("16000 Hz")));
    }

    #[test]
    fn every_truncation_is_refused() {
        let file = wav(8000, &[1, 2, 3, 4]);
        for length in 0..file.len() {
            assert_eq!(read_wav(&file[..length]), Err(WavError::Malformed), "{length} bytes");
        }
    }
}
