//! Links the program at a fixed address: the engine of Rust cells brings some hundred thousand pointers that would
//! otherwise be corrected at every start, one page after the other, before the first message can be read.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
