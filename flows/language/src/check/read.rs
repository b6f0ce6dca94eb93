//! Finds and reads flow files.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::Source;

/// The largest file to read, in bytes. A flow has at most 256,000 characters, an API response escapes each, and no
/// character has more than four bytes.
pub const LARGEST_FILE: u64 = 4 << 20;

/// The deepest directory to search.
const DEEPEST: usize = 32;

/// Why flow files could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system refused.
    #[error("could not read {path}: {source}")]
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
    #[error("no files named *.json in {path}; specify a flow file or a directory that has some")]
    Empty {
        /// The directory.
        path: PathBuf,
    },
}

/// Reads flow files: those named, whatever their suffix, and every `*.json` in a directory, however deep. Hidden files
/// and symbolic links in directories are skipped. Each directory's files are sorted by name.
///
/// # Errors
/// If something cannot be read, a file is larger than any flow, or a directory has no flow files.
pub fn read_files(paths: &[PathBuf]) -> Result<Vec<Source>, ReadError> {
    let mut sources = Vec::new();
    for path in paths {
        if !path.is_dir() {
            sources.push(read(path, true)?);
            continue;
        }
        let mut files = Vec::new();
        find(path, 0, &mut files).map_err(|(path, source)| ReadError::Io { path, source })?;
        if files.is_empty() {
            return Err(ReadError::Empty { path: path.clone() });
        }
        for file in files {
            sources.push(read(&file, false)?);
        }
    }
    Ok(sources)
}

fn find(directory: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), (PathBuf, io::Error)> {
    let failed = |source| (directory.to_owned(), source);
    let mut entries =
        fs::read_dir(directory).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(failed)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, kind) = (entry.path(), entry.file_type().map_err(failed)?);
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if kind.is_dir() && depth < DEEPEST {
            find(&path, depth + 1, files)?;
        } else if kind.is_file()
            && path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
        {
            files.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path, named: bool) -> Result<Source, ReadError> {
    let failed = |source| ReadError::Io { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(ReadError::TooLarge { path: path.to_owned() });
    }
    // What is not UTF-8 is not JSON either, and is reported as that.
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Source { name: path.display().to_string(), text, named })
}
