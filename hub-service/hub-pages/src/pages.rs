//! One page, one file.

pub(crate) mod all_workspaces;
pub(crate) mod app_passwords;
pub(crate) mod audit;
pub(crate) mod file;
pub(crate) mod folder;
pub(crate) mod move_or_copy;
pub(crate) mod problem;
pub(crate) mod quota;
pub(crate) mod quota_bar;
pub(crate) mod root_preview;
pub(crate) mod sharing;
pub(crate) mod trash;
pub(crate) mod workspaces;
