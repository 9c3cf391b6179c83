//! The whole road as one request and one function.
