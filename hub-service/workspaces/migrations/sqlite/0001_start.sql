CREATE TABLE workspaces (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created BIGINT NOT NULL,
    -- Numbers of changes, audit lines and deletions: they order, the clock does not.
    last_number BIGINT NOT NULL DEFAULT 0,
    -- The change feed up to this number was swept.
    changes_gone BIGINT NOT NULL DEFAULT 0,
    used_bytes BIGINT NOT NULL DEFAULT 0 CHECK (used_bytes >= 0),
    reserved_bytes BIGINT NOT NULL DEFAULT 0 CHECK (reserved_bytes >= 0),
    used_entries BIGINT NOT NULL DEFAULT 0 CHECK (used_entries >= 0),
    limit_bytes BIGINT NOT NULL,
    limit_entries BIGINT NOT NULL
);

CREATE TABLE blobs (
    id TEXT PRIMARY KEY,
    size_bytes BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    adler32 BIGINT NOT NULL,
    garbage_since BIGINT
);
CREATE INDEX blobs_by_content ON blobs (sha256, size_bytes);

CREATE TABLE entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace BIGINT NOT NULL REFERENCES workspaces (id),
    -- Empty, or the deletion that it went with.
    trash TEXT NOT NULL DEFAULT '',
    parent TEXT NOT NULL,
    path TEXT NOT NULL,
    -- 0 folder, 1 file.
    kind BIGINT NOT NULL,
    -- The newest; 0 for folders.
    version BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    modified_by TEXT NOT NULL,
    -- What WebDAV clients keep beside the name, as JSON.
    properties TEXT,
    UNIQUE (workspace, trash, path)
);
CREATE INDEX entries_by_parent ON entries (workspace, trash, parent, path);

CREATE TABLE versions (
    entry BIGINT NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    blob TEXT NOT NULL REFERENCES blobs (id),
    size_bytes BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    modified BIGINT NOT NULL,
    modified_by TEXT NOT NULL,
    made_by TEXT,
    media_type TEXT,
    PRIMARY KEY (entry, number)
);
CREATE INDEX versions_by_blob ON versions (blob);
CREATE INDEX versions_by_time ON versions (modified);

CREATE TABLE trash (
    id TEXT PRIMARY KEY,
    workspace BIGINT NOT NULL REFERENCES workspaces (id),
    number BIGINT NOT NULL,
    path TEXT NOT NULL,
    kind BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL,
    deleted BIGINT NOT NULL,
    deleted_by TEXT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE UNIQUE INDEX trash_by_number ON trash (workspace, number);

CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    workspace BIGINT NOT NULL REFERENCES workspaces (id),
    path TEXT NOT NULL,
    is_resumable BIGINT NOT NULL,
    size_bytes BIGINT,
    reserved_bytes BIGINT NOT NULL,
    -- What the writer asked for, as JSON.
    options TEXT NOT NULL,
    created_by TEXT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX uploads_by_workspace ON uploads (workspace);
CREATE INDEX uploads_by_person ON uploads (created_by);

CREATE TABLE grants (
    id TEXT PRIMARY KEY,
    workspace BIGINT NOT NULL REFERENCES workspaces (id),
    grantee_kind TEXT NOT NULL,
    grantee TEXT NOT NULL,
    role BIGINT NOT NULL,
    expires BIGINT,
    granted BIGINT NOT NULL,
    granted_by TEXT NOT NULL
);
CREATE INDEX grants_by_workspace ON grants (workspace);
CREATE INDEX grants_by_grantee ON grants (grantee_kind, grantee);

CREATE TABLE links (
    id TEXT PRIMARY KEY,
    token_sha256 TEXT NOT NULL UNIQUE,
    workspace BIGINT NOT NULL REFERENCES workspaces (id),
    entry BIGINT NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    expires BIGINT NOT NULL,
    password TEXT,
    created BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    n_reads BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX links_by_workspace ON links (workspace);
CREATE INDEX links_by_entry ON links (entry);

CREATE TABLE app_passwords (
    id TEXT PRIMARY KEY,
    password_sha256 TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    label TEXT NOT NULL,
    role BIGINT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    last_used BIGINT
);
CREATE INDEX app_passwords_by_owner ON app_passwords (owner);

CREATE TABLE known_groups (
    person TEXT PRIMARY KEY,
    -- A JSON list.
    group_list TEXT NOT NULL,
    seen BIGINT NOT NULL
);

CREATE TABLE changes (
    workspace BIGINT NOT NULL REFERENCES workspaces (id),
    number BIGINT NOT NULL,
    -- 0 written, 1 deleted.
    kind BIGINT NOT NULL,
    path TEXT NOT NULL,
    who TEXT NOT NULL,
    time BIGINT NOT NULL,
    PRIMARY KEY (workspace, number)
);

CREATE TABLE audit (
    workspace BIGINT NOT NULL REFERENCES workspaces (id),
    number BIGINT NOT NULL,
    time BIGINT NOT NULL,
    who TEXT NOT NULL,
    source TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    details TEXT,
    PRIMARY KEY (workspace, number)
);

CREATE TABLE locks (
    token TEXT PRIMARY KEY,
    workspace BIGINT NOT NULL REFERENCES workspaces (id),
    path TEXT NOT NULL,
    held_by TEXT NOT NULL,
    note TEXT,
    is_shared BIGINT NOT NULL,
    is_deep BIGINT NOT NULL,
    seconds BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX locks_by_workspace ON locks (workspace);
