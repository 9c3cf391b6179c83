//! Shared storage of users and groups: names in a database, bytes as immutable blobs.
