//! Exported pictures of fixed figures, compared with stored ones; and what is no picture.

#[path = "integration/figures.rs"]
mod figures;
#[path = "integration/pdf.rs"]
mod pdf;
#[path = "integration/png.rs"]
mod png;
#[path = "integration/refused.rs"]
mod refused;
