//! The numbers against scikit-learn, scipy, pandas and ROOT; the report as a whole; and what odd input does to it.

#[path = "integration/agreement.rs"]
mod agreement;
#[path = "integration/odd_input.rs"]
mod odd_input;
#[path = "integration/reports.rs"]
mod reports;
