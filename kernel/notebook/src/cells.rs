//! A cell: its magics and its Rust, in order.

mod balance;
pub(crate) mod parameters;
mod split;

pub use balance::{Balance, balance};
pub use split::{MagicCall, Part, split};
