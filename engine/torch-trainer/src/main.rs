//! The worker that trains with libtorch.
fn main() {
    let _ = tch::manual_seed(1);
}
