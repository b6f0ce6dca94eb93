//! What the kernel says of a process.

use std::time::Duration;

use end_to_end::Error;

/// Resident memory of a process, now and at its most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// Now, in KiB.
    pub(crate) now_kib: u64,
    /// At its most since it began, in KiB.
    pub(crate) peak_kib: u64,
}

/// The memory of a process. Source: proc(5), `/proc/pid/status`.
pub(crate) fn memory(pid: u32) -> Result<Memory, Error> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let field = |name: &str| -> Result<u64, Error> {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.trim_start_matches(':').split_whitespace().next());
        Ok(number.ok_or_else(|| format!("the kernel tells no {name}"))?.parse()?)
    };
    Ok(Memory { now_kib: field("VmRSS")?, peak_kib: field("VmHWM")? })
}

/// The processor time that the threads of a process have taken, to the nanosecond: the first field of `schedstat`.
/// Source: the kernel's documentation, "Scheduler Statistics".
pub(crate) fn cpu_time(pid: u32) -> Result<Duration, Error> {
    let mut total = Duration::ZERO;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let text = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        let nanoseconds = text.split_whitespace().next().ok_or("the kernel tells no processor time")?;
        total += Duration::from_nanos(nanoseconds.parse()?);
    }
    Ok(total)
}
