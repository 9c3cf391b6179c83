//! Event columns to polars columns and back, without a copy.
