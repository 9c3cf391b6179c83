//! What specs speak of: files, tree, branches, selection.

use crate::SpecsError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::io::Read;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// The data that specs were made of. Specs are reused only for the same data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// The files, in order.
    pub files: Vec<FileFingerprint>,
    /// Path of the tree inside the files.
    #[serde(default)]
    pub tree: String,
    /// The branches that were measured, in order.
    #[serde(default)]
    pub branches: Vec<String>,
    /// The selection as text, where events were selected first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<String>,
    /// Entries looked at in each file, from its start; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_entries: Option<u64>,
}

/// One file as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFingerprint {
    /// Path or address, as given.
    pub name: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Time of the last change in nanoseconds since 1970, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_ns: Option<u64>,
    /// SHA-256 of the content in hexadecimal, where it was computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

impl FileFingerprint {
    /// Looks at a local file; reads all of it only when `with_checksum`.
    ///
    /// # Errors
    /// [`SpecsError::Fingerprint`] when the file cannot be looked at.
    pub fn of_file(path: &Path, with_checksum: bool) -> Result<Self, SpecsError> {
        let name = path.display().to_string();
        let failed = |cause| SpecsError::Fingerprint { file: name.clone(), cause };
        let metadata = std::fs::metadata(path).map_err(failed)?;
        let since_1970 = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Ok(Self {
            size_bytes: metadata.len(),
            modified_ns: since_1970.and_then(|duration| u64::try_from(duration.as_nanos()).ok()),
            sha256: if with_checksum { Some(checksum(path).map_err(failed)?) } else { None },
            name,
        })
    }

    /// What differs between this file and the file of today, in words. The checksum decides where both sides have
    /// one, else size and time do.
    fn difference(&self, now: &Self) -> Option<String> {
        if self.size_bytes != now.size_bytes {
            return Some(format!(
                "{} had {} bytes and has {} now",
                self.name, self.size_bytes, now.size_bytes
            ));
        }
        if let (Some(then), Some(now_sum)) = (&self.sha256, &now.sha256) {
            return (then != now_sum).then(|| format!("the content of {} has changed (SHA-256)", self.name));
        }
        match (self.modified_ns, now.modified_ns) {
            (Some(then), Some(today)) if then != today => {
                Some(format!("{} was written again since", self.name))
            }
            _ => None,
        }
    }
}

impl Fingerprint {
    /// What differs between this and the data of today, in words; nothing where all is the same.
    pub fn difference(&self, now: &Self) -> Option<String> {
        let names = |fingerprint: &Self| -> Vec<String> {
            fingerprint.files.iter().map(|file| file.name.clone()).collect()
        };
        if names(self) != names(now) {
            return Some(format!(
                "they were made of the files {} and not of {}",
                names(self).join(", "),
                names(now).join(", ")
            ));
        }
        if let Some(what) = self.files.iter().zip(&now.files).find_map(|(then, now)| then.difference(now)) {
            return Some(what);
        }
        if self.tree != now.tree {
            return Some(format!("they were made of the tree `{}` and not of `{}`", self.tree, now.tree));
        }
        let lacking = |from: &[String], of: &[String]| of.iter().find(|name| !from.contains(name)).cloned();
        if let Some(branch) = lacking(&self.branches, &now.branches) {
            return Some(format!("they lack the branch `{branch}`"));
        }
        if let Some(branch) = lacking(&now.branches, &self.branches) {
            return Some(format!("they hold the branch `{branch}`, which is not asked for"));
        }
        if self.selection != now.selection {
            return Some("they were made with another selection of events".into());
        }
        if self.max_entries != now.max_entries {
            return Some("they were made with another number of entries from each file".into());
        }
        None
    }
}

fn checksum(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let n_read = file.read(&mut buffer)?;
        if n_read == 0 {
            break;
        }
        hasher.update(&buffer[..n_read]);
    }
    Ok(hasher.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl Fn(&mut Fingerprint), expected: Option<&str>) {
        let file =
            FileFingerprint { name: "a.root".into(), size_bytes: 10, modified_ns: Some(1), sha256: None };
        let then = Fingerprint { files: vec![file], branches: vec!["x".into()], ..Fingerprint::default() };
        let mut now = then.clone();
        change(&mut now);
        let found = then.difference(&now);
        match expected {
            None => assert_eq!(found, None),
            Some(words) => assert!(found.as_deref().unwrap_or("").contains(words), "{found:?}"),
        }
    }

    #[test]
    fn each_difference_is_named() {
        check(|_| {}, None);
        check(|now| now.files[0].size_bytes = 11, Some("had 10 bytes and has 11 now"));
        check(|now| now.files[0].modified_ns = Some(2), Some("written again"));
        check(|now| now.files[0].modified_ns = None, None);
        check(|now| now.files[0].name = "b.root".into(), Some("a.root and not of b.root"));
        check(|now| now.branches.push("y".into()), Some("lack the branch `y`"));
        check(|now| now.branches.clear(), Some("hold the branch `x`"));
        check(|now| now.selection = Some("ht > 3".into()), Some("selection"));
        check(|now| now.max_entries = Some(3), Some("number of entries"));
        check(|now| now.tree = "t".into(), Some("tree"));
    }

    #[test]
    fn the_checksum_decides_where_both_have_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x");
        std::fs::write(&path, b"abc").unwrap();
        let one = FileFingerprint::of_file(&path, true).unwrap();
        assert_eq!(
            one.sha256.as_deref(),
            Some("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        );
        let touched = FileFingerprint { modified_ns: Some(0), ..one.clone() };
        assert_eq!(one.difference(&touched), None);
        std::fs::write(&path, b"abd").unwrap();
        assert!(one.difference(&FileFingerprint::of_file(&path, true).unwrap()).is_some());
        assert!(FileFingerprint::of_file(&directory.path().join("none"), false).is_err());
    }
}
