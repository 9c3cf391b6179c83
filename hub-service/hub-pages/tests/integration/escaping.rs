//! Names that mean harm stay names.

use hub_api::{EntryKind, FilePath, Role, WorkspaceName};
use hub_pages::{FilePage, FolderPage, Further, Notice, arrange::Sorting, file_page, folder_page};

use super::samples::{entry, frame, path, versions, visitor, workspace};

const NAMES: [&str; 7] = [
    "<script>alert(1)</script>.root",
    "\"onmouseover=alert(1) x=\".root",
    "'; DROP TABLE x; --",
    "a&amp;b",
    "javascript:alert(1)",
    "x\u{202e}gpj.exe",
    "?tree=a#b %2e%2e",
];

#[test]
fn hostile_names_in_a_folder_and_of_a_file() {
    let visitor = visitor();
    for name in NAMES {
        let frame = hub_pages::Frame {
            notice: Some(Notice::Deleted {
                workspace: WorkspaceName::new("higgs").unwrap(),
                id: "\"><script>".into(),
                path: FilePath::new(name.trim_matches('/')).unwrap_or_default(),
            }),
            ..frame(&visitor)
        };
        let higgs = workspace("higgs", Role::Admin);
        let Ok(folder) = FilePath::new(name) else { continue };
        let below = folder.join(name).unwrap_or_else(|_| path("a"));
        let mut entries =
            vec![entry(below.as_str(), EntryKind::File, 1), entry(below.as_str(), EntryKind::Folder, 0)];
        entries[0].modified_by = name.into();
        entries[0].made_by = Some(name.into());
        entries[0].modified = name.into();
        let page = FolderPage {
            workspace: &higgs,
            folder: &folder,
            entries: &entries,
            sorting: Sorting::default(),
            filter: name,
            further: Further::Pages { page: 1, n_pages: 2, n_entries: 2 },
            max_file_bytes: 1,
        };
        let versions = versions();
        let file = FilePage {
            workspace: &higgs,
            entry: &entries[0],
            versions: &versions,
            root: Some(Err(name.into())),
            text: None,
            is_picture: true,
            has_links: true,
        };
        for html in [folder_page(&frame, &page).into_string(), file_page(&frame, &file).into_string()] {
            for danger in ["<script>", "\"onmouseover", "href=\"javascript:", "\u{202e}"] {
                // The script's own data attribute and the fields of forms hold the names as they are.
                let kept = html
                    .split('\n')
                    .flat_map(|line| line.split('<'))
                    .filter(|tag| {
                        danger != "\u{202e}" || !tag.contains("data-folder=") && !tag.contains(" value=")
                    })
                    .any(|tag| format!("<{tag}").contains(danger));
                assert!(!kept, "{name:?}: {danger:?}");
            }
        }
    }
}
