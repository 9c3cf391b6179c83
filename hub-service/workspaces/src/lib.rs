//! Shared storage of users and groups: names in a database, bytes as immutable blobs. No HTTP.
//!
//! - [`Workspaces`] is the whole of it: cheap to clone, every operation takes the [`Actor`] that asks and checks its rights.
//! - A workspace that the actor cannot see is [`WorkspaceError::NotFound`], as one that does not exist.
//! - What is written becomes visible in one transaction: readers see the old content or the new one, never a mix.
//! - What is used equals the sum of what is stored, always ([`Workspaces::check`]).
//! - Order comes from numbers that the database hands out, never from a clock.

mod access;
mod actor;
mod administrators;
mod all_workspaces;
mod app_passwords;
mod audit;
mod backup;
mod blobs;
mod changes;
mod check;
mod checksum;
mod clock;
mod cursor;
mod database;
mod delete;
mod entries;
mod error;
mod folders;
mod grants;
mod links;
mod list;
mod locks;
mod move_or_copy;
mod open;
mod people;
mod pieces;
mod properties;
mod publish;
mod quota;
mod reach;
mod read;
mod remembered;
mod resumable;
mod secret;
mod settings;
mod sweep;
mod trash;
mod unfinished;
mod upload;
mod versions;

pub(crate) use hub_api::Action;

pub use actor::Actor;
pub use app_passwords::VerifiedAppPassword;
pub use backup::{BackupReport, restore_backup};
pub use blobs::StoreError;
pub use changes::{ChangeWatch, Changes};
pub use check::CheckReport;
pub use clock::Clock;
pub use error::WorkspaceError;
pub use folders::{FolderMade, Parents};
pub use links::{NewLink, OpenedLink};
pub use list::ListOptions;
pub use locks::{LockRequest, NameLock};
pub use move_or_copy::Moved;
pub use open::Workspaces;
pub use people::KnownGroups;
pub use properties::Properties;
pub use reach::reach;
pub use read::StoredFile;
pub use resumable::UploadStatus;
pub use settings::{BlobSettings, CheckedSettings, S3Settings, Secret, Settings, SettingsError};
pub use sweep::SweepReport;
pub use upload::{Preconditions, Upload, WriteOptions, entity_tags};

/// What every operation gives.
pub type Result<T> = std::result::Result<T, WorkspaceError>;
