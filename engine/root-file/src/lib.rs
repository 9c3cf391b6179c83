//! Reads ROOT files: bytes to pieces of event columns.
//!
//! ```text
//! RootFile   header, directories, list of objects          file.rs, key.rs, unclosed.rs
//!   RootTree   branches, leaves, baskets of one TTree      tree.rs, tree_record.rs, old_tree.rs, object_stream.rs
//!     Layout     how a branch stores its entries           layout.rs, containers.rs, type_name.rs, streamer_info.rs
//!     basket     bytes of a basket, decompressed           basket.rs, codec.rs, fetch_ahead.rs
//!     decode     a piece of a column in Arrow layout       decode.rs, list_offsets.rs, nested.rs, numbers.rs
//! ```
//!
//! Trees (`TTree`) of ROOT 3.00 to 6.40 are read: numbers, fixed arrays, lists, lists of lists and strings, also as members
//! of split objects, compressed with any of ROOT's codecs. A branch that cannot be read is listed with the reason;
//! the others stay readable. The bytes are never trusted: every number goes through a bounded cursor, and what
//! would take more memory than the budget is an error.

mod basket;
mod codec;
mod containers;
mod cursor;
mod decode;
mod error;
mod fetch_ahead;
mod file;
mod key;
mod layout;
mod list_offsets;
mod nested;
mod numbers;
mod object_stream;
mod old_tree;
mod streamer_info;
mod tree;
mod tree_record;
mod type_name;
mod unclosed;

pub use error::{Place, RootFileError};
pub use file::{DEFAULT_BUDGET_BYTES, FileEntry, RootFile};
pub use tree::{BasketAt, RootTree};
