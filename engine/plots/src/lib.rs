//! Numbers to pictures. Knows no events and no files.
