//! The file that holds a model: a zip archive with named parts, `docs/model-format.md`.
//!
//! `manifest.json` names every other part with its size and SHA-256 digest; its own bytes are guarded by the
//! archive's CRC-32. Nothing here knows what the parts mean.

use crate::ModelFileError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

pub(crate) const MANIFEST: &str = "manifest.json";

/// A manifest is some kilobytes for each branch; more than this is not one.
/// Specs of ten thousand branches with their distributions; an archive of a few kilobytes could unpack to any size.
const MAX_JSON_BYTES: u64 = 512 << 20;
const MAX_MANIFEST_BYTES: u64 = 256 << 20;

/// A part of the file as the manifest lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartEntry {
    /// Name within the archive, such as `model.onnx`.
    pub name: String,
    /// Size before compression.
    pub n_bytes: u64,
    /// SHA-256 of the bytes before compression, in lower-case hexadecimal digits.
    pub sha256: String,
}

/// A part to be written.
pub(crate) struct Part<'a> {
    pub(crate) name: &'a str,
    pub(crate) bytes: &'a [u8],
    /// Weights do not shrink, and other programs may want to map them: they are stored as they are.
    pub(crate) is_stored: bool,
}

/// The entry of a part.
pub(crate) fn entry(part: &Part<'_>) -> PartEntry {
    PartEntry { name: part.name.to_string(), n_bytes: part.bytes.len() as u64, sha256: digest(part.bytes) }
}

/// SHA-256 in hexadecimal digits.
pub(crate) fn digest(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    Sha256::digest(bytes).iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Writes the manifest and the parts as one archive.
pub(crate) fn to_bytes(manifest: &[u8], parts: &[Part<'_>]) -> Result<Vec<u8>, zip::result::ZipError> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let manifest = Part { name: MANIFEST, bytes: manifest, is_stored: false };
    for part in std::iter::once(&manifest).chain(parts) {
        let method = if part.is_stored { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        // No time of day: the same model gives the same bytes.
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(zip::DateTime::default())
            .large_file(part.bytes.len() as u64 >= u64::from(u32::MAX));
        archive.start_file(part.name, options)?;
        archive.write_all(part.bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// Writes bytes beside a file and renames them into its place, so that no reader sees half a file.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), std::io::Error> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::Builder::new().prefix(".model-").suffix(".partial").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    // A temporary file is its owner's alone; a model is a file like any other.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).map_or(0o644, |old| old.permissions().mode() & 0o777);
        file.as_file().set_permissions(std::fs::Permissions::from_mode(mode))?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// An opened archive whose parts are still to be checked.
pub(crate) struct Opened<'a> {
    /// For messages.
    path: &'a str,
    archive: ZipArchive<Cursor<&'a [u8]>>,
}

impl<'a> Opened<'a> {
    pub(crate) fn new(path: &'a str, bytes: &'a [u8]) -> Result<Self, ModelFileError> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|cause| ModelFileError::NoArchive {
            path: path.to_string(),
            cause: cause.to_string(),
        })?;
        Ok(Self { path, archive })
    }

    /// The bytes of the manifest.
    pub(crate) fn manifest(&mut self) -> Result<Vec<u8>, ModelFileError> {
        self.read(MANIFEST, MAX_MANIFEST_BYTES)
    }

    /// Reads and checks all parts that a manifest lists.
    pub(crate) fn parts(
        &mut self,
        entries: &[PartEntry],
    ) -> Result<BTreeMap<String, Vec<u8>>, ModelFileError> {
        let mut parts = BTreeMap::new();
        for entry in entries {
            let is_json = Path::new(&entry.name).extension().is_some_and(|extension| extension == "json");
            if is_json && entry.n_bytes > MAX_JSON_BYTES {
                let reason = format!("it claims {} bytes, more than any model has", entry.n_bytes);
                return Err(self.damaged(&entry.name, reason));
            }
            let bytes = self.read(&entry.name, entry.n_bytes)?;
            let problem = if bytes.len() as u64 != entry.n_bytes {
                Some(format!("it has {} bytes, the manifest says {}", bytes.len(), entry.n_bytes))
            } else if digest(&bytes) != entry.sha256 {
                Some("its SHA-256 digest is not the manifest's".to_string())
            } else {
                None
            };
            if let Some(reason) = problem {
                return Err(self.damaged(&entry.name, reason));
            }
            parts.insert(entry.name.clone(), bytes);
        }
        Ok(parts)
    }

    /// Unpacks one part, at most one byte more than `max_bytes`: an archive may say any size and unpack to more.
    fn read(&mut self, name: &str, max_bytes: u64) -> Result<Vec<u8>, ModelFileError> {
        let mut bytes = Vec::new();
        let result = match self.archive.by_name(name) {
            Ok(part) => part
                .take(max_bytes.saturating_add(1))
                .read_to_end(&mut bytes)
                .map_err(|cause| cause.to_string()),
            Err(cause) => Err(cause.to_string()),
        };
        match result {
            Ok(n_bytes) if n_bytes as u64 > max_bytes => {
                Err(self.damaged(name, format!("it unpacks to more than {max_bytes} bytes")))
            }
            Ok(_) => Ok(bytes),
            Err(reason) => Err(self.damaged(name, reason)),
        }
    }

    fn damaged(&self, part: &str, reason: String) -> ModelFileError {
        ModelFileError::Damaged { path: self.path.to_string(), part: part.to_string(), reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> (Vec<u8>, Vec<PartEntry>) {
        let parts = [
            Part { name: "model.onnx", bytes: &[7; 1000], is_stored: true },
            Part { name: "specs.json", bytes: b"{}", is_stored: false },
        ];
        let entries: Vec<PartEntry> = parts.iter().map(entry).collect();
        (to_bytes(b"{\"manifest\": true}", &parts).unwrap(), entries)
    }

    #[test]
    fn what_goes_in_comes_out() {
        let (bytes, entries) = example();
        let mut opened = Opened::new("m", &bytes).unwrap();
        assert_eq!(opened.manifest().unwrap(), b"{\"manifest\": true}");
        let parts = opened.parts(&entries).unwrap();
        assert_eq!(parts["model.onnx"], [7; 1000]);
        assert_eq!(parts["specs.json"], b"{}");
        assert_eq!(bytes, example().0, "the same parts give the same bytes");
    }

    #[test]
    fn what_does_not_fit_the_manifest_is_refused() {
        let (bytes, entries) = example();
        let check = |change: fn(&mut PartEntry), message: &str| {
            let mut entries = entries.clone();
            change(&mut entries[0]);
            let error = Opened::new("m", &bytes).unwrap().parts(&entries).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        };
        check(|entry| entry.name = "model.pt".into(), "model.pt");
        check(|entry| entry.n_bytes = 999, "more than 999");
        check(|entry| entry.n_bytes = 1001, "has 1000 bytes");
        check(|entry| entry.sha256 = String::new(), "SHA-256");
    }
}
