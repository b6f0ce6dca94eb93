//! The speech recognizer: a worker process that lives as long as the local cloud.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::transcript::Word;

const PROGRAM: &str = include_str!("../../python/transcribe_worker.py");

/// Why recognition failed.
#[derive(Debug, thiserror::Error)]
pub enum RecognizerError {
    /// Its program cannot be written to the run's directory.
    #[error("the recognizer's program {path} cannot be written: {source}")]
    Program {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The process cannot be started, or communication with it failed.
    #[error("the recognizer ended or does not answer: {0}")]
    Process(#[from] std::io::Error),
    /// The recognizer could not process this recording.
    #[error("the recognizer failed: {0}")]
    Recording(String),
}

/// Recognizes English speech. The process is started with the first recording.
#[derive(Debug)]
pub(super) struct Recognizer {
    python: PathBuf,
    program: PathBuf,
    worker: Option<Worker>,
}

#[derive(Debug)]
struct Worker {
    /// Killed when it is dropped.
    _child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

#[derive(Deserialize)]
struct Answer {
    words: Option<Vec<Word>>,
    error: Option<String>,
}

impl Recognizer {
    /// A recognizer that runs in the environment of `python`.
    pub(super) fn new(python: &Path, directory: &Path) -> Result<Self, RecognizerError> {
        let program = directory.join("transcribe_worker.py");
        std::fs::write(&program, PROGRAM)
            .map_err(|source| RecognizerError::Program { path: program.clone(), source })?;
        Ok(Self { python: python.to_owned(), program, worker: None })
    }

    /// The words in signed 16-bit little-endian PCM, 16 kHz, mono. Empty for silence.
    pub(super) async fn recognize(&mut self, pcm: &[u8]) -> Result<Vec<Word>, RecognizerError> {
        // A failed worker is not reused: its next response may belong to this recording.
        let mut worker = match self.worker.take() {
            Some(worker) => worker,
            None => self.start()?,
        };
        let answer = worker.ask(pcm).await?;
        self.worker = Some(worker);
        match (answer.words, answer.error) {
            (Some(words), None) => Ok(words),
            (_, error) => {
                Err(RecognizerError::Recording(error.unwrap_or_else(|| "it gave no words".to_owned())))
            }
        }
    }

    fn start(&self) -> Result<Worker, RecognizerError> {
        let mut child = Command::new(&self.python)
            .arg(&self.program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(requests), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(std::io::Error::other("its pipes were not made").into());
        };
        Ok(Worker { _child: child, requests, answers: BufReader::new(answers) })
    }
}

impl Worker {
    async fn ask(&mut self, pcm: &[u8]) -> Result<Answer, RecognizerError> {
        self.requests.write_all(format!("{}\n", json!({"bytes": pcm.len()})).as_bytes()).await?;
        self.requests.write_all(pcm).await?;
        self.requests.flush().await?;
        let mut line = String::new();
        if self.answers.read_line(&mut line).await? == 0 {
            return Err(std::io::Error::other("it ended without an answer").into());
        }
        serde_json::from_str(&line).map_err(|error| std::io::Error::other(error).into())
    }
}
