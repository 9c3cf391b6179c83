//! Tests of the whole road; see `tests/`.
