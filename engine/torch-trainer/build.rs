//! Tells the program where its libtorch lies: in the folder that it was built against, and, once installed,
//! in `../lib/libtorch` beside the folder of the program. Without these two the loader finds no `libtorch_cpu.so`.

fn main() {
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    // torch-sys exports its library folder to its direct dependents under this name.
    if let Ok(library_folder) = std::env::var("DEP_TCH_LIBTORCH_LIB") {
        println!("cargo:rustc-link-arg=-Wl,-rpath={library_folder}");
        let version_file = std::path::Path::new(&library_folder).with_file_name("build-version");
        println!("cargo:rerun-if-changed={}", version_file.display());
        let version = std::fs::read_to_string(version_file).unwrap_or_else(|_| "of unknown version".into());
        println!("cargo:rustc-env=LIBTORCH_VERSION={}", version.trim());
    }
    println!("cargo:rustc-link-arg=-Wl,-rpath=$ORIGIN/../lib/libtorch");
}
