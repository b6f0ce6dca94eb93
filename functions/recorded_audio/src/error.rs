//! Why a recording cannot be read.

/// Why a recording cannot be read. Offsets count the bytes of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AudioError {
    /// The file is something else.
    #[error("the file is not a WAV file: it begins with {begins:?} instead of RIFF or RF64 and WAVE")]
    NotWav {
        /// Its first bytes, as far as they can be shown.
        begins: String,
    },
    /// The file ends before its audio.
    #[error("the WAV file ends at byte {offset}, within {part}; if it is still being written, read it again")]
    Truncated {
        /// Where it ends.
        offset: u64,
        /// What is incomplete or missing.
        part: &'static str,
    },
    /// The header contradicts itself.
    #[error("the WAV file is malformed: at byte {offset}, in {part}, {reason}")]
    Malformed {
        /// Where the chunk starts.
        offset: u64,
        /// The chunk.
        part: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The audio comes after more chunks than any known program writes.
    #[error("the WAV file has no audio in its first {chunks} chunks, up to byte {offset}")]
    NoAudio {
        /// How many were read.
        chunks: usize,
        /// Where reading stopped.
        offset: u64,
    },
    /// The audio is encoded in another way.
    #[error("the WAV file's audio is {name}; only PCM of 8 to 32 bits, A-law and mu-law are supported")]
    Encoding {
        /// The encoding's name, or its number.
        name: String,
    },
    /// The audio has no or too many channels.
    #[error("the WAV file has {channels} channels; only one or two are supported")]
    Channels {
        /// How many.
        channels: u16,
    },
    /// The audio has an unusual rate.
    #[error("the WAV file has {rate} samples per second; only 8000 to 48000 are supported")]
    Rate {
        /// The rate.
        rate: u32,
    },
    /// The resampler refuses to work.
    #[error("the audio cannot be resampled from {from} to {to} samples per second: {reason}")]
    Resampling {
        /// The recording's rate.
        from: u32,
        /// The wanted rate.
        to: u32,
        /// The resampler's message.
        reason: String,
    },
}
