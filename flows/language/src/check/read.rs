//! Finds and reads flow files.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::Source;
use super::source::mentions_a_flow;

/// The largest file to read, in bytes. A flow has at most 256,000 characters, an API response escapes each, and no
/// character has more than four bytes.
pub const LARGEST_FILE: u64 = 4 << 20;

/// The deepest directory to search.
const DEEPEST: usize = 32;

/// What was found at some paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// The files that may hold flows.
    pub sources: Vec<Source>,
    /// What was left out in directories: hidden files, links, files that are too large or hold no flow.
    pub skipped: Vec<PathBuf>,
}

/// Why flow files could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system refused.
    #[error("could not read {path}: {source}; check the path")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is larger than any flow.
    #[error("{path} is larger than {LARGEST_FILE} bytes, too large for a flow; specify the flow's own file")]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// A directory without flow files.
    #[error("no file in {path} holds a flow; specify a flow file or a directory that has some")]
    Empty {
        /// The directory.
        path: PathBuf,
    },
}

/// Reads flow files: those named, and in a directory, however deep, every `*.json` and every other file that mentions a
/// flow, because old exports have no suffix. The rest is listed. Each directory's files are sorted by name.
///
/// # Errors
/// If something cannot be read, a named file is larger than any flow, or a directory has no flow files.
pub fn read_files(paths: &[PathBuf]) -> Result<Files, ReadError> {
    let mut files = Files::default();
    for path in paths {
        if !path.is_dir() {
            let text = read(path)?.ok_or_else(|| ReadError::TooLarge { path: path.clone() })?;
            files.sources.push(source(path, text, true));
            continue;
        }
        let before = files.sources.len();
        find(path, 0, &mut files)?;
        if files.sources.len() == before {
            return Err(ReadError::Empty { path: path.clone() });
        }
    }
    Ok(files)
}

fn find(directory: &Path, depth: usize, files: &mut Files) -> Result<(), ReadError> {
    let failed = |source| ReadError::Io { path: directory.to_owned(), source };
    let mut entries =
        fs::read_dir(directory).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(failed)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, kind) = (entry.path(), entry.file_type().map_err(failed)?);
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if kind.is_dir() && !is_hidden && depth < DEEPEST {
            find(&path, depth + 1, files)?;
            continue;
        }
        let text = if kind.is_file() && !is_hidden { read(&path)? } else { None };
        let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        match text.filter(|text| is_json || mentions_a_flow(text)) {
            Some(text) => files.sources.push(source(&path, text, false)),
            None => files.skipped.push(path),
        }
    }
    Ok(())
}

fn source(path: &Path, text: String, named: bool) -> Source {
    Source { name: path.display().to_string(), text, named }
}

/// A file's text; `None` if it is too large.
fn read(path: &Path) -> Result<Option<String>, ReadError> {
    let failed = |source| ReadError::Io { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    Ok((bytes.len() as u64 <= LARGEST_FILE).then(|| decode(&bytes)))
}

/// UTF-8, or UTF-16 with its mark, as PowerShell redirects output. Anything else is reported as invalid JSON.
fn decode(bytes: &[u8]) -> String {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return String::from_utf8_lossy(bytes).into_owned(),
    };
    let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
    String::from_utf16_lossy(&units)
}
