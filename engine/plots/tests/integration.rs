//! Every figure, drawn and written; and what odd numbers do to them.

#[path = "integration/examples.rs"]
mod examples;
#[path = "integration/hard_examples.rs"]
mod hard_examples;
#[path = "integration/histograms.rs"]
mod histograms;
#[path = "integration/odd_numbers.rs"]
mod odd_numbers;
#[path = "integration/pictures.rs"]
mod pictures;
#[path = "integration/vega_lite.rs"]
mod vega_lite;
#[path = "integration/xml.rs"]
mod xml;
