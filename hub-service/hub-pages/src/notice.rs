//! What the last form did, told on the page that follows it. Only words of ours and checked names come through the address.

use hub_api::{FilePath, WorkspaceName};
use maud::{Markup, html};

use crate::{Frame, text};

/// Something that was done and needs no undoing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// A folder.
    FolderMade,
    /// Files came by the plain form.
    Uploaded,
    /// A new name or place.
    Moved,
    /// A copy.
    Copied,
    /// An old version became the newest.
    VersionRestored,
    /// From the trash.
    BroughtBack,
    /// Out of the trash.
    DeletedForGood,
    /// All of the trash.
    TrashEmptied,
    /// A grant.
    Granted,
    /// A grant to somebody who has not been here yet.
    GrantedToUnknown,
    /// A grant less.
    GrantTakenBack,
    /// A link less.
    LinkTakenBack,
    /// An app password less.
    AppPasswordTakenBack,
    /// New limits.
    QuotaSet,
    /// An unfinished upload less.
    UploadEnded,
}

impl Done {
    const ALL: [Self; 15] = [
        Self::FolderMade,
        Self::Uploaded,
        Self::Moved,
        Self::Copied,
        Self::VersionRestored,
        Self::BroughtBack,
        Self::DeletedForGood,
        Self::TrashEmptied,
        Self::Granted,
        Self::GrantedToUnknown,
        Self::GrantTakenBack,
        Self::LinkTakenBack,
        Self::AppPasswordTakenBack,
        Self::QuotaSet,
        Self::UploadEnded,
    ];

    /// The word in the address: `?done=moved`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::FolderMade => "folder",
            Self::Uploaded => "uploaded",
            Self::Moved => "moved",
            Self::Copied => "copied",
            Self::VersionRestored => "version",
            Self::BroughtBack => "back",
            Self::DeletedForGood => "gone",
            Self::TrashEmptied => "emptied",
            Self::Granted => "granted",
            Self::GrantedToUnknown => "granted-unknown",
            Self::GrantTakenBack => "ungranted",
            Self::LinkTakenBack => "unlinked",
            Self::AppPasswordTakenBack => "password",
            Self::QuotaSet => "quota",
            Self::UploadEnded => "ended",
        }
    }

    /// The one of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.word() == word)
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::FolderMade => "The folder is there.",
            Self::Uploaded => "The upload is complete.",
            Self::Moved => "Moved.",
            Self::Copied => "Copied.",
            Self::VersionRestored => "The old content is the newest version now.",
            Self::BroughtBack => "It is back.",
            Self::DeletedForGood => "Deleted for good.",
            Self::TrashEmptied => "The trash is empty.",
            Self::Granted => "The access is given, and works at once.",
            Self::GrantedToUnknown => {
                "The access is given. The service knows nobody of this name, or in this group, yet: look whether it is spelled right."
            }
            Self::GrantTakenBack => "The access is taken back.",
            Self::LinkTakenBack => "The link no longer works.",
            Self::AppPasswordTakenBack => "The app password no longer works.",
            Self::QuotaSet => "The limits are set.",
            Self::UploadEnded => "The upload is ended, and its room is free again.",
        }
    }
}

/// What stands on top of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Done.
    Done(Done),
    /// In the trash, and a button that brings it back.
    Deleted {
        /// Where it was.
        workspace: WorkspaceName,
        /// Number in the trash.
        id: String,
        /// What it was.
        path: FilePath,
    },
}

impl Notice {
    pub(crate) fn draw(&self, frame: &Frame<'_>) -> Markup {
        html! {
            div.notice role="status" {
                @match self {
                    Self::Done(done) => { p { (done.sentence()) } }
                    Self::Deleted { workspace, id, path } => {
                        p {
                            (text::name(path.name().unwrap_or_default())) " is in the trash."
                        }
                        (frame.button_form(
                            &frame.addresses().of_id(workspace, "trash", id, "restore"), "", html! { "Undo" },
                        ))
                    }
                }
            }
        }
    }
}
