//! `WebDAV` over the names of the workspaces.
