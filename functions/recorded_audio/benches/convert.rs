//! What it costs to take a message out of a long recording, and to find the beep.
//!
//! ```text
//! cargo bench -p recorded_audio
//! ```
//!
//! A call of 60 minutes in 8 kHz stereo is on the disk; a message of its last 20 minutes is made a WAV, in parts of
//! 5 MiB as an upload takes them. The bytes come by ranges of the file, as they come from S3, and only those that are
//! needed are read. The exit status says whether the goals are met. Beside it, if there is a `python3`: the way of the
//! project's ancestor, which reads the whole file into memory and slices it with the module `wave`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a program's view")]

use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use recorded_audio::{Begin, Excerpt, HeaderReader, Next};

const RATE: u32 = 8000;
const CALL: Duration = Duration::from_secs(3600);
const MESSAGE: Duration = Duration::from_secs(1200);
const CHUNK_BYTES: usize = 64 * 1024;
const PART_BYTES: usize = 5 * 1024 * 1024;
const RUNS: usize = 10;
const GOAL_TIME: Duration = Duration::from_millis(150);
const GOAL_MEMORY_KIB: u64 = 32 * 1024;
const GOAL_READ: f64 = 1.02;
/// With this argument, the program does the work once and prints its peak memory.
const ONCE: &str = "--once";
const ANCESTOR: &str = "
import io, resource, sys, time, wave
start = time.process_time()
with open(sys.argv[1], 'rb') as file:
    whole = file.read()
source = wave.open(io.BytesIO(whole))
source.setpos(int(float(sys.argv[2]) * source.getframerate()))
frames = source.readframes(source.getnframes() - source.tell())
target = io.BytesIO()
result = wave.open(target, 'wb')
result.setparams(source.getparams())
result.writeframes(frames)
result.close()
print(round((time.process_time() - start) * 1000), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, len(whole))
";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match &arguments[..] {
        [flag, call] if flag == ONCE => once(Path::new(call)),
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

fn compare() -> Outcome<bool> {
    let folder = tempfile::tempdir()?;
    let call = folder.path().join("call.wav");
    write_call(&call)?;
    let mut best = Duration::MAX;
    let mut work = Work::default();
    for _ in 0..RUNS {
        let start = Instant::now();
        work = take_message(&call)?;
        best = best.min(start.elapsed());
    }
    let output = Command::new(std::env::current_exe()?).arg(ONCE).arg(&call).output()?;
    let peak: Option<u64> = String::from_utf8(output.stdout)?.trim().parse().ok();
    let ratio = work.read as f64 / work.kept as f64;
    println!("20 minutes of a call of 60 in 8 kHz stereo       time, ms  peak, KiB  bytes read");
    let known = peak.map_or_else(|| "?".to_owned(), |peak| peak.to_string());
    println!(
        "by ranges, piece by piece                        {:>8}  {known:>9}  {:>10}",
        best.as_millis(),
        work.read
    );
    if let Some([time, peak, read]) = ancestor(&call) {
        println!("Python, the whole file in memory                 {time:>8}  {peak:>9}  {read:>10}");
    }
    let goals = [
        (format!("time <= {} ms", GOAL_TIME.as_millis()), best <= GOAL_TIME),
        (format!("peak <= {GOAL_MEMORY_KIB} KiB"), peak.is_none_or(|peak| peak <= GOAL_MEMORY_KIB)),
        (format!("read <= {GOAL_READ} x kept ({ratio:.4})"), ratio <= GOAL_READ),
    ];
    for (goal, is_met) in &goals {
        println!("goal {goal}: {}", if *is_met { "met" } else { "MISSED" });
    }
    Ok(goals.iter().all(|(_, is_met)| *is_met))
}

#[derive(Default)]
struct Work {
    read: u64,
    /// The bytes of the recording that are the message.
    kept: u64,
}

fn take_message(call: &Path) -> Outcome<Work> {
    let mut file = File::open(call)?;
    let mut reader = HeaderReader::new(file.metadata()?.len());
    let mut chunk = vec![0; CHUNK_BYTES];
    let (mut read, mut from) = (0, 0);
    let wav = loop {
        file.seek(SeekFrom::Start(from))?;
        let length = file.read(&mut chunk[..4096])?;
        read += length as u64;
        match reader.take(&chunk[..length])? {
            Next::Read { offset } => from = offset,
            Next::Found(wav) => break wav,
        }
    };
    let mark = CALL - MESSAGE - Duration::from_secs(2);
    let mut excerpt = Excerpt::new(wav, Begin::Mark(mark), CALL, Duration::ZERO);
    let range = excerpt.bytes();
    file.seek(SeekFrom::Start(range.start))?;
    let mut file = file.take(range.end - range.start);
    let (mut pcm, mut part, mut kept) = (Vec::new(), Vec::with_capacity(PART_BYTES), 0);
    loop {
        let length = file.read(&mut chunk)?;
        if length == 0 {
            break;
        }
        read += length as u64;
        excerpt.push(&chunk[..length], &mut pcm)?;
        if part.len() + pcm.len() > PART_BYTES {
            black_box(&mut part).clear();
        }
        kept += pcm.len() as u64;
        part.append(&mut pcm);
    }
    let cut = excerpt.finish(&mut pcm)?;
    if !cut.is_after_beep {
        return Err("the beep was not found".into());
    }
    // The recording has two sides, and the message is one.
    Ok(Work { read, kept: 2 * (kept + pcm.len() as u64) })
}

fn once(call: &Path) -> Outcome<bool> {
    take_message(call)?;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    println!("{}", peak.unwrap_or_default().trim().trim_end_matches(" kB"));
    Ok(true)
}

/// Time in ms, peak memory in KiB and bytes read of the other way; `None` without Python.
fn ancestor(call: &Path) -> Option<[u64; 3]> {
    let begins = (CALL - MESSAGE).as_secs().to_string();
    let output = Command::new("python3").args(["-c", ANCESTOR]).arg(call).arg(begins).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let numbers: Vec<u64> = text.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    numbers.try_into().ok()
}

/// A call: noise on both sides, and a beep before its last 20 minutes.
fn write_call(path: &Path) -> Outcome<()> {
    let frames = CALL.as_secs() as u32 * RATE;
    let mut file = BufWriter::new(File::create(path)?);
    let bytes = frames * 4;
    file.write_all(b"RIFF")?;
    file.write_all(&(bytes + 36).to_le_bytes())?;
    file.write_all(b"WAVEfmt \x10\0\0\0\x01\0\x02\0")?;
    file.write_all(&RATE.to_le_bytes())?;
    file.write_all(&(RATE * 4).to_le_bytes())?;
    file.write_all(b"\x04\0\x10\0data")?;
    file.write_all(&bytes.to_le_bytes())?;
    let beep = (CALL - MESSAGE).as_secs() as u32 * RATE;
    let beep = beep - RATE..beep - RATE / 2;
    let mut rng = fastrand::Rng::with_seed(7);
    for n in 0..frames {
        let tone = if beep.contains(&n) { (f64::from(n) * 0.785).sin() * 8000.0 } else { 0.0 };
        for tone in [tone, 0.0] {
            file.write_all(&(tone as i16 + rng.i16(-200..200)).to_le_bytes())?;
        }
    }
    Ok(file.flush()?)
}
