//! `vmx-local`: a private AWS on this machine.

mod cli;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use local_cloud::call::Script;
use local_cloud::control::{Act, CallRequest, TickRequest, To, request_call, request_tick};
use local_cloud::{LocalCloud, Options, demo};
use tracing_subscriber::EnvFilter;

use crate::cli::{CALLER, CallArguments, Cli, Command, Demo, TickArguments, Up};

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("local_cloud=info,vmx_local=info,warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).without_time().init();
    let result = match Cli::parse().command {
        Command::Up(arguments) => up(arguments).await,
        Command::Call(arguments) => call(arguments).await,
        Command::Tick(arguments) => tick(arguments).await,
        Command::Demo(arguments) => demo(arguments).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing can be done if even standard error is gone.
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn up(arguments: Up) -> Result<(), Box<dyn std::error::Error>> {
    let Up { region, port, directory, forbid } = arguments;
    let options = Options { region, port, directory, forbidden: forbid, ..Options::default() };
    // Ctrl-C must also end a cloud that is still starting: dropping it does.
    let cloud = tokio::select! {
        cloud = LocalCloud::start(options) => cloud?,
        interrupted = stop_signal() => return interrupted.map_err(Into::into),
    };
    let root = cloud.credentials();
    let mut out = std::io::stdout();
    writeln!(out, "export AWS_ENDPOINT_URL={}", cloud.endpoint())?;
    writeln!(out, "export AWS_ACCESS_KEY_ID={}", root.access_key_id())?;
    writeln!(out, "export AWS_SECRET_ACCESS_KEY={}", root.secret_access_key())?;
    // boto3 and version 1 of the AWS CLI read only the second.
    writeln!(out, "export AWS_REGION={0} AWS_DEFAULT_REGION={0}", cloud.account().region)?;
    out.flush()?;
    tracing::info!(endpoint = cloud.endpoint(), log = %cloud.log().display(), "the local cloud is up; Ctrl-C ends it");
    let interrupted = stop_signal().await;
    for violation in cloud.take_violations() {
        tracing::warn!("against the service's published model: {violation}");
    }
    cloud.stop().await;
    interrupted.map_err(Into::into)
}

async fn call(arguments: CallArguments) -> Result<(), Box<dyn std::error::Error>> {
    let script = match &arguments.script {
        Some(file) => Script::read(file)?,
        None => Script { steps: arguments.steps()?, ..Script::default() },
    };
    let CallArguments { number, flow, from, cloud, .. } = arguments;
    let call = CallRequest {
        from: from.or(script.from).unwrap_or_else(|| CALLER.to_owned()),
        to: number.map(To::Number).or(flow.map(To::Flow)).or(script.to.map(To::from)),
        steps: script.steps.into_iter().map(Act::from).collect(),
    };
    let answer = request_call(&cloud.endpoint, cloud.credentials(), &cloud.region, &call).await?;
    std::io::stdout().write_all(answer.report.as_bytes())?;
    Ok(())
}

async fn tick(arguments: TickArguments) -> Result<(), Box<dyn std::error::Error>> {
    let TickArguments { rule, cloud } = arguments;
    let answer =
        request_tick(&cloud.endpoint, cloud.credentials(), &cloud.region, &TickRequest { rule }).await?;
    let mut out = std::io::stdout();
    for rule in answer.rules {
        writeln!(out, "{rule}")?;
    }
    Ok(())
}

async fn demo(arguments: Demo) -> Result<(), Box<dyn std::error::Error>> {
    if let Some(directory) = arguments.recording.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let mut out = std::io::stdout();
    // Dropping these ends what they started: Ctrl-C leaves nothing running.
    tokio::select! {
        told = demo::run(&mut out, &arguments.recording, arguments.release_functions) => told.map_err(Into::into),
        interrupted = stop_signal() => interrupted.map_err(Into::into),
    }
}

/// Waits for Ctrl-C or SIGTERM.
async fn stop_signal() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupt = tokio::signal::ctrl_c() => interrupt,
        _ = terminate.recv() => Ok(()),
    }
}
