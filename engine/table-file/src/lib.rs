//! Reads CSV, JSON lines and Parquet as event columns; writes scores.
