//! What of the hub service stands without a socket: rules of HTTP, as pure functions.

pub mod conditions;
pub mod pages;
pub mod ranges;
