//! One of each thing that a page shows.

use hub_api::{
    AppPasswordCreated, AppPasswordInfo, AuditEntry, AuditPage, Entry, EntryKind, FilePath, Grant, Grantee,
    Link, PrincipalSource, Quota, Role, TrashEntry, TrashPage, UnfinishedUpload, Version, WorkspaceInfo,
    WorkspaceKind, WorkspaceName, WorkspaceSummary, WorkspacesPage,
};
use hub_pages::{
    AppPasswordsPage, AuditPageView, BranchRow, FilePage, FolderPage, Frame, Further, Markup, Measured,
    MovePage, OtherObject, QuotaPage, RootPreview, SharingPage, TextPreview, TrashPageView, TreePreview,
    Visitor, all_workspaces_page, app_passwords_page, arrange::Sorting, audit_page, file_page, folder_page,
    move_page, problem_page, quota_page, sharing_page, trash_page, workspaces_page,
};

pub(super) fn visitor() -> Visitor {
    Visitor { name: "alice".into(), is_admin: true }
}

pub(super) fn frame(visitor: &Visitor) -> Frame<'_> {
    Frame {
        prefix: "/services/mlaas4hep/",
        visitor: Some(visitor),
        xsrf: "1:token",
        hub_home: Some("/hub/home"),
        log_out: Some("/services/mlaas4hep/logout"),
        notice: None,
    }
}

pub(super) fn path(text: &str) -> FilePath {
    FilePath::new(text).unwrap()
}

pub(super) fn workspace(name: &str, role: Role) -> WorkspaceInfo {
    let name = WorkspaceName::new(name).unwrap();
    let kind = WorkspaceKind::of(&name);
    let quota = Quota {
        used_bytes: 61_000_000_000,
        reserved_bytes: 9_000_000_000,
        limit_bytes: 100_000_000_000,
        used_entries: 1234,
        limit_entries: 1_000_000,
    };
    WorkspaceInfo { name, kind, role, quota }
}

pub(super) fn entry(at: &str, kind: EntryKind, size_bytes: u64) -> Entry {
    Entry {
        path: path(at),
        kind,
        size_bytes,
        etag: (kind == EntryKind::File).then(|| "\"1\"".into()),
        sha256: (kind == EntryKind::File).then(|| "ab".repeat(32)),
        version: 2,
        modified: "2026-11-26T14:49:33Z".into(),
        modified_by: "bob".into(),
        made_by: (kind == EntryKind::File).then(|| "ttH.ipynb".into()),
        media_type: None,
    }
}

fn branch(name: &str, type_name: &str, kind: Result<&'static str, String>) -> BranchRow {
    BranchRow { name: name.into(), type_name: type_name.into(), kind, stored_bytes: 123_456 }
}

fn unfinished() -> UnfinishedUpload {
    UnfinishedUpload {
        id: "00112233445566778899aabbccddeeff".into(),
        path: path("data/<large>.root"),
        n_bytes: 3_000_000,
        size_bytes: Some(9_000_000_000),
        reserved_bytes: 9_000_000_000,
        begun_by: "bob".into(),
        expires: "2026-11-29T14:49:33Z".into(),
    }
}

fn everybodys(all: &[WorkspaceInfo]) -> WorkspacesPage {
    let summary = |WorkspaceInfo { name, kind, quota, .. }: &WorkspaceInfo| WorkspaceSummary {
        name: name.clone(),
        kind: *kind,
        quota: *quota,
    };
    WorkspacesPage { workspaces: all.iter().map(summary).collect(), next_cursor: Some("higgs".into()) }
}

pub(super) fn root_preview() -> RootPreview {
    let branches = vec![
        branch("event", "ULong64_t", Ok("flat")),
        branch("Jet_pt", "vector<float>", Ok("jagged")),
        branch("label", "string", Ok("text")),
        branch("odd", "TLorentzVector", Err("a class that is not split".into())),
    ];
    RootPreview {
        trees: vec![
            TreePreview {
                name: "events".into(),
                content: Ok(Measured { n_entries: 48_000, branches, n_branches: 412 }),
            },
            TreePreview {
                name: "broken/old".into(),
                content: Err("broken at byte 100 while reading a tree".into()),
            },
        ],
        others: vec![OtherObject { name: "cutflow".into(), class_name: "TH1D".into() }],
        n_hidden: 3,
        chosen: Some(("events".into(), "Jet_pt".into())),
    }
}

pub(super) fn versions() -> Vec<Version> {
    let version = |version, current| Version {
        version,
        size_bytes: version * 1000,
        sha256: "cd".repeat(32),
        modified: "2026-11-26T14:49:33Z".into(),
        modified_by: "bob".into(),
        current,
    };
    vec![version(2, true), version(1, false)]
}

pub(super) fn link(url: Option<&str>) -> Link {
    Link {
        id: "link-1".into(),
        path: path("data/ttH.root"),
        url: url.map(str::to_owned),
        expires: "2026-12-03T14:49:33Z".into(),
        has_password: true,
        created_by: "alice".into(),
        n_reads: 7,
    }
}

fn grants() -> Vec<Grant> {
    let grant = |id: &str, grantee, role, expires: Option<&str>| Grant {
        id: id.into(),
        grantee,
        role,
        expires: expires.map(str::to_owned),
        granted_by: "alice".into(),
        granted: "2026-11-20T10:00:00Z".into(),
        is_known: None,
    };
    vec![
        grant("g1", Grantee::User("carol".into()), Role::Reader, Some("2026-12-26T00:00:00Z")),
        grant("g2", Grantee::Group("cms/top".into()), Role::Writer, None),
    ]
}

fn trash() -> TrashPage {
    let entry = TrashEntry {
        id: "t1".into(),
        path: path("data/old.root"),
        kind: EntryKind::File,
        size_bytes: 5000,
        deleted: "2026-11-25T10:00:00Z".into(),
        deleted_by: "bob".into(),
        expires: "2026-12-25T10:00:00Z".into(),
    };
    TrashPage { entries: vec![entry], next_cursor: Some("17".into()) }
}

fn audit() -> AuditPage {
    let line = |number, action: &str, details: Option<&str>| AuditEntry {
        number,
        time: "2026-11-25T10:00:00Z".into(),
        who: "bob".into(),
        source: PrincipalSource::AppPassword,
        action: action.into(),
        subject: "data/old.root".into(),
        details: details.map(str::to_owned),
    };
    AuditPage {
        entries: vec![line(9, "link_read", None), line(8, "write", Some("5000 bytes"))],
        next_cursor: Some("8".into()),
    }
}

fn app_password() -> AppPasswordCreated {
    let info = AppPasswordInfo {
        id: "p1".into(),
        label: "rclone on my laptop".into(),
        created: "2026-11-26T14:49:33Z".into(),
        expires: Some("2027-02-24T14:49:33Z".into()),
        last_used: None,
        role: Role::Writer,
    };
    AppPasswordCreated { info, password: "SECRETSECRET".into() }
}

pub(super) fn folder_entries() -> Vec<Entry> {
    vec![
        entry("data/2026", EntryKind::Folder, 0),
        entry("data/ttH.root", EntryKind::File, 1_234_567_890),
        entry("data/notes.txt", EntryKind::File, 12),
    ]
}

/// Every page with its name, by a visitor of a role.
pub(super) fn pages(role: Role) -> Vec<(&'static str, Markup)> {
    let visitor = visitor();
    let frame = frame(&visitor);
    let higgs = workspace("cms/higgs", role);
    let all =
        [workspace("cms/higgs", role), workspace("~alice", Role::Admin), workspace("~bob", Role::Reader)];
    let entries = folder_entries();
    let pages = Further::Pages { page: 2, n_pages: 3, n_entries: 512 };
    let cursor = Further::Cursor { next: Some("data/x".into()), is_later: true };
    let folder = |entries, further, filter| {
        let folder = path("data");
        let page = FolderPage {
            workspace: &higgs,
            folder: &folder,
            entries,
            sorting: Sorting::default(),
            filter,
            further,
            max_file_bytes: 1 << 40,
        };
        folder_page(&frame, &page)
    };
    let root = entry("data/ttH.root", EntryKind::File, 1_234_567_890);
    let text = entry("data/notes.txt", EntryKind::File, 12);
    let versions = versions();
    let file = |entry, root, text, is_picture| {
        let (workspace, versions) = (&higgs, versions.as_slice());
        file_page(&frame, &FilePage { workspace, entry, versions, root, text, is_picture, has_links: true })
    };
    let notes = TextPreview { text: "first <line>\nsecond".into(), is_cut: true };
    let made = link(Some("https://hub.example/services/mlaas4hep/links/SECRET"));
    let (grants, links) = (grants(), [link(None)]);
    let sharing = SharingPage {
        has_links: true,
        workspace: &higgs,
        grants: &grants,
        links: &links,
        made: Some(&made),
        path: "data/ttH.root",
    };
    let password = app_password();
    let public_url = "https://hub.example/services/mlaas4hep/";
    let passwords = AppPasswordsPage {
        passwords: std::slice::from_ref(&password.info),
        made: Some(&password),
        public_url,
    };
    let ended = hub_api::ApiError {
        status: 401,
        code: "session_ended".into(),
        message: "the session of this browser has ended".into(),
        next_step: Some("log in again".into()),
        request_id: None,
    };
    let error = hub_api::ApiError {
        status: 404,
        code: "not_found".into(),
        message: "there is no data/<x>".into(),
        next_step: Some("look in the trash".into()),
        request_id: Some("r-1".into()),
    };
    vec![
        ("workspaces", workspaces_page(&frame, &all, &["higgs".into()])),
        ("folder", folder(&entries, pages, "")),
        ("folder_filtered", folder(&[], Further::Pages { page: 1, n_pages: 1, n_entries: 0 }, "a&b")),
        ("folder_large", folder(&entries, cursor, "")),
        ("file_root", file(&root, Some(Ok(root_preview())), None, false)),
        ("file_broken", file(&root, Some(Err("broken at byte 0".into())), None, false)),
        ("file_text", file(&text, None, Some(notes), false)),
        ("file_picture", file(&text, None, None, true)),
        ("move", move_page(&frame, &MovePage { workspace: &higgs, entry: &root, workspaces: &all })),
        ("sharing", sharing_page(&frame, &sharing)),
        (
            "quota",
            quota_page(
                &frame,
                &QuotaPage {
                    workspace: &higgs,
                    uploads: &[unfinished()],
                    administrators: &["alice".to_owned()],
                    public_url,
                },
            ),
        ),
        ("all_workspaces", all_workspaces_page(&frame, &everybodys(&all), "")),
        ("trash", trash_page(&frame, &TrashPageView { workspace: &higgs, page: &trash() })),
        ("audit", audit_page(&frame, &AuditPageView { workspace: &higgs, page: &audit(), is_later: true })),
        ("app_passwords", app_passwords_page(&frame, &passwords)),
        ("problem", problem_page(&frame, &error, Some("/services/mlaas4hep/w/x/browse/"), None)),
        (
            "problem_of_a_stranger",
            problem_page(&frame, &ended, None, Some("/services/mlaas4hep/login?next=a")),
        ),
    ]
}
