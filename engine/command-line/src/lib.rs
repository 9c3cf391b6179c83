//! The mlaas4hep program.
