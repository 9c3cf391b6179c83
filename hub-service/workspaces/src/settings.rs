//! What the operator said about storage, and what of it was checked.

use std::path::PathBuf;

use hub_api::Role;
use serde::Deserialize;
use url::Url;

use crate::Clock;

const GIB: u64 = 1 << 30;

/// The area `workspaces` of the configuration.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Folder of the service: the `SQLite` database, blobs and unfinished uploads. Default: `workspaces`.
    pub folder: PathBuf,
    /// `postgres://user:password@host/name`; without it a `SQLite` database in the folder.
    pub database: Option<Secret>,
    /// Where the bytes lie. Default: in the folder.
    pub blobs: BlobSettings,
    /// Role of the members of a group in its workspace. Default: writer.
    pub group_member_role: Role,
    /// Bytes of a new workspace of a group. Default: 100 GiB.
    pub group_limit_bytes: u64,
    /// Bytes of a new personal workspace. Default: 10 GiB.
    pub person_limit_bytes: u64,
    /// Files and folders of a new workspace. Default: 2 000 000.
    pub limit_entries: u64,
    /// Largest file in bytes. Default: 1 TiB.
    pub max_file_bytes: u64,
    /// Unfinished uploads of one person, in all workspaces. Default: 100.
    pub max_unfinished_uploads: u32,
    /// Versions of a file that are kept, the newest one among them, and besides the last one of each person. Default: 10.
    pub keep_versions: u32,
    /// Days after which an old version goes. Default: 30.
    pub keep_versions_days: u32,
    /// Days after which the trash goes. Default: 30.
    pub keep_trash_days: u32,
    /// Hours after which an unfinished upload goes. Default: 48.
    pub keep_uploads_hours: u32,
    /// Days after which events of the change feed go. Default: 30.
    pub keep_changes_days: u32,
    /// Days after which lines of the audit log go. Default: 730.
    pub keep_audit_days: u32,
    /// Days for which the groups of somebody who did not come count for what acts in that name: app passwords and links. The
    /// service lets them count without end where the hub alone says who is in which. Default: 30.
    pub keep_groups_days: u32,
    /// Whether anybody can read a file by a link that an administrator of its workspace made. Default: no.
    pub public_links: bool,
    /// Bytes that uploads leave free on the disk of the folder, so that the database can work on; 0: they may fill it.
    /// Default: 256 MiB.
    pub keep_free_bytes: u64,
    /// Seconds that a blob stays after the last version that needs it is gone, for readers that are at it. Default: 3600.
    pub keep_garbage_seconds: u32,
}

/// A text that no log shows.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("[secret]")
    }
}

/// Where the bytes lie.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind", deny_unknown_fields)]
pub enum BlobSettings {
    /// In the folder of the service.
    #[default]
    Local,
    /// In a bucket. Uploads are gathered in the folder before they go there.
    S3(S3Settings),
}

/// A bucket of any S3 server.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Settings {
    /// `https://host:port`.
    pub endpoint: String,
    /// The bucket; it must be there.
    pub bucket: String,
    /// Default: `us-east-1`.
    #[serde(default = "default_region")]
    pub region: String,
    /// Key.
    pub access_key: String,
    /// Its secret.
    pub secret_key: Secret,
    /// In front of all keys: `mlaas4hep/`. Default: nothing.
    #[serde(default)]
    pub prefix: String,
    /// Seconds after which a request without an answer has failed. Default: 30.
    #[serde(default = "default_timeout")]
    pub timeout_seconds: u32,
    /// Whether `http://` will do. Default: no.
    #[serde(default)]
    pub allow_http: bool,
}

fn default_region() -> String {
    "us-east-1".to_owned()
}

fn default_timeout() -> u32 {
    30
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            folder: PathBuf::from("workspaces"),
            database: None,
            blobs: BlobSettings::Local,
            group_member_role: Role::Writer,
            group_limit_bytes: 100 * GIB,
            person_limit_bytes: 10 * GIB,
            limit_entries: 2_000_000,
            max_file_bytes: 1024 * GIB,
            max_unfinished_uploads: 100,
            keep_versions: 10,
            keep_versions_days: 30,
            keep_trash_days: 30,
            keep_uploads_hours: 48,
            keep_changes_days: 30,
            keep_audit_days: 730,
            keep_groups_days: 30,
            public_links: false,
            keep_free_bytes: 256 << 20,
            keep_garbage_seconds: 3600,
        }
    }
}

/// Why settings will not do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("workspaces.{field}: {reason}")]
pub struct SettingsError {
    /// Which one.
    pub field: &'static str,
    /// Why, and what would do.
    pub reason: String,
}

/// Settings that make sense; [`crate::Workspaces::open`] takes them.
#[derive(Clone, Debug)]
pub struct CheckedSettings {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
}

impl Settings {
    /// Checks them without touching anything.
    ///
    /// # Errors
    /// A database that is not `PostgreSQL`'s, numbers of zero or past what the database can hold, an address of a bucket
    /// that is none or not encrypted without `allow_http`.
    pub fn check(self) -> Result<CheckedSettings, SettingsError> {
        let wrong = |field, reason: &str| Err(SettingsError { field, reason: reason.to_owned() });
        let is_postgres =
            |url: &Secret| ["postgres://", "postgresql://"].iter().any(|s| url.reveal().starts_with(s));
        if self.database.as_ref().is_some_and(|url| !is_postgres(url)) {
            return wrong("database", "must start with postgres://, or be left out for SQLite in the folder");
        }
        if self.folder.as_os_str().is_empty() {
            return wrong("folder", "is empty; name a folder of the service");
        }
        for (field, number) in [
            ("group_limit_bytes", self.group_limit_bytes),
            ("person_limit_bytes", self.person_limit_bytes),
            ("limit_entries", self.limit_entries),
            ("max_file_bytes", self.max_file_bytes),
            ("max_unfinished_uploads", self.max_unfinished_uploads.into()),
            ("keep_versions", self.keep_versions.into()),
            ("keep_uploads_hours", self.keep_uploads_hours.into()),
            ("keep_audit_days", self.keep_audit_days.into()),
            ("keep_groups_days", self.keep_groups_days.into()),
        ] {
            if number == 0 || number > i64::MAX as u64 / 2 {
                return wrong(field, "must be at least 1 and below 2^62");
            }
        }
        if let BlobSettings::S3(s3) = &self.blobs {
            check_s3(s3)?;
        }
        Ok(CheckedSettings { settings: self, clock: Clock::system() })
    }
}

fn check_s3(s3: &S3Settings) -> Result<(), SettingsError> {
    let wrong = |field, reason: &str| Err(SettingsError { field, reason: reason.to_owned() });
    let is_encrypted = s3.endpoint.starts_with("https://");
    if !is_encrypted && !s3.endpoint.starts_with("http://") {
        return wrong("blobs.endpoint", "must start with https://");
    }
    if !is_encrypted && !s3.allow_http {
        return wrong("blobs.endpoint", "is not encrypted; set allow_http = true if that is meant");
    }
    let has_credentials = |url: &Url| !url.username().is_empty() || url.password().is_some();
    match Url::parse(&s3.endpoint) {
        Ok(url) if url.host().is_some() && !has_credentials(&url) => {}
        Ok(url) if has_credentials(&url) => {
            return wrong("blobs.endpoint", "has a user or a password in it; set access_key and secret_key");
        }
        _ => return wrong("blobs.endpoint", "is no address: https://HOST or https://HOST:PORT would do"),
    }
    // The names that S3 allows, and those of other stores that look alike.
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b".-_".contains(&b);
    if s3.bucket.is_empty() || !s3.bucket.bytes().all(is_plain) || s3.timeout_seconds == 0 {
        return wrong(
            "blobs",
            "needs a bucket of letters, digits, '.', '-' and '_', and a timeout of at least one second",
        );
    }
    Ok(())
}

impl CheckedSettings {
    /// Another clock, for tests of what expires.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// What was checked.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_do() {
        assert!(Settings::default().check().is_ok());
    }

    #[test]
    fn nonsense_is_refused() {
        let check = |change: fn(&mut Settings), field: &str| {
            let mut settings = Settings::default();
            change(&mut settings);
            assert_eq!(settings.check().unwrap_err().field, field);
        };
        check(|s| s.database = Some(Secret::new("mysql://x")), "database");
        check(|s| s.folder = PathBuf::new(), "folder");
        check(|s| s.keep_versions = 0, "keep_versions");
        check(|s| s.group_limit_bytes = u64::MAX, "group_limit_bytes");
        let s3 = |endpoint: &str| S3Settings {
            endpoint: endpoint.to_owned(),
            bucket: "b".to_owned(),
            region: default_region(),
            access_key: "k".to_owned(),
            secret_key: Secret::new("hush"),
            prefix: String::new(),
            timeout_seconds: 1,
            allow_http: false,
        };
        let blobs = |endpoint| Settings { blobs: BlobSettings::S3(s3(endpoint)), ..Settings::default() };
        assert_eq!(blobs("http://a").check().unwrap_err().field, "blobs.endpoint");
        for wrong in ["a", "https://", "https://a:70000", "https://a b/", "https://[::1", "https://u:hush@a"]
        {
            let error = blobs(wrong).check().unwrap_err();
            assert!(
                error.field == "blobs.endpoint" && !error.to_string().contains("hush"),
                "{wrong}: {error}"
            );
        }
        assert!(!format!("{:?}", blobs("https://a").check().unwrap()).contains("hush"));
    }
}
