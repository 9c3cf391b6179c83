//! Tests of the reader over whole files.

#[path = "integration/any_bytes.rs"]
mod any_bytes;
#[path = "integration/corpus.rs"]
mod corpus;
#[path = "../../../fuzz/damage.rs"]
mod damage;
#[path = "integration/damaged.rs"]
mod damaged;
#[path = "integration/fixtures.rs"]
mod fixtures;
