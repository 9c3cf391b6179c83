//! What specs speak of: files, tree, branches, selection.

use crate::SpecsError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
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
        Self::of_file_unless(path, with_checksum, &mut || false)
    }

    /// As [`FileFingerprint::of_file`]; while a large file is read it is asked whether to stop.
    ///
    /// # Errors
    /// [`SpecsError::Stopped`], and as [`FileFingerprint::of_file`].
    pub fn of_file_unless(
        path: &Path,
        with_checksum: bool,
        is_stopped: &mut dyn FnMut() -> bool,
    ) -> Result<Self, SpecsError> {
        let name = path.display().to_string();
        let failed = |cause| SpecsError::Fingerprint { file: name.clone(), cause };
        let metadata = std::fs::metadata(path).map_err(failed)?;
        let since_1970 = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Ok(Self {
            size_bytes: metadata.len(),
            modified_ns: since_1970.and_then(|duration| u64::try_from(duration.as_nanos()).ok()),
            sha256: if with_checksum {
                Some(checksum(path, is_stopped).map_err(failed)?.ok_or(SpecsError::Stopped)?)
            } else {
                None
            },
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
    /// Why specs of this data cannot serve another wish, in words with what to do; nothing where they can. Files
    /// are the same by content (size, and checksum or time) and the last part of their name, in any order and named from
    /// any folder, and more branches may have been measured than are wanted.
    pub fn hindrance(&self, wish: &Self) -> Option<String> {
        if let Some(what) = self.other_files(wish) {
            return Some(what);
        }
        if self.tree != wish.tree {
            return Some(format!(
                "they were made of the tree `{}` and not of `{}`; measure that tree",
                self.tree, wish.tree
            ));
        }
        if let Some(what) = self.other_events(wish) {
            return Some(what);
        }
        // Last, as a selection makes branches.
        let branch = wish.branches.iter().find(|name| !self.branches.contains(name))?;
        Some(format!("they lack the branch `{branch}`; measure with it, or exclude it"))
    }

    fn other_events(&self, wish: &Self) -> Option<String> {
        if self.selection != wish.selection {
            let (then, wanted) = match (&self.selection, &wish.selection) {
                (None, _) => ("all events", "those that pass the selection"),
                (_, None) => ("the events that pass a selection", "all events"),
                _ => ("the events that pass another selection, or another number of them", "these"),
            };
            return Some(format!(
                "they were made of {then} and not of {wanted}; leave them out, so that these are measured"
            ));
        }
        let words = |entries: Option<u64>| match entries {
            None => "all entries".to_string(),
            Some(n_entries) => format!("the first {n_entries} entries"),
        };
        (self.max_entries != wish.max_entries).then(|| {
            format!(
                "they were made of {} and not of {} of each file, as `nevts` asks; leave them out, or change `nevts`",
                words(self.max_entries),
                words(wish.max_entries)
            )
        })
    }

    fn other_files(&self, wish: &Self) -> Option<String> {
        let names = |fingerprint: &Self| {
            fingerprint.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>().join(", ")
        };
        let lacks = |own: &Self, other: &Self| other.files.iter().any(|file| own.file(&file.name).is_none());
        if self.files.len() != wish.files.len() || lacks(self, wish) || lacks(wish, self) {
            let (then, now) = (names(self), names(wish));
            return Some(format!("they were made of the files {then} and not of {now}; measure these files"));
        }
        wish.files.iter().find_map(|now| {
            let what = self.file(&now.name)?.difference(now)?;
            Some(format!("{what}; measure {} again", now.name))
        })
    }

    /// The file of this name, or else the only one with the same last part of the name.
    pub fn file(&self, name: &str) -> Option<&FileFingerprint> {
        let base = |name: &str| name.rsplit('/').next().unwrap_or_default().to_string();
        self.files.iter().find(|file| file.name == name).or_else(|| {
            let mut alike = self.files.iter().filter(|file| base(&file.name) == base(name));
            alike.next().filter(|_| alike.next().is_none())
        })
    }

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

/// Nothing where it was stopped.
fn checksum(path: &Path, is_stopped: &mut dyn FnMut() -> bool) -> std::io::Result<Option<String>> {
    let mut file = std::fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        if is_stopped() {
            return Ok(None);
        }
        let n_read = file.read(&mut buffer)?;
        if n_read == 0 {
            break;
        }
        hasher.update(&buffer[..n_read]);
    }
    Ok(Some(hex::encode(hasher.finalize())))
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
    fn specs_serve_fewer_branches_and_files_named_otherwise() {
        let file = |name: &str| FileFingerprint {
            name: name.into(),
            size_bytes: 10,
            modified_ns: Some(1),
            sha256: None,
        };
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<String>>();
        let then = Fingerprint {
            files: vec![file("data/a.root"), file("data/b.root")],
            tree: "Events".into(),
            branches: names(&["x", "y", "z"]),
            ..Fingerprint::default()
        };
        let check = |change: &dyn Fn(&mut Fingerprint), expected: &str| {
            let mut wish = then.clone();
            change(&mut wish);
            let found = then.hindrance(&wish).unwrap_or_default();
            assert!(found.contains(expected) && found.is_empty() == expected.is_empty(), "{found}");
        };
        check(&|_| {}, "");
        check(&|wish| wish.branches = names(&["z", "x"]), "");
        check(&|wish| wish.files = vec![file("b.root"), file("/else/a.root")], "");
        check(&|wish| wish.branches.push("w".into()), "lack the branch `w`; measure with it");
        check(&|wish| wish.files.truncate(1), "data/a.root, data/b.root and not of data/a.root");
        check(&|wish| wish.files = vec![file("a.root"), file("c.root")], "and not of a.root, c.root");
        check(&|wish| wish.files[1].size_bytes = 7, "had 10 bytes and has 7 now; measure data/b.root again");
        check(&|wish| wish.tree = "t".into(), "the tree `Events` and not of `t`");
        check(&|wish| wish.selection = Some("s".into()), "of all events and not of those that pass");
        check(&|wish| wish.max_entries = Some(5), "not of the first 5 entries of");
        let same = Fingerprint { files: vec![file("p/a.root"), file("q/a.root")], ..then.clone() };
        assert_eq!(same.hindrance(&same), None);
        assert!(same.hindrance(&Fingerprint { files: vec![file("a.root"); 2], ..then.clone() }).is_some());
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
        let stopped = FileFingerprint::of_file_unless(&path, true, &mut || true);
        assert!(matches!(stopped, Err(SpecsError::Stopped)));
    }
}
