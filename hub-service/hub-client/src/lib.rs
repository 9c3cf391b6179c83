//! The hub service from the other side: what the command line and the kernel call.
