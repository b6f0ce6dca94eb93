//! The zip for Lambda: one file, `bootstrap`, and nothing that depends on time or machine.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

/// Packs an executable as `bootstrap`, mode 0755, dated 1980-01-01. The same executable always gives the same zip.
///
/// # Errors
/// If the zip would be larger than its format allows.
pub fn zip_bootstrap(executable: &[u8]) -> zip::result::ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::DEFAULT)
        .unix_permissions(0o755)
        .system(System::Unix);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("bootstrap", options)?;
    zip.write_all(executable)?;
    Ok(zip.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::io::Read as _;

    use super::*;
    use vmx_model::digest::sha256_hex;

    #[test]
    fn the_zip_holds_one_executable_bootstrap() {
        let zip = zip_bootstrap(b"\x7fELF and so on").unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
        assert_eq!(archive.len(), 1);
        let mut file = archive.by_name("bootstrap").unwrap();
        assert_eq!(file.unix_mode().map(|mode| mode & 0o777), Some(0o755));
        assert_eq!(file.last_modified().map(|time| time.year()), Some(1980));
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, b"\x7fELF and so on");
    }

    #[test]
    fn the_same_executable_gives_the_same_zip_on_every_machine() {
        let executable: Vec<u8> = (0..100_000_u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
        let hash = sha256_hex(&zip_bootstrap(&executable).unwrap());
        assert_eq!(hash, sha256_hex(&zip_bootstrap(&executable).unwrap()));
        // Written down, so that a change of the compressor is noticed: every function would be deployed anew.
        assert_eq!(hash, "45b7517d24c9b7fd7a84ec50ca63617958552740148227fce3a45e65b7d91ca6");
    }
}
