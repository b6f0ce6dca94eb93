//! Recordings of calls, WAV files.

use std::time::Duration;

use recorded_audio::{
    AudioError, Converter, HeaderReader, MOST_READS, Next, SampleRate, Side, Wav, find_beep,
};

/// Whatever the bytes, and in whatever ranges they are read: the same audio, within the file, and as long as it says; or
/// an error.
pub(crate) fn claim(file: &[u8]) {
    let Ok(wav) = header(file, 4096) else { return };
    assert!(wav.data.start <= wav.data.end && wav.data.end <= file.len() as u64);
    // The cut comes from the data, so that a finding can be repeated.
    let size = 1 + file.iter().fold(0, |sum, byte| sum + usize::from(*byte)) % 97;
    if let Ok(other) = header(file, 48 + size) {
        assert_eq!(other, wav);
    }

    let range = wav.bytes(Duration::ZERO, Duration::MAX);
    assert_eq!(range, wav.data);
    let audio = &file[range.start as usize..range.end as usize];
    let pcm = convert(&wav, audio, audio.len().max(1));
    assert_eq!(convert(&wav, audio, size), pcm);
    assert_eq!(pcm.len() as u64, 2 * (wav.frames() * 8000).div_ceil(u64::from(wav.format.rate)));
    if let Some(beep) = find_beep(&pcm) {
        assert!(beep.begins < beep.ends && beep.ends <= wav.duration() + Duration::from_millis(5));
    }
}

fn header(file: &[u8], range: usize) -> Result<Wav, AudioError> {
    let mut reader = HeaderReader::new(file.len() as u64);
    let mut from = 0;
    for _ in 0..=MOST_READS {
        match reader.take(&file[from..file.len().min(from + range)])? {
            Next::Found(wav) => return Ok(wav),
            Next::Read { offset } => from = offset as usize,
        }
        assert!(from < file.len());
    }
    panic!("it asks for ever");
}

fn convert(wav: &Wav, audio: &[u8], piece: usize) -> Vec<u8> {
    let refused = |error| panic!("{error}");
    let mut converter = Converter::new(wav.format, Side::Both, SampleRate::Hz8000).unwrap_or_else(refused);
    let mut pcm = Vec::new();
    for piece in audio.chunks(piece) {
        converter.push(piece, &mut pcm).unwrap_or_else(|error| panic!("{error}"));
    }
    converter.finish(&mut pcm).unwrap_or_else(|error| panic!("{error}"));
    pcm
}
