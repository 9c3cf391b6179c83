//! What can be said of a kernel without starting one.

#[path = "integration/kernelspecs.rs"]
mod kernelspecs;
#[path = "integration/recording.rs"]
mod recording;
#[path = "integration/wire.rs"]
mod wire;
