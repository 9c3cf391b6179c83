//! Pages of the service: rendered on the server, small, without outside sources.
//!
//! Every page is a pure function from answers of [`hub_api`] to [`Markup`]; who is allowed to see it was decided before.
//!
//! - Everything works without JavaScript but progress and resuming of uploads: forms post, and the answer is a page.
//! - Nothing is inline, so that [`CONTENT_SECURITY_POLICY`] can forbid all that does not come from the service itself.
//! - Names of files come from people. They are escaped by `maud`, isolated by `bdi`, and marks that turn the direction of
//!   writing are shown as what they are ([`text::name`]).

mod addresses;
pub mod arrange;
mod assets;
mod frame;
mod icons;
mod notice;
mod pages;
pub mod text;

pub use addresses::Addresses;
pub use assets::{Asset, asset};
pub use frame::{Frame, Visitor};
pub use maud::Markup;
pub use notice::{Done, Notice};
pub use pages::all_workspaces::all_workspaces_page;
pub use pages::app_passwords::{AppPasswordsPage, app_passwords_page};
pub use pages::audit::{AuditPageView, audit_page};
pub use pages::file::{FilePage, TextPreview, file_page};
pub use pages::folder::{FolderPage, Further, folder_page};
pub use pages::move_or_copy::{MovePage, move_page};
pub use pages::problem::problem_page;
pub use pages::quota::{QuotaPage, quota_page};
pub use pages::root_preview::{BranchRow, Measured, OtherObject, RootPreview, TreePreview};
pub use pages::sharing::{SharingPage, sharing_page};
pub use pages::trash::{TrashPageView, trash_page};
pub use pages::workspaces::workspaces_page;

/// What the browser may load and run on our pages: our own files, nothing inline. Forms go to us, nobody frames us.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// For files of users and pictures of them: they run nothing and belong to no origin, so that a stored page cannot act for
/// whoever opens it. To be sent with `X-Content-Type-Options: nosniff`, and `Content-Disposition: attachment` for files.
pub const CONTENT_SECURITY_POLICY_OF_FILES: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
