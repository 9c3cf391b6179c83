//! Writes event columns into a ROOT file: one `TTree` in one file, uncompressed, without ROOT.
//!
//! [`write_tree`] streams [`event_columns::EventChunk`]s into a tree; [`write_scores`] writes the friend tree of
//! a prediction, aligned to the tree that was read. The bytes come from the crate oxyroot. A file appears under
//! its name only when it is complete: it is written beside, checked, and renamed.
//!
//! | column | branch in the file |
//! | --- | --- |
//! | flat bool, 8 to 64 bit integers, float, double | a leaf of that type |
//! | fixed array of 2 to 4 of them | `x[N]` |
//! | jagged | `std::vector<T>` |
//! | text | a C string (`x/C`), UTF-8, without NUL |
//!
//! Lists of lists, lists of text and lists of arrays have no form that oxyroot can write; they are refused with
//! the name of the branch. `docs/writing-root-files.md` says which defects of oxyroot were met and what is done
//! about each; they are also named where the code deals with them (`mend.rs`, `limits.rs`).
//!
//! Memory: two to three chunks and one basket (32 KiB) for each branch; oxyroot writes a basket as soon as it
//! is full. A second thread does the writing, so that the chunks are made meanwhile.

mod branches;
mod error;
mod feed;
mod limits;
mod mend;
mod scores;
mod write;

pub use error::{BoxError, WriteError};
pub use scores::{ScoreChunk, score_branches, write_scores};
pub use write::{WrittenTree, write_tree};
