//! How fast the parser is, and how much memory it takes.
//!
//! ```text
//! cargo bench -p kvs_media
//! ```
//!
//! For 1, 10 and 60 minutes of a call in Connect's layout, in nanoseconds per byte of media:
//!
//! - `memcpy`: the media copied in memory, chunk by chunk;
//! - `read(2)`: the media read from a file in the page cache, chunk by chunk;
//! - `parse`: the media, in memory, taken apart to PCM that is dropped;
//! - `parse + WAV`: the whole job as a function does it: read(2) from that file, parse, and the WAV gathered in parts
//!   of 5 MiB, the least that S3 takes in a multipart upload;
//! - `to a file`: the same with write(2) to a new file in their place. No goal: most of it is the file system's time.
//!
//! Times are the best of several runs, and every run starts with cold CPU caches: media comes once, off the network.
//! Peak memory (`VmHWM`, Linux only) is that of a fresh process that makes a WAV file of the media and does nothing
//! else. The exit status says whether the goals are met.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a program's view")]

use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufWriter, Read, Seek, Write};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use kvs_media::{Extractor, Selection, Summary, wav_header};
use kvs_writer::{FRAGMENT_BYTES, FRAGMENT_MS, FROM_CUSTOMER, Fragment, Layout, Track, write_fragment};

const CONTACT: &str = "87718f4a-d2ed-476a-ad11-f496ab09b3f8";
const CHUNK_BYTES: usize = 64 * 1024;
const PART_BYTES: usize = 5 * 1024 * 1024;
/// More than the caches of a CPU hold.
const CACHE_BYTES: usize = 96 * 1024 * 1024;
/// The whole job may take this many times as long as read(2) alone.
const GOAL_RATIO: f64 = 6.0;
/// 60 minutes may take this much more memory than one, in KiB.
const GOAL_MEMORY_KIB: u64 = 1024;
/// With this argument, the program is the fresh process.
const PEAK_MEMORY: &str = "--peak-memory";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match &arguments[..] {
        [flag, media, wav] if flag == PEAK_MEMORY => print_peak_memory(Path::new(media), Path::new(wav)),
        _ => compare(),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints both tables and says whether the goals are met.
fn compare() -> Outcome<bool> {
    let directory = tempfile::tempdir()?;
    let wav = directory.path().join("out.wav");
    let mut peaks = Vec::new();
    let mut worst = 0.0_f64;
    println!("nanoseconds per byte of media, in chunks of {} KiB, best of several runs", CHUNK_BYTES / 1024);
    println!("minutes     bytes  memcpy  read(2)   parse  parse + WAV  to a file  parse + WAV : read(2)");
    for minutes in [1, 10, 60] {
        let path = directory.path().join(format!("{minutes}.mkv"));
        write_media(&path, minutes)?;
        let media = std::fs::read(&path)?;
        let runs = 10 + 60 / minutes;
        let per_byte = |time: Duration| time.as_secs_f64() * 1e9 / media.len() as f64;

        let copy = per_byte(best(runs, || memcpy(&media))?);
        let read = per_byte(best(runs, || read_only(&path))?);
        let parse = per_byte(best(runs, || parse_only(&media))?);
        let mut parts = Parts { part: vec![1; PART_BYTES] };
        let whole = per_byte(best(runs, || to_wav(&path, &mut parts).map(drop))?);
        let file = per_byte(best(runs, || to_wav_file(&path, &wav))?);
        println!(
            "{minutes:>7} {:>9}  {copy:>6.3}   {read:>6.3}  {parse:>6.3}  {whole:>11.3}  {file:>9.3}  {:>21.2}",
            media.len(),
            whole / read
        );
        worst = worst.max(whole / read);
        peaks.extend(peak_memory_kib(&path, &wav)?.map(|peak| (minutes, peak)));
    }
    for (minutes, peak) in &peaks {
        println!("peak memory of a process for {minutes:>2} minutes: {peak} KiB");
    }
    let growth = match (peaks.first(), peaks.last()) {
        (Some((_, short)), Some((_, long))) => long.saturating_sub(*short),
        _ => 0,
    };
    let fast = worst <= GOAL_RATIO;
    let small = growth <= GOAL_MEMORY_KIB;
    println!("goal parse + WAV <= {GOAL_RATIO} x read(2): {} ({worst:.2})", verdict(fast));
    println!("goal 60 minutes within {GOAL_MEMORY_KIB} KiB of 1 minute: {} ({growth} KiB)", verdict(small));
    Ok(fast && small)
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}

/// Writes a call of that length: one track, as when only the customer's audio is streamed.
fn write_media(path: &Path, minutes: u64) -> Outcome<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let mut bytes = Vec::new();
    let mut pcm = vec![0; FRAGMENT_BYTES];
    for index in 0..minutes * 60_000 / FRAGMENT_MS {
        // A saw tooth of changing pitch: never the same fragment twice, and no zeros that a copy could be spared.
        for (place, sample) in pcm.chunks_exact_mut(2).enumerate() {
            sample.copy_from_slice(&(place as u16).wrapping_mul(index as u16 | 1).to_le_bytes());
        }
        bytes.clear();
        let time = 1_782_912_654_536 + index * FRAGMENT_MS;
        let fragment = Fragment {
            number: &format!("9134385233318155{index:031}"),
            producer_timestamp_ms: time,
            server_timestamp_ms: time + 170,
            contact_id: CONTACT,
            instance_id: "3087be6e-771a-48a8-90da-93b5326a43a1",
            tracks: &[Track { number: 1, name: FROM_CUSTOMER, pcm: &pcm }],
        };
        write_fragment(&fragment, &Layout::default(), &mut bytes);
        file.write_all(&bytes)?;
    }
    Ok(file.flush()?)
}

/// The shortest time of several runs: what else the machine does only ever adds to it.
fn best(runs: u64, mut run: impl FnMut() -> Outcome<()>) -> Outcome<Duration> {
    let mut best = Duration::MAX;
    let mut other_data = vec![1_u8; CACHE_BYTES];
    for _ in 0..runs {
        // Throws everything else out of the CPU's caches.
        other_data.iter_mut().for_each(|byte| *byte = byte.wrapping_add(1));
        black_box(&mut other_data);
        let start = Instant::now();
        run()?;
        best = best.min(start.elapsed());
    }
    Ok(best)
}

fn memcpy(media: &[u8]) -> Outcome<()> {
    let mut chunk = vec![0; CHUNK_BYTES];
    for piece in media.chunks(CHUNK_BYTES) {
        chunk[..piece.len()].copy_from_slice(piece);
        black_box(&mut chunk);
    }
    Ok(())
}

fn read_only(path: &Path) -> Outcome<()> {
    let mut file = File::open(path)?;
    let mut chunk = vec![0; CHUNK_BYTES];
    while file.read(&mut chunk)? > 0 {
        black_box(&mut chunk);
    }
    Ok(())
}

fn parse_only(media: &[u8]) -> Outcome<()> {
    let mut extractor = Extractor::new(Selection::contact(CONTACT));
    let mut pcm = Vec::new();
    for piece in media.chunks(CHUNK_BYTES) {
        extractor.push(piece, &mut pcm)?;
        black_box(&mut pcm).clear();
    }
    check(&extractor.finish(&mut pcm)?)
}

/// Makes a WAV of the media, all but the lengths in its header.
fn to_wav(media: &Path, wav: &mut impl Write) -> Outcome<Summary> {
    let mut media = File::open(media)?;
    wav.write_all(&wav_header(0))?;
    let mut extractor = Extractor::new(Selection::contact(CONTACT));
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut pcm = Vec::new();
    loop {
        let length = media.read(&mut chunk)?;
        if length == 0 {
            break;
        }
        extractor.push(&chunk[..length], &mut pcm)?;
        wav.write_all(&pcm)?;
        pcm.clear();
    }
    let summary = extractor.finish(&mut pcm)?;
    wav.write_all(&pcm)?;
    check(&summary)?;
    Ok(summary)
}

fn to_wav_file(media: &Path, wav: &Path) -> Outcome<()> {
    let mut wav = File::create(wav)?;
    let summary = to_wav(media, &mut wav)?;
    wav.rewind()?;
    Ok(wav.write_all(&wav_header(summary.pcm_bytes))?)
}

/// Gathers bytes in the parts of a multipart upload.
struct Parts {
    part: Vec<u8>,
}

impl Write for Parts {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.part.len() + bytes.len() > PART_BYTES {
            black_box(&mut self.part).clear();
        }
        self.part.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A fast parser that loses audio would be no success.
fn check(summary: &Summary) -> Outcome<()> {
    let expected = summary.fragments * FRAGMENT_BYTES as u64;
    if summary.fragments == 0 || u64::from(summary.pcm_bytes) != expected || summary.gap_count > 0 {
        return Err(format!("the audio is not what was written: {summary:?}").into());
    }
    Ok(())
}

/// The peak memory of a fresh process that does the whole job; `None` where the system does not tell.
fn peak_memory_kib(media: &Path, wav: &Path) -> Outcome<Option<u64>> {
    let output = Command::new(std::env::current_exe()?).arg(PEAK_MEMORY).args([media, wav]).output()?;
    if !output.status.success() {
        return Err(format!("the fresh process failed: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse().ok())
}

fn print_peak_memory(media: &Path, wav: &Path) -> Outcome<bool> {
    to_wav_file(media, wav)?;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    println!("{}", peak.unwrap_or_default().trim().trim_end_matches(" kB"));
    Ok(true)
}
