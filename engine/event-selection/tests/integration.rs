//! Selections from the text to the events that are left.

#![expect(clippy::print_stderr, reason = "how fast it was, and what was skipped, is said")]

mod integration {
    mod any_bytes;
    #[path = "../../../../fuzz/damage.rs"]
    mod damage;
    mod defects_of_the_original;
    mod evaluation;
    mod language;
    mod numpy;
    mod speed;
    pub(crate) mod support;
    mod unsigned;
}
