//! Tests of the reader over whole files.

#[path = "integration/corpus.rs"]
mod corpus;
#[path = "integration/damaged.rs"]
mod damaged;
#[path = "integration/fixtures.rs"]
mod fixtures;
