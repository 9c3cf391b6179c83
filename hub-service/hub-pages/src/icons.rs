//! Small pictures, drawn here. They are only decoration: a word stands beside each, or in the label of its button.

use hub_api::WorkspaceKind;
use maud::{Markup, PreEscaped, html};

#[derive(Clone, Copy)]
pub(crate) enum Icon {
    Folder,
    File,
    Tree,
    Person,
    Group,
    Upload,
    NewFolder,
    More,
    Download,
    Key,
    Exit,
    Trash,
    Copy,
}

impl Icon {
    /// Of a workspace.
    pub(crate) fn of(kind: WorkspaceKind) -> Self {
        match kind {
            WorkspaceKind::Group => Self::Group,
            WorkspaceKind::Personal => Self::Person,
        }
    }

    /// Lines in a square of 24, as the attribute `d` of SVG wants them.
    fn lines(self) -> &'static str {
        match self {
            Self::Folder => {
                "M3 18V6.5A1.5 1.5 0 0 1 4.5 5H9l2 2.5h8.5A1.5 1.5 0 0 1 21 9v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 18z"
            }
            Self::File => {
                "M13.5 3H6.5A1.5 1.5 0 0 0 5 4.5v15A1.5 1.5 0 0 0 6.5 21h11a1.5 1.5 0 0 0 1.5-1.5V8.5zM13.5 3v5.5H19"
            }
            Self::Tree => "M4 20h16M6 20v-5h3v5M10.5 20V5h3v15M15 20v-8h3v8",
            Self::Person => "M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c.6-3.8 3.6-6 7.5-6s6.9 2.2 7.5 6",
            Self::Group => {
                "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 19.5c.5-3.4 3-5.5 6.5-5.5s6 2.1 6.5 5.5M15.5 4.3a3.5 3.5 0 0 1 0 6.4M17.5 14.3c2.2.7 3.6 2.5 4 5.2"
            }
            Self::Upload => "M12 16V4.5M7 9.2l5-4.7 5 4.7M4 15.5V18a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-2.5",
            Self::Download => "M12 4v11.5M7 11l5 4.7 5-4.7M4 15.5V18a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-2.5",
            Self::NewFolder => {
                "M3 18V6.5A1.5 1.5 0 0 1 4.5 5H9l2 2.5h8.5A1.5 1.5 0 0 1 21 9v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 18zM12 10.5v6M9 13.5h6"
            }
            Self::More => "M12 5.5v.01M12 12v.01M12 18.5v.01",
            Self::Key => "M8 19a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM11 12l8.5-8.5M16 7l3 3",
            Self::Exit => "M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4M15.5 16l4.5-4-4.5-4M20 12H9.5",
            Self::Trash => "M4 6.5h16M9 6.5V4h6v2.5M6.5 6.5l.8 13.5h9.4l.8-13.5M10 10.5v6M14 10.5v6",
            Self::Copy => "M9 9h10.5v11.5H9zM15 9V4.5H4.5V16H9",
        }
    }

    /// The picture; it has the height of a line.
    pub(crate) fn draw(self) -> Markup {
        html! {
            svg.icon viewBox="0 0 24 24" aria-hidden="true" focusable="false" {
                (PreEscaped(format!("<path d=\"{}\"/>", self.lines())))
            }
        }
    }
}
