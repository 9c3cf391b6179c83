//! Reads ROOT files: bytes to pieces of event columns.
