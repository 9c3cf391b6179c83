//! The file of `mlaas4hep login`: address and token, for the user alone.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Environment, HubError, Token};

/// More than any token takes.
const MOST_BYTES: u64 = 1 << 20;

/// What a log in leaves.
#[derive(Clone, Debug, Default)]
pub struct LoginFile {
    /// Address of the service.
    pub address: String,
    /// The token; none for `mlaas4hep-hub dev`.
    pub token: Option<Token>,
    /// When the token ends, in seconds since 1970, where that is known.
    pub expires_at: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    address: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
}

impl LoginFile {
    /// Where it lies: `MLAAS4HEP_CONFIG`, else `XDG_CONFIG_HOME/mlaas4hep`, else `HOME/.config/mlaas4hep`; nothing where none
    /// of these is set.
    #[must_use]
    pub fn usual_path(environment: Environment<'_>) -> Option<PathBuf> {
        let folder = |name: &str| environment(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folder = folder("MLAAS4HEP_CONFIG")
            .or_else(|| Some(folder("XDG_CONFIG_HOME")?.join("mlaas4hep")))
            .or_else(|| Some(folder("HOME")?.join(".config/mlaas4hep")))?;
        Some(folder.join("hub-login.json"))
    }

    /// Reads the file; nothing where there is none.
    ///
    /// # Errors
    /// [`HubError::File`] where it cannot be read, and where others may read it; [`HubError::Login`] where it is damaged.
    pub fn read(path: &Path) -> Result<Option<Self>, HubError> {
        let failed = |cause| HubError::File { action: "read", path: path.to_path_buf(), cause };
        let file = match File::open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            file => file.map_err(failed)?,
        };
        if file.metadata().map_err(failed)?.permissions().mode() & 0o077 != 0 {
            let cause = "others may read it: chmod 600, and log in again if the token may have been seen";
            return Err(failed(std::io::Error::other(cause)));
        }
        let mut text = String::new();
        file.take(MOST_BYTES).read_to_string(&mut text).map_err(failed)?;
        // The message of the JSON reader could repeat a part of the file.
        let stored: Stored = serde_json::from_str(&text).map_err(|_| HubError::Login {
            reason: format!("{} is damaged; log in again: mlaas4hep login", path.display()),
        })?;
        let token = stored.token.as_deref().map(Token::new).transpose()?;
        Ok(Some(Self { address: stored.address, token, expires_at: stored.expires_at }))
    }

    /// Writes the file whole or not at all, readable by its owner only; its folder is made.
    ///
    /// # Errors
    /// [`HubError::File`].
    pub fn write(&self, path: &Path) -> Result<(), HubError> {
        let failed = |cause| HubError::File { action: "write", path: path.to_path_buf(), cause };
        let stored = Stored {
            address: self.address.clone(),
            token: self.token.as_ref().map(|token| token.expose().to_owned()),
            expires_at: self.expires_at,
        };
        let text = serde_json::to_string_pretty(&stored).map_err(|error| failed(error.into()))?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let beside = path.with_extension(format!("{}.part", std::process::id()));
        // A leftover of a process of the same number would have other rights.
        let _mostly_absent = std::fs::remove_file(&beside);
        let written = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&beside)
            .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
            .and_then(|()| std::fs::rename(&beside, path));
        if written.is_err() {
            // The error that matters is the one of writing.
            let _ = std::fs::remove_file(&beside);
        }
        written.map_err(failed)
    }

    /// Takes the file away. Says whether there was one.
    ///
    /// # Errors
    /// [`HubError::File`].
    pub fn remove(path: &Path) -> Result<bool, HubError> {
        match std::fs::remove_file(path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(cause) => Err(HubError::File { action: "remove", path: path.to_path_buf(), cause }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config/hub-login.json");
        assert!(LoginFile::read(&path).unwrap().is_none());
        let token = Token::new("secret").unwrap();
        let login =
            LoginFile { address: "http://h/".into(), token: Some(token.clone()), expires_at: Some(7) };
        for _again in 0..2 {
            login.write(&path).unwrap();
        }
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let read = LoginFile::read(&path).unwrap().unwrap();
        assert_eq!((read.address.as_str(), read.token, read.expires_at), ("http://h/", Some(token), Some(7)));
        assert!(!format!("{login:?}").contains("secret"));
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(LoginFile::read(&path).unwrap_err().to_string().contains("chmod 600"));
        assert!(LoginFile::remove(&path).unwrap() && !LoginFile::remove(&path).unwrap());
    }

    #[test]
    fn a_damaged_file_is_not_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub-login.json");
        LoginFile::default().write(&path).unwrap();
        std::fs::write(&path, r#"{"address": "http://h/", "tokn": "secret"}"#).unwrap();
        let error = LoginFile::read(&path).unwrap_err().to_string();
        assert!(error.contains("damaged") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn folders() {
        let check = |variables: &[(&str, &str)], expected: Option<&str>| {
            let found = LoginFile::usual_path(&|name| {
                variables.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned())
            });
            assert_eq!(found.as_deref(), expected.map(Path::new));
        };
        check(&[("HOME", "/h")], Some("/h/.config/mlaas4hep/hub-login.json"));
        check(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "/x")], Some("/x/mlaas4hep/hub-login.json"));
        check(&[("MLAAS4HEP_CONFIG", "/m"), ("XDG_CONFIG_HOME", "/x")], Some("/m/hub-login.json"));
        check(&[("HOME", "")], None);
    }
}
