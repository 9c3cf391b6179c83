//! The pages: each handler asks the workspaces what the visitor may see and hands the answers to [`hub_pages`].

pub mod bounded_source;
pub mod root_preview;
