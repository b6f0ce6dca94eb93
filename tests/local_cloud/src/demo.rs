//! A demonstration, from an empty local cloud to an agent's task: install, call, listen.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::call::{Call, CallError, CallOutcome, Dialed, Step, WavError, place_call, read_wav};
use crate::connect::Task;
use crate::download::{DownloadError, download};
use crate::functions::packages;
use crate::installer::Installer;
use crate::{LocalCloud, Options, StartError};

/// The caller's message, spoken by a person; see `voices/README.md`.
const VOICE: &[u8] = include_bytes!("../voices/amiable_woman.wav");
/// The words of the message.
const WORDS: &str =
    "had he married a more amiable woman he might have been made still more respectable than he was";
/// The flow to which a number of the contact center would be assigned.
const FLOW: &str = "voicemail-express voicemail";
/// The caller's number.
const CALLER: &str = "+15555550123";
/// The time limit for the pipeline. It takes some seconds, most of them in the recognizer.
const PATIENCE: Duration = Duration::from_secs(120);

/// Why the demonstration failed.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The local cloud did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Something on this machine failed.
    #[error("{what}: {source}")]
    System {
        /// The operation.
        what: &'static str,
        /// The system's error.
        source: std::io::Error,
    },
    /// The installer failed; its output has the reason.
    #[error("the installation failed; the installer's last lines say why")]
    Install,
    /// The message to leave is unreadable.
    #[error("the caller's message cannot be read: {0}")]
    Voice(#[from] WavError),
    /// The call could not be placed.
    #[error("the call failed: {0}")]
    Call(#[from] CallError),
    /// No task arrived.
    #[error("no task came within {} seconds; the functions' log is {log}", PATIENCE.as_secs())]
    NoTask {
        /// The log file.
        log: PathBuf,
    },
    /// The recording could not be fetched.
    #[error("the recording cannot be fetched: {0}")]
    Download(#[from] DownloadError),
    /// The recording differs from what the caller said.
    #[error("the recording is not what the caller said: {recorded} bytes of audio, {spoken} were spoken")]
    Recording {
        /// Bytes in the recording.
        recorded: usize,
        /// Bytes that the caller's phone sent.
        spoken: usize,
    },
}

/// Runs the demonstration, reports it on `out` and saves the caller's message to `recording`. The installer and the
/// functions are those next to this program; with `release_functions`, the installer builds them as for Lambda.
///
/// # Errors
/// If any step fails; everything that was started is ended anyway.
pub async fn run(out: &mut dyn Write, recording: &Path, release_functions: bool) -> Result<(), DemoError> {
    let mut tell = |text: &str| {
        let told = writeln!(out, "{text}").and_then(|()| out.flush());
        told.map_err(|source| DemoError::System { what: "telling what happens", source })
    };
    tell(
        "1. A local cloud starts: MiniStack, with Amazon Connect, Kinesis Video Streams and Transcribe beside it.",
    )?;
    let cloud = LocalCloud::start(Options::default()).await?;
    tell(&format!(
        "   It answers on {}. Its contact center is named {}.\n",
        cloud.endpoint(),
        cloud.connect().instance_alias()
    ))?;

    tell("2. Voicemail Express is installed: vmx-install --non-interactive params.yaml")?;
    install(&cloud, release_functions).await?;

    tell("\n3. Somebody calls, and leaves a message:\n")?;
    let outcome = leave_message(&cloud).await?;
    tell(&indented(&outcome.to_string()))?;

    tell("4. The pipeline works: recording, transcription, package, delivery …")?;
    let task = task_of(&cloud, &outcome.contact_id, PATIENCE)
        .await
        .ok_or_else(|| DemoError::NoTask { log: cloud.log().to_owned() })?;

    tell("\n5. An agent finds this task:\n")?;
    tell(&indented(&shown(&task)))?;
    tell(&format!("   The caller's words were: {WORDS}\n"))?;

    let link = task.references.values().find(|reference| reference.kind == "URL");
    let wav = download(cloud.endpoint(), link.map_or("", |reference| &reference.value)).await?;
    let heard = read_wav(&wav)?;
    if heard != outcome.caller_pcm {
        return Err(DemoError::Recording { recorded: heard.len(), spoken: outcome.caller_pcm.len() });
    }
    std::fs::write(recording, &wav)
        .map_err(|source| DemoError::System { what: "keeping the recording", source })?;
    tell(&format!(
        "6. The task's link leads to the recording: {} bytes of audio, each as the caller's telephone sent it.\n   \
         Listen to it: {}",
        heard.len(),
        recording.display()
    ))?;
    cloud.stop().await;
    Ok(())
}

async fn install(cloud: &LocalCloud, release_functions: bool) -> Result<(), DemoError> {
    let failed = |what| move |source| DemoError::System { what, source };
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let programs = std::env::current_exe().map_err(failed("finding the installer"))?;
    let programs = programs.parent().unwrap_or(&workspace);
    let installer = Installer::new([programs.join("vmx-install")], &workspace)
        .map_err(failed("making a directory for the installer"))?;
    let params = format!(
        "version: 1\nregion: {}\ninstance: {}\n",
        cloud.account().region,
        cloud.connect().instance_alias()
    );
    let params = installer.write_params(&params).map_err(failed("writing the parameters"))?;
    let params = params.to_string_lossy();
    let mut arguments = vec!["--non-interactive", &*params];
    let packages = if release_functions { None } else { Some(packages(&workspace, programs)) };
    let packages =
        packages.transpose().map_err(failed("packing the functions, which `cargo demo` builds"))?;
    let packages = packages.map(|folder| folder.to_string_lossy().into_owned());
    arguments.extend(packages.iter().flat_map(|folder| ["--artifacts", folder]));
    let installed = installer.show(cloud, &arguments).await.map_err(failed("starting the installer"))?;
    if installed { Ok(()) } else { Err(DemoError::Install) }
}

async fn leave_message(cloud: &LocalCloud) -> Result<CallOutcome, DemoError> {
    let steps = vec![
        Step::HearBeep,
        Step::Speak(read_wav(VOICE)?),
        Step::Wait(Duration::from_millis(700)),
        Step::HangUp,
    ];
    let call = Call { from: CALLER.to_owned(), to: Dialed::Flow(FLOW.to_owned()), steps };
    Ok(place_call(cloud.connect(), call).await?)
}

/// Waits for the task that follows a contact.
pub async fn task_of(cloud: &LocalCloud, contact_id: &str, patience: Duration) -> Option<Task> {
    let follows = |task: &Task| {
        [&task.related_contact_id, &task.previous_contact_id].into_iter().flatten().any(|id| id == contact_id)
    };
    let wait = async {
        loop {
            if let Some(task) = cloud.connect().tasks().into_iter().find(follows) {
                return task;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(patience, wait).await.ok()
}

/// A task as the agent workspace shows it.
fn shown(task: &Task) -> String {
    let waits = match (&task.agent, &task.queue) {
        (Some(agent), _) => format!("agent {agent}"),
        (None, Some(queue)) => format!("queue {queue}"),
        (None, None) => "nobody".to_owned(),
    };
    let mut text = format!("{}\nwaits for: {waits}\n\n{}\n", task.name, task.description);
    for (name, reference) in &task.references {
        text.push_str(&format!("\n{name}: {}", reference.value));
    }
    text
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("   {line}\n")).collect()
}
