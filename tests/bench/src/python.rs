//! What the same start costs in Python, which the ancestors of this system are written in.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use end_to_end::Error;
use local_cloud::python;

use crate::work::{STARTS, median};

/// boto3 with the clients that a recorder of voicemails needs; then the process tells its resident memory, in KiB.
const PROGRAM: &str = "
import boto3
for service in ('s3', 'kinesisvideo', 'transcribe'):
    boto3.client(service, region_name='us-east-1')
print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmRSS')))
";

/// A start in Python.
pub(crate) struct Import {
    /// The version of boto3.
    pub(crate) version: String,
    /// From the start of the process to its end, the median.
    pub(crate) start: Duration,
    /// Resident memory with the clients, in KiB.
    pub(crate) resident_kib: u64,
}

/// Measures it. The interpreter is the system's, boto3 the one that the local cloud is checked with.
pub(crate) async fn import() -> Result<Import, Error> {
    tokio::task::spawn_blocking(measure).await?
}

fn measure() -> Result<Import, Error> {
    let interpreter = python::environment(include_str!("../../local_cloud/python/requirements-checks.txt"))?;
    let run = |program: &str| -> Result<String, Error> {
        let output = Command::new(&interpreter).args(["-c", program]).stderr(Stdio::inherit()).output()?;
        if output.status.success() {
            Ok(String::from_utf8(output.stdout)?)
        } else {
            Err("python failed".into())
        }
    };
    let version = run("import boto3; print(boto3.__version__)")?.trim().to_owned();
    let mut starts = Vec::new();
    let mut resident_kib = 0;
    for _ in 0..STARTS {
        let began = Instant::now();
        resident_kib = run(PROGRAM)?.trim().parse()?;
        starts.push(began.elapsed());
    }
    Ok(Import { version, start: median(starts), resident_kib })
}
