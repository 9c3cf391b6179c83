-- Properties take room of the quota.
UPDATE workspaces SET used_bytes = used_bytes + COALESCE((SELECT SUM(OCTET_LENGTH(e.properties)) FROM entries e
    WHERE e.workspace = workspaces.id), 0);
