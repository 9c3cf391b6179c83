//! A front end.
