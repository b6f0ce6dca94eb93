//! How long the program takes to say what it can do: `cargo bench -p vmx-install`, or for a debug build
//! `cargo test --workspace --bench startup -- --nocapture`. A person expects no wait: 30 ms at most on a quiet machine.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 50;

fn main() -> std::io::Result<()> {
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let begin = Instant::now();
        let mut help = Command::new(env!("CARGO_BIN_EXE_vmx-install"));
        let ended = help.arg("--help").stdout(Stdio::null()).status()?;
        times.push(begin.elapsed());
        assert!(ended.success(), "--help ends with {ended}");
    }
    times.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    writeln!(
        std::io::stdout(),
        "--help of {} runs: fastest {:.1} ms, median {:.1} ms, slowest {:.1} ms",
        RUNS,
        ms(times[0]),
        ms(times[RUNS / 2]),
        ms(times[RUNS - 1])
    )
}
