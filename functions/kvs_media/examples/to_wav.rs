//! Makes a WAV file of the caller's voice from saved Kinesis Video Streams media.
//!
//! ```text
//! cargo run -p kvs_media --example to_wav -- IN.mkv CONTACT_ID OUT.wav
//! ```
//!
//! OUT.wav appears, or is replaced, only when all of it was written. Only its owner can read it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a program's view")]

use std::error::Error;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::process::ExitCode;

use kvs_media::{Extractor, Selection, Summary, wav_header};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, contact_id, output] = &arguments[..] else {
        eprintln!("usage: to_wav IN.mkv CONTACT_ID OUT.wav");
        return ExitCode::from(2);
    };
    match to_wav(Path::new(input), contact_id, Path::new(output)) {
        Ok(summary) => {
            show(&summary, output);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn to_wav(input: &Path, contact_id: &str, output: &Path) -> Result<Summary, Box<dyn Error>> {
    let mut media = File::open(input).map_err(|error| format!("cannot open {}: {error}", input.display()))?;
    let directory = output.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut wav = tempfile::NamedTempFile::new_in(directory)
        .map_err(|error| format!("cannot write to {}: {error}", directory.display()))?;
    wav.write_all(&wav_header(0))?;

    let mut extractor = Extractor::new(Selection::contact(contact_id));
    let mut chunk = vec![0; 64 * 1024];
    let mut pcm = Vec::new();
    loop {
        let length =
            media.read(&mut chunk).map_err(|error| format!("cannot read {}: {error}", input.display()))?;
        if length == 0 {
            break;
        }
        extractor.push(&chunk[..length], &mut pcm)?;
        wav.write_all(&pcm)?;
        pcm.clear();
    }
    let summary = extractor.finish(&mut pcm)?;
    if summary.fragments == 0 {
        return Err(format!(
            "{} has no fragment of contact {contact_id:?}, but {} of others; check the contact id",
            input.display(),
            summary.foreign
        )
        .into());
    }
    wav.write_all(&pcm)?;
    wav.rewind()?;
    wav.write_all(&wav_header(summary.pcm_bytes))?;
    wav.persist(output).map_err(|error| format!("cannot write {}: {}", output.display(), error.error))?;
    Ok(summary)
}

fn show(summary: &Summary, output: &str) {
    println!(
        "{output}: {} fragments, {} ms, {} gaps ({} ms of silence put in)",
        summary.fragments,
        summary.duration_ms(),
        summary.gap_count,
        summary.silence_bytes / kvs_media::BYTES_PER_MS
    );
    for gap in &summary.gaps {
        println!("  gap at {} ms: {} ms are missing", gap.at_ms(), gap.missing_ms());
    }
    if summary.gap_count > summary.gaps.len() as u64 {
        println!("  and {} more gaps", summary.gap_count - summary.gaps.len() as u64);
    }
    if summary.duplicates > 0 || summary.foreign > 0 {
        println!("  left out: {} repeated, {} of other contacts", summary.duplicates, summary.foreign);
    }
    if summary.voiceless > 0 {
        println!("  {} fragments had no track with the caller's voice", summary.voiceless);
    }
    if summary.open_ended {
        println!(
            "  the media ends in the middle of a Segment: if it was cut just there, the end of the last fragment is missing"
        );
    }
}
