//! Tells the program where its libtorch lies: in the prefix that it was built against, and, once installed,
//! in `../lib/libtorch` beside the folder of the program. Without these two the loader finds no libtorch_cpu.so.

fn main() {
    // torch-sys exports its library folder to its direct dependents under this name.
    if let Ok(library_folder) = std::env::var("DEP_TCH_LIBTORCH_LIB") {
        println!("cargo:rustc-link-arg=-Wl,-rpath={library_folder}");
    }
    println!("cargo:rustc-link-arg=-Wl,-rpath=$ORIGIN/../lib/libtorch");
    println!("cargo:rerun-if-env-changed=LIBTORCH");
}
