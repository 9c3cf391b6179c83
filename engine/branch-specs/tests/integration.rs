//! Specs of tables in memory, their merging and their stored forms.

#[path = "integration/any_text.rs"]
mod any_text;
#[path = "../../../fuzz/damage.rs"]
mod damage;
#[path = "integration/data.rs"]
mod data;
#[path = "integration/measuring.rs"]
mod measuring;
#[path = "integration/merging.rs"]
mod merging;
#[path = "integration/stored.rs"]
mod stored;
