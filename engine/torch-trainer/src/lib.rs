//! The worker that trains with libtorch.
