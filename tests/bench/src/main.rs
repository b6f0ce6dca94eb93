//! `bench`: how fast the functions start and work, what memory and processor time they take, and how long the installer
//! takes. Everything is measured in one run on one machine, so that the ratios mean something elsewhere.
//!
//! ```text
//! cargo run --package bench
//! ```
//!
//! The functions are those that would be installed: built for Lambda, started as Lambda starts them, by a Runtime API on
//! loopback, with the environment that the installed stack gave them; the AWS that they call is the local cloud.

mod function;
mod installer;
mod pipeline;
mod process;
mod python;
mod report;
mod runtime_api;
mod work;

use std::process::ExitCode;

use clap::Parser;
use end_to_end::{Error, Site};

use crate::function::Package;
use crate::report::Report;
use crate::work::Bench;

/// Measures Voicemail Express on this machine.
#[derive(Parser)]
struct Arguments {
    /// Lead this many voicemails through one process of each function, and watch their memory.
    #[arg(long, value_name = "VOICEMAILS")]
    soak: Option<u32>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report::failure(&*error),
    }
}

async fn run(arguments: &Arguments) -> Result<(), Error> {
    let site = Site::with("longest_message_seconds: 1200\n").await?;
    let folder = installer::packages(&site).await?;
    let packages = Package::all(&folder)?;
    let installed = installer::install(&site, &folder).await?;
    if let Some(voicemails) = arguments.soak {
        return Bench::new(&site, &packages).await?.soak(voicemails).await;
    }
    let mut report = Report::new();
    report.sizes(&packages);
    let pipeline = pipeline::measure(&site).await?;
    let bench = Bench::new(&site, &packages).await?;
    let starts = bench.starts().await?;
    report.starts(&starts, &python::import().await?);
    report.memory(&bench.memory().await?);
    report.work(&bench.work().await?, &pipeline);
    report.installer(&installer::measure(&site, &folder, installed).await?);
    report.print()
}
