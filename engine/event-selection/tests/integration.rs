//! Selections from the text to the events that are left.

mod integration {
    mod defects_of_the_original;
    mod evaluation;
    mod language;
    mod numpy;
    mod speed;
    pub(crate) mod support;
}
