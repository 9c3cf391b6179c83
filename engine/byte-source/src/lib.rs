//! The bytes of a file wherever it lies: ranges in, buffers out.
