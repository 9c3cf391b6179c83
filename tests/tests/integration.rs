//! The one integration binary: what no single room can promise alone.

#[path = "integration/arrows.rs"]
mod arrows;
