-- Rows as the first version of the service wrote them, for tests/integration/stored.rs: both databases take them.
-- SHA-256 and Adler-32 are those of Python's hashlib and zlib.
INSERT INTO workspaces (id, name, created, last_number, used_bytes, reserved_bytes, used_entries, limit_bytes, limit_entries) VALUES
    (1, 'higgs', 1690000000000, 9, 39, 8, 4, 1000, 50),
    (2, '~ann', 1690000000000, 1, 6, 0, 1, 500, 20),
    (3, 'susy', 1690000000000, 0, 0, 0, 0, 700, 30);

INSERT INTO blobs (id, size_bytes, sha256, adler32) VALUES
    ('0a000000000000000000000000000001', 5, 'a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e', 106365481),
    ('0a000000000000000000000000000002', 18, '13195178bd0c36aedd2c9967f9194f8f2e0c0d9284ae00b537fd3ceadcfef21c', 1050281635),
    ('0b000000000000000000000000000003', 11, '1e72c3903e08c2146484e025fd63d2b6a650db87a51e6096204bda2bc6b0432d', 455738485),
    ('0b000000000000000000000000000004', 6, '24618d12daf415c9a7fd4cef0630319ceead2964d287445606641ac65ecbd379', 126550579);

-- The properties have 28 and 9 bytes, of which the sum above knows nothing yet.
INSERT INTO entries (id, workspace, trash, parent, path, kind, version, modified, modified_by, properties) VALUES
    (1, 1, '', '', 'd', 0, 0, 1690000000000, 'alice', NULL),
    (2, 1, '', 'd', 'd/a', 1, 2, 1690000002000, 'bob', '{"{urn:x}cut":"pt > 20 µm"}'),
    (3, 1, '0c000000000000000000000000000001', '', 'gone', 1, 1, 1690000003000, 'alice', '{"a":"b"}'),
    (4, 1, '', '', 'café', 1, 1, 1690000004000, 'alice', NULL),
    (5, 2, '', '', 'mine', 1, 1, 1690000005000, 'ann', NULL);

INSERT INTO versions (entry, number, blob, size_bytes, sha256, modified, modified_by, made_by, media_type) VALUES
    (2, 1, '0a000000000000000000000000000001', 5, 'a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e', 1690000001000, 'alice', 'notebook 1', 'text/plain'),
    (2, 2, '0a000000000000000000000000000002', 18, '13195178bd0c36aedd2c9967f9194f8f2e0c0d9284ae00b537fd3ceadcfef21c', 1690000002000, 'bob', NULL, NULL),
    (3, 1, '0b000000000000000000000000000003', 11, '1e72c3903e08c2146484e025fd63d2b6a650db87a51e6096204bda2bc6b0432d', 1690000003000, 'alice', NULL, NULL),
    (4, 1, '0a000000000000000000000000000001', 5, 'a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e', 1690000004000, 'alice', NULL, NULL),
    (5, 1, '0b000000000000000000000000000004', 6, '24618d12daf415c9a7fd4cef0630319ceead2964d287445606641ac65ecbd379', 1690000005000, 'ann', NULL, NULL);

INSERT INTO trash (id, workspace, number, path, kind, size_bytes, deleted, deleted_by, expires) VALUES
    ('0c000000000000000000000000000001', 1, 8, 'gone', 1, 11, 1699990000000, 'alice', 1702582000000);

INSERT INTO uploads (id, workspace, path, is_resumable, size_bytes, reserved_bytes, options, created_by, expires) VALUES
    ('0d000000000000000000000000000001', 1, 'half', 1, 8, 8,
     '{"preconditions":{"if_match":null,"if_none_match_any":false},"parents":"Make","size_bytes":8,"sha256":null,"made_by":null,"media_type":null}',
     'alice', 1700100000000);

INSERT INTO grants (id, workspace, grantee_kind, grantee, role, expires, granted, granted_by) VALUES
    ('0e000000000000000000000000000001', 1, 'user', 'ann', 1, NULL, 1690000006000, 'chief'),
    ('0e000000000000000000000000000002', 1, 'group', 'susy', 2, 1699999999999, 1690000006000, 'chief');

-- The digests of 'a link of the first version' and 'an app password of the first version'.
INSERT INTO links (id, token_sha256, workspace, entry, expires, password, created, created_by, n_reads) VALUES
    ('0f000000000000000000000000000001', 'e733ccd3c04463176c16b63d3b3a6a9f1e3a1f4d160770f0fa7905cd7013f3b1', 1, 2, 1700600000000, NULL, 1690000007000, 'chief', 3);
INSERT INTO app_passwords (id, password_sha256, owner, label, role, created, expires, last_used) VALUES
    ('10000000000000000000000000000001', '53a8416e2b123d606bc7acacc8e3c42d063a817050ce798ec98e86847137b8d0', 'alice', 'laptop', 2, 1690000008000, 1700600000000, NULL);
INSERT INTO known_groups (person, group_list, seen) VALUES
    ('alice', '["higgs"]', 1699999000000),
    ('chief', '["higgs","higgs/admins"]', 1699999000000);

INSERT INTO changes (workspace, number, kind, path, who, time) VALUES
    (1, 2, 0, 'd/a', 'alice', 1699990001000),
    (1, 4, 0, 'd/a', 'bob', 1699990002000),
    (1, 8, 1, 'gone', 'alice', 1699990003000);
INSERT INTO audit (workspace, number, time, who, source, action, subject, details) VALUES
    (1, 9, 1699990003000, 'alice', 'hub', 'delete', 'gone', NULL);
INSERT INTO locks (token, workspace, path, held_by, note, is_shared, is_deep, seconds, expires) VALUES
    ('urn:uuid:11000000-0000-0000-0000-000000000001', 1, 'd/a', 'bob', NULL, 0, 0, 600, 1690000600000);
