//! The first pass: kind, range, widest jag and moments of every branch.
