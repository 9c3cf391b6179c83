//! Where names become files: those of this machine, and those of a store afar that the program brings along.

use crate::{ByteSource, ByteSourceError, LocalFile};
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is known of a file without reading it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileFacts {
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Size in bytes.
    pub size_bytes: u64,
    /// SHA-256 of the content in hexadecimal digits, where the store knows it.
    pub sha256: Option<String>,
}

/// One name of a folder afar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameAfar {
    /// The last part of the name.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
}

/// A store of files that has names of its own, such as `shared://GROUP/file.root`.
pub trait FilesAfar: Send + Sync {
    /// Whether a name is one of its own; it need not exist.
    fn has(&self, name: &str) -> bool;

    /// Opens a file for reading.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn open(&self, name: &str) -> Result<Arc<dyn ByteSource>, ByteSourceError>;

    /// What is known of a file or folder.
    ///
    /// # Errors
    /// It is not there, or the store does not answer.
    fn facts(&self, name: &str) -> Result<FileFacts, ByteSourceError>;

    /// The names in a folder, in order; `folder` ends with a slash.
    ///
    /// # Errors
    /// As [`FilesAfar::facts`].
    fn names_in(&self, folder: &str) -> Result<Vec<NameAfar>, ByteSourceError>;

    /// Refuses, before any work, a name under which nothing could be written in the end.
    ///
    /// # Errors
    /// Why not: no such place, or no right to write there.
    fn check_output(&self, name: &str) -> Result<(), ByteSourceError>;

    /// Makes the content of a local file the content of a file of the store: all of it at once, or nothing.
    ///
    /// # Errors
    /// Why it cannot be written.
    fn publish(&self, local: &Path, name: &str) -> Result<(), ByteSourceError>;
}

/// Opens files by their names. Knows those of this machine, and those of a store where the program gives one.
#[derive(Clone, Default)]
pub struct FileOpener {
    afar: Option<Arc<dyn FilesAfar>>,
}

impl fmt::Debug for FileOpener {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("FileOpener").field("has_afar", &self.afar.is_some()).finish()
    }
}

impl FileOpener {
    /// Files of this machine only.
    pub fn local() -> Self {
        Self::default()
    }

    /// Files of this machine and of a store.
    pub fn with(afar: Arc<dyn FilesAfar>) -> Self {
        Self { afar: Some(afar) }
    }

    /// The store, where the name is one of its own.
    pub fn afar(&self, name: &str) -> Option<&dyn FilesAfar> {
        self.afar.as_deref().filter(|afar| afar.has(name))
    }

    /// Opens a file for reading.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn open(&self, name: &str) -> Result<Arc<dyn ByteSource>, ByteSourceError> {
        match self.afar(name) {
            Some(afar) => afar.open(name),
            None => Ok(Arc::new(LocalFile::open(name)?)),
        }
    }

    /// All bytes of a file.
    ///
    /// # Errors
    /// Why it cannot be read, or that it has more than `most_bytes`.
    pub fn read(&self, name: &str, most_bytes: u64) -> Result<Vec<u8>, ByteSourceError> {
        let too_large = |len| ByteSourceError::TooLarge { name: name.to_string(), len, most_bytes };
        if let Some(afar) = self.afar(name) {
            let source = afar.open(name)?;
            if source.len() > most_bytes {
                return Err(too_large(source.len()));
            }
            return Ok(source.read_at(0..source.len())?.into_owned());
        }
        let failed = |cause| ByteSourceError::Open { name: name.to_string(), cause };
        let file = std::fs::File::open(name).map_err(failed)?;
        let mut bytes = Vec::new();
        // Not by the length of the file: a pipe has none, and is welcome where text is read.
        file.take(most_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > most_bytes { Err(too_large(bytes.len() as u64)) } else { Ok(bytes) }
    }

    /// A small file of text.
    ///
    /// # Errors
    /// As [`FileOpener::read`], and bytes that are no UTF-8.
    pub fn read_text(&self, name: &str) -> Result<String, ByteSourceError> {
        const MOST_BYTES: u64 = 1 << 30;
        String::from_utf8(self.read(name, MOST_BYTES)?).map_err(|error| ByteSourceError::Open {
            name: name.to_string(),
            cause: std::io::Error::new(std::io::ErrorKind::InvalidData, error),
        })
    }

    /// As [`FileOpener::read_text`]; of a file of this machine with the system's own error.
    ///
    /// # Errors
    /// Why it cannot be read, and bytes that are no UTF-8.
    pub fn read_text_of(&self, path: &Path) -> std::io::Result<String> {
        let name = path.to_string_lossy();
        match self.afar(&name) {
            Some(_) => self.read_text(&name).map_err(std::io::Error::other),
            None => std::fs::read_to_string(path),
        }
    }

    /// Where a file is to be written that will have the given name: in its place on this machine, or in a temporary folder
    /// from which [`OutputFile::publish`] brings it to the store.
    ///
    /// # Errors
    /// [`ByteSourceError::Open`] when no temporary folder can be made, and for a device or a pipe: the file would take its place.
    pub fn output(&self, name: &Path) -> Result<OutputFile, ByteSourceError> {
        let text = name.to_string_lossy();
        let Some(afar) = self.afar.clone().filter(|afar| afar.has(&text)) else {
            let is_odd = name.metadata().is_ok_and(|facts| !facts.is_file() && !facts.is_dir());
            if is_odd {
                let cause = std::io::Error::other("it is no plain file; name another");
                return Err(ByteSourceError::Open { name: text.into_owned(), cause });
            }
            return Ok(OutputFile { path: name.to_path_buf(), target: None });
        };
        let failed = |cause| ByteSourceError::Open { name: "a temporary folder".to_string(), cause };
        let folder = tempfile::Builder::new().prefix("mlaas4hep-output-").tempdir().map_err(failed)?;
        let last = text.rsplit('/').next().filter(|last| !last.is_empty()).unwrap_or("output");
        let path = folder.path().join(last);
        Ok(OutputFile { path, target: Some(Target { afar, name: text.into_owned(), _folder: folder }) })
    }
}

/// A file that is being written and will have its name when it is whole.
pub struct OutputFile {
    path: PathBuf,
    target: Option<Target>,
}

struct Target {
    afar: Arc<dyn FilesAfar>,
    name: String,
    /// Goes with the file in it.
    _folder: tempfile::TempDir,
}

impl OutputFile {
    /// Where to write.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the file its name, now that it is whole.
    ///
    /// # Errors
    /// Why the store refuses it.
    pub fn publish(self) -> Result<(), ByteSourceError> {
        match &self.target {
            Some(target) => target.afar.publish(&self.path, &target.name),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryBytes;
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    /// Files in memory, named `far:NAME`.
    #[derive(Default)]
    struct Store(Mutex<BTreeMap<String, Vec<u8>>>);

    impl FilesAfar for Store {
        fn has(&self, name: &str) -> bool {
            name.starts_with("far:")
        }
        fn open(&self, name: &str) -> Result<Arc<dyn ByteSource>, ByteSourceError> {
            let files = self.0.lock().unwrap();
            let bytes = files.get(name).ok_or_else(|| ByteSourceError::Afar { cause: "no".into() })?;
            Ok(Arc::new(MemoryBytes::new(name, bytes.clone())))
        }
        fn facts(&self, name: &str) -> Result<FileFacts, ByteSourceError> {
            Ok(FileFacts { size_bytes: self.open(name)?.len(), ..FileFacts::default() })
        }
        fn names_in(&self, _folder: &str) -> Result<Vec<NameAfar>, ByteSourceError> {
            Ok(Vec::new())
        }
        fn check_output(&self, _name: &str) -> Result<(), ByteSourceError> {
            Ok(())
        }
        fn publish(&self, local: &Path, name: &str) -> Result<(), ByteSourceError> {
            self.0.lock().unwrap().insert(name.to_string(), std::fs::read(local).unwrap());
            Ok(())
        }
    }

    #[test]
    fn a_file_goes_afar_and_comes_back() {
        let opener = FileOpener::with(Arc::new(Store::default()));
        let output = opener.output(Path::new("far:group/a.csv")).unwrap();
        let path = output.path().to_path_buf();
        assert_eq!(path.file_name().unwrap(), "a.csv");
        std::fs::write(&path, "x\n1\n").unwrap();
        output.publish().unwrap();
        assert!(!path.exists());
        assert_eq!(opener.read_text("far:group/a.csv").unwrap(), "x\n1\n");
        let error = opener.read("far:group/a.csv", 3).unwrap_err();
        assert!(matches!(error, ByteSourceError::TooLarge { len: 4, most_bytes: 3, .. }), "{error}");
        assert!(matches!(opener.open("far:none"), Err(ByteSourceError::Afar { .. })));
    }

    #[test]
    fn no_file_takes_the_place_of_a_device() {
        let opener = FileOpener::with(Arc::new(Store::default()));
        let refused = opener.output(Path::new("/dev/null")).err().unwrap().to_string();
        assert!(refused.contains("/dev/null") && refused.contains("no plain file"), "{refused}");
    }

    #[test]
    fn files_of_this_machine_stay_where_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.txt");
        for opener in [FileOpener::local(), FileOpener::with(Arc::new(Store::default()))] {
            let output = opener.output(&path).unwrap();
            assert_eq!(output.path(), path);
            std::fs::write(output.path(), [0xff]).unwrap();
            output.publish().unwrap();
            let name = path.display().to_string();
            assert_eq!(opener.open(&name).unwrap().len(), 1);
            assert!(matches!(opener.read_text(&name), Err(ByteSourceError::Open { .. })));
            assert!(matches!(opener.read(&name, 0), Err(ByteSourceError::TooLarge { .. })));
        }
        assert!(FileOpener::local().open("far:x").is_err());
    }
}
