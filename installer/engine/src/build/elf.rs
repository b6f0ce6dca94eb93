//! Whether an executable can run on Lambda: its architecture, and no symbol newer than Lambda's C library.

use std::fmt;

use object::elf::{EM_AARCH64, EM_X86_64, FileHeader64};
use object::read::elf::{FileHeader as _, Sym as _};
use object::{Endianness, SectionIndex};

use vmx_model::params::Architecture;

/// The glibc of the runtime `provided.al2023`: Amazon Linux 2023 has 2.34.
const NEWEST_GLIBC: [u32; 2] = [2, 34];

/// Why an executable cannot run on Lambda.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ElfError {
    /// Not a 64-bit ELF executable, or a damaged one.
    #[error("it is not a 64-bit Linux executable: {0}")]
    Malformed(String),
    /// It is for another architecture.
    #[error(
        "it is for another processor than {expected}, which the parameters or the installation require; set \
         `architecture` to match it"
    )]
    Machine {
        /// The expected architecture.
        expected: &'static str,
    },
    /// It needs a newer C library.
    #[error("it needs glibc {} for `{symbol}`, and Lambda has {}; build it with cargo-zigbuild", Version(.needs), Version(&NEWEST_GLIBC))]
    Glibc {
        /// The version it needs.
        needs: Vec<u32>,
        /// The symbol that needs it.
        symbol: String,
    },
}

struct Version<'a>(&'a [u32]);

impl fmt::Display for Version<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(u32::to_string).collect();
        f.write_str(&parts.join("."))
    }
}

/// The architecture of an executable, or `None` if Lambda does not have it or it is not an executable.
#[must_use]
pub(super) fn machine(bytes: &[u8]) -> Option<Architecture> {
    let header = FileHeader64::<Endianness>::parse(bytes).ok()?;
    match header.e_machine(header.endian().ok()?) {
        EM_AARCH64 => Some(Architecture::Arm64),
        EM_X86_64 => Some(Architecture::X86_64),
        _ => None,
    }
}

/// Checks that an executable runs on Lambda's `provided.al2023`.
///
/// # Errors
/// [`ElfError`] with the reason; for glibc, the symbol of the newest version.
pub fn check_elf(bytes: &[u8], architecture: Architecture) -> Result<(), ElfError> {
    let malformed = |error: object::Error| ElfError::Malformed(error.to_string());
    let header = FileHeader64::<Endianness>::parse(bytes).map_err(malformed)?;
    let endian = header.endian().map_err(malformed)?;
    let machine = match architecture {
        Architecture::X86_64 => EM_X86_64,
        Architecture::Arm64 => EM_AARCH64,
    };
    if header.e_machine(endian) != machine {
        return Err(ElfError::Machine { expected: architecture.as_str() });
    }
    match newest_glibc_symbol(header, endian, bytes).map_err(malformed)? {
        Some((needs, symbol)) if needs.as_slice() > NEWEST_GLIBC.as_slice() => {
            Err(ElfError::Glibc { needs, symbol })
        }
        _ => Ok(()),
    }
}

/// The symbol with the highest `GLIBC_x.y` version, and that version; `None` for a static executable.
fn newest_glibc_symbol(
    header: &FileHeader64<Endianness>,
    endian: Endianness,
    bytes: &[u8],
) -> object::Result<Option<(Vec<u32>, String)>> {
    let sections = header.sections(endian, bytes)?;
    let Some(versions) = sections.versions(endian, bytes)? else {
        return Ok(None);
    };
    let symbols = sections.symbols(endian, bytes, object::elf::SHT_DYNSYM)?;
    if symbols.section() == SectionIndex(0) {
        return Ok(None);
    }
    let mut newest = None;
    for (index, symbol) in symbols.enumerate() {
        let Some(version) = versions.version(versions.version_index(endian, index).into())? else {
            continue;
        };
        let name = String::from_utf8_lossy(version.name());
        let Some(numbers) = name.strip_prefix("GLIBC_") else {
            continue;
        };
        // `GLIBC_PRIVATE` and the like have no number and are not guaranteed on Lambda: treated as newest.
        let version = numbers
            .split('.')
            .map(str::parse)
            .collect::<Result<Vec<u32>, _>>()
            .unwrap_or_else(|_| vec![u32::MAX]);
        if newest.as_ref().is_none_or(|(found, _)| version > *found) {
            let symbol = symbol.name(endian, symbols.strings())?;
            newest = Some((version, String::from_utf8_lossy(symbol).into_owned()));
        }
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    /// The test's own executable: dynamically linked to whatever glibc this machine has.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn this_program_is_read() {
        let bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let header = FileHeader64::<Endianness>::parse(&*bytes).unwrap();
        let endian = header.endian().unwrap();
        let (version, symbol) = newest_glibc_symbol(header, endian, &bytes).unwrap().unwrap();
        assert!(version >= vec![2, 2], "{version:?} {symbol}");
        assert!(!symbol.is_empty());
        let (own, other) = if cfg!(target_arch = "x86_64") {
            (Architecture::X86_64, Architecture::Arm64)
        } else {
            (Architecture::Arm64, Architecture::X86_64)
        };
        assert_eq!(check_elf(&bytes, other), Err(ElfError::Machine { expected: other.as_str() }));
        let verdict = check_elf(&bytes, own);
        assert_eq!(verdict.is_err(), version > NEWEST_GLIBC.to_vec(), "{verdict:?}");
    }

    #[test]
    fn what_is_no_executable_is_refused() {
        for bytes in [&b""[..], b"#!/bin/sh\n", b"\x7fELF", &[0x7f; 4096]] {
            let verdict = check_elf(bytes, Architecture::X86_64);
            assert!(matches!(verdict, Err(ElfError::Malformed(_))), "{verdict:?}");
        }
    }

    #[test]
    fn the_symbol_is_named() {
        let error = ElfError::Glibc { needs: vec![2, 38], symbol: "__isoc23_strtol".into() };
        assert_eq!(
            error.to_string(),
            "it needs glibc 2.38 for `__isoc23_strtol`, and Lambda has 2.34; build it with cargo-zigbuild"
        );
    }
}
