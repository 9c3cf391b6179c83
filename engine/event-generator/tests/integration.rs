//! Generated events, looked at as a user sees them.

#[path = "integration/events.rs"]
mod events;
